package adaptertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"parom/core"
)

// classifies has each failure happen and looks at what the outbox would be told.
func (s *suite) classifies(t *testing.T) {
	l := s.running(t)
	text := func() core.Parcel { return l.parcel(core.Content{Text: core.Plain("ответ")}) }
	for _, c := range []struct {
		name    string
		fault   func()
		parcel  core.Parcel
		want    []core.Reason
		arrives bool
	}{
		{"asked to wait", func() { l.faults.Throttle(7 * time.Second) }, text(), []core.Reason{core.Throttled}, false},
		{"an overloaded server", l.faults.Break, text(), []core.Reason{core.Unavailable, core.MaybeSent}, false},
		{"a lost answer", l.faults.LoseAnswer, text(), []core.Reason{core.MaybeSent}, true},
		{"nothing to say", nil, l.parcel(core.Content{}), []core.Reason{core.Rejected}, false},
		{
			"a thing that cannot be carried", nil, l.parcel(attached(core.Attachment{Kind: core.Unsupported, Name: "hologram"})),
			[]core.Reason{core.Rejected},
			false,
		},
		{"a file that is nowhere", nil, l.parcel(attached(core.Attachment{Kind: core.Document, Name: "a.pdf"})), []core.Reason{core.MediaGone}, false},
		{"a file that left the spool", nil, l.parcel(attached(core.Attachment{Kind: core.Document, Blob: "no such"})), []core.Reason{core.MediaGone}, false},
		{
			"nobody's address", nil,
			core.Parcel{Key: core.NewKey(), To: core.Destination{Peer: "nobody"}, Content: core.Content{Text: core.Plain("эй")}},
			[]core.Reason{core.Rejected, core.PeerGone},
			false,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := l.count(t)
			if c.fault != nil {
				c.fault()
			}
			_, err := l.send(t.Context(), c.parcel)
			l.faults.Clear()
			expectReason(t, err, c.want...)
			var e *core.SendError
			if errors.As(err, &e) && e.Reason == core.Throttled && e.RetryAfter != 7*time.Second {
				t.Errorf("wait %s, want the 7 s asked for", e.RetryAfter)
			}
			if arrived := l.count(t) > before; arrived != c.arrives {
				t.Errorf("arrived: %v, want %v", arrived, c.arrives)
			}
			if c.arrives && l.adapter.Limits().Dedupe > 0 {
				l.repeats(t, c.parcel)
			}
		})
	}
	t.Run("a customer who does not want us", l.blocked)
	t.Run("a message that is not there", l.targetGone)
}

func attached(a core.Attachment) core.Content {
	return core.Content{Attachments: []core.Attachment{a}}
}

func expectReason(t *testing.T, err error, want ...core.Reason) {
	t.Helper()
	var e *core.SendError
	if !errors.As(err, &e) {
		t.Fatalf("%v (%T), want a *SendError", err, err)
	}
	for _, r := range want {
		if e.Reason == r {
			return
		}
	}
	t.Errorf("%v, want %v", err, want)
}

func (l *line) count(t *testing.T) int {
	t.Helper()
	ms, err := l.customer.Sees(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(ms)
}

// repeats sends a parcel again that arrived: the network drops the repetition.
func (l *line) repeats(t *testing.T, p core.Parcel) {
	before := l.count(t)
	p.Attempt = 2
	if _, err := l.send(t.Context(), p); err != nil {
		t.Errorf("send again: %v", err)
	}
	if n := l.count(t) - before; n != 0 {
		t.Errorf("the same key arrived %d times more", n)
	}
}

func (l *line) blocked(t *testing.T) {
	is := func(now bool) func(core.Event) bool {
		return func(e core.Event) bool {
			r, ok := e.Body.(core.Reachable)
			return ok && r.Now == now && e.From.ID == l.customer.Peer()
		}
	}
	before := len(l.inbox.events())
	err := l.customer.Block(t.Context(), true)
	if errors.Is(err, ErrNotHere) {
		t.Skip("customers cannot block on this network")
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.inbox.next(t.Context(), before, "word that we are blocked", is(false)); err != nil {
		t.Error(err)
	}
	_, err = l.send(t.Context(), l.parcel(core.Content{Text: core.Plain("эй")}))
	expectReason(t, err, core.PeerGone)
	if err := l.customer.Block(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if _, err := l.inbox.next(t.Context(), before, "word that we are not blocked", is(true)); err != nil {
		t.Error(err)
	}
	if _, err := l.send(t.Context(), l.parcel(core.Content{Text: core.Plain("снова")})); err != nil {
		t.Errorf("send after unblocking: %v", err)
	}
}

func (l *line) targetGone(t *testing.T) {
	for _, gone := range []core.RemoteID{l.missing(t), "", "nonsense"} {
		if e, ok := l.adapter.(core.Editor); ok {
			err := l.heard(e.Edit(t.Context(), l.to, gone, l.parcel(core.Content{Text: core.Plain("нет")})))
			expectReason(t, err, core.TargetGone)
		}
		if r, ok := l.adapter.(core.Reactor); ok {
			expectReason(t, l.heard(r.React(t.Context(), l.to, gone, "👍")), core.TargetGone)
		}
		p := l.parcel(core.Content{Text: core.Plain("на пустоту")})
		p.ReplyTo = &core.Reference{Remote: gone, Fragment: "слова"}
		if _, err := l.send(t.Context(), p); err != nil {
			t.Errorf("answering %q: %v, want it sent without the quote", gone, err)
		}
	}
}

// missing names a message of ours that was deleted, or one never sent where
// nothing can be deleted.
func (l *line) missing(t *testing.T) core.RemoteID {
	t.Helper()
	sent, err := l.send(t.Context(), l.parcel(core.Content{Text: core.Plain("на минуту")}))
	if err != nil {
		t.Fatal(err)
	}
	d, ok := l.adapter.(core.Deleter)
	if !ok {
		return sent.Remote[0] + "0"
	}
	if err := l.heard(d.Delete(t.Context(), l.to, sent.Remote)); err != nil {
		t.Fatal(err)
	}
	return sent.Remote[0]
}

func (s *suite) endsWithContext(t *testing.T) {
	l := s.running(t)
	before := l.count(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := l.send(ended, l.parcel(core.Content{Text: core.Plain("поздно")}))
	expectReason(t, err, core.Unavailable)
	if l.count(t) != before {
		t.Error("sent although its context had ended")
	}

	l.faults.Hang()
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = l.send(short, l.parcel(core.Content{Text: core.Plain("без ответа")}))
	expectReason(t, err, core.MaybeSent)
	l.faults.Clear()
	if l.count(t) != before+1 {
		t.Error("the simulator did not take the message whose answer it kept")
	}
}
