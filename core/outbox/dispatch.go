package outbox

import (
	"context"
	"time"

	"parom/core/store"
)

// dispatch is what the outbox keeps in memory, under its lock.
type dispatch struct {
	lanes    map[store.Lane]*lane
	ready    gate         // due and not known to wait for anything
	dueLater gate         // by wall time
	heldBack gate         // by monotonic time: backoff, pauses
	alarms   queue[*gate] // gates that something will change for, by time
	slow     queue[*lane] // heads that Watch.Slow may have to be told of
	budgets  map[string]*budget
	channels map[string]*channel
	seeds    map[string][]time.Time // spends from before the start
	longest  time.Duration          // of the windows that are persisted
	flying   int                    // steps that run
	flight   map[*lane]struct{}     // their lanes
	calling  int                    // of them within a call
	gens     uint64
	stopping bool
	counts   counts
}

// opener says whether lanes of a gate may be tried again.
type opener interface {
	open(now time.Duration) bool
	// opensAt is when to look again; false: somebody will ring.
	opensAt(now time.Duration) (time.Duration, bool)
}

func newDispatch() dispatch {
	return dispatch{
		lanes:    map[store.Lane]*lane{},
		flight:   map[*lane]struct{}{},
		ready:    newGate((*lane).before),
		dueLater: newGate(func(a, b *lane) bool { return a.due < b.due }),
		heldBack: newGate(func(a, b *lane) bool { return a.until < b.until }),
		alarms: queue[*gate]{
			less:  func(a, b *gate) bool { return a.rings < b.rings },
			place: func(g *gate, at int) { g.ringing = at },
		},
		slow: queue[*lane]{
			less:  func(a, b *lane) bool { return a.since < b.since },
			place: func(l *lane, at int) { l.slowAt = int32(at) },
		},
		budgets:  map[string]*budget{},
		channels: map[string]*channel{},
	}
}

// alarm has a gate looked at, at a time or before.
func (o *Outbox) alarm(g *gate, at time.Duration) {
	if g.ringing >= 0 {
		if g.rings <= at {
			return
		}
		o.alarms.remove(g.ringing)
	}
	g.rings = at
	o.alarms.push(g)
}

// loop dispatches until ctx ends. calls is the ctx of the calls it starts.
func (o *Outbox) loop(ctx, calls context.Context) {
	prune := o.Clock.Mono() + time.Minute
	for {
		o.mu.Lock()
		now := o.Clock.Mono()
		if now >= prune {
			o.forget(now)
			prune = now + time.Minute
		}
		next, sleep := o.pass(calls)
		o.mu.Unlock()
		if !sleep {
			o.poke()
		}
		timer := o.Clock.NewTimer(next - now)
		select {
		case <-ctx.Done():
			timer.Stop()
			o.mu.Lock()
			o.stopping = true
			o.mu.Unlock()
			return
		case <-o.kick:
		case <-timer.C():
		}
		timer.Stop()
	}
}

// passMax bounds the lanes moved under one hold of the lock.
const passMax = 2000

// pass moves lanes to where they wait or run. It gives the monotonic time at
// which to look again; sleep is false when it broke off.
func (o *Outbox) pass(calls context.Context) (next time.Duration, sleep bool) {
	now, wall := o.Clock.Mono(), store.Micros(o.Clock.Now())
	next = now + o.Sweep
	for moved := 0; ; moved++ {
		if moved == passMax {
			return next, false
		}
		if o.heldBack.len() > 0 && o.heldBack.peek().until <= now {
			o.move(o.heldBack.peek(), &o.ready)
			continue
		}
		if o.dueLater.len() > 0 && o.dueLater.peek().due <= wall {
			o.move(o.dueLater.peek(), &o.ready)
			continue
		}
		if o.flying >= o.InFlight {
			break // whoever ends pokes
		}
		if o.alarms.len() > 0 && o.alarms.peek().rings <= now {
			o.admit(calls, o.alarms.peek(), now)
			continue
		}
		if o.ready.len() == 0 {
			break
		}
		l := o.ready.peek()
		l.leave()
		o.try(calls, l, now)
	}
	if o.heldBack.len() > 0 {
		next = min(next, o.heldBack.peek().until)
	}
	if o.dueLater.len() > 0 {
		next = min(next, now+time.Duration(o.dueLater.peek().due-wall)*time.Microsecond)
	}
	if o.alarms.len() > 0 && o.flying < o.InFlight {
		next = min(next, o.alarms.peek().rings)
	}
	return next, true
}

func (o *Outbox) move(l *lane, to *gate) {
	l.leave()
	to.add(l)
}

// admit tries the first lane of a gate whose alarm rang, and sets the alarm anew.
func (o *Outbox) admit(calls context.Context, g *gate, now time.Duration) {
	o.alarms.remove(g.ringing)
	if g.len() == 0 {
		return
	}
	if !g.owner.open(now) {
		if at, ok := g.owner.opensAt(now); ok {
			o.alarm(g, max(at, now+time.Microsecond))
		}
		return
	}
	l := g.peek()
	l.leave()
	o.try(calls, l, now)
	if g.len() > 0 {
		o.alarm(g, now) // until it is not open any more
	}
}

// try starts a lane that is due, or has it wait for the first thing it lacks.
func (o *Outbox) try(calls context.Context, l *lane, now time.Duration) {
	carrier := o.carriers[l.name.Family()]
	h := l.head()
	ch := o.channelOf(carrier, h)
	if ch.closed(now) || ch.gate.len() > 0 && ch.gate.peek().before(l) {
		o.await(&ch.gate, l, now)
		return
	}
	costs := carrier.Costs(h)
	budgets, lacks := o.affordable(costs, l, now)
	if lacks != nil {
		o.await(lacks, l, now)
		return
	}
	if !o.slotFree(ch) {
		ch.gate.add(l) // rung when a step ends
		return
	}
	o.start(calls, l, ch, reserve(costs, budgets))
}

func (o *Outbox) await(g *gate, l *lane, now time.Duration) {
	g.add(l)
	if at, ok := g.owner.opensAt(now); ok {
		o.alarm(g, at)
	}
}

// affordable finds the budgets of costs, or the gate of the first that has no
// room for l (or has lanes waiting that go before it).
func (o *Outbox) affordable(costs []Cost, l *lane, now time.Duration) (bs []*budget, lacks *gate) {
	for _, c := range costs {
		b := o.budget(c, now)
		g := b.gate(c.Reserved)
		if !b.room(now, c.Reserved) || g.len() > 0 && g.peek().before(l) {
			return nil, g
		}
		bs = append(bs, b)
	}
	return bs, nil
}

func (o *Outbox) budget(c Cost, now time.Duration) *budget {
	b := o.budgets[c.Budget]
	if b == nil {
		b = newBudget(c)
		o.budgets[c.Budget] = b
		b.plain.owner, b.reserved.owner = budgetGate{b, false}, budgetGate{b, true}
		wall := o.Clock.Now()
		for _, at := range o.seeds[c.Budget] {
			b.log = append(b.log, now-max(0, wall.Sub(at)))
		}
		delete(o.seeds, c.Budget)
		b.prune(now)
	}
	b.ask(c)
	if c.Per >= persistFrom {
		o.longest = max(o.longest, c.Per)
	}
	return b
}

type budgetGate struct {
	b        *budget
	reserved bool
}

func (g budgetGate) open(now time.Duration) bool { return g.b.room(now, g.reserved) }
func (g budgetGate) opensAt(now time.Duration) (time.Duration, bool) {
	return g.b.next(now, g.reserved)
}

func (o *Outbox) channelOf(c Carrier, h store.Head) *channel {
	name := string(h.Lane.Family())
	if n, ok := c.(Channeled); ok {
		name = n.Channel(h)
	}
	ch := o.channels[name]
	if ch == nil {
		ch = newChannel(name)
		ch.gate.owner = channelGate{o, ch}
		o.channels[name] = ch
	}
	return ch
}

type channelGate struct {
	o  *Outbox
	ch *channel
}

func (g channelGate) open(now time.Duration) bool { return !g.ch.closed(now) && g.o.slotFree(g.ch) }
func (g channelGate) opensAt(now time.Duration) (time.Duration, bool) {
	switch {
	case !g.ch.closed(now):
		return now, g.o.slotFree(g.ch)
	case g.ch.probing:
		return 0, false
	}
	return g.ch.reopen, true
}

// start runs a step of l in a goroutine of its own. Its places are taken.
func (o *Outbox) start(calls context.Context, l *lane, ch *channel, r reservation) {
	o.gens++
	l.gen, l.busy = o.gens, true
	o.flying++
	o.flight[l] = struct{}{}
	ch.flying++
	o.wakes.begin(l.name)
	a := &attempt{
		o: o, lane: l, name: l.name, ch: ch, carrier: o.carriers[l.name.Family()], head: l.head(), places: r,
	}
	if ch.shut {
		ch.probing, a.probe = true, true
	}
	if l.held == l.job {
		a.overdue = l.job
	}
	o.running.Go(func() { a.run(calls) })
}

// end takes a lane back from its step.
func (o *Outbox) end(a *attempt, p planned, err error) {
	o.mu.Lock()
	now := o.Clock.Mono()
	l := a.lane
	l.busy, l.aside = false, false
	delete(o.flight, l)
	o.flying--
	a.ch.flying--
	if a.ch.probing && a.probe {
		a.ch.probing = false // it came to no call
	}
	switch {
	case err != nil:
		l.held, l.until = l.job, now+troubleWait
		o.queue(l, now)
	case p.head.Job == 0:
		o.drop(l)
	default:
		l.held, l.until = 0, 0 // an earlier backoff is over
		if p.until > 0 {
			l.held, l.until = p.heldJob, p.until
		}
		o.set(l, p.head)
		o.queue(l, now)
	}
	for _, ch := range o.channels {
		if ch.gate.len() > 0 && !ch.closed(now) {
			o.alarm(&ch.gate, now)
		}
	}
	o.mu.Unlock()
	o.wakes.end(a.name, p.seen)
	o.poke()
}

// ringBudgets has the gates of budgets looked at, whose calls have ended.
func (o *Outbox) ringBudgets(bs []*budget, now time.Duration) {
	for _, b := range bs {
		for _, g := range []*gate{&b.plain, &b.reserved} {
			if g.len() == 0 {
				continue
			}
			if at, ok := g.owner.opensAt(now); ok {
				o.alarm(g, at)
			}
		}
	}
}

// set gives a lane its head.
func (o *Outbox) set(l *lane, h store.Head) {
	o.gens++
	l.gen = o.gens
	fresh := l.job != h.Job
	l.set(h)
	if l.held != l.job {
		l.held, l.until = 0, 0
	}
	if !fresh {
		return
	}
	if l.slowAt >= 0 {
		o.slow.remove(int(l.slowAt))
	}
	if l.since = l.due; o.Watch != nil && h.Kind == store.JobSend {
		o.slow.push(l)
		if o.slow.peek() == l {
			o.pokeSlow()
		}
	}
}

// queue puts a lane where its head has to wait first.
func (o *Outbox) queue(l *lane, now time.Duration) {
	l.leave()
	switch {
	case l.until > now:
		o.heldBack.add(l)
	case l.held != l.job && l.due > store.Micros(o.Clock.Now()):
		o.dueLater.add(l)
	default:
		o.ready.add(l)
	}
}

// drop forgets a lane without jobs.
func (o *Outbox) drop(l *lane) {
	l.leave()
	if l.slowAt >= 0 {
		o.slow.remove(int(l.slowAt))
	}
	delete(o.lanes, l.name)
}

// apply takes a head that was read from the store.
func (o *Outbox) apply(name store.Lane, h store.Head) {
	if o.carriers[name.Family()] == nil {
		return
	}
	l := o.lanes[name]
	if h.Job == 0 {
		if l != nil {
			o.drop(l)
		}
		return
	}
	if l == nil {
		l = &lane{name: name, slowAt: -1, place: -1}
		o.lanes[name] = l
	}
	o.set(l, h)
	o.queue(l, o.Clock.Mono())
}

// forget drops budgets and channels nothing depends on.
func (o *Outbox) forget(now time.Duration) {
	for name, b := range o.budgets {
		if b.idle(now) && b.plain.ringing < 0 && b.reserved.ringing < 0 {
			delete(o.budgets, name)
		}
	}
	for name, ch := range o.channels {
		if ch.flying == 0 && !ch.shut && ch.streak == 0 && ch.gate.len() == 0 && ch.gate.ringing < 0 {
			delete(o.channels, name)
		}
	}
}
