package telegramsim

import (
	"strings"
)

// privateFor is the chat of a bot and a person, made when missing.
func (s *Server) privateFor(bot, user int64) *chat {
	p := Private(bot, user)
	k := s.st.Chats[p]
	if k == nil {
		k = &chat{Place: p, Kind: kindPrivate, Messages: map[int64]*message{}}
		s.st.Chats[p] = k
	}
	return k
}

// nextID numbers messages: supergroups and channels for themselves; private
// chats together per bot (core.telegram.org/api: ids outside channels belong to
// the account), or per chat as a knob.
func (s *Server) nextID(k *chat) int64 {
	if k.private() && s.knobs.PrivateSequencePerBot {
		b := s.st.Bots[k.Place.Bot]
		b.PrivateID++
		k.NextID = b.PrivateID
		return b.PrivateID
	}
	k.NextID++
	return k.NextID
}

// add puts a message into its chat and hands it to the bots there.
func (s *Server) add(k *chat, m *message) *message {
	m.ID, m.Place = s.nextID(k), k.Place
	m.At = s.now()
	m.Date = m.At.Unix()
	if m.Content.Kind == kTopicCreated {
		m.Thread, m.Topical = m.ID, true
	}
	if m.Thread == 0 && m.ReplyTo != 0 && m.ReplyPlace == nil && k.Kind == kindSupergroup && s.knobs.ReplyThreads {
		if r := k.find(m.ReplyTo); r != nil {
			m.Thread = r.ID
			if r.Thread != 0 {
				m.Thread = r.Thread
			}
		}
	}
	k.Messages[m.ID] = m
	k.Order = append(k.Order, m.ID)
	delete(k.ChatActions, m.From)
	kind := "message"
	if m.Content.service() {
		kind = "service"
	}
	s.note(k, Change{Kind: kind, Thread: topicOf(m), Message: m.ID, By: m.From, Text: m.Content.Kind})
	s.deliver(k, m, false)
	return m
}

// topicOf is the topic a message stands in, 0 for General.
func topicOf(m *message) int64 {
	if m.Topical {
		return m.Thread
	}
	return 0
}

// deliver makes the update of a new or edited message for each bot that gets it.
func (s *Server) deliver(k *chat, m *message, edited bool) {
	kind := "message"
	if k.Kind == kindChannel {
		kind = "channel_post"
	}
	if edited {
		kind = "edited_" + kind
	}
	if k.private() {
		if b := s.st.Bots[k.Place.Bot]; b != nil && s.receives(k, m, b) {
			s.push(b, kind, s.render(m, b.ID, true), 0)
		}
		return
	}
	for id, member := range k.Members {
		b := s.st.Bots[id]
		if b == nil {
			continue
		}
		gone := m.Content.Kind == kLeft && m.Content.Users[0] == id
		if (member.present() || gone) && s.receives(k, m, b) {
			s.push(b, kind, s.render(m, id, true), 0)
		}
	}
}

// ownService are the service messages a bot gets although it caused them:
// need_skip_update_message of the server's source.
var ownService = map[string]bool{
	kTitle: true, kLeft: true, kPinned: true, kTopicCreated: true, kTopicEdited: true,
	kTopicClosed: true, kTopicReopened: true, kGeneralHidden: true, kGeneralShown: true,
}

func (s *Server) receives(k *chat, m *message, b *bot) bool {
	if b.LoggedOut {
		return false
	}
	if m.From == b.ID && m.SenderChat == 0 {
		return s.knobs.OwnServiceMessages && ownService[m.Content.Kind]
	}
	if m.Content.service() {
		return true
	}
	if _, isBot := s.st.Bots[m.From]; isBot && !s.knobs.BotsSeeBots {
		return false
	}
	if k.private() || k.Kind == kindChannel || !b.Privacy || k.Members[b.ID].admin() {
		return true
	}
	return s.meantFor(k, m, b)
}

// meantFor is what a bot with privacy mode sees in a group:
// core.telegram.org/bots/features#privacy-mode.
func (s *Server) meantFor(k *chat, m *message, b *bot) bool {
	if r := k.find(m.ReplyTo); r != nil && m.ReplyPlace == nil && r.From == b.ID {
		return true
	}
	name := s.user(b.ID).Username
	for _, e := range m.Content.Entities {
		text := slice(m.Content.Text, e.Offset, e.Length)
		switch e.Type {
		case "bot_command":
			if _, to, ok := strings.Cut(text, "@"); !ok || strings.EqualFold(to, name) {
				return true
			}
		case "mention":
			if strings.EqualFold(text, "@"+name) {
				return true
			}
		}
	}
	return false
}

// service adds a service message.
func (s *Server) service(k *chat, by, thread int64, what content) *message {
	m := &message{From: by, Content: what}
	if thread != 0 {
		m.Thread, m.Topical = thread, true
	}
	return s.add(k, m)
}

// drop deletes a message; what pointed to it points nowhere.
func (s *Server) drop(k *chat, m *message, by int64) {
	m.Deleted = true
	for i, id := range k.Pinned {
		if id == m.ID {
			k.Pinned = append(k.Pinned[:i:i], k.Pinned[i+1:]...)
			break
		}
	}
	s.note(k, Change{Kind: "deleted", Thread: topicOf(m), Message: m.ID, By: by})
}

// amend replaces content and keyboard, keeping the old text as a version.
func (s *Server) amend(k *chat, m *message, next content, keyboard [][]Button, by int64) {
	if next.Text != m.Content.Text || next.File != m.Content.File {
		m.Versions = append(m.Versions, Version{Text: m.Content.Text, At: s.now()})
		m.EditDate = s.now().Unix()
	}
	m.Content, m.Keyboard = next, keyboard
	s.note(k, Change{Kind: "edited", Thread: topicOf(m), Message: m.ID, By: by})
}
