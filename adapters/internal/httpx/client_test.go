package httpx

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const secret = "AAplanted/secret+0123456789"

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c
}

func get(t *testing.T, c *Client, to string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return resp, err
}

func TestPublic(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "149.154.167.220": true, "172.32.0.1": true, "100.128.0.1": true, "2001:67c:4e8:f004::9": true,
		"2606:4700::1111": true, "::ffff:8.8.8.8": true, "64:ff9b::808:808": true, "2002:808:808::1": true,

		"0.0.0.0": false, "0.1.2.3": false, "10.0.0.1": false, "100.64.0.1": false, "100.127.255.255": false, "127.0.0.1": false,
		"127.9.9.9": false, "169.254.169.254": false, "172.16.0.1": false, "172.31.255.255": false, "192.0.0.8": false,
		"192.168.1.1": false, "198.18.0.1": false, "198.51.100.7": false, "203.0.113.7": false, "224.0.0.1": false,
		"240.0.0.1": false, "255.255.255.255": false,

		"::": false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "2606:4700::1%eth0": false, "fc00::1": false,
		"fd12::1": false, "fec0::1": false, "ff02::1": false, "2001:db8::1": false, "2001::1": false, "100::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false,
		"64:ff9b::7f00:1": false, "64:ff9b::a00:1": false, "64:ff9b:1::a00:1": false, "2002:7f00:1::": false,
		"2002:a9fe:a9fe::1": false, "4000::1": false,
	} {
		if got := Public(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Public(%s) = %v", addr, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("the zero address is public")
	}
}

func TestRefusePrivate_JudgesTheDialledAddress(t *testing.T) {
	for addr, refused := range map[string]bool{
		"8.8.8.8:443": false, "127.0.0.1:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true, "[fe80::1%lo]:80": true, "nonsense": true,
	} {
		if err := refusePrivate(t.Context(), "tcp4", addr, nil); errors.Is(err, ErrForbiddenAddress) != refused {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if err := refusePrivate(t.Context(), "unix", "8.8.8.8:80", nil); err == nil {
		t.Error("a unix socket was let through")
	}
}

func TestDo_RefusesOurOwnNetwork(t *testing.T) {
	hit := false
	s := serve(t, func(http.ResponseWriter, *http.Request) { hit = true })
	port := strings.TrimPrefix(s.URL, "http://127.0.0.1")
	c := client(t, Options{})
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.1.2.3"} {
		_, err := get(t, c, "http://"+host+port+"/x?key="+url.QueryEscape(secret))
		if !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s: %v", host, err)
		}
	}
	if hit {
		t.Error("reached")
	}
}

func TestDo_ExemptsExactlyTheEndpoint(t *testing.T) {
	mine := serve(t, func(http.ResponseWriter, *http.Request) {})
	other := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("reached") })
	c := client(t, Options{Endpoints: []string{mine.URL}})
	if _, err := get(t, c, mine.URL+"/bot"); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{other.URL, strings.Replace(mine.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := get(t, c, to); !errors.Is(err, ErrForbiddenAddress) {
			t.Errorf("%s: %v", to, err)
		}
	}
	named := client(t, Options{Endpoints: []string{"LocalHost:" + strings.Split(mine.URL, ":")[2]}})
	if _, err := get(t, named, strings.Replace(mine.URL, "127.0.0.1", "localhost", 1)); err != nil {
		t.Errorf("host:port in another case: %v", err)
	}
}

func TestDo_Redirects(t *testing.T) {
	inner := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) })
	var to string
	var referer []string
	outer := serve(t, func(w http.ResponseWriter, r *http.Request) {
		referer = append(referer, r.Header.Get("Referer"))
		switch r.URL.Path {
		case "/end":
			w.WriteHeader(204)
		case "/loop":
			http.Redirect(w, r, "/loop", 302)
		default:
			http.Redirect(w, r, to, 302)
		}
	})
	both := []string{outer.URL, inner.URL}
	for name, tc := range map[string]struct {
		to     string
		o      Options
		status int
		fails  error
	}{
		"none followed by default":             {"/end", Options{Endpoints: both}, 302, nil},
		"one within the endpoint":              {"/end", Options{Endpoints: both, MaxRedirects: 2}, 204, nil},
		"to a private address":                 {inner.URL, Options{Endpoints: []string{outer.URL}, MaxRedirects: 2}, 0, ErrForbiddenAddress},
		"to another endpoint of ours":          {inner.URL, Options{Endpoints: both, MaxRedirects: 2}, 0, ErrForbiddenAddress},
		"to a file":                            {"file:///etc/passwd", Options{Endpoints: both, MaxRedirects: 2}, 0, ErrForbiddenAddress},
		"to another scheme":                    {"gopher://127.0.0.1/", Options{Endpoints: both, MaxRedirects: 2}, 0, ErrForbiddenAddress},
		"more than allowed":                    {"/loop", Options{Endpoints: both, MaxRedirects: 3}, 0, errAny},
		"to the mapped form of loopback":       {"http://[::ffff:7f00:1]:1/", Options{Endpoints: both, MaxRedirects: 2}, 0, ErrForbiddenAddress},
		"to a metadata address with the token": {"http://169.254.169.254/" + secret, Options{Endpoints: both, MaxRedirects: 2}, 0, ErrForbiddenAddress},
	} {
		t.Run(name, func(t *testing.T) {
			to, referer = tc.to, nil
			c := client(t, tc.o)
			if _, err := get(t, c, inner.URL); len(tc.o.Endpoints) == 2 && err != nil {
				t.Fatal(err) // leaves an idle connection that a redirect could ride
			}
			resp, err := get(t, c, outer.URL+"/start/"+url.PathEscape(secret))
			if tc.fails != nil {
				if err == nil || !errors.Is(tc.fails, errAny) && !errors.Is(err, tc.fails) {
					t.Fatalf("got %v, %v", resp, err)
				}
				if strings.Contains(err.Error(), "planted") {
					t.Errorf("shows the secret: %v", err)
				}
				return
			}
			if err != nil || resp.StatusCode != tc.status {
				t.Fatalf("got %v, %v", resp, err)
			}
			if strings.Join(referer, "") != "" {
				t.Errorf("told the next hop where it came from: %q", referer)
			}
		})
	}
}

var errAny = errors.New("any")

func TestRedirect_NeverFromHTTPSToHTTP(t *testing.T) {
	g, err := newGuard(Options{})
	if err != nil {
		t.Fatal(err)
	}
	from, _ := http.NewRequest("GET", "https://a.example/", nil)
	next, _ := http.NewRequest("GET", "http://a.example/", nil)
	if err := g.redirect(5)(next, []*http.Request{from}); !errors.Is(err, ErrForbiddenAddress) {
		t.Error(err)
	}
}

func TestDo_TrustsTheFileOfRoots(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(s.Close)
	if _, err := get(t, client(t, Options{Endpoints: []string{s.URL}}), s.URL); err == nil {
		t.Fatal("trusted a stranger")
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t, client(t, Options{Endpoints: []string{s.URL}, CAFile: file}), s.URL); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad.pem")
	_ = os.WriteFile(bad, []byte("no certificate"), 0o600)
	for _, f := range []string{bad, bad + ".absent"} {
		if _, err := New(Options{CAFile: f}); err == nil {
			t.Errorf("%s was taken", f)
		}
	}
}

func TestDo_ProxyServesTheEndpointAlone(t *testing.T) {
	var asked []string
	proxy := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host)
		w.WriteHeader(204)
	})
	c := client(t, Options{Endpoints: []string{"http://api.example"}, Proxy: strings.Replace(proxy.URL, "//", "//user:"+"pass@", 1)})
	if resp, err := get(t, c, "http://api.example/x"); err != nil || resp.StatusCode != 204 {
		t.Fatal(err)
	}
	if _, err := get(t, c, "http://127.0.0.1:1/x"); !errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("not guarded: %v", err)
	}
	if len(asked) != 1 || asked[0] != "api.example" {
		t.Errorf("the proxy saw %v", asked)
	}
	for _, bad := range []string{"ftp://h:1", "://", "h:1"} {
		if _, err := New(Options{Proxy: bad}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestDo_EndsWithItsContext(t *testing.T) {
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, "GET", s.URL+"/"+url.PathEscape(secret), nil)
	_, err := client(t, Options{Endpoints: []string{s.URL}}).Do(r)
	if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "planted") {
		t.Error(err)
	}
}

func TestHostPort(t *testing.T) {
	for in, want := range map[string]string{
		"https://API.telegram.org/bot%s": "", "https://API.telegram.org/bot": "api.telegram.org:443", "http://h": "h:80",
		"h:8081": "h:8081", "http://[::1]:81/x": "[::1]:81", "h": "", "": "", "http://": "", "ftp://h": "", "h.example.:5": "h.example:5",
	} {
		got, err := HostPort(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("HostPort(%q) = %q, %v", in, got, err)
		}
	}
}
