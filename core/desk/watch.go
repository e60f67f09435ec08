package desk

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/lang"
	"parom/core/outbox"
	"parom/core/store"
)

var _ outbox.Watch = (*Desk)(nil)

// stateRef is the word for how far an answer has come.
func stateRef(d core.Delivery) lang.Ref { return lang.Ref{Key: "delivery." + d.String()} }

// deliveryNow is how far an answer has come: one whose hold is over waits, though
// nothing was recorded when it ended.
func deliveryNow(t *store.Tx, m core.Message) (core.Delivery, error) {
	if m.Delivery != core.DeliveryHeld {
		return m.Delivery, nil
	}
	js, err := t.JobsOf(m.ID)
	if err != nil {
		return m.Delivery, err
	}
	for _, j := range js {
		if j.Kind == store.JobSend && (j.Error != "" || j.State != store.JobWaiting || !j.DueAt.After(t.Now())) {
			return core.DeliveryWaiting, nil
		}
	}
	return m.Delivery, nil
}

// Sent implements outbox.Watch: the sign on the operator's post follows, and a
// possible duplicate is told to the operators alone.
func (d *Desk) Sent(t *store.Tx, j store.Job, m core.Message) error {
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	switch j.Kind {
	case store.JobSend:
		if m.Twice {
			if err := dialogs.Say(t, dia.Topic, dialogs.Line{Key: "line.twice", About: m.ID}); err != nil {
				return err
			}
		}
		return dialogs.Sign(t, dia.Topic, m.ID, time.Time{})
	case store.JobDelete:
		if err := t.SetDelivery(m.ID, core.DeliveryDeleted); err != nil {
			return err
		}
		if err := t.MarkDeleted(m.ID, t.Now()); err != nil {
			return err
		}
		if err := dialogs.Sign(t, dia.Topic, m.ID, time.Time{}); err != nil {
			return err
		}
		return dialogs.Say(t, dia.Topic, dialogs.Line{Key: "line.removed", About: m.ID})
	}
	return nil
}

// Slow implements outbox.Watch: an answer that waits shows that it does.
func (d *Desk) Slow(t *store.Tx, j store.Job) error {
	if j.Kind != store.JobSend {
		return nil
	}
	m, err := t.Message(j.Message)
	if err != nil {
		return err
	}
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	return dialogs.Sign(t, dia.Topic, m.ID, time.Time{})
}

// Parked implements outbox.Watch: what was given up is told, with its cause and
// what can be done, to who would miss it.
func (d *Desk) Parked(t *store.Tx, j store.Job, cause *core.SendError) error {
	switch j.Lane.Family() {
	case store.ToAddress:
		return d.parkedAnswer(t, j, cause)
	case store.ToTopic:
		return d.parkedShow(t, j, cause)
	}
	d.log.Warn("job parked", "job", j.ID, "reason", cause.Reason.String())
	return t.FinishJob(j) // cosmetics: nobody misses them
}

func (d *Desk) parkedAnswer(t *store.Tx, j store.Job, cause *core.SendError) error {
	m, err := t.Message(j.Message)
	if err != nil {
		return err
	}
	a, err := t.Address(m.Address)
	if err != nil {
		return err
	}
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	if cause.Reason == core.PeerGone {
		if err := d.o.Router.Lost(t, a, cause.Detail); err != nil {
			return err
		}
	}
	others, err := d.o.Router.OtherAddresses(t, a)
	if err != nil {
		return err
	}
	args := dialogs.Args{"Channel": d.o.Router.Channel(a.Channel).Name, "Cause": cause.Reason, "Detail": cause.Detail, "Others": others}
	switch j.Kind {
	case store.JobSend:
		if m.Delivery != core.DeliverySent {
			if err := t.SetDelivery(m.ID, core.DeliveryFailed); err != nil {
				return err
			}
		}
		if err := dialogs.Sign(t, dia.Topic, m.ID, time.Time{}); err != nil {
			return err
		}
		return d.notify(t, &store.Notice{Topic: dia.Topic, Message: m.ID, Kind: "failed"},
			dialogs.Line{About: m.ID, Args: args, Loud: true})
	case store.JobEdit, store.JobDelete:
		key := "line.edit_failed"
		if j.Kind == store.JobDelete {
			key = "line.delete_failed"
		}
		if err := t.FinishJob(j); err != nil {
			return err
		}
		return dialogs.Say(t, dia.Topic, dialogs.Line{Key: key, About: m.ID, Args: args, Loud: true})
	}
	return t.FinishJob(j) // reactions and read marks: nobody misses them
}

// parkedShow tells that something could not be shown: the words of a customer
// are told in a line of our own. Told or logged, the job is done with.
func (d *Desk) parkedShow(t *store.Tx, j store.Job, cause *core.SendError) error {
	d.log.Error("not shown", "job", j.ID, "msg", j.Message, "reason", cause.Reason.String())
	if err := t.FinishJob(j); err != nil || j.Kind != store.JobShow {
		return err
	}
	m, err := t.Message(j.Message)
	if errors.Is(err, store.ErrNotFound) {
		return nil // erased
	}
	if err != nil {
		return err
	}
	dia, err := t.Dialog(m.Dialog)
	if err != nil {
		return err
	}
	return dialogs.Say(t, dia.Topic, dialogs.Line{
		Key: "line.not_shown", Quote: m.Content.Text.Body, Loud: true, Stands: m.ID,
		Args: dialogs.Args{"Cause": cause.Reason, "Count": len(m.Content.Attachments)},
	})
}

// retry puts a failed answer back in its place, and reports whether there is one.
func (d *Desk) retry(t *store.Tx, m core.MessageID) (bool, error) {
	again := false
	err := d.parkedJobs(t, m, func(j store.Job) error {
		again = true
		if err := t.SetDelivery(m, core.DeliveryWaiting); err != nil {
			return err
		}
		return d.o.Outbox.Retry(t, j.ID)
	})
	return again, err
}

// dropFailed gives a failed answer up for good.
func (d *Desk) dropFailed(t *store.Tx, m core.MessageID) error {
	return d.parkedJobs(t, m, func(j store.Job) error {
		_, err := d.o.Outbox.Drop(t, j.ID)
		return err
	})
}

func (d *Desk) parkedJobs(t *store.Tx, m core.MessageID, fn func(store.Job) error) error {
	js, err := t.JobsOf(m)
	if err != nil {
		return err
	}
	for _, j := range js {
		if j.State == store.JobParked && j.Lane.Family() == store.ToAddress {
			if err := fn(j); err != nil {
				return err
			}
		}
	}
	return nil
}

// Timers carries the lanes of things that fall due: no network is called.
func (d *Desk) Timers() outbox.Carrier { return timers{d} }

type timers struct{ d *Desk }

// Costs implements outbox.Carrier: time costs nothing.
func (timers) Costs(store.Head) []outbox.Cost { return nil }

// Plan implements outbox.Carrier: a notice whose time has come loses its buttons.
func (c timers) Plan(_ *store.Tx, jobs []store.Job) (outbox.Step, error) {
	j := jobs[0]
	return outbox.Step{Jobs: jobs[:1], Done: func(t *store.Tx, _ any) error {
		id, err := strconv.ParseInt(j.Payload, 10, 64)
		if err != nil {
			return fmt.Errorf("timer of job %d: %w", j.ID, err)
		}
		n, err := t.Notice(id)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		if err == nil && n.SettledAt.IsZero() && n.Kind != "failed" {
			if err := c.d.settle(t, n, "", "expired"); err != nil {
				return err
			}
		}
		return t.FinishJob(j)
	}}, nil
}
