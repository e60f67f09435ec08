package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"go.uber.org/goleak"

	"parom/core/store"
)

// Open opens a store; only errors that are the test's subject are returned.
type Open func(ctx context.Context, o store.Options) (*store.DB, error)

// suite is one run with one way of opening.
type suite struct{ open Open }

// Run proves the promises of package store for stores opened by open.
func Run(t *testing.T, open Open) {
	s := suite{open}
	for _, c := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"updates that wait share one commit", s.sharedCommit},
		{"updates run in the order they were handed in", s.order},
		{"a caller cancelled in mid-batch ends only its wait", s.cancelledCaller},
		{"an update cancelled before it began never runs", s.cancelledEarly},
		{"a panic in mid-batch hurts its caller only", s.panicking},
		{"a closure that ends its goroutine hurts its caller only", s.exiting},
		{"a refused row in mid-batch hurts its caller only", s.refusedRow},
		{"a refused deferred constraint hurts its caller only", s.deferredConstraint},
		{"a full disk in mid-batch hurts only who needs room", s.fullDisk},
		{"a closure that hides the full disk commits nothing", s.hiddenFullDisk},
		{"a closure cannot commit or roll back by itself", s.ownCommit},
		{"a transaction is over when its closure has returned", s.usedLate},
		{"wake-ups fire after the commit and before the answer", s.wakeUps},
		{"wake-ups of what was rolled back never fire", s.droppedWakeUps},
		{"wake-ups fire once when a batch is run again", s.wakeUpsOnce},
		{"savepoints nest like a model of them", s.savepoints},
		{"a statement may be run while its rows are read", s.nestedRows},
		{"rows left open are closed", s.openRows},
		{"insert gives the id of the new row", s.insertID},
		{"now stays the same through a closure", s.now},
		{"a view is a snapshot", s.snapshot},
		{"a view refuses to write", s.viewWrites},
		{"a view's statement ends with its context", s.viewCancelled},
		{"close finishes what was accepted and refuses the rest", s.closing},
		{"close interrupts a read that does not end", s.closingLongRead},
		{"the log stays bounded", s.logBounded},
		{"a kill before the commit leaves nothing", s.killBeforeCommit},
		{"a kill after the commit leaves everything", s.killAfterCommit},
		{"a kill at any moment loses nothing acknowledged", s.killAnytime},
		{"a second process is refused while the first lives", s.locked},
		{"a second open of this process is refused", s.lockedHere},
		{"a file that is no database is refused and left alone", s.noDatabase},
		{"a file cut short is refused and left alone", s.cutShort},
		{"a file with a damaged page is refused", s.damagedPage},
		{"a newer schema is refused and left alone", s.newerSchema},
		{"a migration that fails leaves nothing", s.failedMigration},
		{"a backup is whole while writing goes on", s.backup},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) }) // the last one to run
			c.run(t)
		})
	}
}

// scratch is the schema of the suite, apart from the gateway's own.
func scratch(later ...string) fstest.MapFS {
	files := fstest.MapFS{"0001_init.sql": {Data: []byte(`-- +goose Up
CREATE TABLE items (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body BLOB);
CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items(id) DEFERRABLE INITIALLY DEFERRED);
`)}}
	for i, sql := range later {
		files[fmt.Sprintf("%04d_later.sql", i+2)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql)}
	}
	return files
}

// at fills in what most tests share; dir is where the file lies.
func at(dir string) store.Options {
	return store.Options{Path: filepath.Join(dir, "parom.db"), Migrations: scratch()}
}

// start opens a fresh store and closes it when the test ends.
func (s suite) start(t *testing.T, change ...func(*store.Options)) *store.DB {
	t.Helper()
	o := at(t.TempDir())
	for _, c := range change {
		c(&o)
	}
	return s.reopen(t, o)
}

func (s suite) reopen(t *testing.T, o store.Options) *store.DB {
	t.Helper()
	d, err := s.open(t.Context(), o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { must(t, d.Close()) })
	return d
}

// put adds an item.
func put(tx *store.Tx, key string) error {
	_, err := tx.Insert(`INSERT INTO items (key) VALUES ($1) RETURNING id`, key)
	return err
}

func putting(key string) func(*store.Tx) error {
	return func(tx *store.Tx) error { return put(tx, key) }
}

// keys lists the items in the order they were added, as a new reader sees them.
func keys(t *testing.T, d *store.DB) []string {
	t.Helper()
	var all []string
	must(t, d.View(context.Background(), func(tx *store.Tx) (err error) {
		all, err = readKeys(tx)
		return err
	}))
	return all
}

func readKeys(tx *store.Tx) ([]string, error) {
	rows, err := tx.Query(`SELECT key FROM items ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var k string
		if err := rows.Scan(&k); err != nil {
			return nil, err
		}
		all = append(all, k)
	}
	return all, rows.Err()
}

func wantKeys(t *testing.T, d *store.DB, want ...string) {
	t.Helper()
	if got := keys(t, d); !slices.Equal(got, want) {
		t.Errorf("items are %q, want %q", got, want)
	}
}

// batch holds the writer inside a closure while others queue behind it, so
// that a test decides who shares a commit with whom and in which order.
type batch struct {
	t     *testing.T
	d     *store.DB
	open  chan struct{}
	calls []*call
}

// call is one Update under way.
type call struct {
	done chan struct{}
	err  error
}

func (c *call) wait() error {
	<-c.done
	return c.err
}

func begin(ctx context.Context, d *store.DB, fn func(*store.Tx) error) *call {
	c := &call{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.err = d.Update(ctx, fn)
	}()
	return c
}

// hold begins a batch with a closure that adds the item "gate".
func hold(t *testing.T, d *store.DB) *batch {
	b := &batch{t: t, d: d, open: make(chan struct{})}
	running := make(chan struct{})
	var once sync.Once
	b.calls = append(b.calls, begin(context.Background(), d, func(tx *store.Tx) error {
		once.Do(func() { close(running) })
		<-b.open // at once when the closure runs again
		return put(tx, "gate")
	}))
	<-running
	return b
}

// add queues one more.
func (b *batch) add(fn func(*store.Tx) error) *call {
	b.t.Helper()
	return b.addCtx(context.Background(), fn)
}

func (b *batch) addCtx(ctx context.Context, fn func(*store.Tx) error) *call {
	b.t.Helper()
	c := begin(ctx, b.d, fn)
	b.calls = append(b.calls, c)
	eventually(b.t, "the update is queued", func() bool { return b.d.Stats().Waiting == len(b.calls)-1 })
	return c
}

// release lets the batch go and waits for everybody's answer.
func (b *batch) release() {
	close(b.open)
	for _, c := range b.calls {
		_ = c.wait()
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("unexpected error: %v", err)
	}
}

func wantErr(t *testing.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("error is %v, want %v", got, want)
	}
}

// eventually waits for something another goroutine is about to do.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

func blob(sizeBytes int) []byte { return bytes.Repeat([]byte("x"), sizeBytes) }
