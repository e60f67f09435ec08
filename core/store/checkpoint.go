package store

import (
	"log/slog"
	"sync"
)

// The write-ahead log is copied into the file every checkpointPages pages, in
// the background. It starts anew only when a copy caught up with the last
// commit, which under steady load the background never does: from
// checkpointHard pages on the writer itself copies the rest between two
// commits, which is short because the background has done most. So the log
// stays near 16 MB, unless a View or Backup holds an old snapshot; then it
// grows until that ends, and the file is cut back to 16 MB afterwards.
const (
	checkpointPages = 1000 // 4 MB
	checkpointHard  = 4000
)

// checkpointer owns the goroutine and the connection that copy the log.
type checkpointer struct {
	conn  *conn
	log   *slog.Logger
	stats *statsBook
	poke  chan struct{}
	over  chan struct{}
	one   sync.Mutex // held by whoever copies

	// The writer's: pages written since the last poke, and since the log
	// started anew at the latest.
	fresh, total int
}

func (c *checkpointer) run() {
	defer close(c.over)
	for range c.poke {
		c.copy(c.conn)
	}
}

// stop waits for the goroutine. The writer must have stopped before.
func (c *checkpointer) stop() {
	close(c.poke)
	<-c.over
}

// wrote is called by the writer after each commit, outside of a transaction.
func (c *checkpointer) wrote(by *conn) {
	n, err := by.pagesWritten()
	if err != nil {
		n = checkpointPages // rather too often than never
	}
	c.fresh += n
	c.total += n
	if c.fresh < checkpointPages {
		return
	}
	c.fresh = 0
	if c.total >= checkpointHard {
		if c.copy(by) {
			c.total = 0 // nobody else commits: the next commit starts the log anew
		}
		return
	}
	select {
	case c.poke <- struct{}{}:
	default: // it is at work
	}
}

// copy runs a checkpoint, which waits for no reader, and reports whether all
// of the log was copied.
func (c *checkpointer) copy(by *conn) bool {
	c.one.Lock()
	defer c.one.Unlock()
	var busy, log, done int64
	row := by.c.QueryRowContext(background, "PRAGMA wal_checkpoint(PASSIVE)")
	if err := row.Scan(&busy, &log, &done); err != nil {
		c.log.Warn("store: checkpoint failed", "reason", classify(err))
		return false
	}
	c.stats.checkpointed(log)
	return busy == 0 && done == log
}
