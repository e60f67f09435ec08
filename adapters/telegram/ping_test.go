package telegram

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"parom/core"
)

func TestPing_AsksTheServerEachTime(t *testing.T) {
	no := false
	for name, tc := range map[string]struct {
		typing *bool
		to     core.PeerID
		want   string
	}{
		"about who is written to": {nil, "7", "sendChatAction"},
		"about nobody":            {nil, "", "getMe"},
		"without typing":          {&no, "7", "getMe"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			var asked []string
			answer := `{"ok":true,"result":{"id":424242,"is_bot":true,"first_name":"x"}}`
			s.other = func(method string, _ url.Values) string {
				asked = append(asked, method)
				return answer
			}
			a, err := New(Config{Token: plantedToken, Endpoint: s.URL, Typing: tc.typing}, Deps{
				ID: "tg", Clock: core.SystemClock(), Media: noMedia{}, Log: slog.New(slog.DiscardHandler),
				Cursors: &memory{clock: core.SystemClock(), m: map[string]core.Cursor{}},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer a.bot.closeIdle()
			to := core.Destination{Peer: tc.to}
			if err := a.Ping(t.Context(), to); err != nil {
				t.Fatal(err)
			}
			answer = refusal(502, "Bad Gateway", "")
			if r := core.ReasonOf(a.Ping(t.Context(), to)); r != core.Unavailable && r != core.MaybeSent {
				t.Errorf("a server that does not work: %v", r)
			}
			answer = refusal(403, "Forbidden: bot was blocked by the user", "")
			if r := core.ReasonOf(a.Ping(t.Context(), to)); r == core.Unavailable || r == core.MaybeSent {
				t.Errorf("a refusal is an answer: %v", r)
			}
			if got := strings.Join(asked, " "); got != tc.want+" "+tc.want+" "+tc.want {
				t.Errorf("asked by %s", got)
			}
		})
	}
}
