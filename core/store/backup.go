package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a copy of one moment to path while work goes on, compact and
// flushed to disk. path must not exist; it appears only when it is whole.
func (d *DB) Backup(ctx context.Context, path string) (err error) {
	path, err = filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: backup: %s: %w", path, fs.ErrExist)
	}
	part := path + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: backup: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	// Made first, so that nobody else can read it at any moment.
	if f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	} else if err := f.Close(); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err := d.apart(ctx, func(c *conn) error {
		_, err := c.c.ExecContext(ctx, "VACUUM INTO $1", part)
		return err
	}); err != nil {
		return fmt.Errorf("store: backup: %w", classify(err))
	}
	if err := syncDir(part); err != nil {
		return fmt.Errorf("store: backup: flush: %w", err)
	}
	if err := os.Rename(part, path); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return fmt.Errorf("store: backup: flush: %w", err)
	}
	return nil
}

// Check reads the whole file and reports damage as ErrCorrupt. It takes about
// as long as reading the file and stops nobody.
func (d *DB) Check(ctx context.Context) error {
	return d.apart(ctx, func(c *conn) error { return integrity(ctx, c, "integrity_check") })
}

// apart runs fn on a connection of its own, counted as a View so that Close
// waits for it and can cut it.
func (d *DB) apart(ctx context.Context, fn func(*conn) error) error {
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-d.slots }()
	c, err := newConn(ctx, d.sql, "cache_size=-2048")
	if err != nil {
		return err
	}
	defer c.close()
	return fn(c)
}
