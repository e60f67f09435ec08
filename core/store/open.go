package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"

	"parom/core"
)

// quickCheckMaxBytes bounds the files that are checked page by page at start:
// larger ones would hold up the first poll, `Check` does it for them.
const quickCheckMaxBytes = 8 << 20

// Open opens the data file, making it when it is absent, takes it for this
// process alone, and brings its schema up to date. What is wrong with the file
// is ErrLocked, ErrCorrupt, ErrNewerSchema, ErrFull or ErrIO; then nothing was
// changed.
func Open(ctx context.Context, o Options) (_ *DB, err error) {
	if err := o.fill(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, fmt.Errorf("store: make folder: %w", err)
	}
	d := &DB{
		path: o.Path, clock: o.Clock, log: o.Log, stats: &statsBook{clock: o.Clock},
		slots: make(chan struct{}, o.Readers), cuts: map[*conn]context.CancelFunc{},
	}
	if d.lock, err = acquireLock(o.Path + ".lock"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = d.shut()
		}
	}()
	size, err := inspect(o.Path)
	if err != nil {
		return nil, err
	}
	if err := d.connect(ctx, o, size); err != nil {
		return nil, err
	}
	if size == 0 {
		if err := syncDir(filepath.Dir(o.Path)); err != nil {
			return nil, fmt.Errorf("store: flush folder: %w", err)
		}
	}
	go d.check.run()
	go d.w.run()
	return d, nil
}

// fill puts defaults in and makes the path absolute, with links followed, so
// that two names of one file share one lock.
func (o *Options) fill() error {
	if o.Path == "" {
		return errors.New("store: no path")
	}
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	o.Path = path
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.BatchMax <= 0 {
		o.BatchMax = batchDefault
	}
	if o.Readers <= 0 {
		o.Readers = readersDefault
	}
	if o.Migrations == nil {
		sub, err := fs.Sub(migrations, "migrations")
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		o.Migrations = sub
	}
	return nil
}

// connect opens the connections, checks the file and migrates it.
func (d *DB) connect(ctx context.Context, o Options, sizeBytes int64) error {
	connector, err := sqlite.NewConnector(dsn(o))
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	d.sql = sql.OpenDB(connector)
	// Connections are pinned by this package; one that is given back is done with.
	d.sql.SetMaxIdleConns(0)
	wc, err := newConn(ctx, d.sql, "journal_mode=WAL", "wal_autocheckpoint=0",
		"journal_size_limit=16777216", "cache_size=-8192", "temp_store=MEMORY")
	if err != nil {
		return fmt.Errorf("store: open %s: %w", d.path, classify(err))
	}
	d.w = &writer{
		db: d, conn: wc, clock: o.Clock, log: o.Log, trap: o.Trap, stats: d.stats,
		reqs: make(chan *request, o.BatchMax), max: o.BatchMax, over: make(chan struct{}),
	}
	if err := checkFile(ctx, wc, sizeBytes); err != nil {
		return err
	}
	if err := migrate(ctx, d.sql, o.Migrations, o.Log); err != nil {
		return err
	}
	cc, err := newConn(ctx, d.sql, "wal_autocheckpoint=0", "cache_size=-256")
	if err != nil {
		return fmt.Errorf("store: open %s: %w", d.path, classify(err))
	}
	d.check = &checkpointer{conn: cc, log: o.Log, stats: d.stats, poke: make(chan struct{}, 1), over: make(chan struct{})}
	d.w.check = d.check
	if err := d.w.watch(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// dsn names the file and what every connection has in common. busy_timeout
// waits out other programs (a shell, a backup): inside there is one writer.
func dsn(o Options) string {
	u := url.URL{Scheme: "file", Path: o.Path}
	sync := "2" // FULL: each COMMIT flushes the log
	if o.NoSync {
		sync = "0"
	}
	return u.String() + "?_dqs=0&_error_rc=1&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=synchronous(" + sync + ")"
}

// inspect makes an absent file, readable by its owner only (SQLite gives its
// log the same mode), and refuses one that cannot be a database or was cut
// short. It gives the size in bytes. SQLite must not have the file open yet:
// closing ours would drop its locks.
func inspect(path string) (int64, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return 0, fmt.Errorf("store: open data file: %w", err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("store: open data file: %w", err)
	}
	if st.Size() == 0 {
		return 0, nil
	}
	// https://sqlite.org/fileformat2.html#the_database_header
	var h [100]byte
	if _, err := io.ReadFull(f, h[:]); err != nil || !bytes.HasPrefix(h[:], []byte("SQLite format 3\x00")) {
		return 0, fmt.Errorf("%w (%s does not begin like one)", ErrCorrupt, path)
	}
	page := int64(binary.BigEndian.Uint16(h[16:]))
	if page == 1 {
		page = 65536
	}
	pages := int64(binary.BigEndian.Uint32(h[28:]))
	sound := binary.BigEndian.Uint32(h[24:]) == binary.BigEndian.Uint32(h[92:]) // else the count is not kept
	if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
		sound = false // pages that are missing here are in the log
	}
	if sound && st.Size() < pages*page {
		return 0, fmt.Errorf("%w (%s has %d of %d bytes)", ErrCorrupt, path, st.Size(), pages*page)
	}
	return st.Size(), nil
}

// checkFile is the cheap check at start: the schema parses, the mode is WAL,
// and a small file is sound page by page.
func checkFile(ctx context.Context, c *conn, sizeBytes int64) error {
	var mode string
	if err := c.c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return fmt.Errorf("store: check: %w", classify(err))
	}
	if !strings.EqualFold(mode, "wal") {
		return fmt.Errorf("%w (its file system offers no shared memory for the log: mode %s)", ErrIO, mode)
	}
	var n int
	if err := c.c.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil {
		return fmt.Errorf("store: check: %w", classify(err))
	}
	if sizeBytes > quickCheckMaxBytes {
		return nil
	}
	return integrity(ctx, c, "quick_check")
}

// integrity runs quick_check or integrity_check.
func integrity(ctx context.Context, c *conn, check string) error {
	var found string
	if err := c.c.QueryRowContext(ctx, "PRAGMA "+check+"(1)").Scan(&found); err != nil {
		return fmt.Errorf("store: check: %w", classify(err))
	}
	if found != "ok" {
		return fmt.Errorf("%w (%s)", ErrCorrupt, found)
	}
	return nil
}

// syncDir makes a file's name as durable as its bytes.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
