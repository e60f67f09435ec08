package botapi

import (
	"strings"
	"testing"
)

// The descriptions are full sentences as the server writes them.
func TestClassify(t *testing.T) {
	for _, tc := range []struct {
		code int
		text string
		want Kind
	}{
		{401, "Unauthorized", KindUnauthorized},
		{404, "Not Found", KindNotFound},
		{404, "Not Found: method not found", KindNoMethod},
		{409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", KindConflict},
		{409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first", KindWebhookActive},
		{409, "Conflict: something new", KindConflict},
		{413, "Request Entity Too Large", KindTooLarge},
		{429, "Too Many Requests: retry after 35", KindThrottled},
		{500, "Internal Server Error: restart", KindUnavailable},
		{502, "Bad Gateway", KindUnavailable},
		{504, "", KindUnavailable},
		{302, "", KindUnavailable},
		{400, "Bad Request: chat not found", KindChatNotFound},
		{400, "Bad Request: CHAT_ID_INVALID", KindChatNotFound},
		{400, "Bad Request: user not found", KindUserNotFound},
		{400, "Bad Request: PARTICIPANT_ID_INVALID", KindUserNotFound},
		{400, "Bad Request: group chat was upgraded to a supergroup chat", KindMigrated},
		{400, "Bad Request: message thread not found", KindTopicGone},
		{400, "Bad Request: TOPIC_DELETED", KindTopicGone},
		{400, "Bad Request: TOPIC_ID_INVALID", KindTopicGone},
		{400, "Bad Request: TOPIC_CLOSED", KindTopicClosed},
		{400, "Bad Request: TOPIC_NOT_MODIFIED", KindTopicNotModified},
		{400, "Bad Request: the chat is not a forum", KindNotForum},
		{400, "Bad Request: not enough rights to create a topic", KindNoTopicRights},
		{400, "Bad Request: not enough rights to manage topics", KindNoTopicRights},
		{400, "Bad Request: message text is empty", KindTextEmpty},
		{400, "Bad Request: text must be non-empty", KindTextEmpty},
		{400, "Bad Request: message is too long", KindTextTooLong},
		{400, "Bad Request: message caption is too long", KindTextTooLong},
		{400, "Bad Request: can't parse entities: Can't find end of the entity starting at byte offset 4", KindBadEntities},
		{400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message", KindNotModified},
		{400, "Bad Request: message to edit not found", KindMessageGone},
		{400, "Bad Request: message to delete not found", KindMessageGone},
		{400, "Bad Request: MESSAGE_ID_INVALID", KindMessageGone},
		{400, "Bad Request: message to copy not found", KindMessageGone},
		{400, "Bad Request: message can't be edited", KindCantEdit},
		{400, "Bad Request: there is no text in the message to edit", KindCantEdit},
		{400, "Bad Request: message can't be deleted", KindCantDelete},
		{400, "Bad Request: message can't be deleted for everyone", KindCantDelete},
		{400, "Bad Request: message can't be copied", KindCantCopy},
		{400, "Bad Request: message to be replied not found", KindReplyGone},
		{400, "Bad Request: QUOTE_TEXT_INVALID", KindQuoteInvalid},
		{400, "Bad Request: file is too big", KindTooLarge},
		{400, "Bad Request: wrong file identifier/HTTP URL specified", KindBadFileID},
		{400, "Bad Request: wrong remote file identifier specified: Wrong padding in the string", KindBadFileID},
		{400, "Bad Request: file reference expired", KindBadFileID},
		{400, "Bad Request: wrong file_id or the file is temporarily unavailable", KindBadFileID},
		{400, "Bad Request: file must be non-empty", KindBadFile},
		{400, "Bad Request: there is no photo in the request", KindBadFile},
		{400, "Bad Request: failed to get HTTP URL content", KindBadURL},
		{400, "Bad Request: PHOTO_INVALID_DIMENSIONS", KindBadImage},
		{400, "Bad Request: IMAGE_PROCESS_FAILED", KindBadImage},
		{400, "Bad Request: PHOTO_EXT_INVALID", KindBadImage},
		{400, "Bad Request: VOICE_MESSAGES_FORBIDDEN", KindVoiceForbidden},
		{400, "Bad Request: REACTION_INVALID", KindBadReaction},
		{400, "Bad Request: REACTIONS_TOO_MANY", KindBadReaction},
		{400, "Bad Request: BUTTON_DATA_INVALID", KindBadButton},
		{400, "Bad Request: BUTTON_TYPE_INVALID", KindBadButton},
		{400, "Bad Request: can't parse inline keyboard button: Text buttons are not allowed in the inline keyboard", KindBadButton},
		{400, "Bad Request: query is too old and response timeout expired or query ID is invalid", KindQueryOld},
		{400, "Bad Request: not enough rights to send text messages to the chat", KindNoRights},
		{400, "Bad Request: have no rights to send a message", KindNoRights},
		{400, "Bad Request: CHAT_WRITE_FORBIDDEN", KindNoRights},
		{400, "Bad Request: CHAT_SEND_PHOTOS_FORBIDDEN", KindNoRights},
		{400, "Bad Request: need administrator rights in the channel chat", KindNoRights},
		{400, "Bad Request: BUSINESS_CONNECTION_INVALID", KindBusinessGone},
		{400, "Bad Request: BUSINESS_PEER_INVALID", KindBusinessGone},
		{403, "Forbidden: bot was blocked by the user", KindPeerGone},
		{403, "FORBIDDEN: BOT WAS BLOCKED BY THE USER", KindPeerGone},
		{403, "Forbidden: user is deactivated", KindPeerGone},
		{403, "Forbidden: bot can't initiate conversation with a user", KindPeerGone},
		{403, "Forbidden: bot was kicked from the supergroup chat", KindGroupLost},
		{403, "Forbidden: bot is not a member of the supergroup chat", KindGroupLost},
		{403, "Forbidden: the group chat was deleted", KindGroupLost},
		{403, "Forbidden: something new", KindForbidden},
		{400, "Bad Request: something new", KindUnknown},
		{400, "", KindUnknown},
	} {
		if got := Classify(tc.code, tc.text); got != tc.want {
			t.Errorf("%d %q is %s, want %s", tc.code, tc.text, got, tc.want)
		}
	}
}

func TestKinds_AllHaveTheirOwnName(t *testing.T) {
	seen := map[string]Kind{}
	for k := KindNone; k <= KindForbidden; k++ {
		name := k.String()
		if other, twice := seen[name]; name == "" || twice {
			t.Errorf("kind %d and %d are both %q", k, other, name)
		}
		seen[name] = k
	}
	if Kind(250).String() != "refused" {
		t.Error("an unknown kind has no name")
	}
	for _, r := range refusals {
		if r.part != strings.ToLower(r.part) {
			t.Errorf("%q can never match", r.part)
		}
		if Classify(400, r.part) != r.kind {
			t.Errorf("%q is hidden by a wider phrase above it", r.part)
		}
	}
}
