package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	"parom/core/store"
)

var diskSchema = fstest.MapFS{"0001_init.sql": {Data: []byte(`-- +goose Up
CREATE TABLE items (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB);
`)}}

// fillUp has eight callers add pairs of rows until each is refused, and gives
// which were acknowledged and which refused.
func fillUp(t *testing.T, d *store.DB, round string) (acked, refused []string) {
	t.Helper()
	body := make([]byte, 3000)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; i < 5000; i++ {
				key := fmt.Sprintf("%s-%d-%d", round, g, i)
				err := d.Update(context.Background(), func(tx *store.Tx) error {
					for _, half := range []string{"a", "b"} {
						if _, err := tx.Exec(`INSERT INTO items (key, body) VALUES ($1, $2)`, key+half, body); err != nil {
							return err
						}
					}
					return nil
				})
				mu.Lock()
				if err == nil {
					acked = append(acked, key)
				} else {
					refused = append(refused, key)
				}
				mu.Unlock()
				if err != nil {
					if !errors.Is(err, store.ErrFull) {
						t.Errorf("error is %v, want ErrFull", err)
					}
					return
				}
			}
			t.Error("the disk never filled up")
		})
	}
	wg.Wait()
	return acked, refused
}

// wantWhole shows that what was acknowledged is there, what was refused is
// not, and nothing is half-written.
func wantWhole(t *testing.T, d *store.DB, acked, refused []string) {
	t.Helper()
	if err := d.Check(t.Context()); err != nil {
		t.Error(err)
	}
	err := d.View(t.Context(), func(tx *store.Tx) error {
		count := func(key string) (n int) {
			if err := tx.QueryRow(`SELECT count(*) FROM items WHERE key IN ($1, $2)`, key+"a", key+"b").Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		}
		for _, k := range acked {
			if n := count(k); n != 2 {
				t.Errorf("%s was acknowledged, %d of its 2 rows are there", k, n)
			}
		}
		for _, k := range refused {
			if n := count(k); n != 0 {
				t.Errorf("%s was refused, %d of its rows are there", k, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestUpdate_GoesOnWhenAFullDiskHasRoomAgain(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("skipped: mounting a small disk needs rights this process does not have: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	o := store.Options{Path: filepath.Join(dir, "parom.db"), Migrations: diskSchema}
	d, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	acked, refused := fillUp(t, d, "first")
	if len(acked) == 0 || len(refused) != 8 {
		t.Fatalf("%d acknowledged, %d refused: the test proves nothing", len(acked), len(refused))
	}
	wantWhole(t, d, acked, refused)
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	more, moreRefused := fillUp(t, d, "second")
	if len(more) == 0 {
		t.Error("nothing was written after there was room again")
	}
	acked, refused = append(acked, more...), append(refused, moreRefused...)
	wantWhole(t, d, acked, refused)
	// The log may not fit into the file now; then Close says so and it stays.
	if err := d.Close(); err != nil && !errors.Is(err, store.ErrFull) {
		t.Errorf("close: %v", err)
	}
	if _, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "new.db"), Migrations: diskSchema}); !errors.Is(err, store.ErrFull) {
		t.Errorf("opening a new file on a full disk: %v, want ErrFull", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	d, err = store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	wantWhole(t, d, acked, refused)
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// A quota or a file size limit refuses the write itself, not the room for it.
func TestUpdate_GoesOnWhenALimitIsLifted(t *testing.T) {
	const env = "PAROM_STORE_LIMITED"
	if os.Getenv(env) == "" {
		cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.count=1")
		cmd.Env = append(os.Environ(), env+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	d, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "parom.db"), Migrations: diskSchema})
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	acked, refused := fillUp(t, d, "first")
	wantWhole(t, d, acked, refused)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 2 << 20, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	more, moreRefused := fillUp(t, d, "second")
	if len(acked) == 0 || len(more) == 0 {
		t.Errorf("%d acknowledged under the limit, %d after it was lifted", len(acked), len(more))
	}
	wantWhole(t, d, append(acked, more...), append(refused, moreRefused...))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
