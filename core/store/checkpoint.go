package store

import (
	"log/slog"
	"sync/atomic"
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

	pages int          // written since the last poke; the writer's
	held  atomic.Int64 // pages in the log that could not be given up
}

func (c *checkpointer) run() {
	defer close(c.over)
	for range c.poke {
		c.copy(c.conn, false)
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
	c.pages += n
	if c.pages < checkpointPages {
		return
	}
	c.pages = 0
	if c.held.Load() >= checkpointHard {
		c.copy(by, true)
		return
	}
	select {
	case c.poke <- struct{}{}:
	default: // it is at work
	}
}

// copy runs a checkpoint that waits for nobody; idle says that nobody can be
// committing meanwhile.
func (c *checkpointer) copy(by *conn, idle bool) {
	var busy, log, done int64
	row := by.c.QueryRowContext(background, "PRAGMA wal_checkpoint(PASSIVE)")
	if err := row.Scan(&busy, &log, &done); err != nil {
		c.log.Warn("store: checkpoint failed", "reason", classify(err))
		return
	}
	if busy != 0 {
		return // the other one of us is at it
	}
	c.stats.checkpointed(log)
	if idle && done == log {
		log = 0 // the next commit starts the log anew
	}
	c.held.Store(log)
}
