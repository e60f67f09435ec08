package outbox_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

// pinged is an adapter that can only send and be asked whether it is there.
type pinged struct {
	*coretest.Adapter
	down  atomic.Pointer[core.SendError] // what a ping answers; nil: all is well
	pings atomic.Int64
	whom  atomic.Pointer[core.Destination] // of the last ping
}

func (p *pinged) Ping(_ context.Context, to core.Destination) error {
	p.pings.Add(1)
	p.whom.Store(&to)
	if e := p.down.Load(); e != nil {
		return e
	}
	return nil
}

// fall makes nothing arrive, which nobody can be sure of; rise ends it.
func (p *pinged) fall() (rise func()) {
	p.down.Store(&core.SendError{Reason: core.Unavailable})
	p.Refuse(func(core.Parcel) error { return fault(core.MaybeSent) })
	return func() {
		p.down.Store(nil)
		p.Refuse(nil)
	}
}

func pingable(s setup) (setup, *pinged) {
	s.clock = coretest.NewClock(start)
	p := &pinged{Adapter: coretest.NewAdapter("shop", network, s.clock)}
	s.channels = map[core.ChannelID]core.Adapter{
		"shop": p, "other": coretest.NewAdapter("other", network, s.clock),
	}
	return s, p
}

func sends(p *pinged) (n int) {
	for _, c := range p.Calls() {
		if c.Op == "Send" {
			n++
		}
	}
	return n
}

func TestOutage_CostsOneAttemptAndEndsByItselfInOrder(t *testing.T) {
	s, p := pingable(setup{})
	w := newWorld(t, s)
	rise := p.fall()
	ann, bob := w.address("shop", "ann"), w.address("shop", "bob")
	first := w.say(ann, "1")
	w.await("the first answer lost", func() bool { return sends(p) == 1 })
	var later []core.MessageID
	for i := 2; i <= 4; i++ {
		later = append(later, w.say(ann, fmt.Sprint(i)))
	}
	later = append(later, w.say(bob, "b"))
	w.say(w.address("other", "eve"), "quick")
	w.await("the other channel", func() bool { return len(w.adapters["other"].(*coretest.Adapter).Arrived()) == 1 })
	w.await("ten pings in vain", func() bool { return p.pings.Load() >= 10 })
	if n := sends(p); n != 1 {
		t.Fatalf("%d attempts while the network was known to be out of reach", n)
	}
	rise()
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); len(parked) > 0 {
		t.Fatalf("parked %v", parked)
	}
	got := texts(p.Arrived())
	got = slices.DeleteFunc(got, func(s string) bool { return s == "b" })
	if !slices.Equal(got, []string{"1", "2", "3", "4"}) {
		t.Fatalf("arrived %q", got)
	}
	if !w.message(first).Twice {
		t.Error("what may have arrived twice is not marked")
	}
	for _, id := range later {
		if w.message(id).Twice {
			t.Error("marked although it was tried once")
		}
	}
}

func TestOutage_LosesNoSecondAnswerWhileItLasts(t *testing.T) {
	s, p := pingable(setup{})
	w := newWorld(t, s)
	p.down.Store(&core.SendError{Reason: core.MaybeSent})
	p.LoseAnswer(fault(core.MaybeSent))
	id := w.say(w.address("shop", "ann"), "x")
	began := w.clock.Mono()
	w.await("a long outage", func() bool { return w.clock.Mono()-began > 30*time.Minute })
	if n := p.pings.Load(); n < 20 || n > 60 {
		t.Errorf("%d pings in half an hour, want one a minute or so", n)
	}
	p.down.Store(nil)
	w.awaitEmpty()
	if m := w.message(id); len(p.Arrived()) != 2 || !m.Twice || m.Delivery != core.DeliverySent {
		t.Fatalf("arrived %d, message %+v", len(p.Arrived()), m)
	}
}

func TestOutage_ThatHitsSendsAloneParksOnlyWhatWasLostTwice(t *testing.T) {
	s, p := pingable(setup{})
	w := newWorld(t, s)
	p.LoseAnswer(fault(core.MaybeSent))
	p.LoseAnswer(fault(core.MaybeSent))
	ann := w.address("shop", "ann")
	var ids []core.MessageID
	for i := range 3 {
		ids = append(ids, w.say(ann, fmt.Sprint(i)))
	}
	w.awaitEmpty()
	if got := texts(p.Arrived()); !slices.Equal(got, []string{"0", "0", "1", "2"}) {
		t.Fatalf("arrived %q", got)
	}
	if _, parked, _ := w.watch.get(); !slices.Equal(parked, []core.Reason{core.MaybeSent}) || w.message(ids[1]).Twice {
		t.Fatalf("parked %v, the second %+v", parked, w.message(ids[1]))
	}
}

func TestOutage_ThatLastsTooLongIsToldAndKnownToBeUncertain(t *testing.T) {
	s, p := pingable(setup{options: outbox.Options{GiveUp: time.Hour}})
	w := newWorld(t, s)
	rise := p.fall()
	id := w.say(w.address("shop", "ann"), "x")
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); len(parked) != 1 || sends(p) != 1 {
		t.Fatalf("parked %v after %d attempts", parked, sends(p))
	}
	rise()
	w.update(func(tx *store.Tx) error {
		js, err := tx.JobsOf(id)
		if err != nil {
			return err
		}
		return w.out.Retry(tx, js[0].ID)
	})
	w.awaitEmpty()
	if m := w.message(id); !m.Twice || m.Delivery != core.DeliverySent {
		t.Fatalf("message %+v", m)
	}
}

func TestPing_IsAboutTheCorrespondentAndABusyNetworkIsWaitedFor(t *testing.T) {
	s, p := pingable(setup{})
	w := newWorld(t, s)
	p.down.Store(&core.SendError{Reason: core.Throttled, RetryAfter: 20 * time.Minute})
	p.LoseAnswer(fault(core.MaybeSent))
	w.say(w.address("shop", "ann"), "x")
	w.await("a ping", func() bool { return p.pings.Load() > 0 })
	began := w.clock.Mono()
	p.down.Store(&core.SendError{Reason: core.PeerGone})
	w.awaitEmpty()
	if took := w.clock.Mono() - began; took < 15*time.Minute || len(p.Arrived()) != 2 {
		t.Errorf("arrived %d, after %v", len(p.Arrived()), took)
	}
	if to := p.whom.Load(); to.Peer != "ann" {
		t.Errorf("asked about %+v", to)
	}
}

func TestPing_IsNotNeededWhereAllIsWell(t *testing.T) {
	s, p := pingable(setup{})
	w := newWorld(t, s)
	p.Fail(fault(core.Unavailable), &core.SendError{Reason: core.Throttled, RetryAfter: time.Second})
	w.say(w.address("shop", "ann"), "in three pieces of some twenty characters each")
	w.awaitEmpty()
	if p.pings.Load() != 0 || len(p.Arrived()) < 2 {
		t.Fatalf("%d pings, arrived %d", p.pings.Load(), len(p.Arrived()))
	}
}

func TestCrash_InTheMiddleOfACallAsksTheNetworkFirst(t *testing.T) {
	at, on := make(chan struct{}), make(chan struct{})
	s, p := pingable(setup{})
	hit := false
	s.options.Trap = func(point string) {
		if point == outbox.TrapAfterCall && !hit {
			hit = true
			close(at)
			<-on
		}
	}
	w := newWorld(t, s)
	id := w.say(w.address("shop", "ann"), "x")
	<-at
	path := w.crash()
	close(on)

	s2, p2 := pingable(setup{path: path})
	p2.down.Store(&core.SendError{Reason: core.Unavailable})
	w2 := newWorld(t, s2)
	w2.await("five pings", func() bool { return p2.pings.Load() >= 5 })
	if n := sends(p2); n != 0 {
		t.Fatalf("sent %d times to a network out of reach", n)
	}
	p2.LoseAnswer(fault(core.MaybeSent))
	p2.down.Store(nil)
	w2.awaitEmpty()
	if m := w2.message(id); len(p.Arrived()) != 1 || len(p2.Arrived()) != 1 || !m.Twice {
		t.Fatalf("arrived %d, then %d: one duplicate at most; message %+v", len(p.Arrived()), len(p2.Arrived()), m)
	}
	if _, parked, _ := w2.watch.get(); !slices.Equal(parked, []core.Reason{core.MaybeSent}) {
		t.Fatalf("parked %v", parked)
	}
}
