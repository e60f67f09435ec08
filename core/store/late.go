package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// What customers wrote and the group does not show yet: files that follow their
// text, in lanes of their own, are not waited for.
const lateWords = ` FROM jobs WHERE lane >= $1 AND lane < $2 AND state < 2 AND kind = $3 AND created_at < $4 AND lane NOT LIKE '%/%'`

func lateArgs(before time.Time) []any {
	return []any{string(ToTopic), string(rune(ToTopic[0] + 1)), int(JobShow), Micros(before)}
}

// AnyLate reports words that wait for their topic since before a time, whatever
// they wait for. It reads no more than what came since then.
func (t *Tx) AnyLate(before time.Time) (bool, error) {
	var one int
	err := t.QueryRow(`SELECT 1`+lateWords+` LIMIT 1`, lateArgs(before)...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("late words: %w", err)
	}
	return true, nil
}

// Late counts the words that wait for their topic since before a time, and tells
// since when the oldest does. It reads the whole backlog.
func (t *Tx) Late(before time.Time) (n int, oldest time.Time, err error) {
	var at sql.NullInt64
	if err := t.QueryRow(`SELECT count(*), min(created_at)`+lateWords, lateArgs(before)...).Scan(&n, &at); err != nil {
		return 0, time.Time{}, fmt.Errorf("late words: %w", err)
	}
	return n, Time(at.Int64), nil
}
