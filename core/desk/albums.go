package desk

import (
	"parom/core"
	"parom/core/router"
	"parom/core/store"
)

// albumOf names an operator's album for ever.
func albumOf(x act, b core.Wrote) string { return router.AnswerAlbum(x.a.Post.Room, b.Group) }

// laterPart takes a part of an album whose first part was judged already: an
// album is one thing, and what it is was decided once. Only the mark of a note
// (or a command) on any part still makes all of it the team's own. It reports
// false when the part is to be judged for itself.
func (d *Desk) laterPart(x act, b core.Wrote) (bool, error) {
	fate, known, err := x.t.AlbumFate(albumOf(x, b))
	if err != nil || !known {
		return false, err
	}
	marked := isOurs(b.Content, d.selfName()) || b.Forwarded || b.Inline
	switch Verdict(fate) {
	case Ignored:
		return true, d.remember(x, store.PostNote)
	case Note, Command, Refused:
		return true, d.storeNote(x, b.Content)
	case Held:
		return d.laterHeld(x, b, marked)
	}
	if x.who.Role < Member { // he was an operator a moment ago
		return true, d.remember(x, store.PostNote)
	}
	a := d.answer(x, b, nil)
	if marked {
		if err := d.unsendAlbum(x, a); err != nil {
			return false, err
		}
		return true, d.albumNote(x, b)
	}
	if m, found, err := d.o.Router.AlbumAnswer(x.t, a); err != nil {
		return false, err
	} else if found && (m.Delivery == core.DeliveryWithdrawn || m.Direction != core.FromOperator) {
		// Taken back, or marked by an edit: so is what comes late.
		return true, d.albumNote(x, b)
	}
	_, joined, no, err := d.o.Router.JoinAnswer(x.t, a)
	if err != nil || no == nil {
		return joined, err
	}
	if err := d.remember(x, store.PostNote); err != nil {
		return true, err
	}
	return true, d.refuse(x, 0, no, core.Content{})
}

// selfName is the username of the console's bot; empty while it is not known.
func (d *Desk) selfName() string {
	if d.o.SelfName == nil {
		return ""
	}
	return d.o.SelfName()
}

// albumNote keeps a part, and with it all that follow, as a note.
func (d *Desk) albumNote(x act, b core.Wrote) error {
	if err := x.t.SetAlbumFate(albumOf(x, b), int(Note)); err != nil {
		return err
	}
	return d.storeNote(x, b.Content)
}

// laterHeld adds a part to an album that waits for a tap. When somebody has tapped
// already, a later part waits for a tap of its own.
func (d *Desk) laterHeld(x act, b core.Wrote, marked bool) (bool, error) {
	n, p, err := d.heldWhere(x, func(p heldPayload) bool { return p.Group == b.Group && p.Post.Room == x.a.Post.Room })
	if err != nil {
		return false, err
	}
	if marked { // what was tapped before may not have left yet
		if err := d.unsendAlbum(x, d.answer(x, b, nil)); err != nil {
			return false, err
		}
	}
	switch {
	case n.ID == 0 && marked:
		return true, d.albumNote(x, b)
	case n.ID == 0:
		return true, d.hold(x, b, "held_media")
	case !marked:
		p.More = append(p.More, heldPart{Post: x.a.Post, Content: b.Content})
		return true, d.saveHeld(x, n, p)
	}
	for _, part := range p.parts() {
		if err := d.heldNote(x, p, part); err != nil {
			return false, err
		}
	}
	if err := d.settle(x.t, n, x.a.By.ID, "note"); err != nil {
		return false, err
	}
	return true, d.albumNote(x, b)
}

// unsendAlbum makes a note of an album whose earlier parts were taken for an
// answer: a later one bears the mark. What has left already can only be deleted.
func (d *Desk) unsendAlbum(x act, a router.Answer) error {
	m, found, err := d.o.Router.AlbumAnswer(x.t, a)
	if err != nil || !found {
		return err
	}
	done, err := d.o.Router.Undo(x.t, m)
	switch {
	case err != nil:
		return err
	case done:
		return d.becomeNote(x.t, m)
	case m.Delivery == core.DeliveryWithdrawn || m.Delivery == core.DeliveryDeleted || m.Direction != core.FromOperator:
		return nil // nothing of it is at the customer
	}
	return d.offerDelete(x, m)
}
