package outbox

import (
	"context"
	"time"

	"parom/core"
	"parom/core/store"
)

// settleStep is how often Settle looks again.
const settleStep = 5 * time.Millisecond

// Settle waits until calls of a family that are under way are recorded, at most
// for a while: what a network shows already may not be in the store yet, and who
// answers to it would answer to nothing we know. about picks, of the lanes under
// way, those that matter; it is not asked when there are none, so that a quiet
// outbox costs nothing. Steps that only fetch files show nothing and do not
// count. It returns early when ctx ends.
func (o *Outbox) Settle(ctx context.Context, family store.Lane, most time.Duration, about func(underWay []store.Lane) []store.Lane) {
	running := o.underWay(family)
	if len(running) == 0 {
		return
	}
	running = only(running, about)
	end := o.Clock.Mono() + most
	for len(running) > 0 && o.Clock.Mono() < end {
		if core.Sleep(ctx, o.Clock, settleStep) != nil {
			return
		}
		running = o.still(running)
	}
}

// underway is a step of a lane, told from the next by its generation and number.
type underway struct {
	lane *lane
	name store.Lane
	gen  uint64
	step uint32
}

func (o *Outbox) underWay(family store.Lane) []underway {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.flying == 0 {
		return nil
	}
	var out []underway
	for l := range o.flight {
		if !l.aside && l.name.Family() == family {
			out = append(out, underway{l, l.name, l.gen, l.step})
		}
	}
	return out
}

// only keeps the steps of the lanes that about picks.
func only(steps []underway, about func([]store.Lane) []store.Lane) []underway {
	names := make([]store.Lane, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	picked := map[store.Lane]bool{}
	for _, l := range about(names) {
		picked[l] = true
	}
	out := steps[:0]
	for _, s := range steps {
		if picked[s.name] {
			out = append(out, s)
		}
	}
	return out
}

func (o *Outbox) still(steps []underway) []underway {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := steps[:0]
	for _, s := range steps {
		if s.lane.busy && !s.lane.aside && s.lane.gen == s.gen && s.lane.step == s.step {
			out = append(out, s)
		}
	}
	return out
}
