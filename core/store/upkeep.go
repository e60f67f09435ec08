package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"parom/core"
)

// forgetMax bounds what one transaction of housekeeping takes away: the writer is
// needed by others.
const forgetMax = 500

// ForgetNotices forgets notices that were settled before a time, with their
// buttons and words, and reports how many: it is called until there are none.
func (t *Tx) ForgetNotices(before time.Time) (int, error) {
	rows, err := t.Query(`SELECT id FROM notices WHERE settled_at <> 0 AND settled_at < $1 ORDER BY settled_at LIMIT `+strconv.Itoa(forgetMax),
		Micros(before))
	if err != nil {
		return 0, fmt.Errorf("settled notices: %w", err)
	}
	defer rows.Close()
	var old []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return 0, fmt.Errorf("settled notices: %w", err)
		}
		old = append(old, id)
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("settled notices: %w", err)
	}
	for _, id := range old {
		for _, q := range []string{
			`DELETE FROM buttons WHERE notice_id = $1 AND notice_id <> 0`,
			`DELETE FROM notices WHERE id = $1`,
		} {
			if _, err := t.Exec(q, id); err != nil {
				return 0, fmt.Errorf("forget notice %d: %w", id, err)
			}
		}
		if err := t.DropSetting(NoticeWords(id)); err != nil {
			return 0, fmt.Errorf("forget notice %d: %w", id, err)
		}
	}
	return len(old), nil
}

// NoticeWords names the setting that keeps the words of a notice while they may
// still change.
func NoticeWords(notice int64) string { return "notice:" + strconv.FormatInt(notice, 10) }

// ToldOnce names the setting that says that a person was told something in a
// dialog, for what is told once.
func ToldOnce(what string, d core.DialogID, p core.PersonID) string {
	return what + ":" + strconv.FormatInt(int64(d), 10) + ":" + string(p)
}

// ForgetTold forgets who was told what in dialogs that were closed before a time.
func (t *Tx) ForgetTold(what string, before time.Time) error {
	rows, err := t.Query(`SELECT name FROM settings WHERE name >= $1 AND name < $2`, what+":", what+";") // ";" follows ":"
	if err != nil {
		return fmt.Errorf("told of %s: %w", what, err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return fmt.Errorf("told of %s: %w", what, err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("told of %s: %w", what, err)
	}
	for _, name := range names {
		number, _, _ := strings.Cut(strings.TrimPrefix(name, what+":"), ":")
		id, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			continue // not one of ours
		}
		var over int
		err = t.QueryRow(`SELECT count(*) FROM dialogs WHERE id = $1 AND state <> $2 AND closed_at < $3`,
			id, int(DialogOpen), Micros(before)).Scan(&over)
		if err == nil && over > 0 {
			err = t.DropSetting(name)
		}
		if err != nil {
			return fmt.Errorf("told in dialog %d: %w", id, err)
		}
	}
	return nil
}

// ForgetParked forgets events and acts that could not be taken before a time.
func (t *Tx) ForgetParked(before time.Time) error {
	_, err := t.Exec(`DELETE FROM parked WHERE at < $1`, Micros(before))
	return err
}

// NoticeButton is the id of the button that a notice has for an action already,
// not pressed yet; ErrNotFound: it has none.
func (t *Tx) NoticeButton(notice, roomNo int64, action string) (string, error) {
	var id string
	err := t.QueryRow(`SELECT id FROM buttons WHERE notice_id = $1 AND notice_id <> 0 AND room_id = $2 AND action = $3 AND args = '' LIMIT 1`,
		notice, roomNo, action).Scan(&id)
	return id, one("button of a notice", err)
}
