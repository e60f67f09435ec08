package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/core/coretest"
)

// TestPressure_TheGroupsMinuteIsKept floods the group with five times what it
// takes in a minute, on a simulated clock: nothing is refused by the network,
// nothing is lost, every customer's words stay in order, and many travel in one post.
func TestPressure_TheGroupsMinuteIsKept(t *testing.T) {
	clock := coretest.NewClock(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	knobs := telegramsim.DefaultKnobs()
	w := newWorld(t, setup{knobs: &knobs, minute: 20, clock: clock})
	stop := clock.AutoStep(coretest.AutoStep{Quiet: 15 * time.Millisecond})
	defer stop()
	const customers, each = 5, 40
	users := make([]int64, customers)
	for i := range users {
		users[i] = w.sim.AddUser(telegramsim.Person{FirstName: fmt.Sprintf("Клиент%d", i)})
		if _, err := w.sim.Start(users[i], w.shop, ""); err != nil {
			t.Fatal(err)
		}
	}
	began := clock.Now()
	for n := range each {
		for i, u := range users {
			w.writes(u, w.shop, fmt.Sprintf("слово-%d-%02d", i, n))
		}
	}
	for i := range users {
		topic := w.topicOf(fmt.Sprintf("Клиент%d", i))
		w.inTopic(topic, fmt.Sprintf("слово-%d-%02d", i, each-1))
		var all strings.Builder
		for _, m := range w.topicPosts(topic)() {
			all.WriteString(m.Text + "\n")
		}
		at := -1
		for n := range each {
			word := fmt.Sprintf("слово-%d-%02d", i, n)
			next := strings.Index(all.String(), word)
			if next < at {
				t.Errorf("%s is missing or out of order", word)
			}
			at = max(at, next)
			if c := strings.Count(all.String(), word); c != 1 {
				t.Errorf("%s is shown %d times", word, c)
			}
		}
	}
	if n := w.sim.Throttled(); n != 0 {
		t.Errorf("%d calls were refused as too many", n)
	}
	calls := w.sim.Calls()
	t.Logf("%d messages in %d posts, %v of simulated time", customers*each, calls["sendmessage"], clock.Now().Sub(began).Round(time.Second))
	if calls["sendmessage"]*4 > customers*each {
		t.Errorf("%d posts for %d messages: want at least 4 in one", calls["sendmessage"], customers*each)
	}
}
