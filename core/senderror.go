package core

import (
	"errors"
	"fmt"
	"time"
)

// Reason classifies why a network did not do what was asked. Adapters classify;
// the outbox alone decides what to do about it.
type Reason uint8

// Reasons.
const (
	Unavailable  Reason = iota + 1 // not now; nothing was taken; try again
	Throttled                      // wait RetryAfter exactly, then try again
	MaybeSent                      // the answer was lost; it may have been taken
	Rejected                       // this content will never be taken
	TooLarge                       // a file or text is over the network's limit
	WindowClosed                   // too late to edit, delete or answer
	PeerGone                       // blocked, deleted, never there
	BadConfig                      // token, right or setting: somebody must act
	TargetGone                     // the message to edit, delete or mark is not there
	TopicGone                      // the room is not there
	TopicClosed                    // the room was closed by hand
	RoomMoved                      // the group has another id now: Detail names it
	MediaGone                      // the reference to a file is dead; fetch again and upload
)

var reasonNames = [...]string{
	"", "unavailable", "throttled", "maybe_sent", "rejected", "too_large", "window_closed",
	"peer_gone", "bad_config", "target_gone", "topic_gone", "topic_closed", "room_moved", "media_gone",
}

// String is the reason's name in logs, metrics and text keys.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

// SendError is a classified failure of an adapter or a console.
type SendError struct {
	Reason     Reason
	RetryAfter time.Duration // exact, for Throttled; zero elsewhere
	Detail     string        // the network's own words, free of secrets; the new room for RoomMoved
	Err        error         // cause for the log; may be nil
}

func (e *SendError) Error() string {
	s := e.Reason.String()
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	if e.RetryAfter > 0 {
		s += fmt.Sprintf(" (retry after %s)", e.RetryAfter)
	}
	return s
}

func (e *SendError) Unwrap() error { return e.Err }

// ReasonOf is the reason in err's chain; Unavailable for an unclassified error,
// zero for nil.
func ReasonOf(err error) Reason {
	if err == nil {
		return 0
	}
	var e *SendError
	if errors.As(err, &e) {
		return e.Reason
	}
	return Unavailable
}
