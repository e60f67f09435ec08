//go:build unix

package crash

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"parom/core/outbox"
	"parom/core/store"
)

const (
	killsDefault = 4 // of plain `go test`; make crash says how many
	loadPause    = 25 * time.Millisecond
	lifeMax      = 6 * time.Second // until a kill at a random moment
	pointMax     = 5 * time.Second // what a named point is waited for
	drainMax     = 90 * time.Second
	settleFor    = 15 * time.Second // surplus topics are deleted after ten seconds
)

// point is a named place in the program and how often it is passed at most
// before the kill.
type point struct {
	name  string
	most  int
	focus string // what has to be written for it
}

var points = []point{
	{store.TrapBeforeCommit, 300, ""},
	{store.TrapAfterCommit, 300, ""},
	{outbox.TrapBeforeCall, 120, ""},
	{outbox.TrapAfterCall, 120, ""},
	{outbox.TrapAfterDone, 120, ""},
	{outbox.TrapBetween + "/" + string(store.ToAddress), 3, "long"},
	{outbox.TrapBetween + "/" + string(store.ToTopic), 3, "long"},
	{"console.topic_made", 1, "text"},
	{"inbox.album_part", 3, "album"},
	{"desk.album_part", 3, "album"},
}

// TestCrash_LosesNothing kills the program under load and looks at what people
// see in the end.
func TestCrash_LosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills a real program for a minute")
	}
	kills := killsDefault
	if s := os.Getenv("PAROM_CRASH_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			t.Fatalf("PAROM_CRASH_KILLS=%q: want a number of kills", s)
		}
		kills = n
	}
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("PAROM_CRASH_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("PAROM_CRASH_SEED=%q: %v", s, err)
		}
		seed = n
	}
	t.Logf("seed %d", seed)
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	l := &load{world: w, rng: rand.New(rand.NewPCG(seed, 2)), counts: map[string]int{}, active: 3}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() { defer close(done); l.run(stop, loadPause) }()
	ended := false
	end := func() {
		if !ended {
			ended = true
			close(stop)
			<-done
		}
	}
	t.Cleanup(end)

	began := time.Now()
	at, hits := w.killAll(l, rng, kills)
	traced := w.traced(kills, l)
	end()
	last := w.start(kills+1, "")
	v := l.drain(at)
	last.stop()
	report(t, v, l, at, hits, traced, time.Since(began))
}

// killAll runs and kills the program again and again. It returns the moments of
// the kills and how often each point was hit.
func (w *world) killAll(l *load, rng *rand.Rand, kills int) (at []time.Time, hits map[string]int) {
	hits = map[string]int{}
	named := 0
	for i := range kills {
		active := 3 + (customers-3)*(i+1)/kills
		if i%3 == 0 {
			l.want(active, "")
			p := w.start(i, "")
			p.killed(20*time.Millisecond + rand.N(lifeMax))
			hits["random"]++
			at = append(at, time.Now())
			continue
		}
		pt := points[named%len(points)]
		named++
		l.want(active, pt.focus)
		p := w.start(i, fmt.Sprintf("%s:%d", pt.name, 1+rng.IntN(pt.most)))
		if p.killed(pointMax) {
			hits[pt.name]++
		} else {
			hits["random"]++
		}
		at = append(at, time.Now())
	}
	l.want(customers, "")
	return at, hits
}

// drain waits until nothing is missing, and for what is cleared away later.
func (l *load) drain(kills []time.Time) *verdict {
	until := time.Now().Add(drainMax)
	for time.Now().Before(until) {
		if v := l.judge(kills); len(v.lost) == 0 && len(v.stale) == 0 && len(v.unmarked) == 0 {
			break
		}
		time.Sleep(time.Second)
	}
	time.Sleep(settleFor)
	return l.judge(kills)
}

func report(t *testing.T, v *verdict, l *load, kills []time.Time, hits map[string]int, traced string, took time.Duration) {
	t.Helper()
	var names []string
	for name := range hits {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	fmt.Fprintf(&b, "kills\t%d in %s, at", len(kills), took.Round(time.Second))
	for _, name := range names {
		fmt.Fprintf(&b, " %s=%d", name, hits[name])
	}
	fmt.Fprintf(&b, "\nwritten\t%d messages, %d of them answers, %d files, %d notes, %d edits, by %d customers\n",
		v.messages, v.answers, v.files, len(l.notes), l.counts["edits"], customers)
	fmt.Fprintf(&b, "lost\t%d\nin the wrong chat\t%d\nout of order\t%d\nedits not arrived\t%d\norphan topics\t%d\n",
		len(v.lost), len(v.wrong), len(v.disorder), len(v.stale), len(v.orphans))
	fmt.Fprintf(&b, "duplicates at customers\t%d, not marked %d\nduplicates in topics\t%d\nbeyond one per lane and kill\t%d\n",
		len(v.duplicate), len(v.unmarked), len(v.shown), len(v.excess))
	fmt.Fprintf(&b, "answers to an unrecorded copy, refused and told\t%d\n", v.refused)
	b.WriteString(traced)
	t.Log("\n" + b.String())
	for name, list := range v.bad() {
		for i, x := range list {
			if i == 10 {
				t.Errorf("%s: and %d more", name, len(list)-i)
				break
			}
			t.Errorf("%s: %s\n%s", name, x, l.scene(x))
		}
	}
}
