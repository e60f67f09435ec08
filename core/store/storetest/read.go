package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"parom/core"
	"parom/core/store"
)

func (s suite) snapshot(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), putting("a")))
	b := hold(t, d)
	wantKeys(t, d, "a") // what is not committed is seen by nobody
	must(t, d.View(t.Context(), func(tx *store.Tx) error {
		first, err := readKeys(tx)
		must(t, err)
		b.release()
		must(t, d.Update(context.Background(), putting("later")))
		second, err := readKeys(tx)
		must(t, err)
		if len(first) != 1 || len(second) != 1 {
			t.Errorf("snapshot was %q, then %q", first, second)
		}
		return nil
	}))
	wantKeys(t, d, "a", "gate", "later")
}

func (s suite) viewWrites(t *testing.T) {
	d := s.start(t)
	err := d.View(t.Context(), putting("a"))
	if err == nil {
		t.Error("a view wrote")
	}
	wantKeys(t, d)
	fail := errors.New("no")
	wantErr(t, d.View(t.Context(), func(*store.Tx) error { return fail }), fail)
}

// endless is a query that does not end within anybody's patience.
const endless = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n`

func (s suite) viewCancelled(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), putting("a")))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	err := d.View(ctx, func(tx *store.Tx) error {
		var n int
		return tx.QueryRow(endless).Scan(&n)
	})
	wantErr(t, err, context.DeadlineExceeded)
	wantKeys(t, d, "a") // the connection still works
}

func (s suite) closingLongRead(t *testing.T) {
	o := at(t.TempDir())
	clock := &rushed{Clock: core.SystemClock()}
	o.Clock = clock
	d, err := s.open(t.Context(), o)
	must(t, err)
	reading, read := make(chan struct{}), make(chan error, 1)
	go func() {
		read <- d.View(context.Background(), func(tx *store.Tx) error {
			close(reading)
			var n int
			return tx.QueryRow(endless).Scan(&n)
		})
	}()
	<-reading
	must(t, d.Close())
	wantErr(t, <-read, context.Canceled)
}

// rushed is a clock whose first timer fires at once.
type rushed struct {
	core.Clock
	used atomic.Bool
}

func (c *rushed) NewTimer(d time.Duration) core.Timer {
	if c.used.CompareAndSwap(false, true) {
		d = 0
	}
	return c.Clock.NewTimer(d)
}

func (s suite) nestedRows(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), func(tx *store.Tx) error {
		for _, k := range []string{"a", "b", "c"} {
			must(t, put(tx, k))
		}
		const q = `SELECT id, key FROM items WHERE id >= $1 ORDER BY id`
		var seen []string
		rows, err := tx.Query(q, 1)
		must(t, err)
		defer rows.Close()
		for rows.Next() {
			var id int
			var k string
			must(t, rows.Scan(&id, &k))
			inner, err := tx.Query(q, id)
			must(t, err)
			n := 0
			for inner.Next() {
				n++
			}
			must(t, inner.Close())
			var first string
			must(t, tx.QueryRow(q, id).Scan(&id, &first))
			seen = append(seen, fmt.Sprint(k, n, first))
		}
		must(t, rows.Err())
		if got := fmt.Sprint(seen); got != "[a3a b2b c1c]" {
			t.Errorf("read %s", got)
		}
		return nil
	}))
}

func (s suite) openRows(t *testing.T) {
	d := s.start(t)
	forget := func(tx *store.Tx) error {
		if _, err := tx.Exec(`INSERT INTO items (key) VALUES ($1) ON CONFLICT (key) DO NOTHING`, "a"); err != nil {
			return err
		}
		for range 2 { // the second is prepared for one use
			rows, err := tx.Query(`SELECT key FROM items`)
			if err != nil || !rows.Next() {
				return fmt.Errorf("no row: %w", err)
			}
		}
		return nil
	}
	for range 3 {
		must(t, d.Update(t.Context(), forget))
	}
	must(t, d.View(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Query(`SELECT key FROM items`)
		return err
	}))
	wantKeys(t, d, "a")
}

func (s suite) insertID(t *testing.T) {
	d := s.start(t)
	must(t, d.Update(t.Context(), func(tx *store.Tx) error {
		for i, query := range []string{
			`INSERT INTO items (key) VALUES ($1) RETURNING id`,
			"INSERT INTO items (key)\n\tVALUES ($1)\n\tRETURNING id",
			`INSERT INTO items (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET body = NULL RETURNING id`,
			`INSERT INTO items (key) SELECT $1 RETURNING id`,
		} {
			key := fmt.Sprint("k", i)
			id, err := tx.Insert(query, key)
			must(t, err)
			var got string
			must(t, tx.QueryRow(`SELECT key FROM items WHERE id = $1`, id).Scan(&got))
			if got != key {
				t.Errorf("%s: id %d is of %q, want %q", query, id, got, key)
			}
		}
		id, err := tx.Insert(`INSERT INTO items (key) VALUES ($1) ON CONFLICT (key) DO UPDATE SET body = NULL RETURNING id`, "k1")
		if err != nil || id != 2 {
			t.Errorf("id of the row that was there is %d, %v, want 2", id, err)
		}
		_, err = tx.Insert(`INSERT INTO items (key) VALUES ($1) ON CONFLICT (key) DO NOTHING RETURNING id`, "k1")
		wantErr(t, err, sql.ErrNoRows)
		n, err := tx.Exec(`UPDATE items SET body = $1 WHERE id < $2`, []byte{1}, 3)
		if n != 2 || err != nil {
			t.Errorf("rows changed: %d, %v", n, err)
		}
		return nil
	}))
}

func (s suite) now(t *testing.T) {
	d := s.start(t)
	begun := time.Now().Add(-time.Microsecond)
	must(t, d.Update(t.Context(), func(tx *store.Tx) error {
		now := tx.Now()
		if now != tx.Now() || now.Location() != time.UTC || now.Before(begun) || now.After(time.Now()) {
			t.Errorf("now is %v", now)
		}
		if back := store.Time(store.Micros(now)); back != now {
			t.Errorf("%v comes back from the database as %v", now, back)
		}
		return nil
	}))
	if store.Micros(time.Time{}) != 0 || !store.Time(0).IsZero() {
		t.Error("the zero time is not 0")
	}
}

func (s suite) logBounded(t *testing.T) {
	o := at(t.TempDir())
	o.NoSync = true
	d := s.reopen(t, o)
	body := blob(16 << 10)
	var peak int64
	for i := range 120 {
		must(t, d.Update(t.Context(), func(tx *store.Tx) error {
			for j := range 40 {
				if _, err := tx.Exec(`INSERT INTO items (key, body) VALUES ($1, $2)`, fmt.Sprint(i, "-", j), body); err != nil {
					return err
				}
			}
			return nil
		}))
		st, err := os.Stat(o.Path + "-wal")
		must(t, err)
		peak = max(peak, st.Size())
	}
	// 78 MB were written. The bound is 16 MB and what is written while a copy runs.
	if peak > 24<<20 {
		t.Errorf("the log grew to %d bytes", peak)
	}
	if d.Stats().Checkpoints == 0 {
		t.Error("no checkpoint was counted")
	}
}
