package bench

import (
	"slices"
	"sync"
	"time"

	"parom/core"
)

// stepClock stands still until it is moved, so that minutes pass in moments.
type stepClock struct {
	mu      sync.Mutex
	now     time.Time
	mono    time.Duration
	timers  []*stepTimer // by due
	changes uint64       // timers made, stopped and fired
}

var _ core.Clock = (*stepClock)(nil)

type stepTimer struct {
	clock *stepClock
	due   time.Duration
	c     chan time.Time
}

func newStepClock() *stepClock {
	return &stepClock{now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
}

func (c *stepClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stepClock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mono
}

func (c *stepClock) NewTimer(d time.Duration) core.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes++
	t := &stepTimer{c, c.mono + d, make(chan time.Time, 1)}
	if d <= 0 {
		t.c <- c.now
		return t
	}
	at, _ := slices.BinarySearchFunc(c.timers, t.due+1, func(t *stepTimer, due time.Duration) int { return int(t.due - due) })
	c.timers = slices.Insert(c.timers, at, t)
	return t
}

func (t *stepTimer) C() <-chan time.Time { return t.c }

func (t *stepTimer) Stop() bool {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	at := slices.Index(c.timers, t)
	if at < 0 {
		return false
	}
	c.changes++
	c.timers = slices.Delete(c.timers, at, at+1)
	return true
}

// step moves to the next timer and fires it, but not beyond until, and reports
// whether until was reached.
func (c *stepClock) step(until time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	to := until
	if len(c.timers) > 0 && c.timers[0].due < until {
		to = c.timers[0].due
	}
	if to > c.mono {
		c.now, c.mono = c.now.Add(to-c.mono), to
	}
	for len(c.timers) > 0 && c.timers[0].due <= c.mono {
		c.timers[0].c <- c.now
		c.timers = c.timers[1:]
		c.changes++
	}
	return c.mono >= until
}

func (c *stepClock) changed() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changes
}
