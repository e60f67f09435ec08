package desk

import (
	"context"
	"errors"
	"time"

	"parom/core"
	"parom/core/dialogs"
	"parom/core/store"
)

// An alarm has to be out before a customer's words have waited for a minute.
const (
	backlogLook = 10 * time.Second
	backlogLate = 45 * time.Second
	// backlogCalm is for how long nothing must be late before the alarm is over:
	// a group at its limit comes and goes.
	backlogCalm = time.Minute
)

// backlogAlarm is the setting under which an alarm that is on is kept.
const backlogAlarm = "alarm:backlog"

// WatchBacklog tells the supervisors when customers' words wait for the group for
// too long, once an incident, and when they do no more, until ctx ends.
func (d *Desk) WatchBacklog(ctx context.Context) error {
	var calm time.Time // since when nothing is late; zero: something is, or no alarm is on
	for {
		if err := d.lookAtBacklog(ctx, &calm); err != nil && ctx.Err() == nil {
			d.log.Error("look at the backlog", "reason", err)
		}
		if core.Sleep(ctx, d.o.Clock, backlogLook) != nil {
			return nil
		}
	}
}

func (d *Desk) lookAtBacklog(ctx context.Context, calm *time.Time) error {
	now := d.o.Clock.Now()
	var late bool
	var on string
	err := d.o.DB.View(ctx, func(t *store.Tx) (err error) {
		if late, err = t.AnyLate(now.Add(-backlogLate)); err == nil {
			on, err = t.Setting(backlogAlarm)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case late:
		*calm = time.Time{}
		if on == "" {
			return d.o.DB.Update(ctx, func(t *store.Tx) error { return d.raiseBacklog(t, now.Add(-backlogLate)) })
		}
	case on == "":
	case calm.IsZero():
		*calm = now
	case now.Sub(*calm) >= backlogCalm:
		*calm = time.Time{}
		return d.o.DB.Update(ctx, func(t *store.Tx) error {
			if err := t.DropSetting(backlogAlarm); err != nil {
				return err
			}
			return d.alarmSupervisors(t, "alarm.backlog_over", nil)
		})
	}
	return nil
}

func (d *Desk) raiseBacklog(t *store.Tx, before time.Time) error {
	n, oldest, err := t.Late(before)
	if err != nil || n == 0 {
		return err
	}
	if err := t.SetSetting(backlogAlarm, "on"); err != nil {
		return err
	}
	return d.alarmSupervisors(t, "alarm.backlog", dialogs.Args{"Jobs": n, "Delay": t.Now().Sub(oldest).Round(time.Second)})
}

// alarmSupervisors tells supervisors and admins in private. When the gateway can
// write to none of them, it is told in the groups: somebody has to know.
func (d *Desk) alarmSupervisors(t *store.Tx, key string, args dialogs.Args) error {
	told, err := d.alarmTo(t, Supervisor, key, args)
	if err != nil || told > 0 {
		return err
	}
	for _, g := range d.o.Router.Groups() {
		room, err := t.RoomOf(g)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if err := dialogs.SayIn(t, room.No, dialogs.Line{Key: key, Args: args, Loud: true}); err != nil {
			return err
		}
	}
	return nil
}
