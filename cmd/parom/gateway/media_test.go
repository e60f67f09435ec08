package gateway

import (
	"path/filepath"
	"testing"
	"time"

	"parom/core/coretest"
	"parom/core/desk"
	"parom/core/store"
)

func TestForgetOld_ManyOldNoticesGoAndYoungOnesStay(t *testing.T) {
	clock := coretest.NewClock(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "a.db"), Clock: clock, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	settle := func(n int) {
		t.Helper()
		err := db.Update(t.Context(), func(x *store.Tx) error {
			for range n {
				notice := store.Notice{Topic: 1, Kind: "confirm"}
				if err := x.AddNotice(&notice); err != nil {
					return err
				}
				if _, err := x.SettleNotice(notice.ID, "7"); err != nil {
					return err
				}
			}
			return x.SetSetting(store.ToldOnce(desk.RepliesOnlyTold, 1, "7"), "1") // of a dialog that is not closed
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	settle(1200)
	clock.Advance(31 * 24 * time.Hour)
	settle(3)
	if err := forgetOld(t.Context(), db, clock.Now()); err != nil {
		t.Fatal(err)
	}
	err = db.View(t.Context(), func(x *store.Tx) error {
		n := 0
		err := x.QueryRow(`SELECT count(*) FROM notices`).Scan(&n)
		if told, _ := x.Setting(store.ToldOnce(desk.RepliesOnlyTold, 1, "7")); n != 3 || told == "" {
			t.Errorf("%d notices stay, told %q", n, told)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
