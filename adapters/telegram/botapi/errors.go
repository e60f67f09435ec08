package botapi

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// Error is a failed call: a refusal in the server's words, or a transport failure.
// Its text and its chain are free of the token.
type Error struct {
	Method string
	Kind   Kind
	// Code is the server's error_code or the HTTP status; zero when no answer came.
	Code        int
	Description string
	// RetryAfter is what the server asked for on Throttled; zero when it named nothing.
	RetryAfter time.Duration
	// MigrateToChatID is set on Migrated.
	MigrateToChatID int64
	// Sent says that the request may have been accepted although no good answer
	// came. False means that the server surely did not act on it.
	Sent bool

	err error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("telegram")
	if e.Method != "" {
		b.WriteString(" " + e.Method)
	}
	b.WriteString(": " + e.Kind.String())
	if e.Code != 0 {
		fmt.Fprintf(&b, ": %d", e.Code)
	}
	if e.Description != "" {
		b.WriteString(": " + e.Description)
	} else if e.err != nil {
		b.WriteString(": " + e.err.Error())
	}
	if e.RetryAfter > 0 {
		fmt.Fprintf(&b, " (retry after %s)", e.RetryAfter)
	}
	if e.Sent {
		b.WriteString(" (may have been accepted)")
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.err }

// KindOf is the kind in err's chain; KindNone for nil and for foreign errors.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return KindNone
}

// maxDescription bounds the server's words, in bytes: some refusals quote their input.
const maxDescription = 300

// tidy makes the server's words safe for a log line.
func tidy(s string) string {
	if len(s) > maxDescription {
		s = s[:maxDescription] + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
}
