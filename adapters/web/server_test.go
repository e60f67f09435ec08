package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"parom/core"
	"parom/core/coretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve runs a server for the test and gives its address.
func serve(t *testing.T, o Options) string {
	t.Helper()
	o.Listen = "127.0.0.1:0"
	s, err := Listen(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		http.DefaultClient.CloseIdleConnections()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + s.Addr()
}

func get(t *testing.T, url string) (code int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

func TestHealthz_AnswersWhileTheProcessLives(t *testing.T) {
	at := serve(t, Options{Ready: func(context.Context) Readiness { return Readiness{} }})
	if code, body := get(t, at+"/healthz"); code != 200 || body != "ok\n" {
		t.Errorf("%d %q", code, body)
	}
	if code, _ := get(t, at+"/metrics"); code != 404 {
		t.Errorf("metrics that are off answer %d", code)
	}
	r, err := http.Post(at+"/healthz", "text/plain", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	_ = r.Body.Close()
	if r.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("a POST is answered with %d", r.StatusCode)
	}
}

func TestReadyz_TellsEachPart(t *testing.T) {
	good := func() Readiness {
		return Readiness{Store: Part{Up: true}, Console: Part{Up: true}, Channels: map[string]Part{"shop": {Up: true}, "vip": {Up: true}}}
	}
	cases := []struct {
		name   string
		change func(r *Readiness)
		code   int
		want   string // of the part that is down
	}{
		{"everything is up", func(*Readiness) {}, 200, ""},
		{"the store cannot be written", func(r *Readiness) { r.Store = Part{Reason: core.Unavailable} }, 503, "store unavailable"},
		{"the console's token is refused", func(r *Readiness) { r.Console = Part{Reason: core.BadConfig} }, 503, "console bad_config"},
		{"one channel is down without a reason", func(r *Readiness) { r.Channels["vip"] = Part{} }, 503, "vip "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := good()
			c.change(&r)
			code, body := get(t, serve(t, Options{Ready: func(context.Context) Readiness { return r }})+"/readyz")
			if code != c.code {
				t.Errorf("code %d, want %d", code, c.code)
			}
			var got shownReadiness
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			down := ""
			for name, p := range map[string]shownPart{"store": got.Store, "console": got.Console, "shop": got.Channels["shop"], "vip": got.Channels["vip"]} {
				if !p.Up {
					down += name + " " + p.Reason
				}
			}
			if down != c.want || got.Ready != (c.want == "") {
				t.Errorf("down: %q, want %q; ready %v", down, c.want, got.Ready)
			}
		})
	}
}

func TestReadyz_IsLookedAtOnceASecondHoweverManyAsk(t *testing.T) {
	clock := coretest.NewClock(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	asked := 0
	l := &looker{clock: clock, ask: func(context.Context) Readiness { asked++; return Readiness{} }}
	for range 5 {
		l.look()
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	clock.Advance(readyKeep)
	if l.look(); asked != 2 {
		t.Errorf("asked %d times after a second", asked)
	}
}

func TestServer_BoundsHeaders(t *testing.T) {
	at := serve(t, Options{})
	r, err := http.NewRequest(http.MethodGet, at+"/healthz", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-Long", strings.Repeat("a", 64<<10))
	a, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = a.Body.Close()
	if a.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("64 KB of headers are answered with %d", a.StatusCode)
	}
}

func TestServer_StopsWhileSomebodyHoldsAConnection(t *testing.T) {
	s, err := Listen(t.Context(), Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\n"); err != nil { // and never the rest
		t.Fatal(err)
	}
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(2 * stopMax):
		t.Fatal("it did not stop")
	}
	if _, err := net.Dial("tcp", s.Addr()); err == nil {
		t.Error("it still listens")
	}
}

func TestListen_SaysThatTheAddressIsTaken(t *testing.T) {
	s, err := Listen(t.Context(), Options{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if _, err := Listen(t.Context(), Options{Listen: s.Addr()}); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("a taken address: %v", err)
	}
}

func TestMetrics_ShowWhatWasCounted(t *testing.T) {
	m := NewMetrics("v1")
	m.Taken("shop", "core.Posted")
	m.Taken("shop", "posted")
	m.Repeated("shop")
	m.Parked("shop")
	m.Act("core.Wrote")
	m.Shown(3)
	m.JobParked("shop", core.PeerGone)
	type family string
	calls := Calls[family]{Metrics: m, Name: func(f family) string { return map[family]string{"a": "customer"}[f] }}
	calls.Called("a", "shop", 0, 20*time.Millisecond)
	calls.Called("a", "shop", core.Throttled, time.Second)
	m.Watch(Sources{
		Channels: func() map[string]bool { return map[string]bool{"shop": true, "vip": false} },
		Lanes:    func() Lanes { return Lanes{Known: 9, Ready: 2, Later: 3, InFlight: 4} },
		Budgets:  func() map[string]Budget { return map[string]Budget{"group:main": {Used: 7, Max: 20, Waiting: 1}} },
		Backlog: func(context.Context) (map[string]Backlog, int, error) {
			return map[string]Backlog{"topic": {Jobs: 5, Delay: 90 * time.Second}}, 6, nil
		},
		Store: func() Store {
			return Store{
				Updates: 10, Failed: 1, Retries: 2, Waiting: 3, LogPages: 4,
				BatchBounds: []int{1, 2}, Batches: []uint64{3, 2, 1},
				TimeBounds: []time.Duration{time.Millisecond}, Times: []uint64{5, 1}, TimeSum: 8 * time.Millisecond,
			}
		},
	})
	_, body := get(t, serve(t, Options{Metrics: m})+"/metrics")
	want := `parom_acts_total{kind="wrote"} 1
parom_backlog_delay_seconds{family="topic"} 90
parom_backlog_jobs{family="topic"} 5
parom_backlog_unknown 0
parom_budget_max{budget="group:main"} 20
parom_budget_used{budget="group:main"} 7
parom_budget_waiting{budget="group:main"} 1
parom_build_info{version="v1"} 1
parom_calls_in_flight 4
parom_channel_up{channel="shop"} 1
parom_channel_up{channel="vip"} 0
parom_commit_retries_total 2
parom_commit_seconds_bucket{le="+Inf"} 6
parom_commit_seconds_bucket{le="0.001"} 5
parom_commit_seconds_count 6
parom_commit_seconds_sum 0.008
parom_commit_updates_bucket{le="+Inf"} 6
parom_commit_updates_bucket{le="1"} 3
parom_commit_updates_bucket{le="2"} 5
parom_commit_updates_count 6
parom_commit_updates_sum 10
parom_events_parked_total{channel="shop"} 1
parom_events_repeated_total{channel="shop"} 1
parom_events_total{channel="shop",kind="posted"} 2
parom_jobs_parked 6
parom_jobs_parked_total{channel="shop",reason="peer_gone"} 1
parom_lanes{state="known"} 9
parom_lanes{state="later"} 3
parom_lanes{state="ready"} 2
parom_messages_per_post_count 1
parom_messages_per_post_sum 3
parom_send_delay_seconds_count{family="customer"} 1
parom_send_delay_seconds_sum{family="customer"} 0.02
parom_sends_total{channel="shop",family="customer",outcome="sent"} 1
parom_sends_total{channel="shop",family="customer",outcome="throttled"} 1
parom_store_log_pages 4
parom_updates_total{outcome="done"} 9
parom_updates_total{outcome="failed"} 1
parom_updates_waiting 3`
	if diff := cmp.Diff(strings.Split(want, "\n"), own(body)); diff != "" {
		t.Error(diff)
	}
}

// own are the gateway's own lines, without buckets that say nothing new here.
func own(body string) []string {
	var out []string
	for _, line := range strings.Split(strings.TrimSpace(body), "\n") {
		if strings.HasPrefix(line, "parom_") && !strings.HasPrefix(line, "parom_send_delay_seconds_bucket") && !strings.HasPrefix(line, "parom_messages_per_post_bucket") {
			out = append(out, line)
		}
	}
	return sorted(out)
}

func TestMetrics_SayThatTheBacklogIsNotKnown(t *testing.T) {
	m := NewMetrics("")
	m.Watch(Sources{Backlog: func(ctx context.Context) (map[string]Backlog, int, error) {
		if _, bounded := ctx.Deadline(); !bounded {
			t.Error("the store is asked without a bound")
		}
		return nil, 0, errors.New("disk")
	}})
	code, body := get(t, serve(t, Options{Metrics: m})+"/metrics")
	if code != 200 || !strings.Contains(body, "parom_backlog_unknown 1\n") || strings.Contains(body, "parom_backlog_jobs") {
		t.Errorf("%d\n%s", code, body)
	}
}
