package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
)

// TestOutage_OfAFewSecondsEndsByItself has the network answer with a proxy's
// page, or cut every connection, whatever is to be shown to a customer.
func TestOutage_OfAFewSecondsEndsByItself(t *testing.T) {
	for name, fault := range map[string]telegramsim.Fault{
		"a gateway's page":         {Method: "send*", HTML: true},
		"cut connections":          {Method: "send*", Reset: true},
		"all calls of the account": {HTML: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			topic := w.open()
			fault.Bot = w.shop
			id := w.sim.AddFault(fault)
			var said []int64
			for i := range 3 {
				said = append(said, w.says(w.anna, topic, fmt.Sprintf("ответ-%d;", i), 0))
			}
			w.writes(w.olga, w.help, "у меня всё работает")
			other := w.topicOf("Ольга")
			w.says(w.anna, other, "соседний канал", 0)
			w.gets(w.olga, w.help, "соседний канал")
			time.Sleep(4 * time.Second) // an outage of some length
			if n := w.got(w.ivan, w.shop, "ответ-"); n != 0 {
				t.Fatalf("%d answers came through the outage", n)
			}
			w.sim.RemoveFault(id)
			w.gets(w.ivan, w.shop, "ответ-2;")
			var order []string
			for _, m := range w.sim.Live(telegramsim.Private(w.shop, w.ivan)) {
				if m.From.ID == w.shop && strings.HasPrefix(m.Text, "ответ-") {
					order = append(order, m.Text)
				}
			}
			if got := strings.Join(order, ""); got != "ответ-0;ответ-1;ответ-2;" {
				t.Errorf("the customer has %q\n%s\n%s", got, w.picture(), w.logs)
			}
			if m := w.inTopic(topic, "отправлено ещё раз"); m.ReplyTo != said[0] {
				t.Errorf("the mark is not with the answer in doubt: %+v", m)
			}
			for _, id := range said {
				w.sign(id, "👌")
				m, _ := w.sim.Message(telegramsim.Group(w.group), id)
				if strings.Contains(fmt.Sprint(m.Reactions), "💔") {
					t.Errorf("given up\n%s", w.picture())
				}
			}
		})
	}
}
