package coretest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/core"
	"parom/core/coretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func fired(t core.Timer) (time.Time, bool) {
	select {
	case at := <-t.C():
		return at, true
	default:
		return time.Time{}, false
	}
}

func TestAdvance_FiresDueTimersAtTheirOwnTime(t *testing.T) {
	c := coretest.NewClock(start)
	late, early, never := c.NewTimer(3*time.Second), c.NewTimer(time.Second), c.NewTimer(time.Minute)
	c.Advance(5 * time.Second)
	for name, tc := range map[string]struct {
		timer core.Timer
		after time.Duration
	}{"early": {early, time.Second}, "late": {late, 3 * time.Second}} {
		if at, ok := fired(tc.timer); !ok || !at.Equal(start.Add(tc.after)) {
			t.Errorf("%s fired %v at %v, want %v", name, ok, at, start.Add(tc.after))
		}
	}
	if _, ok := fired(never); ok || c.Waiting() != 1 {
		t.Errorf("the far timer fired, or %d timers wait", c.Waiting())
	}
	if c.Now() != start.Add(5*time.Second) || c.Mono() != 5*time.Second {
		t.Errorf("stands at %v, %v", c.Now(), c.Mono())
	}
	if d, ok := c.NextTimer(); !ok || d != 55*time.Second {
		t.Errorf("next timer in %v, %v", d, ok)
	}
}

func TestJump_MovesTheWallClockOnly(t *testing.T) {
	c := coretest.NewClock(start)
	timer := c.NewTimer(time.Minute)
	c.Jump(time.Hour)
	if _, ok := fired(timer); ok || c.Mono() != 0 || c.Now() != start.Add(time.Hour) {
		t.Fatalf("mono %v, now %v", c.Mono(), c.Now())
	}
	c.Jump(-2 * time.Hour)
	c.Advance(time.Minute)
	if at, ok := fired(timer); !ok || at != start.Add(-time.Hour+time.Minute) {
		t.Fatalf("fired %v at %v", ok, at)
	}
}

func TestStop_ReportsWhetherTheTimerWaited(t *testing.T) {
	c := coretest.NewClock(start)
	timer, due := c.NewTimer(time.Second), c.NewTimer(0)
	if !timer.Stop() || timer.Stop() || due.Stop() {
		t.Fatal("wrong answers of Stop")
	}
	if _, ok := fired(due); !ok {
		t.Fatal("a timer of zero did not fire")
	}
	c.Advance(time.Hour)
	if _, ok := fired(timer); ok {
		t.Fatal("a stopped timer fired")
	}
}

func TestAutoStep_LivesADayWhileNothingIsBusy(t *testing.T) {
	c := coretest.NewClock(start)
	stop := c.AutoStep(coretest.AutoStep{Quiet: 200 * time.Microsecond, Until: start.Add(24 * time.Hour)})
	for range 24 {
		if err := core.Sleep(t.Context(), c, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	stop()
	if got := c.Mono(); got != 24*time.Hour {
		t.Fatalf("%v passed", got)
	}
}

func TestAutoStep_StandsStillWhileBusyAndBeyondUntil(t *testing.T) {
	c := coretest.NewClock(start)
	busy := make(chan bool, 1)
	busy <- true
	asked := make(chan struct{}, 1)
	stop := c.AutoStep(coretest.AutoStep{
		Quiet: 200 * time.Microsecond, Until: start.Add(time.Minute),
		Busy: func() bool {
			b := <-busy
			busy <- b
			select {
			case asked <- struct{}{}:
			default:
			}
			return b
		},
	})
	defer stop()
	near, far := c.NewTimer(time.Second), c.NewTimer(time.Hour)
	for range 20 { // twenty looks, all busy
		<-asked
	}
	if _, ok := fired(near); ok {
		t.Fatal("stepped while busy")
	}
	<-busy
	busy <- false
	<-near.C()
	for range 20 {
		<-asked
	}
	if _, ok := fired(far); ok || c.Waiting() != 1 {
		t.Fatal("stepped beyond Until")
	}
}

func TestAwaitTimers_EndsWithItsContext(t *testing.T) {
	c := coretest.NewClock(start)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.AwaitTimers(ctx, 1); err == nil {
		t.Fatal("no error")
	}
	c.NewTimer(time.Second)
	if err := c.AwaitTimers(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
}

func TestWithTimeout_EndsInTimeAndLeavesNothingBehind(t *testing.T) {
	c := coretest.NewClock(start)
	ctx, cancel := core.WithTimeout(t.Context(), c, 3*time.Second)
	c.Advance(2 * time.Second)
	if ctx.Err() != nil {
		t.Error("too early")
	}
	c.Advance(time.Second)
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
		t.Errorf("cause %v", cause)
	}
	cancel()
	ctx, cancel = core.WithTimeout(t.Context(), c, 3*time.Second)
	cancel()
	if c.Waiting() != 0 || !errors.Is(context.Cause(ctx), context.Canceled) {
		t.Errorf("%d timers wait, cause %v", c.Waiting(), context.Cause(ctx))
	}
}
