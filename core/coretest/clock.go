package coretest

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"parom/core"
)

var _ core.Clock = (*Clock)(nil)

// Clock is a core.Clock that stands still until it is moved. Its wall time
// and its monotonic time move together, but for Jump.
type Clock struct {
	mu      sync.Mutex
	now     time.Time
	mono    time.Duration
	timers  []*timer // sorted by due, then by birth
	changes uint64   // counts timers made, stopped and fired
	changed chan struct{}
}

// NewClock stands at start, with no monotonic time passed.
func NewClock(start time.Time) *Clock {
	return &Clock{now: start, changed: make(chan struct{})}
}

type timer struct {
	clock *Clock
	due   time.Duration // monotonic
	c     chan time.Time
	done  bool
}

// Now is the simulated wall time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Mono is the simulated time since NewClock.
func (c *Clock) Mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mono
}

// NewTimer fires when the clock is moved past d; at once for zero or less.
func (c *Clock) NewTimer(d time.Duration) core.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &timer{clock: c, due: c.mono + d, c: make(chan time.Time, 1)}
	if d <= 0 {
		t.done = true
		t.c <- c.now
		c.change()
		return t
	}
	at := sort.Search(len(c.timers), func(i int) bool { return c.timers[i].due > t.due })
	c.timers = append(c.timers, nil)
	copy(c.timers[at+1:], c.timers[at:])
	c.timers[at] = t
	c.change()
	return t
}

func (t *timer) C() <-chan time.Time { return t.c }

func (t *timer) Stop() bool {
	c := t.clock
	c.mu.Lock()
	defer c.mu.Unlock()
	if t.done {
		return false
	}
	t.done = true
	for i, other := range c.timers {
		if other == t {
			c.timers = append(c.timers[:i], c.timers[i+1:]...)
			break
		}
	}
	c.change()
	return true
}

// change wakes whoever watches the timers. The lock is held.
func (c *Clock) change() {
	c.changes++
	close(c.changed)
	c.changed = make(chan struct{})
}

// Advance moves the clock by d and fires the timers that come due, in order,
// the clock standing at each one's own time when it fires. It does not wait
// for what the woken goroutines do: a timer that one of them makes afterwards
// counts from wherever the clock then stands. Tests where that matters move
// with Step, or with AutoStep.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.mono + d
	for len(c.timers) > 0 && c.timers[0].due <= end {
		c.fireNext()
	}
	c.moveTo(end)
}

// Step moves to the next timer and fires it and all others due at the same
// moment. It reports false, and does nothing, when no timer waits.
func (c *Clock) Step() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.step()
}

func (c *Clock) step() bool {
	if len(c.timers) == 0 {
		return false
	}
	due := c.timers[0].due
	for len(c.timers) > 0 && c.timers[0].due <= due {
		c.fireNext()
	}
	return true
}

func (c *Clock) fireNext() {
	t := c.timers[0]
	c.timers = c.timers[1:]
	c.moveTo(t.due)
	t.done = true
	t.c <- c.now
	c.change()
}

func (c *Clock) moveTo(mono time.Duration) {
	if mono > c.mono {
		c.now = c.now.Add(mono - c.mono)
		c.mono = mono
	}
}

// Jump sets the wall clock forward, or back for a negative d, as an
// administrator or NTP does. Timers and monotonic time do not notice.
func (c *Clock) Jump(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Waiting is the number of timers that have neither fired nor been stopped.
func (c *Clock) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// NextTimer is how far away the next timer is. It reports false when none waits.
func (c *Clock) NextTimer() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.timers) == 0 {
		return 0, false
	}
	return c.timers[0].due - c.mono, true
}

// AwaitTimers blocks, in real time, until at least n timers wait: the way to
// know that a goroutine has gone to sleep before moving the clock.
func (c *Clock) AwaitTimers(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		have, changed := len(c.timers), c.changed
		c.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("await %d timers, have %d: %w", n, have, ctx.Err())
		}
	}
}
