package telegramsim

import (
	"context"
	"strconv"
	"time"
)

// Change is one thing that happened, in the order of Seq over the whole server.
// Kinds: message, service, edited, deleted, reaction, pinned, unpinned, topic,
// action, pressed, popup (By is who sees it), member, blocked, unblocked, moved,
// chat, bot, user, hooked (a webhook took an update).
type Change struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Place   Place     `json:"place"`
	Thread  int64     `json:"thread,omitempty"`
	Message int64     `json:"message,omitempty"`
	By      int64     `json:"by,omitempty"`
	Text    string    `json:"text,omitempty"`
	Seen    *Seen     `json:"seen,omitempty"` // the message as it is now; only in feeds
}

// note logs a change and wakes whoever waits. It is called with mu held.
func (s *Server) note(c *chat, ch Change) {
	s.st.Changes++
	ch.Seq, ch.At = s.st.Changes, s.now()
	if c != nil {
		ch.Place = c.Place
		c.Log = append(c.Log, ch)
	}
	close(s.changed)
	s.changed = make(chan struct{})
	if len(s.feeds) == 0 {
		return
	}
	if c != nil && ch.Message != 0 {
		if m := c.Messages[ch.Message]; m != nil {
			v := s.seen(m)
			ch.Seen = &v
		}
	}
	for f := range s.feeds {
		select {
		case f.c <- ch:
		default: // a reader that does not keep up is told to read anew
			f.lost = true
		}
	}
}

// feed is one subscriber.
type feed struct {
	c    chan Change
	lost bool
}

func (s *Server) subscribe() *feed {
	f := &feed{c: make(chan Change, 1024)}
	s.mu.Lock()
	s.feeds[f] = struct{}{}
	s.mu.Unlock()
	return f
}

func (s *Server) unsubscribe(f *feed) {
	s.mu.Lock()
	delete(s.feeds, f)
	s.mu.Unlock()
}

// missed reports and clears whether changes were dropped.
func (s *Server) missed(f *feed) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	lost := f.lost
	f.lost = false
	return lost
}

// Changes hands over everything that happens until ctx ends; then the channel
// is closed. A reader that falls 1024 behind loses what came meanwhile.
func (s *Server) Changes(ctx context.Context) <-chan Change {
	out := make(chan Change)
	if !s.enter() {
		close(out)
		return out
	}
	f := s.subscribe()
	go func() {
		defer s.wg.Done()
		defer close(out)
		defer s.unsubscribe(f)
		for {
			select {
			case ch := <-f.c:
				select {
				case out <- ch:
				case <-ctx.Done():
					return
				case <-s.stopped:
					return
				}
			case <-ctx.Done():
				return
			case <-s.stopped:
				return
			}
		}
	}()
	return out
}

// WaitFor returns when cond holds, trying it after every change, or with ctx's
// error. It waits for changes, not for time.
func (s *Server) WaitFor(ctx context.Context, cond func() bool) error {
	for {
		s.mu.Lock()
		next := s.changed
		s.mu.Unlock()
		if cond() {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			if cond() {
				return nil
			}
			return ctx.Err()
		}
	}
}

func appendInt(b []byte, n int64) []byte { return strconv.AppendInt(b, n, 10) }
