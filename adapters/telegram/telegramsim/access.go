package telegramsim

import (
	"strconv"
	"strings"
)

// chat finds the chat a parameter names and checks that the bot may read it,
// or with write also write there. The order and words are check_chat_access's
// of the server's source.
func (c *call) chat(param string, write bool) (*chat, error) {
	text := strings.TrimSpace(c.p.str(param))
	if text == "" {
		return nil, badf("%s is empty", param)
	}
	if text[0] == '@' {
		for _, k := range c.st.Chats {
			if k.Username != "" && strings.EqualFold(k.Username, text[1:]) {
				return k, c.access(k, write)
			}
		}
		return nil, bad("chat not found")
	}
	id, _ := strconv.ParseInt(text, 10, 64)
	if id > 0 {
		return c.privateChat(id, write)
	}
	k := c.st.Chats[Group(id)]
	if k == nil || k.Members[c.bot.ID] == nil && k.Username == "" {
		return nil, bad("chat not found")
	}
	return k, c.access(k, write)
}

func (c *call) privateChat(id int64, write bool) (*chat, error) {
	a := c.st.Users[id]
	if a == nil {
		return nil, bad("chat not found")
	}
	k := c.st.Chats[Private(c.bot.ID, id)]
	if k == nil {
		if !c.knobs.StartEntitled && !c.knows(id) {
			return nil, bad("chat not found")
		}
		k = c.privateFor(c.bot.ID, id)
	}
	if write && a.IsBot {
		return nil, forbidden("bot can't send messages to bots")
	}
	return k, c.access(k, write)
}

// knows reports whether the bot has met a person in a group.
func (c *call) knows(user int64) bool {
	for _, k := range c.st.Chats {
		if !k.private() && k.Members[c.bot.ID].present() && k.Members[user] != nil {
			return true
		}
	}
	return false
}

func (c *call) access(k *chat, write bool) error {
	if k.private() {
		if !write {
			return nil
		}
		switch {
		case c.st.Users[k.Place.Chat].Deactivated:
			return forbidden("user is deactivated")
		case k.Blocked:
			return forbidden("bot was blocked by the user")
		case !k.Started && !c.knobs.StartEntitled:
			return forbidden("bot can't initiate conversation with a user")
		}
		return nil
	}
	if k.Kind == kindGroup {
		if k.MovedTo != 0 && write {
			return &Refusal{Code: 400, Description: "Bad Request: group chat was upgraded to a supergroup chat", MigrateTo: k.MovedTo}
		}
		if k.Deleted && write {
			return forbidden("the group chat was deleted")
		}
	}
	m := k.Members[c.bot.ID]
	if m != nil && m.Status == statusBanned {
		return forbidden("bot was kicked from the " + k.Kind + " chat")
	}
	if !m.present() && (write || k.Username == "") {
		return forbidden("bot is not a member of the " + k.Kind + " chat")
	}
	if k.Deleted {
		return bad("chat not found")
	}
	return nil
}

// sendRights are the permission a kind of content needs and how a refusal calls it.
var sendRights = map[string][2]string{
	kText: {"can_send_messages", "text messages"}, kContact: {"can_send_messages", "contacts"},
	kLocation: {"can_send_messages", "locations"}, kVenue: {"can_send_messages", "venues"},
	kPhoto: {"can_send_photos", "photos"}, kVideo: {"can_send_videos", "videos"},
	kAudio: {"can_send_audios", "music"}, kVoice: {"can_send_voice_notes", "voice notes"},
	kNote: {"can_send_video_notes", "video notes"}, kDoc: {"can_send_documents", "documents"},
	kAnimation: {"can_send_other_messages", "animations"}, kSticker: {"can_send_other_messages", "stickers"},
	kDice: {"can_send_other_messages", "dice"}, kPoll: {"can_send_polls", "polls"},
}

// maySend checks a member's permission for a kind of content.
func (k *chat) maySend(user int64, kind string) error {
	right := sendRights[kind]
	m := k.Members[user]
	if k.private() || m.admin() {
		if k.Kind == kindChannel && !m.may("can_post_messages") {
			return bad("need administrator rights in the channel chat")
		}
		return nil
	}
	if k.Kind == kindChannel {
		return bad("need administrator rights in the channel chat")
	}
	if k.Denied[right[0]] || m != nil && m.Status == statusRestricted && m.Denied[right[0]] {
		return badf("not enough rights to send %s to the chat", right[1])
	}
	return nil
}

// thread finds the topic a message goes to, 0 for General or no forum.
func (c *call) thread(k *chat) (int64, error) {
	id := c.p.int("message_thread_id")
	if id == 0 {
		if k.Forum && k.GeneralClosed && !c.writesClosed(k) {
			return 0, bad("TOPIC_CLOSED")
		}
		return 0, nil
	}
	t := k.Topics[id]
	if t == nil || t.Deleted { // 1 is General's own id and is refused as well
		return 0, bad("message thread not found")
	}
	if t.Closed && !c.writesClosed(k) && t.By != c.bot.ID {
		return 0, bad("TOPIC_CLOSED")
	}
	return id, nil
}

func (c *call) writesClosed(k *chat) bool {
	return c.knobs.AdminWritesClosed && k.Members[c.bot.ID].may("can_manage_topics")
}
