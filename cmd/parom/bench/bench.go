package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"
)

// Options say what to measure and how long. Zero values are those of `make bench`.
type Options struct {
	// Program is the executable whose memory and cold start are measured; empty:
	// these figures are left out.
	Program string
	// Dir is where data files are made, in a folder removed at the end: what
	// they lie on decides the figures. Empty: the system's temporary folder.
	Dir      string
	Messages int           // of the archive; 0: a million
	Queued   int           // of them waiting to be sent; 0: 100,000
	Span     time.Duration // of each measurement of a rate; 0: 5 s
	Minutes  int           // of overload, simulated; 0: 10
	// Only names the parts to run (floor, latency, group, archive, memory);
	// empty: all.
	Only []string
}

// bench is one run.
type bench struct {
	Options
	w    io.Writer
	dir  string
	errs []error
}

// Run measures everything and writes a line for each figure as it is known. The
// error tells which parts could not be measured; a goal not reached is no error.
func Run(ctx context.Context, w io.Writer, o Options) error {
	setDefault(&o.Messages, 1_000_000)
	setDefault(&o.Queued, 100_000)
	setDefault(&o.Span, 5*time.Second)
	setDefault(&o.Minutes, 10)
	dir, err := os.MkdirTemp(o.Dir, "parom-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	b := &bench{Options: o, w: w, dir: dir}
	b.note("machine", runtime.GOOS+"/"+runtime.GOARCH, fmt.Sprintf("%d processors, %s", runtime.NumCPU(), runtime.Version()))
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"floor", b.throughput}, {"latency", b.latency}, {"group", b.group}, {"archive", b.archive}, {"memory", b.memory},
	} {
		if ctx.Err() != nil || !b.wanted(part.name) {
			continue
		}
		if err := part.run(ctx); err != nil {
			b.errs = append(b.errs, fmt.Errorf("%s: %w", part.name, err))
		}
	}
	if err := ctx.Err(); err != nil {
		b.errs = append(b.errs, err)
	}
	return errors.Join(b.errs...)
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}

func (b *bench) wanted(part string) bool {
	for _, o := range b.Only {
		if o == part {
			return true
		}
	}
	return len(b.Only) == 0
}

// goal is what a figure has to reach.
type goal struct {
	most  bool // the figure may be at most this, else at least
	value float64
}

func atLeast(v float64) goal { return goal{value: v} }
func atMost(v float64) goal  { return goal{most: true, value: v} }

func (g goal) String() string {
	if g.most {
		return "≤ " + figure(g.value)
	}
	return "≥ " + figure(g.value)
}

func (g goal) met(v float64) string {
	if g.most && v <= g.value || !g.most && v >= g.value {
		return "met"
	}
	return "short"
}

// line writes a figure that has a goal.
func (b *bench) line(name string, v float64, unit string, g goal) {
	b.write(name, figure(v), unit, g.String(), g.met(v))
}

// tell writes a figure that has none.
func (b *bench) tell(name string, v float64, unit string) { b.write(name, figure(v), unit, "-", "-") }

func (b *bench) note(name, value, unit string) { b.write(name, value, unit, "-", "-") }

func (b *bench) write(fields ...string) {
	if _, err := fmt.Fprintln(b.w, strings.Join(fields, "\t")); err != nil {
		b.errs = append(b.errs, err)
	}
}

// figure prints three digits that count.
func figure(v float64) string {
	switch {
	case v >= 100 || v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
