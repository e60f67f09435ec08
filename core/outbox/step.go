package outbox

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"parom/core"
	"parom/core/store"
)

const (
	troubleWait = time.Second      // after the store refused
	troubleMax  = 30 * time.Second // between attempts to record a result
)

// attempt is a lane at work: one step after another until it has to wait.
type attempt struct {
	o       *Outbox
	lane    *lane // touched under the outbox's lock only
	name    store.Lane
	ch      *channel
	carrier Carrier
	head    store.Head
	places  reservation
	overdue core.JobID // its wait is over by monotonic time, whatever its due time says
	probe   bool       // goes through a shut channel to see whether it is back
	asked   bool       // the network was asked whether it can be reached
}

// planned is what a transaction decided.
type planned struct {
	step    *Step      // to call; nil: nothing
	unsure  []bool     // of Step.Jobs: an earlier attempt may have arrived
	head    store.Head // of the lane afterwards
	seen    uint64     // changes of lanes it has seen
	heldJob core.JobID // must wait
	until   time.Duration
	handled bool // the carrier treated the error itself
}

// ended is what a call came to, and when.
type ended struct {
	result any
	err    *core.SendError
	plain  bool // the error came without a reason of the network's
	panic  bool
	mono   time.Duration
	wall   time.Time
}

// run takes one step after another. It is the body of a step's goroutine.
func (a *attempt) run(calls context.Context) {
	p, err := a.begin(calls)
	for n := 1; err == nil && p.step != nil; n++ {
		step, unsure := p.step, p.unsure
		a.o.Trap(TrapBeforeCall)
		e := a.call(calls, step)
		a.o.Trap(TrapAfterCall)
		a.called(step, e)
		p, err = a.record(calls, step, unsure, e, n < chainMax)
		if err == nil {
			a.recorded()
			a.judge(step, e, p.handled)
			a.o.Trap(TrapAfterDone)
			if e.err == nil && p.head.Job == step.Jobs[0].ID {
				a.o.Trap(TrapBetween + "/" + string(a.name.Family()))
			}
		}
	}
	a.giveBack()
	if err != nil {
		a.o.Log.Error("outbox: the store refused a step", "lane", string(a.name), "reason", err)
	}
	a.o.end(a, p, err)
}

// giveBack frees places that no call was made for.
func (a *attempt) giveBack() {
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	now, bs := a.o.Clock.Mono(), a.places.budgets
	a.places.release(false, now)
	a.o.ringBudgets(bs, now)
}

// update runs fn in the writer and has p filled by it, with what it has seen.
func (a *attempt) update(p *planned, fn func(t *store.Tx, p *planned) error) error {
	var run planned
	err := a.o.DB.Update(context.Background(), func(t *store.Tx) error {
		run = planned{}
		if err := fn(t, &run); err != nil {
			return err
		}
		t.OnCommit(func() { run.seen = a.o.wakes.now() })
		return nil
	})
	*p = run
	return err
}

// begin makes sure of the network where there is doubt, and plans.
func (a *attempt) begin(calls context.Context) (planned, error) {
	ok, err := a.reach(calls)
	switch {
	case err != nil:
		return planned{}, err
	case !ok:
		return a.unreached(), nil
	}
	return a.plan()
}

// plan commits the plan of the lane's first call.
func (a *attempt) plan() (p planned, err error) {
	err = a.update(&p, func(t *store.Tx, p *planned) error { return a.prepare(t, p) })
	return p, err
}

// prepare decides on the next call for the head the attempt has places for. It
// runs steps without a call at once. When the head turns out to be another, it
// only says so.
func (a *attempt) prepare(t *store.Tx, p *planned) (err error) {
	head := a.head
	for range planMax {
		jobs, err := a.jobs(t)
		if err != nil {
			return err
		}
		due := a.due(t, jobs)
		if p.head = headOf(jobs); len(due) == 0 || p.until > 0 {
			return nil
		}
		if p.head.Job != head.Job || p.head.Kind != head.Kind {
			if !sameCosts(a.places.costs, a.carrier.Costs(p.head)) || p.head.State == store.JobAttempting && !a.asked {
				return nil
			}
			head = p.head
		}
		step, err := a.ask(t, due)
		if err != nil {
			if err := a.unplanned(t, due[0], err, p); err != nil {
				return err
			}
			continue
		}
		if step.Call != nil {
			return a.mark(t, step, p)
		}
		if step.Done == nil {
			continue
		}
		if err := t.Savepoint(func() error { return step.Done(t, nil) }); err != nil {
			if err := a.unplanned(t, due[0], err, p); err != nil {
				return err
			}
		}
	}
	first := a.head.Job
	if p.head, err = a.readHead(t); p.head.Job == first && p.until == 0 {
		p.heldJob, p.until = first, a.o.Clock.Mono()+troubleWait // its carrier gets nowhere
	}
	return err
}

// jobs are those at the head of the lane, as many as the carrier wants.
func (a *attempt) jobs(t *store.Tx) ([]store.Job, error) {
	n := planMax
	if b, ok := a.carrier.(Batcher); ok {
		n = min(max(1, b.Batch()), planMax)
	}
	if n > 1 {
		return t.LaneJobs(a.name, n)
	}
	h, err := a.readHead(t)
	if err != nil || h.Job == 0 {
		return nil, err
	}
	j, err := t.Job(h.Job)
	return []store.Job{j}, err
}

// due is the part of jobs that may be planned.
func (a *attempt) due(t *store.Tx, jobs []store.Job) []store.Job {
	for i, j := range jobs {
		if j.DueAt.After(t.Now()) && j.ID != a.overdue {
			return jobs[:i]
		}
	}
	return jobs
}

// ask has the carrier plan. What it wrote is undone when it fails.
func (a *attempt) ask(t *store.Tx, jobs []store.Job) (s Step, err error) {
	err = t.Savepoint(func() error {
		var err error
		s, err = a.carrier.Plan(t, jobs)
		return err
	})
	if err == nil && s.Call != nil && (len(s.Jobs) == 0 || s.Done == nil) {
		err = fmt.Errorf("carrier of lane %s: a call without jobs or Done", a.name)
	}
	return s, err
}

// mark records that the network is about to be called.
func (a *attempt) mark(t *store.Tx, step Step, p *planned) error {
	p.step, p.unsure = &step, make([]bool, len(step.Jobs))
	if step.Aside {
		for i, j := range step.Jobs {
			p.unsure[i] = j.State == store.JobAttempting
		}
		return nil
	}
	for i := range step.Jobs {
		j := &step.Jobs[i]
		p.unsure[i] = j.State == store.JobAttempting
		j.State = store.JobAttempting
		j.Attempts++
		if err := t.SaveJob(*j); err != nil {
			return err
		}
	}
	for _, c := range a.places.costs {
		if c.Per >= persistFrom {
			if err := t.Spend(c.Budget); err != nil {
				return err
			}
		}
	}
	return nil
}

// call makes the call, bounded in time, a panic turned into an error.
func (a *attempt) call(calls context.Context, s *Step) (e ended) {
	defer func() {
		if v := recover(); v != nil {
			a.o.Log.Error("outbox: a call panicked", "lane", string(a.name), "job", int64(s.Jobs[0].ID),
				"reason", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			e.err, e.panic = &core.SendError{Reason: core.Rejected, Detail: "internal error"}, true
		}
		e.mono, e.wall = a.o.Clock.Mono(), a.o.Clock.Now()
	}()
	deadline := s.Deadline
	setDefault(&deadline, callDefault)
	ctx, cancel := core.WithTimeout(calls, a.o.Clock, deadline)
	defer cancel()
	a.calling(1, s.Aside)
	defer a.calling(-1, s.Aside)
	var err error
	if e.result, err = s.Call(ctx); err != nil {
		e.err, e.plain = classify(ctx, err)
	}
	return e
}

func (a *attempt) calling(n int, aside bool) {
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	a.o.calling += n
	a.lane.aside = aside
}

// recorded ends a step of the lane for those who wait for it.
func (a *attempt) recorded() {
	a.o.mu.Lock()
	defer a.o.mu.Unlock()
	a.lane.step++
	a.lane.aside = false
}

// classify gives an error its reason: one that the adapter did not classify is
// "maybe sent" when time was up, otherwise "unavailable".
func classify(ctx context.Context, err error) (e *core.SendError, plain bool) {
	if errors.As(err, &e) {
		return e, false
	}
	if ctx.Err() != nil {
		return &core.SendError{Reason: core.MaybeSent, Err: err}, false
	}
	return &core.SendError{Reason: core.Unavailable, Err: err}, true
}

// called stamps the budgets of a call that has ended.
func (a *attempt) called(s *Step, e ended) {
	o := a.o
	if s.Aside {
		a.giveBack()
		return
	}
	o.mu.Lock()
	bs := a.places.budgets
	if e.err != nil && e.err.Reason == core.Throttled {
		a.places.throttled(e.err, e.mono)
	}
	a.places.release(true, e.mono)
	o.ringBudgets(bs, e.mono)
	o.counts.add(a.name.Family(), e)
	o.mu.Unlock()
	if o.Metrics != nil {
		var r core.Reason
		if e.err != nil {
			r = e.err.Reason
		}
		o.Metrics.Called(a.name.Family(), a.ch.name, r, max(0, e.wall.Sub(a.head.DueAt)))
	}
}

// record commits what a call came to, and the plan of the lane's next one if
// its budgets are free and nobody else waits for them. A store that refuses is
// asked again until the outbox is cut: the network has answered, that must not
// be forgotten.
func (a *attempt) record(calls context.Context, step *Step, unsure []bool, e ended, chain bool) (p planned, err error) {
	for wait := troubleWait; ; wait = min(2*wait, troubleMax) {
		err = a.update(&p, func(t *store.Tx, p *planned) error {
			a.unreserve()
			if err := a.conclude(t, step, unsure, e, p); err != nil {
				return err
			}
			return a.next(t, chain && e.err == nil, p)
		})
		if err == nil {
			return p, nil
		}
		a.giveBack()
		if errors.Is(err, store.ErrClosed) || core.Sleep(calls, a.o.Clock, wait) != nil {
			return p, fmt.Errorf("record: %w", err)
		}
		a.o.Log.Error("outbox: cannot record a result yet", "lane", string(a.name), "reason", err)
	}
}

// unreserve takes back what an earlier run of the same closure reserved.
func (a *attempt) unreserve() {
	if len(a.places.budgets) > 0 {
		a.giveBack()
	}
}

// next plans the lane's next call in the transaction that recorded the last.
func (a *attempt) next(t *store.Tx, chain bool, p *planned) error {
	h, err := a.readHead(t)
	if p.head = h; err != nil || !chain || h.Job == 0 || h.DueAt.After(t.Now()) || !a.reserveNext(h) {
		return err
	}
	a.head, a.overdue = h, 0
	return a.prepare(t, p)
}

func (a *attempt) readHead(t *store.Tx) (store.Head, error) {
	h, err := t.HeadOf(a.name)
	if errors.Is(err, store.ErrNotFound) {
		return store.Head{}, nil
	}
	return h, err
}

// reserveNext takes places for one more call of the lane, unless others wait.
func (a *attempt) reserveNext(h store.Head) bool {
	o := a.o
	costs := a.carrier.Costs(h)
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.Clock.Mono()
	if o.stopping || a.ch.shut || o.ready.len() > 0 || a.ch.gate.len() > 0 {
		return false
	}
	budgets := make([]*budget, 0, len(costs))
	for _, c := range costs {
		b := o.budget(c, now)
		if !b.room(now, c.Reserved) || b.gate(c.Reserved).len() > 0 {
			return false
		}
		budgets = append(budgets, b)
	}
	a.places = reserve(costs, budgets)
	return true
}

func headOf(jobs []store.Job) store.Head {
	if len(jobs) == 0 {
		return store.Head{}
	}
	j := jobs[0]
	return store.Head{Lane: j.Lane, Job: j.ID, Kind: j.Kind, Priority: j.Priority, DueAt: j.DueAt, State: j.State}
}

func sameCosts(a, b []Cost) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Budget != b[i].Budget || a[i].Reserved != b[i].Reserved {
			return false
		}
	}
	return true
}
