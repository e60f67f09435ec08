package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/outbox"
	"parom/core/store"
)

const (
	// adoptWait is how long a topic whose making is unsure is waited for: the
	// console's service message tells of it.
	adoptWait = 5 * time.Second
	// surplusWait keeps a topic nobody waits for from being deleted while the
	// answer that names it is still on its way into the store.
	surplusWait = 10 * time.Second
	// healTries bounds what is mended at once for one job.
	healTries = 6
)

// reach has a topic made, or opened again, before j can show something in it. on
// is false when a step (or a wait) is needed first.
func (c *carrier) reach(t *store.Tx, s scene, j store.Job) (step outbox.Step, on bool, err error) {
	p, err := progressOf(j)
	if err != nil {
		return outbox.Step{}, false, err
	}
	if s.made() && s.topic.RoomNo != s.room.No {
		if err := c.forget(t, s.topic, "room_changed"); err != nil {
			return outbox.Step{}, false, err
		}
		s.topic.Ref.Thread, s.topic.State, s.topic.CardSeq = "", store.TopicWanted, 0
	}
	switch {
	case !s.made() && strings.Contains(string(j.Lane), "/"):
		return outbox.Step{}, false, c.awaitTopic(t, s, j)
	case !s.made():
		step, err = c.openTopic(t, s, j, p)
		return step, false, err
	case p.Reopen, s.topic.State == store.TopicClosedByHand && c.mayReopen(t, j):
		return c.reopen(s, j), false, nil
	}
	return outbox.Step{}, true, nil
}

// mayReopen: what a customer writes opens a topic that was closed by hand. Lines
// of our own try it closed first.
func (c *carrier) mayReopen(t *store.Tx, j store.Job) bool {
	m, err := t.Message(j.Message)
	return j.Kind == store.JobShow && err == nil && m.Direction == core.FromCustomer
}

// awaitTopic has a file wait for its topic, which the topic's own lane makes.
func (c *carrier) awaitTopic(t *store.Tx, s scene, j store.Job) error {
	lane := store.TopicLane(s.topic.ID)
	if js, err := t.LaneJobs(lane, 1); err != nil {
		return err
	} else if len(js) == 0 {
		if err := t.Enqueue(&store.Job{Lane: lane, Kind: store.JobCard, Slot: "card", Priority: store.Words}); err != nil {
			return err
		}
	}
	return later(t, j, time.Second)
}

// openTopic makes the topic. It is marked with its title before the call: when
// the answer is lost, an orphan is known by it.
func (c *carrier) openTopic(t *store.Tx, s scene, j store.Job, p progress) (outbox.Step, error) {
	if s.topic.State == store.TopicOpening && p.Asked && !p.Waited {
		p.Waited, j.Cuts, j.State = true, "", store.JobAttempting
		j.Cuts = p.String()
		return outbox.Step{}, later(t, j, adoptWait)
	}
	m, err := t.Message(j.Message)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return outbox.Step{}, err
	}
	title, icon, err := c.titleOf(t, s, m.Address)
	if err != nil {
		return outbox.Step{}, err
	}
	s.topic.State, s.topic.Marker = store.TopicOpening, title
	if err := t.SaveTopic(s.topic); err != nil {
		return outbox.Step{}, err
	}
	p.Asked, p.Waited = true, false
	j.Cuts = p.String()
	id, room := s.topic.ID, s.room.Room
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return c.o.Console.OpenTopic(ctx, room, title, icon) },
		Done: func(t *store.Tx, result any) error {
			ref, ok := result.(core.TopicRef)
			if !ok {
				return fmt.Errorf("topic opened: a %T", result)
			}
			return c.opened(t, s, j, ref, title, icon)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			if e.Reason == core.MaybeSent {
				return true, c.awaitAdoption(t, j, p)
			}
			if topic, err := t.Topic(id); err != nil {
				return false, err
			} else if topic.State == store.TopicOpening {
				topic.State, topic.Marker = store.TopicWanted, "" // nothing was made
				if err := t.SaveTopic(topic); err != nil {
					return false, err
				}
			}
			return c.mended(t, s, []store.Job{j}, e)
		},
		Deadline: callTime,
	}, nil
}

func (c *carrier) awaitAdoption(t *store.Tx, j store.Job, p progress) error {
	p.Asked, p.Waited = true, true
	j.Cuts, j.State = p.String(), store.JobAttempting
	return later(t, j, adoptWait)
}

// opened records a topic that was made. Its own service message may have been
// first.
func (c *carrier) opened(t *store.Tx, s scene, j store.Job, ref core.TopicRef, title, icon string) error {
	topic, err := t.Topic(s.topic.ID)
	if err != nil {
		return err
	}
	bound, err := t.TopicAt(ref)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	switch {
	case bound.ID == topic.ID:
	case bound.ID != 0 && topic.Ref.Thread == "":
		// Somebody else with the same title has taken it; his own answer, or
		// its service message, leaves one for us.
		return c.awaitAdoption(t, j, progress{})
	case topic.Ref.Thread == "":
		if err := c.bind(t, topic, s.room, ref, title, icon); err != nil {
			return err
		}
	case bound.ID == 0:
		if _, err := c.Adopt(t, ref, title); err != nil {
			return err
		}
	}
	if err := c.worked(t, s.room); err != nil {
		return err
	}
	j.State, j.Attempts, j.Cuts = store.JobWaiting, 0, ""
	return again(t, j)
}

// bind gives a topic its room.
func (d *Desk) bind(t *store.Tx, topic store.Topic, room store.Room, ref core.TopicRef, title, icon string) error {
	topic.RoomNo, topic.Ref, topic.Title, topic.Icon = room.No, ref, title, icon
	topic.State, topic.Marker, topic.CardSeq = store.TopicOpen, "", 0
	if err := t.SaveTopic(topic); err != nil {
		return err
	}
	return t.Log(store.Entry{Topic: topic.ID, Action: "topic_made", Data: ref.Thread})
}

// Adopt gives a topic of ours that nobody has recorded to whoever waits for it.
// When nobody does it is taken away. It reports whether it was adopted.
func (d *Desk) Adopt(t *store.Tx, ref core.TopicRef, title string) (bool, error) {
	if _, err := t.TopicAt(ref); err == nil || !errors.Is(err, store.ErrNotFound) {
		return false, err
	}
	room, err := t.RoomNamed(ref.Room)
	if err != nil || room.Group == "" {
		return false, err
	}
	waiting, err := t.TopicsInFlight(room.Group)
	if err != nil {
		return false, err
	}
	for _, topic := range waiting {
		if topic.Ref.Thread != "" || !sameTitle(topic.Marker, title) {
			continue
		}
		_, icon, err := d.titleOf(t, scene{topic: topic, texts: d.texts(topic.Group)}, 0)
		if err != nil {
			return false, err
		}
		if err := d.bind(t, topic, room, ref, topic.Marker, icon); err != nil {
			return false, err
		}
		return true, d.hurry(t, store.TopicLane(topic.ID))
	}
	return false, d.surplus(t, room, ref)
}

// hurry lets the head of a lane go at once.
func (d *Desk) hurry(t *store.Tx, lane store.Lane) error {
	js, err := t.LaneJobs(lane, 1)
	if err != nil || len(js) == 0 {
		return err
	}
	j := js[0]
	if j.DueAt.After(t.Now()) {
		j.DueAt = t.Now()
	}
	return t.SaveJob(j)
}

// sameTitle compares titles as consoles keep them: in one line, maybe cut.
func sameTitle(ours, theirs string) bool {
	ours, theirs = strings.Join(strings.Fields(ours), " "), strings.Join(strings.Fields(theirs), " ")
	if cut, ok := strings.CutSuffix(theirs, "…"); ok && cut != "" && strings.HasPrefix(ours, strings.TrimSpace(cut)) {
		return true
	}
	return ours == theirs
}

// removal is the payload of a store.JobRemove: a post, or a whole topic.
type removal struct {
	Topic core.TopicRef `json:"topic,omitzero"`
}

// surplus enqueues the deletion of a topic of ours that nobody waits for.
func (d *Desk) surplus(t *store.Tx, room store.Room, ref core.TopicRef) error {
	b, err := json.Marshal(removal{Topic: ref})
	if err != nil {
		return fmt.Errorf("surplus topic: %w", err)
	}
	return t.Enqueue(&store.Job{
		Lane: store.RoomLane(room.No) + store.Lane("/d"+ref.Thread), Kind: store.JobRemove, Slot: "surplus",
		Payload: string(b), Priority: store.Cosmetics, DueAt: t.Now().Add(surplusWait),
	})
}

// planSurplus deletes a topic, unless it has found an owner meanwhile.
func (c *carrier) planSurplus(t *store.Tx, j store.Job) (outbox.Step, error) {
	var r removal
	if err := json.Unmarshal([]byte(j.Payload), &r); err != nil || r.Topic.Thread == "" {
		return outbox.Step{}, t.FinishJob(j)
	}
	if _, err := t.TopicAt(r.Topic); err == nil {
		return outbox.Step{}, t.FinishJob(j)
	} else if !errors.Is(err, store.ErrNotFound) {
		return outbox.Step{}, err
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.DeleteTopic(ctx, r.Topic) },
		Done: finished(j),
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			switch e.Reason {
			case core.Throttled, core.Unavailable, core.MaybeSent:
				return false, nil
			case core.BadConfig: // the right to delete may come back
				if t.Now().Sub(j.CreatedAt) < 24*time.Hour {
					j.State = store.JobWaiting
					return true, later(t, j, 10*time.Minute)
				}
			}
			return true, t.FinishJob(j)
		},
		Deadline: callTime,
	}, nil
}

// reopen opens a topic that somebody closed, for j.
func (c *carrier) reopen(s scene, j store.Job) outbox.Step {
	ref := s.place()
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.ReopenTopic(ctx, ref) },
		Done: func(t *store.Tx, _ any) error {
			topic, err := t.Topic(s.topic.ID)
			if err != nil {
				return err
			}
			if topic.State == store.TopicClosedByHand {
				topic.State = store.TopicOpen
				if err := t.SaveTopic(topic); err != nil {
					return err
				}
			}
			if err := dialogs.Refresh(t, topic.ID); err != nil { // the card says it was closed
				return err
			}
			if j.Kind == store.JobReopen {
				return t.FinishJob(j)
			}
			p, err := progressOf(j)
			if err != nil {
				return err
			}
			p.Reopen = false
			j.Cuts, j.State, j.Attempts = p.String(), store.JobWaiting, 0
			return again(t, j)
		},
		Failed:   func(t *store.Tx, e *core.SendError) (bool, error) { return c.mended(t, s, []store.Job{j}, e) },
		Deadline: callTime,
	}
}

// mended treats the failures that can be put right: the topic is gone or closed,
// the room has moved, rights are missing. The jobs go on afterwards.
func (c *carrier) mended(t *store.Tx, s scene, jobs []store.Job, e *core.SendError) (bool, error) {
	first, err := t.Job(jobs[0].ID)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil || first.Attempts > healTries {
		return false, err
	}
	change := func(*progress) {}
	switch e.Reason {
	case core.TopicGone:
		if !s.made() {
			return false, nil
		}
		topic, err := t.Topic(s.topic.ID)
		if err != nil {
			return false, err
		}
		if topic.Ref == s.topic.Ref { // nobody was first
			if err := c.forget(t, topic, "topic_gone"); err != nil {
				return false, err
			}
		}
		change = func(p *progress) { *p = progress{Plain: p.Plain, Alone: p.Alone, Upload: p.Upload} }
	case core.TopicClosed:
		change = func(p *progress) { p.Reopen = true }
	case core.RoomMoved:
		if e.Detail == "" || e.Detail == s.room.Room {
			return false, nil
		}
		if err := t.MoveRoom(s.room.Room, e.Detail); err != nil {
			return false, err
		}
	case core.BadConfig:
		return false, c.hold(t, s.room, e)
	default:
		return false, nil
	}
	for _, j := range jobs {
		if err := c.resume(t, j, e.Reason == core.TopicGone, change); err != nil {
			return false, err
		}
	}
	return true, nil
}

// resume saves a job for another attempt after something was put right.
func (c *carrier) resume(t *store.Tx, j store.Job, fromStart bool, change func(*progress)) error {
	j, err := t.Job(j.ID)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p, err := progressOf(j)
	if err != nil {
		return err
	}
	change(&p)
	j.Cuts, j.State = p.String(), store.JobWaiting
	if fromStart {
		j.Done = 0
	}
	return later(t, j, time.Duration(max(0, j.Attempts-1))*time.Second)
}

// forget records that a topic's room is gone: it is made anew when something is
// shown next, once.
func (c *carrier) forget(t *store.Tx, topic store.Topic, why string) error {
	was := topic.Ref.Thread
	topic.Ref.Thread, topic.State, topic.Marker, topic.CardSeq = "", store.TopicWanted, "", 0
	if err := t.SaveTopic(topic); err != nil {
		return err
	}
	if err := t.LeavePosts(topic.ID); err != nil { // they stand above nothing any more
		return err
	}
	memo, err := cardMemoOf(t, topic.ID)
	if err != nil {
		return err
	}
	memo.Healed, memo.Sum = true, ""
	if err := memo.save(t, topic.ID); err != nil {
		return err
	}
	return t.Log(store.Entry{Topic: topic.ID, Action: why, Data: was})
}

// Words for why a room is held, beside those of Desk.standing.
const heldRefused = "refused"

// hold notes that a room takes nothing for want of rights, and tells the admins
// once. The outbox tries again each minute.
func (c *carrier) hold(t *store.Tx, room store.Room, e *core.SendError) error {
	now, err := t.Room(room.No)
	if err != nil || now.Held != "" {
		return err
	}
	news, err := t.HoldRoom(now.Room, heldRefused)
	if err != nil || !news {
		return err
	}
	return c.alarm(t, "alarm.room_rights", dialogs.Args{"Group": string(room.Group), "Missing": e.Detail})
}

// worked notes that a room takes posts again.
func (c *carrier) worked(t *store.Tx, room store.Room) error {
	now, err := t.Room(room.No)
	if err != nil || now.Held != heldRefused && now.Held != "removed" {
		return err
	}
	if _, err := t.HoldRoom(now.Room, ""); err != nil {
		return err
	}
	return c.alarm(t, "alarm.room_back", dialogs.Args{"Group": string(room.Group)})
}
