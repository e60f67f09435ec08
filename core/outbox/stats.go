package outbox

import (
	"context"
	"fmt"
	"maps"
	"time"

	"parom/core"
	"parom/core/store"
)

// Metrics is told of every call that has ended: the reason of its failure (zero
// for success) and how long after its due time it ended. It must not block.
type Metrics interface {
	Called(family store.Lane, channel string, reason core.Reason, late time.Duration)
}

// Outcome is what calls are counted by.
type Outcome struct {
	Family store.Lane
	Reason core.Reason // zero: success
}

// Stats is what the outbox is doing now and has done since Run.
type Stats struct {
	Lanes    int // that have jobs
	Ready    int // that could start if there were a free place
	Later    int // that wait for a time: scheduled, backoff, retry_after
	InFlight int
	Calls    map[Outcome]uint64
	Budgets  map[string]Use
	Channels map[string]Health
}

// Use is how much of a budget is used in its present window.
type Use struct {
	Used, Max int
	Waiting   int  // lanes that wait for it
	Paused    bool // the network told us to wait
}

// Health is how a channel stands.
type Health struct {
	InFlight int
	Waiting  int             // lanes
	Cause    *core.SendError // why it is shut; nil: it is not
	Held     bool            // somebody must act
}

type counts map[Outcome]uint64

func (c *counts) add(f store.Lane, e ended) {
	if *c == nil {
		*c = counts{}
	}
	k := Outcome{Family: f}
	if e.err != nil {
		k.Reason = e.err.Reason
	}
	(*c)[k]++
}

// Stats is a snapshot. It holds the outbox's lock for as long as it takes to
// look at each budget in use.
func (o *Outbox) Stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.Clock.Mono()
	s := Stats{
		Lanes: len(o.lanes), Ready: o.ready.len(), Later: o.dueLater.len() + o.heldBack.len(), InFlight: o.flying,
		Calls: maps.Clone(o.counts), Budgets: map[string]Use{}, Channels: map[string]Health{},
	}
	for name, b := range o.budgets {
		b.prune(now)
		s.Budgets[name] = Use{
			Used: len(b.log) + b.flying, Max: max(1, b.max-b.short),
			Waiting: b.plain.len() + b.reserved.len(), Paused: now < b.paused,
		}
	}
	for name, ch := range o.channels {
		h := Health{InFlight: ch.flying, Waiting: ch.gate.len(), Held: ch.held}
		if ch.shut {
			h.Cause = ch.cause
		}
		s.Channels[name] = h
	}
	return s
}

// Backlog is the durable work of one family.
type Backlog struct {
	Jobs  int
	Delay time.Duration // of the oldest that is due
}

// Backlogs counts the waiting jobs of the families that have a carrier.
func (o *Outbox) Backlogs(ctx context.Context) (map[store.Lane]Backlog, error) {
	out := map[store.Lane]Backlog{}
	err := o.DB.View(ctx, func(t *store.Tx) error {
		for family := range o.carriers {
			n, oldest, err := t.Backlog(family)
			if err != nil {
				return err
			}
			b := Backlog{Jobs: n}
			if !oldest.IsZero() {
				b.Delay = max(0, t.Now().Sub(oldest))
			}
			out[family] = b
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("backlogs: %w", err)
	}
	return out, nil
}
