package console_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	pngs "image/png"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/console"
	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func png(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, pngs.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

func TestPress_ShowsWhatTheDeskAnswers(t *testing.T) {
	cases := []struct {
		name string
		desk func(core.Press) (core.Popup, error)
		want telegramsim.Popup
	}{
		{"a toast", func(core.Press) (core.Popup, error) { return core.Popup{Text: "taken"}, nil }, telegramsim.Popup{Text: "taken"}},
		{"an alert", func(core.Press) (core.Popup, error) { return core.Popup{Text: "no", Alert: true}, nil }, telegramsim.Popup{Text: "no", Alert: true}},
		{"nothing", func(core.Press) (core.Popup, error) { return core.Popup{}, nil }, telegramsim.Popup{}},
		{
			"a failure in the desk's words", func(core.Press) (core.Popup, error) {
				return core.Popup{Text: "not done", Alert: true}, errors.New("disk full")
			}, telegramsim.Popup{Text: "not done", Alert: true},
		},
		{"a panic as an empty answer", func(core.Press) (core.Popup, error) { panic("secret words") }, telegramsim.Popup{}},
		{
			"a text too long cut", func(core.Press) (core.Popup, error) { return core.Popup{Text: strings.Repeat("я", 300)}, nil },
			telegramsim.Popup{Text: strings.Repeat("я", 199) + "…"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			at := w.topic("Customer")
			w.desk.press = c.desk
			w.settle()
			ref := w.show(at, "card", core.Button{ID: "b1", Label: "Take"}, core.Button{URL: "https://example.org", Label: "Page"})
			got, err := w.sim.Press(w.ctx(), w.anna, w.at, ref.Seq, "Take")
			must(t, err)
			if got != c.want {
				t.Errorf("popup %+v, want %+v", got, c.want)
			}
			p := w.desk.presses[0]
			if p.Button != "b1" || p.Topic != at || p.Post != ref || p.By.Username != "anna" || p.By.Guise != core.Human || !p.At.Equal(w.clock.Now()) ||
				p.Private || !strings.HasPrefix(p.Key, w.con.Account()+":press:") {
				t.Errorf("%+v", p)
			}
			if strings.Contains(w.logged(), "secret") {
				t.Error("a panic's words are logged")
			}
		})
	}
}

func TestPress_ComesAfterWhatStandsBeforeIt(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	ref := w.show(at, "card", core.Button{ID: "b1", Label: "Take"})
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "before"})
	must(t, w.sim.Tap(w.anna, w.at, ref.Seq, "Take"))
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "after"})
	w.run()
	w.drain()
	if want := []string{"act", "press", "act"}; !slices.Equal(w.desk.order, want) {
		t.Errorf("order %q, want %q", w.desk.order, want)
	}
}

func TestPress_ActsOnceWhenItsBatchComesAgain(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	ref := w.show(at, "card", core.Button{ID: "b1", Label: "Take"})
	w.settle()
	w.desk.mu.Lock()
	w.desk.refuse = []error{errors.New("disk full")}
	w.desk.mu.Unlock()
	must(t, w.sim.SetDown(true))
	must(t, w.sim.Tap(w.anna, w.at, ref.Seq, "Take"))
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "after"})
	must(t, w.sim.SetDown(false))
	w.wait("the batch to be stored", func() bool { w.clock.Advance(5 * time.Second); return len(w.desk.acts()) > 0 })
	w.drain()
	if want := []string{"press", "refused", "act"}; !slices.Equal(w.desk.order, want) {
		t.Errorf("order %q, want %q", w.desk.order, want)
	}
}

func TestPress_ThatFailedIsToldAndNotDoneLater(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	ref := w.show(at, "card", core.Button{ID: "b1", Label: "Take"})
	w.settle()
	w.desk.mu.Lock()
	w.desk.refuse = []error{errors.New("disk full"), errors.New("disk full")}
	w.desk.press = func(core.Press) (core.Popup, error) {
		return core.Popup{Text: "not done", Alert: true}, errors.New("disk full")
	}
	w.desk.mu.Unlock()
	must(t, w.sim.SetDown(true))
	must(t, w.sim.Tap(w.anna, w.at, ref.Seq, "Take"))
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "after"})
	must(t, w.sim.SetDown(false))
	w.wait("the batch to be stored", func() bool { w.clock.Advance(5 * time.Second); return len(w.desk.acts()) > 0 })
	w.drain()
	if want := []string{"press", "refused", "refused", "act"}; !slices.Equal(w.desk.order, want) {
		t.Errorf("order %q, want %q", w.desk.order, want)
	}
	if strings.Contains(w.logged(), "after") {
		t.Error("words of a message are logged")
	}
}

func TestPress_InAForeignGroupIsAnsweredAndNothingElse(t *testing.T) {
	w := newWorld(t)
	foreign := w.sim.AddForum("Foreign", w.owner, w.botID)
	w.settle()
	s, err := w.con.Show(w.ctx(), core.Post{
		Topic: core.TopicRef{Room: itoa(foreign)}, Content: core.Content{Text: core.Plain("x")},
		Buttons: [][]core.Button{{{ID: "b1", Label: "Take"}}},
	})
	must(t, err)
	got, err := w.sim.Press(w.ctx(), w.owner, telegramsim.Group(foreign), s.Posts[0].Seq, "Take")
	must(t, err)
	if got != (telegramsim.Popup{}) || len(w.desk.presses) != 0 {
		t.Errorf("popup %+v, presses %+v", got, w.desk.presses)
	}
}

func TestPress_AnsweredTooLateIsNoError(t *testing.T) {
	w := newWorld(t)
	at := w.topic("Customer")
	w.settle()
	w.desk.mu.Lock()
	w.desk.press = func(core.Press) (core.Popup, error) {
		w.clock.Advance(time.Minute)
		return core.Popup{Text: "late"}, nil
	}
	w.desk.mu.Unlock()
	ref := w.show(at, "card", core.Button{ID: "b1", Label: "Take"})
	if _, err := w.sim.Press(w.ctx(), w.anna, w.at, ref.Seq, "Take"); !errors.Is(err, telegramsim.ErrNoAnswer) {
		t.Fatal(err)
	}
	w.drain()
	w.write(telegramsim.Post{Thread: threadOf(at), Text: "still here"})
	w.one()
	if strings.Contains(w.logged(), "not answered") {
		t.Error(w.logged())
	}
}

func TestPress_InAnOperatorsOwnChat(t *testing.T) {
	w := newWorld(t, func(_ *world, o *console.Options) {
		o.IsOperator = func(context.Context, core.PersonID) (bool, error) { return true, nil }
	})
	w.settle()
	w.write(telegramsim.Post{In: telegramsim.Private(w.botID, w.anna), Text: "/list"})
	at := w.one().Topic
	s, err := w.con.Show(w.ctx(), core.Post{Topic: at, Content: core.Content{Text: core.Plain("list")}, Buttons: [][]core.Button{{{ID: "b2", Label: "Next"}}}})
	must(t, err)
	got, err := w.sim.Press(w.ctx(), w.anna, telegramsim.Private(w.botID, w.anna), s.Posts[0].Seq, "Next")
	must(t, err)
	if got.Text != "done" || w.desk.presses[0].Topic != at || !w.desk.presses[0].Private {
		t.Errorf("%+v %+v", got, w.desk.presses)
	}
}
