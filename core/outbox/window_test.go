package outbox

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestBudget_HoldsForAnyCalls plays calls that overlap, each counted by a
// server at some moment of its flight, and looks at every window of the server.
func TestBudget_HoldsForAnyCalls(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := Cost{Budget: "b", Max: rapid.IntRange(1, 30).Draw(r, "max"), Per: time.Duration(rapid.IntRange(1, 60).Draw(r, "per s")) * time.Second}
		slowest := rapid.IntRange(0, 3000).Draw(r, "slowest ms")
		b := newBudget(c)
		type call struct{ counted, end time.Duration }
		var flying []call
		places := map[time.Duration][]reservation{}
		var server []time.Duration
		now := time.Duration(0)
		land := func(upTo time.Duration) {
			for len(flying) > 0 && flying[0].end <= upTo {
				now = flying[0].end
				p := places[now]
				p[0].release(true, now)
				places[now] = p[1:]
				flying = flying[1:]
			}
			now = max(now, upTo)
		}
		for range 3 * c.Max {
			for !b.room(now, false) {
				at, known := b.next(now, false)
				if known && (len(flying) == 0 || at < flying[0].end) {
					if at <= now {
						r.Fatalf("no room at %s, but some promised at %s", now, at)
					}
					land(at)
				} else {
					land(flying[0].end)
				}
			}
			p := reserve([]Cost{c}, []*budget{b})
			took := time.Duration(rapid.IntRange(0, slowest).Draw(r, "took ms")) * time.Millisecond
			counted := now + time.Duration(rapid.IntRange(0, int(took/time.Millisecond)).Draw(r, "counted ms"))*time.Millisecond
			server = append(server, counted)
			flying = append(flying, call{counted, now + took})
			places[now+took] = append(places[now+took], p)
			slices.SortFunc(flying, func(a, b call) int { return int(a.end - b.end) })
		}
		slices.Sort(server)
		for i := c.Max; i < len(server); i++ {
			if d := server[i] - server[i-c.Max]; d < c.Per {
				r.Fatalf("%d calls within %s", c.Max+1, d)
			}
		}
		if slowest == 0 {
			if waste := server[len(server)-1] - 2*c.Per; waste > c.Per/50 {
				r.Fatalf("wasted %s of %s", waste, 2*c.Per)
			}
		}
	})
}
