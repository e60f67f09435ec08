package outbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parom/core"
	"parom/core/store"
)

const (
	pageLanes = 1000 // heads read in one snapshot
	seedSpan  = 24 * time.Hour
	// sweepShare is what a sweep may take of the time: one part in so many.
	sweepShare = 50
	pruneSpan  = time.Hour // least time for which spends are remembered
)

// seed learns which calls were made shortly before the start.
func (o *Outbox) seed(ctx context.Context) error {
	var seeds map[string][]time.Time
	err := o.DB.Update(ctx, func(t *store.Tx) error {
		var err error
		seeds, err = t.Spends(t.Now().Add(-seedSpan))
		return err
	})
	if err != nil {
		return fmt.Errorf("read spends: %w", err)
	}
	o.mu.Lock()
	o.seeds = seeds
	o.mu.Unlock()
	return nil
}

// read keeps the heads in memory true to the store until ctx ends: all of them
// at the start and once a sweep, in pages; those that commits changed at once.
func (o *Outbox) read(ctx context.Context) {
	var after store.Lane
	sweeping, began := true, o.Clock.Mono()
	sweep := o.Clock.NewTimer(o.Sweep)
	defer func() { sweep.Stop() }()
	defer o.wakes.idle()
	for ctx.Err() == nil {
		lanes := o.wakes.take(pageLanes)
		if err := o.readHeads(ctx, lanes); err != nil {
			for _, l := range lanes {
				o.wakes.wake(l)
			}
			o.readTrouble(ctx, err)
			continue
		}
		if sweeping {
			last, err := o.readPage(ctx, after)
			if err != nil {
				o.readTrouble(ctx, err)
				continue
			}
			if after, sweeping = last, last != ""; !sweeping {
				sweep.Stop()
				sweep = o.Clock.NewTimer(max(o.Sweep, sweepShare*(o.Clock.Mono()-began)))
			}
			continue
		}
		if len(lanes) > 0 {
			continue
		}
		o.wakes.idle()
		select {
		case <-ctx.Done():
		case <-o.wakes.signal:
		case <-sweep.C():
			after, sweeping, began = "", true, o.Clock.Mono()
			o.pruneSpends(ctx)
		}
	}
}

func (o *Outbox) readTrouble(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	o.Log.Error("outbox: cannot read lanes", "reason", err)
	o.wakes.idle()
	_ = core.Sleep(ctx, o.Clock, time.Second) // ctx is looked at by the caller
}

// readHeads reads the heads of lanes that were changed.
func (o *Outbox) readHeads(ctx context.Context, lanes []store.Lane) error {
	if len(lanes) == 0 {
		return nil
	}
	gens := make([]uint64, len(lanes))
	o.mu.Lock()
	for i, name := range lanes {
		if l := o.lanes[name]; l != nil {
			gens[i] = l.gen
		}
	}
	o.mu.Unlock()
	heads := make([]store.Head, len(lanes))
	err := o.DB.View(ctx, func(t *store.Tx) error {
		for i, name := range lanes {
			h, err := t.HeadOf(name)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			heads[i] = h
		}
		return o.warm(t, heads)
	})
	if err != nil {
		return fmt.Errorf("read heads: %w", err)
	}
	o.mu.Lock()
	for i, name := range lanes {
		l := o.lanes[name]
		var gen uint64
		if l != nil {
			gen = l.gen
		}
		if gen != gens[i] || l != nil && l.busy {
			o.wakes.wake(name) // a step ran meanwhile: what was read may be old
			continue
		}
		o.apply(name, heads[i])
	}
	o.mu.Unlock()
	o.poke()
	return nil
}

// readPage reads the heads of the lanes that come after one. It gives the last
// it has read, empty at the end.
func (o *Outbox) readPage(ctx context.Context, after store.Lane) (last store.Lane, err error) {
	var heads []store.Head
	err = o.DB.View(ctx, func(t *store.Tx) error {
		var err error
		if heads, err = t.HeadsAfter(after, pageLanes); err != nil {
			return err
		}
		return o.warm(t, heads)
	})
	if err != nil {
		return after, fmt.Errorf("read page of heads: %w", err)
	}
	o.mu.Lock()
	for _, h := range heads {
		switch l := o.lanes[h.Lane]; {
		case l == nil:
			o.apply(h.Lane, h) // a lane emptied meanwhile is found empty by its step
		case l.busy:
		case l.job != h.Job || l.due != store.Micros(h.DueAt):
			o.wakes.wake(h.Lane)
		}
	}
	o.mu.Unlock()
	o.poke()
	if len(heads) < pageLanes {
		return "", nil
	}
	return heads[len(heads)-1].Lane, nil
}

// warm shows carriers the heads of lanes before they are asked what they cost.
func (o *Outbox) warm(t *store.Tx, heads []store.Head) error {
	for family, c := range o.carriers {
		w, ok := c.(Warmer)
		if !ok {
			continue
		}
		var own []store.Head
		for _, h := range heads {
			if h.Job != 0 && h.Lane.Family() == family {
				own = append(own, h)
			}
		}
		if len(own) == 0 {
			continue
		}
		if err := w.Warm(t, own); err != nil {
			return fmt.Errorf("warm lanes %s: %w", family, err)
		}
	}
	return nil
}

// pruneSpends forgets spends that no window reaches back to.
func (o *Outbox) pruneSpends(ctx context.Context) {
	o.mu.Lock()
	span := max(o.longest, pruneSpan)
	o.mu.Unlock()
	err := o.DB.Update(ctx, func(t *store.Tx) error {
		_, err := t.Exec(`DELETE FROM spends WHERE at < $1`, store.Micros(t.Now().Add(-span)))
		return err
	})
	if err != nil && ctx.Err() == nil {
		o.Log.Warn("outbox: cannot forget old spends", "reason", err)
	}
}
