package telegramsim

import (
	"encoding/json"
	"strings"
	"time"
)

// own finds the message an edit names, with its chat.
func (c *call) own() (*chat, *message, error) {
	if c.p.str("inline_message_id") != "" {
		return nil, nil, bad("MESSAGE_ID_INVALID")
	}
	k, err := c.chat("chat_id", false)
	if err != nil {
		return nil, nil, err
	}
	if err := c.access(k, !k.private()); err != nil {
		return nil, nil, err
	}
	m := k.find(c.p.int("message_id"))
	if m == nil {
		return nil, nil, bad("message to edit not found")
	}
	own := m.From == c.bot.ID || k.Kind == kindChannel && k.Members[c.bot.ID].may("can_edit_messages")
	if !own || m.Content.service() || m.Origin != nil {
		return nil, nil, bad("message can't be edited")
	}
	return k, m, nil
}

// change applies an edit: nothing changed is an error, the budget comes last.
func (c *call) change(k *chat, m *message, next content) (any, error) {
	keyboard, err := c.keyboard()
	if err != nil {
		return nil, err
	}
	if sameContent(m.Content, next) && sameKeyboard(m.Keyboard, keyboard) {
		return nil, bad("message is not modified: specified new message content and reply markup are exactly the same " +
			"as a current content and reply markup of the message")
	}
	if err := c.spend(k, 1); err != nil {
		return nil, err
	}
	c.keepFiles(next)
	c.amend(k, m, next, keyboard, c.bot.ID)
	return c.render(m, c.bot.ID, true), nil
}

func sameContent(a, b content) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

func (c *call) editMessageText() (any, error) {
	next, err := c.textContent("text")
	if err != nil {
		return nil, err
	}
	k, m, err := c.own()
	if err != nil {
		return nil, err
	}
	if m.Content.Kind != kText {
		return nil, bad("there is no text in the message to edit")
	}
	return c.change(k, m, next)
}

func (c *call) editMessageCaption() (any, error) {
	k, m, err := c.own()
	if err != nil {
		return nil, err
	}
	if !m.Content.captioned() {
		return nil, bad("there is no caption in the message to edit")
	}
	next := m.Content
	spoiler := next.Spoiler
	if err := c.caption(&next); err != nil {
		return nil, err
	}
	next.Spoiler = spoiler
	return c.change(k, m, next)
}

func (c *call) editMessageReplyMarkup() (any, error) {
	k, m, err := c.own()
	if err != nil {
		return nil, err
	}
	return c.change(k, m, m.Content)
}

func (c *call) editMessageMedia() (any, error) {
	var in inputMedia
	if c.p.str("media") == "" {
		return nil, bad("media is empty") // wording: guess
	}
	if err := c.p.object("media", &in); err != nil {
		return nil, err
	}
	k, m, err := c.own()
	if err != nil {
		return nil, err
	}
	next, err := c.mediaContent(in)
	if err != nil {
		return nil, err
	}
	if m.Content.File == "" && m.Content.Kind != kText {
		return nil, bad("message can't be edited")
	}
	if m.Album != "" && !albumMix(m.Content.Kind, next.Kind) {
		return nil, bad("Can't use the media of the specified type in the album")
	}
	return c.change(k, m, next)
}

func (c *call) editLiveLocation() (any, error) {
	k, m, err := c.own()
	if err != nil {
		return nil, err
	}
	if m.Content.Kind != kLocation || m.Content.Location.LivePeriod == 0 {
		return nil, bad("message can't be edited")
	}
	next := m.Content
	l := *next.Location
	if c.method == "stopmessagelivelocation" {
		l.LivePeriod = 0
	} else {
		p, err := c.location()
		if err != nil {
			return nil, err
		}
		p.LivePeriod = l.LivePeriod
		l = *p
	}
	next.Location = &l
	return c.change(k, m, next)
}

func (c *call) stopPoll() (any, error) {
	k, m, err := c.own()
	if err != nil {
		return nil, err
	}
	if m.Content.Kind != kPoll {
		return nil, bad("message with poll to stop not found")
	}
	if m.Content.Poll.Closed {
		return nil, bad("poll has already been closed")
	}
	next, poll := m.Content, *m.Content.Poll
	poll.Closed = true
	next.Poll = &poll
	if _, err := c.change(k, m, next); err != nil {
		return nil, err
	}
	return &poll, nil
}

func (c *call) deleteMessage() (any, error) {
	k, err := c.chat("chat_id", false)
	if err != nil {
		return nil, err
	}
	if err := c.access(k, !k.private()); err != nil {
		return nil, err
	}
	m := k.find(c.p.int("message_id"))
	if m == nil {
		return nil, bad("message to delete not found")
	}
	if err := c.mayDelete(k, m); err != nil {
		return nil, err
	}
	c.drop(k, m, c.bot.ID)
	return true, nil
}

// mayDelete follows bots/api#deletemessage.
func (c *call) mayDelete(k *chat, m *message) error {
	old := c.knobs.DeleteWindow > 0 && c.now().Sub(m.At) >= c.knobs.DeleteWindow
	admin := k.Members[c.bot.ID].may("can_delete_messages")
	switch {
	case m.Content.Kind == kTopicCreated || m.Content.Kind == kSuperMade || m.Content.Kind == kGroupMade:
		return bad("message can't be deleted")
	case m.Content.Kind == kDice && k.private() && c.now().Sub(m.At) < 24*time.Hour:
		return bad("message can't be deleted for everyone")
	case old && (!admin || !c.knobs.AdminDeletesOld):
		return bad("message can't be deleted for everyone")
	case k.private(), m.From == c.bot.ID, admin:
		return nil
	}
	return bad("message can't be deleted")
}

// deleteMessages skips what is not there or may not be deleted.
func (c *call) deleteMessages() (any, error) {
	k, ids, err := c.several()
	if err != nil {
		return nil, err
	}
	if err := c.access(k, !k.private()); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if m := k.find(id); m != nil && c.mayDelete(k, m) == nil {
			c.drop(k, m, c.bot.ID)
		}
	}
	return true, nil
}

// several reads chat_id and message_ids, 1 to 100.
func (c *call) several() (*chat, []int64, error) {
	var ids []int64
	if err := c.p.object("message_ids", &ids); err != nil {
		return nil, nil, err
	}
	if len(ids) == 0 {
		return nil, nil, bad("message identifiers are not specified")
	}
	if len(ids) > 100 {
		return nil, nil, bad("too many message identifiers specified")
	}
	param := "chat_id"
	if c.p.has("from_chat_id") {
		param = "from_chat_id"
	}
	k, err := c.chat(param, false)
	return k, ids, err
}

// reactionEmoji are those a bot may set: bots/api#reactiontypeemoji.
const reactionEmoji = "❤ 👍 👎 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ 💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡"

var allowedReaction = func() map[string]bool {
	out := map[string]bool{}
	for _, e := range strings.Fields(reactionEmoji) {
		out[e] = true
	}
	return out
}()

func (c *call) setMessageReaction() (any, error) {
	var want []Reaction
	if err := c.p.object("reaction", &want); err != nil {
		return nil, err
	}
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, err
	}
	m := k.find(c.p.int("message_id"))
	if m == nil {
		return nil, bad("message to react not found")
	}
	if len(want) > 1 {
		return nil, bad("REACTIONS_TOO_MANY")
	}
	for i := range want {
		want[i].Emoji = strings.TrimSuffix(want[i].Emoji, "\ufe0f")
		if want[i].Type == "paid" || want[i].Type == "emoji" && !k.reactable(want[i].Emoji) {
			return nil, bad("REACTION_INVALID")
		}
		if want[i].Type == "custom_emoji" {
			return nil, bad("REACTION_INVALID")
		}
	}
	if m.Content.service() {
		return nil, bad("REACTION_INVALID") // reacting to service messages: guess
	}
	if err := c.spend(k, 0); err != nil {
		return nil, err
	}
	c.react(k, m, c.bot.ID, want)
	return true, nil
}

func (k *chat) reactable(emoji string) bool {
	if k.NoReact || !allowedReaction[emoji] {
		return false
	}
	if k.Reactions == nil {
		return true
	}
	for _, e := range k.Reactions {
		if e == emoji {
			return true
		}
	}
	return false
}
