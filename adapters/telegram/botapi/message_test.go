package botapi

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

func TestMessage_NamesItsContent(t *testing.T) {
	const file = `{"file_id":"F","file_unique_id":"U"}`
	for _, tc := range []struct {
		fields, want string
		service      bool
	}{
		{`"text":"x"`, "text", false},
		{`"photo":[` + file + `],"caption":"c"`, "photo", false},
		{`"animation":` + file + `,"document":` + file, "animation", false},
		{`"venue":{"location":{},"title":"t","address":"a"},"location":{}`, "venue", false},
		{`"location":{"latitude":0,"longitude":0}`, "location", false},
		{`"live_photo":` + file + `,"photo":[` + file + `]`, "live_photo", false},
		{`"paid_media":{"star_count":1,"paid_media":[]},"photo":[` + file + `]`, "paid_media", false},
		{`"story":{"chat":{"id":1,"type":"private"},"id":3}`, "story", false},
		{`"poll":{"id":"1","question":"q","options":[{"text":"a","voter_count":0}]}`, "poll", false},
		{`"checklist":{"title":"t","tasks":[{"id":1,"text":"a"}]}`, "checklist", false},
		{`"dice":{"emoji":"🎲","value":3}`, "dice", false},
		{`"giveaway":{"chats":[],"winners_selection_date":1,"winner_count":2}`, "giveaway", false},
		{`"invoice":{"title":"t","description":"d","currency":"XTR","total_amount":1}`, "invoice", false},
		{`"gift":{"gift":{}}`, "gift", false},
		{`"rich_message":{"blocks":[]}`, "rich_message", false},
		{`"quantum_note":{"x":1}`, "quantum_note", false},
		{`"forum_topic_created":{"name":"n","icon_color":1}`, "forum_topic_created", true},
		{`"forum_topic_edited":{}`, "forum_topic_edited", true},
		{`"forum_topic_closed":{}`, "forum_topic_closed", true},
		{`"forum_topic_reopened":{}`, "forum_topic_reopened", true},
		{`"migrate_to_chat_id":-1001`, "migrate_to_chat_id", true},
		{`"pinned_message":{"message_id":1,"date":0,"chat":{"id":1,"type":"private"}}`, "pinned_message", true},
		{`"new_chat_members":[{"id":1,"first_name":"a","is_bot":false}]`, "new_chat_members", true},
		{`"video_chat_started":{}`, "video_chat_started", true},
		{`"message_auto_delete_timer_changed":{"message_auto_delete_time":5}`, "message_auto_delete_timer_changed", true},
		{`"boost_added":{"boost_count":1}`, "boost_added", true},
		{`"is_paid_post":true`, "", false},
	} {
		var m Message
		if err := json.Unmarshal([]byte(`{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},`+tc.fields+`}`), &m); err != nil {
			t.Errorf("%s: %v", tc.fields, err)
		} else if m.Content() != tc.want || m.Service() != tc.service {
			t.Errorf("%s is %q, service %v", tc.fields, m.Content(), m.Service())
		}
	}
}

func TestMessage_DecodesWhatTheLibraryDoesNotKnow(t *testing.T) {
	var m Message
	err := json.Unmarshal([]byte(`{
		"message_id":7,"message_thread_id":3,"is_topic_message":true,"date":1,"edit_date":2,"media_group_id":"g",
		"from":{"id":8589934592,"is_bot":false,"first_name":"A","is_premium":true},
		"sender_chat":{"id":-1002,"type":"supergroup","is_forum":true},
		"chat":{"id":-1001234567890123,"type":"supergroup","title":"T","is_forum":true},
		"forward_origin":{"type":"channel","date":5,"chat":{"id":-3,"type":"channel","title":"C"},"message_id":4,"author_signature":"s"},
		"reply_to_message":{"message_id":3,"date":1,"chat":{"id":1,"type":"private"},"forum_topic_created":{"name":"n","icon_color":1}},
		"external_reply":{"origin":{"type":"hidden_user","date":5,"sender_user_name":"H"},"document":{"file_id":"F","file_unique_id":"U","file_size":5000000000}},
		"quote":{"text":"q","position":2,"is_manual":true,"entities":[{"type":"custom_emoji","offset":0,"length":1,"custom_emoji_id":"77"}]},
		"is_automatic_forward":true,"has_protected_content":true,"has_media_spoiler":true,"show_caption_above_media":true,
		"video":{"file_id":"V","file_unique_id":"U","width":1,"height":2,"duration":3,"thumbnail":{"file_id":"T","file_unique_id":"u","width":1,"height":1},"file_size":4000000000},
		"caption":"c","caption_entities":[{"type":"expandable_blockquote","offset":0,"length":1}],
		"link_preview_options":{"is_disabled":true},"effect_id":"e","business_connection_id":"b",
		"sender_business_bot":{"id":2,"is_bot":true,"first_name":"B"}}`), &m)
	if err != nil {
		t.Fatal(err)
	}
	checks := map[string]bool{
		"thread":   m.ThreadID == 3 && m.IsTopicMessage && m.MessageID == 7,
		"from":     m.From.ID == 8589934592 && m.From.IsPremium,
		"sender":   m.SenderChat.IsForum && m.Chat.IsForum && m.Chat.ID == -1001234567890123,
		"origin":   m.ForwardOrigin.Type == "channel" && m.ForwardOrigin.Chat.Title == "C" && m.ForwardOrigin.MessageID == 4,
		"reply":    m.ReplyToMessage.ForumTopicCreated.Name == "n",
		"external": m.ExternalReply.Origin.SenderUserName == "H" && m.ExternalReply.Document.FileSize == 5_000_000_000,
		"quote":    m.Quote.Position == 2 && m.Quote.Entities[0].CustomEmojiID == "77",
		"flags":    m.IsAutomaticForward && m.HasProtectedContent && m.HasMediaSpoiler && m.ShowCaptionAboveMedia,
		"video":    m.Video.Thumbnail.FileID == "T" && m.Video.FileSize == 4_000_000_000 && m.Video.Duration == 3,
		"caption":  m.CaptionEntities[0].Type == "expandable_blockquote" && m.LinkPreviewOptions.IsDisabled,
		"business": m.BusinessConnectionID == "b" && m.SenderBusinessBot.ID == 2 && m.EffectID == "e",
		"rest":     m.EditDate == 2 && m.MediaGroupID == "g" && !m.Inaccessible(),
	}
	for what, ok := range checks {
		if !ok {
			t.Errorf("%s: %+v", what, m)
		}
	}
}

func TestDecodeUpdate_Kinds(t *testing.T) {
	const chat = `"chat":{"id":5,"type":"private"}`
	const msg = `{"message_id":1,"date":1,` + chat + `}`
	const user = `{"id":1,"is_bot":false,"first_name":"A"}`
	const member = `{"status":"member","user":` + user + `}`
	for kind, body := range map[string]string{
		"message": msg, "edited_message": msg, "channel_post": msg, "edited_channel_post": msg, "business_message": msg, "edited_business_message": msg,
		"business_connection":       `{"id":"b","user":` + user + `,"user_chat_id":1,"date":1,"is_enabled":true,"rights":{"can_reply":true}}`,
		"deleted_business_messages": `{"business_connection_id":"b",` + chat + `,"message_ids":[1,2]}`,
		"message_reaction":          `{` + chat + `,"message_id":1,"date":1,"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👍"},{"type":"paid"}]}`,
		"callback_query":            `{"id":"c","from":` + user + `,"message":{"message_id":1,"date":0,` + chat + `},"chat_instance":"i","data":"d"}`,
		"inline_query":              `{"id":"i","from":` + user + `,"query":"q","offset":""}`,
		"my_chat_member":            `{` + chat + `,"from":` + user + `,"date":1,"old_chat_member":` + member + `,"new_chat_member":{"status":"kicked","user":` + user + `,"until_date":0}}`,
		"chat_member":               `{` + chat + `,"from":` + user + `,"date":1,"old_chat_member":` + member + `,"new_chat_member":` + member + `}`,
		"poll":                      `{"id":"1","question":"q","options":[],"correct_option_ids":[1]}`,
		"poll_answer":               `{"poll_id":"1","user":` + user + `,"option_ids":[1]}`,
		"message_reaction_count":    `{}`,
	} {
		u := DecodeUpdate(json.RawMessage(`{"update_id":9007199254740993,"` + kind + `":` + body + `}`))
		if u.Err != nil || u.Kind != kind || u.UpdateID != 9007199254740993 {
			t.Errorf("%s: kind %q id %d, %v", kind, u.Kind, u.UpdateID, u.Err)
		}
		if kind == "callback_query" && (u.CallbackQuery == nil || !u.CallbackQuery.Message.Inaccessible()) {
			t.Error("an old button's message counts as accessible")
		}
		if kind == "my_chat_member" && (u.MyChatMember.NewChatMember.Present() || !u.MyChatMember.OldChatMember.Present()) {
			t.Errorf("presence: %+v", u.MyChatMember)
		}
	}
}

func TestDecodeUpdate_Odd(t *testing.T) {
	for raw, id := range map[string]int64{
		`{"update_id":5,"message":[]}`: 5, `{"update_id":5,"message":{"chat":"x"}}`: 5, `{"update_id":"x"}`: 0, `{}`: 0, `[]`: 0, `null`: 0,
		`7`: 0, `{"message":{}}`: 0, `{"update_id":5,"my_chat_member":{"new_chat_member":{"status":1}}}`: 5,
	} {
		u := DecodeUpdate(json.RawMessage(raw))
		if u.Err == nil || u.UpdateID != id || u.Message != nil || u.MyChatMember != nil || string(u.Raw) != raw {
			t.Errorf("%s: %+v", raw, u)
		}
	}
}

// FuzzDecodeUpdate holds that decoding never panics, keeps the raw bytes, finds an
// id wherever there is one, and never both succeeds and fails.
func FuzzDecodeUpdate(f *testing.F) {
	for _, s := range []string{
		`{"update_id":1,"message":{"message_id":1,"date":1,"chat":{"id":5,"type":"private"},"text":"a","entities":[{"type":"bold","offset":0,"length":1}]}}`,
		`{"update_id":1,"callback_query":{"id":"c","from":{"id":1},"message":{"message_id":1,"date":0,"chat":{"id":1}}}}`,
		`{"update_id":2,"message_reaction":{"new_reaction":[{"type":"emoji","emoji":"x"}]}}`,
		`{"update_id":3,"my_chat_member":{"new_chat_member":{"status":"kicked"}}}`,
		`{"update_id":4,"message":{"reply_to_message":{"reply_to_message":{"gift":{}}}}}`,
		`{"update_id":4,"message":null,"x":null}`, `{"UPDATE_ID":4}`, `null`, `[]`, ``, "{\"update_id\":1,\"message\":{\"text\":\"\xff\"}}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u := DecodeUpdate(raw)
		if !bytes.Equal(u.Raw, raw) {
			t.Error("raw bytes changed")
		}
		if !json.Valid(raw) && u.Err == nil {
			t.Error("took invalid JSON")
		}
		var id struct {
			UpdateID int64 `json:"update_id"`
		}
		if json.Unmarshal(raw, &id) == nil && id.UpdateID != u.UpdateID {
			t.Errorf("id %d became %d", id.UpdateID, u.UpdateID)
		}
		if u.Err != nil && u.known() != "" {
			t.Error("half an update beside an error")
		}
		for _, m := range []*Message{u.Message, u.EditedMessage, u.BusinessMessage} {
			if m != nil {
				_, _, _ = m.Content(), m.Service(), m.Inaccessible()
				if !slices.IsSorted(m.Others) {
					t.Error("others not sorted")
				}
			}
		}
	})
}
