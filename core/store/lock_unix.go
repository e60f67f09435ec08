//go:build unix

package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// fileLock keeps a second process away from the data file. It is an flock on a
// file beside it: the kernel drops it when the process dies however it dies,
// so there is nothing to clean up after a crash. The file itself stays.
type fileLock struct{ f *os.File }

// acquireLock fails with ErrLocked, naming the other process where it can.
func acquireLock(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: open lock file: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		l := &fileLock{f}
		// The pid is a courtesy for the error text; the lock stands without it.
		if f.Truncate(0) == nil {
			_, _ = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		}
		return l, nil
	}
	defer f.Close()
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("store: lock %s: %w", path, err)
	}
	b, _ := io.ReadAll(io.LimitReader(f, 32))
	if pid := strings.TrimSpace(string(b)); pid != "" {
		return nil, fmt.Errorf("%w (process %s holds %s)", ErrLocked, pid, path)
	}
	return nil, fmt.Errorf("%w (%s is held)", ErrLocked, path)
}

func (l *fileLock) release() error { return l.f.Close() }
