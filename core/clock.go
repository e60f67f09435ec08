package core

import (
	"context"
	"time"
)

// Clock is where every wait and every "now" of the gateway comes from, so that
// a working day can be tested in seconds.
type Clock interface {
	// Now is wall time. It may jump; durable timers re-read it.
	Now() time.Time
	// Mono is the time since an arbitrary start. It never jumps; budgets and
	// backoff are measured with it.
	Mono() time.Duration
	// NewTimer fires once, after d of monotonic time. A d of zero or less
	// fires at once.
	NewTimer(d time.Duration) Timer
}

// Timer is one pending wait of a Clock.
type Timer interface {
	// C delivers the wall time at which the timer fired.
	C() <-chan time.Time
	// Stop ends the wait and reports whether it had not fired yet.
	Stop() bool
}

// Sleep waits for d on c. It returns ctx's error when ctx ends first.
func Sleep(ctx context.Context, c Clock, d time.Duration) error {
	t := c.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// WithTimeout is context.WithTimeout on c: the context ends after d, with the cause
// context.DeadlineExceeded. The function that ends it returns when nothing of it
// runs any more.
func WithTimeout(ctx context.Context, c Clock, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := c.NewTimer(d)
	over := make(chan struct{})
	go func() {
		defer close(over)
		select {
		case <-timer.C():
			cancel(context.DeadlineExceeded)
		case <-ctx.Done():
			timer.Stop()
		}
	}()
	return ctx, func() {
		cancel(context.Canceled)
		<-over
	}
}

// SystemClock is the machine's own clock.
func SystemClock() Clock { return systemClock{start: time.Now()} }

type systemClock struct{ start time.Time }

func (c systemClock) Now() time.Time      { return time.Now() }
func (c systemClock) Mono() time.Duration { return time.Since(c.start) }
func (c systemClock) NewTimer(d time.Duration) Timer {
	return systemTimer{time.NewTimer(d)}
}

type systemTimer struct{ t *time.Timer }

func (t systemTimer) C() <-chan time.Time { return t.t.C }
func (t systemTimer) Stop() bool          { return t.t.Stop() }
