package outbox_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"parom/core/outbox"
	"parom/core/store"
)

// hanging is a carrier whose calls end when they are told to; those of lanes that
// end in "f" only fetch a file.
type hanging struct {
	began chan store.Lane
	end   map[store.Lane]chan struct{}
}

func (h hanging) Costs(store.Head) []outbox.Cost { return nil }

func (h hanging) Plan(_ *store.Tx, jobs []store.Job) (outbox.Step, error) {
	j := jobs[0]
	return outbox.Step{
		Jobs: jobs[:1],
		Call: func(ctx context.Context) (any, error) {
			h.began <- j.Lane
			select {
			case <-h.end[j.Lane]:
			case <-ctx.Done():
			}
			return nil, nil
		},
		Done:  func(t *store.Tx, _ any) error { return t.FinishJob(j) },
		Aside: j.Lane[len(j.Lane)-1] == 'f',
	}, nil
}

func TestSettle_WaitsForTheCallsThatAreAskedForAndNoOther(t *testing.T) {
	h := hanging{began: make(chan store.Lane, 3), end: map[store.Lane]chan struct{}{}}
	for _, l := range []store.Lane{"t1", "t2", "t3/f"} {
		h.end[l] = make(chan struct{})
	}
	w := newWorld(t, setup{still: true, carry: func(o *outbox.Outbox) { o.Carry(store.ToTopic, h) }})
	t.Cleanup(func() {
		for _, l := range []store.Lane{"t2", "t3/f"} {
			close(h.end[l])
		}
	})
	asked := func(family store.Lane, about func([]store.Lane) []store.Lane) <-chan struct{} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.out.Settle(context.Background(), family, time.Hour, about)
		}()
		return done
	}
	atOnce := func(what string, done <-chan struct{}) {
		t.Helper()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: waited", what)
		}
	}
	never := func([]store.Lane) []store.Lane { t.Error("asked though nothing is under way"); return nil }
	all := func(ls []store.Lane) []store.Lane { return ls }

	atOnce("nothing under way", asked(store.ToTopic, never))
	for l := range h.end {
		w.update(func(tx *store.Tx) error { return tx.Enqueue(&store.Job{Lane: l, Kind: store.JobNotice}) })
	}
	for range h.end {
		<-h.began
	}
	atOnce("another family", asked(store.ToAddress, never))
	atOnce("lanes that matter to nobody", asked(store.ToTopic, func(ls []store.Lane) []store.Lane {
		if slices.Sort(ls); !slices.Equal(ls, []store.Lane{"t1", "t2"}) {
			t.Errorf("under way: %v; a fetch shows nothing", ls)
		}
		return nil
	}))
	one := asked(store.ToTopic, func([]store.Lane) []store.Lane { return []store.Lane{"t1"} })
	select {
	case <-one:
		t.Fatal("not waited for")
	case <-time.After(20 * time.Millisecond):
	}
	close(h.end["t1"])
	w.await("a call that was recorded", func() bool {
		w.clock.Step()
		select {
		case <-one:
			return true
		default:
			return false
		}
	})
	if w.waiting() != 2 {
		t.Errorf("%d jobs left", w.waiting())
	}
	start := w.clock.Mono()
	most := make(chan struct{})
	go func() {
		defer close(most)
		w.out.Settle(context.Background(), store.ToTopic, time.Second, all)
	}()
	w.await("a call that hangs is given up", func() bool {
		w.clock.Advance(5 * time.Millisecond)
		select {
		case <-most:
			return true
		default:
			return false
		}
	})
	if d := w.clock.Mono() - start; d > 3*time.Second {
		t.Errorf("waited for %s", d)
	}
}
