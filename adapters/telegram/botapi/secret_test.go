package botapi

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func gzipped(n int) func(w http.ResponseWriter, r *http.Request, _ string) {
	return func(w http.ResponseWriter, _ *http.Request, _ string) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(`{"ok":true,"result":"`))
		_, _ = z.Write(bytes.Repeat([]byte("x"), n))
		_ = z.Close()
	}
}

func TestClient_NeverPrintsItsToken(t *testing.T) {
	c := newClient(t, Options{})
	o := Options{Token: testToken, Endpoint: "http://h/" + testToken + "/bot%s/%s"}
	type holder struct {
		C *Client
		c Client
		O *Options
	}
	var log bytes.Buffer
	l := slog.New(slog.NewTextHandler(&log, nil))
	l.Info("x", "client", c, "copy", *c, "options", o, "holder", holder{c, *c, &o})
	j := slog.New(slog.NewJSONHandler(&log, nil))
	j.Info("x", "client", c, "options", o)
	js, _ := json.Marshal([]any{c, *c}) // no exported field, no token
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
		out := fmt.Sprintf(verb, c) + fmt.Sprintf(verb, *c) + fmt.Sprintf(verb, o) + fmt.Sprintf(verb, &o) +
			fmt.Sprintf(verb, holder{c, *c, &o}) + fmt.Sprintf(verb, c.token) + fmt.Sprintf(verb, []any{c, o}) + string(js) + log.String()
		if strings.Contains(out, "planted-secret") || strings.Contains(out, fmt.Sprintf("%x", "planted-secret")) ||
			strings.Contains(out, fmt.Sprintf("%X", "planted-secret")) {
			t.Errorf("%s shows the token: %s", verb, out)
		}
	}
	if c.String() != "telegram bot 424242" || c.BotID() != 424242 {
		t.Errorf("%s, %d", c, c.BotID())
	}
}

func TestErrors_HideTheTokenWhateverBroke(t *testing.T) {
	tlsServer := httptest.NewTLSServer(http.NotFoundHandler())
	tlsServer.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(tlsServer.Close)
	_, plain := server(t, func(w http.ResponseWriter, r *http.Request, _ string) { http.Redirect(w, r, r.URL.Path, 302) })
	dial := func(err error) HTTPDoer {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, err }}}
	}
	raw := func(err error) HTTPDoer {
		return doerFunc(func(*http.Request) (*http.Response, error) { return nil, err })
	}
	theURL := "https://api.telegram.org/bot" + testToken + "/sendMessage"
	for name, o := range map[string]Options{
		"an untrusted certificate": {Endpoint: tlsServer.URL},
		"TLS to a plain port":      {Endpoint: strings.Replace(plain.URL, "http:", "https:", 1)},
		"plain to a TLS port":      {Endpoint: strings.Replace(tlsServer.URL, "https:", "http:", 1)},
		"a redirect loop":          {Endpoint: plain.URL},
		"a name that is not known": {Doer: dial(&net.DNSError{Err: "no such host", Name: "api.telegram.org", IsNotFound: true})},
		"DNS that names the token": {Doer: dial(&net.DNSError{Err: "no such host", Name: testToken + ".example"})},
		"a URL error in a chain":   {Doer: raw(fmt.Errorf("post: %w", &url.Error{Op: "Post", URL: theURL, Err: errors.New("boom")}))},
		"two joined URL errors": {Doer: raw(errors.Join(&url.Error{Op: "Post", URL: theURL, Err: context.DeadlineExceeded},
			&url.Error{Op: "Get", URL: theURL, Err: errors.New("boom")}))},
		"a plain text with it":      {Doer: raw(errors.New("cannot POST " + theURL))},
		"an escaped token":          {Doer: raw(errors.New("cannot POST " + url.QueryEscape(testToken)))},
		"only its secret half":      {Doer: raw(errors.New(testToken[7:]))},
		"a TLS error with a header": {Doer: raw(tls.RecordHeaderError{Msg: theURL})},
		"a struct that hides it":    {Doer: raw(sneaky{theURL})},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClient(t, o)
			_, err := c.SendMessage(t.Context(), SendMessageParams{Text: "x"})
			if err == nil {
				t.Fatal("no error")
			}
			noToken(t, err)
			_, err = c.Download(t.Context(), File{FilePath: "photos/a.jpg"}, DownloadOptions{})
			if err == nil {
				t.Fatal("no error")
			}
			noToken(t, err)
		})
	}
}

// sneaky says nothing in Error, but prints its field with %#v.
type sneaky struct{ url string }

func (sneaky) Error() string { return "boom" }

func TestErrors_KeepWhatCallersAskFor(t *testing.T) {
	s := newSecret(testToken)
	err := s.cleanError(&url.Error{Op: "Post", URL: "https://h/bot" + testToken, Err: &net.OpError{Op: "dial", Err: context.DeadlineExceeded}})
	var op *net.OpError
	if !errors.As(err, &op) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("lost its cause: %v", err)
	}
	err = s.cleanError(fmt.Errorf("%s: %w", testToken, context.Canceled))
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "planted") {
		t.Errorf("%v", err)
	}
}
