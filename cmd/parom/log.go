package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"parom/config"
)

// hidden stands where a secret stood.
const hidden = "[secret]"

// secretMin is from how many bytes on something is looked for: shorter ones
// would take half of the log away.
const secretMin = 8

// redactor knows the secrets and takes them out of whatever is shown.
type redactor struct {
	mu      sync.Mutex
	known   []string
	replace atomic.Pointer[strings.Replacer]
}

// hide adds secrets. Of a token with a public front ("id:secret") the rest is
// hidden wherever it stands alone, as behind an escaped colon.
func (r *redactor) hide(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		parts := []string{s}
		if _, rest, ok := strings.Cut(s, ":"); ok {
			parts = append(parts, rest)
		}
		for _, p := range parts {
			if len(p) >= secretMin {
				r.known = append(r.known, p, hidden)
			}
		}
	}
	r.replace.Store(strings.NewReplacer(r.known...))
}

func (r *redactor) clean(s string) string {
	if p := r.replace.Load(); p != nil {
		return p.Replace(s)
	}
	return s
}

// writer cleans what is written; a secret must not be split over two writes.
func (r *redactor) writer(w io.Writer) io.Writer { return cleanWriter{r, w} }

type cleanWriter struct {
	r *redactor
	w io.Writer
}

func (c cleanWriter) Write(b []byte) (int, error) {
	if _, err := io.WriteString(c.w, c.r.clean(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (s *session) say(w io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(w, format, args...)
}

// log makes the log as the configuration wants it.
func (s *session) log(c config.Log) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.SlogLevel(), ReplaceAttr: rename}
	var h slog.Handler = slog.NewTextHandler(s.err, o)
	if c.Format == "json" {
		h = slog.NewJSONHandler(s.err, o)
	}
	return slog.New(cleanHandler{h, s.secrets})
}

// ownMessage is our attribute "msg" on its way past slog's own key of that name.
const ownMessage = "\x00msg"

// rename gives "event" to what happened, so that "msg" is free for the number of
// a customer's message.
func rename(groups []string, a slog.Attr) slog.Attr {
	switch {
	case a.Key == ownMessage:
		a.Key = "msg"
	case a.Key == slog.MessageKey && len(groups) == 0:
		a.Key = "event"
	}
	return a
}

// cleanHandler takes secrets out of messages and attributes before they are
// formatted, which may escape them.
type cleanHandler struct {
	slog.Handler
	r *redactor
}

// Handle implements slog.Handler.
func (h cleanHandler) Handle(ctx context.Context, rec slog.Record) error {
	out := slog.NewRecord(rec.Time, rec.Level, h.r.clean(rec.Message), rec.PC)
	rec.Attrs(func(a slog.Attr) bool {
		out.AddAttrs(h.attr(a))
		return true
	})
	return h.Handler.Handle(ctx, out)
}

// WithAttrs implements slog.Handler.
func (h cleanHandler) WithAttrs(as []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(as))
	for i, a := range as {
		clean[i] = h.attr(a)
	}
	return cleanHandler{h.Handler.WithAttrs(clean), h.r}
}

// WithGroup implements slog.Handler.
func (h cleanHandler) WithGroup(name string) slog.Handler {
	return cleanHandler{h.Handler.WithGroup(name), h.r}
}

func (h cleanHandler) attr(a slog.Attr) slog.Attr {
	if a.Key == slog.MessageKey {
		a.Key = ownMessage
	}
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(h.r.clean(a.Value.String()))
	case slog.KindGroup:
		var parts []slog.Attr
		for _, p := range a.Value.Group() {
			parts = append(parts, h.attr(p))
		}
		a.Value = slog.GroupValue(parts...)
	case slog.KindAny:
		// As text: what a type's own Format hides, JSON would show.
		a.Value = slog.StringValue(h.r.clean(fmt.Sprintf("%+v", a.Value.Any())))
	}
	return a
}
