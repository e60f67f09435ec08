package desk

import (
	"errors"
	"strings"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// command runs what was typed. It and its post stay in the topic; nothing of it
// goes to a customer, and an unknown one is told.
func (d *Desk) command(x act, j Judged, b core.Wrote) error {
	if err := d.remember(x, store.PostNote); err != nil {
		return err
	}
	for _, c := range commandTable() {
		if c.name != j.Name {
			continue
		}
		if c.topic && !x.bound() {
			if x.group != "" && x.a.Topic.Thread != "" {
				return nil // a topic of people: not ours to talk into
			}
			return d.tell(x, dialogs.Line{Key: "notice.needs_topic", Post: x.a.Post})
		}
		return c.run(d, x, call{name: j.Name, rest: j.Rest, reply: b.ReplyTo.Seq != 0}.with(b))
	}
	if !x.bound() && x.group != "" {
		return nil // General: other bots have commands too
	}
	return d.tell(x, dialogs.Line{Key: "notice.unknown_command", Post: x.a.Post})
}

func (d *Desk) cmdTake(x act, _ call) error {
	dia, _, err := dialogs.Ensure(x.t, x.topic.ID, "")
	if err != nil {
		return err
	}
	if dia.Assignee != "" && dia.Assignee != x.who.Person && x.who.Role < Supervisor {
		return d.tell(x, dialogs.Line{Key: "notice.taken", Post: x.a.Post, Args: dialogs.Args{"Who": d.nameOf(x.t, dia.Assignee)}})
	}
	_, err = d.takeFor(x, &dia)
	return err
}

// takeFor makes the author responsible and says so.
func (d *Desk) takeFor(x act, dia *store.Dialog) (bool, error) {
	changed, err := dialogs.Take(x.t, dia, x.who.Person, x.who.Person)
	if err != nil || !changed {
		return changed, err
	}
	return true, dialogs.Say(x.t, x.topic.ID, dialogs.Line{Key: "line.taken", Args: dialogs.Args{"Who": d.nameOf(x.t, x.who.Person)}})
}

func (d *Desk) cmdDrop(x act, _ call) error {
	dia, err := x.t.LastDialog(x.topic.ID)
	if err != nil {
		return err
	}
	if dia.Assignee != x.who.Person && x.who.Role < Supervisor {
		return d.tell(x, dialogs.Line{Key: "notice.not_responsible", Post: x.a.Post})
	}
	changed, err := dialogs.Take(x.t, &dia, x.who.Person, "")
	if err != nil || !changed {
		return err
	}
	return dialogs.Say(x.t, x.topic.ID, dialogs.Line{Key: "line.dropped", Args: dialogs.Args{"Who": d.nameOf(x.t, x.who.Person)}})
}

func (d *Desk) cmdClose(x act, c call) error {
	dia, err := x.t.LastDialog(x.topic.ID)
	if err != nil {
		return err
	}
	reason, release := c.rest, false
	for _, word := range []string{"free", "свободно"} {
		if rest, ok := strings.CutPrefix(reason, word); ok && (rest == "" || rest[0] == ' ') {
			reason, release = strings.TrimSpace(rest), true
		}
	}
	err = d.closeDialog(x, &dia, reason, release)
	if errors.Is(err, dialogs.ErrClosed) {
		return d.tell(x, dialogs.Line{Key: "notice.closed_already", Post: x.a.Post})
	}
	return err
}

func (d *Desk) closeDialog(x act, dia *store.Dialog, reason string, release bool) error {
	if err := dialogs.Close(x.t, dia, x.who.Person, reason, release); err != nil {
		return err
	}
	return dialogs.Say(x.t, x.topic.ID, dialogs.Line{
		Key:  "line.closed",
		Args: dialogs.Args{"Who": d.nameOf(x.t, x.who.Person), "Reason": reason},
	})
}

func (d *Desk) cmdOpen(x act, _ call) error {
	_, changed, err := d.openDialog(x)
	if err != nil || changed {
		return err
	}
	return d.tell(x, dialogs.Line{Key: "notice.open_already", Post: x.a.Post})
}

func (d *Desk) openDialog(x act) (store.Dialog, bool, error) {
	dia, changed, err := dialogs.Reopen(x.t, x.topic.ID, x.who.Person)
	if err != nil || !changed {
		return dia, changed, err
	}
	return dia, true, dialogs.Say(x.t, x.topic.ID, dialogs.Line{Key: "line.opened", Args: dialogs.Args{"Who": d.nameOf(x.t, x.who.Person)}})
}

func (d *Desk) cmdMute(x act, c call) error {
	until := store.Forever
	if c.rest != "" {
		span, err := time.ParseDuration(strings.NewReplacer("ч", "h", "мин", "m", "м", "m", " ", "").Replace(strings.ToLower(c.rest)))
		if err != nil || span <= 0 {
			return d.tell(x, dialogs.Line{Key: "notice.bad_duration", Post: x.a.Post})
		}
		until = x.t.Now().Add(span)
	}
	return d.muteUntil(x, until)
}

func (d *Desk) cmdUnmute(x act, _ call) error { return d.muteUntil(x, time.Time{}) }

func (d *Desk) muteUntil(x act, until time.Time) error {
	dia, err := x.t.OpenDialog(x.topic.ID)
	if errors.Is(err, store.ErrNotFound) {
		return d.tell(x, dialogs.Line{Key: "notice.closed_already", Post: x.a.Post})
	}
	if err != nil {
		return err
	}
	_, err = dialogs.Mute(x.t, &dia, x.who.Person, until) // the card shows it
	return err
}

func (d *Desk) cmdNote(x act, c call) error {
	if c.rest == "" && len(c.content.Attachments) == 0 {
		return d.tell(x, dialogs.Line{Key: "notice.note_empty", Post: x.a.Post})
	}
	content := c.content
	content.Text = core.Plain(c.rest)
	return d.storeNote(x, content)
}

// target is the operator's message a command is about: the one it replies to, or
// the author's newest in the topic.
func (d *Desk) target(x act, c call) (core.Message, bool, error) {
	if c.reply {
		m, _, err := d.o.Router.AnswerAt(x.t, c.replyTo)
		if errors.Is(err, store.ErrNotFound) {
			return m, false, nil
		}
		return m, err == nil && m.Direction == core.FromOperator, err
	}
	m, err := x.t.LastAnswer(x.topic.ID, x.who.Person)
	if errors.Is(err, store.ErrNotFound) {
		return m, false, nil
	}
	return m, err == nil, err
}

func (d *Desk) cmdUndo(x act, c call) error {
	m, found, err := d.target(x, c)
	if err != nil {
		return err
	}
	if !found {
		return d.tell(x, dialogs.Line{Key: "notice.no_answer", Post: x.a.Post})
	}
	if !d.mayChange(x, m) {
		return d.tell(x, dialogs.Line{Key: "notice.not_your_answer", Post: x.a.Post})
	}
	done, err := d.o.Router.Undo(x.t, m)
	if err != nil {
		return err
	}
	if !done {
		return d.tell(x, dialogs.Line{Key: "notice.undo_late", Post: x.a.Post})
	}
	return d.tell(x, dialogs.Line{Key: "line.withdrawn", About: m.ID})
}

// mayChange: an answer is its author's; supervisors may step in.
func (d *Desk) mayChange(x act, m core.Message) bool {
	return m.Author == x.who.Person || x.who.Role >= Supervisor
}

func (d *Desk) cmdDelete(x act, c call) error {
	if !c.reply {
		return d.tell(x, dialogs.Line{Key: "notice.reply_needed", Post: x.a.Post})
	}
	m, found, err := d.target(x, c)
	if err != nil {
		return err
	}
	if !found {
		return d.tell(x, dialogs.Line{Key: "notice.no_answer", Post: x.a.Post})
	}
	if !d.mayChange(x, m) {
		return d.tell(x, dialogs.Line{Key: "notice.not_your_answer", Post: x.a.Post})
	}
	no, err := d.o.Router.DeleteAnswer(x.t, m)
	if err != nil || no == nil {
		return err
	}
	return d.refuse(x, m.ID, no, core.Content{})
}

func (d *Desk) cmdStatus(x act, c call) error {
	m, found, err := d.target(x, c)
	if err != nil {
		return err
	}
	if !found {
		return d.tell(x, dialogs.Line{Key: "notice.no_answer", Post: x.a.Post})
	}
	a, err := x.t.Address(m.Address)
	if err != nil {
		return err
	}
	state, err := deliveryNow(x.t, m)
	if err != nil {
		return err
	}
	ch := d.o.Router.Channel(a.Channel)
	args := dialogs.Args{
		"Channel": ch.Name, "Written": m.StoredAt, "State": stateRef(state),
		"Sent": "", "Twice": "", "NoReadMarks": "",
	}
	if m.Delivery >= core.DeliverySent && m.Delivery <= core.DeliveryRead {
		args["Sent"] = m.SentAt
	}
	if m.Twice {
		args["Twice"] = "yes"
	}
	if ch.Limits.ReadMarks == core.Absent {
		args["NoReadMarks"] = "yes"
	}
	return d.tell(x, dialogs.Line{Key: "line.status", About: m.ID, Args: args})
}

func (d *Desk) cmdCard(x act, _ call) error {
	if err := dialogs.Refresh(x.t, x.topic.ID); err != nil {
		return err
	}
	return d.tell(x, dialogs.Line{Key: "line.card", Args: dialogs.Args{"Card": d.cardText(x.t, x.topic)}, Post: x.a.Post})
}

// cmdHelp answers in private where it can: the group's budget is for customers.
func (d *Desk) cmdHelp(x act, _ call) error {
	if x.who.Role < Member {
		return nil
	}
	l := dialogs.Line{Key: "help.text"}
	o, err := x.t.Operator(x.who.Person)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if o.RoomNo != 0 {
		return dialogs.SayIn(x.t, o.RoomNo, l)
	}
	l.Post = x.a.Post
	return d.tell(x, l)
}
