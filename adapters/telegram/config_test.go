package telegram

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"parom/core"
	"parom/core/coretest"
)

func TestConfig_IsReadFromYAML(t *testing.T) {
	var c Config
	err := yaml.UnmarshalWithOptions([]byte(`
token: 1:AAAAAAAAAA
endpoint: http://127.0.0.1:8081
local: true
local_dir: /var/lib/telegram-bot-api
typing: false
limits: {text: 2000, file_mb: {photo: 4}, per_second: 10}
`), &c, yaml.Strict())
	if err != nil {
		t.Fatal(err)
	}
	if c.Token != "1:AAAAAAAAAA" || !c.Local || c.Typing == nil || *c.Typing || c.Limits.FileMB["photo"] != 4 {
		t.Error("a field is lost")
	}
}

func TestLimitsOverride(t *testing.T) {
	for _, c := range []struct {
		name  string
		o     LimitsOverride
		local bool
		want  string // of the error; empty: none
	}{
		{"nothing", LimitsOverride{}, false, ""},
		{"a shorter text", LimitsOverride{Text: 100}, false, ""},
		{"a longer text", LimitsOverride{Text: 5000}, false, "limits.text: 5000, allowed are 1 to 4096"},
		{"no text", LimitsOverride{Text: -1}, false, "limits.text"},
		{"a smaller file", LimitsOverride{FileMB: map[string]int{"document": 10}}, false, ""},
		{"a larger file", LimitsOverride{FileMB: map[string]int{"document": 51}}, false, "limits.file_mb.document: 51, allowed are 1 to 50"},
		{"a larger file on a local server", LimitsOverride{FileMB: map[string]int{"document": 51}}, true, ""},
		{"a kind that has no bytes", LimitsOverride{FileMB: map[string]int{"location": 5}}, false, "limits.file_mb.location: no such kind"},
		{"a faster pace", LimitsOverride{PerSecond: 31}, false, "limits.per_second: 31"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := c.o.lower(Limits(c.local))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("%v, want %q", err, c.want)
			}
			if mbs := c.o.FileMB["document"]; err == nil && mbs > 0 && l.Media[core.Document].SendBytes != int64(mbs)<<20 {
				t.Errorf("document of %d bytes", l.Media[core.Document].SendBytes)
			}
		})
	}
}

func TestNew_RefusesWhatCannotWork(t *testing.T) {
	deps := Deps{ID: "tg", Clock: coretest.NewClock(noon), Log: slog.New(slog.DiscardHandler), Media: noMedia{}, Cursors: &memory{}}
	for _, c := range []struct {
		name string
		cfg  Config
	}{
		{"no token", Config{}},
		{"half a token", Config{Token: "424242"}},
		{"a token with a space", Config{Token: plantedToken + " "}},
		{"an endpoint that is no address", Config{Token: plantedToken, Endpoint: "api.telegram.org"}},
		{"a CA file that is not there", Config{Token: plantedToken, CAFile: "testdata/none.pem"}},
		{"a limit above the network's", Config{Token: plantedToken, Limits: LimitsOverride{Text: 9999}}},
	} {
		_, err := New(c.cfg, deps)
		if err == nil {
			t.Errorf("%s: accepted", c.name)
		} else if strings.Contains(err.Error(), "planted-secret") {
			t.Errorf("%s: the token shows in %v", c.name, err)
		}
	}
}

func TestNothingPrintsTheToken(t *testing.T) {
	r := newRig(t)
	a := adapterOn(t, r)
	cfg := Config{Token: plantedToken}
	o := BotOptions{Token: plantedToken}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "config", cfg, "options", o, "bot", r.Bot)
	}
	for _, v := range []any{cfg, &cfg, o, &o, r.Bot, a, Deps{Bot: r.Bot}, r.API()} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			_, _ = fmt.Fprintf(&log, verb, v)
		}
	}
	_, _ = io.WriteString(&log, fmt.Sprint(struct{ C Config }{cfg}))
	if strings.Contains(log.String(), "planted-secret") {
		t.Error("the token shows")
	}
}
