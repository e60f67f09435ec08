package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"

	"parom/core/store"
)

// diary is what happened in order, written from several goroutines.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) add(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

func (d *diary) want(t *testing.T, want ...string) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Equal(d.lines, want) {
		t.Errorf("happened %q, want %q", d.lines, want)
	}
}

func (s suite) wakeUps(t *testing.T) {
	var log diary
	d := s.start(t, func(o *store.Options) { o.Trap = log.add })
	b := hold(t, d)
	for _, k := range []string{"a", "b"} {
		b.add(func(tx *store.Tx) error {
			tx.OnCommit(func() {
				var n int
				err := d.View(context.Background(), func(v *store.Tx) error {
					return v.QueryRow(`SELECT count(*) FROM items`).Scan(&n)
				})
				log.add(fmt.Sprint(k, " sees ", n, " ", err))
			})
			tx.OnCommit(func() { panic("a wake-up that fails keeps nobody from the others") })
			tx.OnCommit(func() { log.add(k + " again") })
			return put(tx, k)
		})
	}
	b.release()
	log.add("answered")
	log.want(t, store.TrapBeforeCommit, store.TrapAfterCommit,
		"a sees 3 <nil>", "a again", "b sees 3 <nil>", "b again", "answered")
}

func (s suite) droppedWakeUps(t *testing.T) {
	var log, complaints diary
	d := s.start(t, func(o *store.Options) {
		o.Log = slog.New(slog.NewTextHandler(writerFunc(complaints.add), &slog.HandlerOptions{Level: slog.LevelWarn}))
	})
	fail := errors.New("no")
	err := d.Update(t.Context(), func(tx *store.Tx) error {
		tx.OnCommit(func() { log.add("of a failed closure") })
		return fail
	})
	wantErr(t, err, fail)
	must(t, d.Update(t.Context(), func(tx *store.Tx) error {
		tx.OnCommit(func() { log.add("first") })
		wantErr(t, tx.Savepoint(func() error {
			tx.OnCommit(func() { log.add("of a failed savepoint") })
			return errors.Join(tx.Savepoint(func() error {
				tx.OnCommit(func() { log.add("of a good one inside a failed one") })
				return nil
			}), fail)
		}), fail)
		must(t, tx.Savepoint(func() error {
			tx.OnCommit(func() { log.add("second") })
			return nil
		}))
		tx.OnCommit(func() { log.add("third") })
		return nil
	}))
	must(t, d.View(t.Context(), func(tx *store.Tx) error {
		tx.OnCommit(func() { log.add("of a view") })
		return nil
	}))
	log.want(t, "first", "second", "third")
	complaints.want(t)
}

// writerFunc is a Writer for logs.
type writerFunc func(string)

func (f writerFunc) Write(b []byte) (int, error) {
	f(string(b))
	return len(b), nil
}

func (s suite) wakeUpsOnce(t *testing.T) {
	var log diary
	d := s.start(t)
	runs := 0
	b := hold(t, d)
	b.add(func(tx *store.Tx) error {
		runs++
		tx.OnCommit(func() { log.add("wake") })
		return put(tx, "a")
	})
	b.add(func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO parts (item) VALUES (12345)`)
		return err
	})
	b.release()
	if runs != 2 {
		t.Errorf("closure ran %d times, want 2: the batch fails at its commit", runs)
	}
	log.want(t, "wake")
}
