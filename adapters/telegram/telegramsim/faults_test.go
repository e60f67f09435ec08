package telegramsim

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestFaults_SpoilWhatTheyMatchAndNothingElse(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.ChatMessages = 0 }))
	at := Private(w.bot, w.anna)
	texts := func() string {
		var out []string
		for _, m := range w.Live(at) {
			out = append(out, m.Text)
		}
		return strings.Join(out[1:], ",") // after /start
	}
	send := func(text string) (*Refusal, error) {
		_, ref, err := w.do(context.Background(), w.token, "sendMessage", args{"chat_id": w.anna, "text": text})
		return ref, err
	}
	for _, c := range []struct {
		name    string
		f       Fault
		text    string
		arrived bool
		check   func(*Refusal, error) bool
	}{
		{
			"refused with 500",
			Fault{Refuse: &Refusal{Code: 500, Description: "Internal Server Error"}},
			"a", false,
			func(r *Refusal, err error) bool { return err == nil && r.Code == 500 },
		},
		{
			"429 at will",
			Fault{Refuse: &Refusal{Code: 429, Description: "Too Many Requests: retry after 7", RetryAfter: 7}},
			"b", false,
			func(r *Refusal, err error) bool { return err == nil && r.RetryAfter == 7 },
		},
		{
			"502 as HTML",
			Fault{HTML: true},
			"c", false,
			func(_ *Refusal, err error) bool { return err != nil && strings.Contains(err.Error(), "<html>") },
		},
		{"reset before it is read", Fault{Reset: true}, "d", false, func(_ *Refusal, err error) bool { return err != nil }},
		{"answer dropped after accepting", Fault{Drop: true}, "e", true, func(_ *Refusal, err error) bool { return err != nil }},
		{"answer cut in the middle", Fault{Cut: true}, "f", true, func(_ *Refusal, err error) bool { return err != nil }},
		{"another method", Fault{Method: "sendPhoto", Reset: true}, "g", true, func(r *Refusal, err error) bool { return err == nil && r == nil }},
		{"another chat", Fault{Chat: 5, Drop: true}, "h", true, func(r *Refusal, err error) bool { return err == nil && r == nil }},
		{
			"by prefix and chat",
			Fault{Method: "send*", Chat: w.anna, Refuse: &Refusal{Code: 400, Description: "Bad Request: no"}},
			"i", false,
			func(r *Refusal, err error) bool { return err == nil && r.Code == 400 },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := texts()
			id := w.AddFault(c.f)
			ref, err := send(c.text)
			if !c.check(ref, err) {
				t.Errorf("answered %v, %v", ref, err)
			}
			w.RemoveFault(id)
			if arrived := texts() != before; arrived != c.arrived {
				t.Errorf("arrived %v, want %v", arrived, c.arrived)
			}
		})
	}
	w.AddFault(Fault{Skip: 1, Count: 1, Refuse: &Refusal{Code: 500, Description: "x"}})
	for i, want := range []bool{false, true, false} {
		if ref, err := send("n"); err != nil || (ref != nil) != want {
			t.Errorf("call %d: %v %v, want a refusal: %v", i, ref, err, want)
		}
	}
	if f := w.Faults(); len(f) != 1 || f[0].Hits != 1 {
		t.Errorf("faults: %+v", f)
	}
}

func TestFaults_HangAnswersNothingUntilTheClientGivesUp(t *testing.T) {
	w := newWorld(t)
	w.AddFault(Fault{Method: "sendMessage", Hang: true, Count: 1})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_ = w.WaitFor(context.Background(), func() bool { return len(w.Live(Private(w.bot, w.anna))) == 2 })
		cancel()
	}()
	if _, _, err := w.do(ctx, w.token, "sendMessage", args{"chat_id": w.anna, "text": "taken, never answered"}); err == nil {
		t.Error("a hanging call answered")
	}
}

func TestFaults_DelayIsOnTheServersClock(t *testing.T) {
	w := newWorld(t)
	w.AddFault(Fault{Method: "getMe", Delay: time.Minute})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _, _ = w.do(context.Background(), w.token, "getMe", nil)
	}()
	w.clock.waiting(t, 1)
	select {
	case <-done:
		t.Error("answered before its time")
	default:
	}
	w.clock.move(time.Minute)
	<-done
}

func TestSetDown_RefusesConnectionsAndComesBackAtTheSameAddress(t *testing.T) {
	w := newWorld(t)
	w.updates(nil)
	url := w.URL()
	if err := w.SetDown(true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.do(context.Background(), w.token, "getMe", nil); err == nil {
		t.Error("a server that is down answered")
	}
	w.say("written meanwhile")
	if err := w.SetDown(false); err != nil {
		t.Fatal(err)
	}
	if w.URL() != url {
		t.Errorf("came back at %s, not %s", w.URL(), url)
	}
	if us := w.updates(nil); len(us) != 1 {
		t.Errorf("updates after the outage: %+v", us)
	}
	w.SetOffline(true)
	if _, _, err := w.do(context.Background(), w.token, "getMe", nil); err == nil {
		t.Error("an offline server answered a bot")
	}
	resp, err := w.web.Get(url + "/_sim/state")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("control API while offline: %v", err)
	}
	var st State
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || len(st.Bots) != 1 {
		t.Errorf("state: %v %+v", err, st)
	}
	_ = resp.Body.Close()
	w.SetOffline(false)
	w.must("getMe", nil)
}
