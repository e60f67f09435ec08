package coretest

import (
	"sync"
	"time"
)

// AutoStep says when a Clock may step by itself.
type AutoStep struct {
	// Busy reports that something is in flight: a request that is being
	// served, a transaction, a message on its way. Nil: never. It is called
	// from the stepper's goroutine.
	Busy func() bool
	// Quiet is for how long, in real time, nothing may be busy and no timer be
	// made, stopped or fired before the clock steps; zero: 2 ms. On a loaded
	// machine a longer one is safer: a goroutine that was not scheduled in it
	// is overtaken by the clock.
	Quiet time.Duration
	// Until is the wall time beyond which the clock does not step, so that
	// periodic timers do not run it away; zero: no bound.
	Until time.Time
}

// AutoStep lets the clock jump to its next timer whenever nothing is in
// flight. It runs in a goroutine of its own until stop is called, which waits
// for it and may be called twice.
func (c *Clock) AutoStep(s AutoStep) (stop func()) {
	if s.Quiet <= 0 {
		s.Quiet = 2 * time.Millisecond
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		c.run(s, quit)
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(quit) })
		<-done
	}
}

func (c *Clock) run(s AutoStep, quit <-chan struct{}) {
	tick := time.NewTicker(max(s.Quiet/4, 100*time.Microsecond))
	defer tick.Stop()
	var seen uint64
	calmSince := time.Now()
	for {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		busy := s.Busy != nil && s.Busy()
		c.mu.Lock()
		if busy || c.changes != seen {
			seen, calmSince = c.changes, time.Now()
			c.mu.Unlock()
			continue
		}
		if time.Since(calmSince) >= s.Quiet && c.mayStep(s.Until) {
			c.step()
			calmSince = time.Now()
		}
		c.mu.Unlock()
	}
}

func (c *Clock) mayStep(until time.Time) bool {
	if len(c.timers) == 0 {
		return false
	}
	return until.IsZero() || !c.now.Add(c.timers[0].due-c.mono).After(until)
}
