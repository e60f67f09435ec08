package spool

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"parom/core"
)

var _ core.Media = (*Spool)(nil)

// Errors of storing. Match with errors.Is.
var (
	ErrTooLarge = errors.New("the file is larger than allowed")
	ErrFull     = errors.New("no room for files is left")
	// ErrGone is in the chain of Open's error when the bytes are not there
	// (any more); the error itself is a core.SendError of MediaGone.
	ErrGone = errors.New("the file is not in the spool")
)

// Options bound a Spool.
type Options struct {
	Clock core.Clock // nil: the machine's
	// MaxFileBytes bounds one file; zero: no bound.
	MaxFileBytes int64
	// MaxBytes bounds all files together; zero: no bound.
	MaxBytes int64
	// KeepFreeBytes are left free on the disk, for the database beside us;
	// zero: the disk may be filled.
	KeepFreeBytes int64
}

// Spool is a folder of files. It is safe for concurrent use within one process,
// which alone may use the folder.
type Spool struct {
	dir string
	o   Options

	mu      sync.Mutex // what is there and how old it is
	writing int64      // bytes of files being written
	stored  int64      // bytes of finished files, once counted
	counted bool
}

const (
	blobs      = "blobs"
	unfinished = "unfinished"
)

// Open makes the folder if need be and clears away what a crash left
// unfinished. It does not walk the files that are there.
func Open(dir string, o Options) (*Spool, error) {
	if o.Clock == nil {
		o.Clock = core.SystemClock()
	}
	if err := os.RemoveAll(filepath.Join(dir, unfinished)); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	for _, sub := range []string{blobs, unfinished} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, fmt.Errorf("open spool: %w", err)
		}
	}
	return &Spool{dir: dir, o: o}, nil
}

// Open opens the bytes of a blob and counts as a use of it.
func (s *Spool) Open(_ context.Context, blob string) (io.ReadSeekCloser, int64, error) {
	path, err := s.path(blob)
	if err != nil {
		return nil, 0, gone(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, gone(ErrGone)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("open a blob: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		_ = f.Close()
		return nil, 0, fmt.Errorf("open a blob: %w", err)
	}
	// An hour's grain spares a write for every retry.
	if now := s.o.Clock.Now(); now.Sub(info.ModTime()) > time.Hour {
		_ = os.Chtimes(path, now, now)
	}
	return f, info.Size(), nil
}

func gone(err error) error {
	return &core.SendError{Reason: core.MediaGone, Detail: "the file is not in the spool", Err: err}
}

// Has reports that the bytes of a blob are there.
func (s *Spool) Has(blob string) bool {
	path, err := s.path(blob)
	if err != nil {
		return false
	}
	_, err = os.Stat(path)
	return err == nil
}

// path is where a blob lies. Only what this package named itself has one.
func (s *Spool) path(blob string) (string, error) {
	raw, err := hex.DecodeString(blob)
	if err != nil || len(raw) != 32 || hex.EncodeToString(raw) != blob {
		return "", fmt.Errorf("%w: %d characters that are no hash", ErrGone, len(blob))
	}
	return filepath.Join(s.dir, blobs, blob[:2], blob), nil
}

// Used is the number of bytes in the spool. The first call may walk the folder.
func (s *Spool) Used() (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.count()
	return s.stored + s.writing, err
}

// count walks the folder once. The lock is held, so no file is finished or
// removed meanwhile.
func (s *Spool) count() error {
	if s.counted {
		return nil
	}
	var sum int64
	err := s.walk(func(_ string, info fs.FileInfo) error {
		sum += info.Size()
		return nil
	})
	if err != nil {
		return fmt.Errorf("count the spool: %w", err)
	}
	s.stored, s.counted = sum, true
	return nil
}

// walk calls f for each finished file.
func (s *Spool) walk(f func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(filepath.Join(s.dir, blobs), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // expired meanwhile
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return f(path, info)
	})
}

// Expire removes what was neither stored nor opened since before, but for
// blobs that keep holds on to; nil keeps none. It returns how many files and
// bytes went. It may run beside everything else; once an hour is often enough.
func (s *Spool) Expire(ctx context.Context, before time.Time, keep func(blob string) bool) (files int, bytes int64, err error) {
	err = s.walk(func(path string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !info.ModTime().Before(before) || keep != nil && keep(filepath.Base(path)) {
			return nil
		}
		removed, err := s.remove(path, before)
		if removed {
			files, bytes = files+1, bytes+info.Size()
		}
		return err
	})
	if err != nil {
		err = fmt.Errorf("expire files: %w", err)
	}
	return files, bytes, err
}

// remove takes one file away unless it was used since the walk saw it.
func (s *Spool) remove(path string, before time.Time) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.ModTime().Before(before) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := os.Remove(path); err != nil {
		return false, err
	}
	if s.counted {
		s.stored -= info.Size()
	}
	return true, nil
}

// Forget removes one blob; it is no error when it is not there.
func (s *Spool) Forget(blob string) error {
	path, err := s.path(blob)
	if err != nil {
		return nil //nolint:nilerr // what has no path is not there
	}
	if _, err := s.remove(path, time.Unix(1<<40, 0)); err != nil {
		return fmt.Errorf("forget a blob: %w", err)
	}
	return nil
}
