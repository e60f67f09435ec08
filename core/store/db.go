package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"parom/core"
)

const (
	batchDefault   = 64 // closures per COMMIT: the number in flight of the speed goals
	readersDefault = 4
	// drainMax bounds how long Close lets reads go on before they are cut.
	drainMax = 5 * time.Second
)

// Options say where the data are and how they are treated.
type Options struct {
	Path  string       // of the data file; made with mode 0600, its folder with 0700
	Clock core.Clock   // nil: the machine's
	Log   *slog.Logger // nil: none
	// BatchMax bounds the closures of one COMMIT. 0: 64.
	BatchMax int
	// Readers bounds the View calls that run at once; each costs up to 2 MB
	// of page cache. 0: 4.
	Readers int
	// Migrations replaces the gateway's own schema, in tests. nil: the
	// embedded one.
	Migrations fs.FS
	// Trap is called on the writer at TrapBeforeCommit and TrapAfterCommit, in
	// tests that kill the process there. nil: not called.
	Trap func(point string)
	// NoSync leaves out every flush. A power cut may then lose or damage the
	// file: for tests whose subject is not durability.
	NoSync bool
}

// DB is an open data file. Its methods may be called from any goroutine.
type DB struct {
	path  string
	clock core.Clock
	log   *slog.Logger
	stats *statsBook
	lock  *fileLock
	sql   *sql.DB
	w     *writer
	check *checkpointer

	mu     sync.RWMutex // read-held while a request is handed to the writer
	closed bool

	slots  chan struct{} // one token per View that runs
	readMu sync.Mutex
	idle   []*conn                      // of readers, the last used at the end
	cuts   map[*conn]context.CancelFunc // of the reads that run

	onWake   atomic.Pointer[func(Lane)] // set by OnWake
	channels sync.Map                   // number by core.ChannelID: bound for good, asked for by every event

	closeOnce sync.Once
	closeErr  error
}

// Update runs fn in a transaction and returns nil once it is on disk. Many
// calls share one COMMIT; each has a savepoint of its own, so fn's error,
// panic or refused row undoes only what fn did, and is returned. They run in
// the order in which they were called.
//
// When ctx ends, only the waiting ends: the error wraps ctx.Err() and the work
// may still be committed. fn runs on the writer's goroutine, alone; it does no
// I/O, does not call Update, View or t.FailNow, and may run more than once.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	req := &request{left: ctx.Err, fn: fn, done: make(chan struct{})}
	if err := d.hand(ctx, req); err != nil {
		return err
	}
	select {
	case <-req.done:
		return req.err
	case <-ctx.Done():
		return fmt.Errorf("store: update may still be committed: %w", ctx.Err())
	}
}

func (d *DB) hand(ctx context.Context, req *request) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: update not begun: %w", err)
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if d.closed {
		return ErrClosed
	}
	select {
	case d.w.reqs <- req:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("store: update not begun: %w", ctx.Err())
	}
}

// View runs fn on a snapshot: what was committed when fn reads first, and
// nothing of what is committed later. It waits for no writer and no writer
// waits for it, but the log cannot shrink while fn runs. When ctx ends its
// statements are interrupted. Changes are refused.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("store: view not begun: %w", ctx.Err())
	}
	defer func() { <-d.slots }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, err := d.reader(ctx, cancel)
	if err != nil {
		return err
	}
	tx := &Tx{ctx: ctx, db: d, conn: c, now: d.clock.Now().UTC().Truncate(time.Microsecond)}
	defer func() {
		tx.finish()
		d.giveBack(c, c.exec(background, "ROLLBACK") == nil)
	}()
	if err := c.exec(background, "BEGIN"); err != nil {
		return fmt.Errorf("store: begin read: %w", classify(err))
	}
	d.stats.viewed()
	return classify(fn(tx))
}

// reader takes an idle read connection or opens one.
func (d *DB) reader(ctx context.Context, cut context.CancelFunc) (*conn, error) {
	d.readMu.Lock()
	defer d.readMu.Unlock()
	if d.cuts == nil {
		return nil, ErrClosed
	}
	var c *conn
	if n := len(d.idle); n > 0 {
		c, d.idle = d.idle[n-1], d.idle[:n-1]
	} else {
		var err error
		if c, err = newConn(ctx, d.sql, "query_only=1", "cache_size=-2048"); err != nil {
			return nil, fmt.Errorf("store: open for reading: %w", classify(err))
		}
	}
	d.cuts[c] = cut
	return c, nil
}

func (d *DB) giveBack(c *conn, sound bool) {
	d.readMu.Lock()
	delete(d.cuts, c)
	if sound {
		d.idle = append(d.idle, c)
	}
	d.readMu.Unlock()
	if !sound {
		_ = c.close()
	}
}

// Stats counts what has happened since Open.
func (d *DB) Stats() Stats {
	s := d.stats.snapshot()
	s.Waiting = len(d.w.reqs)
	return s
}

// Close refuses new calls, lets everything that was accepted finish, empties
// the log into the file and closes it. Reads that run for longer than five
// seconds more are interrupted. It may be called again.
func (d *DB) Close() error {
	d.closeOnce.Do(func() { d.closeErr = d.close() })
	return d.closeErr
}

func (d *DB) close() error {
	d.mu.Lock()
	d.closed = true
	close(d.w.reqs)
	d.mu.Unlock()
	<-d.w.over
	d.check.stop()
	d.drainReads()
	var errs []error
	if err := d.w.conn.exec(background, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		// The log stays and is read at the next start: nothing is lost.
		errs = append(errs, fmt.Errorf("store: empty the log: %w", classify(err)))
	}
	errs = append(errs, d.shut())
	return errors.Join(errs...)
}

// drainReads waits for the reads that run, at last by interrupting them.
func (d *DB) drainReads() {
	timer := d.clock.NewTimer(drainMax)
	defer timer.Stop()
	expired := timer.C()
	for n := 0; n < cap(d.slots); {
		select {
		case d.slots <- struct{}{}:
			n++
		case <-expired:
			expired = nil
			d.readMu.Lock()
			for _, cut := range d.cuts {
				cut()
			}
			d.readMu.Unlock()
		}
	}
	d.readMu.Lock()
	defer d.readMu.Unlock()
	for _, c := range d.idle {
		_ = c.close()
	}
	d.idle, d.cuts = nil, nil
	for range cap(d.slots) {
		<-d.slots // later calls find the store closed
	}
}

// shut closes what connect opened, in reverse order. A Row that was never
// scanned would keep its connection open for ever, so this is bounded too.
func (d *DB) shut() error {
	closed := make(chan error, 1)
	go func() { closed <- d.disconnect() }()
	timer := d.clock.NewTimer(drainMax)
	defer timer.Stop()
	var err error
	select {
	case err = <-closed:
	case <-timer.C():
		err = errors.New("store: a connection does not close: some row was never scanned")
	}
	return errors.Join(err, d.lock.release())
}

func (d *DB) disconnect() error {
	var errs []error
	if d.check != nil {
		errs = append(errs, d.check.conn.close())
	}
	if d.w != nil {
		_ = d.w.conn.hook(nil, nil)
		errs = append(errs, d.w.conn.close())
	}
	if d.sql != nil {
		errs = append(errs, d.sql.Close())
	}
	return errors.Join(errs...)
}
