package outbox_test

import (
	"context"

	"parom/core"
)

// Send panics where the fake would refuse.
func (p panicky) Send(ctx context.Context, c core.Parcel) (core.Sent, error) {
	s, err := p.AbleAdapter.Send(ctx, c)
	if err != nil {
		panic("boom")
	}
	return s, nil
}
