package coretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"parom/core"
)

var (
	_ core.Adapter = (*Adapter)(nil)

	_ core.Adapter = (*AbleAdapter)(nil)
	_ core.Editor  = (*AbleAdapter)(nil)
	_ core.Deleter = (*AbleAdapter)(nil)
	_ core.Reactor = (*AbleAdapter)(nil)
	_ core.Typist  = (*AbleAdapter)(nil)
	_ core.Reader  = (*AbleAdapter)(nil)
	_ core.Fetcher = (*AbleAdapter)(nil)
	_ core.Finder  = (*AbleAdapter)(nil)
)

// Call is one thing a fake was asked, successful or not.
type Call struct {
	Op     string // the method's name, e.g. "Send", "Edit"
	To     core.Destination
	Parcel core.Parcel     // of Send and Edit
	Remote []core.RemoteID // the messages meant; of Send what was minted
	Emoji  string          // of React
	At     time.Time
	Err    error // what was answered
}

// Adapter is a core.Adapter with none of the optional abilities. It remembers
// every call and fails as scripted. Use New; the zero value does not work.
type Adapter struct {
	id     core.ChannelID
	limits core.Limits
	clock  core.Clock

	mu     sync.Mutex
	calls  []Call
	script []answer
	refuse func(core.Parcel) error
	gate   chan struct{} // non-nil while sends are held
	found  map[core.Key]core.Sent
	files  map[string][]byte
	next   int
	inbox  core.Inbox
	up     chan struct{} // closed when Run has the inbox
	flying int
}

type answer struct {
	err     error
	arrives bool
}

// NewAdapter makes a fake for channel id. clock gives the network's time.
func NewAdapter(id core.ChannelID, l core.Limits, clock core.Clock) *Adapter {
	return &Adapter{
		id: id, limits: l, clock: clock,
		found: map[core.Key]core.Sent{}, files: map[string][]byte{}, up: make(chan struct{}),
	}
}

// ID is the channel.
func (a *Adapter) ID() core.ChannelID { return a.id }

// Limits are those given to NewAdapter.
func (a *Adapter) Limits() core.Limits { return a.limits }

// Run keeps the inbox for Deliver until ctx ends.
func (a *Adapter) Run(ctx context.Context, in core.Inbox) error {
	a.mu.Lock()
	if a.inbox != nil {
		a.mu.Unlock()
		return errors.New("the adapter runs already")
	}
	a.inbox = in
	close(a.up)
	a.mu.Unlock()
	<-ctx.Done()
	a.mu.Lock()
	a.inbox, a.up = nil, make(chan struct{})
	a.mu.Unlock()
	return nil
}

// Deliver hands events to the inbox as the network would, waiting for Run.
func (a *Adapter) Deliver(ctx context.Context, events ...core.Event) error {
	a.mu.Lock()
	up := a.up
	a.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		return ctx.Err()
	}
	a.mu.Lock()
	in := a.inbox
	a.mu.Unlock()
	if in == nil {
		return errors.New("the adapter stopped")
	}
	return in.Deliver(ctx, a.id, events)
}

// Fail makes the next calls answer errs, one each; a nil among them is a
// success. Nothing arrives of a call that failed.
func (a *Adapter) Fail(errs ...error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, err := range errs {
		a.script = append(a.script, answer{err: err})
	}
}

// LoseAnswer makes the next call arrive and yet answer err: the crash or
// timeout between the network's acceptance and our knowing.
func (a *Adapter) LoseAnswer(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script = append(a.script, answer{err: err, arrives: true})
}

// Refuse has every parcel judged by f while the script is empty; nil ends it.
func (a *Adapter) Refuse(f func(core.Parcel) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refuse = f
}

// Hold keeps calls waiting until release is called or their ctx ends.
func (a *Adapter) Hold() (release func()) {
	gate := make(chan struct{})
	a.mu.Lock()
	a.gate = gate
	a.mu.Unlock()
	var once sync.Once
	return func() {
		once.Do(func() {
			a.mu.Lock()
			if a.gate == gate {
				a.gate = nil
			}
			a.mu.Unlock()
			close(gate)
		})
	}
}

// Busy reports a call in flight; made for AutoStep.
func (a *Adapter) Busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.flying > 0
}

// Calls are all calls so far, in the order they were answered.
func (a *Adapter) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]Call(nil), a.calls...)
}

// Arrived are the parcels that reached the network, in order, those whose
// answer was lost included; a Key that came twice is there twice.
func (a *Adapter) Arrived() []core.Parcel {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []core.Parcel
	for _, c := range a.calls {
		if c.Op == "Send" && len(c.Remote) > 0 {
			out = append(out, c.Parcel)
		}
	}
	return out
}

// Send mints one RemoteID, or one for each file.
func (a *Adapter) Send(ctx context.Context, p core.Parcel) (core.Sent, error) {
	return a.call(ctx, Call{Op: "Send", To: p.To, Parcel: p})
}

func (a *Adapter) call(ctx context.Context, c Call) (core.Sent, error) {
	a.mu.Lock()
	a.flying++
	gate := a.gate
	a.mu.Unlock()
	var err error
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			err = &core.SendError{Reason: core.MaybeSent, Err: ctx.Err()}
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.flying--
	arrives := err == nil
	switch {
	case err != nil:
	case len(a.script) > 0:
		err, arrives = a.script[0].err, a.script[0].err == nil || a.script[0].arrives
		a.script = a.script[1:]
	case a.refuse != nil && c.Op == "Send":
		err = a.refuse(c.Parcel)
		arrives = err == nil
	}
	sent := core.Sent{At: a.clock.Now()}
	if arrives && c.Op == "Send" {
		for range max(1, len(c.Parcel.Content.Attachments)) {
			a.next++
			sent.Remote = append(sent.Remote, core.RemoteID(fmt.Sprintf("%s-%d", a.id, a.next)))
		}
		for range c.Parcel.Content.Attachments {
			sent.Locators = append(sent.Locators, fmt.Sprintf("loc-%d", len(a.calls)))
		}
		a.found[c.Parcel.Key] = sent
		c.Remote = sent.Remote
	}
	c.At, c.Err = sent.At, err
	a.calls = append(a.calls, c)
	if err != nil {
		return core.Sent{}, err
	}
	return sent, nil
}

// AbleAdapter is an Adapter with every optional ability but Prober.
type AbleAdapter struct{ *Adapter }

// NewAbleAdapter is NewAdapter with the abilities. Its Limits are yours to
// declare in agreement.
func NewAbleAdapter(id core.ChannelID, l core.Limits, clock core.Clock) AbleAdapter {
	return AbleAdapter{NewAdapter(id, l, clock)}
}

func (a AbleAdapter) Edit(ctx context.Context, to core.Destination, remote core.RemoteID, p core.Parcel) error {
	_, err := a.call(ctx, Call{Op: "Edit", To: to, Parcel: p, Remote: []core.RemoteID{remote}})
	return err
}

func (a AbleAdapter) Delete(ctx context.Context, to core.Destination, remote []core.RemoteID) error {
	_, err := a.call(ctx, Call{Op: "Delete", To: to, Remote: remote})
	return err
}

func (a AbleAdapter) React(ctx context.Context, to core.Destination, remote core.RemoteID, emoji string) error {
	_, err := a.call(ctx, Call{Op: "React", To: to, Remote: []core.RemoteID{remote}, Emoji: emoji})
	return err
}

func (a AbleAdapter) Type(ctx context.Context, to core.Destination) error {
	_, err := a.call(ctx, Call{Op: "Type", To: to})
	return err
}

func (a AbleAdapter) MarkRead(ctx context.Context, to core.Destination, remote core.RemoteID) error {
	_, err := a.call(ctx, Call{Op: "MarkRead", To: to, Remote: []core.RemoteID{remote}})
	return err
}

// Keep lets Fetch hand over data under locator.
func (a *Adapter) Keep(locator string, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.files[locator] = data
}

// Fetch writes what Keep stored; MediaGone for an unknown locator.
func (a AbleAdapter) Fetch(ctx context.Context, at core.Attachment, w io.Writer) error {
	if _, err := a.call(ctx, Call{Op: "Fetch"}); err != nil {
		return err
	}
	a.mu.Lock()
	data, ok := a.files[at.Locator]
	a.mu.Unlock()
	if !ok {
		return &core.SendError{Reason: core.MediaGone, Detail: "no such file"}
	}
	_, err := w.Write(data)
	return err
}

// Find knows every parcel that arrived, also when its answer was lost.
func (a AbleAdapter) Find(ctx context.Context, to core.Destination, key core.Key) (core.Sent, bool, error) {
	if _, err := a.call(ctx, Call{Op: "Find", To: to}); err != nil {
		return core.Sent{}, false, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	sent, ok := a.found[key]
	return sent, ok, nil
}
