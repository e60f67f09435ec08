package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"parom/core"
)

func testDB(t *testing.T) *DB {
	t.Helper()
	d, err := Open(context.Background(), Options{Path: filepath.Join(t.TempDir(), "a.db"), NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func update(t *testing.T, d *DB, fn func(*Tx) error) {
	t.Helper()
	if err := d.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func TestTables_OneMessageThroughEveryTable(t *testing.T) {
	d := testDB(t)
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	var woken []Lane
	d.OnWake(func(l Lane) { woken = append(woken, l) })
	update(t, d, func(x *Tx) error {
		ch, err := x.BindChannel("tg-shop", "telegram:1")
		if err != nil {
			return err
		}
		if _, err := x.BindChannel("tg-shop", "telegram:2"); !errors.Is(err, ErrOtherAccount) {
			t.Errorf("another account under the channel's name: %v", err)
		}
		a, isNew, err := x.MeetPeer(ch, core.Peer{ID: "7", Name: "Иван"}, at)
		if err != nil || !isNew {
			t.Fatalf("meet: %v, new %v", err, isNew)
		}
		a, isNew, err = x.MeetPeer(ch, core.Peer{ID: "7", Name: "Иван П.", Username: "ivan"}, at)
		if err != nil || isNew || a.Name != "Иван П." || a.Username != "ivan" {
			t.Fatalf("meet again: %v, new %v, %+v", err, isNew, a)
		}
		if c, err := x.Contact(a.Contact); err != nil || c.Name != "Иван П." {
			t.Fatalf("contact follows the only name it has: %v %+v", err, c)
		}
		if err := x.BindRoom("main", "-100"); err != nil {
			return err
		}
		topic, err := x.TopicFor(a.Contact, "main", "")
		if err != nil {
			return err
		}
		r, err := x.RoomOf("main")
		if err != nil {
			return err
		}
		topic.RoomNo, topic.Ref.Thread, topic.State = r.No, "5", TopicOpen
		if err := x.SaveTopic(topic); err != nil {
			return err
		}
		if got, err := x.TopicAt(core.TopicRef{Room: "-100", Thread: "5"}); err != nil || got.ID != topic.ID {
			t.Fatalf("topic at its ref: %v %+v", err, got)
		}
		dia, err := x.NewDialog(topic.ID, "sales")
		if err != nil {
			return err
		}
		dia.MutedUntil = Forever
		if err := x.SaveDialog(dia); err != nil {
			return err
		}
		if got, err := x.OpenDialog(topic.ID); err != nil || !got.MutedUntil.Equal(Forever) {
			t.Fatalf("open dialog: %v %+v", err, got)
		}
		m := core.Message{
			Dialog: dia.ID, Address: a.ID, Direction: core.FromCustomer, SentAt: at,
			Content: core.Content{Text: core.Styled("привет", core.Bold), Attachments: []core.Attachment{{Kind: core.Photo, Locator: "x"}}},
		}
		if err := x.InsertMessage(&m); err != nil {
			return err
		}
		if err := x.ReplaceContent(&m, core.Content{Text: core.Plain("пока")}, at.Add(time.Minute)); err != nil {
			return err
		}
		vs, err := x.Versions(m.ID)
		if err != nil || len(vs) != 1 || vs[0].Content.Text.Body != "привет" || len(vs[0].Content.Attachments) != 1 {
			t.Fatalf("versions: %v %+v", err, vs)
		}
		if err := x.AddRemote(Remote{ChannelNo: ch, Remote: "7:1", Message: m.ID, Attachment: -1, At: at}); err != nil {
			return err
		}
		if rs, err := x.RemotesOf(m.ID); err != nil || len(rs) != 1 || rs[0].Remote != "7:1" {
			t.Fatalf("remotes: %v %+v", err, rs)
		}
		p := PostPart{RoomNo: r.No, Seq: 10, Topic: topic.ID, Kind: PostCustomer, Message: m.ID, Address: a.ID, Attachment: -1, At: at}
		if err := x.AddPost(p); err != nil {
			return err
		}
		if _, err := x.CustomerPostAbove(topic.ID, core.PostRef{Room: "-100", Seq: 10}); !errors.Is(err, ErrNotFound) {
			t.Errorf("nothing stands above the first post: %v", err)
		}
		if got, err := x.CustomerPostAbove(topic.ID, core.PostRef{Room: "-100", Seq: 11}); err != nil || got.Address != a.ID {
			t.Errorf("customer's post above: %v %+v", err, got)
		}
		return nil
	})
	update(t, d, func(x *Tx) error {
		for _, text := range []string{"a", "b"} {
			if err := x.Enqueue(&Job{Lane: CosmeticLane(1), Kind: JobCard, Slot: "card", Payload: text}); err != nil {
				return err
			}
		}
		js, err := x.LaneJobs(CosmeticLane(1), 5)
		if err != nil || len(js) != 1 || js[0].Payload != "b" {
			t.Fatalf("newest of a slot only: %v %+v", err, js)
		}
		j := Job{Lane: AddressLane(3, ""), Kind: JobSend, Message: 1}
		if err := x.Enqueue(&j); err != nil {
			return err
		}
		taken, left, err := x.Withdraw(1, JobSend)
		if err != nil || taken != 1 || left != 0 {
			t.Errorf("withdraw of a waiting job: %d %d %v", taken, left, err)
		}
		return nil
	})
	if len(woken) == 0 {
		t.Error("no lane was woken by the commit")
	}
}

func TestFirstTime_IsTrueOnce(t *testing.T) {
	d := testDB(t)
	for i, want := range []bool{true, false} {
		update(t, d, func(x *Tx) error {
			got, err := x.FirstTime("telegram:1:7:1")
			if got != want {
				t.Errorf("call %d: %v", i, got)
			}
			return err
		})
	}
}

func TestLane_TellsItsFamilyAndNumber(t *testing.T) {
	for _, c := range []struct {
		lane   Lane
		family Lane
		number int64
	}{
		{AddressLane(12, ""), ToAddress, 12},
		{AddressLane(12, "<a@b>"), ToAddress, 12},
		{TopicLane(7), ToTopic, 7},
		{CosmeticLane(7), Cosmetic, 7},
		{RoomLane(3), ToRoom, 3},
	} {
		if c.lane.Family() != c.family || c.lane.Number() != c.number {
			t.Errorf("%s: family %s, number %d", c.lane, c.lane.Family(), c.lane.Number())
		}
	}
}

func TestWithdraw_TakesWhatWasRefusedAndLeavesWhatMayBeThrough(t *testing.T) {
	for _, c := range []struct {
		name  string
		job   Job
		taken bool
	}{
		{"never attempted", Job{}, true},
		{"every attempt refused", Job{Attempts: 3}, true},
		{"given up", Job{State: JobParked, Attempts: 3}, true},
		{"under way", Job{State: JobAttempting, Attempts: 1}, false},
		{"its second piece refused", Job{Done: 1, Attempts: 2}, false},
	} {
		update(t, testDB(t), func(x *Tx) error {
			c.job.Lane, c.job.Kind, c.job.Message = AddressLane(3, ""), JobSend, 1
			if err := x.Enqueue(&c.job); err != nil {
				return err
			}
			if err := x.SaveJob(c.job); err != nil {
				return err
			}
			taken, left, err := x.Withdraw(1, JobSend)
			if (taken == 1) != c.taken || (left == 1) == c.taken {
				t.Errorf("%s: taken %d, left %d", c.name, taken, left)
			}
			return err
		})
	}
}

func TestAddPost_ThePlaceRecordedAgainIsWhatItIsNow(t *testing.T) {
	at := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	update(t, testDB(t), func(x *Tx) error {
		if err := x.BindRoom("main", "room"); err != nil {
			return err
		}
		was := PostPart{RoomNo: 1, Room: "room", Seq: 5, Topic: 1, Kind: PostHeld, Attachment: -1, At: at}
		is := PostPart{
			RoomNo: 1, Room: "room", Seq: 5, Topic: 2, Kind: PostAnswer, Message: 3, Address: 4, Part: 1, From: 1, To: 2, Attachment: 0,
			At: at.Add(time.Minute),
		}
		if err := errors.Join(x.AddPost(was), x.AddPost(is)); err != nil {
			return err
		}
		ps, err := x.PostParts(is.Ref())
		if len(ps) != 1 || ps[0] != is {
			t.Errorf("got %+v, want %+v", ps, is)
		}
		return err
	})
}
