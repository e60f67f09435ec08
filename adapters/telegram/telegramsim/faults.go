package telegramsim

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"parom/core"
)

// Fault is a rule that spoils matching calls. Zero fields match everything.
type Fault struct {
	ID     int    `json:"id"`
	Bot    int64  `json:"bot,omitempty"`
	Method string `json:"method,omitempty"` // any case; a trailing * matches the rest
	Chat   int64  `json:"chat,omitempty"`   // chat_id of the call; a private chat's is the person's id
	Skip   int    `json:"skip,omitempty"`   // let this many matching calls pass first
	Count  int    `json:"count,omitempty"`  // spoil this many, then expire; 0: for ever
	// Probability from 0 to 1 of spoiling a match; 0 means always.
	Probability float64 `json:"probability,omitempty"`

	// What happens. Delay comes first and goes with any of the others.
	Delay time.Duration `json:"delay_ns,omitempty"`
	// Refuse answers this instead of doing the call.
	Refuse *Refusal `json:"refuse,omitempty"`
	// HTML answers Status (default 502) with an HTML body instead of doing the call.
	HTML   bool `json:"html,omitempty"`
	Status int  `json:"status,omitempty"`
	// Reset cuts the connection before the call is read: nothing happened.
	Reset bool `json:"reset,omitempty"`
	// Drop does the call and cuts the connection without an answer.
	Drop bool `json:"drop,omitempty"`
	// Cut does the call and stops in the middle of the answer's body.
	Cut bool `json:"cut,omitempty"`
	// Hang does the call and never answers; HangBefore does not even do it.
	Hang       bool `json:"hang,omitempty"`
	HangBefore bool `json:"hang_before,omitempty"`

	Hits int `json:"hits"` // calls spoiled so far
	seen int
}

type stage uint8

const (
	stageArrival stage = iota // only bot and method are known, the body is unread
	stageCall                 // the chat is known
)

// AddFault installs a rule and returns its id. Rules are tried in order; the
// first that matches and strikes is used.
func (s *Server) AddFault(f Fault) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextFix++
	f.ID = s.nextFix
	f.Hits, f.seen = 0, 0
	s.faults = append(s.faults, &f)
	return f.ID
}

// RemoveFault removes one rule; 0 removes all.
func (s *Server) RemoveFault(id int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keep []*Fault
	for _, f := range s.faults {
		if id != 0 && f.ID != id {
			keep = append(keep, f)
		}
	}
	s.faults = keep
}

// Faults are the rules installed, with their hits.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// matchFault finds the rule that strikes this call. Rules that cut before the
// body is read and name no chat strike on arrival, all others once it is known.
func (s *Server) matchFault(b *bot, method string, at Place, when stage) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.faults {
		arrival := f.Chat == 0 && (f.Reset || f.HangBefore)
		if arrival != (when == stageArrival) || !f.matches(b.ID, method, at.Chat) {
			continue
		}
		if f.Count > 0 && f.Hits >= f.Count {
			continue
		}
		f.seen++
		if f.seen <= f.Skip || f.Probability > 0 && s.rng.Float64() >= f.Probability {
			continue
		}
		f.Hits++
		copied := *f
		return &copied
	}
	return nil
}

func (f *Fault) matches(bot int64, method string, chat int64) bool {
	if f.Bot != 0 && f.Bot != bot || f.Chat != 0 && f.Chat != chat {
		return false
	}
	want := strings.ToLower(f.Method)
	if head, ok := strings.CutSuffix(want, "*"); ok {
		return strings.HasPrefix(method, head)
	}
	return want == "" || want == method
}

// applyEarly does what comes before the call and reports whether to go on.
func (s *Server) applyEarly(w http.ResponseWriter, r *http.Request, f *Fault, b *bot, method string) bool {
	if f.Delay > 0 && core.Sleep(r.Context(), s.clock, f.Delay) != nil {
		return false
	}
	switch {
	case f.Reset:
		s.record(b.ID, method, f.Chat, 0)
		cutConnection(w)
	case f.HangBefore:
		s.record(b.ID, method, f.Chat, 0)
		select {
		case <-r.Context().Done():
		case <-s.stopped:
		}
		cutConnection(w)
	case f.Refuse != nil:
		s.record(b.ID, method, f.Chat, f.Refuse.Code)
		writeRefusal(w, f.Refuse)
	case f.HTML:
		code := f.Status
		if code == 0 {
			code = http.StatusBadGateway
		}
		s.record(b.ID, method, f.Chat, code)
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		_, _ = w.Write([]byte("<html>\r\n<head><title>" + http.StatusText(code) + "</title></head>\r\n<body><center><h1>" +
			http.StatusText(code) + "</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n"))
	default:
		return true
	}
	return false
}

// applyLate spoils the answer of a call that was done, and reports whether it did.
func (s *Server) applyLate(ctx context.Context, w http.ResponseWriter, f *Fault, body []byte) bool {
	switch {
	case f.Drop:
		cutConnection(w)
	case f.Hang:
		select {
		case <-ctx.Done():
		case <-s.stopped:
		}
		cutConnection(w)
	case f.Cut:
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body[:len(body)/2]) //nolint:gosec // JSON, and typed so
		if fl, ok := w.(http.Flusher); ok {
			fl.Flush()
		}
		cutConnection(w)
	default:
		return false
	}
	return true
}

// cutConnection resets the connection under the client.
func cutConnection(w http.ResponseWriter) {
	h, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler)
	}
	c, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}
