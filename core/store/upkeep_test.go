package store

import (
	"errors"
	"strings"
	"testing"
	"time"

	"parom/core"
)

func count(t *testing.T, x *Tx, table string) (n int) {
	t.Helper()
	if err := x.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestForget_WhatIsOverGoesAndTheRestStays(t *testing.T) {
	update(t, testDB(t), func(x *Tx) error {
		later := x.Now().Add(time.Hour)
		for i := range 3 {
			n := Notice{Topic: 1, Kind: "failed"}
			if err := x.AddNotice(&n); err != nil {
				return err
			}
			if err := x.AddButton(ButtonRow{ID: "b" + string(rune('0'+i)), Notice: n.ID, RoomNo: 1, Topic: 1, Action: "retry"}); err != nil {
				return err
			}
			if err := x.SetSetting(NoticeWords(n.ID), "words"); err != nil {
				return err
			}
			if i == 0 {
				continue // still open
			}
			if _, err := x.SettleNotice(n.ID, "7"); err != nil {
				return err
			}
		}
		if err := x.AddButton(ButtonRow{ID: "card", RoomNo: 1, Topic: 1, Action: "take"}); err != nil {
			return err
		}
		if n, err := x.ForgetNotices(x.Now().Add(-time.Hour)); n != 0 || err != nil {
			t.Errorf("settled just now: %d %v", n, err)
		}
		n, err := x.ForgetNotices(later)
		if n != 2 || count(t, x, "notices") != 1 || count(t, x, "buttons") != 2 || count(t, x, "settings") != 1 {
			t.Errorf("%d gone; %d notices, %d buttons, %d settings stay", n, count(t, x, "notices"), count(t, x, "buttons"), count(t, x, "settings"))
		}
		if _, err := x.NoticeButton(1, 1, "retry"); err != nil {
			t.Errorf("button of the open notice: %v", err)
		}
		if _, err := x.NoticeButton(2, 1, "retry"); !errors.Is(err, ErrNotFound) {
			t.Errorf("button of a forgotten notice: %v", err)
		}
		return err
	})
}

func TestForgetTold_OnlyOfDialogsLongClosed(t *testing.T) {
	update(t, testDB(t), func(x *Tx) error {
		if _, err := x.Exec(`INSERT INTO contacts (id, name, created_at) VALUES (1, '', 0)`); err != nil {
			return err
		}
		for _, thread := range []core.ThreadID{"open", "closed"} {
			o, err := x.TopicFor(1, "g", thread)
			if err != nil {
				return err
			}
			d, err := x.NewDialog(o.ID, "")
			if err != nil {
				return err
			}
			if thread == "closed" {
				d.State, d.ClosedAt = DialogClosed, x.Now()
			}
			if err := errors.Join(x.SaveDialog(d), x.SetSetting(ToldOnce("what", d.ID, "7"), "1")); err != nil {
				return err
			}
		}
		for _, before := range []time.Time{x.Now().Add(-time.Hour), x.Now().Add(time.Hour)} {
			if err := x.ForgetTold("what", before); err != nil {
				return err
			}
			want := 2
			if before.After(x.Now()) {
				want = 1
			}
			if got := count(t, x, "settings"); got != want {
				t.Errorf("%d stay, want %d", got, want)
			}
		}
		return nil
	})
}

// TestPlans_OfQueriesThatRunInTheWriter names the queries that must not read whole
// tables.
func TestPlans_OfQueriesThatRunInTheWriter(t *testing.T) {
	d := testDB(t)
	update(t, d, func(x *Tx) error {
		for _, c := range []struct{ name, query string }{
			{"topics in flight", `SELECT ` + topicColumns + topicFrom + topicsInFlight},
			{"parked jobs", parkedJobs},
			{"settled notices", `SELECT id FROM notices WHERE settled_at <> 0 AND settled_at < 1 ORDER BY settled_at LIMIT 500`},
			{"topics with an open dialog", `SELECT ` + topicColumns + topicFrom + topicsWithOpenDialog},
			{"those of a channel", `SELECT ` + topicColumns + topicFrom + openTopics},
			{"a notice's button", `SELECT id FROM buttons WHERE notice_id = 1 AND notice_id <> 0 AND room_id = 2 AND action = 'x' AND args = '' LIMIT 1`},
		} {
			rows, err := x.Query(`EXPLAIN QUERY PLAN `+c.query, anyArgs(c.query)...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var id, parent, unused int
				var step string
				if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
					return err
				}
				if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "dialogs_open") && !strings.Contains(step, "jobs_parked") {
					t.Errorf("%s: %s", c.name, step)
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
		return nil
	})
}

func anyArgs(query string) (out []any) {
	for range strings.Count(query, "$") {
		out = append(out, 1)
	}
	return out
}
