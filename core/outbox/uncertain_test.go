package outbox_test

import (
	"slices"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

// plain is an adapter that can only send.
func plain(w setup, l core.Limits) (setup, *coretest.Adapter) {
	w.clock = coretest.NewClock(start)
	a := coretest.NewAdapter("shop", l, w.clock)
	w.channels = map[core.ChannelID]core.Adapter{"shop": a}
	return w, a
}

func TestLostAnswer_IsSentOnceMoreAndMarked(t *testing.T) {
	s, a := plain(setup{}, network)
	w := newWorld(t, s)
	a.LoseAnswer(fault(core.MaybeSent))
	id := w.say(w.address("shop", "ann"), "x")
	w.awaitEmpty()
	ps := a.Arrived()
	if len(ps) != 2 || ps[0].Key != ps[1].Key || ps[1].Attempt != 2 || !w.message(id).Twice {
		t.Fatalf("arrived %d, message %+v", len(ps), w.message(id))
	}
	w.watch.mu.Lock()
	defer w.watch.mu.Unlock()
	if !slices.Equal(w.watch.twice, []core.MessageID{id}) {
		t.Errorf("who watches was told of %v as sent twice", w.watch.twice)
	}
}

func TestLostAnswer_TwiceIsParkedForAPersonToDecide(t *testing.T) {
	s, a := plain(setup{}, network)
	w := newWorld(t, s)
	a.LoseAnswer(fault(core.MaybeSent))
	a.LoseAnswer(fault(core.MaybeSent))
	id := w.say(w.address("shop", "ann"), "x")
	w.awaitEmpty()
	if _, parked, _ := w.watch.get(); len(a.Arrived()) != 2 || !slices.Equal(parked, []core.Reason{core.MaybeSent}) {
		t.Fatalf("arrived %d, parked %v", len(a.Arrived()), parked)
	}
	w.update(func(tx *store.Tx) error {
		js, err := tx.JobsOf(id)
		if err != nil {
			return err
		}
		if err := w.out.Retry(tx, js[0].ID); err != nil {
			return err
		}
		if _, left, err := tx.Withdraw(id, store.JobSend); left != 1 || err != nil {
			t.Errorf("asked for again it can be taken back as if it had never left: %v", err)
		}
		return nil
	})
	w.awaitEmpty()
	if len(a.Arrived()) != 3 || w.message(id).Delivery != core.DeliverySent {
		t.Fatalf("arrived %d, delivery %d", len(a.Arrived()), w.message(id).Delivery)
	}
}

func TestLostAnswer_WithinTheNetworksMemoryIsNotMarked(t *testing.T) {
	l := network
	l.Dedupe = time.Hour
	s, a := plain(setup{}, l)
	w := newWorld(t, s)
	for range 3 {
		a.LoseAnswer(fault(core.MaybeSent))
	}
	id := w.say(w.address("shop", "ann"), "x")
	w.awaitEmpty()
	if len(a.Arrived()) != 4 || w.message(id).Twice || w.message(id).Delivery != core.DeliverySent {
		t.Fatalf("arrived %d, message %+v", len(a.Arrived()), w.message(id))
	}
}

func TestLostAnswer_BeyondTheNetworksMemoryIsMarked(t *testing.T) {
	l := network
	l.Dedupe = 2 * time.Minute
	s, a := plain(setup{}, l)
	w := newWorld(t, s)
	a.LoseAnswer(fault(core.MaybeSent))
	a.Fail(&core.SendError{Reason: core.Throttled, RetryAfter: 5 * time.Minute})
	id := w.say(w.address("shop", "ann"), "x")
	w.awaitEmpty()
	if !w.message(id).Twice {
		t.Fatal("not marked")
	}
}

func TestLostAnswer_IsLookedForWhereOneCan(t *testing.T) {
	t.Run("found", func(t *testing.T) {
		w := newWorld(t, setup{})
		a := w.able("shop")
		a.LoseAnswer(fault(core.MaybeSent))
		id := w.say(w.address("shop", "ann"), "x")
		w.awaitEmpty()
		if m := w.message(id); len(a.Arrived()) != 1 || m.Twice || m.Delivery != core.DeliverySent {
			t.Fatalf("arrived %d, message %+v", len(a.Arrived()), m)
		}
	})
	t.Run("not found", func(t *testing.T) {
		w := newWorld(t, setup{})
		a := w.able("shop")
		a.Fail(fault(core.MaybeSent), fault(core.Unavailable))
		id := w.say(w.address("shop", "ann"), "x")
		w.awaitEmpty()
		var ops []string
		for _, c := range a.Calls() {
			ops = append(ops, c.Op)
		}
		if m := w.message(id); !slices.Equal(ops, []string{"Send", "Find", "Find", "Send"}) || !m.Twice {
			t.Fatalf("calls %v, message %+v", ops, m)
		}
	})
}

func TestCrash_AtNamedPoints(t *testing.T) {
	for _, tc := range []struct {
		point   string
		arrived int // by the first process
		again   int // by the second
		twice   bool
	}{
		{outbox.TrapBeforeCall, 0, 1, true},
		{outbox.TrapAfterCall, 1, 1, true},
		{outbox.TrapAfterDone, 1, 0, false},
	} {
		t.Run(tc.point, func(t *testing.T) {
			at, on := make(chan struct{}), make(chan struct{})
			s, a := plain(setup{}, network)
			hit := false
			s.options.Trap = func(p string) {
				if p == tc.point && !hit {
					hit = true
					close(at)
					<-on
				}
			}
			w := newWorld(t, s)
			id := w.say(w.address("shop", "ann"), "x")
			<-at
			path := w.crash()
			arrived := len(a.Arrived())
			close(on)
			s2, b := plain(setup{path: path}, network)
			w2 := newWorld(t, s2)
			w2.awaitEmpty()
			if arrived != tc.arrived || len(b.Arrived()) != tc.again {
				t.Fatalf("arrived %d, then %d", arrived, len(b.Arrived()))
			}
			if m := w2.message(id); m.Twice != tc.twice || m.Delivery != core.DeliverySent {
				t.Fatalf("message %+v", m)
			}
			if tc.again == 1 && tc.arrived == 1 && a.Arrived()[0].Key != b.Arrived()[0].Key {
				t.Fatal("another key after the crash")
			}
		})
	}
}
