package botapi

// content lists content fields in the order they decide what a message is.
var content = []struct {
	name string
	has  func(*Message) bool
}{
	{"text", func(m *Message) bool { return m.Text != "" }},
	{"rich_message", func(m *Message) bool { return m.RichMessage != nil }},
	{"animation", func(m *Message) bool { return m.Animation != nil }},
	{"audio", func(m *Message) bool { return m.Audio != nil }},
	{"document", func(m *Message) bool { return m.Document != nil }},
	{"live_photo", func(m *Message) bool { return m.LivePhoto != nil }},
	{"paid_media", func(m *Message) bool { return m.PaidMedia != nil }},
	{"photo", func(m *Message) bool { return len(m.Photo) > 0 }},
	{"sticker", func(m *Message) bool { return m.Sticker != nil }},
	{"story", func(m *Message) bool { return m.Story != nil }},
	{"video", func(m *Message) bool { return m.Video != nil }},
	{"video_note", func(m *Message) bool { return m.VideoNote != nil }},
	{"voice", func(m *Message) bool { return m.Voice != nil }},
	{"checklist", func(m *Message) bool { return m.Checklist != nil }},
	{"contact", func(m *Message) bool { return m.Contact != nil }},
	{"dice", func(m *Message) bool { return m.Dice != nil }},
	{"game", func(m *Message) bool { return m.Game != nil }},
	{"poll", func(m *Message) bool { return m.Poll != nil }},
	{"venue", func(m *Message) bool { return m.Venue != nil }},
	{"location", func(m *Message) bool { return m.Location != nil }},
	{"invoice", func(m *Message) bool { return m.Invoice != nil }},
	{"giveaway", func(m *Message) bool { return m.Giveaway != nil }},
	{"new_chat_members", func(m *Message) bool { return len(m.NewChatMembers) > 0 }},
	{"left_chat_member", func(m *Message) bool { return m.LeftChatMember != nil }},
	{"new_chat_title", func(m *Message) bool { return m.NewChatTitle != "" }},
	{"new_chat_photo", func(m *Message) bool { return len(m.NewChatPhoto) > 0 }},
	{"delete_chat_photo", func(m *Message) bool { return m.DeleteChatPhoto }},
	{"group_chat_created", func(m *Message) bool { return m.GroupChatCreated }},
	{"supergroup_chat_created", func(m *Message) bool { return m.SuperGroupChatCreated }},
	{"channel_chat_created", func(m *Message) bool { return m.ChannelChatCreated }},
	{"message_auto_delete_timer_changed", func(m *Message) bool { return m.AutoDeleteTimerChanged != nil }},
	{"migrate_to_chat_id", func(m *Message) bool { return m.MigrateToChatID != 0 }},
	{"migrate_from_chat_id", func(m *Message) bool { return m.MigrateFromChatID != 0 }},
	{"pinned_message", func(m *Message) bool { return m.PinnedMessage != nil }},
	{"successful_payment", func(m *Message) bool { return m.SuccessfulPayment != nil }},
	{"connected_website", func(m *Message) bool { return m.ConnectedWebsite != "" }},
	{"passport_data", func(m *Message) bool { return m.PassportData != nil }},
	{"proximity_alert_triggered", func(m *Message) bool { return m.ProximityAlertTriggered != nil }},
	{"forum_topic_created", func(m *Message) bool { return m.ForumTopicCreated != nil }},
	{"forum_topic_edited", func(m *Message) bool { return m.ForumTopicEdited != nil }},
	{"forum_topic_closed", func(m *Message) bool { return m.ForumTopicClosed != nil }},
	{"forum_topic_reopened", func(m *Message) bool { return m.ForumTopicReopened != nil }},
	{"general_forum_topic_hidden", func(m *Message) bool { return m.GeneralForumTopicHidden != nil }},
	{"general_forum_topic_unhidden", func(m *Message) bool { return m.GeneralForumTopicVisible != nil }},
}

func (m *Message) known() string {
	for _, c := range content {
		if c.has(m) {
			return c.name
		}
	}
	return ""
}

// frame holds the fields around a message's content (Bot API 10.1, Message). Any
// field that is neither here nor in content is taken for content.
var frame = set("message_id", "message_thread_id", "direct_messages_topic", "from", "sender_chat", "sender_boost_count",
	"sender_business_bot", "sender_tag", "date", "guest_query_id", "business_connection_id", "chat", "forward_origin",
	"is_topic_message", "is_automatic_forward", "reply_to_message", "external_reply", "quote", "reply_to_story",
	"reply_to_checklist_task_id", "reply_to_poll_option_id", "via_bot", "guest_bot_caller_user", "guest_bot_caller_chat",
	"edit_date", "has_protected_content", "is_from_offline", "is_paid_post", "media_group_id", "author_signature",
	"paid_star_count", "text", "entities", "link_preview_options", "suggested_post_info", "effect_id", "caption",
	"caption_entities", "show_caption_above_media", "has_media_spoiler", "reply_markup",
	// Bot API before 7.0, still seen from old local servers.
	"forward_from", "forward_from_chat", "forward_from_message_id", "forward_signature", "forward_sender_name", "forward_date")

// userContent holds the fields that are something a person sent, as opposed to
// service messages about the chat.
var userContent = set("text", "rich_message", "animation", "audio", "document", "live_photo", "paid_media", "photo", "sticker",
	"story", "video", "video_note", "voice", "checklist", "contact", "dice", "game", "poll", "venue", "location", "invoice",
	"giveaway", "giveaway_winners", "gift", "unique_gift", "web_app_data", "users_shared", "chat_shared", "passport_data",
	"successful_payment")

// Service reports whether the message tells of an event in the chat instead of
// something a person said. A field newer than this table counts as said: better
// one notice too many than a customer's message dropped.
func (m *Message) Service() bool {
	name := m.Content()
	return name != "" && !userContent[name] && (len(m.Others) == 0 || serviceOthers[name])
}

// serviceOthers holds service fields that have no Go field here (Bot API 10.1).
var serviceOthers = set("chat_owner_left", "chat_owner_changed", "refunded_payment", "gift_upgrade_sent", "write_access_allowed",
	"boost_added", "chat_background_set", "checklist_tasks_done", "checklist_tasks_added", "direct_message_price_changed",
	"giveaway_created", "giveaway_completed", "managed_bot_created", "paid_message_price_changed", "poll_option_added",
	"poll_option_deleted", "suggested_post_approved", "suggested_post_approval_failed", "suggested_post_declined",
	"suggested_post_paid", "suggested_post_refunded", "video_chat_scheduled", "video_chat_started", "video_chat_ended",
	"video_chat_participants_invited")

func set(names ...string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}
