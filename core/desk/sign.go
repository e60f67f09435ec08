package desk

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/outbox"
	"parom/core/store"
)

// signsOffFor is how long a room that refused signs is not asked again.
const signsOffFor = 24 * time.Hour

// sign is the sign for how far an answer has come; empty: none.
func sign(d core.Delivery) string {
	switch d {
	case core.DeliveryHeld, core.DeliveryWaiting:
		return "✍"
	case core.DeliverySent, core.DeliveryReached:
		return "👌"
	case core.DeliveryRead:
		return "👀"
	case core.DeliveryFailed:
		return "💔"
	}
	return ""
}

// noteSign marks what stays among ourselves: nothing of it went to the customer.
const noteSign = "🙊"

// planMark sets the one sign on an operator's own post: the customer's reaction,
// else how far the answer has come. Where signs cannot be, the card says it.
func (c *carrier) planMark(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	m, err := t.Message(j.Message)
	if errors.Is(err, store.ErrNotFound) {
		return outbox.Step{}, t.FinishJob(j)
	}
	if err != nil {
		return outbox.Step{}, err
	}
	reaction, err := t.Reaction(m.ID, false)
	if err != nil {
		return outbox.Step{}, err
	}
	off, err := c.signsOff(t, s.room.No)
	if err != nil {
		return outbox.Step{}, err
	}
	ref, found, err := ownPost(t, m.ID)
	if err != nil || !found {
		return outbox.Step{}, errors.Join(err, t.FinishJob(j))
	}
	if off && m.Direction == core.Note {
		return outbox.Step{}, t.FinishJob(j) // its own mark has to do
	}
	if off {
		return outbox.Step{}, c.onCard(t, s, j, m, reaction)
	}
	own := sign(m.Delivery)
	if m.Direction == core.Note {
		own = noteSign
	}
	emoji := own
	if reaction != "" && (len(c.limits.Reactions) == 0 || slices.Contains(c.limits.Reactions, reaction)) {
		emoji = reaction
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.Mark(ctx, ref, emoji) },
		Done: func(t *store.Tx, _ any) error {
			if reaction != "" && emoji != reaction {
				return c.onCard(t, s, j, m, reaction) // one the console has not
			}
			return t.FinishJob(j)
		},
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			switch e.Reason {
			case core.Rejected, core.BadConfig:
				if m.Direction == core.Note {
					return true, t.FinishJob(j)
				}
				if emoji == own {
					if err := c.setSignsOff(t, s.room.No); err != nil {
						return false, err
					}
				}
				return true, c.onCard(t, s, j, m, reaction)
			case core.RoomMoved:
				return c.mended(t, s, []store.Job{j}, e)
			}
			if lasting(e) {
				return true, t.FinishJob(j) // the post, or the topic, is gone
			}
			return false, nil
		},
		Deadline: callTime,
	}, nil
}

// ownPost is the post an operator wrote a message with; of an album the last.
func ownPost(t *store.Tx, m core.MessageID) (ref core.PostRef, found bool, err error) {
	ps, err := t.PostsOf(m)
	for _, p := range ps {
		if p.Kind == store.PostAnswer || p.Kind == store.PostNote {
			ref, found = p.Ref(), true
		}
	}
	return ref, found, err
}

func signsName(roomNo int64) string { return "signs_off:" + number(roomNo) }

func (c *carrier) signsOff(t *store.Tx, roomNo int64) (bool, error) {
	if !c.o.Signs {
		return true, nil
	}
	v, err := t.Setting(signsName(roomNo))
	if err != nil || v == "" {
		return false, err
	}
	at, err := strconv.ParseInt(v, 10, 64)
	return err == nil && t.Now().Sub(store.Time(at)) < signsOffFor, nil
}

func (c *carrier) setSignsOff(t *store.Tx, roomNo int64) error {
	return t.SetSetting(signsName(roomNo), number(store.Micros(t.Now())))
}

// onCard puts the state of the newest answer on the card.
func (c *carrier) onCard(t *store.Tx, s scene, j store.Job, m core.Message, reaction string) error {
	if err := t.FinishJob(j); err != nil {
		return err
	}
	memo, err := cardMemoOf(t, s.topic.ID)
	if err != nil || m.ID < memo.Answer {
		return err
	}
	if memo.Delivery, err = deliveryNow(t, m); err != nil {
		return err
	}
	memo.Answer, memo.Reaction = m.ID, reaction
	if err := memo.save(t, s.topic.ID); err != nil {
		return err
	}
	return dialogs.Refresh(t, s.topic.ID)
}

// planRemove takes a post away: a service line that the gateway has caused.
func (c *carrier) planRemove(j store.Job) (outbox.Step, error) {
	var ref core.PostRef
	if err := json.Unmarshal([]byte(j.Payload), &ref); err != nil {
		return outbox.Step{}, &core.SendError{Reason: core.Rejected, Detail: "malformed removal", Err: err}
	}
	return outbox.Step{
		Jobs:     []store.Job{j},
		Call:     func(ctx context.Context) (any, error) { return nil, c.o.Console.Remove(ctx, ref) },
		Done:     finished(j),
		Failed:   missed(j),
		Deadline: callTime,
	}, nil
}

// planPin pins the card.
func (c *carrier) planPin(s scene, j store.Job) (outbox.Step, error) {
	ref := core.PostRef{Room: s.room.Room, Seq: s.topic.CardSeq}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) {
			if ref.Seq == 0 {
				return nil, nil
			}
			return nil, c.o.Console.Pin(ctx, ref)
		},
		Done:     finished(j),
		Failed:   missed(j),
		Deadline: callTime,
	}, nil
}

// missed ends a job for good that nobody misses, unless trying again may help.
func missed(j store.Job) func(*store.Tx, *core.SendError) (bool, error) {
	return func(t *store.Tx, e *core.SendError) (bool, error) {
		if !lasting(e) && e.Reason != core.BadConfig {
			return false, nil
		}
		return true, t.FinishJob(j)
	}
}
