package desk

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"parom/core"
)

var decidedHistories = flag.Int("decided.histories", 0, "histories of the test of what never leaves; zero: 2000, 300 with -short")

func TestDecided_WhatIsTheTeamsOwnNeverLeaves(t *testing.T) {
	n := *decidedHistories
	switch {
	case n > 0:
	case testing.Short():
		n = 300
	default:
		n = 2000
	}
	const workers = 2
	halls := make([]*hall, workers)
	t.Run("all", func(t *testing.T) {
		for w := range workers {
			t.Run(fmt.Sprint(w), func(t *testing.T) {
				t.Parallel()
				halls[w] = newHall(t)
				for i := range n / workers {
					seed := uint64(w*n/workers + i)
					if err := halls[w].play(seed); err != nil {
						t.Fatalf("seed %d: %v", seed, err)
					}
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	tally := map[string]int{}
	for _, h := range halls {
		for what, c := range h.tally {
			tally[what] += c
		}
	}
	t.Logf("%d histories", n)
	for _, what := range slices.Sorted(maps.Keys(tally)) {
		t.Logf("%6d %s", tally[what], what)
	}
	for _, what := range []string{"written: ours", "written: held", "written: an answer", "a later part", "a tap: sent", "left", "left, with files", "an edit: note", "an edit: plain"} {
		if tally[what] < n/50 {
			t.Errorf("only %d times %q: the histories are about nothing", tally[what], what)
		}
	}
}

// mistakes are desks that do not see one thing: the act without it is handed over.
var mistakes = map[string]func(*core.Act){
	"a mark behind what nobody sees": func(a *core.Act) {
		if b, ok := a.Body.(core.Wrote); ok && strings.HasPrefix(b.Content.Text.Body, "\u200b") {
			b.Content.Text.Body = strings.TrimLeft(b.Content.Text.Body, "\u200b/")
			a.Body = b
		}
	},
	"the mark of an edit": func(a *core.Act) {
		if b, ok := a.Body.(core.Rewrote); ok {
			b.Content.Text.Body = strings.TrimLeft(b.Content.Text.Body, "/. \n\u200b…／")
			a.Body = b
		}
	},
	"the mark of a later part": func(a *core.Act) {
		if b, ok := a.Body.(core.Wrote); ok && b.Group != "" {
			b.Content.Text.Body = strings.TrimLeft(b.Content.Text.Body, "/. \n\u200b…／")
			a.Body = b
		}
	},
	"that an album is one": func(a *core.Act) {
		if b, ok := a.Body.(core.Wrote); ok {
			b.Group = ""
			a.Body = b
		}
	},
	"that it is forwarded": func(a *core.Act) {
		if b, ok := a.Body.(core.Wrote); ok {
			b.Forwarded = false
			a.Body = b
		}
	},
	"what it replies to": func(a *core.Act) {
		if b, ok := a.Body.(core.Wrote); ok {
			b.ReplyTo = core.PostRef{}
			a.Body = b
		}
	},
	"who hides behind the group": func(a *core.Act) {
		if a.By.Guise == core.Anonymous {
			a.By.Guise = core.Human
		}
	},
	"that a reaction takes it back": func(a *core.Act) {
		if _, ok := a.Body.(core.Signed); ok {
			a.Body = core.Signed{}
		}
	},
	"a command in the wrong layout": func(a *core.Act) {
		if b, ok := a.Body.(core.Wrote); ok {
			b.Content.Text.Body = strings.Replace(b.Content.Text.Body, ".сдщыу", "сдщыу", 1)
			a.Body = b
		}
	},
}

// TestDecided_AMistakeIsFound shows that the test above can fail: a desk that does
// not see one thing lets something leave within so many histories.
func TestDecided_AMistakeIsFound(t *testing.T) {
	const within = 400
	h := newHall(t)
	for _, name := range slices.Sorted(maps.Keys(mistakes)) {
		h.tamper = mistakes[name]
		var err error
		played := 0
		for seed := uint64(0); seed < within && err == nil; seed++ {
			played, err = played+1, h.play(seed)
		}
		if err == nil {
			t.Errorf("%s: nothing left in %d histories", name, within)
			continue
		}
		what, _, _ := strings.Cut(err.Error(), "\n")
		t.Logf("%s: found in history %d: %s", name, played, what)
	}
}
