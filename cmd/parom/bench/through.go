package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"parom/core/store"
)

// rounds is how often each rate is measured, the gateway and the floor in turn.
const rounds = 2

// throughput measures intake → sent and intake alone, each beside its floor.
func (b *bench) throughput(ctx context.Context) error {
	to, err := newResponder(ctx)
	if err != nil {
		return err
	}
	defer to.close()
	var carried, taken, floorCarried, bare []float64
	for round := range rounds {
		dir := filepath.Join(b.dir, fmt.Sprintf("round%d", round))
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
		post, err := b.ours(ctx, dir, to, round, &carried, &taken)
		if err != nil {
			return err
		}
		if err := b.floors(ctx, dir, to, post, &floorCarried, &bare); err != nil {
			return err
		}
	}
	b.tell("intake to sent", mean(carried), "messages/s")
	b.tell("its floor", mean(floorCarried), "messages/s")
	b.line("intake to sent / floor", mean(carried)/mean(floorCarried), "ratio", atLeast(0.6))
	b.tell("intake alone", mean(taken), "messages/s")
	b.tell("bare inserts", mean(bare), "messages/s")
	b.line("intake alone / bare inserts", mean(taken)/mean(bare), "ratio", atLeast(0.4))
	return nil
}

func mean(vs []float64) (sum float64) {
	for _, v := range vs {
		sum += v
	}
	return sum / float64(max(1, len(vs)))
}

// ours measures the gateway; it returns the size of a POST in bytes.
func (b *bench) ours(ctx context.Context, dir string, to *responder, round int, carried, taken *[]float64) (postBytes int, err error) {
	h, err := newHouse(ctx, dir, to)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	h.send(ctx)
	if err := h.warm(ctx); err != nil {
		return 0, fmt.Errorf("warm up: %w", err)
	}
	before, rows, err := h.counts(ctx)
	if err != nil {
		return 0, err
	}
	sends, bytes, calls := to.sends.Load(), to.bytes.Load(), to.calls.Load()
	rate, err := h.carry(ctx, b.Span)
	if err != nil {
		return 0, err
	}
	*carried = append(*carried, rate)
	if err := h.settle(ctx); err != nil {
		return 0, err
	}
	after, rowsAfter, err := h.counts(ctx)
	if err != nil {
		return 0, err
	}
	sends = to.sends.Load() - sends
	postBytes = int((to.bytes.Load() - bytes) / max(1, sends))
	if round == 0 {
		n := float64(sends)
		b.tell("commits per message", float64(after.Commits-before.Commits)/n, "commits")
		b.tell("transactions per message", float64(after.Updates-before.Updates)/n, "transactions")
		b.tell("calls per message", float64(to.calls.Load()-calls)/n, "calls")
		b.note("rows per message", fmt.Sprintf("%.2f", total(rowsAfter, rows)/n), perTable(rowsAfter, rows, n))
	}
	h.stop()
	if err := <-h.done; err != nil {
		return 0, err
	}
	h.stop = nil
	rate, err = pump(ctx, b.Span, func(ctx context.Context, _ int) error {
		_, err := h.take(ctx)
		return err
	})
	*taken = append(*taken, rate)
	return postBytes, err
}

// counts are the store's counters and the rows of each table.
func (h *house) counts(ctx context.Context) (store.Stats, map[string]int64, error) {
	rows := map[string]int64{}
	err := h.db.View(ctx, func(t *store.Tx) error {
		var names []string
		rs, err := t.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%'`)
		if err != nil {
			return err
		}
		defer rs.Close()
		for rs.Next() {
			var name string
			if err := rs.Scan(&name); err != nil {
				return err
			}
			names = append(names, name)
		}
		if err := rs.Err(); err != nil {
			return err
		}
		for _, name := range names {
			var n int64
			if err := t.QueryRow(`SELECT count(*) FROM ` + name).Scan(&n); err != nil {
				return err
			}
			rows[name] = n
		}
		return nil
	})
	return h.db.Stats(), rows, err
}

func total(after, before map[string]int64) (n float64) {
	for name := range after {
		n += float64(after[name] - before[name])
	}
	return n
}

func perTable(after, before map[string]int64, messages float64) string {
	var parts []string
	for name := range after {
		if d := after[name] - before[name]; d != 0 {
			parts = append(parts, fmt.Sprintf("%s %.2f", name, float64(d)/messages))
		}
	}
	slices.Sort(parts)
	return "rows: " + strings.Join(parts, ", ")
}

// floors measures the floor with POSTs of the given size.
func (b *bench) floors(ctx context.Context, dir string, to *responder, postBytes int, carried, bare *[]float64) (err error) {
	f, err := openFloor(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	transport := &http.Transport{MaxIdleConns: inFlight, MaxIdleConnsPerHost: inFlight}
	defer transport.CloseIdleConnections()
	web := &http.Client{Transport: transport}
	body := fmt.Sprintf(text, 0)
	post := []byte(strings.Repeat("x", postBytes))
	rate, err := pump(ctx, b.Span, func(ctx context.Context, lane int) error {
		return f.carry(ctx, web, to.url+"/bot"+token+"/sendMessage", lane, body, post)
	})
	if err != nil {
		return err
	}
	*carried = append(*carried, rate)
	rate, err = pump(ctx, b.Span, func(context.Context, int) error { return f.insert(body) })
	*bare = append(*bare, rate)
	return err
}
