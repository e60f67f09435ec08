package telegramsim

type reactionUpdate struct {
	Chat  wireChat   `json:"chat"`
	ID    int64      `json:"message_id"`
	User  *User      `json:"user,omitempty"`
	Actor *wireChat  `json:"actor_chat,omitempty"`
	Date  int64      `json:"date"`
	Old   []Reaction `json:"old_reaction"`
	New   []Reaction `json:"new_reaction"`
}

// react sets what one actor has on a message and tells the bots that may know:
// admins that asked for message_reaction, in private chats the bot itself; never
// of a bot's own reactions (bots/api#update).
func (s *Server) react(k *chat, m *message, by int64, next []Reaction) {
	old := m.Reactions[by]
	if m.Reactions == nil {
		m.Reactions = map[int64][]Reaction{}
	}
	if len(next) == 0 {
		delete(m.Reactions, by)
	} else {
		m.Reactions[by] = next
	}
	text := ""
	for _, r := range next {
		text += r.Emoji + r.Custom
	}
	s.note(k, Change{Kind: "reaction", Thread: topicOf(m), Message: m.ID, By: by, Text: text})
	if s.st.Bots[by] != nil || sameReactions(old, next) {
		return
	}
	up := reactionUpdate{Chat: s.wireChatOf(k), ID: m.ID, Date: s.now().Unix(), Old: notNil(old), New: notNil(next)}
	if a := k.Members[by]; a != nil && a.Anonymous && a.admin() {
		up.Actor = &up.Chat
	} else {
		u := s.user(by)
		up.User = &u
	}
	for id, b := range s.st.Bots {
		if k.private() && k.Place.Bot != id || !k.private() && !k.Members[id].admin() {
			continue
		}
		s.push(b, "message_reaction", up, 0)
	}
}

func sameReactions(a, b []Reaction) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func notNil(r []Reaction) []Reaction {
	if r == nil {
		return []Reaction{}
	}
	return r
}
