package spool

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gabriel-vasile/mimetype"
)

// File is what Store took in.
type File struct {
	Blob      string // for Attachment.Blob
	SizeBytes int64
	MIME      string // by the bytes themselves, without parameters
	Extension string // usual one for MIME, without the dot; empty: none
}

// What mimetype reads of a file.
const sniffBytes = 3072

// How often the disk is asked how much room is left.
const checkEveryBytes = 8 << 20

// Store takes in what fill writes, as it comes. The writer refuses with
// ErrTooLarge, ErrFull or ctx's error; fill must give up then, and Store returns
// that error whatever fill makes of it. When Store returns nil the bytes are on
// disk for good.
func (s *Spool) Store(ctx context.Context, fill func(w io.Writer) error) (File, error) {
	f, err := s.store(ctx, fill)
	if err != nil {
		return File{}, fmt.Errorf("store a file: %w", full(err))
	}
	return f, nil
}

// StoreReader is Store of what r reads.
func (s *Spool) StoreReader(ctx context.Context, r io.Reader) (File, error) {
	return s.Store(ctx, func(w io.Writer) error {
		_, err := io.Copy(w, r)
		return err
	})
}

// full names the system's ways to say that there is no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

func (s *Spool) store(ctx context.Context, fill func(w io.Writer) error) (File, error) {
	tmp, err := os.CreateTemp(filepath.Join(s.dir, unfinished), "*")
	if err != nil {
		return File{}, err
	}
	w := &writer{ctx: ctx, spool: s, file: tmp, hash: sha256.New()}
	defer w.drop()
	if err := w.room(); err != nil {
		return File{}, err
	}
	err = fill(w)
	if w.err != nil {
		err = w.err
	}
	if err != nil {
		return File{}, err
	}
	if err := tmp.Sync(); err != nil {
		return File{}, err
	}
	if err := tmp.Close(); err != nil {
		return File{}, err
	}
	return w.keep()
}

// writer is the one file being written. Its error sticks.
type writer struct {
	ctx     context.Context //nolint:containedctx // of the one Store call, which lives as long
	spool   *Spool
	file    *os.File
	hash    hash.Hash
	head    []byte
	size    int64
	checked int64 // size at which the disk was last asked
	// released bytes are not counted as being written any more.
	released int64
	kept     bool
	err      error
}

func (w *writer) Write(p []byte) (int, error) {
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.write(p)
	w.err = err
	return n, err
}

func (w *writer) write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	o := w.spool.o
	if o.MaxFileBytes > 0 && w.size+int64(len(p)) > o.MaxFileBytes {
		return 0, fmt.Errorf("%w: over %d bytes", ErrTooLarge, o.MaxFileBytes)
	}
	if err := w.spool.reserve(int64(len(p))); err != nil {
		return 0, err
	}
	w.size += int64(len(p)) // reserved, whether or not the disk takes it
	if w.size-w.checked >= checkEveryBytes {
		if err := w.room(); err != nil {
			return 0, err
		}
	}
	if missing := sniffBytes - len(w.head); missing > 0 {
		w.head = append(w.head, p[:min(missing, len(p))]...)
	}
	_, _ = w.hash.Write(p) // never fails
	return w.file.Write(p)
}

// room asks the disk whether it has more than is to be kept free.
func (w *writer) room() error {
	w.checked = w.size
	keep := w.spool.o.KeepFreeBytes
	if keep <= 0 {
		return nil
	}
	free, known := freeBytes(w.spool.dir)
	if known && free < keep {
		return fmt.Errorf("%w: %d bytes are free on the disk, %d are kept", ErrFull, free, keep)
	}
	return nil
}

// reserve counts n bytes in, or refuses them.
func (s *Spool) reserve(n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.o.MaxBytes > 0 {
		if err := s.count(); err != nil {
			return err
		}
		if s.stored+s.writing+n > s.o.MaxBytes {
			return fmt.Errorf("%w: files may take %d bytes", ErrFull, s.o.MaxBytes)
		}
	}
	s.writing += n
	return nil
}

// keep names the finished file by its hash. The name is on disk when it
// returns.
func (w *writer) keep() (File, error) {
	s := w.spool
	blob := hex.EncodeToString(w.hash.Sum(nil))
	path, err := s.path(blob)
	if err != nil {
		return File{}, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return File{}, err
	}
	if err := w.place(path); err != nil {
		return File{}, err
	}
	for _, dir := range []string{filepath.Dir(path), filepath.Join(s.dir, blobs)} {
		if err := syncDir(dir); err != nil {
			return File{}, err
		}
	}
	m := mimetype.Detect(w.head)
	plain, _, _ := strings.Cut(m.String(), ";")
	return File{Blob: blob, SizeBytes: w.size, MIME: plain, Extension: strings.TrimPrefix(m.Extension(), ".")}, nil
}

// place renames the file to path and dates it, both unseen by Expire. Where the
// same bytes lie already they only become young again.
func (w *writer) place(path string) error {
	s := w.spool
	now := s.o.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(path); err == nil {
		return os.Chtimes(path, now, now)
	}
	if err := os.Chtimes(w.file.Name(), now, now); err != nil {
		return err
	}
	if err := os.Rename(w.file.Name(), path); err != nil {
		return err
	}
	w.kept = true
	if s.counted {
		s.stored += w.size
	}
	w.release()
	return nil
}

// drop ends the writing and clears away a file that was not kept.
func (w *writer) drop() {
	_ = w.file.Close() // closed already when all went well
	if !w.kept {
		_ = os.Remove(w.file.Name())
	}
	w.spool.mu.Lock()
	defer w.spool.mu.Unlock()
	w.release()
}

// release ends the counting of the file as one being written. The lock is held.
func (w *writer) release() {
	w.spool.writing -= w.size - w.released
	w.released = w.size
}

// syncDir makes a rename in dir survive a power cut.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil // the file system has no such thing
	}
	return errors.Join(err, d.Close())
}
