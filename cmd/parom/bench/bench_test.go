package bench

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun_PrintsALineForEachFigure runs every part that needs no program, small:
// that figures come, not what they are.
func TestRun_PrintsALineForEachFigure(t *testing.T) {
	var out bytes.Buffer
	err := Run(t.Context(), &out, Options{Dir: t.TempDir(), Messages: 2000, Queued: 200, Span: 200 * time.Millisecond, Minutes: 1})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for line := range strings.Lines(out.String()) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 5 {
			t.Errorf("a line has %d fields: %q", len(f), line)
			continue
		}
		if names = append(names, f[0]); f[3] != "-" && f[4] != "met" && f[4] != "short" {
			t.Errorf("neither met nor short: %q", line)
		}
	}
	for _, want := range []string{
		"commits per message", "rows per message", "intake to sent / floor", "intake alone / bare inserts",
		"added latency at 200/s, p50", "added latency at 200/s, p99",
		"group at 5× overload: budget used", "group at 5× overload: answers with 429",
		"group at 5× overload: customer messages per send", "group at 5× overload: out of order",
		"archive: bytes per message beyond the text", "look-up of a replied-to message, p99",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("no line for %q", want)
		}
	}
	t.Log("\n" + out.String())
}

func TestGoal_SaysMetOrShort(t *testing.T) {
	for _, c := range []struct {
		goal goal
		v    float64
		want string
	}{
		{atLeast(0.6), 0.6, "met"}, {atLeast(0.6), 0.59, "short"}, {atMost(35), 35, "met"}, {atMost(35), 35.1, "short"}, {atMost(0), 0, "met"},
	} {
		if got := c.goal.met(c.v); got != c.want {
			t.Errorf("%v against %s: %s, want %s", c.v, c.goal, got, c.want)
		}
	}
}

func TestStepClock_StopsAtEachTimer(t *testing.T) {
	c := newStepClock()
	late, early := c.NewTimer(2*time.Second), c.NewTimer(time.Second)
	if c.step(3 * time.Second) {
		t.Error("it passed a timer")
	}
	if at := <-early.C(); c.Mono() != time.Second || !at.Equal(c.Now()) {
		t.Errorf("it stands at %s", c.Mono())
	}
	if !late.Stop() || late.Stop() || !c.step(3*time.Second) || c.Mono() != 3*time.Second {
		t.Errorf("it stands at %s", c.Mono())
	}
}
