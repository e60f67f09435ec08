package telegramsim

import (
	"strings"
)

const maxTopicName = 128 // characters; longer names are cut without a word: TDLib's clean_name

// topicColors are the colours createForumTopic takes: bots/api#createforumtopic.
var topicColors = []int{7322096, 16766590, 13338331, 9367192, 16749490, 16478047}

// topicIcon is one of the stickers a bot may give to a topic.
type topicIcon struct{ ID, Emoji string }

// topicIcons stand for Telegram's set; emoji and ids are to be read from
// getForumTopicIconStickers, as with the real server, not known beforehand.
var topicIcons = []topicIcon{
	{"5434144690511290129", "📰"},
	{"5312536423851630001", "💡"},
	{"5312016608254762256", "⚡️"},
	{"5377544228505134960", "🎙"},
	{"5418085807791545980", "🔝"},
	{"5370870893004203704", "🗣"},
	{"5420216386448270341", "🆒"},
	{"5379748062124056162", "❗️"},
	{"5373251851074415873", "📝"},
	{"5433614043006903194", "📆"},
	{"5357315181649076022", "📁"},
	{"5309965701241379366", "🔎"},
	{"5309984423003823246", "📣"},
	{"5312241539987020022", "🔥"},
	{"5312138559556164615", "❤️"},
	{"5377316857231450742", "❓"},
	{"5350305691942788490", "📈"},
	{"5350713563512052787", "📉"},
	{"5309958691854754293", "💎"},
	{"5350452584119279096", "💰"},
	{"5309929258443874898", "💸"},
	{"5377690785674175481", "🪙"},
	{"5310107765874632305", "💱"},
	{"5377438129928020693", "⁉️"},
	{"5309950797704865693", "🎮"},
	{"5350554349074391003", "💻"},
	{"5409357944619802453", "📱"},
	{"5312322066328853156", "🚗"},
	{"5312486108309757006", "🏠"},
	{"5310029292527164639", "💘"},
	{"5310228579009699834", "🎉"},
	{"5377498341074542641", "‼️"},
	{"5312315739842026755", "🏆"},
	{"5408906741125490282", "🏁"},
	{"5368653135101310687", "🎬"},
	{"5310045076531978942", "🎵"},
	{"5420331611830886484", "🔞"},
	{"5350481781306958339", "📚"},
	{"5357107601584693888", "👑"},
	{"5375159220280762629", "⚽️"},
	{"5384327463629233871", "🏀"},
	{"5350513667144163474", "📺"},
	{"5357121491508928442", "👀"},
	{"5357185426392096577", "🫦"},
	{"5310157398516703416", "🍓"},
	{"5310262535021142850", "💄"},
	{"5368741306484925109", "👠"},
	{"5348436127038579546", "✈️"},
	{"5357120306097956843", "🧳"},
	{"5310303848311562896", "🏖"},
	{"5350424168615649565", "⛅️"},
	{"5413625003218313783", "🦄"},
	{"5350699789551935589", "🛍"},
	{"5377478880577724584", "👜"},
	{"5431492767249342908", "🛒"},
	{"5350497316203668441", "🚂"},
	{"5350422527938141909", "🛥"},
	{"5418196338774907917", "🏔"},
	{"5350648297189023928", "🏕"},
	{"5309832892262654231", "🤖"},
	{"5350751634102166060", "🪩"},
	{"5377624166436445368", "🎟"},
	{"5386395194029515402", "🏴‍☠️"},
	{"5350387571199319521", "🗳"},
	{"5357419403325481346", "🎓"},
	{"5368585403467048206", "🔭"},
	{"5377580546748588396", "🔬"},
	{"5377317729109811382", "🎶"},
	{"5382003830487523366", "🎤"},
	{"5357298525765902091", "🕺"},
	{"5357370526597653193", "💃"},
	{"5357188789351490453", "🪖"},
	{"5348227245599105972", "💼"},
	{"5411138633765757782", "🧪"},
	{"5386435923204382258", "👨‍👩‍👧‍👦"},
	{"5377675010259297233", "👶"},
	{"5386609083400856174", "🤰"},
	{"5368808634392257474", "💅"},
	{"5350548830041415279", "🏛"},
	{"5355127101970194557", "🧮"},
	{"5386379624773066504", "🖨"},
	{"5377494501373780436", "👮‍♂️"},
	{"5350307998340226571", "🩺"},
	{"5310094636159607472", "💊"},
	{"5310139157790596888", "💉"},
	{"5377468357907849200", "🧼"},
	{"5418115271267197333", "🪪"},
	{"5372819184658949787", "🛃"},
	{"5350344462612570293", "🍽"},
	{"5384574037701696503", "🐟"},
	{"5310039132297242441", "🎨"},
	{"5350658016700013471", "🎭"},
	{"5357504778685392027", "🎩"},
	{"5350367161514732241", "🔮"},
	{"5350520238444126134", "🍹"},
	{"5310132165583840589", "🎂"},
	{"5350392020785437399", "☕️"},
	{"5350406176997646350", "🍣"},
	{"5350403544182694064", "🍔"},
	{"5350444672789519765", "🍕"},
	{"5312424913615723286", "🦠"},
	{"5417915203100613993", "💬"},
	{"5312054580060625569", "🎄"},
	{"5309744892677727325", "🎃"},
	{"5238156910363950406", "✍️"},
	{"5235579393115438657", "⭐️"},
	{"5237699328843200968", "✅"},
	{"5238027455754680851", "🎖"},
	{"5238234236955148254", "🤡"},
	{"5237889595894414384", "🧠"},
	{"5237999392438371490", "🦮"},
	{"5235912661102773458", "🐱"},
}

func validIcon(id string) bool {
	for _, i := range topicIcons {
		if i.ID == id {
			return true
		}
	}
	return false
}

func (c *call) getForumTopicIconStickers() (any, error) { return iconStickers(nil), nil }

func (c *call) getCustomEmojiStickers() (any, error) {
	var ids []string
	if err := c.p.object("custom_emoji_ids", &ids); err != nil {
		return nil, err
	}
	only := map[string]bool{}
	for _, id := range ids {
		only[id] = true
	}
	return iconStickers(only), nil
}

// iconStickers are the topic icons, or those of them named in only.
func iconStickers(only map[string]bool) []wireFile {
	out := make([]wireFile, 0, len(topicIcons))
	kind, side, no := "custom_emoji", 100, false
	for _, i := range topicIcons {
		if only != nil && !only[i.ID] {
			continue
		}
		out = append(out, wireFile{
			FileID: "CAACAgI" + i.ID, Unique: "AgAD" + i.ID, Type: &kind, Width: &side, Height: &side,
			IsAnimated: &no, IsVideo: &no, Emoji: i.Emoji, SetName: "Topics", CustomEmoji: i.ID,
		})
	}
	return out
}

// forum finds the forum a call names.
func (c *call) forum() (*chat, error) {
	k, err := c.chat("chat_id", true)
	if err != nil {
		return nil, err
	}
	if !k.Forum {
		return nil, bad("the chat is not a forum")
	}
	return k, nil
}

func topicName(raw string) string {
	r := []rune(strings.TrimSpace(raw))
	if len(r) > maxTopicName {
		r = r[:maxTopicName]
	}
	return string(r)
}

func (c *call) createForumTopic() (any, error) {
	k, err := c.forum()
	if err != nil {
		return nil, err
	}
	me := k.Members[c.bot.ID]
	if !me.may("can_manage_topics") && (me.admin() || k.Denied["can_manage_topics"]) {
		return nil, bad("not enough rights to create a topic")
	}
	name, icon, color := topicName(c.p.str("name")), c.p.str("icon_custom_emoji_id"), int(c.p.int("icon_color"))
	if name == "" {
		return nil, bad("title must be non-empty")
	}
	if color < 0 || color > 0xFFFFFF {
		return nil, bad("invalid icon color specified")
	}
	known := color == 0
	for _, v := range topicColors {
		known = known || v == color
	}
	if !known {
		return nil, bad("TOPIC_ICON_COLOR_INVALID") // guess
	}
	if icon != "" && !validIcon(icon) {
		return nil, bad("DOCUMENT_INVALID")
	}
	if err := c.spend(k, 1); err != nil {
		return nil, err
	}
	t := c.openTopic(k, c.bot.ID, name, icon, color)
	return struct {
		Thread int64 `json:"message_thread_id"`
		topicCreated
	}{t.ID, topicCreated{t.Name, t.Color, t.Icon}}, nil
}

// openTopic makes a topic and its service message.
func (s *Server) openTopic(k *chat, by int64, name, icon string, color int) *topic {
	if color == 0 {
		color = topicColors[s.rng.IntN(len(topicColors))]
	}
	t := &topic{Name: name, Icon: icon, Color: color, By: by}
	// The topic must exist before its message is delivered; ids go together.
	t.ID = k.NextID + 1
	k.Topics[t.ID] = t
	s.add(k, &message{From: by, Content: content{Kind: kTopicCreated, Name: name, Color: color, Icon: icon}})
	s.note(k, Change{Kind: "topic", Thread: t.ID, By: by, Text: "created"})
	return t
}

// topic finds the topic a call may change; deleting needs another right.
func (c *call) topic(right string) (*chat, *topic, error) {
	k, err := c.forum()
	if err != nil {
		return nil, nil, err
	}
	id := c.p.int("message_thread_id")
	t := k.Topics[id]
	if id <= 1 {
		return nil, nil, bad("invalid message thread identifier specified")
	}
	if t == nil || t.Deleted {
		return nil, nil, bad(c.knobs.DeletedTopic)
	}
	opener := t.By == c.bot.ID && right == "can_manage_topics"
	if !k.Members[c.bot.ID].may(right) && !opener {
		verb := "edit"
		if right == "can_delete_messages" {
			verb = "delete"
		}
		return nil, nil, bad("not enough rights to " + verb + " the topic")
	}
	return k, t, nil
}

func (c *call) editForumTopic() (any, error) {
	k, t, err := c.topic("can_manage_topics")
	if err != nil {
		return nil, err
	}
	name := topicName(c.p.str("name"))
	if c.p.str("name") != "" && name == "" {
		return nil, bad("title must be non-empty")
	}
	icon, iconGiven := c.p.str("icon_custom_emoji_id"), c.p.has("icon_custom_emoji_id")
	if icon != "" && !validIcon(icon) {
		return nil, bad("DOCUMENT_INVALID")
	}
	if name == "" && !iconGiven {
		return true, nil
	}
	if (name == "" || name == t.Name) && (!iconGiven || icon == t.Icon) {
		return c.unchanged()
	}
	if err := c.spend(k, costOfTopicChange); err != nil {
		return nil, err
	}
	c.renameTopic(k, t, c.bot.ID, name, icon, iconGiven)
	return true, nil
}

// costOfTopicChange is what editing, closing and reopening a topic count for
// unless Knobs.Costs says otherwise: guess.
const costOfTopicChange = 0

func (c *call) unchanged() (any, error) {
	if c.knobs.EmptyTopicEdit {
		return nil, bad("TOPIC_NOT_MODIFIED")
	}
	return true, nil
}

func (s *Server) renameTopic(k *chat, t *topic, by int64, name, icon string, iconGiven bool) {
	what := content{Kind: kTopicEdited}
	if name != "" && name != t.Name {
		what.Name, t.Name = name, name
	}
	if iconGiven && icon != t.Icon {
		what.Icon, what.IconChanged, t.Icon = icon, true, icon
	}
	s.service(k, by, t.ID, what)
	s.note(k, Change{Kind: "topic", Thread: t.ID, By: by, Text: "edited"})
}

func (s *Server) closeTopic(k *chat, t *topic, by int64, closed bool) {
	t.Closed = closed
	kind, word := kTopicReopened, "reopened"
	if closed {
		kind, word = kTopicClosed, "closed"
	}
	s.service(k, by, t.ID, content{Kind: kind})
	s.note(k, Change{Kind: "topic", Thread: t.ID, By: by, Text: word})
}

func toggleTopic(closed bool) handler {
	return func(c *call) (any, error) {
		k, t, err := c.topic("can_manage_topics")
		if err != nil {
			return nil, err
		}
		if t.Closed == closed {
			return c.unchanged()
		}
		if err := c.spend(k, costOfTopicChange); err != nil {
			return nil, err
		}
		c.closeTopic(k, t, c.bot.ID, closed)
		return true, nil
	}
}

func (c *call) deleteForumTopic() (any, error) {
	k, t, err := c.topic("can_delete_messages")
	if err != nil {
		return nil, err
	}
	c.dropTopic(k, t, c.bot.ID)
	return true, nil
}

// dropTopic deletes a topic with all its messages. Bots are told nothing.
func (s *Server) dropTopic(k *chat, t *topic, by int64) {
	t.Deleted = true
	for _, id := range k.Order {
		if m := k.find(id); m != nil && m.Topical && m.Thread == t.ID {
			m.Deleted = true
		}
	}
	s.note(k, Change{Kind: "topic", Thread: t.ID, By: by, Text: "deleted"})
}

// general are the methods of a forum's General topic.
func general(change func(c *call, k *chat) (content, bool)) handler {
	return func(c *call) (any, error) {
		k, err := c.forum()
		if err != nil {
			return nil, err
		}
		if !k.Members[c.bot.ID].may("can_manage_topics") {
			return nil, bad("not enough rights to edit the topic")
		}
		what, changed := change(c, k)
		if !changed {
			return c.unchanged()
		}
		c.service(k, c.bot.ID, 0, what)
		c.note(k, Change{Kind: "topic", By: c.bot.ID, Text: what.Kind})
		return true, nil
	}
}

var (
	editGeneral = general(func(c *call, k *chat) (content, bool) {
		name := topicName(c.p.str("name"))
		changed := name != "" && name != k.GeneralName
		if changed {
			k.GeneralName = name
		}
		return content{Kind: kTopicEdited, Name: name}, changed
	})
	closeGeneral = general(func(_ *call, k *chat) (content, bool) {
		was := k.GeneralClosed
		k.GeneralClosed = true
		return content{Kind: kTopicClosed}, !was
	})
	reopenGeneral = general(func(_ *call, k *chat) (content, bool) {
		was := k.GeneralClosed
		k.GeneralClosed = false
		return content{Kind: kTopicReopened}, was
	})
	hideGeneral = general(func(_ *call, k *chat) (content, bool) {
		was := k.GeneralHidden
		k.GeneralHidden, k.GeneralClosed = true, true
		return content{Kind: kGeneralHidden}, !was
	})
	unhideGeneral = general(func(_ *call, k *chat) (content, bool) {
		was := k.GeneralHidden
		k.GeneralHidden = false
		return content{Kind: kGeneralShown}, was
	})
)
