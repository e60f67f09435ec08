package gateway

import (
	"parom/adapters/web"
	"parom/core"
	"parom/core/outbox"
	"parom/core/store"
)

// counting is the desk as the outbox's watch, with what is given up counted.
type counting struct {
	outbox.Watch
	metrics *web.Metrics
}

// Parked implements outbox.Watch. It counts once the change is on disk: it may
// run more than once before.
func (c counting) Parked(t *store.Tx, j store.Job, cause *core.SendError) error {
	channel := "console"
	if j.Lane.Family() == store.ToAddress {
		a, err := t.Address(core.AddressID(j.Lane.Number()))
		if err != nil {
			return err
		}
		channel = string(a.Channel)
	}
	t.OnCommit(func() { c.metrics.JobParked(channel, cause.Reason) })
	return c.Watch.Parked(t, j, cause)
}
