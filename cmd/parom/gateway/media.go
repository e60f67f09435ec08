package gateway

import (
	"context"

	"parom/core"
	"parom/core/store"
)

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
