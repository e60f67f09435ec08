package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"parom/core"
	"parom/core/store"
)

// Carrier does the work of one family of lanes.
type Carrier interface {
	// Costs names the budgets that the next call for a lane's head spends, the
	// widest first. It is asked often, under a lock, by the dispatcher and by
	// the writer: it answers from memory and calls nothing of the outbox.
	Costs(h store.Head) []Cost
	// Plan prepares one call from the jobs at the head of a lane, oldest first
	// (up to 20, all due). It runs in the writer, is pure and may run again. It
	// stores cuts by setting them in the jobs it returns. jobs[0].State ==
	// store.JobAttempting means that an earlier attempt may have arrived.
	// A *core.SendError is treated as if the call had answered it; any other
	// error counts as a failed attempt.
	Plan(t *store.Tx, jobs []store.Job) (Step, error)
}

// Optional abilities of a carrier.
type (
	// Warmer learns what Costs and Channel need to know about lanes new to the
	// outbox. It is called in the snapshot in which their heads were read.
	Warmer interface {
		Warm(t *store.Tx, heads []store.Head) error
	}
	// Batcher says how many jobs Plan wants to see at most; without it 20.
	// One is read a good deal faster.
	Batcher interface {
		Batch() int
	}
	// Pinger gives a question for the network behind a head's lane that sends
	// nothing: nil or a refusal in its own words shows that it can be reached.
	// It is asked before what may have arrived is sent again and before a
	// broken channel is used. Called in a snapshot; a nil ping: there is none.
	Pinger interface {
		Ping(t *store.Tx, h store.Head) (ping func(context.Context) error, err error)
	}
	// Channeled names what a head's call goes through: all lanes with the same
	// name share a breaker and a bound of calls in flight. Without it a family
	// is one channel, named by its letter. Called like Costs.
	Channeled interface {
		Channel(h store.Head) string
	}
)

// Step is one call to make and what to record of it.
type Step struct {
	// Jobs are those that the call serves, the head first; the outbox marks
	// and saves them. Empty: nothing to do for the head, which must have been
	// finished or saved by Plan itself.
	Jobs []store.Job
	// Call does the work outside of any transaction. nil: there is none, Done
	// is run at once in the same transaction.
	Call func(ctx context.Context) (any, error)
	// Done records the result; it finishes (FinishJob) or saves (SaveJob) the
	// jobs. A job saved for its next piece is given State JobWaiting and
	// Attempts 0 by it. It runs in the writer and may run again.
	Done func(t *store.Tx, result any) error
	// Failed lets the carrier treat an error itself; handled false leaves it to
	// the outbox's own rules, together with what Failed changed in the jobs'
	// rows. nil: always the outbox's rules.
	Failed   func(t *store.Tx, err *core.SendError) (handled bool, e error)
	Deadline time.Duration // of the call; 0: 60 s
	// Final says that an answer lost once more (MaybeSent) parks the job:
	// another attempt could be one copy too many.
	Final bool
	// Once says that a lost answer leaves a doubt nothing can clear up. The
	// channel is shut at once, lest all that waits is lost one by one.
	Once bool
	// Aside says that the call does not go to where the lane leads (it fetches
	// a file): the job is not marked, no budget is spent, and a failure says
	// nothing about the channel.
	Aside bool
}

// Cost is one budget that a call spends: at most Max calls in any Per.
type Cost struct {
	Budget string
	Max    int
	Per    time.Duration
	// Reserved calls may use the one place of the window that is kept free for
	// them as long as they keep coming (one in two windows).
	Reserved bool
}

// Watch is told what became of jobs, in the transaction that records it.
type Watch interface {
	// Sent: every piece of a message is through, or an edit, a deletion, a
	// reaction, a read mark is done. Called by carriers.
	Sent(t *store.Tx, j store.Job, m core.Message) error
	// Parked: the job failed for good.
	Parked(t *store.Tx, j store.Job, cause *core.SendError) error
	// Slow: the message has been due for over five seconds and did not leave.
	// Told once a job, and only while it stands at the head of its lane.
	Slow(t *store.Tx, j store.Job) error
}

// Options say what the outbox works with. Zero values are the defaults.
type Options struct {
	DB    *store.DB
	Clock core.Clock
	Log   *slog.Logger // nil: none
	Watch Watch        // nil: nobody is told
	// Metrics is told of every call; nil: nobody.
	Metrics Metrics
	// Health is told when a channel's lanes are held because somebody must act
	// (cause is set), and when they go on (cause is nil). It must not block.
	Health func(channel string, cause *core.SendError)
	// InFlight bounds the steps that run at once; 0: 64.
	InFlight int
	// PerChannel bounds those of one channel; 0: half of InFlight.
	PerChannel int
	// GiveUp is for how long a job is tried before it is parked; 0: 24 h.
	GiveUp time.Duration
	// Attempts bounds the attempts of a job that fails without a reason a
	// network gave; 0: 10.
	Attempts int
	// SlowAfter is when Watch.Slow is told; 0: 5 s.
	SlowAfter time.Duration
	// Sweep is how often all lanes are compared with the store; 0: 30 s.
	Sweep time.Duration
	// Random gives jitter, from 0 to 1; nil: math/rand.
	Random func() float64
	// Trap is called at the points below, in tests that kill the process
	// there; nil: not called.
	Trap func(point string)
}

// Points at which Options.Trap is called.
const (
	TrapBeforeCall = "outbox.before_call" // the plan is on disk, nothing was called
	TrapAfterCall  = "outbox.after_call"  // the network answered, nothing is recorded
	TrapAfterDone  = "outbox.after_done"  // the result is on disk
	// TrapBetween, with "/" and the lane's family, comes when a call's result is
	// on disk and its job needs another: between the parcels of a message.
	TrapBetween = "outbox.between"
)

const (
	planMax     = 20               // jobs a carrier is shown at once
	chainMax    = 8                // calls of a lane in a row before it queues again
	callDefault = 60 * time.Second // a call's deadline
	drainMax    = 10 * time.Second // what calls in flight get when Run ends
)

// Outbox owns the lanes. Use New.
type Outbox struct {
	Options
	carriers map[store.Lane]Carrier

	mu sync.Mutex
	dispatch
	running  sync.WaitGroup
	kick     chan struct{} // the dispatcher has something to look at
	slowKick chan struct{} // the first of the slow list has changed

	wakes wakeBook
}

// New makes an outbox. Carry, DB.OnWake(o.Wake) and Run come next, in this order.
func New(o Options) *Outbox {
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&o.InFlight, 64)
	setDefault(&o.PerChannel, max(1, o.InFlight/2))
	setDefault(&o.GiveUp, 24*time.Hour)
	setDefault(&o.Attempts, 10)
	setDefault(&o.SlowAfter, 5*time.Second)
	setDefault(&o.Sweep, 30*time.Second)
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Trap == nil {
		o.Trap = func(string) {}
	}
	return &Outbox{
		Options:  o,
		carriers: map[store.Lane]Carrier{},
		dispatch: newDispatch(),
		kick:     make(chan struct{}, 1),
		slowKick: make(chan struct{}, 1),
		wakes:    newWakeBook(),
	}
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

// Carry gives a family of lanes to its carrier. Called before Run; jobs of a
// family without a carrier stay where they are.
func (o *Outbox) Carry(family store.Lane, c Carrier) { o.carriers[family] = c }

// Wake says that a lane has changed. It is called by the store's writer after
// each commit and never blocks.
func (o *Outbox) Wake(lane store.Lane) { o.wakes.wake(lane) }

// Release has the lanes of a channel tried at once, as when its configuration
// was changed or its rights were given back.
func (o *Outbox) Release(channel string) {
	o.mu.Lock()
	if ch := o.channels[channel]; ch != nil && ch.shut {
		ch.reopen = o.Clock.Mono()
		o.alarm(&ch.gate, ch.reopen)
	}
	o.mu.Unlock()
	o.poke()
}

// Busy reports work that no clock has to move for: lanes that can start,
// transactions on their way, changes not looked at yet. Calls do not count: who
// serves them knows. For a simulated clock.
func (o *Outbox) Busy() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	now, wall := o.Clock.Mono(), store.Micros(o.Clock.Now())
	switch {
	case o.flying > o.calling:
		return true
	case o.stopping:
		return false
	case o.wakes.pending():
		return true
	case o.heldBack.len() > 0 && o.heldBack.peek().until <= now, o.dueLater.len() > 0 && o.dueLater.peek().due <= wall:
		return true
	case o.flying >= o.InFlight:
		return false
	}
	return o.ready.len() > 0 || o.alarms.len() > 0 && o.alarms.peek().rings <= now
}

func (o *Outbox) poke() {
	select {
	case o.kick <- struct{}{}:
	default:
	}
}

// Run carries until ctx ends. Then it starts nothing new, gives calls in flight
// up to ten seconds, records their results and returns nil. An error means that
// the store could not be read at the start, or that a call would not end.
func (o *Outbox) Run(ctx context.Context) error {
	if err := o.seed(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("outbox: %w", err)
	}
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	side, stopSide := context.WithCancel(ctx)
	defer stopSide()
	var own sync.WaitGroup
	own.Go(func() { o.read(side) })
	own.Go(func() { o.tellSlow(side) })
	o.loop(ctx, calls)
	stopSide()
	own.Wait()
	return o.drain(cut)
}

// drain waits for the steps in flight, cutting their calls when time is up.
func (o *Outbox) drain(cut context.CancelFunc) error {
	done := make(chan struct{})
	go func() {
		o.running.Wait()
		close(done)
	}()
	timer := o.Clock.NewTimer(drainMax)
	defer timer.Stop()
	select {
	case <-done:
		return nil
	case <-timer.C():
	}
	cut()
	late := o.Clock.NewTimer(drainMax / 5)
	defer late.Stop()
	select {
	case <-done:
		return nil
	case <-late.C():
		return errors.New("outbox: a call did not end when it was told to")
	}
}

// Retry puts a parked job back in its old place: what its id says. Its pieces
// that are through stay through. store.ErrNotFound when it is gone.
func (o *Outbox) Retry(t *store.Tx, id core.JobID) error {
	j, err := t.Job(id)
	if err != nil {
		return fmt.Errorf("retry: %w", err)
	}
	if j.State != store.JobParked {
		return nil
	}
	j.State, j.Attempts, j.Error, j.DueAt = store.JobWaiting, 0, "", t.Now()
	if j.Lane.Family() == store.ToAddress {
		k, err := parseCuts(j.Cuts)
		if err != nil {
			return fmt.Errorf("retry job %d: %w", id, err)
		}
		if k.Unsure {
			j.State = store.JobAttempting // it cannot be taken back as if it never left
		}
	}
	if j.Kind == store.JobSend && j.Message != 0 {
		if err := t.SetDelivery(j.Message, core.DeliveryWaiting); err != nil {
			return fmt.Errorf("retry job %d: %w", id, err)
		}
	}
	return saveAgain(t, j)
}

// Drop takes a parked job away for good. A job that is not parked is left, and
// dropped is false: it may be on its way.
func (o *Outbox) Drop(t *store.Tx, id core.JobID) (dropped bool, err error) {
	j, err := t.Job(id)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("drop: %w", err)
	}
	if j.State != store.JobParked {
		return false, nil
	}
	return true, t.FinishJob(j)
}
