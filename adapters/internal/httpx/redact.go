package httpx

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

const hidden = "[secret]"

// minSecretBytes is the shortest text taken for a secret: hiding "1" would hide
// every error.
const minSecretBytes = 4

// Redactor removes known secrets from text and errors, in the forms they take in
// URLs, JSON and headers. The zero value knows none; safe for concurrent use.
type Redactor struct {
	mu    sync.RWMutex
	forms []string // longest first, so that a secret within another leaves no rest
}

// NewRedactor knows the given secrets.
func NewRedactor(secrets ...string) *Redactor {
	r := &Redactor{}
	r.Add(secrets...)
	return r
}

// Add teaches r more secrets. Those shorter than four bytes are ignored.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if len(s) < minSecretBytes {
			continue
		}
		quoted, _ := json.Marshal(s)
		for _, f := range []string{
			s, url.QueryEscape(s), url.PathEscape(s), strings.Trim(string(quoted), `"`), strings.Trim(fmt.Sprintf("%q", s), `"`),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)),
		} {
			if !slices.Contains(r.forms, f) {
				r.forms = append(r.forms, f)
			}
		}
	}
	slices.SortFunc(r.forms, func(a, b string) int { return len(b) - len(a) })
}

// Text hides the secrets in s.
func (r *Redactor) Text(s string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, f := range r.forms {
		s = strings.ReplaceAll(s, f, hidden)
	}
	return s
}

// Format prints no secret.
func (r *Redactor) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "httpx.Redactor") }

// LogValue prints no secret.
func (r *Redactor) LogValue() slog.Value { return slog.StringValue("httpx.Redactor") }

// urlPart matches a URL's path and query, and the credentials before its host:
// where tokens live. The host stays, it is what one needs to know.
var urlPart = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)(?:[^\s/"'@]*@)?([^\s/"'?#]*)[^\s"']*`)

// Error returns what err says without secrets and without the inside of URLs. The
// cause stays in the chain as long as nothing in it shows a secret; otherwise only
// what context and io call it is kept.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	var u *url.Error
	for errors.As(err, &u) && u.Err != nil {
		err = u.Err
	}
	if !r.shownBy(err) {
		return err
	}
	c := &cleaned{text: urlPart.ReplaceAllString(r.Text(err.Error()), "$1$2")}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF, ErrForbiddenAddress, ErrTooLarge} {
		if errors.Is(err, known) {
			c.is = known
			break
		}
	}
	return c
}

func (r *Redactor) shownBy(err error) bool {
	if err == nil {
		return false
	}
	if _, isURL := err.(*url.Error); isURL { //nolint:errorlint // this link alone; the others follow below
		return true
	}
	// An error may keep out of its text what %#v of a log line would still print.
	all := err.Error() + fmt.Sprintf("%+v %#v", err, err)
	if r.Text(all) != all || urlPart.MatchString(err.Error()) {
		return true
	}
	switch w := err.(type) { //nolint:errorlint // walks the chain itself, both branches of it
	case interface{ Unwrap() error }:
		return r.shownBy(w.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(w.Unwrap(), r.shownBy)
	}
	return false
}

type cleaned struct {
	text string
	is   error
}

func (c *cleaned) Error() string { return c.text }
func (c *cleaned) Unwrap() error { return c.is }
