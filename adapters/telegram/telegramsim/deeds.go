package telegramsim

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// visible finds a message a person can see.
func (s *Server) visible(user int64, at Place, id int64) (*chat, *message, error) {
	k := s.st.Chats[at]
	if k == nil || at.Bot != 0 && user != at.Chat || at.Bot == 0 && !k.Members[user].present() {
		return nil, nil, errNotThere
	}
	m := k.find(id)
	if m == nil {
		return nil, nil, fmt.Errorf("telegramsim: no message %d there", id)
	}
	return k, m, nil
}

// Start presses Start, with a deep link's parameter or without.
func (s *Server) Start(user, bot int64, parameter string) (int64, error) {
	s.mu.Lock()
	if k := s.st.Chats[Private(bot, user)]; k != nil && k.Blocked {
		s.setBlocked(k, false)
	}
	s.mu.Unlock()
	return s.Send(Post{From: user, In: Private(bot, user), Text: strings.TrimSpace("/start " + parameter)})
}

// Block has a person stop a bot; Unblock lets it go on.
func (s *Server) Block(user, bot int64) error   { return s.block(user, bot, true) }
func (s *Server) Unblock(user, bot int64) error { return s.block(user, bot, false) }

func (s *Server) block(user, bot int64, on bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.st.Bots[bot] == nil || s.st.Users[user] == nil {
		return errors.New("telegramsim: no such bot or person")
	}
	s.setBlocked(s.privateFor(bot, user), on)
	return nil
}

func (s *Server) setBlocked(k *chat, on bool) {
	if k.Blocked == on {
		return
	}
	k.Blocked = on
	word := "unblocked"
	if on {
		word = "blocked"
	}
	s.note(k, Change{Kind: word, By: k.Place.Chat})
	s.membership(k, on)
}

// Edit replaces the text or caption of a person's own message.
func (s *Server) Edit(user int64, at Place, id int64, text string, es ...Entity) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, m, err := s.visible(user, at, id)
	if err != nil {
		return err
	}
	own := m.From == user || m.From == anonymousAdminID && k.Members[user].admin()
	if !own || m.Origin != nil {
		return errors.New("telegramsim: not the person's own message")
	}
	if s.now().Sub(m.At) > 48*time.Hour {
		return errors.New("telegramsim: the message is too old to edit")
	}
	next := m.Content
	if !next.captioned() && next.Kind != kText {
		return errors.New("telegramsim: nothing to edit in it")
	}
	c := &call{Server: s}
	if next.Text, next.Entities, err = c.settle(text, es); err != nil {
		return err
	}
	if next.Kind == kText && next.Text == "" {
		return errors.New("telegramsim: the text is empty")
	}
	if sameContent(next, m.Content) {
		return nil
	}
	s.amend(k, m, next, m.Keyboard, user)
	s.deliver(k, m, true)
	return nil
}

// Delete deletes for everybody, as a person or an admin may. No bot is told.
func (s *Server) Delete(user int64, at Place, ids ...int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		k, m, err := s.visible(user, at, id)
		if err != nil {
			return err
		}
		if !k.private() && m.From != user && !k.Members[user].may("can_delete_messages") {
			return errors.New("telegramsim: not the person's to delete")
		}
		s.drop(k, m, user)
	}
	return nil
}

// React puts emoji on a message in place of what the person had there; none
// takes them away.
func (s *Server) React(user int64, at Place, id int64, emoji ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, m, err := s.visible(user, at, id)
	if err != nil {
		return err
	}
	var rs []Reaction
	for _, e := range emoji {
		e = strings.TrimSuffix(e, "\ufe0f")
		if !k.reactable(e) {
			return errors.New("telegramsim: that reaction is not allowed there")
		}
		rs = append(rs, Reaction{Type: "emoji", Emoji: e})
	}
	s.react(k, m, user, rs)
	return nil
}

// Pin and Unpin are a person's; the person needs the right.
func (s *Server) Pin(user int64, at Place, id int64) error {
	return s.withRight(user, at, id, "can_pin_messages", func(k *chat, m *message) { s.pin(k, m, user) })
}

// Unpin takes a pinned message down.
func (s *Server) Unpin(user int64, at Place, id int64) error {
	return s.withRight(user, at, id, "can_pin_messages", func(k *chat, m *message) { s.unpin(k, m.ID, user) })
}

func (s *Server) withRight(user int64, at Place, id int64, right string, do func(*chat, *message)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, m, err := s.visible(user, at, id)
	if err != nil {
		return err
	}
	if !k.private() && !k.Members[user].may(right) {
		return fmt.Errorf("telegramsim: the person lacks %s", right)
	}
	do(k, m)
	return nil
}

// Vote chooses options of a poll by index; none retracts nothing here, the app
// shows results only.
func (s *Server) Vote(user int64, at Place, id int64, options ...int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, m, err := s.visible(user, at, id)
	if err != nil {
		return err
	}
	if m.Content.Kind != kPoll || m.Content.Poll.Closed {
		return errors.New("telegramsim: no open poll there")
	}
	p := *m.Content.Poll
	p.Options = append([]PollOption(nil), p.Options...)
	ids := []string{}
	for _, o := range options {
		if o < 0 || o >= len(p.Options) {
			return errors.New("telegramsim: no such option")
		}
		p.Options[o].Voters++
		ids = append(ids, p.Options[o].ID)
	}
	p.Total++
	m.Content.Poll = &p
	s.note(k, Change{Kind: "edited", Thread: topicOf(m), Message: m.ID, By: user})
	b := s.st.Bots[m.From]
	if b == nil {
		return nil
	}
	s.push(b, "poll", &p, 0)
	if !p.Anonymous {
		u := s.user(user)
		s.push(b, "poll_answer", struct {
			Poll       string   `json:"poll_id"`
			User       *User    `json:"user"`
			Options    []int    `json:"option_ids"`
			Persistent []string `json:"option_persistent_ids"`
		}{p.ID, &u, options, ids}, 0)
	}
	return nil
}
