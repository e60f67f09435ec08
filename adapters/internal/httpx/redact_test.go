package httpx

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
)

type sneaky struct{ url string }

func (sneaky) Error() string { return "boom" }

func TestRedactor_HidesPlantedSecrets(t *testing.T) {
	r := NewRedactor(secret, "pass\"word\n1", "abc")
	for name, err := range map[string]error{
		"a URL error":               &url.Error{Op: "Post", URL: "https://h/bot" + secret + "/x", Err: errors.New("boom")},
		"a wrapped URL error":       fmt.Errorf("send: %w", &url.Error{Op: "Post", URL: "https://h/" + secret, Err: context.Canceled}),
		"two joined":                errors.Join(&url.Error{URL: secret, Err: errors.New("a")}, &url.Error{URL: secret, Err: errors.New("b")}),
		"plain text":                errors.New("token " + secret),
		"query escaped":             errors.New("?access_token=" + url.QueryEscape(secret)),
		"path escaped":              errors.New("/" + url.PathEscape(secret)),
		"base64":                    errors.New("Basic " + base64.StdEncoding.EncodeToString([]byte(secret))),
		"quoted":                    fmt.Errorf("%q", "pass\"word\n1"),
		"a DNS error":               &net.DNSError{Err: "no such host", Name: secret},
		"hidden in a field":         sneaky{secret},
		"hidden in a wrapped field": fmt.Errorf("x: %w", sneaky{secret}),
		"a URL nobody planted":      errors.New(`get "https://user:pw@host.example/planted?planted=1": refused`),
	} {
		t.Run(name, func(t *testing.T) {
			clean := r.Error(err)
			var seen strings.Builder
			var walk func(error)
			walk = func(e error) {
				if e == nil {
					return
				}
				fmt.Fprintf(&seen, "%v|%+v|%#v|%q|", e, e, e, e)
				if u, ok := e.(interface{ Unwrap() []error }); ok {
					for _, e := range u.Unwrap() {
						walk(e)
					}
				}
				walk(errors.Unwrap(e))
			}
			walk(clean)
			for _, s := range []string{"planted", "pass\"word", `pass\"word`, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), "pw@"} {
				if strings.Contains(seen.String(), s) {
					t.Errorf("shows %q: %s", s, seen.String())
				}
			}
		})
	}
	if got := r.Error(errors.New(`get "https://user:pw@host.example/x": refused`)).Error(); got != `get "https://host.example": refused` {
		t.Errorf("kept %q", got)
	}
	if got := r.Text("abc"); got != "abc" {
		t.Errorf("took a short word for a secret: %q", got)
	}
	if r.Error(nil) != nil {
		t.Error("nil became an error")
	}
	if s := fmt.Sprintf("%v %+v %#v", r, r, r); strings.Contains(s, "planted") {
		t.Errorf("prints itself: %s", s)
	}
}

func TestRedactor_KeepsTheCause(t *testing.T) {
	r := NewRedactor(secret)
	var op *net.OpError
	err := r.Error(&url.Error{Op: "Post", URL: secret, Err: &net.OpError{Op: "dial", Err: context.DeadlineExceeded}})
	if !errors.As(err, &op) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("lost: %v", err)
	}
	if err := r.Error(fmt.Errorf("%s: %w", secret, context.Canceled)); !errors.Is(err, context.Canceled) {
		t.Errorf("lost: %v", err)
	}
}
