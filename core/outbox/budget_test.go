package outbox_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parom/core"
	"parom/core/coretest"
	"parom/core/outbox"
	"parom/core/store"
)

// group is a carrier of topics that share one budget, as a group's do. Its
// server counts a call at some moment while it is in flight.
type group struct {
	clock    core.Clock
	max      int
	per      time.Duration
	latency  func() time.Duration // nil: none
	reserved func(store.Head) bool
	refuse   func() error

	mu    sync.Mutex
	taken []time.Duration // when the server counted, in order
	jobs  []store.Job
}

func (g *group) Costs(h store.Head) []outbox.Cost {
	c := outbox.Cost{Budget: "group", Max: g.max, Per: g.per}
	if g.reserved != nil {
		c.Reserved = g.reserved(h)
	}
	return []outbox.Cost{c}
}

func (g *group) Plan(t *store.Tx, jobs []store.Job) (outbox.Step, error) {
	j := jobs[0]
	return outbox.Step{
		Jobs: jobs[:1],
		Call: func(ctx context.Context) (any, error) { return nil, g.call(ctx, j) },
		Done: func(t *store.Tx, _ any) error { return t.FinishJob(j) },
	}, nil
}

func (g *group) call(ctx context.Context, j store.Job) error {
	var before, after time.Duration
	if g.latency != nil {
		before, after = g.latency(), g.latency()
	}
	if err := core.Sleep(ctx, g.clock, before); err != nil {
		return err
	}
	g.mu.Lock()
	var err error
	if g.refuse != nil {
		err = g.refuse()
	}
	if err == nil {
		g.taken = append(g.taken, g.clock.Mono())
		g.jobs = append(g.jobs, j)
	}
	g.mu.Unlock()
	if serr := core.Sleep(ctx, g.clock, after); serr != nil {
		return serr
	}
	return err
}

func (g *group) log() ([]time.Duration, []store.Job) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.taken), slices.Clone(g.jobs)
}

func (g *group) carry(o *outbox.Outbox) { o.Carry(store.ToTopic, g) }

// fill enqueues n jobs over lanes of topics.
func (w *world) fill(n, lanes, priority int) {
	w.t.Helper()
	w.update(func(t *store.Tx) error {
		for i := range n {
			j := store.Job{Lane: store.TopicLane(core.TopicID(i%lanes + 1)), Kind: store.JobShow, Priority: priority, Payload: fmt.Sprint(i)}
			if err := t.Enqueue(&j); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestBudget_IsNeverOverdrawnByOverlappingCalls(t *testing.T) {
	for _, tc := range []struct {
		max, lanes int
		slowest    time.Duration
	}{{1, 3, time.Second}, {20, 40, 2 * time.Second}, {30, 5, 100 * time.Millisecond}} {
		clock := coretest.NewClock(start)
		g := &group{clock: clock, max: tc.max, per: time.Minute}
		seed := rand.New(rand.NewPCG(uint64(tc.max), 1))
		g.latency = func() time.Duration {
			g.mu.Lock()
			defer g.mu.Unlock()
			return time.Duration(seed.Int64N(int64(tc.slowest)))
		}
		w := newWorld(t, setup{clock: clock, carry: g.carry, idle: true})
		w.fill(4*tc.max, tc.lanes, store.Words)
		w.run(true)
		w.awaitEmpty()
		taken, _ := g.log()
		if len(taken) != 4*tc.max {
			t.Fatalf("%d calls", len(taken))
		}
		checkWindow(t, "server", taken, tc.max, time.Minute)
	}
}

func TestBudget_UnderOverloadIsUsedToTheBrim(t *testing.T) {
	clock := coretest.NewClock(start)
	g := &group{clock: clock, max: 20, per: time.Minute, latency: func() time.Duration { return 75 * time.Millisecond }}
	w := newWorld(t, setup{clock: clock, carry: g.carry, idle: true})
	w.fill(20*10, 50, store.Words)
	w.run(true)
	w.awaitEmpty()
	taken, _ := g.log()
	checkWindow(t, "server", taken, 20, time.Minute)
	use := 9 * time.Minute.Seconds() / (taken[len(taken)-1] - taken[0]).Seconds()
	if t.Logf("used %.2f%% of the budget", 100*use); use < 0.98 {
		t.Fatalf("used %.3f of the budget", use)
	}
}

func TestBudget_GoesToTheSmallestPriorityThenToTheOldest(t *testing.T) {
	clock := coretest.NewClock(start)
	g := &group{clock: clock, max: 1, per: time.Second}
	w := newWorld(t, setup{clock: clock, carry: g.carry, still: true})
	w.fill(1, 1, store.Words)
	w.await("budget used", func() bool { taken, _ := g.log(); return len(taken) == 1 })
	add := func(topic core.TopicID, priority int, what string) {
		clock.Advance(time.Millisecond)
		w.update(func(t *store.Tx) error {
			return t.Enqueue(&store.Job{Lane: store.TopicLane(topic), Kind: store.JobShow, Priority: priority, Payload: what})
		})
	}
	add(10, store.Cosmetics, "sign")
	add(11, store.States, "line")
	add(12, store.Words, "first")
	add(13, store.Words, "second")
	w.await("all waiting", func() bool { return w.out.Stats().Budgets["group"].Waiting == 4 })
	stop := clock.AutoStep(coretest.AutoStep{Busy: w.busy})
	defer stop()
	w.awaitEmpty()
	_, jobs := g.log()
	var got []string
	for _, j := range jobs[1:] {
		got = append(got, j.Payload)
	}
	if s := strings.Join(got, " "); s != "first second line sign" {
		t.Fatalf("order %s", s)
	}
}

func TestBudget_IsRememberedOverARestart(t *testing.T) {
	clock := coretest.NewClock(start)
	g := &group{clock: clock, max: 20, per: time.Minute}
	w := newWorld(t, setup{clock: clock, carry: g.carry, still: true})
	w.fill(15, 5, store.Words)
	w.await("15 calls", func() bool { taken, _ := g.log(); return len(taken) == 15 && !w.out.Busy() })
	if err := w.stop(); err != nil {
		t.Fatal(err)
	}
	_ = w.db.Close()
	clock.Advance(10 * time.Second)
	w2 := newWorld(t, setup{clock: clock, carry: g.carry, path: w.path, idle: true})
	w2.fill(30, 5, store.Words)
	w2.run(true)
	w2.awaitEmpty()
	taken, _ := g.log()
	checkWindow(t, "server", taken, 20, time.Minute)
	if d := taken[44] - taken[0]; d > 2*time.Minute+time.Second {
		t.Fatalf("took %s", d)
	}
}

func TestBudget_RefusedIsPausedExactlyAndUsedLessForAWhile(t *testing.T) {
	clock := coretest.NewClock(start)
	g := &group{clock: clock, max: 20, per: time.Minute}
	refused := false
	g.refuse = func() error {
		if len(g.taken) == 10 && !refused {
			refused = true
			return &core.SendError{Reason: core.Throttled, RetryAfter: 7 * time.Second}
		}
		return nil
	}
	w := newWorld(t, setup{clock: clock, carry: g.carry, idle: true, options: outbox.Options{InFlight: 1}})
	w.fill(60, 10, store.Words)
	w.run(true)
	w.awaitEmpty()
	taken, _ := g.log()
	if d := taken[10] - taken[9]; d != 7*time.Second {
		t.Fatalf("paused %s", d)
	}
	if n := within(taken, 7*time.Second, 67*time.Second); n >= 20 {
		t.Fatalf("%d calls in the minute after the refusal", n)
	}
	checkWindow(t, "server", taken, 20, time.Minute)
}

func within(log []time.Duration, from, to time.Duration) (n int) {
	for _, at := range log {
		if at-log[0] >= from && at-log[0] < to {
			n++
		}
	}
	return n
}

func TestBudget_KeepsOnePlaceForReservedCalls(t *testing.T) {
	clock := coretest.NewClock(start)
	g := &group{clock: clock, max: 5, per: time.Minute, reserved: func(h store.Head) bool { return h.Priority == store.Cosmetics }}
	w := newWorld(t, setup{clock: clock, carry: g.carry, still: true})
	board := func() {
		w.update(func(t *store.Tx) error {
			return t.Enqueue(&store.Job{Lane: store.TopicLane(99), Kind: store.JobAmend, Priority: store.Cosmetics, Payload: "board"})
		})
	}
	board()
	w.await("first board", func() bool { taken, _ := g.log(); return len(taken) == 1 })
	w.fill(100, 20, store.Words)
	for minute := range 5 {
		w.await("budget used", func() bool { return !w.out.Busy() && w.out.Stats().InFlight == 0 })
		clock.Advance(62 * time.Second)
		board()
		w.await("board", func() bool {
			_, jobs := g.log()
			n := 0
			for _, j := range jobs {
				if j.Payload == "board" {
					n++
				}
			}
			return n == minute+2
		})
	}
	taken, _ := g.log()
	checkWindow(t, "server", taken, 5, time.Minute)
}
