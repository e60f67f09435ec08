package botapi

import "strings"

// Kind classifies a failed call by what can be done about it.
type Kind uint8

// Kinds. The comment names what a caller can do.
const (
	KindNone             Kind = iota
	KindUnknown               // a refusal not in the table
	KindCanceled              // the caller's context ended
	KindUnavailable           // not reached, 5xx, or an answer that is not Telegram's: later; see Error.Sent
	KindUnauthorized          // token revoked
	KindNotFound              // wrong token shape, or an address that is no Bot API
	KindNoMethod              // the server is older than the method
	KindConflict              // another poller holds the token
	KindWebhookActive         // getUpdates while a webhook is set
	KindTooLarge              // file over the server's limit
	KindThrottled             // wait Error.RetryAfter
	KindChatNotFound          // no such chat for this bot
	KindUserNotFound          // no such user or member
	KindMigrated              // the group is a supergroup now: Error.MigrateToChatID
	KindTopicGone             // make the topic anew
	KindTopicClosed           // reopen
	KindTopicNotModified      // done already
	KindNotForum              // topics are switched off in the group
	KindNoTopicRights         // the bot may not manage topics
	KindNoRights              // the bot was demoted or silenced in the group
	KindTextEmpty             // ours to prevent
	KindTextTooLong           // message or caption: split again
	KindBadEntities           // send again as plain text
	KindNotModified           // done already
	KindMessageGone           // the message to edit, delete, copy or react to is not there
	KindCantEdit              // too late, or not ours
	KindCantDelete            // too late, or no right
	KindCantCopy              // protected, or a kind that cannot be copied
	KindReplyGone             // send without the quote
	KindQuoteInvalid          // the fragment is not in the quoted message: quote it whole
	KindBadFileID             // fetch again and upload
	KindBadFile               // the upload itself is unusable (empty, wrong type)
	KindBadURL                // Telegram could not fetch the URL
	KindBadImage              // send as a document
	KindVoiceForbidden        // the customer forbids voice and video notes: send as a file
	KindBadReaction           // another reaction or none
	KindBadButton             // ours to prevent
	KindQueryOld              // the button was pressed too long ago: ignore
	KindBusinessGone          // business connection ended, or its window closed
	KindPeerGone              // blocked, deactivated, never started
	KindGroupLost             // kicked, or the group was deleted
	KindForbidden             // another 403
)

var kindNames = [...]string{
	KindNone: "none", KindUnknown: "refused", KindCanceled: "canceled", KindUnavailable: "unavailable",
	KindUnauthorized: "unauthorized", KindNotFound: "not_found", KindNoMethod: "no_method", KindConflict: "conflict",
	KindWebhookActive: "webhook_active", KindTooLarge: "too_large", KindThrottled: "throttled",
	KindChatNotFound: "chat_not_found", KindUserNotFound: "user_not_found", KindMigrated: "migrated",
	KindTopicGone: "topic_gone", KindTopicClosed: "topic_closed", KindTopicNotModified: "topic_not_modified",
	KindNotForum: "not_forum", KindNoTopicRights: "no_topic_rights", KindNoRights: "no_rights",
	KindTextEmpty: "text_empty", KindTextTooLong: "text_too_long", KindBadEntities: "bad_entities",
	KindNotModified: "not_modified", KindMessageGone: "message_gone", KindCantEdit: "cant_edit",
	KindCantDelete: "cant_delete", KindCantCopy: "cant_copy", KindReplyGone: "reply_gone",
	KindQuoteInvalid: "quote_invalid", KindBadFileID: "bad_file_id", KindBadFile: "bad_file", KindBadURL: "bad_url",
	KindBadImage: "bad_image", KindVoiceForbidden: "voice_forbidden", KindBadReaction: "bad_reaction",
	KindBadButton: "bad_button", KindQueryOld: "query_old", KindBusinessGone: "business_gone",
	KindPeerGone: "peer_gone", KindGroupLost: "group_lost", KindForbidden: "forbidden",
}

// String is the kind's name in logs and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "refused"
}

// refusals maps parts of descriptions to kinds; the first match wins, so a
// narrower phrase stands above a wider one. Telegram varies wording and case:
// all parts are lower case and compared with the lowered description. The wording
// is from public code, tests and documentation of the Bot API server.
var refusals = []struct {
	part string
	kind Kind
}{
	{"upgraded to a supergroup", KindMigrated},
	{"terminated by other getupdates", KindConflict},
	{"webhook is active", KindWebhookActive},
	{"method not found", KindNoMethod},

	{"message thread not found", KindTopicGone},
	{"topic_deleted", KindTopicGone},
	{"topic_id_invalid", KindTopicGone},
	{"topic_closed", KindTopicClosed},
	{"topic_not_modified", KindTopicNotModified},
	{"not a forum", KindNotForum},
	{"channel_forum_missing", KindNotForum},
	{"not enough rights to create a topic", KindNoTopicRights},
	{"not enough rights to manage topics", KindNoTopicRights},
	{"not enough rights to close", KindNoTopicRights},

	{"bot was blocked by the user", KindPeerGone},
	{"user_is_blocked", KindPeerGone},
	{"user is deactivated", KindPeerGone},
	{"input_user_deactivated", KindPeerGone},
	{"can't initiate conversation", KindPeerGone},
	{"can't send messages to bots", KindPeerGone},
	{"peer_id_invalid", KindPeerGone},
	{"bot was kicked", KindGroupLost},
	{"bot is not a member", KindGroupLost},
	{"chat was deleted", KindGroupLost},

	{"business_connection_invalid", KindBusinessGone},
	{"business connection not found", KindBusinessGone},
	{"business_peer_invalid", KindBusinessGone},
	{"business_peer_usage_missing", KindBusinessGone},

	{"message to be replied not found", KindReplyGone},
	{"replied message not found", KindReplyGone},
	{"reply_message_id_invalid", KindReplyGone},
	{"quote_text_invalid", KindQuoteInvalid},
	{"quote not found", KindQuoteInvalid},
	{"message is not modified", KindNotModified},
	{"message_not_modified", KindNotModified},
	{"message to edit not found", KindMessageGone},
	{"message to delete not found", KindMessageGone},
	{"message to copy not found", KindMessageGone},
	{"message to forward not found", KindMessageGone},
	{"message to react not found", KindMessageGone},
	{"message to pin not found", KindMessageGone},
	{"message to unpin not found", KindMessageGone},
	{"message_id_invalid", KindMessageGone},
	{"message identifier is not specified", KindMessageGone},
	{"can't be edited", KindCantEdit},
	{"message_author_required", KindCantEdit},
	{"message_edit_time_expired", KindCantEdit},
	{"no text in the message to edit", KindCantEdit},
	{"no caption in the message to edit", KindCantEdit},
	{"can't be deleted", KindCantDelete},
	{"message_delete_forbidden", KindCantDelete},
	{"can't be copied", KindCantCopy},
	{"can't be forwarded", KindCantCopy},
	{"chat_forwards_restricted", KindCantCopy},
	{"query is too old", KindQueryOld},
	{"query id is invalid", KindQueryOld},
	{"query_id_invalid", KindQueryOld},

	{"text is empty", KindTextEmpty},
	{"text must be non-empty", KindTextEmpty},
	{"message is too long", KindTextTooLong},
	{"message_too_long", KindTextTooLong},
	{"caption is too long", KindTextTooLong},
	{"media_caption_too_long", KindTextTooLong},
	{"text is too long", KindTextTooLong},
	{"can't parse entities", KindBadEntities},
	{"can't parse messageentity", KindBadEntities},
	{"can't parse message entity", KindBadEntities},
	{"entity_bounds_invalid", KindBadEntities},
	{"entities_too_long", KindBadEntities},

	{"voice_messages_forbidden", KindVoiceForbidden},
	{"video_messages_forbidden", KindVoiceForbidden},
	{"reaction_invalid", KindBadReaction},
	{"reactions_too_many", KindBadReaction},
	{"reaction_empty", KindBadReaction},
	{"button_data_invalid", KindBadButton},
	{"button_type_invalid", KindBadButton},
	{"button_url_invalid", KindBadButton},
	{"buttons are not allowed in the inline keyboard", KindBadButton},
	{"can't parse inline keyboard", KindBadButton},

	{"file is too big", KindTooLarge},
	{"is too big for a", KindTooLarge}, // "file of size … is too big for a photo"
	{"entity too large", KindTooLarge},
	{"file reference expired", KindBadFileID},
	{"file_reference_expired", KindBadFileID},
	{"wrong file identifier", KindBadFileID},
	{"wrong remote file identifier", KindBadFileID},
	{"wrong file_id", KindBadFileID},
	{"invalid file_id", KindBadFileID},
	{"failed to get http url content", KindBadURL},
	{"wrong type of the web page content", KindBadURL},
	{"webpage_curl_failed", KindBadURL},
	{"webpage_media_empty", KindBadURL},
	{"photo_invalid_dimensions", KindBadImage},
	{"image_process_failed", KindBadImage},
	{"photo_ext_invalid", KindBadImage},
	{"photo_save_file_invalid", KindBadImage},
	{"photo_invalid", KindBadImage},
	{"file must be non-empty", KindBadFile},
	{"in the request", KindBadFile}, // "there is no photo in the request"
	{"can't use file of type", KindBadFile},

	{"chat not found", KindChatNotFound},
	{"chat_id_invalid", KindChatNotFound},
	{"user not found", KindUserNotFound},
	{"member not found", KindUserNotFound},
	{"participant_id_invalid", KindUserNotFound},
	{"user_not_participant", KindUserNotFound},

	{"not enough rights", KindNoRights},
	{"no rights to", KindNoRights},
	{"have no rights", KindNoRights},
	{"need administrator rights", KindNoRights},
	{"chat_write_forbidden", KindNoRights},
	{"chat_restricted", KindNoRights},
	{"chat_admin_required", KindNoRights},
	{"_forbidden", KindNoRights}, // CHAT_SEND_PHOTOS_FORBIDDEN and its sisters
}

// Classify names the kind of a refusal by its code and description. Codes that
// speak for themselves come first; the words decide the rest.
func Classify(code int, description string) Kind {
	low := strings.ToLower(description)
	switch {
	case code == 401:
		return KindUnauthorized
	case code == 413:
		return KindTooLarge
	case code == 429:
		return KindThrottled
	case code >= 500, code >= 300 && code < 400:
		return KindUnavailable
	}
	for _, r := range refusals {
		if strings.Contains(low, r.part) {
			return r.kind
		}
	}
	switch code {
	case 403:
		return KindForbidden
	case 404:
		return KindNotFound
	case 409:
		return KindConflict
	}
	return KindUnknown
}
