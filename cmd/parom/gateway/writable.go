package gateway

import (
	"context"
	"fmt"
	"sync"
	"time"

	"parom/core"
	"parom/core/store"
)

// writableFor is for how long the answer to "can the store be written" holds:
// each question costs a flush of the disk, and anybody may ask.
const writableFor = 10 * time.Second

// writable tells whether the store can be written. What was committed since it
// was asked last is an answer too. The zero value needs db and clock set.
type writable struct {
	db    *store.DB
	clock core.Clock

	mu      sync.Mutex
	asked   bool
	at      time.Duration // monotonic, of the last answer
	commits uint64        // at that time
	err     error
}

func (w *writable) check(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now, commits := w.clock.Mono(), w.db.Stats().Commits
	if w.asked && now-w.at < writableFor {
		if commits == w.commits {
			return w.err
		}
	} else {
		err := w.db.Update(ctx, func(t *store.Tx) error { return t.SetSetting("ready", "asked") })
		if err != nil && ctx.Err() != nil {
			return fmt.Errorf("write the store: %w", err) // whoever asked has gone: no answer to keep
		}
		w.keep(now, err)
		return w.err
	}
	w.keep(now, nil)
	return nil
}

func (w *writable) keep(now time.Duration, err error) {
	w.asked, w.at, w.err, w.commits = true, now, err, w.db.Stats().Commits
}
