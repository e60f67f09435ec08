package outbox

import (
	"context"
	"time"

	"parom/core"
	"parom/core/store"
)

// settleStep is how often Settle looks again.
const settleStep = 5 * time.Millisecond

// Settle waits until the steps of a family that run now are recorded, at most
// for a while: what a network shows already may not be in the store yet, and who
// answers to it would answer to nothing we know. It returns early when ctx ends.
func (o *Outbox) Settle(ctx context.Context, family store.Lane, most time.Duration) {
	running := o.underWay(family)
	end := o.Clock.Mono() + most
	for len(running) > 0 && o.Clock.Mono() < end {
		if core.Sleep(ctx, o.Clock, settleStep) != nil {
			return
		}
		running = o.still(running)
	}
}

// underway is a step of a lane, told from the next by its generation.
type underway struct {
	lane *lane
	gen  uint64
}

func (o *Outbox) underWay(family store.Lane) []underway {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.flying == 0 {
		return nil
	}
	var out []underway
	for _, l := range o.lanes {
		if l.busy && l.name.Family() == family {
			out = append(out, underway{l, l.gen})
		}
	}
	return out
}

func (o *Outbox) still(steps []underway) []underway {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := steps[:0]
	for _, s := range steps {
		if s.lane.busy && s.lane.gen == s.gen {
			out = append(out, s)
		}
	}
	return out
}
