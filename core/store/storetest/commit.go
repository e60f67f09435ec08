package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"parom/core/store"
)

func (s suite) sharedCommit(t *testing.T) {
	d := s.start(t)
	b := hold(t, d)
	for i := range 20 {
		b.add(putting(fmt.Sprint(i)))
	}
	before := d.Stats().Commits
	b.release()
	for _, c := range b.calls {
		must(t, c.err)
	}
	if n := d.Stats().Commits - before; n != 1 {
		t.Errorf("%d commits for %d updates that waited, want 1", n, len(b.calls))
	}
	if n := len(keys(t, d)); n != len(b.calls) {
		t.Errorf("%d items, want %d", n, len(b.calls))
	}
}

func (s suite) order(t *testing.T) {
	d := s.start(t, func(o *store.Options) { o.BatchMax = 8 }) // several batches
	b := hold(t, d)
	want := []string{"gate"}
	for i := range 8 {
		b.add(putting(fmt.Sprint(i)))
		want = append(want, fmt.Sprint(i))
	}
	b.release()
	must(t, d.Update(t.Context(), putting("last")))
	wantKeys(t, d, append(want, "last")...)
}

// The case of failures.md 47: a cancelled context was seen to end everybody's
// transaction in its middle and to commit half of it.
func (s suite) cancelledCaller(t *testing.T) {
	d := s.start(t)
	b := hold(t, d)
	b.add(putting("before"))
	ctx, cancel := context.WithCancel(context.Background())
	half, gone := make(chan struct{}), make(chan struct{})
	c := b.addCtx(ctx, func(tx *store.Tx) error {
		if err := put(tx, "half"); err != nil {
			return err
		}
		close(half)
		<-gone // the caller has given up between our statements
		return put(tx, "whole")
	})
	b.add(putting("after"))
	close(b.open)
	<-half
	cancel()
	wantErr(t, c.wait(), context.Canceled)
	close(gone)
	for _, o := range b.calls {
		if o != c {
			must(t, o.wait())
		}
	}
	wantKeys(t, d, "gate", "before", "half", "whole", "after")
}

func (s suite) cancelledEarly(t *testing.T) {
	d := s.start(t)
	b := hold(t, d)
	ctx, cancel := context.WithCancel(context.Background())
	c := b.addCtx(ctx, putting("never"))
	b.add(putting("after"))
	cancel()
	wantErr(t, c.wait(), context.Canceled)
	b.release()
	wantErr(t, d.Update(ctx, putting("nor this")), context.Canceled)
	wantKeys(t, d, "gate", "after")
}

func (s suite) panicking(t *testing.T) {
	d := s.start(t)
	b := hold(t, d)
	b.add(putting("before"))
	p := b.add(func(tx *store.Tx) error {
		if err := put(tx, "lost"); err != nil {
			return err
		}
		panic("customer's own words")
	})
	b.add(putting("after"))
	b.release()
	var pe *store.PanicError
	if !errors.As(p.err, &pe) || len(pe.Stack) == 0 {
		t.Fatalf("error is %v, want a PanicError with its stack", p.err)
	}
	if got := p.err.Error(); got != "store: closure panicked with a string" {
		t.Errorf("error text is %q; it must not show the value", got)
	}
	if n := d.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted, want 1", n)
	}
	wantKeys(t, d, "gate", "before", "after")
}

func (s suite) exiting(t *testing.T) {
	d := s.start(t)
	for round := range 2 { // the second shows that the writer still stands
		b := hold(t, d)
		b.add(putting(fmt.Sprint("before", round)))
		x := b.add(func(tx *store.Tx) error {
			if err := put(tx, "lost"); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
		b.add(putting(fmt.Sprint("after", round)))
		b.release()
		if x.err == nil {
			t.Error("no error for a closure that ended its goroutine")
		}
		must(t, d.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`UPDATE items SET key = $1 WHERE key = 'gate'`, fmt.Sprint("gate", round))
			return err
		}))
	}
	wantKeys(t, d, "gate0", "before0", "after0", "gate1", "before1", "after1")
}

func (s suite) refusedRow(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), putting("taken")))
	b := hold(t, d)
	b.add(putting("before"))
	viaInsert := b.add(func(tx *store.Tx) error {
		if err := put(tx, "lost"); err != nil {
			return err
		}
		return put(tx, "taken")
	})
	viaScan := b.add(func(tx *store.Tx) error {
		var id int64
		err := tx.QueryRow(`INSERT INTO items (key) VALUES ($1) RETURNING id`, "taken").Scan(&id)
		if !store.IsDuplicate(err) {
			t.Errorf("scan's error is %v, want a duplicate", err)
		}
		return err
	})
	notNull := b.add(func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO items (key) VALUES (NULL)`)
		return err
	})
	handled := b.add(func(tx *store.Tx) error {
		if err := put(tx, "taken"); !errors.Is(err, store.ErrDuplicate) {
			t.Errorf("error is %v, want ErrDuplicate", err)
		}
		return put(tx, "instead")
	})
	b.release()
	wantErr(t, viaInsert.err, store.ErrDuplicate)
	wantErr(t, viaScan.err, store.ErrDuplicate)
	wantErr(t, notNull.err, store.ErrConstraint)
	if errors.Is(notNull.err, store.ErrDuplicate) {
		t.Error("a missing value is called a duplicate")
	}
	must(t, handled.err)
	if n := d.Stats().Retries; n != 0 {
		t.Errorf("batch was run again %d times for a refused row", n)
	}
	wantKeys(t, d, "taken", "gate", "before", "instead")
}

// A deferred constraint is only looked at by COMMIT, which then fails for all.
func (s suite) deferredConstraint(t *testing.T) {
	d := s.start(t)
	b := hold(t, d)
	b.add(putting("before"))
	orphan := b.add(func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO parts (item) VALUES (12345)`)
		return err
	})
	b.add(putting("after"))
	b.release()
	wantErr(t, orphan.err, store.ErrConstraint)
	for _, c := range b.calls {
		if c != orphan {
			must(t, c.err)
		}
	}
	wantKeys(t, d, "gate", "before", "after")
}

// limit lets the file grow by so many pages from now.
func limit(t *testing.T, d *store.DB, pages int) {
	t.Helper()
	must(t, d.Update(context.Background(), func(tx *store.Tx) error {
		var n int
		if err := tx.QueryRow(`PRAGMA page_count`).Scan(&n); err != nil {
			return err
		}
		return tx.QueryRow(fmt.Sprintf(`PRAGMA max_page_count = %d`, n+pages)).Scan(&n)
	}))
}

func (s suite) fullDisk(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), putting("old")))
	limit(t, d, 4)
	b := hold(t, d)
	b.add(putting("before"))
	greedy := b.add(func(tx *store.Tx) error {
		if err := put(tx, "lost"); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO items (key, body) VALUES ($1, $2)`, "greedy", blob(100_000))
		return err
	})
	b.add(putting("after"))
	b.release()
	wantErr(t, greedy.err, store.ErrFull)
	for _, c := range b.calls {
		if c != greedy {
			must(t, c.err)
		}
	}
	wantKeys(t, d, "old", "gate", "before", "after")
	st := d.Stats()
	if st.Retries == 0 {
		t.Error("the batch was not run again: the disk was not full in its middle, the test proves nothing")
	}
	if !errors.Is(st.LastError, store.ErrFull) {
		t.Errorf("last error is %v, want ErrFull", st.LastError)
	}
	limit(t, d, 1000)
	must(t, d.Update(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec(`INSERT INTO items (key, body) VALUES ($1, $2)`, "greedy", blob(100_000))
		return err
	}))
	wantKeys(t, d, "old", "gate", "before", "after", "greedy")
}

// Once the disk has ended the transaction, the next statement would be a
// transaction of its own and stay for good, and COMMIT would find nothing.
func (s suite) hiddenFullDisk(t *testing.T) {
	d := s.start(t)
	limit(t, d, 4)
	b := hold(t, d)
	b.add(putting("before"))
	var again []error
	hiding := b.add(func(tx *store.Tx) error {
		again = nil
		var n int
		_ = tx.QueryRow(`INSERT INTO items (key, body) VALUES ($1, $2)`, "greedy", blob(100_000)).Scan(&n)
		again = append(again, put(tx, "half"), tx.Savepoint(func() error { return put(tx, "quarter") }))
		_, err := tx.Query(`SELECT 1`)
		again = append(again, err, tx.QueryRow(`SELECT 1`).Scan(&n))
		return nil
	})
	b.add(putting("after"))
	b.release()
	if hiding.err == nil {
		t.Error("the closure's update was called durable")
	}
	for i, err := range again {
		if err == nil {
			t.Errorf("statement %d ran outside of the transaction", i)
		}
	}
	wantKeys(t, d, "gate", "before", "after")
}

func (s suite) ownCommit(t *testing.T) {
	for _, verb := range []string{"COMMIT", "ROLLBACK", "RELEASE s0", "END"} {
		t.Run(verb, func(t *testing.T) {
			d := s.start(t)
			b := hold(t, d)
			b.add(putting("before"))
			bad := b.add(func(tx *store.Tx) error {
				if err := put(tx, "lost"); err != nil {
					return err
				}
				_, _ = tx.Exec(verb)
				_ = put(tx, "half")
				return nil
			})
			b.add(putting("after"))
			b.release()
			if bad.err == nil {
				t.Error("no error")
			}
			wantKeys(t, d, "gate", "before", "after")
		})
	}
}

func (s suite) usedLate(t *testing.T) {
	d := s.start(t)
	var kept *store.Tx
	must(t, d.Update(t.Context(), func(tx *store.Tx) error { kept = tx; return put(tx, "a") }))
	wantErr(t, put(kept, "late"), store.ErrDone)
	wantErr(t, kept.Savepoint(func() error { return nil }), store.ErrDone)
	wantKeys(t, d, "a")
}

func (s suite) closing(t *testing.T) {
	o := at(t.TempDir())
	d, err := s.open(t.Context(), o)
	must(t, err)
	b := hold(t, d)
	for i := range 10 {
		b.add(putting(fmt.Sprint(i)))
	}
	closed := make(chan error, 1)
	go func() { closed <- d.Close() }()
	b.release()
	for _, c := range b.calls {
		must(t, c.err)
	}
	must(t, <-closed)
	must(t, d.Close())
	wantErr(t, d.Update(t.Context(), putting("late")), store.ErrClosed)
	wantErr(t, d.View(t.Context(), func(*store.Tx) error { return nil }), store.ErrClosed)
	d = s.reopen(t, o)
	if got := keys(t, d); len(got) != 11 || !slices.Contains(got, "9") {
		t.Errorf("after closing the items are %q", got)
	}
}
