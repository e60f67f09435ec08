package dialogs

import (
	"encoding/json"
	"fmt"
	"time"

	"parom/core"
	"parom/core/store"
)

// Line is a line of the gateway's own in a topic, a group's general part or a
// private chat: the payload of a store.JobNotice. It is put in words when it is
// shown, in the language of the room.
type Line struct {
	Key  string `json:"key,omitempty"` // text key
	Args Args   `json:"args,omitempty"`
	// Quote is what the line is about, shown under it as a quotation.
	Quote string `json:"quote,omitempty"`
	// Notice is the notice whose buttons the line carries; zero: none. Its
	// Kind then says the text key and the buttons.
	Notice int64 `json:"notice,omitempty"`
	// About is the message whose post the line replies to; Post is preferred
	// when both are set.
	About core.MessageID `json:"about,omitempty"`
	Post  core.PostRef   `json:"post,omitzero"`
	// Stands is the message whose words the line tells, because they could not be
	// shown themselves: an answer below it means that message. Zero: none.
	Stands core.MessageID `json:"stands,omitempty"`
	Loud   bool           `json:"loud,omitempty"` // with sound
	// At is when it happened; shown when the line comes more than a minute late.
	At time.Time `json:"at,omitzero"`
	// Document is the text of a file sent along, named Name.
	Name     string `json:"name,omitempty"`
	Document string `json:"doc,omitempty"`
}

// Say enqueues a line in a topic.
func Say(t *store.Tx, topic core.TopicID, l Line) error {
	return say(t, store.TopicLane(topic), l)
}

// SayIn enqueues a line in a room's general part or in a private chat.
func SayIn(t *store.Tx, roomNo int64, l Line) error {
	return say(t, store.RoomLane(roomNo), l)
}

func say(t *store.Tx, lane store.Lane, l Line) error {
	if l.At.IsZero() {
		l.At = t.Now()
	}
	b, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("say %s: %w", l.Key, err)
	}
	return t.Enqueue(&store.Job{Lane: lane, Kind: store.JobNotice, Message: max(l.About, l.Stands), Payload: string(b), Priority: store.States})
}

// Notify stores a notice that waits for a tap and enqueues the line that shows it.
func Notify(t *store.Tx, n *store.Notice, l Line) error {
	if err := t.AddNotice(n); err != nil {
		return err
	}
	l.Notice = n.ID
	return Say(t, n.Topic, l)
}

// Refresh enqueues the card anew, and the topic's title with it.
func Refresh(t *store.Tx, topic core.TopicID) error {
	lane := store.CosmeticLane(topic)
	return t.Enqueue(&store.Job{Lane: lane, Kind: store.JobCard, Slot: "card", Priority: store.Cosmetics})
}

// Sign enqueues the delivery sign of an operator's message, which is worked out
// when it is set. A zero due is now.
func Sign(t *store.Tx, topic core.TopicID, m core.MessageID, due time.Time) error {
	// A lane of their own: a card that waits for its group's budget is not to
	// hold up signs, which need none.
	return t.Enqueue(&store.Job{
		Lane: store.CosmeticLane(topic) + "/s", Kind: store.JobMark, Message: m,
		Slot: fmt.Sprintf("sign:%d", m), Priority: store.Cosmetics, DueAt: due,
	})
}
