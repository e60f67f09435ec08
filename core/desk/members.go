package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"parom/core"
	"parom/core/store"
)

const (
	// askMembersAgain is how often the console is asked at most about one who is said to
	// be no member: whoever comments from outside costs a call only now and then.
	askMembersAgain = 10 * time.Minute
	// askMembersMax bounds one question: a batch of acts waits for it.
	askMembersMax = 5 * time.Second
	// askedMax bounds what is remembered of strangers; beyond it all is forgotten.
	askedMax = 10000
)

// membersAsked remembers of whom the console was asked. The zero value is empty.
type membersAsked struct {
	mu sync.Mutex
	at map[seat]time.Duration // monotonic
}

// seat is a person in a room.
type seat struct {
	room   string
	person core.PersonID
}

// mayAsk reports that nobody asked about a seat lately, and notes that it is asked now.
func (m *membersAsked) mayAsk(s seat, now time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.at[s]; ok && now-at < askMembersAgain {
		return false
	}
	if m.at == nil || len(m.at) >= askedMax {
		m.at = map[seat]time.Duration{}
	}
	m.at[s] = now
	return true
}

func (m *membersAsked) forget(s seat) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.at, s)
}

// census is the console, if it can tell who is in a room.
func (d *Desk) census() (core.Census, bool) {
	c, ok := d.o.Console.(core.Census)
	return c, ok
}

// meet asks the console about people whose word may count and of whom the store
// does not know that they are in the group: where members may answer, a comment
// from outside must not. Each is asked about once; who is said to be away, as
// when his return was not heard of, now and then. After an error the acts come
// again.
func (d *Desk) meet(ctx context.Context, acts ...core.Act) error {
	c, ok := d.census()
	if !ok {
		return nil
	}
	seen := map[seat]bool{}
	for _, a := range acts {
		s := seat{a.Topic.Room, a.By.ID}
		if a.Private || a.By.Guise != core.Human || seen[s] || !counts(a) {
			continue
		}
		seen[s] = true
		if err := d.meetOne(ctx, c, s); err != nil {
			return err
		}
	}
	return nil
}

// counts reports an act whose meaning depends on who did it.
func counts(a core.Act) bool {
	switch a.Body.(type) {
	case nil, core.Wrote, core.Rewrote, core.Signed: // nil: a press
		return true
	}
	return false
}

func (d *Desk) meetOne(ctx context.Context, c core.Census, s seat) error {
	room, present, known, err := d.presence(ctx, s)
	if err != nil {
		return fmt.Errorf("meet: %w", err)
	}
	_, listed := d.roles[s.person]
	if room.Group == "" || present || !listed && !d.o.MembersAnswer || listed && !known || !d.members.mayAsk(s, d.o.Clock.Mono()) {
		return nil
	}
	asking, cancel := context.WithTimeout(ctx, askMembersMax)
	defer cancel()
	is, err := c.IsMember(asking, s.room, s.person)
	switch {
	case err == nil:
	case ctx.Err() != nil:
		return ctx.Err()
	case !known && passing(err): // it will be known: his words are not lost meanwhile
		d.members.forget(s)
		return fmt.Errorf("ask who is in the group: %w", err)
	default:
		d.log.Warn("nobody knows whether somebody is in the group; he is taken for a stranger", "reason", err)
		return nil
	}
	if known && !is {
		return nil
	}
	return d.o.DB.Update(ctx, func(t *store.Tx) error { return t.SetPresence(s.person, room.No, is, false) })
}

// passing reports an error that time mends.
func passing(err error) bool {
	switch core.ReasonOf(err) {
	case core.Unavailable, core.Throttled, core.MaybeSent:
		return true
	}
	return false
}

func (d *Desk) presence(ctx context.Context, s seat) (room store.Room, present, known bool, err error) {
	err = d.o.DB.View(ctx, func(t *store.Tx) (err error) {
		room, err = t.RoomCalled(s.room)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil {
			present, known, err = t.Presence(s.person, room.No)
		}
		return err
	})
	return room, present, known, err
}
