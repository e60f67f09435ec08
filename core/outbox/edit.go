package outbox

import (
	"context"
	"fmt"
	"reflect"

	"parom/core"
	"parom/core/fit"
	"parom/core/store"
)

// editOp is one call of a JobEdit: Remote with a Range is changed in place,
// without one it is deleted; a Range alone is sent as a new piece.
type editOp struct {
	Remote core.RemoteID `json:"r,omitempty"`
	Range  *fit.Range    `json:"p,omitempty"`
}

// planEdit plans the next call that brings what the customer has to the
// message's present content. What to do is decided once and stored, because
// each call changes what there is.
func (c *AddressCarrier) planEdit(t *store.Tx, w work) (Step, error) {
	k, err := parseCuts(w.job.Cuts)
	if err != nil {
		return Step{}, err
	}
	if sum := ContentSum(w.message.Content); k.Sum != sum {
		ops, err := w.editOps(t)
		if err != nil {
			return Step{}, err
		}
		k = cuts{Sum: sum, Ops: ops, Round: k.Round + 1, Blobs: k.Blobs}
		w.job.Done, w.job.State = 0, store.JobWaiting
	}
	if w.job.Done >= len(k.Ops) {
		return Step{}, c.finishEdit(t, w, len(k.Ops) > 0)
	}
	op := k.Ops[w.job.Done]
	if op.Range == nil {
		return c.planTakeBack(w, k, op), nil
	}
	piece, err := w.fitter.Remake(w.message.Content, *op.Range)
	if err != nil {
		return Step{}, &core.SendError{Reason: core.Rejected, Detail: "internal error", Err: err}
	}
	p := core.Parcel{Key: pieceKey(w.job.Key, k.Round<<16+w.job.Done), To: w.to(), Content: piece, Attempt: w.job.Attempts + 1}
	if op.Remote == "" {
		return c.planParcel(t, w, k, p, *op.Range, func(t *store.Tx, k cuts, sent core.Sent) error {
			if err := w.addRemotes(t, *op.Range, sent); err != nil {
				return err
			}
			return c.editDone(t, w, k)
		})
	}
	return c.planChange(w, k, op, p), nil
}

// editOps compares the message's pieces with what the network has of it.
func (w work) editOps(t *store.Tx) ([]editOp, error) {
	rs, err := w.remotes(t, w.message.ID)
	if err != nil || len(rs) == 0 {
		return nil, err // nothing left yet: a send that is parked will carry the new content
	}
	if _, ok := w.adapter.(core.Editor); !ok {
		return nil, absent()
	}
	if closed(t, w.limits.EditWindow, rs) {
		return nil, &core.SendError{Reason: core.WindowClosed}
	}
	pieces, problems := w.fitter.Cut(w.message.Content)
	if len(problems) > 0 {
		return nil, &core.SendError{Reason: core.TooLarge, Detail: "file: " + problems[0].Rule.String()}
	}
	before, err := t.Versions(w.message.ID)
	if err != nil {
		return nil, err
	}
	var change, add []editOp
	for _, p := range pieces {
		r, ok := take(&rs, p.Range)
		switch {
		case !ok:
			add = append(add, editOp{Range: &p.Range})
		case w.differs(before, r, p):
			change = append(change, editOp{Remote: r.Remote, Range: &p.Range})
		}
	}
	var away []editOp
	if _, ok := w.adapter.(core.Deleter); ok && !closed(t, w.limits.DeleteWindow, rs) {
		for _, r := range rs {
			if r.Attachment < 0 {
				away = append(away, editOp{Remote: r.Remote})
			}
		}
	}
	return append(append(change, away...), add...), nil
}

// take takes the remote that carries a piece's first file, or for a piece of
// text the first that carries text alone, out of rs.
func take(rs *[]store.Remote, p fit.Range) (store.Remote, bool) {
	want := -1
	if len(p.Attachments) > 0 {
		want = p.Attachments[0]
	}
	for i, r := range *rs {
		if r.Attachment == want {
			*rs = append((*rs)[:i:i], (*rs)[i+1:]...)
			return r, true
		}
	}
	return store.Remote{}, false
}

// differs reports that a remote may show something else than a piece says. It
// shows its stretch of an earlier version, but which one is not known: an edit
// that a newer one replaced may have come to some of the remotes only.
func (w work) differs(before []store.Version, r store.Remote, p fit.Piece) bool {
	if p.Range.AsText || len(before) == 0 {
		return true
	}
	for _, v := range before {
		old, err := w.fitter.Remake(v.Content, fit.Range{From: r.From, To: r.To})
		if err != nil || !sameText(old.Text, p.Content.Text) {
			return true
		}
	}
	return false
}

func sameText(a, b core.Text) bool {
	return a.IsEmpty() && b.IsEmpty() ||
		a.Body == b.Body && (len(a.Spans)+len(b.Spans) == 0 || reflect.DeepEqual(a.Spans, b.Spans))
}

// planChange changes one remote in place.
func (c *AddressCarrier) planChange(w work, k cuts, op editOp, p core.Parcel) Step {
	w.job.Cuts = k.String()
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) {
			editor, ok := w.adapter.(core.Editor)
			if !ok {
				return nil, absent()
			}
			return nil, editor.Edit(ctx, w.to(), op.Remote, p)
		},
		Done: func(t *store.Tx, _ any) error {
			r, err := t.Remote(w.address.ChannelNo, op.Remote)
			if err != nil {
				return fmt.Errorf("edited part: %w", err)
			}
			if r.From, r.To = op.Range.From, op.Range.To; op.Range.AsText {
				r.From, r.To = 0, 0
			}
			if err := t.ForgetRemote(r.ChannelNo, r.Remote); err != nil {
				return err
			}
			if err := t.AddRemote(r); err != nil {
				return err
			}
			return c.editDone(t, w, k)
		},
		Deadline: transferTime(p.Content),
	}
}

// planTakeBack deletes a remote that the new content has no piece for.
func (c *AddressCarrier) planTakeBack(w work, k cuts, op editOp) Step {
	w.job.Cuts = k.String()
	return Step{
		Jobs: []store.Job{w.job},
		Call: func(ctx context.Context) (any, error) {
			deleter, ok := w.adapter.(core.Deleter)
			if !ok {
				return nil, absent()
			}
			return nil, gone(deleter.Delete(ctx, w.to(), []core.RemoteID{op.Remote}))
		},
		Done: func(t *store.Tx, _ any) error {
			if err := t.ForgetRemote(w.address.ChannelNo, op.Remote); err != nil {
				return err
			}
			return c.editDone(t, w, k)
		},
	}
}

// editDone records one call of an edit.
func (c *AddressCarrier) editDone(t *store.Tx, w work, k cuts) error {
	if w.job.Done++; w.job.Done >= len(k.Ops) {
		return c.finishEdit(t, w, true)
	}
	return saveAgain(t, nextTurn(w.job, k))
}

func (c *AddressCarrier) finishEdit(t *store.Tx, w work, called bool) error {
	if err := t.FinishJob(w.job); err != nil || !called {
		return err
	}
	return c.sent(t, w.job, w.message)
}
