package telegram

import (
	"context"
	"errors"
	"strconv"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// reasonOf says what a refusal means to the outbox; the words behind each kind
// are botapi's. Absent kinds are Rejected: asking again would change nothing.
var reasonOf = map[botapi.Kind]core.Reason{
	botapi.KindCanceled:      core.Unavailable,
	botapi.KindUnavailable:   core.Unavailable,
	botapi.KindUnauthorized:  core.BadConfig,
	botapi.KindNotFound:      core.BadConfig,
	botapi.KindConflict:      core.BadConfig,
	botapi.KindWebhookActive: core.BadConfig,
	botapi.KindTooLarge:      core.TooLarge,
	botapi.KindTextTooLong:   core.TooLarge,
	botapi.KindThrottled:     core.Throttled,
	botapi.KindChatNotFound:  core.PeerGone,
	botapi.KindUserNotFound:  core.PeerGone,
	botapi.KindPeerGone:      core.PeerGone,
	botapi.KindBusinessGone:  core.WindowClosed,
	botapi.KindMigrated:      core.RoomMoved,
	botapi.KindTopicGone:     core.TopicGone,
	botapi.KindTopicClosed:   core.TopicClosed,
	botapi.KindNotForum:      core.BadConfig,
	botapi.KindNoTopicRights: core.BadConfig,
	botapi.KindNoRights:      core.BadConfig,
	botapi.KindGroupLost:     core.BadConfig,
	botapi.KindMessageGone:   core.TargetGone,
	botapi.KindCantEdit:      core.WindowClosed,
	botapi.KindCantDelete:    core.WindowClosed,
	botapi.KindBadFileID:     core.MediaGone,
}

// Classify turns a failed call into a *core.SendError without the token. It is
// nil for nil.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	var done *core.SendError
	if errors.As(err, &done) {
		return err
	}
	var e *botapi.Error
	if !errors.As(err, &e) {
		out := &core.SendError{Reason: core.Unavailable, Err: err}
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			out.Detail = err.Error()
		}
		return out
	}
	out := &core.SendError{Reason: reasonOf[e.Kind], Detail: e.Description, Err: e}
	if out.Detail == "" {
		out.Detail = e.Kind.String()
	}
	switch {
	case out.Reason == 0:
		out.Reason = core.Rejected
	case out.Reason == core.Unavailable && e.Sent:
		out.Reason = core.MaybeSent
	case out.Reason == core.Throttled:
		if out.RetryAfter = e.RetryAfter; out.RetryAfter <= 0 {
			out.RetryAfter = time.Second // it named nothing: guess
		}
	case out.Reason == core.RoomMoved:
		out.Detail = strconv.FormatInt(e.MigrateToChatID, 10)
	}
	return out
}
