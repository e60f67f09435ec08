package coretest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parom/core"
)

var _ core.Console = (*Console)(nil)

// Asked is one thing a Console was asked, successful or not.
type Asked struct {
	Op    string // the method's name
	Topic core.TopicRef
	Ref   core.PostRef // the post meant; of Show the first one made
	Post  core.Post    // of Show and Amend
	Title string       // of OpenTopic and EditTopic
	Icon  string
	Emoji string // of Mark
	At    time.Time
	Err   error
}

// Room is one topic of a Console as it stands.
type Room struct {
	Ref           core.TopicRef
	Title, Icon   string
	Shut, Deleted bool
}

// Standing is one post of a Console as it stands.
type Standing struct {
	Ref     core.PostRef
	Post    core.Post // as last amended
	Mark    string
	Pinned  bool
	Removed bool
}

// Console is a core.Console that keeps topics and posts in memory, numbers
// posts of a room in one sequence, refuses what is gone with the right reason,
// and fails as scripted.
type Console struct {
	limits core.Limits
	clock  core.Clock

	mu     sync.Mutex
	asked  []Asked
	script []error
	rooms  []*Room
	posts  []*Standing
	seq    map[string]int64
	desk   core.Desk
	up     chan struct{}
	acts   int
}

// NewConsole is an empty console. clock gives its time.
func NewConsole(l core.Limits, clock core.Clock) *Console {
	return &Console{limits: l, clock: clock, seq: map[string]int64{}, up: make(chan struct{})}
}

// Limits are those given to NewConsole.
func (c *Console) Limits() core.Limits { return c.limits }

// Run keeps the desk for Deliver and Press until ctx ends.
func (c *Console) Run(ctx context.Context, d core.Desk) error {
	c.mu.Lock()
	if c.desk != nil {
		c.mu.Unlock()
		return errors.New("the console runs already")
	}
	c.desk = d
	close(c.up)
	c.mu.Unlock()
	<-ctx.Done()
	c.mu.Lock()
	c.desk, c.up = nil, make(chan struct{})
	c.mu.Unlock()
	return nil
}

func (c *Console) running(ctx context.Context) (core.Desk, error) {
	c.mu.Lock()
	up := c.up
	c.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.desk == nil {
		return nil, errors.New("the console stopped")
	}
	return c.desk, nil
}

// Deliver hands acts to the desk, waiting for Run. An empty Key is filled in,
// an empty time is now.
func (c *Console) Deliver(ctx context.Context, acts ...core.Act) error {
	d, err := c.running(ctx)
	if err != nil {
		return err
	}
	for i := range acts {
		if acts[i].Key == "" {
			c.mu.Lock()
			c.acts++
			acts[i].Key = fmt.Sprintf("act-%d", c.acts)
			c.mu.Unlock()
		}
		if acts[i].At.IsZero() {
			acts[i].At = c.clock.Now()
		}
	}
	return d.Deliver(ctx, acts)
}

// Write delivers what by wrote in a topic and returns its post.
func (c *Console) Write(ctx context.Context, by core.Person, t core.TopicRef, w core.Wrote) (core.PostRef, error) {
	c.mu.Lock()
	c.seq[t.Room]++
	ref := core.PostRef{Room: t.Room, Seq: c.seq[t.Room]}
	c.mu.Unlock()
	return ref, c.Deliver(ctx, core.Act{Topic: t, Post: ref, By: by, Body: w})
}

// Press presses a button, waiting for Run.
func (c *Console) Press(ctx context.Context, p core.Press) (core.Popup, error) {
	d, err := c.running(ctx)
	if err != nil {
		return core.Popup{}, err
	}
	if p.At.IsZero() {
		p.At = c.clock.Now()
	}
	return d.Press(ctx, p)
}

// Fail makes the next calls answer errs, one each; a nil is a success.
func (c *Console) Fail(errs ...error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.script = append(c.script, errs...)
}

// Asked is everything asked so far, in order.
func (c *Console) Asked() []Asked {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Asked(nil), c.asked...)
}

// Rooms are the topics as they stand, deleted ones included.
func (c *Console) Rooms() []Room {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]Room, len(c.rooms))
	for i, r := range c.rooms {
		out[i] = *r
	}
	return out
}

// Standing are the posts of a topic as they stand, removed ones included.
func (c *Console) Standing(t core.TopicRef) []Standing {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Standing
	for _, p := range c.posts {
		if p.Post.Topic == t {
			out = append(out, *p)
		}
	}
	return out
}

// Shut closes a topic as a member does by hand; no act is delivered.
func (c *Console) Shut(t core.TopicRef) { c.setRoom(t, func(r *Room) { r.Shut = true }) }

// Vanish deletes a topic as a member does by hand: networks do not tell.
func (c *Console) Vanish(t core.TopicRef) { c.setRoom(t, func(r *Room) { r.Deleted = true }) }

func (c *Console) setRoom(t core.TopicRef, f func(*Room)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.room(t); r != nil {
		f(r)
	}
}

func (c *Console) room(t core.TopicRef) *Room {
	for _, r := range c.rooms {
		if r.Ref == t {
			return r
		}
	}
	return nil
}

// ask runs do under the lock unless the script has an error, and records it.
func (c *Console) ask(a Asked, do func(a *Asked) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	a.At = c.clock.Now()
	scripted := false
	if len(c.script) > 0 {
		a.Err, c.script = c.script[0], c.script[1:]
		scripted = a.Err != nil
	}
	if !scripted {
		a.Err = do(&a)
	}
	c.asked = append(c.asked, a)
	return a.Err
}

func (c *Console) open(t core.TopicRef) error {
	if t.Thread == "" {
		return nil
	}
	switch r := c.room(t); {
	case r == nil, r.Deleted:
		return &core.SendError{Reason: core.TopicGone}
	case r.Shut:
		return &core.SendError{Reason: core.TopicClosed}
	}
	return nil
}

func (c *Console) OpenTopic(_ context.Context, room, title, icon string) (core.TopicRef, error) {
	var ref core.TopicRef
	err := c.ask(Asked{Op: "OpenTopic", Topic: core.TopicRef{Room: room}, Title: title, Icon: icon}, func(a *Asked) error {
		c.seq[room]++
		ref = core.TopicRef{Room: room, Thread: fmt.Sprint(c.seq[room])}
		a.Topic = ref
		c.rooms = append(c.rooms, &Room{Ref: ref, Title: title, Icon: icon})
		return nil
	})
	return ref, err
}

func (c *Console) EditTopic(_ context.Context, t core.TopicRef, title, icon string) error {
	return c.ask(Asked{Op: "EditTopic", Topic: t, Title: title, Icon: icon}, func(*Asked) error {
		r := c.room(t)
		if r == nil || r.Deleted {
			return &core.SendError{Reason: core.TopicGone}
		}
		if title != "" {
			r.Title = title
		}
		if icon != "" {
			r.Icon = icon
		}
		return nil
	})
}

func (c *Console) ReopenTopic(_ context.Context, t core.TopicRef) error {
	return c.ask(Asked{Op: "ReopenTopic", Topic: t}, func(*Asked) error {
		r := c.room(t)
		if r == nil || r.Deleted {
			return &core.SendError{Reason: core.TopicGone}
		}
		r.Shut = false
		return nil
	})
}

func (c *Console) DeleteTopic(_ context.Context, t core.TopicRef) error {
	return c.ask(Asked{Op: "DeleteTopic", Topic: t}, func(*Asked) error {
		r := c.room(t)
		if r == nil || r.Deleted {
			return &core.SendError{Reason: core.TopicGone}
		}
		r.Deleted = true
		return nil
	})
}

// Show makes one post, or one for each attachment.
func (c *Console) Show(_ context.Context, p core.Post) (core.Shown, error) {
	var shown core.Shown
	err := c.ask(Asked{Op: "Show", Topic: p.Topic, Post: p}, func(a *Asked) error {
		if err := c.open(p.Topic); err != nil {
			return err
		}
		for i := range max(1, len(p.Content.Attachments)) {
			c.seq[p.Topic.Room]++
			ref := core.PostRef{Room: p.Topic.Room, Seq: c.seq[p.Topic.Room]}
			c.posts = append(c.posts, &Standing{Ref: ref, Post: p})
			shown.Posts = append(shown.Posts, ref)
			if i < len(p.Content.Attachments) {
				shown.Locators = append(shown.Locators, fmt.Sprintf("loc-%s-%d", ref.Room, ref.Seq))
			}
		}
		shown.At, a.Ref = a.At, shown.Posts[0]
		return nil
	})
	return shown, err
}

func (c *Console) onPost(a Asked, ref core.PostRef, f func(*Standing)) error {
	a.Ref = ref
	return c.ask(a, func(*Asked) error {
		for _, p := range c.posts {
			if p.Ref == ref && !p.Removed {
				f(p)
				return nil
			}
		}
		return &core.SendError{Reason: core.TargetGone}
	})
}

func (c *Console) Amend(_ context.Context, ref core.PostRef, p core.Post) error {
	return c.onPost(Asked{Op: "Amend", Topic: p.Topic, Post: p}, ref, func(s *Standing) {
		attachments := s.Post.Content.Attachments
		topic := s.Post.Topic
		s.Post = p
		s.Post.Topic, s.Post.Content.Attachments = topic, attachments
	})
}

func (c *Console) Mark(_ context.Context, ref core.PostRef, emoji string) error {
	// An operator's own message may be marked too: it is not among the posts.
	return c.ask(Asked{Op: "Mark", Ref: ref, Emoji: emoji}, func(*Asked) error {
		for _, p := range c.posts {
			if p.Ref == ref {
				if p.Removed {
					return &core.SendError{Reason: core.TargetGone}
				}
				p.Mark = emoji
				return nil
			}
		}
		if ref.Seq > c.seq[ref.Room] || ref.Seq <= 0 {
			return &core.SendError{Reason: core.TargetGone}
		}
		return nil
	})
}

// Remove takes any message away, an operator's own or a service line too.
func (c *Console) Remove(_ context.Context, ref core.PostRef) error {
	return c.ask(Asked{Op: "Remove", Ref: ref}, func(*Asked) error {
		for _, p := range c.posts {
			if p.Ref == ref {
				if p.Removed {
					return &core.SendError{Reason: core.TargetGone}
				}
				p.Removed = true
			}
		}
		return nil
	})
}

func (c *Console) Pin(_ context.Context, ref core.PostRef) error {
	return c.onPost(Asked{Op: "Pin"}, ref, func(s *Standing) { s.Pinned = true })
}
