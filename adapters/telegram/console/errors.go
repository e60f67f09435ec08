package console

import (
	"errors"
	"strings"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
)

// Names of the rights the console lives on, as the Bot API has them; the first
// is not a right but the standing that carries them.
const (
	rightAdmin  = "admin"
	rightTopics = "can_manage_topics"
	rightDelete = "can_delete_messages"
	rightPin    = "can_pin_messages"
)

// asked is what a call was for: it decides what its failure means.
type asked uint8

const (
	toShow   asked = iota // makes a post or a topic: a lost answer may have made one
	toChange              // sets something: asking again is harmless
)

// classify turns a failed call in a room into a *core.SendError. A group that is
// lost is a matter of setting, not of a customer; right is the one the call needs.
func classify(err error, chat int64, what asked, right string) error {
	if err == nil {
		return nil
	}
	err = telegram.Classify(err)
	var e *core.SendError
	if !errors.As(err, &e) {
		return err
	}
	out := *e
	switch kind := botapi.KindOf(err); {
	case out.Reason == core.MaybeSent && what == toChange:
		out.Reason = core.Unavailable
	case out.Reason == core.PeerGone && chat < 0, kind == botapi.KindForbidden && chat < 0:
		out.Reason = core.BadConfig
	case kind == botapi.KindNoTopicRights:
		out.Detail = lacking(rightTopics, out.Detail)
	case kind == botapi.KindNoRights && right != "":
		out.Detail = lacking(right, out.Detail)
	}
	return &out
}

// lacking names the missing right before the server's own words.
func lacking(right, words string) string {
	if strings.HasPrefix(words, right) {
		return words
	}
	return right + ": " + words
}

func rejected(why string) error { return &core.SendError{Reason: core.Rejected, Detail: why} }
