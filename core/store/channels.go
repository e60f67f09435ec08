package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"parom/core"
)

// ErrNotFound says that the row asked for is not there.
var ErrNotFound = errors.New("not found")

// ErrOtherAccount says that a channel's name belongs to another account.
var ErrOtherAccount = errors.New("the channel was made for another account")

// one maps the driver's "no rows" to ErrNotFound.
func one(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", what, ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// BindChannel ties a channel to an account for good and returns its number.
func (t *Tx) BindChannel(name core.ChannelID, account string) (int64, error) {
	var id int64
	var bound string
	err := t.QueryRow(`SELECT id, account FROM channels WHERE name = $1`, string(name)).Scan(&id, &bound)
	if errors.Is(err, sql.ErrNoRows) {
		return t.Insert(`INSERT INTO channels (name, account, bound_at) VALUES ($1, $2, $3) RETURNING id`,
			string(name), account, Micros(t.Now()))
	}
	if err != nil {
		return 0, fmt.Errorf("bind channel %s: %w", name, err)
	}
	if bound != account {
		return 0, fmt.Errorf("channel %s is bound to %s, not to %s: %w", name, bound, account, ErrOtherAccount)
	}
	return id, nil
}

// ChannelNumber is the row id of a bound channel.
func (t *Tx) ChannelNumber(name core.ChannelID) (int64, error) {
	if no, known := t.db.channels.Load(name); known {
		return no.(int64), nil //nolint:forcetypeassert // stored below
	}
	var id int64
	err := t.QueryRow(`SELECT id FROM channels WHERE name = $1`, string(name)).Scan(&id)
	if err == nil { // for good, but not before it is on disk
		t.OnCommit(func() { t.db.channels.Store(name, id) })
	}
	return id, one("channel "+string(name), err)
}

// ChannelName is the name of a bound channel.
func (t *Tx) ChannelName(id int64) (core.ChannelID, error) {
	var name string
	err := t.QueryRow(`SELECT name FROM channels WHERE id = $1`, id).Scan(&name)
	return core.ChannelID(name), one("channel", err)
}

// ChannelAccount is the account a channel is bound to; empty when it is not yet.
func (t *Tx) ChannelAccount(name core.ChannelID) (string, error) {
	var account string
	err := t.QueryRow(`SELECT account FROM channels WHERE name = $1`, string(name)).Scan(&account)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return account, one("channel", err)
}

// FirstTime remembers a key for good and reports whether it is new.
func (t *Tx) FirstTime(key string) (bool, error) {
	sum := sha256.Sum256([]byte(key))
	n, err := t.Exec(`INSERT INTO seen (key) VALUES ($1) ON CONFLICT DO NOTHING`, sum[:16])
	if err != nil {
		return false, fmt.Errorf("remember key: %w", err)
	}
	return n == 1, nil
}

// Cursor implements core.Cursors.
func (d *DB) Cursor(ctx context.Context, account string) (core.Cursor, error) {
	var c core.Cursor
	err := d.View(ctx, func(t *Tx) error {
		var at int64
		err := t.QueryRow(`SELECT value, at FROM cursors WHERE account = $1`, account).Scan(&c.Value, &at)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		c.At = Time(at)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("cursor of %s: %w", account, err)
	}
	return c, nil
}

// SaveCursor implements core.Cursors.
func (d *DB) SaveCursor(ctx context.Context, account, value string) error {
	err := d.Update(ctx, func(t *Tx) error {
		_, err := t.Exec(`INSERT INTO cursors (account, value, at) VALUES ($1, $2, $3)
			ON CONFLICT (account) DO UPDATE SET value = excluded.value, at = excluded.at`,
			account, value, Micros(t.Now()))
		return err
	})
	if err != nil {
		return fmt.Errorf("save cursor of %s: %w", account, err)
	}
	return nil
}

// Setting is a value kept by name; empty when it was never set.
func (t *Tx) Setting(name string) (string, error) {
	var v string
	err := t.QueryRow(`SELECT value FROM settings WHERE name = $1`, name).Scan(&v)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return v, one("setting "+name, err)
}

// SetSetting keeps a value by name.
func (t *Tx) SetSetting(name, value string) error {
	_, err := t.Exec(`INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// DropSetting forgets a value kept by name.
func (t *Tx) DropSetting(name string) error {
	_, err := t.Exec(`DELETE FROM settings WHERE name = $1`, name)
	return err
}

// Park keeps an event or act that could not be taken, so that nothing is lost.
func (t *Tx) Park(key string, channel core.ChannelID, raw, cause string) error {
	_, err := t.Exec(`INSERT INTO parked (key, channel, raw, error, at) VALUES ($1, $2, $3, $4, $5)`,
		key, string(channel), raw, cause, Micros(t.Now()))
	return err
}
