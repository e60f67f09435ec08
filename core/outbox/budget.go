package outbox

import (
	"time"

	"parom/core"
)

// budget is a sliding log of calls: at most max in any per. A call counts from
// its reservation, without a time while it is in flight, and then with the time
// of its end: the network counted it somewhere between, so its own window is
// never fuller than ours. All times are monotonic. The outbox's lock is held.
type budget struct {
	name     string
	max      int
	per      time.Duration
	log      []time.Duration // ends of calls, oldest first
	flying   int
	kept     []time.Duration // of the log, those that were Reserved
	keptFly  int
	keepFor  time.Duration // until when a place is kept free for Reserved calls
	paused   time.Duration // until when the network told us to wait
	short    int           // places given up since it refused
	shrunkAt time.Duration // when short last changed
	hits     []hit         // narrower budgets that were refused lately
	plain    gate          // lanes that wait for it
	reserved gate          // those whose next call is Reserved
}

type hit struct {
	name  string
	until time.Duration
}

const (
	// recoverAfter is the least time after which a place given up comes back.
	recoverAfter = 10 * time.Second
	// hitsMax narrower budgets refused at once mean that the wider one was.
	hitsMax = 3
	// persistFrom is from which window on calls are remembered over a restart.
	persistFrom = 10 * time.Second
)

func newBudget(c Cost) *budget {
	b := &budget{name: c.Budget, plain: newGate((*lane).before), reserved: newGate((*lane).before)}
	b.ask(c)
	return b
}

// ask takes over what the carrier says now.
func (b *budget) ask(c Cost) { b.max, b.per = max(1, c.Max), max(time.Millisecond, c.Per) }

// span is how long a call counts: the window and a little more, because the
// network's clock is not ours.
func (b *budget) span() time.Duration { return b.per + b.per/2000 + time.Millisecond }

func (b *budget) prune(now time.Duration) {
	b.log = dropBefore(b.log, now-b.span())
	b.kept = dropBefore(b.kept, now-b.span())
	for b.short > 0 && now >= b.shrunkAt+max(b.per, recoverAfter) {
		b.short--
		b.shrunkAt += max(b.per, recoverAfter)
	}
}

func dropBefore(log []time.Duration, at time.Duration) []time.Duration {
	n := 0
	for n < len(log) && log[n] <= at {
		n++
	}
	if n == len(log) {
		return log[:0]
	}
	return log[n:]
}

// over is how many calls too many there are for one more; below 1 there is room.
func (b *budget) over(now time.Duration, reserved bool) int {
	b.prune(now)
	places := max(1, b.max-b.short)
	if !reserved && now < b.keepFor && places > 1 && len(b.kept)+b.keptFly == 0 {
		places--
	}
	return len(b.log) + b.flying + 1 - places
}

// room reports that one more call may begin.
func (b *budget) room(now time.Duration, reserved bool) bool {
	if reserved {
		b.keepFor = now + 2*b.per
	}
	return now >= b.paused && b.over(now, reserved) < 1
}

// next is when there will be room; ok is false when that hangs on a call in flight.
func (b *budget) next(now time.Duration, reserved bool) (at time.Duration, ok bool) {
	n := b.over(now, reserved)
	if n > len(b.log) {
		return 0, false
	}
	at = max(now, b.paused)
	if n > 0 {
		at = max(at, b.log[n-1]+b.span())
	}
	if !reserved && now < b.keepFor && at > b.keepFor {
		at = b.keepFor // the kept place may be given up
	}
	return at, true
}

func (b *budget) gate(reserved bool) *gate {
	if reserved {
		return &b.reserved
	}
	return &b.plain
}

// idle reports that nothing would be lost by forgetting b.
func (b *budget) idle(now time.Duration) bool {
	b.prune(now)
	return len(b.log)+b.flying+b.short+b.plain.len()+b.reserved.len() == 0 && now >= b.paused && now >= b.keepFor
}

// refuse pauses b until a time and takes places from it for a while.
func (b *budget) refuse(now, until time.Duration) {
	if now >= b.paused { // several calls refused at once are one refusal
		b.short = min(b.max-1, b.short+(b.max+7)/8)
		b.shrunkAt = until
	}
	b.paused = max(b.paused, until)
}

// hitBy counts refusals of narrower budgets and reports that they are too many
// to be about them alone.
func (b *budget) hitBy(name string, now, until time.Duration) bool {
	live := b.hits[:0]
	for _, h := range b.hits {
		if h.until > now && h.name != name {
			live = append(live, h)
		}
	}
	b.hits = append(live, hit{name, until})
	return len(b.hits) >= hitsMax
}

// reservation is the places a step has taken, the widest first.
type reservation struct {
	costs   []Cost
	budgets []*budget
}

// reserve takes a place in every budget. All have room.
func reserve(costs []Cost, budgets []*budget) reservation {
	for i, b := range budgets {
		b.flying++
		if costs[i].Reserved {
			b.keptFly++
		}
	}
	return reservation{costs, budgets}
}

// release gives the places back. A call that was made is stamped with its end.
func (r *reservation) release(called bool, end time.Duration) {
	for i, b := range r.budgets {
		b.flying--
		if called {
			b.log = append(b.log, end)
		}
		if r.costs[i].Reserved {
			b.keptFly--
			if called {
				b.kept = append(b.kept, end)
			}
		}
	}
	r.budgets = nil
}

// throttled pauses the narrowest budget of a refused call, and a wider one when
// several narrower ones were refused at once.
func (r *reservation) throttled(e *core.SendError, now time.Duration) {
	until := now + e.RetryAfter
	for i := len(r.costs) - 1; i >= 0; i-- {
		if i < len(r.costs)-1 && !r.budgets[i].hitBy(r.costs[i+1].Budget, now, until) {
			return
		}
		r.budgets[i].refuse(now, until)
	}
}
