package store

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
)

var benchSchema = fstest.MapFS{"0001_init.sql": &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE m (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, at INTEGER NOT NULL, body TEXT NOT NULL);
`)}}

// BenchmarkUpdate_OneRowEach is the rate of durable single-row updates.
func BenchmarkUpdate_OneRowEach(b *testing.B) {
	for _, n := range []int{1, 64, 256} {
		b.Run(fmt.Sprintf("%d in flight", n), func(b *testing.B) {
			ctx := context.Background()
			d, err := Open(ctx, Options{Path: filepath.Join(b.TempDir(), "a.db"), Migrations: benchSchema, BatchMax: max(64, n)})
			if err != nil {
				b.Fatal(err)
			}
			defer d.Close()
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for g := range n {
				wg.Go(func() {
					for i := g; i < b.N; i += n {
						err := d.Update(ctx, func(t *Tx) error {
							_, err := t.Insert(`INSERT INTO m (key, at, body) VALUES ($1, $2, $3) RETURNING id`, fmt.Sprintf("key-%d", i), Micros(t.Now()), "a message of some length, as customers write them")
							return err
						})
						if err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			s := d.Stats()
			b.ReportMetric(float64(s.Commits)/b.Elapsed().Seconds(), "commits/s")
			b.ReportMetric(float64(s.Updates)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(s.Updates)/float64(s.Commits), "rows/commit")
		})
	}
}

// BenchmarkView_OneLookup is one read snapshot with one look-up in it.
func BenchmarkView_OneLookup(b *testing.B) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d, err := Open(ctx, Options{Path: filepath.Join(b.TempDir(), "a.db"), Migrations: benchSchema})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	b.ReportAllocs()
	for b.Loop() {
		err := d.View(ctx, func(t *Tx) error {
			var n int
			return t.QueryRow(`SELECT count(*) FROM m WHERE id = $1`, 1).Scan(&n)
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
