package console

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

func unix(sec int) time.Time { return time.Unix(int64(sec), 0) }

// key names an act for ever: the account, the chat, the message, and what more
// it takes to tell acts about one message apart.
func (r reader) key(chat int64, more ...string) string {
	return r.account + ":" + roomOf(chat) + ":" + strings.Join(more, ":")
}

func post(m *botapi.Message) core.PostRef {
	return core.PostRef{Room: roomOf(m.Chat.ID), Seq: int64(m.MessageID)}
}

// topic is where a message stands. Outside topics a message_thread_id names a
// chain of replies, and is_topic_message is absent.
func (r reader) topic(m *botapi.Message) core.TopicRef {
	t := core.TopicRef{Room: roomOf(m.Chat.ID)}
	switch {
	case r.private:
	case m.IsTopicMessage || m.ForumTopicEdited != nil || m.ForumTopicClosed != nil || m.ForumTopicReopened != nil:
		t.Thread = thread(m.ThreadID)
	case m.ForumTopicCreated != nil: // its number is the topic's
		t.Thread = thread(max(m.ThreadID, m.MessageID))
	}
	return t
}

// thread is empty for General, which some servers call 1.
func thread(id int) string {
	if id <= 1 {
		return ""
	}
	return strconv.Itoa(id)
}

// speaker is who wrote a message, in what voice.
func (r reader) speaker(m *botapi.Message) core.Person {
	var behind *botapi.Chat
	if m.SenderChat != nil && m.SenderChat.ID != 0 {
		behind = m.SenderChat
	}
	p := telegram.Person(m.From, behind, r.self)
	switch {
	case p.Guise == core.Self:
	case m.IsAutomaticForward:
		p.Guise = core.Broadcast
	case behind != nil && behind.ID == m.Chat.ID:
		p.Guise = core.Anonymous
	case behind != nil:
		p.Guise = core.Broadcast
	}
	return p
}

// message is a new message: somebody's words, or a service message.
func (r reader) message(m *botapi.Message) []core.Act {
	a := core.Act{
		Key: r.key(m.Chat.ID, strconv.Itoa(m.MessageID)), Topic: r.topic(m), Post: post(m),
		By: r.speaker(m), At: unix(m.Date),
	}
	switch {
	case m.Inaccessible() && m.Content() == "":
		return nil // a place without a message: nothing was said
	case m.ForumTopicCreated != nil:
		a.Body = core.TopicMade{Title: m.ForumTopicCreated.Name}
	case m.ForumTopicEdited != nil && m.ForumTopicEdited.Name != "":
		a.Body = core.TopicRenamed{Title: m.ForumTopicEdited.Name}
	case m.ForumTopicClosed != nil:
		a.Body = core.TopicShut{}
	case m.ForumTopicReopened != nil:
		a.Body = core.TopicReopened{}
	case m.MigrateToChatID != 0:
		return []core.Act{r.moved(m, m.Chat.ID, m.MigrateToChatID)}
	case m.MigrateFromChatID != 0:
		return []core.Act{r.moved(m, m.MigrateFromChatID, m.Chat.ID)}
	case len(m.NewChatMembers) > 0 || m.LeftChatMember != nil:
		return r.cameOrLeft(m, a)
	case m.Service():
		a.Body = core.ServiceLine{}
	default:
		a.Body = r.wrote(m)
	}
	return []core.Act{a}
}

// moved is told twice, in the old group and in the new one; the key is the same.
func (r reader) moved(m *botapi.Message, from, to int64) core.Act {
	return core.Act{
		Key: r.key(from, "moved", roomOf(to)), Topic: core.TopicRef{Room: roomOf(from)},
		By: r.speaker(m), At: unix(m.Date), Body: core.Moved{To: roomOf(to)},
	}
}

func (r reader) wrote(m *botapi.Message) core.Wrote {
	w := core.Wrote{
		Content: telegram.Content(m, r.account), Group: m.MediaGroupID,
		Forwarded: m.ForwardOrigin != nil || m.ForwardDate != 0,
		Inline:    m.ViaBot != nil, Mentions: mentions(m),
	}
	w.ReplyTo, w.ReplyIn = r.answered(m)
	// An automatic quote is only how Telegram shows a reply; a chosen one means
	// that stretch alone.
	if w.ReplyTo != (core.PostRef{}) && m.Quote != nil && m.Quote.IsManual {
		w.Fragment = m.Quote.Text
	}
	return w
}

// answered is the post a message replies to, and its topic when told. Inside a
// topic a message that answers nothing has the topic's first service message
// for its reply. What is answered outside the room has another Room: such a
// reply means something, but nothing here.
func (r reader) answered(m *botapi.Message) (core.PostRef, core.TopicRef) {
	if a := m.ReplyToMessage; a != nil {
		if a.ForumTopicCreated != nil || m.IsTopicMessage && a.MessageID == m.ThreadID {
			return core.PostRef{}, core.TopicRef{}
		}
		if a.Inaccessible() {
			return post(a), core.TopicRef{}
		}
		return post(a), r.topic(a)
	}
	if e := m.ExternalReply; e != nil {
		room := "0" // hidden
		if e.Chat != nil {
			room = roomOf(e.Chat.ID)
		}
		ref := core.PostRef{Room: room, Seq: int64(e.MessageID)}
		if room == roomOf(m.Chat.ID) {
			return ref, core.TopicRef{} // another topic of ours, which is not told
		}
		return ref, core.TopicRef{Room: room}
	}
	if s := m.ReplyToStory; s != nil {
		room := roomOf(s.Chat.ID)
		return core.PostRef{Room: room, Seq: int64(s.ID)}, core.TopicRef{Room: room}
	}
	return core.PostRef{}, core.TopicRef{}
}

// mentions are those that Telegram marked: names without the sign, ids of
// people who have no name.
func mentions(m *botapi.Message) []string {
	text, entities := m.Text, m.Entities
	if text == "" {
		text, entities = m.Caption, m.CaptionEntities
	}
	var out []string
	var wide []uint16
	for _, e := range entities {
		switch {
		case e.Type == "text_mention" && e.User != nil:
			out = append(out, strconv.FormatInt(e.User.ID, 10))
		case e.Type == "mention":
			if wide == nil {
				wide = utf16.Encode([]rune(text))
			}
			from, to := max(e.Offset, 0), min(e.Offset+e.Length, len(wide))
			if from >= to {
				continue
			}
			if name := strings.TrimPrefix(string(utf16.Decode(wide[from:to])), "@"); name != "" {
				out = append(out, name)
			}
		}
	}
	return out
}

// edited is a new version of a message. A live location moves by an edit every
// few seconds, which is nothing anybody wrote.
func (r reader) edited(m *botapi.Message) []core.Act {
	if m.Service() || m.Location != nil && m.Location.LivePeriod != 0 {
		return nil
	}
	c := telegram.Content(m, r.account)
	at := m.EditDate
	if at == 0 {
		at = m.Date
	}
	return []core.Act{{
		Key:   r.key(m.Chat.ID, strconv.Itoa(m.MessageID), "e"+strconv.Itoa(m.EditDate), digest(c)),
		Topic: r.topic(m), Post: post(m), By: r.speaker(m), At: unix(at), Body: core.Rewrote{Content: c},
	}}
}

// reaction is the whole set somebody now has on a post. Telegram does not tell
// the post's topic.
func (r reader) reaction(u *botapi.MessageReactionUpdated) []core.Act {
	emoji := telegram.Emoji(u.NewReaction)
	by := telegram.Person(u.User, u.ActorChat, r.self)
	if u.ActorChat != nil && u.ActorChat.ID == u.Chat.ID {
		by.Guise = core.Anonymous
	}
	return []core.Act{{
		Key: r.key(u.Chat.ID, strconv.Itoa(u.MessageID), "r"+strconv.Itoa(u.Date), string(by.ID),
			digest([][]string{telegram.Emoji(u.OldReaction), emoji})),
		Topic: core.TopicRef{Room: roomOf(u.Chat.ID)},
		Post:  core.PostRef{Room: roomOf(u.Chat.ID), Seq: int64(u.MessageID)},
		By:    by, At: unix(u.Date), Body: core.Signed{Emoji: emoji},
	}}
}

// digest tells versions apart that share a second.
func digest(v any) string {
	b, _ := json.Marshal(v) // strings and numbers always encode
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// salvaged names a message that cannot be decoded, so that its writer hears that
// it went nowhere.
func (r reader) salvaged(u *botapi.Update) []core.Act {
	m := salvage(u.Raw)
	if m == nil {
		return nil
	}
	var from *botapi.User
	if f := new(botapi.User); json.Unmarshal(m.From, f) == nil && f.ID != 0 {
		from = f
	}
	var behind *botapi.Chat
	if m.SenderChat != nil {
		behind = &botapi.Chat{}
		behind.ID, behind.Type = m.SenderChat.ID, m.SenderChat.Type
	}
	t := core.TopicRef{Room: roomOf(m.Chat.ID)}
	if m.IsTopicMessage && !r.private {
		t.Thread = thread(m.ThreadID)
	}
	return []core.Act{{
		Key: r.key(m.Chat.ID, strconv.Itoa(m.ID)), Topic: t,
		Post: core.PostRef{Room: roomOf(m.Chat.ID), Seq: int64(m.ID)},
		By:   telegram.Person(from, behind, r.self), At: unix(m.Date),
		Body: core.Wrote{Content: core.Content{Attachments: []core.Attachment{{Kind: core.Unsupported, Name: "message"}}}},
	}}
}

// frame is what is needed of a message that cannot be decoded as a whole.
type frame struct {
	ID             int             `json:"message_id"`
	Date           int             `json:"date"`
	ThreadID       int             `json:"message_thread_id"`
	IsTopicMessage bool            `json:"is_topic_message"`
	From           json.RawMessage `json:"from"`
	Chat           struct {
		ID int64 `json:"id"`
	} `json:"chat"`
	SenderChat *struct {
		ID   int64  `json:"id"`
		Type string `json:"type"`
	} `json:"sender_chat"`
}

// salvage is nil when there is no new message to be told of.
func salvage(raw json.RawMessage) *frame {
	var u struct {
		Message *frame `json:"message"`
	}
	if json.Unmarshal(raw, &u) != nil || u.Message == nil || u.Message.ID == 0 || u.Message.Chat.ID == 0 {
		return nil
	}
	return u.Message
}

// cameOrLeft tells of members by the service message. Our own coming and going
// comes by my_chat_member, with our rights.
func (r reader) cameOrLeft(m *botapi.Message, a core.Act) []core.Act {
	people, present := slices.Clone(m.NewChatMembers), true
	if m.LeftChatMember != nil {
		people, present = []botapi.User{*m.LeftChatMember}, false
	}
	var out []core.Act
	for i := range people {
		if people[i].ID == r.self {
			continue
		}
		b := a
		b.Key += ":member:" + strconv.FormatInt(people[i].ID, 10)
		b.By, b.Body = telegram.Person(&people[i], nil, r.self), core.Membership{Present: present}
		out = append(out, b)
	}
	if len(out) == 0 {
		a.Body = core.ServiceLine{}
		out = append(out, a)
	}
	return out
}

// standing is a change of somebody's membership, ours with what we lack.
func (r reader) standing(u *botapi.ChatMemberUpdated) []core.Act {
	who := u.NewChatMember
	body := core.Membership{Present: who.Present(), Admin: who.Admin()}
	if who.User.ID == r.self {
		body.Missing = missing(who)
	}
	return []core.Act{{
		Key: r.key(u.Chat.ID, "member", strconv.FormatInt(who.User.ID, 10), strconv.Itoa(u.Date),
			digest([]botapi.ChatMember{u.OldChatMember, who})),
		Topic: core.TopicRef{Room: roomOf(u.Chat.ID)}, By: telegram.Person(&who.User, nil, r.self),
		At: unix(u.Date), Body: body,
	}}
}

// missing are the rights the gateway lives on and does not have.
func missing(m botapi.ChatMember) []string {
	if m.Status == botapi.StatusCreator {
		return nil
	}
	var out []string
	for _, need := range []struct {
		right string
		has   bool
	}{
		{rightAdmin, m.Admin()},
		{rightTopics, m.Admin() && m.CanManageTopics},
		{rightDelete, m.Admin() && m.CanDeleteMessages},
		{rightPin, m.Admin() && m.CanPinMessages},
	} {
		if !need.has {
			out = append(out, need.right)
		}
	}
	return out
}
