package telegramsim

import (
	"errors"
	"fmt"
)

// group finds a group for an act of a person who needs a right there; right ""
// asks for membership alone, by 0 is the network itself.
func (s *Server) groupOf(id, by int64, right string) (*chat, error) {
	k := s.st.Chats[Group(id)]
	if k == nil || k.Deleted {
		return nil, fmt.Errorf("telegramsim: no group %d", id)
	}
	if by == 0 {
		return k, nil
	}
	if !k.Members[by].present() {
		return nil, errNotThere
	}
	if right != "" && !k.Members[by].may(right) {
		return nil, fmt.Errorf("telegramsim: the person lacks %s", right)
	}
	return k, nil
}

func (s *Server) inGroup(id, by int64, right string, do func(k *chat) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.groupOf(id, by, right)
	if err != nil {
		return err
	}
	return do(k)
}

func (s *Server) inTopic(id, thread, by int64, right string, do func(k *chat, t *topic) error) error {
	return s.inGroup(id, by, right, func(k *chat) error {
		t := k.Topics[thread]
		if t == nil || t.Deleted {
			return fmt.Errorf("telegramsim: no topic %d", thread)
		}
		return do(k, t)
	})
}

// CreateTopic opens a topic by hand and returns its id.
func (s *Server) CreateTopic(by, group int64, name, icon string) (id int64, err error) {
	err = s.inGroup(group, by, "", func(k *chat) error {
		if !k.Forum {
			return errors.New("telegramsim: not a forum")
		}
		id = s.openTopic(k, by, topicName(name), icon, 0).ID
		return nil
	})
	return id, err
}

// RenameTopic changes a topic's name and icon by hand; "" keeps the name.
func (s *Server) RenameTopic(by, group, thread int64, name, icon string) error {
	return s.inTopic(group, thread, by, "can_manage_topics", func(k *chat, t *topic) error {
		s.renameTopic(k, t, by, topicName(name), icon, icon != t.Icon)
		return nil
	})
}

// CloseTopic closes a topic by hand.
func (s *Server) CloseTopic(by, group, thread int64) error {
	return s.inTopic(group, thread, by, "can_manage_topics", func(k *chat, t *topic) error {
		if !t.Closed {
			s.closeTopic(k, t, by, true)
		}
		return nil
	})
}

// ReopenTopic opens a closed topic by hand.
func (s *Server) ReopenTopic(by, group, thread int64) error {
	return s.inTopic(group, thread, by, "can_manage_topics", func(k *chat, t *topic) error {
		if t.Closed {
			s.closeTopic(k, t, by, false)
		}
		return nil
	})
}

// SetGeneralClosed closes or reopens General by hand.
func (s *Server) SetGeneralClosed(by, group int64, closed bool) error {
	return s.inGroup(group, by, "can_manage_topics", func(k *chat) error {
		if k.GeneralClosed == closed {
			return nil
		}
		k.GeneralClosed = closed
		kind, word := kTopicReopened, "reopened"
		if closed {
			kind, word = kTopicClosed, "closed"
		}
		s.service(k, by, 0, content{Kind: kind})
		s.note(k, Change{Kind: "topic", By: by, Text: word})
		return nil
	})
}

// DeleteTopic deletes a topic with all in it. Bots are not told.
func (s *Server) DeleteTopic(by, group, thread int64) error {
	return s.inTopic(group, thread, by, "can_delete_messages", func(k *chat, t *topic) error {
		s.dropTopic(k, t, by)
		return nil
	})
}

// Join lets people in: by themselves when by is one of them, else added by by.
func (s *Server) Join(by, group int64, users ...int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.st.Chats[Group(group)]
	if k == nil || k.Deleted {
		return fmt.Errorf("telegramsim: no group %d", group)
	}
	for _, u := range users {
		if b := s.st.Bots[u]; b != nil && b.NoJoin {
			return errors.New("telegramsim: the bot may not be added to groups")
		}
		s.setMember(k, by, &member{User: u, Status: statusMember})
	}
	if k.Kind != kindChannel {
		s.service(k, by, 0, content{Kind: kJoined, Users: users})
	}
	return nil
}

// Leave is a person going away.
func (s *Server) Leave(user, group int64) error {
	return s.inGroup(group, user, "", func(k *chat) error {
		s.setMember(k, user, &member{User: user, Status: statusLeft})
		if k.Kind != kindChannel {
			s.service(k, user, 0, content{Kind: kLeft, Users: []int64{user}})
		}
		return nil
	})
}

// Remove bans somebody, a bot too; Unban lets them be added again.
func (s *Server) Remove(by, group, user int64) error {
	return s.inGroup(group, by, "can_restrict_members", func(k *chat) error {
		s.ban(k, by, user, 0)
		return nil
	})
}

// Unban takes somebody off the banned list.
func (s *Server) Unban(by, group, user int64) error {
	return s.inGroup(group, by, "can_restrict_members", func(k *chat) error {
		s.setMember(k, by, &member{User: user, Status: statusLeft})
		return nil
	})
}

// Promote makes somebody an admin with these rights (all when none are named).
func (s *Server) Promote(by, group, user int64, rights ...string) error {
	return s.inGroup(group, by, "can_promote_members", func(k *chat) error {
		m := &member{User: user, Status: statusAdmin, Rights: map[string]bool{"can_manage_chat": true}}
		for _, r := range rights {
			m.Rights[r] = true
		}
		if len(rights) == 0 {
			m.Rights = allRights()
		}
		s.setMember(k, by, m)
		return nil
	})
}

// Demote makes an admin, a bot too, a plain member.
func (s *Server) Demote(by, group, user int64) error {
	return s.inGroup(group, by, "can_promote_members", func(k *chat) error {
		s.setMember(k, by, &member{User: user, Status: statusMember})
		return nil
	})
}

// Restrict takes permissions from a member by wire name; none gives all back.
func (s *Server) Restrict(by, group, user int64, denied ...string) error {
	return s.inGroup(group, by, "can_restrict_members", func(k *chat) error {
		m := &member{User: user, Status: statusRestricted, InChat: true, Denied: map[string]bool{}}
		for _, d := range denied {
			m.Denied[d] = true
		}
		if len(denied) == 0 {
			m.Status = statusMember
		}
		s.setMember(k, by, m)
		return nil
	})
}

// SetAnonymous has an admin's messages come from GroupAnonymousBot.
func (s *Server) SetAnonymous(group, user int64, on bool) error {
	return s.inGroup(group, user, "", func(k *chat) error {
		m := k.Members[user]
		if !m.admin() {
			return errors.New("telegramsim: not an admin")
		}
		m.Anonymous = on
		return nil
	})
}

// SetForum switches topics on or off.
func (s *Server) SetForum(group int64, on bool) error {
	return s.inGroup(group, 0, "", func(k *chat) error {
		if k.Kind != kindSupergroup {
			return errors.New("telegramsim: only supergroups have topics")
		}
		k.Forum = on
		s.note(k, Change{Kind: "chat"})
		return nil
	})
}

// SetReactions limits what may be put on messages: nil is everything, empty
// nothing.
func (s *Server) SetReactions(group int64, emoji []string) error {
	return s.inGroup(group, 0, "", func(k *chat) error {
		k.Reactions, k.NoReact = emoji, emoji != nil && len(emoji) == 0
		return nil
	})
}

// SetDenied takes permissions from all plain members, by wire name.
func (s *Server) SetDenied(group int64, denied ...string) error {
	return s.inGroup(group, 0, "", func(k *chat) error {
		k.Denied = map[string]bool{}
		for _, d := range denied {
			k.Denied[d] = true
		}
		return nil
	})
}

// SetTitle renames a group by hand.
func (s *Server) SetTitle(by, group int64, title string) error {
	return s.inGroup(group, by, "can_change_info", func(k *chat) error {
		k.Title = title
		s.service(k, by, 0, content{Kind: kTitle, Name: title})
		return nil
	})
}

// Link makes a channel's posts appear in a group.
func (s *Server) Link(channel, group int64) error {
	return s.inGroup(channel, 0, "", func(k *chat) error {
		g := s.st.Chats[Group(group)]
		if g == nil || k.Kind != kindChannel {
			return errors.New("telegramsim: link a channel to a group")
		}
		k.Linked, g.Linked = group, channel
		return nil
	})
}

// DeleteGroup has the owner delete a group.
func (s *Server) DeleteGroup(group int64) error {
	return s.inGroup(group, 0, "", func(k *chat) error {
		k.Deleted = true
		for id, m := range k.Members {
			if s.st.Bots[id] != nil && k.Kind != kindGroup {
				m.Status = statusLeft
			}
		}
		s.note(k, Change{Kind: "chat", Text: "deleted"})
		return nil
	})
}

// Migrate turns a basic group into a supergroup and returns its id. Bots get
// both service messages; the old id refuses with migrate_to_chat_id.
func (s *Server) Migrate(by, group int64) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, err := s.groupOf(group, by, "")
	if err != nil {
		return 0, err
	}
	if k.Kind != kindGroup || k.MovedTo != 0 {
		return 0, errors.New("telegramsim: only a basic group becomes a supergroup")
	}
	id := -1_000_000_000_000 - (2_500_000_000 + s.seq()*13)
	n := &chat{
		Place: Group(id), Kind: kindSupergroup, Title: k.Title, Messages: map[int64]*message{}, Topics: map[int64]*topic{},
		Members: map[int64]*member{}, GeneralName: "General", MovedFrom: group, Denied: k.Denied,
	}
	for u, m := range k.Members {
		copied := *m
		n.Members[u] = &copied
	}
	s.st.Chats[n.Place] = n
	s.service(k, by, 0, content{Kind: kMovedTo, Number: id})
	k.MovedTo = id
	s.service(n, by, 0, content{Kind: kMovedFrom, Number: group})
	s.note(k, Change{Kind: "moved", By: by})
	return id, nil
}
