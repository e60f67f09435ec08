package dialogs

import (
	"errors"
	"fmt"
	"time"

	"parom/core"
	"parom/core/store"
)

// ErrClosed says that there is no open dialog to act on.
var ErrClosed = errors.New("the dialog is closed")

// Ensure returns the open dialog of a topic, opened anew when there is none.
// A new one keeps the responsible of the last, unless that was released.
func Ensure(t *store.Tx, topic core.TopicID, department core.DepartmentID) (d store.Dialog, opened bool, err error) {
	d, err = t.OpenDialog(topic)
	if err == nil || !errors.Is(err, store.ErrNotFound) {
		return d, false, err
	}
	last, err := t.LastDialog(topic)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return d, false, err
	}
	if last.ID != 0 && last.Department != "" {
		department = last.Department
	}
	d, err = t.NewDialog(topic, department)
	if err != nil {
		return d, false, err
	}
	d.Assignee = last.Assignee
	d.Address = last.Address
	d.Divided = last.ID == 0 // the topic's first dialog has the card instead
	if err := t.SaveDialog(d); err != nil {
		return d, false, err
	}
	return d, true, t.Log(store.Entry{Topic: topic, Dialog: d.ID, Action: "open"})
}

// CustomerSpoke counts a message of the customer. The caller saves d.
func CustomerSpoke(d *store.Dialog, at time.Time) {
	d.CustomerAt = at
	if d.Unanswered == 0 {
		d.WaitSince = at
	}
	d.Unanswered++
}

// WeSpoke counts an answer of ours. The caller saves d.
func WeSpoke(d *store.Dialog, at time.Time) {
	d.AnsweredAt, d.Unanswered, d.WaitSince = at, 0, time.Time{}
}

// Take makes a person responsible and reports whether that changed anything.
func Take(t *store.Tx, d *store.Dialog, by, who core.PersonID) (bool, error) {
	if d.Assignee == who {
		return false, nil
	}
	d.Assignee = who
	if err := t.SaveDialog(*d); err != nil {
		return false, err
	}
	if err := t.Log(store.Entry{Topic: d.Topic, Dialog: d.ID, Actor: string(by), Action: "take", Data: string(who)}); err != nil {
		return false, err
	}
	return true, Refresh(t, d.Topic)
}

// Close ends a dialog. The responsible stays unless he is released; the bot may
// speak again in the next one.
func Close(t *store.Tx, d *store.Dialog, by core.PersonID, reason string, release bool) error {
	if d.State != store.DialogOpen {
		return ErrClosed
	}
	d.State, d.ClosedAt, d.CloseReason, d.MutedUntil = store.DialogClosed, t.Now(), reason, time.Time{}
	d.Unanswered, d.WaitSince = 0, time.Time{}
	if release {
		d.Assignee = ""
	}
	if err := t.SaveDialog(*d); err != nil {
		return err
	}
	if err := t.Log(store.Entry{Topic: d.Topic, Dialog: d.ID, Actor: string(by), Action: "close", Data: reason}); err != nil {
		return err
	}
	return Refresh(t, d.Topic)
}

// Reopen opens the topic's last dialog again.
func Reopen(t *store.Tx, topic core.TopicID, by core.PersonID) (store.Dialog, bool, error) {
	d, err := t.LastDialog(topic)
	if err != nil {
		return d, false, err
	}
	if d.State == store.DialogOpen {
		return d, false, nil
	}
	d.State, d.ClosedAt, d.CloseReason = store.DialogOpen, time.Time{}, ""
	if err := t.SaveDialog(d); err != nil {
		return d, false, err
	}
	if err := t.Log(store.Entry{Topic: topic, Dialog: d.ID, Actor: string(by), Action: "reopen"}); err != nil {
		return d, false, err
	}
	return d, true, Refresh(t, topic)
}

// Mute keeps the bot quiet until a time, and withdraws what it had queued for the
// dialog in the same transaction. store.Forever has no end; a time that is past
// lets it speak again. It reports whether anything changed.
func Mute(t *store.Tx, d *store.Dialog, by core.PersonID, until time.Time) (bool, error) {
	if until.After(t.Now()) {
		if err := withdrawBot(t, *d); err != nil {
			return false, fmt.Errorf("mute dialog %d: %w", d.ID, err)
		}
	} else {
		until = time.Time{}
	}
	if d.MutedUntil.Equal(until) {
		return false, nil
	}
	d.MutedUntil = until
	if err := t.SaveDialog(*d); err != nil {
		return false, err
	}
	action := "mute"
	if until.IsZero() {
		action = "unmute"
	}
	if err := t.Log(store.Entry{Topic: d.Topic, Dialog: d.ID, Actor: string(by), Action: action}); err != nil {
		return false, err
	}
	return true, Refresh(t, d.Topic)
}

// IsMuted reports that the bot is quiet in a dialog at a time.
func IsMuted(d store.Dialog, at time.Time) bool { return d.MutedUntil.After(at) }

// withdrawBot takes the bot's words to a dialog that have not been attempted out
// of their lanes.
func withdrawBot(t *store.Tx, d store.Dialog) error {
	ms, err := t.WaitingOf(d.ID, core.FromBot)
	if err != nil {
		return err
	}
	for _, m := range ms {
		_, left, err := t.Withdraw(m, store.JobSend)
		if err != nil {
			return err
		}
		if left > 0 {
			continue // already on its way
		}
		if _, _, err := t.Withdraw(m, store.JobShow); err != nil {
			return err
		}
		if err := t.SetDelivery(m, core.DeliveryWithdrawn); err != nil {
			return err
		}
	}
	return nil
}
