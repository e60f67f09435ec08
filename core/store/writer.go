package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"parom/core"
)

// Points at which Options.Trap is called, for tests that kill the process.
const (
	TrapBeforeCommit = "store.before_commit" // closures have run, nothing is durable
	TrapAfterCommit  = "store.after_commit"  // durable, nobody was told yet
)

// request is one Update on its way. The writer owns it until done is closed.
type request struct {
	left func() error // why nobody waits any more; nil while somebody does
	fn   func(*Tx) error
	tx   *Tx // of the last run
	err  error
	done chan struct{}
}

// writer owns the only connection that writes and runs every closure. One
// round is: BEGIN, a savepoint and a closure for everyone who waits, COMMIT,
// wake-ups, answers. Whoever comes while COMMIT flushes is in the next round:
// that is all the batching there is, nobody waits for company.
type writer struct {
	db    *DB
	conn  *conn
	clock core.Clock
	log   *slog.Logger
	trap  func(point string)
	stats *statsBook
	check *checkpointer

	reqs chan *request
	max  int
	over chan struct{} // closed when the writer has answered everybody

	batch   []*request    // begun and not answered
	running *request      // whose closure runs now
	inTx    bool          // between BEGIN and the end of the transaction
	gone    bool          // the database ended the transaction by itself
	allowed bool          // a COMMIT is ours
	took    time.Duration // of the last COMMIT
}

var background = context.Background()

// watch has SQLite report every rollback and ask for every commit, so that no
// statement can ever take effect outside of the writer's own COMMIT: when a
// disk error has ended the transaction, the closure's next statement would
// otherwise commit by itself.
func (w *writer) watch() error {
	commit := func() int32 {
		if w.allowed {
			return 0
		}
		return 1
	}
	return w.conn.hook(commit, func() { w.gone = true })
}

// run serves until reqs is closed and empty.
func (w *writer) run() {
	clean := false
	defer func() {
		if clean {
			close(w.over)
			return
		}
		// A closure called runtime.Goexit (t.FailNow in a test). The goroutine
		// cannot be kept, everybody else's work can.
		go func() {
			w.afterExit()
			w.run()
		}()
	}()
	for req := range w.reqs {
		w.round(req)
	}
	clean = true
}

func (w *writer) afterExit() {
	if req := w.running; req != nil {
		w.running = nil
		req.tx.finish()
		req.err = errExited
		rest := w.batch[:0]
		for _, r := range w.batch {
			if r != req {
				rest = append(rest, r)
			}
		}
		w.batch = rest
		w.settle(req)
	}
	w.oneByOne()
}

// round serves first and everybody who waits, with one COMMIT.
func (w *writer) round(first *request) {
	if err := w.begin(); err != nil {
		w.refuse(first, err)
		return
	}
	for req := first; req != nil; req = w.next() {
		if err := req.left(); err != nil {
			req.err = fmt.Errorf("store: update not begun: %w", err)
			close(req.done)
			continue
		}
		w.batch = append(w.batch, req)
		if !w.runOne(req) {
			w.oneByOne()
			return
		}
	}
	if len(w.batch) == 0 {
		w.rollback()
		return
	}
	if err := w.commit(); err != nil {
		w.log.Warn("store: batch not committed, trying its parts one by one", "reason", err, "updates", len(w.batch))
		w.oneByOne()
		return
	}
	w.committed()
}

// next is somebody who waits already, if the batch has room.
func (w *writer) next() *request {
	if len(w.batch) >= w.max {
		return nil
	}
	select {
	case req := <-w.reqs: // nil when closed
		return req
	default:
		return nil
	}
}

// refuse answers first and all who wait when no transaction can be begun, so
// that they do not each wait out the same fault.
func (w *writer) refuse(first *request, err error) {
	for req, n := first, 0; req != nil; n++ {
		req.err = err
		w.settle(req)
		if n == cap(w.reqs) {
			return
		}
		req = w.next()
	}
}

// runOne runs a closure in its savepoint and reports whether the transaction
// still stands. A closure that failed has left no trace; its error is kept
// until the batch is committed, because it may come from what another closure
// of the batch wrote.
func (w *writer) runOne(req *request) bool {
	req.tx = &Tx{ctx: background, db: w.db, conn: w.conn, w: w, now: w.clock.Now().UTC().Truncate(time.Microsecond)}
	if req.err = w.conn.exec(background, "SAVEPOINT "+ownSavepoint); req.err != nil {
		return false
	}
	w.running = req
	req.err = guard(func() error { return req.fn(req.tx) })
	w.running = nil
	req.tx.finish()
	if w.gone {
		return false
	}
	if req.err == nil {
		err := w.conn.exec(background, "RELEASE "+ownSavepoint)
		if err == nil {
			return true
		}
		req.err = fmt.Errorf("store: release: %w", classify(err))
	}
	return w.rollbackTo(ownSavepoint) == nil
}

// rollbackTo undoes everything since the savepoint. An error means that the
// transaction is over.
func (w *writer) rollbackTo(name string) error {
	if w.gone {
		return errGone
	}
	err := w.conn.exec(background, "ROLLBACK TO "+name)
	if err == nil {
		err = w.conn.exec(background, "RELEASE "+name)
	}
	if err != nil || w.gone {
		w.rollback()
		return errGone
	}
	return nil
}

// oneByOne throws away what the batch did and gives each closure a transaction
// of its own, so that only those that cannot be committed fail.
func (w *writer) oneByOne() {
	w.rollback()
	w.stats.retried()
	batch := w.batch
	for len(batch) > 0 {
		req := batch[0]
		batch = batch[1:]
		w.batch = append(w.batch[:0:0], req)
		// Should this closure exit the goroutine, the others are found here.
		rest := batch
		func() {
			ok := false
			defer func() {
				if !ok {
					w.batch = append(w.batch, rest...)
				}
			}()
			w.alone(req)
			ok = true
		}()
	}
	w.batch = nil
}

// alone gives one closure a transaction of its own.
func (w *writer) alone(req *request) {
	if err := w.begin(); err != nil {
		req.err = err
	} else if !w.runOne(req) {
		w.rollback()
		if req.tx.fault != nil {
			req.err = req.tx.fault // the closure may have hidden it
		} else if req.err == nil {
			req.err = errGone
		}
	} else if req.err != nil {
		w.rollback()
	} else if err := w.commit(); err != nil {
		req.err = err
	} else {
		w.committed()
		return
	}
	w.batch = nil
	w.settle(req)
}

func (w *writer) begin() error {
	if err := w.conn.exec(background, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("store: begin: %w", classify(err))
	}
	w.inTx, w.gone = true, false
	return nil
}

// commit makes the transaction durable. After an error nothing of it is left.
func (w *writer) commit() error {
	if w.trap != nil {
		w.trap(TrapBeforeCommit)
	}
	w.allowed = true
	begun := w.clock.Mono()
	err := w.conn.exec(background, "COMMIT")
	w.took = w.clock.Mono() - begun
	w.allowed = false
	if err == nil && w.gone {
		err = errGone
	}
	if err != nil {
		w.rollback()
		return fmt.Errorf("store: commit: %w", classify(err))
	}
	w.inTx = false
	if w.trap != nil {
		w.trap(TrapAfterCommit)
	}
	return nil
}

// rollback leaves no transaction open, whatever state it is in.
func (w *writer) rollback() {
	if !w.inTx {
		return
	}
	w.inTx = false
	if w.gone {
		return
	}
	w.gone = true
	if err := w.conn.exec(background, "ROLLBACK"); err != nil {
		w.log.Error("store: rollback failed", "reason", err)
	}
}

// committed fires the wake-ups, then answers: whoever returns from Update
// knows that its wake-ups have been called.
func (w *writer) committed() {
	batch := w.batch
	w.batch = nil
	w.stats.committed(len(batch), w.took)
	defer func() {
		for _, req := range batch {
			w.settle(req)
		}
		w.check.wrote(w.conn)
	}()
	for _, req := range batch {
		if req.err != nil {
			continue
		}
		for _, hook := range req.tx.hooks {
			if err := guard(func() error { hook(); return nil }); err != nil {
				w.log.Error("store: wake-up failed", "reason", err)
			}
		}
	}
}

// settle counts and answers.
func (w *writer) settle(req *request) {
	req.err = classify(req.err)
	w.stats.answered(req.err)
	close(req.done)
}
