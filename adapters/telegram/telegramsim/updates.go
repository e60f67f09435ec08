package telegramsim

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// bot is one token and its queue of updates.
type bot struct {
	ID      int64
	Token   string
	Privacy bool // in groups sees only what is for it, unless an admin
	NoJoin  bool // may not be added to groups

	Queue     []*update
	NextID    int64
	LastMade  time.Time
	Allowed   []string // nil: the default list
	LoggedOut bool
	PrivateID int64 // last message id of its private chats and basic groups
	Commands  map[string][]botCommand
	Names     map[string]string // name, description, short_description + ":" + language
	Menus     map[int64]json.RawMessage
	Rights    map[string]json.RawMessage
	Hook      webhook

	poll         *poll
	wake         chan struct{} // closed and replaced when the queue grows
	lastOffset   int64
	lastPoll     time.Duration
	lastConflict time.Duration
	sender       *sender
}

type botCommand struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

// update waits for its bot; Body is what stands under the type's name.
type update struct {
	ID    int64
	Type  string
	Body  json.RawMessage
	Until time.Time
}

// wire is the update as getUpdates and webhooks carry it.
func (u *update) wire() json.RawMessage {
	b := make([]byte, 0, len(u.Body)+len(u.Type)+32)
	b = append(b, `{"update_id":`...)
	b = appendInt(b, u.ID)
	b = append(b, `,"`...)
	b = append(b, u.Type...)
	b = append(b, `":`...)
	b = append(b, u.Body...)
	return append(b, '}')
}

// optIn are the updates that must be asked for: bots/api#getupdates.
var optIn = map[string]bool{"chat_member": true, "message_reaction": true, "message_reaction_count": true}

func (b *bot) wants(kind string) bool {
	if b.Allowed == nil {
		return !optIn[kind]
	}
	for _, k := range b.Allowed {
		if k == kind {
			return true
		}
	}
	return false
}

// setAllowed applies an allowed_updates parameter: absent keeps the list, an
// empty one means the default.
func (b *bot) setAllowed(p *params) {
	raw := strings.TrimSpace(p.str("allowed_updates"))
	if raw == "" {
		return
	}
	var list []string
	if json.Unmarshal([]byte(raw), &list) != nil {
		return
	}
	b.Allowed = nil
	for _, k := range list {
		b.Allowed = append(b.Allowed, strings.ToLower(k))
	}
}

// push queues an update unless the bot did not ask for its kind.
func (s *Server) push(b *bot, kind string, body any, ttl time.Duration) {
	now := s.now()
	if !b.LastMade.IsZero() && len(b.Queue) == 0 && now.Sub(b.LastMade) > s.knobs.IDRestart {
		b.NextID = 1 + s.rng.Int64N(1<<29)
	}
	b.LastMade = now
	if !b.wants(kind) {
		return
	}
	raw, err := json.Marshal(body)
	if err != nil {
		s.panicked("push "+kind, err, nil)
		return
	}
	if limit := s.knobs.UpdateTTL; limit > 0 && ttl > limit || ttl == 0 {
		ttl = limit
	}
	b.Queue = append(b.Queue, &update{ID: b.NextID, Type: kind, Body: raw, Until: now.Add(ttl)})
	b.NextID++
	close(b.wake)
	b.wake = make(chan struct{})
}

// expire drops what waited too long.
func (b *bot) expire(now time.Time) {
	for len(b.Queue) > 0 && !b.Queue[0].Until.After(now) {
		b.Queue = b.Queue[1:]
	}
}

// poll is a getUpdates that waits; a newer one ends it.
type poll struct{ end chan string }

const (
	otherPoller  = "terminated by other getUpdates request; make sure that only one bot instance is running"
	hookSet      = "terminated by setWebhook request"
	hookIsActive = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
	maxPoll      = 50 * time.Second // LONG_POLL_MAX_TIMEOUT in the server's source
)

func (c *call) getUpdates(ctx context.Context) (any, error) {
	b := c.bot
	c.mu.Lock()
	if b.LoggedOut {
		c.mu.Unlock()
		return nil, errLoggedOut
	}
	if b.Hook.URL != "" {
		c.mu.Unlock()
		return c.conflicted(ctx, hookIsActive)
	}
	offset, limit, timeout := c.p.int("offset"), 100, time.Duration(c.p.int("timeout"))*time.Second
	if c.p.has("limit") {
		limit = int(min(max(c.p.int("limit"), 1), 100))
	}
	timeout = min(max(timeout, 0), maxPoll)
	b.setAllowed(&c.p)
	if c.knobs.ThrottlePolls {
		mono := c.clock.Mono()
		if since := mono - b.lastPoll; offset == b.lastOffset && b.lastPoll > 0 {
			if timeout < 3*time.Second && since < 3*time.Second {
				timeout = 3 * time.Second
			}
			if since < 500*time.Millisecond {
				limit = 1
			}
		}
		b.lastOffset, b.lastPoll = offset, mono
	}
	got := c.take(offset, limit)
	if len(got) > 0 || timeout == 0 {
		c.mu.Unlock()
		return got, nil
	}
	if b.poll != nil {
		b.poll.end <- otherPoller
	}
	mine := &poll{end: make(chan string, 1)}
	b.poll = mine
	wake := b.wake
	c.mu.Unlock()
	return c.longPoll(ctx, mine, wake, offset, limit, timeout)
}

// longPoll waits for an update, its time, a rival or the client's going away.
func (c *call) longPoll(ctx context.Context, mine *poll, wake <-chan struct{}, offset int64, limit int, timeout time.Duration) (any, error) {
	b := c.bot
	t := c.clock.NewTimer(timeout)
	defer t.Stop()
	if offset < 0 {
		offset = 0
	}
	for {
		var why string
		over := false
		select {
		case <-wake:
		case <-t.C():
			over = true
		case why = <-mine.end:
		case <-ctx.Done():
			over = true
		case <-c.stopped:
			over = true
		}
		if why != "" {
			return c.conflicted(ctx, why)
		}
		c.mu.Lock()
		if b.poll != mine { // ended in the same moment
			c.mu.Unlock()
			return c.conflicted(ctx, <-mine.end)
		}
		// A client that went away must not be handed (and lose) a first batch:
		// nothing is forgotten before the next offset, so taking is harmless.
		got := c.take(offset, limit)
		if len(got) > 0 || over {
			b.poll = nil
			c.mu.Unlock()
			return got, nil
		}
		wake = b.wake
		c.mu.Unlock()
	}
}

// conflicted answers 409; a second one soon after the first is held back, as the
// server's source does.
func (c *call) conflicted(ctx context.Context, why string) (any, error) {
	c.mu.Lock()
	mono, again := c.clock.Mono(), c.knobs.RepeatedConflict
	wait := c.bot.lastConflict != 0 && mono < c.bot.lastConflict+again
	if !wait {
		c.bot.lastConflict = max(mono, 1)
	}
	c.mu.Unlock()
	if wait {
		t := c.clock.NewTimer(again)
		defer t.Stop()
		select {
		case <-t.C():
		case <-ctx.Done():
		case <-c.stopped:
		}
	}
	return nil, conflict(why)
}

// take confirms all below offset and gives the next updates.
func (c *call) take(offset int64, limit int) []json.RawMessage {
	b := c.bot
	b.expire(c.now())
	if offset < 0 { // keep only the newest
		if keep := int(-offset); keep < len(b.Queue) {
			b.Queue = append([]*update(nil), b.Queue[len(b.Queue)-keep:]...)
		}
		offset = 0
	}
	// An offset far ahead of the queue is ignored: TQueue in the server's source.
	if offset > 0 && offset <= b.NextID+10 {
		n := 0
		for n < len(b.Queue) && b.Queue[n].ID < offset {
			n++
		}
		b.Queue = b.Queue[n:]
	}
	n := min(limit, len(b.Queue))
	out := make([]json.RawMessage, n)
	for i := range n {
		out[i] = b.Queue[i].wire()
	}
	return out
}
