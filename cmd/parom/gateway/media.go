package gateway

import (
	"context"
	"errors"
	"io"

	"parom/core"
	"parom/core/spool"
	"parom/core/store"
)

// putter is the spool as the outbox's porter needs it.
type putter struct{ *spool.Spool }

// Put implements outbox.Spool.
func (p putter) Put(ctx context.Context, _ int64, write func(w io.Writer) error) (string, int64, error) {
	f, err := p.Store(ctx, write) // the porter bounds the stream itself
	if errors.Is(err, spool.ErrTooLarge) {
		err = &core.SendError{Reason: core.TooLarge, Detail: err.Error(), Err: err}
	}
	return f.Blob, f.SizeBytes, err
}

// keepHouse clears away what is old until ctx ends.
func (g *Gateway) keepHouse(ctx context.Context) error {
	for core.Sleep(ctx, g.clock, housekeeping) == nil {
		before := g.clock.Now().Add(-g.cfg.Media.KeepFor)
		// Bytes that a waiting job still needs are fetched again from their
		// holder; a day is longer than any job is tried.
		if _, _, err := g.spool.Expire(ctx, before, func(string) bool { return false }); err != nil {
			g.log.Error("clear media", "reason", err)
		}
		err := g.db.Update(ctx, func(t *store.Tx) error { return t.ForgetAlbums(g.clock.Now().Add(-housekeeping)) })
		if err != nil && ctx.Err() == nil {
			g.log.Error("clear albums", "reason", err)
		}
	}
	return nil
}
