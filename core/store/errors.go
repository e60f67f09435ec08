package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What can be wrong with the file itself. Their texts say what to do, because
// the person who starts the gateway reads them.
var (
	// ErrLocked: another process uses the file.
	ErrLocked = errors.New("the data file is in use by another process: stop the other one, or give this one its own data file")
	// ErrCorrupt: the file is damaged or is no database.
	ErrCorrupt = errors.New("the data file is damaged or is not a database: keep a copy of it, then restore the last backup")
	// ErrNewerSchema: a newer version of the gateway has written the file.
	ErrNewerSchema = errors.New("the data file was written by a newer version: start that version, or restore a backup made before the upgrade")
	// ErrFull: nothing can be written now. Writing goes on by itself when
	// there is room again; nothing is half-written.
	ErrFull = errors.New("no room to write (disk full, quota reached or the disk refuses): free some space, work goes on by itself")
	// ErrIO: the disk failed to read or flush.
	ErrIO = errors.New("the disk failed: check the disk and the system log")
)

var (
	// ErrClosed is returned by everything after Close has begun.
	ErrClosed = errors.New("store: closed")
	// ErrDuplicate marks a row whose unique key is already there.
	ErrDuplicate = errors.New("duplicate key")
	// ErrConstraint marks any row the schema refuses, duplicates included.
	ErrConstraint = errors.New("constraint violated")
	// ErrDone is returned by a Tx that is used after its closure returned.
	ErrDone = errors.New("store: the transaction is over")
	// errGone: the database ended the transaction by itself (disk full, I/O
	// error, an interrupted statement). The writer discards the batch and runs
	// its closures again one by one.
	errGone = errors.New("store: the database rolled the transaction back")
	// errExited: a closure ended its goroutine with runtime.Goexit, which is
	// what t.FailNow does.
	errExited = errors.New("store: the closure ended its goroutine")
)

// PanicError is what Update and Savepoint return when a closure panicked. Its
// changes are rolled back, everybody else's stay.
type PanicError struct {
	Value any    // as given to panic; may hold user data, so Error leaves it out unless it is the runtime's
	Stack []byte // of the panicking goroutine
}

// Error names the panic. The value is shown only when the Go runtime made it:
// any other could carry message text.
func (e *PanicError) Error() string {
	if err, ok := e.Value.(runtime.Error); ok {
		return "store: closure panicked: " + err.Error()
	}
	return fmt.Sprintf("store: closure panicked with a %T", e.Value)
}

// Unwrap gives the panic's value when it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// IsDuplicate reports whether err says that a unique key is already there. It
// also knows errors that came straight from Row.Scan, where Tx cannot add
// ErrDuplicate.
func IsDuplicate(err error) bool {
	return errors.Is(err, ErrDuplicate) || errors.Is(classify(err), ErrDuplicate)
}

// classify joins the driver's error with the sentinel of its kind, once.
func classify(err error) error {
	kind := kindOf(err)
	if kind == nil || errors.Is(err, kind) {
		return err
	}
	if errors.Is(kind, ErrDuplicate) {
		return fmt.Errorf("%w: %w: %w", ErrDuplicate, ErrConstraint, err)
	}
	return fmt.Errorf("%w: %w", kind, err)
}

// kindOf maps SQLite's result codes (https://sqlite.org/rescode.html).
func kindOf(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return ErrDuplicate
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_TRUNCATE, sqlite3.SQLITE_IOERR_SHMSIZE:
		// A quota (EDQUOT) or a file size limit (EFBIG) arrives like this;
		// only ENOSPC becomes SQLITE_FULL.
		return ErrFull
	case sqlite3.SQLITE_IOERR_CORRUPTFS:
		return ErrCorrupt
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return ErrFull
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return ErrCorrupt
	case sqlite3.SQLITE_CONSTRAINT:
		return ErrConstraint
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return ErrLocked
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return ErrIO
	}
	return nil
}

func isMisuse(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_MISUSE
}

// IsFatal reports that err is about the data file, not about what was being
// stored: nothing else can be stored either, so nothing may be parked or skipped.
func IsFatal(err error) bool {
	for _, e := range []error{ErrFull, ErrIO, errGone, ErrCorrupt, ErrClosed, ErrDone, ErrLocked, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
