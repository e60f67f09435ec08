package store

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Tx is one closure's view of the database: a savepoint of the writer's
// transaction in Update, a read snapshot in View. It is valid until the closure
// returns and belongs to the closure's goroutine.
//
// A closure does no I/O, does not call Update or View, and may run again, so
// it changes nothing outside the database but variables it sets anew each run.
type Tx struct {
	// ctx is the writer's own in Update, never the caller's: a statement
	// cancelled in mid-batch could end everybody's transaction. It is kept here
	// because it lives exactly as long as the Tx.
	ctx   context.Context //nolint:containedctx // see above
	db    *DB
	conn  *conn
	w     *writer // nil in View
	now   time.Time
	depth int
	done  bool
	fault error // the last statement error that ended the transaction
	hooks []func()
	open  []*sql.Rows
	extra []*stmt // prepared for one use
}

// Now is the clock's time at the start of this run of the closure, in UTC and
// cut to the microseconds the database keeps. It stays the same all through.
func (t *Tx) Now() time.Time { return t.now }

// Exec runs a statement and tells how many rows it changed. A refused row is
// ErrConstraint (ErrDuplicate for a unique key) and harms nothing else.
func (t *Tx) Exec(query string, args ...any) (rowsAffected int64, err error) {
	s, err := t.stmt(query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(t.ctx, args...)
	if err != nil {
		return 0, t.failed(query, err)
	}
	return res.RowsAffected()
}

// Insert runs an INSERT of one row that ends in RETURNING id and gives that id,
// an INTEGER PRIMARY KEY. When the statement inserts nothing (ON CONFLICT DO
// NOTHING) it is sql.ErrNoRows.
func (t *Tx) Insert(query string, args ...any) (id int64, err error) {
	plain, simple := t.conn.plainInsert(query)
	s, err := t.stmt(plain)
	if err != nil {
		return 0, err
	}
	if simple {
		res, err := s.ExecContext(t.ctx, args...)
		if err != nil {
			return 0, t.failed(plain, err)
		}
		return res.LastInsertId()
	}
	if err := s.QueryRowContext(t.ctx, args...).Scan(&id); err != nil {
		return 0, t.failed(query, err)
	}
	return id, nil
}

// Query reads rows. Rows still open when the closure returns are closed.
func (t *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return nil, t.failed(query, err)
	}
	s.rows = rows
	t.open = append(t.open, rows)
	return rows, nil
}

// QueryRow reads one row; errors come from Scan, which must be called.
func (t *Tx) QueryRow(query string, args ...any) *sql.Row {
	s, err := t.stmt(query)
	if err != nil {
		return t.failedRow(err)
	}
	return s.QueryRowContext(t.ctx, args...)
}

// Savepoint runs fn as a part that can fail alone: on an error or a panic only
// what fn changed is rolled back, and the error is returned (a panic as
// *PanicError). Savepoints nest.
func (t *Tx) Savepoint(fn func() error) error {
	if err := t.ready(); err != nil {
		return err
	}
	if t.w == nil {
		return guard(fn)
	}
	t.depth++
	defer func() { t.depth-- }()
	name, hooks := savepoint(t.depth), len(t.hooks)
	if err := t.conn.exec(t.ctx, "SAVEPOINT "+name); err != nil {
		return t.failed("SAVEPOINT", err)
	}
	err := guard(fn)
	if err == nil {
		err = t.ready() // fn may have swallowed the error that ended everything
	}
	if err == nil {
		if err = t.conn.exec(t.ctx, "RELEASE "+name); err == nil {
			return nil
		}
		err = t.failed("RELEASE", err)
	}
	clear(t.hooks[hooks:])
	t.hooks = t.hooks[:hooks]
	if rerr := t.w.rollbackTo(name); rerr != nil {
		return fmt.Errorf("%w (after: %w)", rerr, err)
	}
	return err
}

// OnCommit has fn called after the COMMIT that holds this closure's changes,
// in order of registration, before Update returns. It is dropped when the
// closure, or the Savepoint it was called in, is rolled back. fn runs on the
// writer: it must only wake somebody, neither block nor use the store. In View
// it is never called.
func (t *Tx) OnCommit(fn func()) {
	if t.w != nil {
		t.hooks = append(t.hooks, fn)
	}
}

// ready refuses statements that would run outside of the transaction.
func (t *Tx) ready() error {
	if t.done {
		return ErrDone
	}
	if t.w != nil && t.w.gone {
		return errGone
	}
	return nil
}

func (t *Tx) stmt(query string) (*stmt, error) {
	if err := t.ready(); err != nil {
		return nil, err
	}
	s, once, err := t.conn.prepare(t.ctx, query)
	if err != nil {
		return nil, t.failed(query, err)
	}
	if once {
		t.extra = append(t.extra, s)
	}
	return s, nil
}

// failed names the statement and the kind of error.
func (t *Tx) failed(query string, err error) error {
	if isMisuse(err) {
		t.conn.forget(query)
	}
	err = fmt.Errorf("store: %s: %w", brief(query), classify(err))
	if t.w != nil && t.w.gone {
		t.fault = err
	}
	return err
}

// failedRow is a Row whose Scan gives err: only database/sql can make a Row,
// so it is asked to query with a context that has ended by err.
func (t *Tx) failedRow(err error) *sql.Row {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(err)
	return t.conn.c.QueryRowContext(causeCtx{ctx}, "SELECT 1")
}

// causeCtx reports its cause as its error.
type causeCtx struct{ context.Context } //nolint:containedctx // it is a context

func (c causeCtx) Err() error { return context.Cause(c.Context) }

// finish ends the Tx and gives back what the closure left open.
func (t *Tx) finish() {
	t.done = true
	for _, r := range t.open {
		_ = r.Close()
	}
	for _, s := range t.extra {
		_ = s.Close()
	}
	t.open, t.extra = nil, nil
}

// guard turns a panic of fn into an error.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return fn()
}

// ownSavepoint is the closure's own; those of Tx.Savepoint are s1, s2, ...
const ownSavepoint = "s0"

func savepoint(depth int) string { return "s" + strconv.Itoa(depth) }

// brief is the beginning of a statement, for errors. Statements hold no values
// (those are bound), so nothing private shows.
func brief(query string) string {
	q := strings.Join(strings.Fields(query), " ")
	if len(q) > 60 {
		q = q[:60] + "..."
	}
	return q
}

// Micros is how the database keeps a time: microseconds since 1970 UTC. The
// zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the reverse of Micros, in UTC; 0 is the zero time.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}
