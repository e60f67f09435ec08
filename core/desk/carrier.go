package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"parom/core"
	"parom/core/fit"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

// Carrier carries the families store.ToTopic, store.Cosmetic and store.ToRoom:
// everything that operators are shown. One value serves the three.
func (d *Desk) Carrier() outbox.Carrier {
	c := &carrier{Desk: d, limits: d.o.Console.Limits(), rooms: map[int64]int64{}, private: map[int64]bool{}}
	if d.o.Porter != nil {
		c.porter = d.o.Porter
	}
	return c
}

// porter brings files into the spool: *outbox.Porter.
type porter interface {
	Has(a core.Attachment) bool
	Bring(ctx context.Context, a *core.Attachment, maxBytes int64) error
}

type carrier struct {
	*Desk
	limits core.Limits
	porter porter // nil: files go as they are

	mu      sync.RWMutex
	rooms   map[int64]int64 // the room a topic is in, or will be made in
	private map[int64]bool  // rooms that are chats with one operator
}

var (
	_ outbox.Warmer    = (*carrier)(nil)
	_ outbox.Channeled = (*carrier)(nil)
)

const (
	perSecond  = 30 // calls of an account, where its limits name no rate
	groupCalls = 20 // posts in a group a minute, where the configuration names none
	callTime   = 30 * time.Second
)

// RoomChannel is what the outbox calls the way to a room: Outbox.Release(it)
// has what is held there tried at once.
func RoomChannel(roomNo int64) string { return "room:" + strconv.FormatInt(roomNo, 10) }

// Channel implements outbox.Channeled: a room that is broken holds no other up.
func (c *carrier) Channel(h store.Head) string {
	no, _ := c.roomOf(h.Lane)
	return RoomChannel(no)
}

// Costs implements outbox.Carrier: the account, and for what becomes or changes
// a post or a topic, the room.
func (c *carrier) Costs(h store.Head) []outbox.Cost {
	rate := int(c.limits.Rate.PerSecond)
	if rate <= 0 {
		rate = perSecond
	}
	costs := []outbox.Cost{{Budget: outbox.AccountBudget(c.o.Account), Max: rate, Per: time.Second}}
	switch h.Kind {
	case store.JobMark, store.JobRemove, store.JobPin:
		return costs
	}
	no, private := c.roomOf(h.Lane)
	room := outbox.Cost{Budget: "room:" + c.o.Account + ":" + strconv.FormatInt(no, 10), Max: groupCalls, Per: time.Minute}
	switch {
	case private:
		room.Max, room.Per = 1, time.Second
	case c.o.GroupPerMinute > 0:
		room.Max = c.o.GroupPerMinute
	}
	return append(costs, room)
}

// roomOf is the room a lane leads to; zero when it is not known yet.
func (c *carrier) roomOf(l store.Lane) (no int64, private bool) {
	no = l.Number()
	c.mu.RLock()
	defer c.mu.RUnlock()
	if l.Family() != store.ToRoom {
		no = c.rooms[no]
	}
	return no, c.private[no]
}

// Warm implements outbox.Warmer.
func (c *carrier) Warm(t *store.Tx, heads []store.Head) error {
	for _, h := range heads {
		n := h.Lane.Number()
		c.mu.RLock()
		_, known := c.rooms[n]
		_, seen := c.private[n]
		c.mu.RUnlock()
		var err error
		switch {
		case h.Lane.Family() == store.ToRoom && !seen:
			var r store.Room
			if r, err = t.Room(n); err == nil {
				c.learn(0, r)
			}
		case h.Lane.Family() != store.ToRoom && !known:
			_, err = c.topicScene(t, core.TopicID(n))
		}
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	return nil
}

func (c *carrier) learn(topic core.TopicID, r store.Room) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if topic != 0 {
		c.rooms[int64(topic)] = r.No
	}
	c.private[r.No] = r.Group == ""
}

// scene is where a job shows something, and in what words.
type scene struct {
	room   store.Room
	topic  store.Topic // zero in a general part or a private chat
	texts  *lang.Printer
	fitter *fit.Fitter
	limits core.Limits
}

// place is where posts go; its thread is empty while the topic is not made.
func (s scene) place() core.TopicRef {
	return core.TopicRef{Room: s.room.Room, Thread: s.topic.Ref.Thread}
}

// made reports that the topic has its room.
func (s scene) made() bool { return s.topic.Ref.Thread != "" }

func (c *carrier) scene(room store.Room, topic store.Topic, texts *lang.Printer) scene {
	return scene{room, topic, texts, fit.New(c.limits, texts, c.source), c.limits}
}

// source is what the account that holds a file can hand over.
func (c *carrier) source(holder string) (core.Limits, bool) {
	if holder == c.limits.Holder {
		return c.limits, true
	}
	for _, ch := range c.o.Router.Channels() {
		if ch.Limits.Holder == holder {
			return ch.Limits, true
		}
	}
	return core.Limits{}, false
}

// topicScene is a topic with its room. A topic whose group has another room now
// is made anew there.
func (c *carrier) topicScene(t *store.Tx, id core.TopicID) (scene, error) {
	topic, err := t.Topic(id)
	if err != nil {
		return scene{}, err
	}
	room, err := t.RoomOf(topic.Group)
	if errors.Is(err, store.ErrNotFound) && topic.RoomNo != 0 {
		room, err = t.Room(topic.RoomNo)
	}
	if err != nil {
		return scene{topic: topic}, err
	}
	c.learn(id, room)
	return c.scene(room, topic, c.texts(topic.Group)), nil
}

// roomScene is the general part of a group, or a private chat in the language of
// its person.
func (c *carrier) roomScene(t *store.Tx, no int64) (scene, error) {
	room, err := t.Room(no)
	if err != nil {
		return scene{}, err
	}
	c.learn(0, room)
	texts := c.texts(room.Group)
	if room.Group == "" {
		o, err := t.OperatorIn(no)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return scene{}, err
		}
		if o.Language != "" {
			texts = lang.For(o.Language, texts.Language()).In(c.o.Zone)
		}
	}
	return c.scene(room, store.Topic{}, texts), nil
}

// Plan implements outbox.Carrier.
func (c *carrier) Plan(t *store.Tx, jobs []store.Job) (outbox.Step, error) {
	j := jobs[0]
	var s scene
	var err error
	if j.Lane.Family() == store.ToRoom {
		s, err = c.roomScene(t, j.Lane.Number())
	} else {
		s, err = c.topicScene(t, core.TopicID(j.Lane.Number()))
	}
	switch {
	case errors.Is(err, store.ErrNotFound) && s.topic.ID != 0:
		return outbox.Step{}, later(t, j, time.Minute) // its group has no room yet
	case errors.Is(err, store.ErrNotFound):
		return outbox.Step{}, t.FinishJob(j)
	case err != nil:
		return outbox.Step{}, err
	}
	switch j.Lane.Family() {
	case store.ToTopic:
		return c.planWords(t, s, jobs)
	case store.Cosmetic:
		return c.planCosmetic(t, s, j)
	}
	if j.Kind == store.JobRemove {
		return c.planSurplus(t, j)
	}
	return c.planNotice(t, s, j)
}

// planWords plans a job of a topic's lane. What shows something first has the
// topic made, or opened again.
func (c *carrier) planWords(t *store.Tx, s scene, jobs []store.Job) (outbox.Step, error) {
	j := jobs[0]
	switch j.Kind {
	case store.JobAmend:
		return c.planAmend(t, s, j)
	case store.JobSettle:
		return c.planSettle(t, s, j)
	}
	if j.Kind == store.JobShow {
		if _, err := t.Message(j.Message); errors.Is(err, store.ErrNotFound) {
			return outbox.Step{}, t.FinishJob(j) // erased
		} else if err != nil {
			return outbox.Step{}, err
		}
	}
	step, on, err := c.reach(t, s, j)
	if err != nil || !on {
		return step, err
	}
	switch {
	case j.Kind == store.JobShow:
		return c.planShow(t, s, jobs)
	case s.topic.CardSeq == 0:
		return c.planCardPost(t, s, j)
	case j.Kind == store.JobNotice:
		return c.planNotice(t, s, j)
	}
	return outbox.Step{}, t.FinishJob(j)
}

// planCosmetic plans what may be late. It never makes a topic.
func (c *carrier) planCosmetic(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	switch {
	case j.Kind == store.JobRemove:
		return c.planRemove(j)
	case j.Kind == store.JobMark:
		return c.planMark(t, s, j)
	case !s.made():
		return outbox.Step{}, t.FinishJob(j)
	}
	switch j.Kind {
	case store.JobCard:
		return c.planCard(t, s, j)
	case store.JobTopic:
		return c.planTopic(t, s, j)
	case store.JobPin:
		return c.planPin(s, j)
	case store.JobReopen:
		return c.reopen(s, j), nil
	}
	return outbox.Step{}, &core.SendError{Reason: core.Rejected, Detail: fmt.Sprintf("cosmetic lanes have no jobs of kind %d", j.Kind)}
}

// later saves a job for another look.
func later(t *store.Tx, j store.Job, wait time.Duration) error {
	j.DueAt = t.Now().Add(wait)
	return again(t, j)
}

// again saves a job for another attempt. When a newer one has taken its slot
// meanwhile, that replaces it.
func again(t *store.Tx, j store.Job) error {
	if j.Slot == "" || j.State != store.JobWaiting {
		return t.SaveJob(j)
	}
	err := t.Savepoint(func() error { return t.SaveJob(j) })
	if store.IsDuplicate(err) {
		return t.FinishJob(j)
	}
	return err
}

// finished ends a job that may be gone already.
func finished(j store.Job) func(*store.Tx, any) error {
	return func(t *store.Tx, _ any) error { return t.FinishJob(j) }
}

// progress is what is kept in store.Job.Cuts of the desk's jobs.
type progress struct {
	Pieces []piece `json:"p,omitempty"` // of a message or a line that takes several posts
	Sum    string  `json:"h,omitempty"` // of the content that a message's pieces show
	Asked  bool    `json:"q,omitempty"` // a topic was asked for: its answer may be lost
	Waited bool    `json:"w,omitempty"` // and was waited for
	Reopen bool    `json:"r,omitempty"` // the topic turned out to be closed
	Alone  bool    `json:"a,omitempty"` // not to be merged with others: that was refused
	Plain  bool    `json:"l,omitempty"` // styles and quotes were refused
	Upload bool    `json:"u,omitempty"` // references are dead: send the bytes
}

func progressOf(j store.Job) (p progress, err error) {
	if j.Cuts != "" {
		if err = json.Unmarshal([]byte(j.Cuts), &p); err != nil {
			err = fmt.Errorf("progress of job %d: %w", j.ID, err)
		}
	}
	return p, err
}

func (p progress) String() string {
	b, err := json.Marshal(p)
	if err != nil { // plain data
		panic(fmt.Sprintf("desk: progress: %v", err))
	}
	return string(b)
}
