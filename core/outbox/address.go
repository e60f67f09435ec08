package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"parom/core"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/store"
)

// AddressOptions say what the carrier of address lanes works with.
type AddressOptions struct {
	// Adapters gives the adapter of a configured channel.
	Adapters func(core.ChannelID) (core.Adapter, bool)
	// Account names the account a channel's sends are counted for, where
	// several channels or a console share one. nil: each channel its own.
	Account func(core.ChannelID) string
	// Porter brings files that do not go by reference. nil: none are brought,
	// adapters get attachments as they are.
	Porter *Porter
	// Source gives the limits of the account that holds a file; nil: unknown.
	Source func(holder string) (core.Limits, bool)
	Watch  Watch // told of what was sent; nil: nobody
}

// AddressCarrier carries messages, edits, deletions, reactions and read marks
// to customers. Use NewAddressCarrier.
type AddressCarrier struct {
	AddressOptions
	book channelBook
}

var (
	_ Carrier   = (*AddressCarrier)(nil)
	_ Warmer    = (*AddressCarrier)(nil)
	_ Channeled = (*AddressCarrier)(nil)
	_ Batcher   = (*AddressCarrier)(nil)
	_ Pinger    = (*AddressCarrier)(nil)
)

// NewAddressCarrier makes the carrier of the family store.ToAddress.
func NewAddressCarrier(o AddressOptions) *AddressCarrier {
	if o.Account == nil {
		o.Account = func(c core.ChannelID) string { return string(c) }
	}
	return &AddressCarrier{AddressOptions: o, book: channelBook{names: map[int64]core.ChannelID{}, pages: map[int64]*bookPage{}}}
}

// SendPayload is the payload of a store.JobSend; empty for a plain message.
type SendPayload struct {
	Buttons [][]core.Button `json:"buttons,omitempty"` // under the last piece
	Silent  bool            `json:"silent,omitempty"`
}

// ReactPayload is the payload of a store.JobReact, whose Message is the one to
// react to.
type ReactPayload struct {
	Emoji string `json:"emoji"` // empty takes the reaction away
}

// AccountBudget is the name of the budget of an account as a whole, for whoever
// shares it.
func AccountBudget(account string) string { return "account:" + account }

// Costs implements Carrier: the account, then the correspondent.
func (c *AddressCarrier) Costs(h store.Head) []Cost {
	ch, adapter, ok := c.channel(h)
	if !ok {
		return nil
	}
	r := adapter.Limits().Rate
	var costs []Cost
	if r.PerSecond > 0 {
		costs = append(costs, rateCost(AccountBudget(c.Account(ch)), r.PerSecond, int(r.PerSecond)))
	}
	if r.PerPeerPerSecond > 0 {
		costs = append(costs, rateCost("peer:"+strconv.FormatInt(h.Lane.Number(), 10), r.PerPeerPerSecond, r.PeerBurst))
	}
	return costs
}

// rateCost says a rate as a window of at least one call.
func rateCost(budget string, perSecond float64, burst int) Cost {
	n := max(1, burst)
	return Cost{Budget: budget, Max: n, Per: time.Duration(math.Ceil(float64(n) / perSecond * float64(time.Second)))}
}

// Batch implements Batcher: messages to customers are never merged.
func (c *AddressCarrier) Batch() int { return 1 }

// Channel implements Channeled.
func (c *AddressCarrier) Channel(h store.Head) string {
	ch, _ := c.book.channel(h.Lane.Number())
	return string(ch)
}

// Ping implements Pinger. It is about the correspondent only where a message is
// to follow: some networks show it as typing.
func (c *AddressCarrier) Ping(t *store.Tx, h store.Head) (func(context.Context) error, error) {
	_, adapter, _ := c.channel(h)
	pinger, ok := adapter.(core.Pinger)
	if !ok {
		return nil, nil
	}
	var to core.Destination
	if h.Kind == store.JobSend {
		a, err := t.Address(core.AddressID(h.Lane.Number()))
		if errors.Is(err, store.ErrNotFound) {
			return nil, nil // Plan parks it
		}
		if err != nil {
			return nil, err
		}
		to.Peer = a.Peer
	}
	return func(ctx context.Context) error { return pinger.Ping(ctx, to) }, nil
}

func (c *AddressCarrier) channel(h store.Head) (core.ChannelID, core.Adapter, bool) {
	ch, ok := c.book.channel(h.Lane.Number())
	if !ok {
		return "", nil, false
	}
	a, ok := c.Adapters(ch)
	return ch, a, ok
}

// Warm implements Warmer.
func (c *AddressCarrier) Warm(t *store.Tx, heads []store.Head) error {
	for _, h := range heads {
		address := h.Lane.Number()
		if _, ok := c.book.channel(address); ok {
			continue
		}
		no, err := t.AddressChannel(core.AddressID(address))
		if errors.Is(err, store.ErrNotFound) {
			continue // Plan parks it
		}
		if err != nil {
			return err
		}
		if !c.book.knows(no) {
			name, err := t.ChannelName(no)
			if err != nil {
				return err
			}
			c.book.name(no, name)
		}
		c.book.put(address, no)
	}
	return nil
}

// parcel is one job of an address lane with what it is about.
type work struct {
	job     store.Job
	message core.Message
	address store.Address
	adapter core.Adapter
	limits  core.Limits
	fitter  *fit.Fitter
}

func (w work) to() core.Destination {
	return core.Destination{Peer: w.address.Peer, Thread: w.message.Thread}
}

// Plan implements Carrier.
func (c *AddressCarrier) Plan(t *store.Tx, jobs []store.Job) (Step, error) {
	w := work{job: jobs[0]}
	var err error
	if w.message, err = t.Message(w.job.Message); errors.Is(err, store.ErrNotFound) {
		return Step{}, t.FinishJob(w.job) // erased
	} else if err != nil {
		return Step{}, err
	}
	if w.address, err = t.Address(core.AddressID(w.job.Lane.Number())); errors.Is(err, store.ErrNotFound) {
		return Step{}, &core.SendError{Reason: core.Rejected, Detail: "no such address"}
	} else if err != nil {
		return Step{}, err
	}
	var ok bool
	if w.adapter, ok = c.Adapters(w.address.Channel); !ok {
		return Step{}, &core.SendError{Reason: core.BadConfig, Detail: "the channel is not configured"}
	}
	w.limits = w.adapter.Limits()
	w.fitter = fit.New(w.limits, lang.For(w.address.Language), c.Source)
	switch w.job.Kind {
	case store.JobSend:
		return c.planSend(t, w)
	case store.JobEdit:
		return c.planEdit(t, w)
	case store.JobDelete:
		return c.planDelete(t, w)
	case store.JobReact:
		return c.planReact(t, w)
	case store.JobRead:
		return c.planRead(t, w)
	}
	return Step{}, &core.SendError{Reason: core.Rejected, Detail: fmt.Sprintf("address lanes have no jobs of kind %d", w.job.Kind)}
}

// absent refuses what the network cannot do.
func absent() error { return &core.SendError{Reason: core.Rejected, Detail: "absent"} }

// closed reports that a window since the network's time of a message is over.
func closed(t *store.Tx, window time.Duration, rs []store.Remote) bool {
	return window > 0 && len(rs) > 0 && t.Now().Sub(rs[0].At) > window
}

func (c *AddressCarrier) sent(t *store.Tx, j store.Job, m core.Message) error {
	if c.Watch == nil {
		return nil
	}
	return c.Watch.Sent(t, j, m)
}

// remotes lists what the destination's channel calls a message, in order.
func (w work) remotes(t *store.Tx, m core.MessageID) ([]store.Remote, error) {
	all, err := t.RemotesOf(m)
	own := all[:0]
	for _, r := range all {
		if r.ChannelNo == w.address.ChannelNo {
			own = append(own, r)
		}
	}
	return own, err
}

func (c *AddressCarrier) planDelete(t *store.Tx, w work) (Step, error) {
	rs, err := w.remotes(t, w.message.ID)
	if err != nil {
		return Step{}, err
	}
	if len(rs) == 0 {
		return Step{}, t.FinishJob(w.job) // never left
	}
	deleter, ok := w.adapter.(core.Deleter)
	if !ok {
		return Step{}, absent()
	}
	if closed(t, w.limits.DeleteWindow, rs) {
		return Step{}, &core.SendError{Reason: core.WindowClosed}
	}
	ids := make([]core.RemoteID, len(rs))
	for i, r := range rs {
		ids[i] = r.Remote
	}
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) { return nil, gone(deleter.Delete(ctx, w.to(), ids)) },
		Done: func(t *store.Tx, _ any) error {
			for _, r := range rs {
				if err := t.ForgetRemote(r.ChannelNo, r.Remote); err != nil {
					return err
				}
			}
			if err := t.MarkDeleted(w.message.ID, t.Now()); err != nil {
				return err
			}
			if _, err := t.Advance(w.message.ID, core.DeliveryDeleted); err != nil {
				return err
			}
			if err := t.FinishJob(w.job); err != nil {
				return err
			}
			return c.sent(t, w.job, w.message)
		},
	}, nil
}

// gone takes "it is not there" for success.
func gone(err error) error {
	if err != nil && core.ReasonOf(err) == core.TargetGone {
		return nil
	}
	return err
}

func (c *AddressCarrier) planReact(t *store.Tx, w work) (Step, error) {
	var p ReactPayload
	if err := json.Unmarshal([]byte(w.job.Payload), &p); err != nil {
		return Step{}, &core.SendError{Reason: core.Rejected, Detail: "malformed reaction", Err: err}
	}
	reactor, ok := w.adapter.(core.Reactor)
	if !ok {
		return Step{}, absent()
	}
	rs, err := w.remotes(t, w.message.ID)
	if err != nil {
		return Step{}, err
	}
	if len(rs) == 0 {
		return Step{}, &core.SendError{Reason: core.TargetGone}
	}
	last := rs[len(rs)-1].Remote
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) { return nil, reactor.React(ctx, w.to(), last, p.Emoji) },
		Done: func(t *store.Tx, _ any) error {
			if err := t.FinishJob(w.job); err != nil {
				return err
			}
			return c.sent(t, w.job, w.message)
		},
	}, nil
}

// planRead is courtesy: where it cannot be done nobody misses it.
func (c *AddressCarrier) planRead(t *store.Tx, w work) (Step, error) {
	reader, ok := w.adapter.(core.Reader)
	rs, err := w.remotes(t, w.message.ID)
	if err != nil {
		return Step{}, err
	}
	if !ok || len(rs) == 0 {
		return Step{}, t.FinishJob(w.job)
	}
	last := rs[len(rs)-1].Remote
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) { return nil, reader.MarkRead(ctx, w.to(), last) },
		Done: func(t *store.Tx, _ any) error {
			if err := t.FinishJob(w.job); err != nil {
				return err
			}
			return c.sent(t, w.job, w.message)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			switch e.Reason {
			case core.Throttled, core.BadConfig, core.Unavailable:
				return false, nil
			}
			return true, t.FinishJob(w.job)
		},
	}, nil
}

// channelBook remembers on which channel each address is, in two bytes an
// address, so that Costs needs no store.
type channelBook struct {
	mu    sync.RWMutex
	names map[int64]core.ChannelID
	pages map[int64]*bookPage
}

type bookPage [1024]uint16

func (b *channelBook) channel(address int64) (core.ChannelID, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	p := b.pages[address/int64(len(bookPage{}))]
	if p == nil {
		return "", false
	}
	name, ok := b.names[int64(p[address%int64(len(p))])]
	return name, ok
}

func (b *channelBook) knows(channelNo int64) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.names[channelNo]
	return ok
}

func (b *channelBook) name(channelNo int64, name core.ChannelID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.names[channelNo] = name
}

func (b *channelBook) put(address, channelNo int64) {
	if address < 0 || channelNo <= 0 || channelNo > math.MaxUint16 {
		return // such an address is sent to without budgets
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	size := int64(len(bookPage{}))
	p := b.pages[address/size]
	if p == nil {
		p = new(bookPage)
		b.pages[address/size] = p
	}
	p[address%size] = uint16(channelNo)
}
