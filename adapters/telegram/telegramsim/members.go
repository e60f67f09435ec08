package telegramsim

import "sort"

// adminRights are all rights of a group's admin, by wire name.
var adminRights = []string{
	"can_manage_chat", "can_delete_messages", "can_manage_video_chats", "can_restrict_members",
	"can_promote_members", "can_change_info", "can_invite_users", "can_post_stories", "can_edit_stories", "can_delete_stories",
	"can_pin_messages", "can_manage_topics", "can_manage_tags",
}

// sendPermissions are a member's permissions, by wire name.
var sendPermissions = []string{
	"can_send_messages", "can_send_audios", "can_send_documents", "can_send_photos", "can_send_videos",
	"can_send_video_notes", "can_send_voice_notes", "can_send_polls", "can_send_other_messages", "can_add_web_page_previews",
	"can_react_to_messages", "can_edit_tag", "can_change_info", "can_invite_users", "can_pin_messages", "can_manage_topics",
}

// wireMember is a ChatMember: which fields it has depends on the status.
func (s *Server) wireMember(k *chat, user int64) map[string]any {
	m := k.Members[user]
	if m == nil {
		m = &member{User: user, Status: statusLeft}
	}
	out := map[string]any{"status": m.Status, "user": s.user(user)}
	switch m.Status {
	case statusOwner:
		out["is_anonymous"] = m.Anonymous
	case statusAdmin:
		out["is_anonymous"], out["can_be_edited"] = m.Anonymous, false
		for _, r := range adminRights {
			if r == "can_manage_topics" && !k.Forum || r == "can_pin_messages" && k.Kind == kindChannel {
				continue
			}
			out[r] = m.Rights[r]
		}
		if k.Kind == kindChannel {
			out["can_post_messages"], out["can_edit_messages"] = m.Rights["can_post_messages"], m.Rights["can_edit_messages"]
		}
	case statusMember:
		if m.Until > 0 {
			out["until_date"] = m.Until
		}
	case statusRestricted:
		out["is_member"], out["until_date"] = m.InChat, m.Until
		for _, p := range sendPermissions {
			out[p] = !m.Denied[p] && !k.Denied[p]
		}
	case statusBanned:
		out["until_date"] = m.Until
	}
	if m.Title != "" && m.admin() {
		out["custom_title"] = m.Title
	}
	return out
}

type memberUpdate struct {
	Chat wireChat       `json:"chat"`
	From User           `json:"from"`
	Date int64          `json:"date"`
	Old  map[string]any `json:"old_chat_member"`
	New  map[string]any `json:"new_chat_member"`
}

// setMember changes somebody's standing and tells the bots: the one concerned as
// my_chat_member, admins that asked as chat_member.
func (s *Server) setMember(k *chat, by int64, next *member) {
	old := s.wireMember(k, next.User)
	if k.Members == nil {
		k.Members = map[int64]*member{}
	}
	k.Members[next.User] = next
	up := memberUpdate{Chat: s.wireChatOf(k), From: s.user(by), Date: s.now().Unix(), Old: old, New: s.wireMember(k, next.User)}
	s.note(k, Change{Kind: "member", By: by, Text: next.Status})
	if b := s.st.Bots[next.User]; b != nil {
		s.push(b, "my_chat_member", up, 0)
	}
	for id, b := range s.st.Bots {
		if id != next.User && k.Members[id].admin() {
			s.push(b, "chat_member", up, 0)
		}
	}
}

// membership is my_chat_member of a private chat: the person blocks or unblocks.
func (s *Server) membership(k *chat, blocked bool) {
	was, is := statusMember, statusBanned
	if !blocked {
		was, is = is, was
	}
	b := s.st.Bots[k.Place.Bot]
	one := func(status string) map[string]any {
		m := map[string]any{"status": status, "user": s.user(b.ID)}
		if status == statusBanned {
			m["until_date"] = 0
		}
		return m
	}
	s.push(b, "my_chat_member", memberUpdate{
		Chat: s.wireChatOf(k), From: s.user(k.Place.Chat), Date: s.now().Unix(),
		Old: one(was), New: one(is),
	}, 0)
}

func (c *call) memberCall(right string) (*chat, int64, error) {
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, 0, err
	}
	id := c.p.int("user_id")
	if id <= 0 {
		return nil, 0, bad("invalid user_id specified")
	}
	if k.private() {
		return nil, 0, bad("method is available only for supergroups") // several wordings exist: guess
	}
	if !k.Members[c.bot.ID].may(right) {
		return nil, 0, bad("not enough rights to restrict/unrestrict chat member")
	}
	if c.st.Users[id] == nil {
		return nil, 0, bad("user not found")
	}
	return k, id, nil
}

func (c *call) banChatMember() (any, error) {
	k, id, err := c.memberCall("can_restrict_members")
	if err != nil {
		return nil, err
	}
	if k.Members[id].admin() {
		return nil, bad("user is an administrator of the chat")
	}
	c.ban(k, c.bot.ID, id, c.p.int("until_date"))
	return true, nil
}

// ban removes somebody, with the service line when they were there.
func (s *Server) ban(k *chat, by, user, until int64) {
	was := k.Members[user].present()
	s.setMember(k, by, &member{User: user, Status: statusBanned, Until: until})
	if was {
		s.service(k, by, 0, content{Kind: kLeft, Users: []int64{user}})
	}
}

func (c *call) unbanChatMember() (any, error) {
	k, id, err := c.memberCall("can_restrict_members")
	if err != nil {
		return nil, err
	}
	if m := k.Members[id]; m.present() && !c.p.flag("only_if_banned") || m != nil && m.Status == statusBanned {
		c.setMember(k, c.bot.ID, &member{User: id, Status: statusLeft})
	}
	return true, nil
}

func (c *call) restrictChatMember() (any, error) {
	k, id, err := c.memberCall("can_restrict_members")
	if err != nil {
		return nil, err
	}
	if k.Members[id].admin() {
		return nil, bad("user is an administrator of the chat")
	}
	denied, err := c.deniedBy("permissions")
	if err != nil {
		return nil, err
	}
	next := &member{User: id, Status: statusRestricted, InChat: k.Members[id].present(), Denied: denied, Until: c.p.int("until_date")}
	if len(denied) == 0 {
		next.Status = statusMember
	}
	c.setMember(k, c.bot.ID, next)
	return true, nil
}

// deniedBy reads a ChatPermissions: what is absent is denied.
func (c *call) deniedBy(param string) (map[string]bool, error) {
	var p map[string]bool
	if err := c.p.object(param, &p); err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for _, name := range sendPermissions {
		if !p[name] {
			out[name] = true
		}
	}
	return out, nil
}

func (c *call) setChatPermissions() (any, error) {
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, err
	}
	if !k.Members[c.bot.ID].may("can_restrict_members") {
		return nil, bad("not enough rights to change chat permissions")
	}
	denied, err := c.deniedBy("permissions")
	if err != nil {
		return nil, err
	}
	k.Denied = denied
	return true, nil
}

func (c *call) promoteChatMember() (any, error) {
	k, id, err := c.memberCall("can_promote_members")
	if err != nil {
		return nil, err
	}
	if k.Members[id] != nil && k.Members[id].Status == statusOwner {
		return nil, bad("can't remove chat owner")
	}
	next := &member{User: id, Status: statusMember, Rights: map[string]bool{}, Anonymous: c.p.flag("is_anonymous")}
	for _, r := range append([]string{"can_post_messages", "can_edit_messages"}, adminRights...) {
		if c.p.flag(r) {
			next.Status, next.Rights[r] = statusAdmin, true
			next.Rights["can_manage_chat"] = true
		}
	}
	c.setMember(k, c.bot.ID, next)
	return true, nil
}

func (c *call) setCustomTitle() (any, error) {
	k, id, err := c.memberCall("can_promote_members")
	if err != nil {
		return nil, err
	}
	m := k.Members[id]
	if !m.admin() {
		return nil, bad("user is not an administrator")
	}
	m.Title = c.p.str("custom_title")
	return true, nil
}

func (c *call) getChatMember() (any, error) {
	k, err := c.chat("chat_id", false)
	if err != nil {
		return nil, err
	}
	id := c.p.int("user_id")
	if id <= 0 {
		return nil, bad("invalid user_id specified")
	}
	if k.private() {
		if id != k.Place.Chat && id != c.bot.ID {
			return nil, bad("user not found")
		}
		return map[string]any{"status": statusMember, "user": c.user(id)}, nil
	}
	if c.st.Users[id] == nil || k.Members[id] == nil && !c.knows(id) {
		return nil, bad("user not found")
	}
	return c.wireMember(k, id), nil
}

func (c *call) getChatAdministrators() (any, error) {
	k, err := c.chat("chat_id", false)
	if err != nil {
		return nil, err
	}
	if k.private() {
		return nil, bad("there are no administrators in the private chat")
	}
	ids := []int64{}
	for id, m := range k.Members {
		// Other bots are left out: bots/api#getchatadministrators.
		if m.admin() && (c.st.Bots[id] == nil || id == c.bot.ID) {
			ids = append(ids, id)
		}
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i] < ids[j] })
	out := []map[string]any{}
	for _, id := range ids {
		out = append(out, c.wireMember(k, id))
	}
	return out, nil
}

func (c *call) getChatMemberCount() (any, error) {
	k, err := c.chat("chat_id", false)
	if err != nil {
		return nil, err
	}
	if k.private() {
		return 2, nil
	}
	return k.count(), nil
}

func (k *chat) count() int {
	n := 0
	for _, m := range k.Members {
		if m.present() {
			n++
		}
	}
	return n
}

func (c *call) leaveChat() (any, error) {
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, err
	}
	if k.private() {
		return nil, bad("chat member status can't be changed in private chats")
	}
	c.setMember(k, c.bot.ID, &member{User: c.bot.ID, Status: statusLeft})
	c.service(k, c.bot.ID, 0, content{Kind: kLeft, Users: []int64{c.bot.ID}})
	return true, nil
}
