package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

var _ core.Desk = (*Desk)(nil)

// act is one act on its way in.
type act struct {
	t      *store.Tx
	a      core.Act
	roomNo int64        // zero: a room that is not the desk's
	group  core.GroupID // empty in a private chat
	topic  store.Topic  // zero where the act stands in no bound topic
	who    Listed       // Role Stranger for who is no operator
}

// bound reports that the act stands in a topic of a customer.
func (x act) bound() bool { return x.topic.ID != 0 }

// Deliver implements core.Desk: one transaction, a savepoint each. An act that
// cannot be taken is parked and named in its topic; the others go on.
func (d *Desk) Deliver(ctx context.Context, acts []core.Act) error {
	if len(acts) == 0 {
		return nil
	}
	if err := d.meet(ctx, acts...); err != nil {
		return fmt.Errorf("deliver %d acts: %w", len(acts), err)
	}
	d.awaitShown(ctx, acts)
	err := d.o.DB.Update(ctx, func(t *store.Tx) error {
		for _, a := range acts {
			err := t.Savepoint(func() error {
				first, err := t.FirstTime(a.Key)
				if err != nil || !first {
					return err
				}
				return d.take(t, a)
			})
			if store.IsFatal(err) {
				return err
			}
			if err != nil {
				if err := d.park(t, a, err); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("deliver %d acts: %w", len(acts), err)
	}
	if d.o.Metrics != nil {
		for _, a := range acts {
			d.o.Metrics.Act(fmt.Sprintf("%T", a.Body))
		}
	}
	return nil
}

// place finds where an act stands and who did it. Only a private chat is a room
// by itself; a group that is not known, as one that has become another, is none.
func (d *Desk) place(t *store.Tx, a core.Act) (act, error) {
	x := act{t: t, a: a, who: Listed{Person: a.By.ID}}
	find := t.RoomCalled
	if a.Private {
		find = t.RoomNamed
	}
	room, err := find(a.Topic.Room)
	if errors.Is(err, store.ErrNotFound) {
		return x, nil
	}
	if err != nil {
		return x, err
	}
	x.roomNo, x.group = room.No, room.Group
	if a.Topic.Thread != "" {
		x.topic, err = t.TopicAt(a.Topic)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return x, err
		}
	}
	x.who, err = d.operator(x)
	if err != nil {
		return x, err
	}
	if a.Private && a.By.Guise == core.Human && x.group == "" && x.who.Role > Stranger {
		err = t.SetOperatorRoom(a.By.ID, room.No)
	}
	return x, err
}

// operator is who a person is to the gateway. Only humans are anybody: those the
// configuration lists, and, where members may answer, everybody in the group. Who
// has left a group is nobody there, and who has left them all is nobody anywhere.
func (d *Desk) operator(x act) (Listed, error) {
	p := x.a.By
	stranger := Listed{Person: p.ID}
	if p.Guise != core.Human {
		return stranger, nil
	}
	if err := x.t.MeetOperator(p); err != nil {
		return stranger, err
	}
	if x.group != "" {
		here, known, err := x.t.Presence(p.ID, x.roomNo)
		switch {
		case err != nil:
			return stranger, err
		case known && !here:
			return stranger, nil
		case !known && d.mustBeSeen(p.ID): // and could not be
			return stranger, nil
		case !known: // he is heard here: he was here before the gateway was
			if err := x.t.SetPresence(p.ID, x.roomNo, true, false); err != nil {
				return stranger, err
			}
		}
	}
	o, err := x.t.Operator(p.ID)
	if err != nil {
		return stranger, err
	}
	if !o.Present {
		return stranger, nil
	}
	if l, ok := d.roles[p.ID]; ok {
		return l, nil
	}
	if d.o.MembersAnswer {
		return Listed{Person: p.ID, Role: Member}, nil
	}
	return stranger, nil
}

// mustBeSeen reports that to be heard in a group is not enough to be one of it:
// who is not listed and only as a member may answer.
func (d *Desk) mustBeSeen(p core.PersonID) bool {
	_, listed := d.roles[p]
	_, able := d.census()
	return able && !listed && d.o.MembersAnswer
}

func (d *Desk) take(t *store.Tx, a core.Act) error {
	switch b := a.Body.(type) {
	case core.Moved:
		return t.MoveRoom(a.Topic.Room, b.To)
	case core.Blind:
		return d.blind(t, b)
	}
	x, err := d.place(t, a)
	if err != nil {
		return err
	}
	if x.roomNo == 0 {
		d.log.Warn("act ignored", "key", a.Key, "reason", "its room is not the desk's")
		return nil
	}
	switch b := a.Body.(type) {
	case core.Wrote:
		return d.wrote(x, b)
	case core.Rewrote:
		return d.rewrote(x, b)
	case core.Signed:
		return d.signed(x, b)
	case core.TopicMade:
		return d.topicMade(x, b)
	case core.TopicRenamed, core.ServiceLine:
		return d.ownLine(x)
	case core.TopicShut:
		return d.topicShut(x)
	case core.TopicReopened:
		return d.topicReopened(x)
	case core.Membership:
		return d.membership(x, b)
	}
	return fmt.Errorf("act of unknown kind %T", a.Body)
}

// park keeps an act that could not be taken and tells its author where he wrote.
func (d *Desk) park(t *store.Tx, a core.Act, cause error) error {
	d.log.Error("act parked", "key", a.Key, "kind", fmt.Sprintf("%T", a.Body), "reason", cause)
	raw, err := json.Marshal(a)
	if err != nil {
		raw = []byte(fmt.Sprintf("%#v", a))
	}
	if _, err := t.FirstTime(a.Key); err != nil {
		return err
	}
	if err := t.Park(a.Key, "", string(raw), cause.Error()); err != nil {
		return err
	}
	if _, wrote := a.Body.(core.Wrote); !wrote || a.By.Guise != core.Human {
		return nil
	}
	topic, err := t.TopicAt(a.Topic)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return dialogs.Say(t, topic.ID, dialogs.Line{Key: "notice.not_taken", Post: a.Post})
}

// topicMade adopts a topic of ours whose making was not recorded, and takes a
// surplus one away. Topics made by people are theirs.
func (d *Desk) topicMade(x act, b core.TopicMade) error {
	if x.a.By.Guise != core.Self || x.bound() {
		return nil
	}
	_, err := d.Adopt(x.t, x.a.Topic, b.Title)
	return err
}

// ownLine removes a service line that the gateway itself has caused.
func (d *Desk) ownLine(x act) error {
	if x.a.By.Guise != core.Self || !x.bound() || x.a.Post.Seq == 0 {
		return nil
	}
	return d.remove(x.t, x.topic.ID, x.a.Post)
}

// remove enqueues a post's removal from a topic.
func (d *Desk) remove(t *store.Tx, topic core.TopicID, ref core.PostRef) error {
	b, err := json.Marshal(ref)
	if err != nil {
		return err
	}
	return t.Enqueue(&store.Job{Lane: store.CosmeticLane(topic), Kind: store.JobRemove, Payload: string(b), Priority: store.Cosmetics})
}

// topicShut notes that somebody closed a topic by hand: it stays so until the
// customer writes, and the card says it.
func (d *Desk) topicShut(x act) error {
	if x.a.By.Guise == core.Self || !x.bound() {
		return d.ownLine(x)
	}
	x.topic.State = store.TopicClosedByHand
	if err := x.t.SaveTopic(x.topic); err != nil {
		return err
	}
	if again, err := d.wroteSince(x); err != nil || again {
		if err == nil {
			err = x.t.Enqueue(&store.Job{Lane: store.CosmeticLane(x.topic.ID), Kind: store.JobReopen, Slot: "reopen", Priority: store.States})
		}
		return err
	}
	return x.t.Log(store.Entry{Topic: x.topic.ID, Actor: string(x.a.By.ID), Action: "topic_shut"})
}

// wroteSince reports that a customer's message was shown, or is being shown, below
// the place where a topic was closed: it must not lie behind a closed door.
func (d *Desk) wroteSince(x act) (bool, error) {
	appearing, err := x.t.Appearing(x.topic.ID)
	if err != nil || len(appearing) > 0 {
		return err == nil, err
	}
	last, err := x.t.CustomerPostAbove(x.topic.ID, core.PostRef{Room: x.a.Post.Room, Seq: math.MaxInt64})
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil && last.Seq > x.a.Post.Seq, err
}

func (d *Desk) topicReopened(x act) error {
	if !x.bound() {
		return nil
	}
	if x.topic.State == store.TopicClosedByHand {
		x.topic.State = store.TopicOpen
		if err := x.t.SaveTopic(x.topic); err != nil {
			return err
		}
	}
	return d.ownLine(x)
}

// membership follows who comes and goes, group by group. Whoever leaves one loses
// everything in it at once, and his dialogs there are nobody's; when it was the
// last, all of them are.
func (d *Desk) membership(x act, b core.Membership) error {
	if x.a.By.Guise == core.Self {
		return d.standing(x, b)
	}
	if x.a.By.Guise != core.Human || x.group == "" {
		return nil
	}
	if err := x.t.MeetOperator(x.a.By); err != nil {
		return err
	}
	if err := x.t.SetPresence(x.a.By.ID, x.roomNo, b.Present, b.Admin); err != nil || b.Present {
		return err
	}
	o, err := x.t.Operator(x.a.By.ID)
	if err != nil {
		return err
	}
	ds, err := x.t.DialogsAssigned(x.a.By.ID)
	if err != nil {
		return err
	}
	for _, dia := range ds {
		topic, err := x.t.Topic(dia.Topic)
		if err != nil {
			return err
		}
		if o.Present && topic.Group != x.group {
			continue
		}
		if _, err := dialogs.Take(x.t, &dia, x.a.By.ID, ""); err != nil {
			return err
		}
		if err := dialogs.Say(x.t, dia.Topic, dialogs.Line{Key: "line.left", Args: dialogs.Args{"Who": x.a.By.Name}}); err != nil {
			return err
		}
	}
	return nil
}

// standing follows the gateway's own rights in a room: without them what is to
// be shown is held, not lost.
func (d *Desk) standing(x act, b core.Membership) error {
	why := ""
	switch {
	case !b.Present:
		why = "removed"
	case len(b.Missing) > 0:
		why = "rights"
	}
	news, err := x.t.HoldRoom(x.a.Topic.Room, why)
	if err != nil || !news {
		return err
	}
	if why == "" {
		room, err := x.t.RoomNamed(x.a.Topic.Room)
		if err != nil {
			return err
		}
		if d.o.Outbox != nil {
			x.t.OnCommit(func() { d.o.Outbox.Release(RoomChannel(room.No)) })
		}
		return d.alarm(x.t, "alarm.room_back", dialogs.Args{"Group": string(x.group)})
	}
	return d.alarm(x.t, "alarm.room_"+why, dialogs.Args{"Group": string(x.group), "Missing": b.Missing})
}

// blind announces that operators' messages of a stretch of time cannot be had:
// some may not have been sent.
func (d *Desk) blind(t *store.Tx, b core.Blind) error {
	l := dialogs.Line{Key: "line.blind", Args: dialogs.Args{"From": b.From, "To": b.To}}
	for _, g := range d.o.Router.Groups() {
		room, err := t.RoomOf(g)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := dialogs.SayIn(t, room.No, l); err != nil {
			return err
		}
	}
	topics, err := t.TopicsWithOpenDialog()
	if err != nil {
		return err
	}
	for _, o := range topics {
		if err := dialogs.Say(t, o.ID, l); err != nil {
			return err
		}
	}
	return nil
}

// alarm tells the admins in private, where the gateway can write to them, and
// the log: the group itself may be what is broken.
func (d *Desk) alarm(t *store.Tx, key string, args dialogs.Args) error {
	_, err := d.alarmTo(t, Admin, key, args)
	return err
}

// alarmTo tells those listed with a role or a higher one, and reports how many
// could be told.
func (d *Desk) alarmTo(t *store.Tx, least Role, key string, args dialogs.Args) (told int, err error) {
	d.log.Error("alarm", "reason", key)
	for _, l := range d.o.Operators {
		if l.Role < least {
			continue
		}
		o, err := t.Operator(l.Person)
		if errors.Is(err, store.ErrNotFound) || err == nil && o.RoomNo == 0 {
			continue
		}
		if err != nil {
			return told, err
		}
		if err := dialogs.SayIn(t, o.RoomNo, dialogs.Line{Key: key, Args: args, Loud: true}); err != nil {
			return told, err
		}
		told++
	}
	return told, nil
}
