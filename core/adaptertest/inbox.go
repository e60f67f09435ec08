package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parom/core"
)

// inbox remembers what was delivered, and refuses when told to.
type inbox struct {
	clock core.Clock

	mu      sync.Mutex
	taken   []core.Event
	offered []core.Event // those refused too
	refuse  int          // deliveries to refuse; below zero: all
	bound   string
	changed chan struct{}
}

func newInbox(clock core.Clock) *inbox {
	return &inbox{clock: clock, changed: make(chan struct{})}
}

func (i *inbox) Bind(_ context.Context, _ core.ChannelID, account string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.bound != "" && i.bound != account {
		return errors.New("bound to another account")
	}
	i.bound = account
	return nil
}

func (i *inbox) Deliver(_ context.Context, _ core.ChannelID, events []core.Event) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	defer func() {
		close(i.changed)
		i.changed = make(chan struct{})
	}()
	i.offered = append(i.offered, events...)
	if i.refuse != 0 {
		i.refuse--
		return errors.New("the store is full")
	}
	i.taken = append(i.taken, events...)
	return nil
}

func (i *inbox) refuseNext(n int) {
	i.mu.Lock()
	i.refuse = n
	i.mu.Unlock()
}

func (i *inbox) events() []core.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]core.Event(nil), i.taken...)
}

func (i *inbox) refused() []core.Event {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]core.Event(nil), i.offered...)
}

// patience is how long, in real time, anything may take to arrive.
const patience = 10 * time.Second

// await waits until ok holds for what was delivered.
func (i *inbox) await(ctx context.Context, what string, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		i.mu.Lock()
		changed := i.changed
		i.mu.Unlock()
		if ok() {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s did not arrive; delivered: %s", what, describe(i.events()))
		}
	}
}

// next waits for the first event beyond the first n for which ok holds.
func (i *inbox) next(ctx context.Context, n int, what string, ok func(core.Event) bool) (core.Event, error) {
	var found core.Event
	err := i.await(ctx, what, func() bool {
		events := i.events()
		for _, e := range events[min(n, len(events)):] {
			if ok(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found, err
}

func describe(events []core.Event) string {
	s := ""
	for _, e := range events {
		s += fmt.Sprintf("\n  %s %T", e.Key, e.Body)
	}
	return s
}

// cursors is core.Cursors in memory.
type cursors struct {
	clock core.Clock
	mu    sync.Mutex
	m     map[string]core.Cursor
}

func newCursors(clock core.Clock) *cursors {
	return &cursors{clock: clock, m: map[string]core.Cursor{}}
}

func (c *cursors) Cursor(_ context.Context, account string) (core.Cursor, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.m[account], nil
}

func (c *cursors) SaveCursor(_ context.Context, account, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[account] = core.Cursor{Value: value, At: c.clock.Now()}
	return nil
}
