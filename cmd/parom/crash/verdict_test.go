//go:build unix

package crash

import (
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
)

// The judge is judged: what it looks for must be found.

func seenAt(id int64, sec float64, text string) telegramsim.Seen {
	return telegramsim.Seen{ID: id, From: telegramsim.User{ID: 1}, Text: text, At: moment(sec)}
}

func moment(sec float64) time.Time {
	return time.Unix(1_800_000_000, 0).Add(time.Duration(sec * float64(time.Second)))
}

func TestVerdict_EachDuplicateNeedsAKillOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		name   string
		seen   []telegramsim.Seen
		kills  []float64
		excess int
	}{
		{"once", []telegramsim.Seen{seenAt(1, 1, "a000001z")}, nil, 0},
		{"twice around a kill", []telegramsim.Seen{seenAt(1, 1, "a000001z"), seenAt(2, 3, "a000001z")}, []float64{2}, 0},
		{"twice without a kill", []telegramsim.Seen{seenAt(1, 1, "a000001z"), seenAt(2, 3, "a000001z")}, []float64{9}, 1},
		{"three times and two kills", []telegramsim.Seen{seenAt(1, 1, "a000001z"), seenAt(2, 3, "a000001z"), seenAt(3, 5, "a000001z")}, []float64{2, 4}, 0},
		{"three times and one kill", []telegramsim.Seen{seenAt(1, 1, "a000001z"), seenAt(2, 1.2, "a000001z"), seenAt(3, 1.4, "a000001z")}, []float64{1.1}, 1},
		{"two messages twice and one kill", []telegramsim.Seen{
			seenAt(1, 1, "a000001z"), seenAt(2, 1.1, "a000002z"), seenAt(3, 3, "a000001z"), seenAt(4, 3.1, "a000002z"),
		}, []float64{2}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &verdict{}
			v.extra(laneOf("x", c.seen, 1), []string{"a000001z"})
			v.extra(laneOf("x", c.seen, 1), []string{"a000002z"})
			var kills []time.Time
			for _, k := range c.kills {
				kills = append(kills, moment(k))
			}
			v.explain(kills)
			if len(v.excess) != c.excess {
				t.Errorf("found %v, want %d", v.excess, c.excess)
			}
		})
	}
}

func TestVerdict_OrderIsOfFirstAppearances(t *testing.T) {
	items := []*item{{tokens: []string{"c000001z"}}, {tokens: []string{"c000002z", "c000003z"}}}
	for _, c := range []struct {
		name     string
		seen     []telegramsim.Seen
		disorder int
	}{
		{"in order", []telegramsim.Seen{seenAt(1, 0, "c000001z"), seenAt(2, 0, "c000002z"), seenAt(3, 0, "c000003z")}, 0},
		{"a later copy is no disorder", []telegramsim.Seen{seenAt(1, 0, "c000001z"), seenAt(2, 0, "c000002z c000003z"), seenAt(3, 0, "c000001z")}, 0},
		{"merged in order", []telegramsim.Seen{seenAt(1, 0, "1 c000001z 2 c000002z c000003z")}, 0},
		{"merged out of order", []telegramsim.Seen{seenAt(1, 0, "c000002z c000001z c000003z")}, 1},
		{"out of order", []telegramsim.Seen{seenAt(1, 0, "c000002z c000003z"), seenAt(2, 0, "c000001z")}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := &verdict{}
			v.order(laneOf("x", c.seen, 1), items)
			if len(v.disorder) != c.disorder {
				t.Errorf("found %v, want %d", v.disorder, c.disorder)
			}
		})
	}
}
