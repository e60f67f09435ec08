//go:build unix

package crash

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/telegramsim"
)

const (
	customers = 50
	perMinute = 100_000 // posts in the operators' group: its limit is no subject here
)

// world is the simulated network with its people and the files of the program.
type world struct {
	t         testing.TB
	sim       *telegramsim.Server
	endpoint  string
	folder    string
	program   string
	bots      [2]int64 // the second is the console's as well
	operators []int64
	group     int64
	people    []*customer
}

// customer is one private chat with one bot.
type customer struct {
	name      string
	user, bot int64
	topic     int64   // zero until an operator has seen it
	said      []*item // in the order written
	answers   []*item
	answered  time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, folder: os.Getenv("PAROM_CRASH_DIR")} // where everything is kept; empty: nothing is
	if w.folder == "" {
		w.folder = t.TempDir()
	} else if err := errors.Join(os.RemoveAll(filepath.Join(w.folder, "data")), os.MkdirAll(w.folder, 0o700)); err != nil {
		t.Fatal(err)
	}
	w.build()
	var err error
	if w.sim, err = telegramsim.New(telegramsim.Options{Dir: t.TempDir(), Knobs: telegramsim.Unlimited()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.sim.Close() })
	w.serve()
	w.populate()
	return w
}

// build makes the program that kills itself at named points.
func (w *world) build() {
	w.program = filepath.Join(w.folder, "parom")
	cmd := exec.CommandContext(w.t.Context(), "go", "build", "-tags", "crashpoints", "-o", w.program, "parom/cmd/parom")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		w.t.Fatalf("build the program: %v\n%s", err, out)
	}
}

// serve puts the simulator behind a door that hands over few updates at a time,
// so that the parts of an album come apart.
func (w *world) serve() {
	l, err := (&net.ListenConfig{}).Listen(w.t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	srv := &http.Server{Handler: few(w.sim), ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = srv.Serve(l) }()
	w.t.Cleanup(func() { _ = srv.Close(); <-done })
	w.endpoint = "http://" + l.Addr().String()
}

// few lowers the limit of half of the polls to one or two updates.
func few(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.EqualFold(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:], "getUpdates") && rand.IntN(2) == 0 {
			body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
			if form, bad := url.ParseQuery(string(body)); err == nil && bad == nil && form.Has("limit") {
				form.Set("limit", fmt.Sprint(1+rand.IntN(2)))
				body = []byte(form.Encode())
				r.Header.Set("Content-Length", fmt.Sprint(len(body)))
			}
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *world) populate() {
	var tokens [2]string
	for i, name := range []string{"shop", "help"} {
		var err error
		if tokens[i], w.bots[i], err = w.sim.MakeBot(telegramsim.BotOptions{Name: name, Username: name + "_crash_bot"}); err != nil {
			w.t.Fatal(err)
		}
	}
	owner := w.sim.AddUser(telegramsim.Person{FirstName: "Вера", Language: "ru"})
	for _, name := range []string{"Анна", "Борис", "Глеб"} {
		w.operators = append(w.operators, w.sim.AddUser(telegramsim.Person{FirstName: name, Language: "ru"}))
	}
	w.group = w.sim.AddForum("Операторы", owner, w.bots[1])
	if err := w.sim.Join(owner, w.group, w.operators...); err != nil {
		w.t.Fatal(err)
	}
	for i := range customers {
		c := &customer{name: fmt.Sprintf("Клиент-%02d", i), bot: w.bots[i%2]}
		c.user = w.sim.AddUser(telegramsim.Person{FirstName: c.name, Language: "ru"})
		if _, err := w.sim.Start(c.user, c.bot, ""); err != nil {
			w.t.Fatal(err)
		}
		w.people = append(w.people, c)
	}
	text := fmt.Sprintf(`
language: ru
time_zone: UTC
http: {listen: ""}
log: {level: info}
console: {network: telegram, per_minute: %d, settings: {token: "%s", endpoint: "%s"}}
groups: [{id: main, chat: "%d"}]
departments: [{id: sales, name: Продажи, group: main}]
operators: [{id: "%d", name: Вера, role: admin}]
answers: {from: members, hold: 0s}
channels: # texts are limited so that long answers take several parcels
  - {id: shop, network: telegram, name: Магазин, settings: {token: "%s", endpoint: "%s", limits: {text: 1300}}}
  - {id: help, network: telegram, name: Помощь, settings: {token: "%s", endpoint: "%s", limits: {text: 1300}}}
`, perMinute, tokens[1], w.endpoint, w.group, owner, tokens[0], w.endpoint, tokens[1], w.endpoint)
	if err := os.WriteFile(w.config(), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) config() string { return filepath.Join(w.folder, "parom.yaml") }

func (c *customer) chat() telegramsim.Place { return telegramsim.Private(c.bot, c.user) }
func (w *world) room() telegramsim.Place    { return telegramsim.Group(w.group) }
