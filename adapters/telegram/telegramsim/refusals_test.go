package telegramsim

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"
)

func picture(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)))
	return b.Bytes()
}

func TestRefusals_AreInTheNetworksOwnWords(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.GroupMessages, k.BotMessages, k.ChatMessages = 0, 0, 0 }))
	stranger := w.AddUser(Person{FirstName: "Stranger"})
	blocked := w.AddUser(Person{FirstName: "Blocked"})
	gone := w.AddUser(Person{FirstName: "Gone"})
	quiet := w.AddUser(Person{FirstName: "Quiet", NoVoice: true})
	for _, u := range []int64{blocked, gone, quiet} {
		if _, err := w.Start(u, w.bot, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Block(blocked, w.bot); err != nil {
		t.Fatal(err)
	}
	if err := w.SetPerson(Person{ID: gone, Deactivated: true}); err != nil {
		t.Fatal(err)
	}
	otherToken, other, _ := w.MakeBot(BotOptions{Name: "Other", Username: "other_bot"})
	plain, _ := w.AddGroup(GroupOptions{Title: "Plain", Owner: w.boris, Members: []int64{w.bot}})
	kicked, _ := w.AddGroup(GroupOptions{Title: "Kicked", Owner: w.boris, Bots: []int64{w.bot}})
	if err := w.Remove(w.boris, kicked, w.bot); err != nil {
		t.Fatal(err)
	}
	left, _ := w.AddGroup(GroupOptions{Title: "Left", Owner: w.boris, Bots: []int64{w.bot}})
	w.must("leaveChat", args{"chat_id": left})
	moved, _ := w.AddGroup(GroupOptions{Title: "Moved", Kind: "group", Owner: w.boris, Bots: []int64{w.bot}})
	movedTo, err := w.Migrate(w.boris, moved)
	if err != nil {
		t.Fatal(err)
	}
	dead, _ := w.AddGroup(GroupOptions{Title: "Dead", Kind: "group", Owner: w.boris, Bots: []int64{w.bot}})
	if err := w.DeleteGroup(dead); err != nil {
		t.Fatal(err)
	}
	msg := w.must("sendMessage", args{"chat_id": w.anna, "text": "hello there"})
	theirs, _ := w.Send(Post{From: w.anna, In: Private(w.bot, w.anna), Text: "mine"})
	inPlain, _ := w.Send(Post{From: w.boris, In: Group(plain), Text: "boss"})
	topic := w.topic("T")
	deleted := w.topic("D")
	if err := w.DeleteTopic(w.boris, w.forum, deleted); err != nil {
		t.Fatal(err)
	}
	doc := w.must("sendDocument", args{"chat_id": w.anna, "document": upfile{"a.txt", []byte("abc")}})
	raw, ref := w.try(otherToken, "getMe", nil)
	if ref != nil || len(raw) == 0 {
		t.Fatal(ref)
	}
	if _, err := w.Start(w.anna, other, ""); err != nil {
		t.Fatal(err)
	}
	foreign := doc.Document.FileID
	long := strings.Repeat("ё", 4097)

	for _, c := range []struct {
		name   string
		code   int
		part   string
		method string
		a      args
	}{
		{"a method nobody knows", 404, "method not found", "sendTelepathy", args{}},
		{"no chat", 400, "Bad Request: chat_id is empty", "sendMessage", args{"text": "x"}},
		{"no text", 400, "Bad Request: message text is empty", "sendMessage", args{"chat_id": w.anna}},
		{"only white space", 400, "text must be non-empty", "sendMessage", args{"chat_id": w.anna, "text": " \n "}},
		{"4097 units", 400, "Bad Request: message is too long", "sendMessage", args{"chat_id": w.anna, "text": long}},
		{"an emoji counts two", 400, "message is too long", "sendMessage", args{"chat_id": w.anna, "text": strings.Repeat("😀", 2049)}},
		{
			"1025 units of caption", 400, "Bad Request: message caption is too long", "sendDocument",
			args{"chat_id": w.anna, "document": upfile{"a.txt", []byte("x")}, "caption": long[:2*1025]},
		},
		{
			"broken HTML", 400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0", "sendMessage",
			args{"chat_id": w.anna, "text": "<x>", "parse_mode": "HTML"},
		},
		{
			"an unclosed tag", 400, "can't parse entities: Can't find end tag corresponding to start tag \"b\"", "sendMessage",
			args{"chat_id": w.anna, "text": "<b>x", "parse_mode": "HTML"},
		},
		{
			"a bare dot in MarkdownV2", 400, "Character '.' is reserved and must be escaped with the preceding '\\'", "sendMessage",
			args{"chat_id": w.anna, "text": "a.b", "parse_mode": "MarkdownV2"},
		},
		{
			"an unclosed star", 400, "Can't find end of Bold entity at byte offset 0", "sendMessage",
			args{"chat_id": w.anna, "text": "*a", "parse_mode": "MarkdownV2"},
		},
		{"an unknown parse mode", 400, "unsupported parse_mode", "sendMessage", args{"chat_id": w.anna, "text": "a", "parse_mode": "RTF"}},
		{"nobody", 400, "Bad Request: chat not found", "sendMessage", args{"chat_id": 42, "text": "x"}},
		{"somebody never met", 400, "chat not found", "sendMessage", args{"chat_id": stranger, "text": "x"}},
		{
			"somebody met in a group only", 403, "Forbidden: bot can't initiate conversation with a user", "sendMessage",
			args{"chat_id": w.boris, "text": "x"},
		},
		{"blocked", 403, "Forbidden: bot was blocked by the user", "sendMessage", args{"chat_id": blocked, "text": "x"}},
		{"deactivated", 403, "Forbidden: user is deactivated", "sendMessage", args{"chat_id": gone, "text": "x"}},
		{"kicked", 403, "Forbidden: bot was kicked from the supergroup chat", "sendMessage", args{"chat_id": kicked, "text": "x"}},
		{"not a member", 403, "Forbidden: bot is not a member of the supergroup chat", "sendMessage", args{"chat_id": left, "text": "x"}},
		{"a group that is gone", 403, "Forbidden: the group chat was deleted", "sendMessage", args{"chat_id": dead, "text": "x"}},
		{"no voice, please", 400, "VOICE_MESSAGES_FORBIDDEN", "sendVoice", args{"chat_id": quiet, "voice": upfile{"a.ogg", []byte("x")}}},
		{
			"a missing answered message", 400, "Bad Request: message to be replied not found", "sendMessage",
			args{"chat_id": w.anna, "text": "x", "reply_parameters": args{"message_id": 999999}},
		},
		{
			"a quote that is not there", 400, "QUOTE_TEXT_INVALID", "sendMessage",
			args{"chat_id": w.anna, "text": "x", "reply_parameters": args{"message_id": msg.ID, "quote": "bye"}},
		},
		{
			"a topic that is gone", 400, "Bad Request: message thread not found", "sendMessage",
			args{"chat_id": w.forum, "message_thread_id": deleted, "text": "x"},
		},
		{"General by its number", 400, "message thread not found", "sendMessage", args{"chat_id": w.forum, "message_thread_id": 1, "text": "x"}},
		{"renaming what is gone", 400, "TOPIC_ID_INVALID", "editForumTopic", args{"chat_id": w.forum, "message_thread_id": deleted, "name": "x"}},
		{"renaming to the same", 400, "TOPIC_NOT_MODIFIED", "editForumTopic", args{"chat_id": w.forum, "message_thread_id": topic, "name": "T"}},
		{"reopening what is open", 400, "TOPIC_NOT_MODIFIED", "reopenForumTopic", args{"chat_id": w.forum, "message_thread_id": topic}},
		{"a topic in no forum", 400, "Bad Request: the chat is not a forum", "createForumTopic", args{"chat_id": plain, "name": "x"}},
		{"an icon of our own", 400, "DOCUMENT_INVALID", "createForumTopic", args{"chat_id": w.forum, "name": "x", "icon_custom_emoji_id": "5"}},
		{"a nameless topic", 400, "title must be non-empty", "createForumTopic", args{"chat_id": w.forum, "name": " "}},
		{
			"the same text", 400, "Bad Request: message is not modified", "editMessageText",
			args{"chat_id": w.anna, "message_id": msg.ID, "text": "hello there"},
		},
		{"editing nothing", 400, "message to edit not found", "editMessageText", args{"chat_id": w.anna, "message_id": 999999, "text": "x"}},
		{"editing another's", 400, "message can't be edited", "editMessageText", args{"chat_id": w.anna, "message_id": theirs, "text": "x"}},
		{
			"the text of a file", 400, "there is no text in the message to edit", "editMessageText",
			args{"chat_id": w.anna, "message_id": doc.ID, "text": "x"},
		},
		{
			"the caption of a text", 400, "there is no caption in the message to edit", "editMessageCaption",
			args{"chat_id": w.anna, "message_id": msg.ID, "caption": "x"},
		},
		{"deleting nothing", 400, "message to delete not found", "deleteMessage", args{"chat_id": w.anna, "message_id": 999999}},
		{"deleting without the right", 400, "message can't be deleted", "deleteMessage", args{"chat_id": plain, "message_id": inPlain}},
		{"deleting a topic's beginning", 400, "message can't be deleted", "deleteMessage", args{"chat_id": w.forum, "message_id": topic}},
		{
			"copying nothing", 400, "message to copy not found", "copyMessage",
			args{"chat_id": w.anna, "from_chat_id": w.anna, "message_id": 999999},
		},
		{
			"forwarding nothing", 400, "message to forward not found", "forwardMessage",
			args{"chat_id": w.anna, "from_chat_id": w.anna, "message_id": 999999},
		},
		{
			"pinning without the right", 400, "not enough rights to manage pinned messages in the chat", "pinChatMessage",
			args{"chat_id": plain, "message_id": inPlain},
		},
		{
			"a reaction not on the list", 400, "REACTION_INVALID", "setMessageReaction",
			args{"chat_id": w.anna, "message_id": msg.ID, "reaction": []args{{"type": "emoji", "emoji": "🚢"}}},
		},
		{
			"two reactions", 400, "REACTIONS_TOO_MANY", "setMessageReaction",
			args{"chat_id": w.anna, "message_id": msg.ID, "reaction": []args{{"type": "emoji", "emoji": "👍"}, {"type": "emoji", "emoji": "👎"}}},
		},
		{"65 bytes of button", 400, "BUTTON_DATA_INVALID", "sendMessage", args{
			"chat_id": w.anna, "text": "x",
			"reply_markup": args{"inline_keyboard": [][]args{{{"text": "b", "callback_data": strings.Repeat("x", 65)}}}},
		}},
		{"a button that does nothing", 400, "Text buttons are not allowed in the inline keyboard", "sendMessage", args{
			"chat_id": w.anna, "text": "x",
			"reply_markup": args{"inline_keyboard": [][]args{{{"text": "b"}}}},
		}},
		{
			"answering no press", 400, "query is too old and response timeout expired or query ID is invalid", "answerCallbackQuery",
			args{"callback_query_id": "1"},
		},
		{"a file id that is none", 400, "wrong remote file identifier", "sendDocument", args{"chat_id": w.anna, "document": "nonsense"}},
		{"a document as a photo", 400, "can't use file of type Document as Photo", "sendPhoto", args{"chat_id": w.anna, "photo": foreign}},
		{"fetching a file that is none", 400, "invalid file_id", "getFile", args{"file_id": "nonsense"}},
		{"a photo that is text", 400, "IMAGE_PROCESS_FAILED", "sendPhoto", args{"chat_id": w.anna, "photo": upfile{"a.jpg", []byte("text")}}},
		{"a photo named as a text", 400, "PHOTO_EXT_INVALID", "sendPhoto", args{"chat_id": w.anna, "photo": upfile{"a.txt", picture(9, 9)}}},
		{"a photo 21 times as wide", 400, "PHOTO_INVALID_DIMENSIONS", "sendPhoto", args{"chat_id": w.anna, "photo": upfile{"a.png", picture(210, 10)}}},
		{"an empty file", 400, "file must be non-empty", "sendDocument", args{"chat_id": w.anna, "document": upfile{"a.txt", nil}}},
		{"a wrong action", 400, "wrong parameter action in request", "sendChatAction", args{"chat_id": w.anna, "action": "dancing"}},
		{"a member nobody is", 400, "user not found", "getChatMember", args{"chat_id": w.forum, "user_id": 5}},
		{"admins of a private chat", 400, "there are no administrators in the private chat", "getChatAdministrators", args{"chat_id": w.anna}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.t = t
			w.refused(c.code, c.part, c.method, c.a)
		})
	}
	w.t = t

	if r := w.refused(400, "group chat was upgraded to a supergroup chat", "sendMessage", args{"chat_id": moved, "text": "x"}); r.MigrateTo != movedTo {
		t.Errorf("migrate_to_chat_id %d, want %d", r.MigrateTo, movedTo)
	}
	if _, ref := w.try(otherToken, "sendDocument", args{"chat_id": w.anna, "document": foreign}); ref == nil || !strings.Contains(ref.Description, "wrong file identifier") {
		t.Errorf("another bot's file id: %v", ref)
	}
	if _, ref := w.try("77:nobody", "getMe", nil); ref == nil || ref.Code != 401 || ref.Description != "Unauthorized" {
		t.Errorf("unknown token: %v", ref)
	}
	if _, ref := w.try("nonsense", "getMe", nil); ref == nil || ref.Code != 404 {
		t.Errorf("token of a wrong shape: %v", ref)
	}
	w.clock.move(48 * time.Hour)
	w.refused(400, "message can't be deleted for everyone", "deleteMessage", args{"chat_id": w.anna, "message_id": msg.ID})
	w.must("editMessageText", args{"chat_id": w.anna, "message_id": msg.ID, "text": "editing one's own has no limit"})
}

func TestRights_DemotedBotIsRefusedByRight(t *testing.T) {
	w := newWorld(t, knob(func(k *Knobs) { k.GroupMessages = 0 }))
	open, shut := w.topic("Open"), w.topic("Shut")
	byHand, err := w.CreateTopic(w.boris, w.forum, "By hand", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CloseTopic(w.boris, w.forum, byHand); err != nil {
		t.Fatal(err)
	}
	w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": byHand, "text": "an admin may write into a closed topic"})
	w.updates(nil)
	if err := w.Demote(w.boris, w.forum, w.bot); err != nil {
		t.Fatal(err)
	}
	if us := w.updates(nil); len(us) != 1 || us[0].Mine == nil {
		t.Errorf("no my_chat_member after a demotion: %+v", us)
	}
	w.refused(400, "TOPIC_CLOSED", "sendMessage", args{"chat_id": w.forum, "message_thread_id": byHand, "text": "x"})
	w.must("sendMessage", args{"chat_id": w.forum, "message_thread_id": open, "text": "members may write"})
	w.refused(400, "not enough rights to edit the topic", "closeForumTopic", args{"chat_id": w.forum, "message_thread_id": byHand})
	w.must("closeForumTopic", args{"chat_id": w.forum, "message_thread_id": shut}) // its own topic
	w.refused(400, "not enough rights to delete the topic", "deleteForumTopic", args{"chat_id": w.forum, "message_thread_id": open})
	if err := w.SetDenied(w.forum, "can_manage_topics", "can_send_messages"); err != nil {
		t.Fatal(err)
	}
	w.refused(400, "not enough rights to create a topic", "createForumTopic", args{"chat_id": w.forum, "name": "x"})
	w.refused(400, "not enough rights to send text messages to the chat", "sendMessage", args{"chat_id": w.forum, "text": "x"})
	if err := w.Promote(w.boris, w.forum, w.bot, "can_manage_topics"); err != nil {
		t.Fatal(err)
	}
	w.must("sendMessage", args{"chat_id": w.forum, "text": "back"})
	w.refused(400, "not enough rights to manage pinned messages", "pinChatMessage", args{"chat_id": w.forum, "message_id": open})
}
