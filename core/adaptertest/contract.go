package adaptertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parom/core"
)

// declaresAbilities checks that Limits and interfaces agree, and that Limits
// make sense.
func (s *suite) declaresAbilities(t *testing.T) {
	l := s.open(t)
	limits := l.adapter.Limits()
	_, edits := l.adapter.(core.Editor)
	_, deletes := l.adapter.(core.Deleter)
	_, reacts := l.adapter.(core.Reactor)
	_, types := l.adapter.(core.Typist)
	_, reads := l.adapter.(core.Reader)
	for _, a := range []struct {
		name string
		able core.Ability
		has  bool
	}{
		{"Edit", limits.Edit, edits},
		{"Delete", limits.Delete, deletes},
		{"Reaction", limits.Reaction, reacts},
		{"Typing", limits.Typing, types},
		{"ReadMarks", limits.ReadMarks, reads},
	} {
		if (a.able == core.Native) != a.has {
			t.Errorf("%s: Limits say %d, the adapter has it: %v", a.name, a.able, a.has)
		}
	}
	if limits.Fragment > limits.Reply {
		t.Error("fragments are quoted better than whole messages")
	}
	for kind, m := range limits.Media {
		if m.Fallback == kind {
			t.Errorf("%s falls back to itself", kind)
		}
		if f := m.Fallback; f != 0 {
			if _, ok := limits.Media[f]; !ok {
				t.Errorf("%s falls back to %s, which cannot go", kind, f)
			}
		}
	}
	for _, mix := range limits.Album.Mix {
		for _, kind := range mix {
			if _, ok := limits.Media[kind]; !ok {
				t.Errorf("%s stands in albums and cannot go alone", kind)
			}
		}
	}
	if l.adapter.ID() != "conformance" {
		t.Errorf("ID is %q, want the one given", l.adapter.ID())
	}
	l.probes(t)
}

func (l *line) probes(t *testing.T) {
	p, ok := l.adapter.(core.Prober)
	if !ok {
		return
	}
	account, findings, err := p.Probe(t.Context())
	if l.heard(err) != nil || account.ID == "" || len(findings) > 0 {
		t.Errorf("probe of a sound account: %+v, %v, %v", account, findings, err)
	}
	if h := l.adapter.Limits().Holder; h != "" && h != account.ID {
		t.Errorf("holder %q is not the account %q", h, account.ID)
	}
}

// say has the customer write one line.
func (l *line) say(t *testing.T, text string) core.RemoteID {
	t.Helper()
	ids, err := l.customer.Say(t.Context(), Said{Content: core.Content{Text: core.Plain(text)}})
	if err != nil {
		t.Fatalf("the customer cannot write: %v", err)
	}
	return ids[0]
}

// about are the posts about m.
func about(events []core.Event, m core.RemoteID) []core.Event {
	var out []core.Event
	for _, e := range events {
		if e.Remote == m && isPosted(e.Body) {
			out = append(out, e)
		}
	}
	return out
}

func (s *suite) acknowledgesAfterDeliver(t *testing.T) {
	l := s.open(t)
	stop := l.run(t)
	l.inbox.refuseNext(-1)
	m := l.say(t, "не потеряйте")
	offered := func() bool { return len(about(l.inbox.refused(), m)) > 0 }
	if err := l.inbox.await(t.Context(), "the message", offered); err != nil {
		t.Fatal(err)
	}
	stop()
	if len(about(l.inbox.events(), m)) > 0 {
		t.Fatal("the inbox did not refuse")
	}

	l.inbox.refuseNext(0)
	l.again(t)
	stop = l.start(t)
	arrived := func() bool { return len(about(l.inbox.events(), m)) > 0 }
	if err := l.inbox.await(t.Context(), "the message after a restart", arrived); err != nil {
		t.Fatalf("acknowledged before it was stored: %v", err)
	}
	stop()
	sameKey(t, about(l.inbox.refused(), m))

	l.again(t)
	l.start(t)
	next := l.say(t, "дальше")
	if err := l.inbox.await(t.Context(), "the next message", func() bool { return len(about(l.inbox.events(), next)) > 0 }); err != nil {
		t.Fatal(err)
	}
	if n := len(about(l.inbox.events(), m)); n > 2 {
		t.Errorf("a stored message came %d times: it is never acknowledged", n)
	}
	sameKey(t, about(l.inbox.events(), m))
}

func sameKey(t *testing.T, events []core.Event) {
	t.Helper()
	for _, e := range events {
		if e.Key != events[0].Key {
			t.Errorf("one message has keys %q and %q", events[0].Key, e.Key)
		}
	}
}

func (s *suite) keysStay(t *testing.T) {
	l := s.running(t)
	l.inbox.refuseNext(1)
	first, second := l.say(t, "раз"), l.say(t, "раз")
	if err := l.inbox.await(t.Context(), "both messages", func() bool {
		return len(about(l.inbox.events(), first)) > 0 && len(about(l.inbox.events(), second)) > 0
	}); err != nil {
		t.Fatal(err)
	}
	offered := about(l.inbox.refused(), first)
	if len(offered) < 2 {
		t.Fatalf("offered %d times, want again after the refusal", len(offered))
	}
	sameKey(t, offered)
	if a, b := about(l.inbox.events(), first)[0], about(l.inbox.events(), second)[0]; a.Key == b.Key {
		t.Error("two messages have one key")
	}
}

func (s *suite) keepsOrder(t *testing.T) {
	l := s.running(t)
	var want, got []core.RemoteID
	for i := range 30 {
		want = append(want, l.say(t, fmt.Sprint("строка ", i)))
	}
	err := l.inbox.await(t.Context(), "all lines", func() bool { return len(about(l.inbox.events(), want[29])) > 0 })
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range l.inbox.events() {
		if isPosted(e.Body) && slices.Contains(want, e.Remote) {
			got = append(got, e.Remote)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("arrived as %v, want %v", got, want)
	}
}

func (s *suite) sendsConcurrently(t *testing.T) {
	l := s.running(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	names := map[core.RemoteID]bool{}
	for i := range 12 {
		wg.Go(func() {
			sent, err := l.send(t.Context(), l.parcel(core.Content{Text: core.Plain(fmt.Sprint("строка ", i))}))
			if err != nil {
				t.Errorf("send: %v", err)
				return
			}
			mu.Lock()
			names[sent.Remote[0]] = true
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(names) != 12 {
		t.Errorf("12 messages have %d names", len(names))
	}
}

func (s *suite) returnsNil(t *testing.T) {
	l := s.open(t)
	stop := l.run(t)
	stop()
	l.again(t)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.adapter.Run(ended, l.inbox); err != nil {
		t.Errorf("Run with an ended context: %v", err)
	}
}

func (s *suite) survivesAbsence(t *testing.T) {
	l := s.running(t)
	if err := l.faults.Down(true); err != nil {
		t.Fatal(err)
	}
	before := l.count(t)
	// A connection that died a moment ago may have taken the request, for all one knows.
	_, err := l.send(t.Context(), l.parcel(core.Content{Text: core.Plain("никого")}))
	expectReason(t, err, core.Unavailable, core.MaybeSent)
	if err := core.Sleep(t.Context(), s.clock, 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	_, err = l.send(t.Context(), l.parcel(core.Content{Text: core.Plain("всё ещё никого")}))
	expectReason(t, err, core.Unavailable)
	if n := l.count(t) - before; n != 0 {
		t.Errorf("%d messages arrived through no network", n)
	}
	if err := l.faults.Down(false); err != nil {
		t.Fatal(err)
	}
	m := l.say(t, "я тут")
	if err := l.inbox.await(t.Context(), "a message after the absence", func() bool { return len(about(l.inbox.events(), m)) > 0 }); err != nil {
		t.Fatal(err)
	}
}

func (s *suite) fetches(t *testing.T) {
	l := s.running(t)
	f, ok := l.adapter.(core.Fetcher)
	if !ok {
		t.Skip("the adapter fetches nothing")
	}
	body := bytes.Repeat([]byte("0123456789abcdef"), 20_000)
	ids, err := l.customer.Say(t.Context(), Said{Data: [][]byte{body}, Content: core.Content{
		Attachments: []core.Attachment{{Kind: core.Document, Name: "log.txt", MIME: "text/plain"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	e, err := l.expect(t.Context(), "the file", ids[0], isPosted)
	if err != nil {
		t.Fatal(err)
	}
	a := e.Body.(core.Posted).Content.Attachments[0]
	got, err := l.fetched(t.Context(), a)
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("%d bytes, %v; want the %d sent", len(got), err, len(body))
	}
	full := errors.New("disk full")
	if err := l.heard(f.Fetch(t.Context(), a, failing{full})); !errors.Is(err, full) {
		t.Errorf("the writer's failure became %v", err)
	}
	a.Holder = "another account"
	if err := l.heard(f.Fetch(t.Context(), a, &bytes.Buffer{})); core.ReasonOf(err) != core.MediaGone {
		t.Errorf("another account's file: %v, want media gone", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
