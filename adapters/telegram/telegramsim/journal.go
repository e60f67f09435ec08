package telegramsim

import (
	"fmt"
	"os"
	"time"
)

// Request is one call of a bot, as answered.
type Request struct {
	At     time.Time `json:"at"`
	Bot    int64     `json:"bot"`
	Method string    `json:"method"` // lower case
	Chat   int64     `json:"chat,omitempty"`
	Code   int       `json:"code"` // HTTP status; 0 when a fault swallowed the answer
}

// journal is the request log: a ring of the newest, and counts of all.
type journal struct {
	ring    []Request
	next    int
	total   int
	refused int            // answers with 429
	counts  map[string]int // by method
	panics  []string
}

func (s *Server) record(bot int64, method string, chat int64, code int) {
	r := Request{At: s.now(), Bot: bot, Method: method, Chat: chat, Code: code}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	j.total++
	j.counts[method]++
	if code == 429 {
		j.refused++
	}
	if n := s.knobs.KeepRequests; n <= 0 {
		return
	} else if len(j.ring) < n {
		j.ring = append(j.ring, r)
		return
	}
	j.ring[j.next%len(j.ring)] = r
	j.next++
}

// panicked remembers a bug of the simulator so that tests can see it.
func (s *Server) panicked(method string, v any, stack []byte) {
	text := fmt.Sprintf("telegramsim: panic in %s: %v\n%s", method, v, stack)
	fmt.Fprintln(os.Stderr, text)
	s.journal.panics = append(s.journal.panics, text)
}

// Requests are the newest calls, oldest first, at most Knobs.KeepRequests.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	if len(j.ring) == 0 {
		return nil
	}
	at := j.next % len(j.ring)
	return append(append([]Request(nil), j.ring[at:]...), j.ring[:at]...)
}

// Calls counts all calls by lower-case method since New or ResetCalls.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make(map[string]int, len(s.journal.counts))
	for k, v := range s.journal.counts {
		out[k] = v
	}
	return out
}

// Throttled counts the answers with 429.
func (s *Server) Throttled() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.journal.refused
}

// ResetCalls forgets the request log and its counts.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	s.journal = journal{counts: map[string]int{}}
	s.mu.Unlock()
}
