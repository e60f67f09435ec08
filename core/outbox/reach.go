package outbox

import (
	"context"
	"time"

	"parom/core"
	"parom/core/store"
)

// pingDeadline bounds the question whether the network can be reached.
const pingDeadline = 10 * time.Second

// reach asks, before a call that had better not be lost, whether the network
// can be reached: before one that may have arrived already is made again, and
// before any that goes through a broken channel. Where nobody can ask it says
// yes. On no the lane is as it was, nothing was tried and nothing is counted.
func (a *attempt) reach(calls context.Context) (ok bool, err error) {
	if !a.doubtful() {
		return true, nil
	}
	ping, err := a.pinger(calls)
	if err != nil || ping == nil {
		return err == nil, err
	}
	e := a.call(calls, &Step{
		Jobs:     []store.Job{{ID: a.head.Job}},
		Call:     func(ctx context.Context) (any, error) { return nil, ping(ctx) },
		Deadline: pingDeadline,
		Aside:    true, // it shows nobody anything
	})
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	a.lane.aside = false
	if a.asked = true; e.err == nil || answered(e.err.Reason) {
		return true, nil
	}
	a.shut(e, true)
	return false, nil
}

// doubtful reports that the network may be out of reach, or that a lost call
// would be one too many.
func (a *attempt) doubtful() bool {
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	return a.probe && !a.ch.held || a.head.State == store.JobAttempting
}

// pinger gives the question; nil: there is none.
func (a *attempt) pinger(ctx context.Context) (ping func(context.Context) error, err error) {
	p, ok := a.carrier.(Pinger)
	if !ok {
		return nil, nil
	}
	err = a.o.DB.View(ctx, func(t *store.Tx) error {
		ping, err = p.Ping(t, a.head)
		return err
	})
	return ping, err
}

// answered reports that a refusal came from the network itself. A busy one is
// asked again before anything is risked.
func answered(r core.Reason) bool {
	switch r {
	case core.Unavailable, core.MaybeSent, core.Throttled, 0:
		return false
	}
	return true
}

// shut records a failure of the channel; lost: anything that follows now would
// be lost as well. The lock is held.
func (a *attempt) shut(e ended, lost bool) {
	o, ch := a.o, a.ch
	if a.probe || !ch.shut {
		if lost {
			ch.open(e.mono, o.Random(), e.err)
		} else {
			ch.failed(a.name, e.mono, o.Random(), e.err)
		}
		ch.reopen = max(ch.reopen, e.mono+e.err.RetryAfter)
	}
	a.probe = false
	a.ringChannel(e.mono)
}

// ringChannel has the lanes that wait for the channel looked at in time. The
// lock is held.
func (a *attempt) ringChannel(now time.Duration) {
	if a.ch.gate.len() == 0 {
		return
	}
	if at, ok := a.ch.gate.owner.opensAt(now); ok {
		a.o.alarm(&a.ch.gate, at)
	}
}

// unreached is the lane's state after a call that was not made.
func (a *attempt) unreached() planned {
	p := planned{head: a.head}
	if a.overdue == a.head.Job { // its own wait stays over, whatever the wall clock says
		p.heldJob, p.until = a.head.Job, max(1, a.o.Clock.Mono())
	}
	return p
}
