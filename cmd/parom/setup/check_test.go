package setup_test

import (
	"context"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"

	"parom/adapters/telegram/botapi"
	"parom/adapters/telegram/telegramsim"
	"parom/cmd/parom/setup"
	"parom/config"
	"parom/core"
	"parom/core/lang"
)

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

type noCursors struct{}

func (noCursors) Cursor(context.Context, string) (core.Cursor, error) { return core.Cursor{}, nil }
func (noCursors) SaveCursor(context.Context, string, string) error    { return nil }

// drain takes the updates that wait for the bot, as another program would.
func (w *world) drain() {
	w.t.Helper()
	api := w.api().API()
	us, err := api.GetUpdates(context.Background(), botapi.GetUpdatesParams{})
	w.must(err)
	if len(us) > 0 {
		_, err = api.GetUpdates(context.Background(), botapi.GetUpdatesParams{Offset: us[len(us)-1].UpdateID + 1})
		w.must(err)
	}
}

// hook sets a webhook, as another program would.
func (w *world) hook() {
	w.t.Helper()
	w.must(w.api().API().SetWebhook(context.Background(), botapi.SetWebhookParams{URL: "https://example.com/hook"}))
}

// configured writes a configuration by init and gives it.
func (w *world) configured(group int64) config.Config {
	w.t.Helper()
	o := w.options()
	o.TokenFile, o.Group, o.Yes = w.secretFile(w.token), strconv.FormatInt(group, 10), true
	if err := w.run(o)(); err != nil {
		w.t.Fatal(err, w.out.String())
	}
	cfg, err := config.Load(w.file)
	w.must(err)
	return cfg
}

func (w *world) check(cfg config.Config) (text string, fatal bool) {
	w.t.Helper()
	var b strings.Builder
	fatal = setup.Show(&b, lang.For("en"), setup.Check(context.Background(), w.file, cfg, core.SystemClock()))
	if strings.Contains(b.String(), w.token) || strings.Contains(b.String(), w.token[strings.IndexByte(w.token, ':')+1:]) {
		w.t.Errorf("the token is shown")
	}
	return b.String(), fatal
}

func TestCheck_SaysNothingOfWhatIsInOrder(t *testing.T) {
	w := newWorld(t)
	cfg := w.configured(w.forum(w.bot))
	_, err := w.sim.Start(w.owner, w.bot, "")
	w.must(err)
	cfg.HTTP.PublicURL = "https://chat.example.com"
	text, fatal := w.check(cfg)
	if fatal || strings.Contains(text, "must be mended") {
		t.Errorf("fatal %v:\n%s", fatal, text)
	}
	for _, part := range []string{"Configuration " + w.file, "Console: Volna (https://t.me/volna_bot)", "Group main", "Operators", "Channel telegram: Volna"} {
		if !strings.Contains(text, part) {
			t.Errorf("no %q:\n%s", part, text)
		}
	}
}

func TestCheck_NamesWhatIsWrongAndWhatToDo(t *testing.T) {
	cases := []struct {
		name   string
		change func(w *world, group int64, cfg *config.Config)
		says   string
		fatal  bool
	}{
		{"an operator who never pressed Start", func(*world, int64, *config.Config) {}, "Let them open the bot and press Start", false},
		{"no public address", func(*world, int64, *config.Config) {}, "http.public_url is not set", false},
		{"a public address that nobody serves", func(_ *world, _ int64, c *config.Config) {
			c.HTTP = config.HTTP{PublicURL: "https://chat.example.com"}
		}, "Set http.listen", false},
		{"a file that others may read", func(w *world, _ int64, _ *config.Config) { w.must(os.Chmod(w.file, 0o644)) }, "chmod 600", false},
		{"an anonymous admin", func(w *world, group int64, _ *config.Config) { w.must(w.sim.SetAnonymous(group, w.owner, true)) }, "switch anonymity off", false},
		{"an admin who may delete topics", func(w *world, group int64, _ *config.Config) {
			u := w.sim.AddUser(telegramsim.Person{FirstName: "Maxim"})
			w.must(w.sim.Join(w.owner, group, u))
			w.must(w.sim.Promote(w.owner, group, u, "can_manage_topics"))
		}, "may delete topics or messages in “Staff”: Maxim", false},
		{"a bot without rights", func(w *world, group int64, _ *config.Config) { w.must(w.sim.Demote(w.owner, group, w.bot)) }, "is no admin", true},
		{"a bot that was removed", func(w *world, group int64, _ *config.Config) { w.must(w.sim.Remove(w.owner, group, w.bot)) }, "Group main\n  must be mended", true},
		{"a group without topics", func(w *world, group int64, _ *config.Config) { w.must(w.sim.SetForum(group, false)) }, "Topics are off", true},
		{"a group that is not there", func(_ *world, _ int64, c *config.Config) { c.Groups[0].Chat = "-100777" }, "was not found", true},
		{"a token that was revoked", func(w *world, _ int64, _ *config.Config) {
			_, err := w.sim.RevokeToken(w.bot)
			w.must(err)
		}, "does not take the bot's token", true},
		{"a webhook", func(w *world, _ int64, _ *config.Config) { w.hook() }, "The bot has a webhook", true},
		{"no network", func(w *world, _ int64, _ *config.Config) { w.must(w.sim.SetDown(true)) }, "could not be asked", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			group := w.forum(w.bot)
			cfg := w.configured(group)
			c.change(w, group, &cfg)
			text, fatal := w.check(cfg)
			if fatal != c.fatal || !strings.Contains(text, c.says) {
				t.Errorf("fatal %v, want %v; want it to say %q:\n%s", fatal, c.fatal, c.says, text)
			}
		})
	}
}

func TestCheck_WarnsOfAPublicGroup(t *testing.T) {
	w := newWorld(t)
	group, err := w.sim.AddGroup(telegramsim.GroupOptions{Title: "Staff", Username: "volna_staff", Forum: true, Owner: w.owner, Bots: []int64{w.bot}})
	w.must(err)
	text, fatal := w.check(w.configured(group))
	if fatal || !strings.Contains(text, "is public (@volna_staff)") {
		t.Errorf("fatal %v:\n%s", fatal, text)
	}
}
