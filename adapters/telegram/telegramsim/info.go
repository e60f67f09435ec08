package telegramsim

import (
	"encoding/json"
	"strconv"
	"strings"
)

func (c *call) getMe() (any, error) {
	return wireMe{User: c.user(c.bot.ID), CanJoinGroups: !c.bot.NoJoin, CanReadAll: !c.bot.Privacy}, nil
}

func (c *call) logOut() (any, error) {
	if c.limits.Local {
		return nil, bad("method is not available on a local server") // guess
	}
	c.bot.LoggedOut = true
	return true, nil
}

func (c *call) closeBot() (any, error) { return true, nil }

type wireFullChat struct {
	wireChat
	Accent      int             `json:"accent_color_id"`
	MaxReact    int             `json:"max_reaction_count"`
	Usernames   []string        `json:"active_usernames,omitempty"`
	Reactions   *[]Reaction     `json:"available_reactions,omitempty"`
	Bio         string          `json:"bio,omitempty"`
	NoVoice     bool            `json:"has_restricted_voice_and_video_messages,omitempty"`
	Description string          `json:"description,omitempty"`
	Invite      string          `json:"invite_link,omitempty"`
	Pinned      *wireMessage    `json:"pinned_message,omitempty"`
	Permissions map[string]bool `json:"permissions,omitempty"`
	Gifts       map[string]bool `json:"accepted_gift_types"`
	SlowMode    int             `json:"slow_mode_delay,omitempty"`
	History     bool            `json:"has_visible_history,omitempty"`
	Linked      int64           `json:"linked_chat_id,omitempty"`
}

func (c *call) getChat() (any, error) {
	k, err := c.chat("chat_id", false)
	if err != nil {
		return nil, err
	}
	w := wireFullChat{
		wireChat: c.wireChatOf(k), MaxReact: 11, Linked: k.Linked, SlowMode: k.SlowMode,
		Gifts: map[string]bool{"unlimited_gifts": false, "limited_gifts": false, "unique_gifts": false, "premium_subscription": false, "gifts_from_channels": false},
	}
	if n := len(k.Pinned); n > 0 {
		w.Pinned = c.render(k.Messages[k.Pinned[n-1]], c.bot.ID, false)
	}
	if k.private() {
		a := c.st.Users[k.Place.Chat]
		w.Bio, w.NoVoice = a.About, a.NoVoice
		if a.Username != "" {
			w.Usernames = []string{a.Username}
		}
		return w, nil
	}
	w.Description, w.History = k.About, k.Kind == kindSupergroup
	if k.Username != "" {
		w.Usernames = []string{k.Username}
	}
	if k.Members[c.bot.ID].may("can_invite_users") {
		w.Invite = "https://t.me/+sim" + strconv.FormatInt(-k.Place.Chat, 36)
	}
	if k.Reactions != nil || k.NoReact {
		list := []Reaction{}
		for _, e := range k.Reactions {
			list = append(list, Reaction{Type: "emoji", Emoji: e})
		}
		w.Reactions = &list
	}
	if k.Kind != kindChannel {
		w.Permissions = map[string]bool{}
		for _, p := range sendPermissions {
			w.Permissions[p] = !k.Denied[p]
		}
	}
	return w, nil
}

func (c *call) setChatTitle() (any, error) {
	k, err := c.changeInfo()
	if err != nil {
		return nil, err
	}
	title := strings.TrimSpace(c.p.str("title"))
	if title == "" {
		return nil, bad("title must be non-empty")
	}
	if title == k.Title {
		return nil, bad("chat title is not modified")
	}
	k.Title = title
	c.service(k, c.bot.ID, 0, content{Kind: kTitle, Name: title})
	return true, nil
}

func (c *call) setChatDescription() (any, error) {
	k, err := c.changeInfo()
	if err != nil {
		return nil, err
	}
	if k.About == c.p.str("description") {
		return nil, bad("chat description is not modified")
	}
	k.About = c.p.str("description")
	return true, nil
}

func (c *call) changeInfo() (*chat, error) {
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, err
	}
	if k.private() {
		return nil, bad("can't change private chat title") // of titles; others vary: guess
	}
	if !k.Members[c.bot.ID].may("can_change_info") {
		return nil, bad("not enough rights to change chat title")
	}
	return k, nil
}

func (c *call) getUserProfilePhotos() (any, error) {
	if c.st.Users[c.p.int("user_id")] == nil {
		return nil, bad("user not found")
	}
	return map[string]any{"total_count": 0, "photos": [][]wirePhotoSize{}}, nil
}

// scope is a key of the commands a bot set: type, chat, user and language.
func (c *call) scope() (string, error) {
	var s struct {
		Type string          `json:"type"`
		Chat json.RawMessage `json:"chat_id"`
		User int64           `json:"user_id"`
	}
	if err := c.p.object("scope", &s); err != nil {
		return "", bad("can't parse BotCommandScope JSON object")
	}
	chatID := strings.Trim(string(s.Chat), `"`)
	switch s.Type {
	case "":
		s.Type = "default"
	case "default", "all_private_chats", "all_group_chats", "all_chat_administrators":
	case "chat", "chat_administrators", "chat_member":
		if chatID == "" {
			return "", bad("can't parse BotCommandScope: Empty chat_id specified")
		}
		at := call{Server: c.Server, bot: c.bot, p: params{values: map[string]string{"chat_id": chatID}}}
		if _, err := at.chat("chat_id", false); err != nil {
			return "", err
		}
		if s.Type == "chat_member" && s.User <= 0 {
			return "", bad("can't parse BotCommandScope: Invalid user_id specified")
		}
	default:
		return "", bad("can't parse BotCommandScope: Unsupported type specified")
	}
	language := c.p.str("language_code")
	if language != "" && (len(language) != 2 || strings.ToLower(language) != language) {
		return "", bad("LANG_CODE_INVALID") // guess
	}
	return strings.Join([]string{s.Type, chatID, strconv.FormatInt(s.User, 10), language}, "/"), nil
}

func (c *call) setMyCommands() (any, error) {
	key, err := c.scope()
	if err != nil {
		return nil, err
	}
	var list []botCommand
	if err := c.p.object("commands", &list); err != nil {
		return nil, err
	}
	if len(list) > 100 {
		return nil, bad("BOT_COMMANDS_TOO_MUCH")
	}
	for i := range list {
		name := strings.TrimPrefix(list[i].Command, "/")
		if name == "" || len(name) > 32 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if d := units(list[i].Description); d < 1 || d > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
		list[i].Command = name
	}
	if c.bot.Commands == nil {
		c.bot.Commands = map[string][]botCommand{}
	}
	c.bot.Commands[key] = list
	return true, nil
}

func (c *call) getMyCommands() (any, error) {
	key, err := c.scope()
	if err != nil {
		return nil, err
	}
	if list := c.bot.Commands[key]; list != nil {
		return list, nil
	}
	return []botCommand{}, nil
}

func (c *call) deleteMyCommands() (any, error) {
	key, err := c.scope()
	if err != nil {
		return nil, err
	}
	delete(c.bot.Commands, key)
	return true, nil
}

// setMy and getMy are the texts on a bot's own page, by language.
func setMy(what string, limit int) handler {
	return func(c *call) (any, error) {
		text := c.p.str(what)
		if units(text) > limit {
			return nil, badf("%s is too long", strings.ReplaceAll(what, "_", " ")) // wording: guess
		}
		if c.bot.Names == nil {
			c.bot.Names = map[string]string{}
		}
		c.bot.Names[what+":"+c.p.str("language_code")] = text
		return true, nil
	}
}

func getMy(what string) handler {
	return func(c *call) (any, error) {
		text, ok := c.bot.Names[what+":"+c.p.str("language_code")]
		if !ok {
			text = c.bot.Names[what+":"]
		}
		if text == "" && what == "name" {
			text = c.user(c.bot.ID).FirstName
		}
		return map[string]string{what: text}, nil
	}
}

func (c *call) setChatMenuButton() (any, error) {
	if c.bot.Menus == nil {
		c.bot.Menus = map[int64]json.RawMessage{}
	}
	var b map[string]json.RawMessage
	if err := c.p.object("menu_button", &b); err != nil {
		return nil, err
	}
	if b == nil {
		delete(c.bot.Menus, c.p.int("chat_id"))
		return true, nil
	}
	c.bot.Menus[c.p.int("chat_id")] = json.RawMessage(c.p.str("menu_button"))
	return true, nil
}

func (c *call) getChatMenuButton() (any, error) {
	if b := c.bot.Menus[c.p.int("chat_id")]; b != nil {
		return b, nil
	}
	if b := c.bot.Menus[0]; b != nil {
		return b, nil
	}
	return map[string]string{"type": "default"}, nil
}

func (c *call) rightsKey() string {
	if c.p.flag("for_channels") {
		return "channels"
	}
	return "groups"
}

func (c *call) setDefaultRights() (any, error) {
	if c.bot.Rights == nil {
		c.bot.Rights = map[string]json.RawMessage{}
	}
	var r map[string]bool
	if err := c.p.object("rights", &r); err != nil {
		return nil, err
	}
	full := map[string]bool{"is_anonymous": r["is_anonymous"]}
	for _, name := range adminRights {
		full[name] = r[name]
	}
	raw, _ := json.Marshal(full)
	c.bot.Rights[c.rightsKey()] = raw
	return true, nil
}

func (c *call) getDefaultRights() (any, error) {
	if r := c.bot.Rights[c.rightsKey()]; r != nil {
		return r, nil
	}
	none := map[string]bool{"is_anonymous": false}
	for _, name := range adminRights {
		none[name] = false
	}
	return none, nil
}
