package botapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
)

const hidden = "[token]"

// secret keeps a token where no format verb finds it: behind a pointer, which
// fmt prints as an address wherever it cannot call String.
type secret struct{ p *string }

func newSecret(s string) secret { return secret{&s} }

func (s secret) reveal() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// String hides the token.
func (s secret) String() string { return hidden }

// GoString hides the token.
func (s secret) GoString() string { return hidden }

// clean removes the token, and the half of it that is the password, from text
// that came from outside.
func (s secret) clean(text string) string {
	t := s.reveal()
	if t == "" {
		return text
	}
	forms := []string{t, url.QueryEscape(t)}
	if _, key, ok := strings.Cut(t, ":"); ok && key != "" {
		forms = append(forms, key)
	}
	for _, f := range forms {
		text = strings.ReplaceAll(text, f, hidden)
	}
	return text
}

// cleanError returns an error that says what err says, whose whole chain is free
// of the token. *url.Error carries the URL, and the URL the token: it is replaced
// by its cause. Any other link that shows the token is replaced by its cleaned
// text, keeping only what callers ask for with errors.Is.
func (s secret) cleanError(err error) error {
	if err == nil {
		return nil
	}
	var u *url.Error
	for errors.As(err, &u) && u.Err != nil {
		err = u.Err
	}
	if !s.shownBy(err) {
		return err
	}
	c := &cleaned{text: s.clean(err.Error())}
	for _, known := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, io.EOF} {
		if errors.Is(err, known) {
			c.is = known
			break
		}
	}
	return c
}

// shownBy reports whether err or anything it wraps shows the token or a URL that may.
func (s secret) shownBy(err error) bool {
	if err == nil {
		return false
	}
	if _, isURL := err.(*url.Error); isURL { //nolint:errorlint // this link alone; the others follow below
		return true
	}
	// An error may keep out of its text what %#v of a log line would still print.
	if all := err.Error() + fmt.Sprintf("%+v %#v", err, err); s.clean(all) != all {
		return true
	}
	switch w := err.(type) { //nolint:errorlint // walks the chain itself, both branches of it
	case interface{ Unwrap() error }:
		return s.shownBy(w.Unwrap())
	case interface{ Unwrap() []error }:
		for _, e := range w.Unwrap() {
			if s.shownBy(e) {
				return true
			}
		}
	}
	return false
}

type cleaned struct {
	text string
	is   error
}

func (c *cleaned) Error() string { return c.text }
func (c *cleaned) Unwrap() error { return c.is }
