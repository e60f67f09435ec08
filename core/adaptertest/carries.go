package adaptertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"parom/core"
)

// carriesIn has the customer send each kind.
func (s *suite) carriesIn(t *testing.T) {
	l := s.running(t)
	for _, sm := range samples() {
		t.Run(sm.row, func(t *testing.T) {
			v, err := l.receiveSample(t.Context(), sm)
			if err != nil {
				t.Fatal(err)
			}
			s.table.in[sm.row] = v
		})
	}
}

func (l *line) receiveSample(ctx context.Context, sm sample) (verdict, error) {
	before := len(l.inbox.events())
	want := l.mentioning(sm.content)
	ids, err := l.customer.Say(ctx, Said{Content: want, Data: sm.data})
	if errors.Is(err, ErrNotHere) {
		return verdict{level: notHere}, nil
	}
	if err != nil {
		return verdict{}, fmt.Errorf("the customer cannot write: %w", err)
	}
	var got core.Content
	group := ""
	for _, id := range ids {
		e, err := l.inbox.next(ctx, before, "the message", func(e core.Event) bool {
			_, isPost := e.Body.(core.Posted)
			return isPost && e.Remote == id
		})
		if err != nil {
			return verdict{}, err
		}
		if err := l.wellFormed(e); err != nil {
			return verdict{}, err
		}
		if len(ids) > 1 && (e.Group == "" || group != "" && e.Group != group) {
			return verdict{}, fmt.Errorf("part of an album in group %q, the one before in %q", e.Group, group)
		}
		group = e.Group
		c := e.Body.(core.Posted).Content
		if got.Text.IsEmpty() {
			got.Text = c.Text
		}
		got.Attachments = append(got.Attachments, c.Attachments...)
	}
	var data [][]byte
	for i := range sm.data {
		if i >= len(got.Attachments) {
			break
		}
		b, err := l.fetched(ctx, got.Attachments[i])
		if err != nil {
			return verdict{}, fmt.Errorf("fetch: %w", err)
		}
		data = append(data, b)
	}
	return carried(want, got, sm.data, data)
}

// wellFormed checks what every event has.
func (l *line) wellFormed(e core.Event) error {
	switch {
	case e.Key == "":
		return errors.New("an event without a key")
	case e.From.ID != l.customer.Peer():
		return fmt.Errorf("from %q, want the customer", e.From.ID)
	case e.At.IsZero():
		return errors.New("an event without a time")
	}
	return nil
}

// carriesOut sends each kind.
func (s *suite) carriesOut(t *testing.T) {
	l := s.running(t)
	for _, sm := range samples() {
		t.Run(sm.row, func(t *testing.T) {
			v, err := l.sendSample(t.Context(), sm)
			if err != nil {
				t.Fatal(err)
			}
			s.table.out[sm.row] = v
		})
	}
}

func (l *line) sendSample(ctx context.Context, sm sample) (verdict, error) {
	want := l.spooled(sm)
	sent, err := l.send(ctx, l.parcel(want))
	if r := core.ReasonOf(err); r == core.Rejected || r == core.TooLarge {
		return verdict{named, "refused"}, nil
	}
	if err != nil {
		return verdict{}, fmt.Errorf("send: %w", err)
	}
	if sent.At.IsZero() || len(sent.Remote) == 0 {
		return verdict{}, fmt.Errorf("receipt %+v lacks the network's time or name", sent)
	}
	ms, err := l.sees(ctx, sent.Remote...)
	if err != nil {
		return verdict{}, err
	}
	if n := len(want.Attachments); n > 1 && len(ms) == n {
		for _, m := range ms {
			if m.Group == "" || m.Group != ms[0].Group {
				return verdict{}, errors.New("the album came apart")
			}
		}
	}
	got, data := together(ms)
	return carried(want, got, sm.data, data)
}

// carriesActs tries what is done with messages, both ways.
func (s *suite) carriesActs(t *testing.T) {
	l := s.running(t)
	for row, try := range map[string]func(context.Context) (verdict, error){
		"quote": l.quoteIn, "fragment quote": l.fragmentIn, "edit": l.editIn, "delete": l.deleteIn, "reaction": l.reactIn,
		"typing": l.typeIn, "read mark": l.readIn, "forwarded": l.forwardIn, "buttons": l.pressIn,
	} {
		t.Run(row+" in", func(t *testing.T) { s.fill(t, s.table.in, row, try) })
	}
	for row, try := range map[string]func(context.Context) (verdict, error){
		"quote": l.quoteOut, "fragment quote": l.fragmentOut, "edit": l.editOut, "delete": l.deleteOut, "reaction": l.reactOut,
		"typing": l.typeOut, "read mark": l.readOut, "forwarded": l.forwardOut, "buttons": l.buttonsOut,
	} {
		t.Run(row+" out", func(t *testing.T) { s.fill(t, s.table.out, row, try) })
	}
}

func (s *suite) fill(t *testing.T, column map[string]verdict, row string, try func(context.Context) (verdict, error)) {
	v, err := try(t.Context())
	switch {
	case errors.Is(err, ErrNotHere):
		v = verdict{level: notHere}
	case err != nil:
		t.Fatal(err)
	}
	column[row] = v
}

// hello exchanges a message of the customer's and one of ours.
func (l *line) hello(ctx context.Context) (theirs, ours core.RemoteID, err error) {
	ids, err := l.customer.Say(ctx, Said{Content: core.Content{Text: core.Plain("первое слово, второе слово")}})
	if err != nil {
		return "", "", fmt.Errorf("the customer cannot write: %w", err)
	}
	sent, err := l.send(ctx, l.parcel(core.Content{Text: core.Plain("первый ответ, второй ответ")}))
	if err != nil {
		return "", "", fmt.Errorf("send: %w", err)
	}
	return ids[0], sent.Remote[0], nil
}

// expect waits for an event of the customer about m.
func (l *line) expect(ctx context.Context, what string, m core.RemoteID, ok func(core.EventBody) bool) (core.Event, error) {
	e, err := l.inbox.next(ctx, 0, what, func(e core.Event) bool { return e.Remote == m && ok(e.Body) })
	if err == nil {
		err = l.wellFormed(e)
	}
	return e, err
}

// untold is for acts that the network keeps to itself: the act is done, and no
// event may be made up.
func (l *line) untold(ctx context.Context, row string, act func() error, is func(core.EventBody) bool) (verdict, bool, error) {
	reason, ok := l.net.Untold[row]
	if !ok {
		return verdict{}, false, nil
	}
	if err := act(); err != nil && !errors.Is(err, ErrNotHere) {
		return verdict{}, true, err
	}
	// A message after it proves that the act would have been told by now.
	ids, err := l.customer.Say(ctx, Said{Content: core.Content{Text: core.Plain("потом")}})
	if err != nil {
		return verdict{}, true, err
	}
	if _, err := l.expect(ctx, "the next message", ids[0], func(core.EventBody) bool { return true }); err != nil {
		return verdict{}, true, err
	}
	if slices.ContainsFunc(l.inbox.events(), func(e core.Event) bool { return is(e.Body) }) {
		return verdict{}, true, fmt.Errorf("%s is told after all: remove it from Untold", row)
	}
	return verdict{named, reason}, true, nil
}
