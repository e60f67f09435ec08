package outbox_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

func fault(r core.Reason) error { return &core.SendError{Reason: r} }

func TestRun_SendsAndTells(t *testing.T) {
	w := newWorld(t, setup{})
	id := w.say(w.address("shop", "ann"), "hello")
	w.awaitEmpty()
	if got := texts(w.able("shop").Arrived()); !slices.Equal(got, []string{"hello"}) {
		t.Fatalf("arrived %q", got)
	}
	if m := w.message(id); m.Delivery != core.DeliverySent || m.Twice {
		t.Fatalf("message %+v", m)
	}
	if sent, _, _ := w.watch.get(); !slices.Equal(sent, []core.MessageID{id}) {
		t.Fatalf("told of %v", sent)
	}
}

func TestRun_KeepsOrderOfALaneWhateverFails(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newWorld(t, setup{options: outbox.Options{InFlight: rapid.IntRange(1, 8).Draw(r, "in flight"), Attempts: 100}})
		defer func() { _ = w.stop(); _ = w.db.Close() }()
		a := w.able("shop")
		lanes := rapid.IntRange(1, 4).Draw(r, "lanes")
		var ids []core.AddressID
		for i := range lanes {
			ids = append(ids, w.address("shop", strconv.Itoa(i)))
		}
		want := make([]int, lanes)
		for range rapid.IntRange(1, 20).Draw(r, "messages") {
			switch rapid.IntRange(0, 5).Draw(r, "fault") {
			case 0:
				a.Fail(fault(core.Unavailable))
			case 1:
				a.Fail(&core.SendError{Reason: core.Throttled, RetryAfter: 3 * time.Second})
			case 2:
				a.Fail(errors.New("no reason"))
			}
			i := rapid.IntRange(0, lanes-1).Draw(r, "lane")
			w.say(ids[i], strconv.Itoa(want[i]))
			want[i]++
		}
		w.awaitEmpty()
		got := make([]int, lanes)
		for _, p := range a.Arrived() {
			i, _ := strconv.Atoi(string(p.To.Peer))
			if p.Content.Text.Body != strconv.Itoa(got[i]) {
				r.Fatalf("lane %d got %s, wanted %d", i, p.Content.Text.Body, got[i])
			}
			got[i]++
		}
		if !slices.Equal(got, want) {
			r.Fatalf("arrived %v of %v", got, want)
		}
	})
}

func TestRun_WaitsExactlyAsLongAsItIsTold(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	a.Fail(&core.SendError{Reason: core.Throttled, RetryAfter: 17 * time.Second}, nil)
	id := w.say(w.address("shop", "ann"), "one")
	w.awaitEmpty()
	calls := a.Calls()
	if len(calls) != 2 {
		t.Fatalf("%d calls", len(calls))
	}
	if d := calls[1].At.Sub(calls[0].At); d != 17*time.Second {
		t.Fatalf("waited %s", d)
	}
	if calls[1].Parcel.Attempt != 1 || w.message(id).Twice {
		t.Fatal("a refusal was counted as an attempt")
	}
}

func TestRun_WaitsByMonotonicTimeWhenTheWallClockJumps(t *testing.T) {
	w := newWorld(t, setup{still: true})
	a := w.able("shop")
	a.Fail(&core.SendError{Reason: core.Throttled, RetryAfter: 10 * time.Second}, nil)
	w.say(w.address("shop", "ann"), "one")
	w.await("first call", func() bool { return len(a.Calls()) == 1 && !w.out.Busy() })
	w.clock.Jump(-time.Hour)
	w.clock.Advance(9900 * time.Millisecond)
	time.Sleep(5 * time.Millisecond)
	if n := len(a.Calls()); n != 1 {
		t.Fatal("called too early")
	}
	w.clock.Advance(100 * time.Millisecond)
	w.await("second call", func() bool { return len(a.Calls()) == 2 })
}

func TestRun_ABrokenChannelDelaysNobodyElse(t *testing.T) {
	clock := coretest.NewClock(start)
	bad, good := coretest.NewAbleAdapter("bad", network, clock), coretest.NewAbleAdapter("good", network, clock)
	w := newWorld(t, setup{clock: clock, still: true, channels: map[core.ChannelID]core.Adapter{"bad": bad, "good": good}})
	bad.Refuse(func(core.Parcel) error { return fault(core.Unavailable) })
	for i := range 100 {
		w.say(w.address("bad", strconv.Itoa(i)), "x")
	}
	w.await("breaker", func() bool { return w.out.Stats().Channels["bad"].Cause != nil })
	w.await("calls that began", func() bool { return w.out.Stats().InFlight == 0 })
	for i := range 10 {
		w.say(w.address("good", strconv.Itoa(i)), "x")
	}
	w.await("good channel", func() bool { return len(good.Arrived()) == 10 })
	if n := len(bad.Calls()); n > 70 {
		t.Fatalf("%d calls to a broken channel", n)
	}
	bad.Refuse(nil)
	stop := clock.AutoStep(coretest.AutoStep{Busy: w.busy})
	defer stop()
	w.awaitEmpty()
	if n := len(bad.Arrived()); n != 100 {
		t.Fatalf("%d arrived when it was back", n)
	}
}

func TestRun_HangingChannelsDelayNobodyElse(t *testing.T) {
	clock := coretest.NewClock(start)
	one, two, good := coretest.NewAbleAdapter("one", network, clock), coretest.NewAbleAdapter("two", network, clock), coretest.NewAbleAdapter("good", network, clock)
	w := newWorld(t, setup{
		clock: clock, still: true, options: outbox.Options{InFlight: 16},
		channels: map[core.ChannelID]core.Adapter{"one": one, "two": two, "good": good},
	})
	defer one.Hold()()
	defer two.Hold()()
	for i := range 50 {
		w.say(w.address("one", strconv.Itoa(i)), "x")
		w.say(w.address("two", strconv.Itoa(i)), "x")
	}
	w.await("hanging calls", func() bool { return w.out.Stats().InFlight >= 12 })
	for i := range 10 {
		w.say(w.address("good", strconv.Itoa(i)), "x")
	}
	w.await("good channel", func() bool { return len(good.Arrived()) == 10 })
}

func TestRun_HoldsAChannelUntilSomebodyActs(t *testing.T) {
	held := make(chan *core.SendError, 10)
	w := newWorld(t, setup{still: true, options: outbox.Options{Health: func(_ string, e *core.SendError) { held <- e }}})
	a := w.able("shop")
	a.Refuse(func(core.Parcel) error { return fault(core.BadConfig) })
	for i := range 5 {
		w.say(w.address("shop", strconv.Itoa(i)), "x")
	}
	if e := <-held; e == nil {
		t.Fatal("not held")
	}
	w.await("calls that began", func() bool { return w.out.Stats().InFlight == 0 })
	before := len(a.Calls())
	w.clock.Advance(61 * time.Second)
	w.await("probe", func() bool { return len(a.Calls()) == before+1 && w.out.Stats().InFlight == 0 })
	a.Refuse(nil)
	w.out.Release("shop")
	w.awaitEmpty()
	if e := <-held; e != nil {
		t.Fatal("held twice")
	}
	if _, parked, _ := w.watch.get(); len(parked) > 0 || len(a.Arrived()) != 5 {
		t.Fatalf("parked %v, arrived %d", parked, len(a.Arrived()))
	}
}

func TestRun_ParksWhatCannotGoAndGoesOn(t *testing.T) {
	for _, tc := range []struct {
		name  string
		err   error
		calls int
		cause core.Reason
	}{
		{"content refused", fault(core.Rejected), 1, core.Rejected},
		{"too large", fault(core.TooLarge), 1, core.TooLarge},
		{"blocked by the customer", fault(core.PeerGone), 1, core.PeerGone},
		{"too late to answer", fault(core.WindowClosed), 1, core.WindowClosed},
		{"an error without a reason, again and again", errors.New("bug"), 10, core.Unavailable},
		{"out of reach for longer than we try", fault(core.Unavailable), -1, core.Unavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, setup{options: outbox.Options{GiveUp: time.Hour}})
			a := w.able("shop")
			ann := w.address("shop", "ann")
			a.Refuse(func(p core.Parcel) error {
				if p.Content.Text.Body == "bad" {
					return tc.err
				}
				return nil
			})
			bad := w.say(ann, "bad")
			w.say(ann, "good")
			w.awaitEmpty()
			if got := texts(a.Arrived()); !slices.Equal(got, []string{"good"}) {
				t.Fatalf("arrived %q", got)
			}
			if n := len(a.Calls()) - 1; tc.calls >= 0 && n != tc.calls {
				t.Fatalf("%d calls", n)
			}
			if _, parked, _ := w.watch.get(); !slices.Equal(parked, []core.Reason{tc.cause}) {
				t.Fatalf("told of %v", parked)
			}
			if m := w.message(bad); m.Delivery != core.DeliveryFailed {
				t.Fatalf("delivery %d", m.Delivery)
			}
		})
	}
}

func TestRun_ParksAfterAPanicAndGoesOn(t *testing.T) {
	clock := coretest.NewClock(start)
	a := coretest.NewAbleAdapter("shop", network, clock)
	w := newWorld(t, setup{clock: clock, channels: map[core.ChannelID]core.Adapter{"shop": panicky{a}}})
	a.Fail(fault(core.Rejected))
	ann := w.address("shop", "ann")
	w.say(ann, "boom")
	w.say(ann, "fine")
	w.awaitEmpty()
	if got := texts(a.Arrived()); !slices.Equal(got, []string{"fine"}) {
		t.Fatalf("arrived %q", got)
	}
	if _, parked, _ := w.watch.get(); len(parked) != 1 {
		t.Fatalf("parked %v", parked)
	}
}

func TestRetry_SendsInTheOldPlaceAndDropForgets(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	ann := w.address("shop", "ann")
	a.Fail(fault(core.Rejected), fault(core.Rejected))
	first, second := w.say(ann, "first"), w.say(ann, "second")
	w.await("both parked", func() bool { _, p, _ := w.watch.get(); return len(p) == 2 })
	w.update(func(tx *store.Tx) error {
		for i, m := range []core.MessageID{first, second} {
			js, err := tx.JobsOf(m)
			if err != nil {
				return err
			}
			if i == 0 {
				err = w.out.Retry(tx, js[0].ID)
			} else {
				_, err = w.out.Drop(tx, js[0].ID)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.awaitEmpty()
	if got := texts(a.Arrived()); !slices.Equal(got, []string{"first"}) || w.jobs() != 0 {
		t.Fatalf("arrived %q, %d jobs left", got, w.jobs())
	}
}

func TestRun_TellsOfSlowMessagesOnce(t *testing.T) {
	w := newWorld(t, setup{still: true})
	release := w.able("shop").Hold()
	id := w.say(w.address("shop", "ann"), "x")
	w.await("call", func() bool { return w.able("shop").Busy() })
	w.clock.Advance(4 * time.Second)
	time.Sleep(5 * time.Millisecond)
	if _, _, slow := w.watch.get(); len(slow) > 0 {
		t.Fatal("told too early")
	}
	w.clock.Advance(time.Second)
	w.await("told", func() bool { _, _, slow := w.watch.get(); return slices.Equal(slow, []core.MessageID{id}) })
	w.clock.Advance(20 * time.Second)
	release()
	w.awaitEmpty()
	if _, _, slow := w.watch.get(); len(slow) != 1 {
		t.Fatalf("told %d times", len(slow))
	}
}

func TestRun_DrainsCallsInFlightOnStop(t *testing.T) {
	w := newWorld(t, setup{still: true})
	a := w.able("shop")
	release := a.Hold()
	id := w.say(w.address("shop", "ann"), "x")
	w.await("call", a.Busy)
	stopped := make(chan error)
	go func() { stopped <- w.stop() }()
	time.Sleep(5 * time.Millisecond)
	w.say(w.address("shop", "bob"), "late")
	release()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if w.message(id).Delivery != core.DeliverySent || len(a.Arrived()) != 1 || w.jobs() != 1 {
		t.Fatalf("arrived %q, %d jobs", texts(a.Arrived()), w.jobs())
	}
}

func TestRun_CutsACallThatOutlivesTheDrain(t *testing.T) {
	w := newWorld(t, setup{still: true})
	a := w.able("shop")
	defer a.Hold()()
	id := w.say(w.address("shop", "ann"), "x")
	w.await("call", a.Busy)
	stopped := make(chan error)
	go func() { stopped <- w.stop() }()
	w.await("stop", func() bool { w.clock.Advance(time.Second); return !a.Busy() })
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	w.view(func(tx *store.Tx) error {
		js, err := tx.JobsOf(id)
		if err == nil && js[0].State != store.JobAttempting {
			err = fmt.Errorf("state %d", js[0].State)
		}
		return err
	})
}

func TestRun_EditBeforeTheSendMerges(t *testing.T) {
	w := newWorld(t, setup{still: true})
	a := w.able("shop")
	a.Fail(fault(core.Unavailable))
	ann := w.address("shop", "ann")
	id := w.say(ann, "one")
	w.await("failure", func() bool { return len(a.Calls()) == 1 && !w.out.Busy() })
	w.update(func(t *store.Tx) error {
		m, err := t.Message(id)
		if err != nil {
			return err
		}
		return t.ReplaceContent(&m, core.Content{Text: core.Plain("two")}, time.Time{})
	})
	w.clock.Advance(2 * time.Second)
	w.awaitEmpty()
	if got := texts(a.Arrived()); !slices.Equal(got, []string{"two"}) {
		t.Fatalf("arrived %q", got)
	}
}

func TestRun_SendsPiecesInOrderAndResumesAtThePieceThatFailed(t *testing.T) {
	w := newWorld(t, setup{})
	a := w.able("shop")
	a.Fail(nil, fault(core.Unavailable), nil, nil)
	id := w.post(core.Message{Address: w.address("shop", "ann"), Content: core.Content{Text: core.Plain(strings.Repeat("seventeen letters ", 3))}},
		`{"buttons":[[{"id":"b","label":"B"}]]}`)
	w.awaitEmpty()
	ps := a.Arrived()
	if len(ps) != 3 || ps[0].Key == ps[1].Key || ps[1].Key == ps[2].Key {
		t.Fatalf("arrived %q", texts(ps))
	}
	if ps[0].Buttons != nil || ps[2].Buttons == nil {
		t.Fatal("buttons belong under the last piece")
	}
	if calls := a.Calls(); calls[1].Parcel.Key != calls[2].Parcel.Key {
		t.Fatal("another key for the same piece")
	}
	w.view(func(tx *store.Tx) error {
		rs, err := tx.RemotesOf(id)
		if err == nil && (len(rs) != 3 || rs[2].Part != 2 || rs[1].From == 0) {
			err = fmt.Errorf("remotes %+v", rs)
		}
		return err
	})
}

type panicky struct{ coretest.AbleAdapter }

func TestRun_WaitsForAChannelThatIsNotConfigured(t *testing.T) {
	clock := coretest.NewClock(start)
	late := &lateChannel{Adapter: coretest.NewAdapter("shop", network, clock)}
	w := newWorld(t, setup{clock: clock, still: true, channels: map[core.ChannelID]core.Adapter{"shop": late}, find: late.find})
	w.say(w.address("shop", "ann"), "x")
	w.await("held", func() bool { return w.out.Stats().Later == 1 })
	commits := w.db.Stats().Commits
	late.there.Store(true)
	time.Sleep(5 * time.Millisecond)
	if n := w.db.Stats().Commits - commits; n > 2 {
		t.Fatalf("%d commits while nothing can be done", n)
	}
	clock.Advance(61 * time.Second)
	w.awaitEmpty()
	if len(late.Arrived()) != 1 {
		t.Fatal("did not arrive")
	}
}

// lateChannel is configured later.
type lateChannel struct {
	*coretest.Adapter
	there atomic.Bool
}

func (l *lateChannel) find(core.ChannelID) (core.Adapter, bool) { return l, l.there.Load() }

func TestRun_GivesUpWhatABrokenChannelNeverLetThrough(t *testing.T) {
	w := newWorld(t, setup{options: outbox.Options{GiveUp: 10 * time.Minute}})
	w.able("shop").Refuse(func(core.Parcel) error { return fault(core.Unavailable) })
	for i := range 60 {
		w.say(w.address("shop", strconv.Itoa(i)), "x")
	}
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); len(parked) != 60 {
		t.Fatalf("%d parked", len(parked))
	}
}

func TestSlot_ANewerJobReplacesOneThatFailed(t *testing.T) {
	clock := coretest.NewClock(start)
	g := &group{clock: clock, max: 20, per: time.Minute}
	fail := true
	g.refuse = func() error {
		if fail {
			fail = false
			return fault(core.Unavailable)
		}
		return nil
	}
	release := make(chan struct{})
	g.latency = func() time.Duration { <-release; return 0 }
	w := newWorld(t, setup{clock: clock, carry: g.carry})
	title := func(s string) {
		w.update(func(t *store.Tx) error {
			return t.Enqueue(&store.Job{Lane: store.TopicLane(1), Kind: store.JobTopic, Slot: "title", Payload: s})
		})
	}
	title("old")
	w.await("call", func() bool { return w.out.Stats().InFlight == 1 && !w.out.Busy() })
	title("new")
	close(release)
	w.awaitEmpty()
	if _, jobs := g.log(); len(jobs) != 1 || jobs[0].Payload != "new" {
		t.Fatalf("done %+v", jobs)
	}
}
