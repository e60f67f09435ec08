package store

import (
	"errors"
	"sync"
	"time"

	"parom/core"
)

// BatchBounds are the upper bounds (inclusive) of Stats.Batches; the last
// bucket of Stats.Batches takes everything above.
var BatchBounds = [...]int{1, 2, 4, 8, 16, 32, 64}

// CommitBounds are the upper bounds (inclusive) of Stats.CommitTimes by how long
// the COMMIT took, flush included; the last bucket takes everything above.
var CommitBounds = [...]time.Duration{
	500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond,
	50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 5 * time.Second,
}

// Stats counts since Open.
type Stats struct {
	Updates     uint64                       // closures committed or failed
	Failed      uint64                       // of them failed
	Panics      uint64                       // of those by a panic
	Commits     uint64                       // COMMITs; each that wrote flushed the log once
	Retries     uint64                       // batches discarded and run one by one
	Waiting     int                          // updates handed in and not begun, now
	Views       uint64                       // read snapshots
	Checkpoints uint64                       // runs of the checkpointer
	LogPages    int64                        // pages in the write-ahead log at the last checkpoint
	Batches     [len(BatchBounds) + 1]uint64 // commits by number of closures
	CommitTimes [len(CommitBounds) + 1]uint64
	CommitTime  time.Duration // of all commits together
	LastError   error         // of the last Update that failed by no fault of its closure's data
	LastErrorAt time.Time
}

type statsBook struct {
	clock core.Clock
	mu    sync.Mutex
	s     Stats
}

func (b *statsBook) snapshot() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.s
}

func (b *statsBook) committed(updates int, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Commits++
	b.s.CommitTime += took
	t := 0
	for t < len(CommitBounds) && took > CommitBounds[t] {
		t++
	}
	b.s.CommitTimes[t]++
	i := 0
	for i < len(BatchBounds) && updates > BatchBounds[i] {
		i++
	}
	b.s.Batches[i]++
}

// answered counts a closure's end; err is nil when it is durable.
func (b *statsBook) answered(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Updates++
	if err == nil {
		return
	}
	b.s.Failed++
	var p *PanicError
	if errors.As(err, &p) || errors.Is(err, errExited) {
		b.s.Panics++
	}
	if kind := kindOf(err); kind != nil && !errors.Is(err, ErrConstraint) {
		b.s.LastError, b.s.LastErrorAt = err, b.clock.Now()
	}
}

func (b *statsBook) retried() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Retries++
}

func (b *statsBook) viewed() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Views++
}

func (b *statsBook) checkpointed(logPages int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.s.Checkpoints++
	b.s.LogPages = logPages
}
