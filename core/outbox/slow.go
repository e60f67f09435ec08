package outbox

import (
	"context"
	"errors"
	"time"

	"parom/core"
	"parom/core/store"
)

const (
	slowBatch   = 100 // jobs told of in one transaction
	expireEvery = time.Minute
	slowPause   = time.Second // between such transactions
)

func (o *Outbox) pokeSlow() {
	select {
	case o.slowKick <- struct{}{}:
	default:
	}
}

// tellSlow tells Watch.Slow of heads that wait for too long, and parks those
// that have waited for much too long, until ctx ends.
func (o *Outbox) tellSlow(ctx context.Context) {
	next := o.Clock.Mono() + expireEvery
	for ctx.Err() == nil {
		if now := o.Clock.Mono(); now >= next {
			next = now + expireEvery
			o.expire(ctx)
		}
		jobs, wait := o.takeSlow()
		if len(jobs) > 0 {
			if err := o.DB.Update(ctx, func(t *store.Tx) error { return o.slowOnes(t, jobs) }); err != nil && ctx.Err() == nil {
				o.Log.Warn("outbox: cannot tell of slow jobs", "reason", err)
			}
			wait = max(wait, slowPause)
		}
		timer := o.Clock.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C():
		case <-o.slowKick:
		}
		timer.Stop()
	}
}

// lateHead is a head that has waited for too long behind a broken channel.
type lateHead struct {
	lane  store.Lane
	job   core.JobID
	cause *core.SendError
}

func (o *Outbox) lateHeads() (ls []lateHead) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := store.Micros(o.Clock.Now().Add(-o.GiveUp))
	for _, ch := range o.channels {
		if !ch.shut || ch.held {
			continue // a held one waits for as long as it takes
		}
		for _, l := range ch.gate.items {
			if l.since < before && len(ls) < slowBatch {
				ls = append(ls, lateHead{l.name, l.job, ch.cause})
			}
		}
	}
	return ls
}

// expire parks late heads, so that somebody learns of them.
func (o *Outbox) expire(ctx context.Context) {
	ls := o.lateHeads()
	if len(ls) == 0 {
		return
	}
	err := o.DB.Update(ctx, func(t *store.Tx) error {
		for _, l := range ls {
			j, err := t.Job(l.job)
			if errors.Is(err, store.ErrNotFound) || err == nil && (j.State == store.JobParked || j.Lane != l.lane || o.runs(l.lane)) {
				continue
			}
			if err != nil {
				return err
			}
			a := attempt{o: o, name: l.lane}
			if err := a.park(t, j, l.cause); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		o.Log.Warn("outbox: cannot give up late jobs", "reason", err)
	}
}

// runs reports that a step of a lane is under way.
func (o *Outbox) runs(name store.Lane) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.lanes[name]
	return l != nil && l.busy
}

// takeSlow takes the jobs to tell of now, and says when to look again.
func (o *Outbox) takeSlow() (jobs []core.JobID, wait time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := store.Micros(o.Clock.Now())
	for o.slow.len() > 0 && len(jobs) < slowBatch {
		l := o.slow.peek()
		if left := time.Duration(l.since-now)*time.Microsecond + o.SlowAfter; left > 0 {
			return jobs, min(left, o.Sweep)
		}
		o.slow.pop()
		jobs = append(jobs, l.job)
	}
	return jobs, o.Sweep
}

func (o *Outbox) slowOnes(t *store.Tx, jobs []core.JobID) error {
	for _, id := range jobs {
		j, err := t.Job(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && j.State == store.JobParked {
			continue
		}
		if err != nil {
			return err
		}
		err = t.Savepoint(func() error { return o.Watch.Slow(t, j) })
		if fromStore(err) {
			return err
		}
		if err != nil {
			o.Log.Warn("outbox: nobody could be told of a slow job", "job", int64(id), "reason", err)
		}
	}
	return nil
}
