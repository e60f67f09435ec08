package store

import (
	"database/sql"
	"errors"
	"fmt"

	"parom/core"
)

// TopicState is how far a topic exists in its room.
type TopicState int

// States of a topic.
const (
	TopicWanted  TopicState = iota // has no room yet; made when something is shown
	TopicOpening                   // an attempt to make it is in flight; Marker is its title
	TopicOpen
	TopicClosedByHand // somebody closed it; shown again when the customer writes
)

// Topic is the room of a contact (or of one email thread) in a group.
type Topic struct {
	ID      core.TopicID
	Contact core.ContactID
	Group   core.GroupID
	Thread  core.ThreadID
	RoomNo  int64
	Ref     core.TopicRef // zero Thread until it is made
	Title   string
	Icon    string
	State   TopicState
	Marker  string
	CardSeq int64 // post that carries the card; zero: none
}

const topicColumns = `t.id, t.contact_id, t.grp, t.thread, t.room_id, coalesce(r.room, ''), t.ref, t.title, t.icon,
	t.state, t.marker, t.card_seq`

const topicFrom = ` FROM topics t LEFT JOIN rooms r ON r.id = t.room_id `

func scanTopic(row interface{ Scan(...any) error }) (Topic, error) {
	var o Topic
	err := row.Scan(&o.ID, &o.Contact, &o.Group, &o.Thread, &o.RoomNo, &o.Ref.Room, &o.Ref.Thread, &o.Title, &o.Icon,
		&o.State, &o.Marker, &o.CardSeq)
	return o, err
}

// Topic is the topic by its id.
func (t *Tx) Topic(id core.TopicID) (Topic, error) {
	o, err := scanTopic(t.QueryRow(`SELECT `+topicColumns+topicFrom+`WHERE t.id = $1`, int64(id)))
	return o, one(fmt.Sprintf("topic %d", id), err)
}

// TopicAt is the topic that a room's thread is bound to.
func (t *Tx) TopicAt(ref core.TopicRef) (Topic, error) {
	o, err := scanTopic(t.QueryRow(`SELECT `+topicColumns+topicFrom+`WHERE r.room = $1 AND t.ref = $2 AND t.ref <> ''`,
		ref.Room, ref.Thread))
	return o, one("topic", err)
}

// TopicFor is the topic of a contact and thread in a group, made (without a
// room yet) when there is none.
func (t *Tx) TopicFor(contact core.ContactID, group core.GroupID, thread core.ThreadID) (Topic, error) {
	o, err := scanTopic(t.QueryRow(`SELECT `+topicColumns+topicFrom+`WHERE t.contact_id = $1 AND t.grp = $2 AND t.thread = $3`,
		int64(contact), string(group), string(thread)))
	if !errors.Is(err, sql.ErrNoRows) {
		return o, one("topic", err)
	}
	id, err := t.Insert(`INSERT INTO topics (contact_id, grp, thread) VALUES ($1, $2, $3) RETURNING id`,
		int64(contact), string(group), string(thread))
	if err != nil {
		return o, fmt.Errorf("new topic: %w", err)
	}
	return t.Topic(core.TopicID(id))
}

// They begin with the rows of a partial index, whose states are written out for it.
const (
	topicsInFlight       = `WHERE t.grp = $1 AND t.state = 1 ORDER BY t.id` // TopicOpening
	topicsWithOpenDialog = `WHERE t.id IN (SELECT topic_id FROM dialogs WHERE state = 1) AND t.ref <> '' ORDER BY t.id`
	openTopics           = `WHERE t.id IN (SELECT topic_id FROM dialogs WHERE state = 1) AND t.ref <> ''
		AND EXISTS (SELECT 1 FROM addresses a WHERE a.contact_id = t.contact_id AND a.channel_id = $1) ORDER BY t.id`
)

// TopicsInFlight lists the topics of a room whose making was begun and not recorded.
func (t *Tx) TopicsInFlight(group core.GroupID) ([]Topic, error) {
	return t.topics(topicsInFlight, string(group))
}

// TopicsOf lists the topics of a contact in every group.
func (t *Tx) TopicsOf(contact core.ContactID) ([]Topic, error) {
	return t.topics(`WHERE t.contact_id = $1 ORDER BY t.id`, int64(contact))
}

// OpenTopics lists the topics with an open dialog that answers on a channel.
func (t *Tx) OpenTopics(channelNo int64) ([]Topic, error) {
	return t.topics(openTopics, channelNo)
}

// TopicsWithOpenDialog lists the topics in which a dialog is open.
func (t *Tx) TopicsWithOpenDialog() ([]Topic, error) {
	return t.topics(topicsWithOpenDialog)
}

func (t *Tx) topics(where string, args ...any) ([]Topic, error) {
	rows, err := t.Query(`SELECT `+topicColumns+topicFrom+where, args...)
	if err != nil {
		return nil, fmt.Errorf("topics: %w", err)
	}
	defer rows.Close()
	var out []Topic
	for rows.Next() {
		o, err := scanTopic(rows)
		if err != nil {
			return nil, fmt.Errorf("topics: %w", err)
		}
		out = append(out, o)
	}
	return out, rows.Err()
}

// SaveTopic writes back what changes in a topic's life: room, title, state, card.
func (t *Tx) SaveTopic(o Topic) error {
	_, err := t.Exec(`UPDATE topics SET room_id = $1, ref = $2, title = $3, icon = $4, state = $5, marker = $6, card_seq = $7,
		made_at = CASE WHEN made_at = 0 AND $8 <> '' THEN $9 ELSE made_at END WHERE id = $10`,
		o.RoomNo, o.Ref.Thread, o.Title, o.Icon, int(o.State), o.Marker, o.CardSeq,
		o.Ref.Thread, Micros(t.Now()), int64(o.ID))
	if err != nil {
		return fmt.Errorf("save topic %d: %w", o.ID, err)
	}
	return nil
}

// Room is a place operators see: a group, or the private chat with one of them.
type Room struct {
	No    int64
	Room  string
	Group core.GroupID // empty: private
	Held  string       // why nothing can be shown there now; empty: it can
}

// BindRoom gives a group its room. An existing binding stays: the group may
// have moved since the configuration was written. RoomOf tells the present one.
func (t *Tx) BindRoom(group core.GroupID, room string) error {
	if group != "" {
		if _, err := t.RoomOf(group); err == nil || !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	_, err := t.Exec(`INSERT INTO rooms (room, grp) VALUES ($1, $2) ON CONFLICT (room) DO UPDATE SET grp = excluded.grp`,
		room, string(group))
	return err
}

// Rebind gives a group another room, as when the configuration names a new one.
func (t *Tx) Rebind(group core.GroupID, room string) error {
	if _, err := t.Exec(`UPDATE rooms SET grp = '' WHERE grp = $1`, string(group)); err != nil {
		return err
	}
	return t.BindRoom(group, room)
}

const roomColumns = `id, room, grp, held`

func scanRoom(row *sql.Row) (Room, error) {
	var r Room
	err := row.Scan(&r.No, &r.Room, &r.Group, &r.Held)
	return r, one("room", err)
}

// RoomOf is the room of a group.
func (t *Tx) RoomOf(group core.GroupID) (Room, error) {
	return scanRoom(t.QueryRow(`SELECT `+roomColumns+` FROM rooms WHERE grp = $1 AND grp <> ''`, string(group)))
}

// Room is the room by its number.
func (t *Tx) Room(no int64) (Room, error) {
	return scanRoom(t.QueryRow(`SELECT `+roomColumns+` FROM rooms WHERE id = $1`, no))
}

// RoomCalled is the room by the console's id; ErrNotFound for one we do not know.
func (t *Tx) RoomCalled(room string) (Room, error) {
	return scanRoom(t.QueryRow(`SELECT `+roomColumns+` FROM rooms WHERE room = $1`, room))
}

// RoomNamed is the room by the console's id, recorded as private when it is new.
func (t *Tx) RoomNamed(room string) (Room, error) {
	r, err := t.RoomCalled(room)
	if !errors.Is(err, ErrNotFound) {
		return r, err
	}
	id, err := t.Insert(`INSERT INTO rooms (room) VALUES ($1) RETURNING id`, room)
	return Room{No: id, Room: room}, err
}

// MoveRoom follows a group's room to its new id. It may be told more than once,
// and of rooms that are no group's: nothing is done then. It fails when the new
// id is another group's.
func (t *Tx) MoveRoom(from, to string) error {
	r, err := t.RoomCalled(from)
	if errors.Is(err, ErrNotFound) || err == nil && r.Group == "" || from == to {
		return nil
	}
	if err != nil {
		return err
	}
	// Recorded before it was known to be the group's.
	if _, err := t.Exec(`DELETE FROM rooms WHERE room = $1 AND grp = ''`, to); err != nil {
		return fmt.Errorf("move room: %w", err)
	}
	if _, err := t.Exec(`UPDATE rooms SET room = $1, held = '' WHERE id = $2`, to, r.No); err != nil {
		return fmt.Errorf("move room: %w", err)
	}
	return nil
}

// HoldRoom says why nothing can be shown in a room; empty lets it go on. It
// reports whether that is news.
func (t *Tx) HoldRoom(room, why string) (bool, error) {
	n, err := t.Exec(`UPDATE rooms SET held = $1 WHERE room = $2 AND held <> $3`, why, room, why)
	return n > 0, err
}
