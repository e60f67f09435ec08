package store

import (
	"fmt"
	"time"

	"parom/core"
)

// PostKind says what a post in the operators' rooms is.
type PostKind int

// Kinds of posts.
const (
	PostCustomer PostKind = iota + 1 // a customer's message, or a part of one
	PostAnswer                       // an operator's own post that went to the customer (or waits to)
	PostNote                         // an operator's own post that stays
	PostBot                          // what the bot said to the customer
	PostEcho                         // ours, from the phone or page
	PostSystem                       // a line of the gateway
	PostCard                         // the card, with the first message under it
	PostNotice                       // a notice with buttons
	PostHeld                         // an operator's own post that waits for a tap
)

// PostPart is what one post shows of one message: a merged post has several,
// a message cut in pieces lies in several posts.
type PostPart struct {
	RoomNo     int64
	Room       string
	Seq        int64
	N          int // place in a merged post, from 0
	Topic      core.TopicID
	Kind       PostKind
	Message    core.MessageID // zero: the post shows none
	Address    core.AddressID // of a customer's message: where an answer to it goes; zero once left behind
	Part       int            // of a message shown as several posts, from 0
	From, To   int            // bytes of the message's body
	Attachment int            // index it shows; -1: none
	At         time.Time
}

// Ref is the post as the console names it.
func (p PostPart) Ref() core.PostRef { return core.PostRef{Room: p.Room, Seq: p.Seq} }

// AddPost records a post. The same place recorded again is replaced: something
// held becomes an answer.
func (t *Tx) AddPost(p PostPart) error {
	_, err := t.Exec(`INSERT INTO posts (room_id, seq, n, topic_id, kind, message_id, address_id, part, text_from, text_to, attachment, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (room_id, seq, n) DO UPDATE SET topic_id = excluded.topic_id, kind = excluded.kind, message_id = excluded.message_id,
		address_id = excluded.address_id, part = excluded.part, text_from = excluded.text_from, text_to = excluded.text_to,
		attachment = excluded.attachment, at = excluded.at`,
		p.RoomNo, p.Seq, p.N, int64(p.Topic), int(p.Kind), int64(p.Message), int64(p.Address), p.Part, p.From, p.To,
		p.Attachment, Micros(p.At))
	if err != nil {
		return fmt.Errorf("add post: %w", err)
	}
	return nil
}

const postColumns = `p.room_id, r.room, p.seq, p.n, p.topic_id, p.kind, p.message_id, p.address_id, p.part, p.text_from,
	p.text_to, p.attachment, p.at`

const postFrom = ` FROM posts p JOIN rooms r ON r.id = p.room_id `

// topicPostFrom has the posts found by their topic: by their room all newer ones of
// the room would be read first.
const topicPostFrom = ` FROM posts p JOIN rooms r ON r.id = p.room_id + 0 `

func (t *Tx) posts(where string, args ...any) ([]PostPart, error) {
	return t.postsFrom(postFrom+where, args...)
}

func (t *Tx) postsFrom(from string, args ...any) ([]PostPart, error) {
	rows, err := t.Query(`SELECT `+postColumns+from, args...)
	if err != nil {
		return nil, fmt.Errorf("posts: %w", err)
	}
	defer rows.Close()
	var out []PostPart
	for rows.Next() {
		var p PostPart
		var at int64
		err := rows.Scan(&p.RoomNo, &p.Room, &p.Seq, &p.N, &p.Topic, &p.Kind, &p.Message, &p.Address, &p.Part,
			&p.From, &p.To, &p.Attachment, &at)
		if err != nil {
			return nil, fmt.Errorf("posts: %w", err)
		}
		p.At = Time(at)
		out = append(out, p)
	}
	return out, rows.Err()
}

// PostParts lists what a post shows, in order; empty for a post that is not ours
// and was not taken as an answer or a note.
func (t *Tx) PostParts(ref core.PostRef) ([]PostPart, error) {
	return t.posts(`WHERE r.room = $1 AND p.seq = $2 ORDER BY p.n`, ref.Room, ref.Seq)
}

// PostsOf lists the posts that show a message, the topic's newest part last.
func (t *Tx) PostsOf(m core.MessageID) ([]PostPart, error) {
	return t.posts(`WHERE p.message_id = $1 ORDER BY p.seq, p.n`, int64(m))
}

// CustomerPostAbove is the newest post of a customer's message that stood above
// a post in a topic: what the operator saw when he wrote. ErrNotFound: none did.
func (t *Tx) CustomerPostAbove(topic core.TopicID, ref core.PostRef) (PostPart, error) {
	ps, err := t.postsFrom(topicPostFrom+`WHERE p.topic_id = $1 AND p.seq < $2 AND r.room = $3 AND p.kind IN ($4, $5) AND p.address_id <> 0
		ORDER BY p.seq DESC, p.n DESC LIMIT 1`, int64(topic), ref.Seq, ref.Room, int(PostCustomer), int(PostCard))
	if err != nil {
		return PostPart{}, err
	}
	if len(ps) == 0 {
		return PostPart{}, fmt.Errorf("customer's post: %w", ErrNotFound)
	}
	return ps[0], nil
}

// ShownAddresses lists the addresses whose messages a topic has shown, posts that
// were left behind included.
func (t *Tx) ShownAddresses(topic core.TopicID) ([]core.AddressID, error) {
	return t.addressIDs(`SELECT DISTINCT m.address_id FROM posts p JOIN messages m ON m.id = p.message_id
		WHERE p.topic_id = $1 AND p.kind IN ($2, $3) AND m.direction = $4`,
		int64(topic), int(PostCustomer), int(PostCard), int(core.FromCustomer))
}

// TwiceBelow lists the addresses of messages that were shown below a post and may
// stand above it as well: an earlier attempt to show them has an unknown end.
func (t *Tx) TwiceBelow(topic core.TopicID, ref core.PostRef) ([]core.AddressID, error) {
	return t.addressIDs(`SELECT DISTINCT p.address_id`+topicPostFrom+`
		JOIN messages m ON m.id = p.message_id WHERE p.topic_id = $1 AND p.seq > $2 AND r.room = $3
		AND p.kind IN ($4, $5) AND p.address_id <> 0 AND m.twice = 1`,
		int64(topic), ref.Seq, ref.Room, int(PostCustomer), int(PostCard))
}

func (t *Tx) addressIDs(query string, args ...any) ([]core.AddressID, error) {
	rows, err := t.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("addresses: %w", err)
	}
	defer rows.Close()
	var out []core.AddressID
	for rows.Next() {
		var id core.AddressID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("addresses: %w", err)
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// LeavePosts marks a topic's posts as left behind: its room or thread is gone, and
// nobody sees them above what he writes from now on. Who quotes one is understood.
func (t *Tx) LeavePosts(topic core.TopicID) error {
	_, err := t.Exec(`UPDATE posts SET address_id = 0 WHERE topic_id = $1 AND address_id <> 0`, int64(topic))
	return err
}

// SetPostKind changes what a post is, as when a held one becomes an answer.
func (t *Tx) SetPostKind(ref core.PostRef, k PostKind) error {
	_, err := t.Exec(`UPDATE posts SET kind = $1 WHERE room_id = (SELECT id FROM rooms WHERE room = $2) AND seq = $3`,
		int(k), ref.Room, ref.Seq)
	return err
}

// DropPost forgets a post that is gone from its room.
func (t *Tx) DropPost(ref core.PostRef) error {
	_, err := t.Exec(`DELETE FROM posts WHERE room_id = (SELECT id FROM rooms WHERE room = $1) AND seq = $2`, ref.Room, ref.Seq)
	return err
}

// Notice is something that waits for an operator's tap.
type Notice struct {
	ID        int64
	Topic     core.TopicID
	Message   core.MessageID // the answer it is about; zero: none
	Kind      string
	Payload   string       // JSON, by kind
	Post      core.PostRef // where it is shown; zero: not yet
	SettledAt time.Time
	SettledBy core.PersonID
	CreatedAt time.Time
}

// AddNotice stores a notice and gives it its id.
func (t *Tx) AddNotice(n *Notice) error {
	id, err := t.Insert(`INSERT INTO notices (topic_id, message_id, kind, payload, created_at) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		int64(n.Topic), int64(n.Message), n.Kind, n.Payload, Micros(t.Now()))
	n.ID, n.CreatedAt = id, t.Now()
	return err
}

func (t *Tx) notices(where string, args ...any) ([]Notice, error) {
	rows, err := t.Query(`SELECT n.id, n.topic_id, n.message_id, n.kind, n.payload, coalesce(r.room, ''), n.seq, n.settled_at,
		n.settled_by, n.created_at FROM notices n LEFT JOIN rooms r ON r.id = n.room_id `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("notices: %w", err)
	}
	defer rows.Close()
	var out []Notice
	for rows.Next() {
		var n Notice
		var settled, created int64
		err := rows.Scan(&n.ID, &n.Topic, &n.Message, &n.Kind, &n.Payload, &n.Post.Room, &n.Post.Seq, &settled, &n.SettledBy, &created)
		if err != nil {
			return nil, fmt.Errorf("notices: %w", err)
		}
		n.SettledAt, n.CreatedAt = Time(settled), Time(created)
		out = append(out, n)
	}
	return out, rows.Err()
}

// Notice is the notice by its id.
func (t *Tx) Notice(id int64) (Notice, error) {
	ns, err := t.notices(`WHERE n.id = $1`, id)
	if err != nil {
		return Notice{}, err
	}
	if len(ns) == 0 {
		return Notice{}, fmt.Errorf("notice %d: %w", id, ErrNotFound)
	}
	return ns[0], nil
}

// OpenNotices lists the unsettled notices of a topic, oldest first.
func (t *Tx) OpenNotices(topic core.TopicID) ([]Notice, error) {
	return t.notices(`WHERE n.topic_id = $1 AND n.settled_at = 0 ORDER BY n.id`, int64(topic))
}

// HeldNotices lists the newest notices of a topic that nobody has pressed, those
// whose time is over included.
func (t *Tx) HeldNotices(topic core.TopicID) ([]Notice, error) {
	return t.notices(`WHERE n.topic_id = $1 AND n.settled_by = '' ORDER BY n.id DESC LIMIT 50`, int64(topic))
}

// NoticeShown records where a notice stands.
func (t *Tx) NoticeShown(id int64, roomNo, seq int64) error {
	_, err := t.Exec(`UPDATE notices SET room_id = $1, seq = $2 WHERE id = $3`, roomNo, seq, id)
	return err
}

// SetNoticePayload replaces what a notice keeps.
func (t *Tx) SetNoticePayload(id int64, payload string) error {
	_, err := t.Exec(`UPDATE notices SET payload = $1 WHERE id = $2`, payload, id)
	return err
}

// SettleNotice closes a notice and reports whether it was open.
func (t *Tx) SettleNotice(id int64, by core.PersonID) (bool, error) {
	n, err := t.Exec(`UPDATE notices SET settled_at = $1, settled_by = $2 WHERE id = $3 AND settled_at = 0`,
		Micros(t.Now()), string(by), id)
	return n > 0, err
}

// ReopenNotice has a notice wait again, as one that nobody answered in time.
func (t *Tx) ReopenNotice(id int64) error {
	_, err := t.Exec(`UPDATE notices SET settled_at = 0, settled_by = '' WHERE id = $1`, id)
	return err
}

// ButtonRow is what an opaque button id stands for.
type ButtonRow struct {
	ID      string
	RoomNo  int64          // pressed elsewhere it is refused; zero: a customer's button
	Address core.AddressID // of a customer's button
	Notice  int64          // zero: a button of a card
	Topic   core.TopicID
	Action  string
	Args    string
	Person  core.PersonID // only he may press it; empty: any operator
}

// AddButton stores what a button stands for. Its ID is minted by the caller.
func (t *Tx) AddButton(b ButtonRow) error {
	_, err := t.Exec(`INSERT INTO buttons (id, room_id, address_id, notice_id, topic_id, action, args, person, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		b.ID, b.RoomNo, int64(b.Address), b.Notice, int64(b.Topic), b.Action, b.Args, string(b.Person), Micros(t.Now()))
	return err
}

// Button is what a button id stands for; ErrNotFound for one we never made.
func (t *Tx) Button(id string) (ButtonRow, error) {
	b := ButtonRow{ID: id}
	err := t.QueryRow(`SELECT room_id, address_id, notice_id, topic_id, action, args, person FROM buttons WHERE id = $1`, id).
		Scan(&b.RoomNo, &b.Address, &b.Notice, &b.Topic, &b.Action, &b.Args, &b.Person)
	return b, one("button", err)
}

// SetButtonArgs replaces what a button keeps.
func (t *Tx) SetButtonArgs(id, args string) error {
	_, err := t.Exec(`UPDATE buttons SET args = $1 WHERE id = $2`, args, id)
	return err
}
