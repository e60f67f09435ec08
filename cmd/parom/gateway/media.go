package gateway

import (
	"context"
	"errors"
	"time"

	"parom/core"
	"parom/core/desk"
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
		if err := forgetOld(ctx, g.db, g.clock.Now()); err != nil && ctx.Err() == nil {
			g.log.Error("clear what is over", "reason", err)
		}
	}
	return nil
}

const (
	keepNotices = 30 * 24 * time.Hour // after they were settled: their buttons say who was first
	keepParked  = 90 * 24 * time.Hour // events that could not be taken, for who looks into it
)

// forgetOld takes out of the store what nobody will ask for again.
func forgetOld(ctx context.Context, db *store.DB, now time.Time) error {
	for {
		n := 0
		err := db.Update(ctx, func(t *store.Tx) (err error) {
			n, err = t.ForgetNotices(now.Add(-keepNotices))
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	return db.Update(ctx, func(t *store.Tx) error {
		return errors.Join(
			t.ForgetAlbums(now.Add(-housekeeping)),
			t.ForgetTold(desk.RepliesOnlyTold, now.Add(-keepNotices)),
			t.ForgetParked(now.Add(-keepParked)),
		)
	})
}
