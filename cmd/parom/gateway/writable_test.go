package gateway

import (
	"path/filepath"
	"testing"
	"time"

	"parom/core/coretest"
	"parom/core/store"
)

func TestWritable_CostsACommitOnlyWhenNothingElseTells(t *testing.T) {
	clock := coretest.NewClock(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "a.db"), Clock: clock, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	w := writable{db: db, clock: clock}
	spent := func() uint64 {
		t.Helper()
		before := db.Stats().Commits
		if err := w.check(t.Context()); err != nil {
			t.Fatal(err)
		}
		return db.Stats().Commits - before
	}
	work := func() {
		t.Helper()
		if err := db.Update(t.Context(), func(x *store.Tx) error { return x.SetSetting("a", "b") }); err != nil {
			t.Fatal(err)
		}
	}
	if n := spent(); n != 1 {
		t.Errorf("the first question cost %d commits", n)
	}
	for range 5 {
		clock.Advance(time.Second)
		if n := spent(); n != 0 {
			t.Errorf("asked again at once it cost %d", n)
		}
	}
	work()
	clock.Advance(4 * time.Second)
	if n := spent(); n != 0 {
		t.Errorf("with work between it cost %d", n)
	}
	clock.Advance(9 * time.Second) // more than ten since the commit of its own
	if n := spent(); n != 0 {
		t.Errorf("soon after work it cost %d", n)
	}
	work()
	clock.Advance(time.Hour) // that work tells nothing of now
	if n := spent(); n != 1 {
		t.Errorf("an hour later it cost %d", n)
	}
	clock.Advance(time.Hour)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if w.check(t.Context()) == nil {
		t.Error("a closed store can be written")
	}
}
