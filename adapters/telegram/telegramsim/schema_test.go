package telegramsim

import (
	"os"
	"strings"
	"testing"
)

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSchema_EveryMethodAnswersAsTheBotAPISays calls all methods that the server
// has; the harness holds each result to the schema.
func TestSchema_EveryMethodAnswersAsTheBotAPISays(t *testing.T) {
	if loadSchema() == nil {
		t.Skip("extra test data is absent: set PAROM_SHARED")
	}
	w := newWorld(t, knob(func(k *Knobs) { k.ChatMessages, k.BotMessages, k.GroupMessages = 0, 0, 0 }))
	w.updates(args{"allowed_updates": []string{
		"message", "edited_message", "message_reaction", "chat_member", "my_chat_member",
		"callback_query", "poll", "poll_answer", "channel_post",
	}})
	g, topic := w.forum, w.topic("T")
	carl := w.AddUser(Person{FirstName: "Carl"})
	if err := w.Join(w.boris, g, carl); err != nil {
		t.Fatal(err)
	}
	media := func(kind string) args {
		return args{"type": kind, "media": "attach://f", "caption": "*c*", "parse_mode": "MarkdownV2"}
	}
	doc := upfile{"a.txt", []byte("x")}
	text := w.must("sendMessage", args{
		"chat_id": g, "text": "t", "message_thread_id": topic,
		"reply_markup": args{"inline_keyboard": [][]args{{{"text": "u", "url": "https://a.b/"}, {"text": "c", "callback_data": "d"}}}},
	}).ID
	poll := w.must("sendPoll", args{"chat_id": g, "question": "q", "options": []args{{"text": "a"}, {"text": "b"}}, "is_anonymous": false}).ID
	loc := w.must("sendLocation", args{"chat_id": g, "latitude": 1.5, "longitude": 2, "live_period": 60}).ID
	file := w.must("sendDocument", args{"chat_id": g, "document": doc}).ID
	for _, c := range []struct {
		method string
		a      args
	}{
		{"getMe", nil},
		{"getWebhookInfo", nil},
		{"getChat", args{"chat_id": g}},
		{"getChat", args{"chat_id": w.anna}},
		{"getChatMember", args{"chat_id": g, "user_id": w.bot}},
		{"getChatMember", args{"chat_id": g, "user_id": w.boris}},
		{"getChatMember", args{"chat_id": g, "user_id": carl}},
		{"getChatMember", args{"chat_id": w.anna, "user_id": w.anna}},
		{"getChatAdministrators", args{"chat_id": g}},
		{"getChatMemberCount", args{"chat_id": g}},
		{"getForumTopicIconStickers", nil},
		{"getCustomEmojiStickers", args{"custom_emoji_ids": []string{topicIcons[1].ID}}},
		{"getUserProfilePhotos", args{"user_id": w.anna}},
		{"sendVenue", args{"chat_id": g, "latitude": 1, "longitude": 2, "title": "t", "address": "a"}},
		{"sendContact", args{"chat_id": g, "phone_number": "+7", "first_name": "A"}},
		{"sendDice", args{"chat_id": g}},
		{"sendMediaGroup", args{"chat_id": g, "media": []args{media("document"), media("document")}, "f": doc}},
		{"sendChatAction", args{"chat_id": g, "action": "typing", "message_thread_id": topic}},
		{"copyMessage", args{"chat_id": w.anna, "from_chat_id": g, "message_id": file, "caption": "c"}},
		{"copyMessages", args{"chat_id": w.anna, "from_chat_id": g, "message_ids": []int64{text, file}}},
		{"forwardMessage", args{"chat_id": w.anna, "from_chat_id": g, "message_id": text}},
		{"forwardMessages", args{"chat_id": w.anna, "from_chat_id": g, "message_ids": []int64{text, file}}},
		{"editMessageText", args{"chat_id": g, "message_id": text, "text": "t2"}},
		{"editMessageReplyMarkup", args{"chat_id": g, "message_id": text, "reply_markup": args{"inline_keyboard": [][]args{{{"text": "c", "callback_data": "e"}}}}}},
		{"editMessageCaption", args{"chat_id": g, "message_id": file, "caption": "c"}},
		{"editMessageMedia", args{"chat_id": g, "message_id": file, "media": media("document"), "f": doc}},
		{"editMessageLiveLocation", args{"chat_id": g, "message_id": loc, "latitude": 3, "longitude": 4}},
		{"stopMessageLiveLocation", args{"chat_id": g, "message_id": loc}},
		{"stopPoll", args{"chat_id": g, "message_id": poll}},
		{"setMessageReaction", args{"chat_id": g, "message_id": text, "reaction": []args{{"type": "emoji", "emoji": "👍"}}}},
		{"pinChatMessage", args{"chat_id": g, "message_id": text}},
		{"getChat", args{"chat_id": g}},
		{"unpinChatMessage", args{"chat_id": g, "message_id": text}},
		{"unpinAllChatMessages", args{"chat_id": g}},
		{"unpinAllForumTopicMessages", args{"chat_id": g, "message_thread_id": topic}},
		{"unpinAllGeneralForumTopicMessages", args{"chat_id": g}},
		{"editForumTopic", args{"chat_id": g, "message_thread_id": topic, "name": "N", "icon_custom_emoji_id": topicIcons[0].ID}},
		{"closeForumTopic", args{"chat_id": g, "message_thread_id": topic}},
		{"reopenForumTopic", args{"chat_id": g, "message_thread_id": topic}},
		{"editGeneralForumTopic", args{"chat_id": g, "name": "Hall"}},
		{"closeGeneralForumTopic", args{"chat_id": g}},
		{"reopenGeneralForumTopic", args{"chat_id": g}},
		{"hideGeneralForumTopic", args{"chat_id": g}},
		{"unhideGeneralForumTopic", args{"chat_id": g}},
		{"setMyCommands", args{"commands": []args{{"command": "help", "description": "h"}}, "scope": args{"type": "chat", "chat_id": g}, "language_code": "ru"}},
		{"getMyCommands", args{"scope": args{"type": "chat", "chat_id": g}, "language_code": "ru"}},
		{"deleteMyCommands", nil},
		{"getMyCommands", nil},
		{"setMyName", args{"name": "N"}},
		{"getMyName", nil},
		{"setMyDescription", args{"description": "d"}},
		{"getMyDescription", nil},
		{"setMyShortDescription", args{"short_description": "d"}},
		{"getMyShortDescription", nil},
		{"setChatMenuButton", args{"menu_button": args{"type": "commands"}}},
		{"getChatMenuButton", nil},
		{"setMyDefaultAdministratorRights", args{"rights": args{"can_manage_topics": true}}},
		{"getMyDefaultAdministratorRights", nil},
		{"setChatTitle", args{"chat_id": g, "title": "New"}},
		{"setChatDescription", args{"chat_id": g, "description": "d"}},
		{"setChatPermissions", args{"chat_id": g, "permissions": args{"can_send_messages": true}}},
		{"restrictChatMember", args{"chat_id": g, "user_id": carl, "permissions": args{"can_send_messages": false}}},
		{"getChatMember", args{"chat_id": g, "user_id": carl}},
		{"promoteChatMember", args{"chat_id": g, "user_id": carl, "can_pin_messages": true}},
		{"setChatAdministratorCustomTitle", args{"chat_id": g, "user_id": carl, "custom_title": "x"}},
		{"promoteChatMember", args{"chat_id": g, "user_id": carl}},
		{"banChatMember", args{"chat_id": g, "user_id": carl}},
		{"getChatMember", args{"chat_id": g, "user_id": carl}},
		{"unbanChatMember", args{"chat_id": g, "user_id": carl}},
		{"getChatMember", args{"chat_id": g, "user_id": carl}},
		{"deleteMessage", args{"chat_id": g, "message_id": text}},
		{"deleteMessages", args{"chat_id": g, "message_ids": []int64{file, loc}}},
		{"deleteForumTopic", args{"chat_id": g, "message_thread_id": topic}},
		{"setWebhook", args{"url": ""}},
		{"deleteWebhook", nil},
		{"leaveChat", args{"chat_id": g}},
		{"close", nil},
	} {
		w.must(c.method, c.a)
	}
	if _, err := w.Send(Post{From: w.anna, In: Private(w.bot, w.anna), Poll: &Poll{Question: "q", Options: []PollOption{{Text: "a"}}}}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []Post{
		{Location: &Location{Latitude: 1, Longitude: 2}},
		{Contact: &Contact{Phone: "+7", FirstName: "A", UserID: w.anna}},
		{Venue: &Venue{Location: Location{Latitude: 1}, Title: "t", Address: "a"}},
		{Dice: &Dice{Emoji: "🎲"}},
	} {
		p.From, p.In = w.anna, Private(w.bot, w.anna)
		if _, err := w.Send(p); err != nil {
			t.Fatal(err)
		}
	}
	us := w.updates(nil)
	if len(us) < 10 {
		t.Errorf("only %d updates", len(us))
	}
	m := w.must("sendMessage", args{"chat_id": w.anna, "text": "b", "reply_markup": args{"inline_keyboard": [][]args{{{"text": "c", "callback_data": "d"}}}}})
	if err := w.Tap(w.anna, Private(w.bot, w.anna), m.ID, "d"); err != nil {
		t.Fatal(err)
	}
	w.must("answerCallbackQuery", args{"callback_query_id": w.updates(nil)[0].Query.ID})
	w.must("logOut", nil)
	spec := loadSchema()
	known := map[string]bool{}
	heldMu.Lock()
	defer heldMu.Unlock()
	for m := range held {
		known[m] = true
	}
	for m := range spec.Methods {
		if h := methods[strings.ToLower(m)]; (h != nil || unlocked(strings.ToLower(m)) != nil) && !known[m] {
			t.Errorf("%s was never held to the schema", m)
		}
	}
}
