package telegramsim

func (c *call) pinChatMessage() (any, error) {
	k, m, err := c.pinnable("pin")
	if err != nil {
		return nil, err
	}
	if m == nil {
		return nil, bad("message to pin not found")
	}
	if m.Content.service() {
		return nil, bad("message can't be pinned")
	}
	c.pin(k, m, c.bot.ID)
	return true, nil
}

// pinnable finds a pin's chat and message; the message may be missing.
func (c *call) pinnable(verb string) (*chat, *message, error) {
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, nil, err
	}
	if !k.private() && !k.Members[c.bot.ID].may("can_pin_messages") {
		return nil, nil, bad("not enough rights to manage pinned messages in the chat")
	}
	id := c.p.int("message_id")
	m := k.find(id)
	if id != 0 && m == nil {
		return nil, nil, bad("message to " + verb + " not found")
	}
	return k, m, nil
}

func (k *chat) pinned(id int64) int {
	for i, p := range k.Pinned {
		if p == id {
			return i
		}
	}
	return -1
}

// pin pins a message and adds the service message; pinning again is silent.
func (s *Server) pin(k *chat, m *message, by int64) {
	if k.pinned(m.ID) >= 0 {
		return
	}
	k.Pinned = append(k.Pinned, m.ID)
	s.note(k, Change{Kind: "pinned", Thread: topicOf(m), Message: m.ID, By: by})
	s.service(k, by, topicOf(m), content{Kind: kPinned, Number: m.ID})
}

func (s *Server) unpin(k *chat, id, by int64) {
	if i := k.pinned(id); i >= 0 {
		k.Pinned = append(k.Pinned[:i:i], k.Pinned[i+1:]...)
		s.note(k, Change{Kind: "unpinned", Thread: topicOf(k.Messages[id]), Message: id, By: by})
	}
}

func (c *call) unpinChatMessage() (any, error) {
	k, m, err := c.pinnable("unpin")
	if err != nil {
		return nil, err
	}
	switch {
	case m != nil:
		c.unpin(k, m.ID, c.bot.ID)
	case len(k.Pinned) > 0:
		c.unpin(k, k.Pinned[len(k.Pinned)-1], c.bot.ID)
	}
	return true, nil
}

func unpinAll(which func(*call, *chat, *message) bool) handler {
	return func(c *call) (any, error) {
		k, _, err := c.pinnable("unpin")
		if err != nil {
			return nil, err
		}
		for _, id := range append([]int64(nil), k.Pinned...) {
			if which(c, k, k.Messages[id]) {
				c.unpin(k, id, c.bot.ID)
			}
		}
		return true, nil
	}
}

// chatActions are sendChatAction's: bots/api#sendchataction.
var chatActions = map[string]bool{
	"typing": true, "upload_photo": true, "record_video": true, "upload_video": true,
	"record_voice": true, "upload_voice": true, "record_audio": true, "upload_audio": true, "upload_document": true,
	"choose_sticker": true, "find_location": true, "record_video_note": true, "upload_video_note": true, "cancel": true,
}

func (c *call) sendChatAction() (any, error) {
	what := c.p.str("action")
	if !chatActions[what] {
		return nil, bad("wrong parameter action in request")
	}
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, err
	}
	id := c.p.int("message_thread_id")
	if t := k.Topics[id]; id != 0 && (t == nil || t.Deleted) {
		return nil, bad("message thread not found")
	}
	if err := c.spend(k, 0); err != nil {
		return nil, err
	}
	if k.ChatActions == nil {
		k.ChatActions = map[int64]action{}
	}
	k.ChatActions[c.bot.ID] = action{what, id, c.now()}
	c.note(k, Change{Kind: "action", Thread: id, By: c.bot.ID, Text: what})
	return true, nil
}
