package desk

import (
	"context"
	"strings"

	"parom/core"
	"parom/core/fit"
	"parom/core/outbox"
	"parom/core/store"
)

const (
	titleUnits       = 120 // of a topic's title, in UTF-16: consoles cut it soon after
	channelGraphemes = 40  // of a channel's name in it
)

// titleOf is the title of a topic and its icon, which its channel keeps for good:
// the channel of an address, or the one that the title names already.
func (d *Desk) titleOf(t *store.Tx, s scene, address core.AddressID) (title, icon string, err error) {
	as, err := t.AddressesOf(s.topic.Contact)
	if err != nil || len(as) == 0 {
		return s.topic.Title, s.topic.Icon, err
	}
	at := as[0]
	for _, a := range as {
		if address == 0 && a.FirstAt.Before(at.FirstAt) || a.ID == address {
			at = a
		}
	}
	const between = " · "
	for _, a := range as {
		if s.topic.Title != "" && strings.HasPrefix(s.topic.Title, d.titleChannel(a)+between) {
			at = a
			break
		}
	}
	contact, err := t.Contact(s.topic.Contact)
	if err != nil {
		return "", "", err
	}
	name := fit.Name(contact.Name)
	if name == "" && at.Username != "" {
		name = "@" + strings.TrimPrefix(fit.Name(at.Username), "@")
	}
	if name == "" {
		name = s.texts.Text("card.nameless")
	}
	title = d.titleChannel(at) + between + name
	for n := fit.MaxNameGraphemes; fit.UTF16Len(title) > titleUnits && n > 8; n /= 2 {
		title = d.titleChannel(at) + between + fit.Short(name, n)
	}
	return title, d.o.Router.Channel(at.Channel).Icon, nil
}

func (d *Desk) titleChannel(a store.Address) string {
	return fit.Short(d.o.Router.Channel(a.Channel).Name, channelGraphemes)
}

// retitle enqueues the title when it is another now.
func (c *carrier) retitle(t *store.Tx, s scene) error {
	title, icon, err := c.titleOf(t, s, 0)
	if err != nil || title == s.topic.Title && icon == s.topic.Icon {
		return err
	}
	return t.Enqueue(&store.Job{Lane: store.CosmeticLane(s.topic.ID), Kind: store.JobTopic, Slot: "topic", Priority: store.Cosmetics})
}

// planTopic changes title and icon.
func (c *carrier) planTopic(t *store.Tx, s scene, j store.Job) (outbox.Step, error) {
	title, icon, err := c.titleOf(t, s, 0)
	if err != nil {
		return outbox.Step{}, err
	}
	newTitle, newIcon := title, icon
	if title == s.topic.Title {
		newTitle = ""
	}
	if icon == s.topic.Icon {
		newIcon = ""
	}
	if newTitle == "" && newIcon == "" {
		return outbox.Step{}, t.FinishJob(j)
	}
	ref := s.place()
	keep := func(t *store.Tx) error {
		topic, err := t.Topic(s.topic.ID)
		if err != nil {
			return err
		}
		topic.Title, topic.Icon = title, icon
		if err := t.SaveTopic(topic); err != nil {
			return err
		}
		return t.FinishJob(j)
	}
	return outbox.Step{
		Jobs: []store.Job{j},
		Call: func(ctx context.Context) (any, error) { return nil, c.o.Console.EditTopic(ctx, ref, newTitle, newIcon) },
		Done: func(t *store.Tx, _ any) error { return keep(t) },
		Failed: func(t *store.Tx, e *core.SendError) (bool, error) {
			switch e.Reason {
			case core.BadConfig: // a title is no reason to hold the room
				return true, t.FinishJob(j)
			case core.Rejected:
				return true, keep(t) // it will not be taken another time either
			}
			if done, err := c.mended(t, s, []store.Job{j}, e); done || err != nil || !lasting(e) {
				return done, err
			}
			return true, t.FinishJob(j)
		},
		Deadline: callTime,
	}, nil
}
