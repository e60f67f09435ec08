package outbox

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"parom/core"
	"parom/core/store"
)

const (
	backoffFirst = time.Second
	backoffMax   = 5 * time.Minute
	// errorMax bounds the cause kept with a job, in bytes.
	errorMax = 400
)

// conclude records what a call came to.
func (a *attempt) conclude(t *store.Tx, step *Step, unsure []bool, e ended, p *planned) error {
	if e.err == nil {
		err := t.Savepoint(func() error { return step.Done(t, e.result) })
		if err == nil || fromStore(err) {
			return err
		}
		a.o.Log.Error("outbox: a result could not be recorded", "lane", string(a.name), "job", int64(step.Jobs[0].ID), "reason", err)
		return a.parkAll(t, step.Jobs, internal(err))
	}
	if step.Failed != nil && !e.panic {
		err := t.Savepoint(func() (err error) {
			p.handled, err = step.Failed(t, e.err)
			return err
		})
		if fromStore(err) {
			return err
		}
		if err != nil {
			p.handled = false
			a.o.Log.Error("outbox: a failure could not be treated", "lane", string(a.name), "reason", err)
		}
		if p.handled {
			return nil
		}
	}
	for i, j := range step.Jobs {
		fresh, err := t.Job(j.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := a.fail(t, fresh, step, unsure[i], e, p); err != nil {
			return err
		}
	}
	return nil
}

// unplanned treats an error of Plan, or of Done without a call.
func (a *attempt) unplanned(t *store.Tx, j store.Job, err error, p *planned) error {
	if fromStore(err) {
		return err
	}
	e := ended{mono: a.o.Clock.Mono(), wall: t.Now()}
	var panicked *store.PanicError
	switch {
	case errors.As(err, &e.err):
	case errors.As(err, &panicked):
		a.o.Log.Error("outbox: a plan panicked", "lane", string(a.name), "job", int64(j.ID), "reason", err, "stack", string(panicked.Stack))
		e.err = internal(err)
	default:
		a.o.Log.Warn("outbox: a job cannot be planned", "lane", string(a.name), "job", int64(j.ID), "reason", err)
		e.err, e.plain = &core.SendError{Reason: core.Unavailable, Detail: "internal error", Err: err}, true
	}
	if e.plain {
		j.Attempts++
	}
	return a.fail(t, j, &Step{Aside: true}, j.State == store.JobAttempting, e, p)
}

// fail applies the outbox's own rules to a job whose call failed.
func (a *attempt) fail(t *store.Tx, j store.Job, step *Step, unsure bool, e ended, p *planned) error {
	now := t.Now()
	since := failedSince(j.Error, now)
	j.State = store.JobWaiting
	if unsure || e.err.Reason == core.MaybeSent {
		j.State = store.JobAttempting // whoever comes next must know
	}
	var wait time.Duration
	counted := 1
	if step.Aside {
		counted = 0
		if e.err.Reason == core.BadConfig {
			wait = heldRetry // no call of the channel's own was made
		}
	}
	switch e.err.Reason {
	case core.Throttled:
		j.Attempts = max(0, j.Attempts-counted)
		wait = max(e.err.RetryAfter, time.Millisecond)
	case core.BadConfig:
		j.Attempts = max(0, j.Attempts-counted) // the channel is held, see judge
	case core.Unavailable, core.MaybeSent, 0:
		if now.Sub(since) >= a.o.GiveUp || e.plain && j.Attempts >= a.o.Attempts ||
			step.Final && e.err.Reason == core.MaybeSent {
			return a.park(t, j, e.err)
		}
		if wait = a.o.backoff(j.Attempts); step.Aside { // not counted: wait as long as it has failed already
			wait = min(max(now.Sub(since), backoffFirst), backoffMax)
		}
	default:
		return a.park(t, j, e.err)
	}
	j.Error = failure(since, e.err)
	if wait > 0 {
		j.DueAt = e.wall.Add(wait)
		if p.heldJob == 0 || j.ID < p.heldJob {
			p.heldJob, p.until = j.ID, e.mono+wait
		}
	}
	return saveAgain(t, j)
}

// backoff grows from one second to five minutes, a fifth more or less.
func (o *Outbox) backoff(attempts int) time.Duration {
	d := backoffMax
	if n := max(0, attempts-1); n < 10 {
		d = min(backoffFirst<<n, backoffMax)
	}
	return time.Duration(float64(d) * (0.8 + 0.4*o.Random()))
}

// saveAgain writes a job back for another attempt. When a newer job has taken
// its slot meanwhile, the newer one replaces it.
func saveAgain(t *store.Tx, j store.Job) error {
	if j.Slot == "" || j.State != store.JobWaiting {
		return t.SaveJob(j)
	}
	err := t.Savepoint(func() error { return t.SaveJob(j) })
	if store.IsDuplicate(err) {
		return t.FinishJob(j)
	}
	return err
}

func (a *attempt) parkAll(t *store.Tx, jobs []store.Job, cause *core.SendError) error {
	for _, j := range jobs {
		fresh, err := t.Job(j.ID)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			err = a.park(t, fresh, cause)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// park gives a job up for good. The lane goes on.
func (a *attempt) park(t *store.Tx, j store.Job, cause *core.SendError) error {
	if j.State == store.JobAttempting && j.Kind == store.JobSend {
		if k, err := parseCuts(j.Cuts); err == nil && k.Sum != "" && !k.Unsure {
			k.Unsure = true // whoever asks for it again must know
			j.Cuts = k.String()
		}
	}
	j.State, j.Error = store.JobParked, failure(failedSince(j.Error, t.Now()), cause)
	if err := t.SaveJob(j); err != nil {
		return err
	}
	if j.Kind == store.JobSend && j.Message != 0 {
		if _, err := t.Advance(j.Message, core.DeliveryFailed); err != nil {
			return err
		}
	}
	a.o.Log.Warn("outbox: job parked", "lane", string(a.name), "job", int64(j.ID), "msg", int64(j.Message),
		"reason", cause.Reason.String())
	if a.o.Watch == nil {
		return nil
	}
	err := t.Savepoint(func() error { return a.o.Watch.Parked(t, j, cause) })
	if err != nil && !fromStore(err) {
		a.o.Log.Error("outbox: nobody could be told of a parked job", "job", int64(j.ID), "reason", err)
		return nil
	}
	return err
}

// judge draws conclusions about the channel from a call's outcome.
func (a *attempt) judge(s *Step, e ended, handled bool) {
	if s.Aside {
		return
	}
	o := a.o
	var held, free bool
	o.mu.Lock()
	now := o.Clock.Mono()
	switch {
	case e.err == nil || e.panic:
		free = a.ch.alive()
	case e.err.Reason == core.BadConfig && !handled:
		held = a.ch.hold(now, e.err)
	case e.err.Reason == core.Unavailable || e.err.Reason == core.MaybeSent:
		a.shut(e, s.Once && e.err.Reason == core.MaybeSent)
	default:
		free = a.ch.alive()
	}
	a.probe = false
	a.ringChannel(now)
	name := a.ch.name
	o.mu.Unlock()
	if held {
		o.Log.Error("outbox: channel held until somebody acts", "channel", name, "reason", e.err.Error())
	}
	if o.Health == nil {
		return
	}
	if held {
		o.Health(name, e.err)
	} else if free {
		o.Health(name, nil)
	}
}

// internal is the cause shown for a fault of our own.
func internal(err error) *core.SendError {
	return &core.SendError{Reason: core.Rejected, Detail: "internal error", Err: err}
}

// fromStore tells the store's own trouble from a fault of what was asked.
func fromStore(err error) bool {
	for _, kind := range []error{store.ErrFull, store.ErrIO, store.ErrLocked, store.ErrClosed, store.ErrCorrupt, store.ErrDone} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// failure is the cause as it is kept with a job: since when, and what last.
func failure(since time.Time, e *core.SendError) string {
	s := e.Error()
	if len(s) > errorMax {
		s = strings.ToValidUTF8(s[:errorMax], "") + "…"
	}
	return fmt.Sprintf("%s %s", since.UTC().Format(time.RFC3339), s)
}

// failedSince reads back when a job failed first; now when it did not yet.
func failedSince(kept string, now time.Time) time.Time {
	stamp, _, _ := strings.Cut(kept, " ")
	if at, err := time.Parse(time.RFC3339, stamp); err == nil && at.Before(now) {
		return at
	}
	return now
}
