package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"parom/core"
)

const latencyRate = 200 // messages a second

// numberIn is the number of a message in a body of sendMessage.
var numberIn = regexp.MustCompile(`\d{7}`)

// latency measures how long after its arrival a message has left, at a steady
// rate, beyond one bare commit.
func (b *bench) latency(ctx context.Context) error {
	to, err := newResponder(ctx)
	if err != nil {
		return err
	}
	defer to.close()
	dir := filepath.Join(b.dir, "latency")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	bare, err := b.bareCommits(ctx, dir)
	if err != nil {
		return err
	}
	ours, err := b.arrivals(ctx, dir, to)
	if err != nil {
		return err
	}
	one := quantile(bare, 0.5)
	b.tell("one bare commit, p50", ms(one), "ms")
	b.tell("one bare commit, p99", ms(quantile(bare, 0.99)), "ms")
	b.tell("intake to sent at 200/s, p50", ms(quantile(ours, 0.5)), "ms")
	b.tell("intake to sent at 200/s, p99", ms(quantile(ours, 0.99)), "ms")
	b.line("added latency at 200/s, p50", ms(quantile(ours, 0.5)-one), "ms", atMost(1.5))
	b.line("added latency at 200/s, p99", ms(quantile(ours, 0.99)-one), "ms", atMost(6))
	return nil
}

// bareCommits are the times of single inserts at the same rate.
func (b *bench) bareCommits(ctx context.Context, dir string) (took []time.Duration, err error) {
	f, err := openFloor(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	var mu sync.Mutex
	err = steadily(ctx, b.Span, func() error {
		began := time.Now()
		err := f.insert(fmt.Sprintf(text, 0))
		mu.Lock()
		defer mu.Unlock()
		took = append(took, time.Since(began))
		return err
	})
	return took, err
}

// arrivals are the times from a message's arrival to the answer of the network.
func (b *bench) arrivals(ctx context.Context, dir string, to *responder) (took []time.Duration, err error) {
	h, err := newHouse(ctx, dir, to)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	h.send(ctx)
	if err := h.warm(ctx); err != nil {
		return nil, err
	}
	var mu sync.Mutex
	left := map[int64]time.Time{}
	heard := func(body string) {
		now := time.Now()
		if n, err := strconv.ParseInt(numberIn.FindString(afterText(body)), 10, 64); err == nil {
			mu.Lock()
			left[n] = now
			mu.Unlock()
		}
	}
	to.heard.Store(&heard)
	arrived := map[int64]time.Time{}
	err = steadily(ctx, b.Span, func() error {
		began := time.Now()
		n, err := h.take(ctx)
		mu.Lock()
		defer mu.Unlock()
		arrived[n] = began
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := h.settle(ctx); err != nil {
		return nil, err
	}
	mu.Lock()
	defer mu.Unlock()
	for n, at := range arrived {
		end, ok := left[n]
		if !ok {
			return nil, fmt.Errorf("message %d did not leave", n)
		}
		took = append(took, end.Sub(at))
	}
	return took, nil
}

// afterText is the body from its text on: other fields have numbers too.
func afterText(body string) string {
	for i := 0; i+5 <= len(body); i++ {
		if body[i:i+5] == "text=" {
			return body[i:]
		}
	}
	return ""
}

// steadily does something latencyRate times a second for a span, each in a
// goroutine of its own, and waits for all.
func steadily(ctx context.Context, span time.Duration, do func() error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	began := time.Now()
	for n := 0; ; n++ {
		at := began.Add(time.Duration(n) * time.Second / latencyRate)
		if at.Sub(began) >= span {
			break
		}
		if err := core.Sleep(ctx, core.SystemClock(), time.Until(at)); err != nil {
			return err
		}
		wg.Go(func() {
			if err := do(); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func quantile(vs []time.Duration, q float64) time.Duration {
	if len(vs) == 0 {
		return 0
	}
	vs = slices.Sorted(slices.Values(vs))
	return vs[min(len(vs)-1, int(q*float64(len(vs))))]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
