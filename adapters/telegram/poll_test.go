package telegram

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// taken records what a handler was given.
type taken struct {
	mu  sync.Mutex
	ids []int64
}

func (k *taken) handler(_ context.Context, us []botapi.Update) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, u := range us {
		k.ids = append(k.ids, u.UpdateID)
	}
	return nil
}

func (k *taken) list() []int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ids)
}

func TestRun_ConfirmsOnlyWhatHandlersStored(t *testing.T) {
	r := newRig(t, updates(text(100, 1, "a")), updates(text(100, 1, "a")))
	calls := 0
	r.OnPrivate(func(context.Context, []botapi.Update) error {
		calls++
		if calls == 1 {
			return errors.New("disk full")
		}
		return nil
	})
	r.start(t)
	r.script.awaitPolls(t, 1)
	if pause := r.awaitPause(t); pause > firstPause {
		t.Errorf("first pause is %s, want at most %s", pause, firstPause)
	}
	if v := r.cursors.value(); v != "" {
		t.Errorf("cursor %q was saved although nothing was stored", v)
	}
	r.clock.Step()
	r.script.awaitPolls(t, 2)
	polls := r.script.requests()
	if polls[1].Has("offset") {
		t.Errorf("offset %s confirms what was not stored", polls[1].Get("offset"))
	}
	if got := polls[2].Get("offset"); got != "101" {
		t.Errorf("offset %q after storing update 100, want 101", got)
	}
	if v := r.cursors.value(); !strings.HasPrefix(v, "101 ") {
		t.Errorf("cursor %q, want 101", v)
	}
}

func TestRun_ContinuesFromTheSavedCursor(t *testing.T) {
	r := newRig(t, updates())
	r.cursors.m[r.Account()] = core.Cursor{Value: fmt.Sprintf("55 %d", noon.Add(-time.Hour).Unix()), At: noon.Add(-time.Hour)}
	r.start(t)
	r.script.awaitPolls(t, 1)
	if got := r.script.requests()[0].Get("offset"); got != "55" {
		t.Errorf("offset %q, want 55", got)
	}
}

func TestRun_SendsNoOffsetThatIsSixDaysOld(t *testing.T) {
	r := newRig(t, updates(text(3, 1, "a")))
	// Polled an hour ago, but nothing has come for a week: numbers may have begun anew.
	r.cursors.m[r.Account()] = core.Cursor{Value: fmt.Sprintf("900000 %d", noon.Add(-7*24*time.Hour).Unix()), At: noon.Add(-time.Hour)}
	k := &taken{}
	r.OnPrivate(k.handler)
	r.start(t)
	r.script.awaitPolls(t, 2)
	polls := r.script.requests()
	if polls[0].Has("offset") {
		t.Errorf("offset %s of a week ago was sent", polls[0].Get("offset"))
	}
	if got := polls[1].Get("offset"); got != "4" {
		t.Errorf("offset %q, want 4", got)
	}
}

func TestRun_AnnouncesAGapBeforeAnythingNewer(t *testing.T) {
	r := newRig(t, updates(text(9, 1, "a")), updates(text(9, 1, "a")))
	away := noon.Add(-30 * time.Hour)
	r.cursors.m[r.Account()] = core.Cursor{Value: fmt.Sprintf("9 %d", away.Unix()), At: away}
	var said []string
	fail := true
	r.OnGap(func(_ context.Context, from, to time.Time) error {
		if fail {
			fail = false
			return errors.New("disk full")
		}
		said = append(said, fmt.Sprintf("%s %s", noon.Sub(from), noon.Sub(to).Round(time.Minute)))
		return nil
	})
	r.OnPrivate(func(context.Context, []botapi.Update) error { said = append(said, "message"); return nil })
	stop := r.start(t)
	r.script.awaitPolls(t, 1)
	r.awaitPause(t)
	r.clock.Step()
	r.script.awaitPolls(t, 2)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	// The step after the failure moved the clock by less than a second.
	if want := []string{"30h0m0s 24h0m0s", "message"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want the gap and then the message", said)
	}
}

func TestRun_SavesTheCursorNowAndThenThoughNothingComes(t *testing.T) {
	r := newRig(t, updates(text(5, 1, "a")), updates(), updates())
	r.OnPrivate((&taken{}).handler)
	stop := r.start(t)
	r.script.awaitPolls(t, 4)
	if r.cursors.saves != 1 {
		t.Errorf("saved %d times at once, want 1", r.cursors.saves)
	}
	_ = stop()
	r.clock.Advance(heartbeat)
	r.script.mu.Lock()
	r.script.answers = []string{updates()}
	r.script.mu.Unlock()
	r.start(t)
	r.script.awaitPolls(t, 2)
	if r.cursors.saves != 2 {
		t.Errorf("saved %d times, want once more after %s", r.cursors.saves, heartbeat)
	}
	if v := r.cursors.value(); v != fmt.Sprintf("6 %d", noon.Unix()) {
		t.Errorf("cursor %q does not say when the last update came", v)
	}
}

func TestRun_WaitsLongAndLoudlyWhenAnotherPollerHoldsTheToken(t *testing.T) {
	conflict := refusal(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", "")
	r := newRig(t, conflict, conflict, updates())
	r.start(t)
	for range 2 {
		if pause := r.awaitPause(t); pause < conflictPause/2 {
			t.Errorf("pause of %s fights the other poller, want at least %s", pause, conflictPause/2)
		}
		r.clock.Step()
	}
	r.script.awaitPolls(t, 3)
	if !strings.Contains(r.log.String(), "level=ERROR") {
		t.Errorf("no alarm: %s", r.log)
	}
}

func TestRun_WaitsExactlyWhenThrottled(t *testing.T) {
	r := newRig(t, refusal(429, "Too Many Requests: retry after 17", `{"retry_after":17}`))
	r.start(t)
	if pause := r.awaitPause(t); pause != 17*time.Second {
		t.Errorf("pause of %s, want 17 s", pause)
	}
}

func TestRun_EndsWhenTheTokenIsRefused(t *testing.T) {
	r := newRig(t, refusal(401, "Unauthorized", ""))
	err := r.Run(t.Context())
	if core.ReasonOf(err) != core.BadConfig || err == nil {
		t.Errorf("%v, want bad config", err)
	}
	if strings.Contains(fmt.Sprintf("%+v %s", err, r.log), "planted-secret") {
		t.Error("the token shows")
	}
}

func TestRun_PausesGrowAndThenReset(t *testing.T) {
	broken := refusal(500, "Internal Server Error", "")
	r := newRig(t, broken, broken, broken, broken, broken, broken, broken, broken, updates(), broken)
	r.start(t)
	var pauses []time.Duration
	for range 9 {
		pauses = append(pauses, r.awaitPause(t))
		r.clock.Step()
	}
	r.script.awaitPolls(t, 11)
	if pauses[7] < longestPause/2 || pauses[7] > longestPause {
		t.Errorf("eighth pause is %s, want up to %s", pauses[7], longestPause)
	}
	if pauses[8] > firstPause {
		t.Errorf("pause after a good poll is %s, want at most %s", pauses[8], firstPause)
	}
}

func TestRun_AsksForEveryKindOfUpdateItTakes(t *testing.T) {
	r := newRig(t)
	r.OnGroups((&taken{}).handler)
	r.start(t)
	r.script.awaitPolls(t, 1)
	got := r.script.requests()[0].Get("allowed_updates")
	for _, kind := range []string{"message", "edited_message", "callback_query", "my_chat_member", "message_reaction", "chat_member"} {
		if !strings.Contains(got, `"`+kind+`"`) {
			t.Errorf("allowed_updates %s lack %s", got, kind)
		}
	}
}

func TestRun_HandsUpdatesToWhomTheyConcern(t *testing.T) {
	press := func(id int, chat, kind string) string {
		return fmt.Sprintf(`{"update_id":%d,"callback_query":{"id":"q%d","data":"x","chat_instance":"1","from":{"id":7,"first_name":"О"},`+
			`"message":{"message_id":5,"date":0,"chat":{"id":%s,"type":%q}}}}`, id, id, chat, kind)
	}
	r := newRig(t, updates(text(1, 1, "hi"), groupText(2, 1, "hi"), text(3, 2, "mine"), press(4, "7", "private"), press(5, "-1001", "supergroup"),
		`{"update_id":6,"inline_query":{"id":"1","from":{"id":7,"first_name":"О"},"query":"","offset":""}}`))
	private, groups, operators := &taken{}, &taken{}, &taken{}
	r.OnPrivate(private.handler)
	r.OnGroups(groups.handler)
	r.OnOperator(func(_ context.Context, u botapi.Update) (bool, error) {
		if u.Message == nil || u.Message.Text != "mine" {
			return false, nil
		}
		return true, operators.handler(t.Context(), []botapi.Update{u})
	})
	r.start(t)
	r.script.awaitPolls(t, 2)
	for _, c := range []struct {
		name      string
		got, want []int64
	}{
		{"private", private.list(), []int64{1, 4}}, {"groups", groups.list(), []int64{2, 5}}, {"operators", operators.list(), []int64{3}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s got %v, want %v", c.name, c.got, c.want)
		}
	}
	if got := r.script.requests()[1].Get("offset"); got != "7" {
		t.Errorf("offset %q, want 7: what is nobody's is confirmed too", got)
	}
}

func TestRun_GoesOnBehindAnUpdateNobodyCanDecode(t *testing.T) {
	odd := `{"update_id":2,"message":{"message_id":8,"date":"yesterday","chat":{"id":7,"type":"private"},"text":5}}`
	placeless := `{"update_id":3,"message":{"message_id":9,"chat":"nowhere"}}`
	r := newRig(t, updates(text(1, 1, "a"), odd, placeless, text(4, 2, "b")))
	k := &taken{}
	var parked []int64
	r.OnPrivate(k.handler)
	r.OnPark(func(_ context.Context, u botapi.Update, cause error) error {
		parked = append(parked, u.UpdateID)
		return nil
	})
	stop := r.start(t)
	r.script.awaitPolls(t, 2)
	_ = stop()
	// 2 names a customer's chat, so that he can be told of it; 3 names nobody's.
	if !slices.Equal(k.list(), []int64{1, 2, 4}) || !slices.Equal(parked, []int64{3}) {
		t.Errorf("handed over %v and parked %v, want 1, 2, 4 and 3", k.list(), parked)
	}
	if n := r.State().Parked; n != 1 {
		t.Errorf("%d counted as parked, want 1", n)
	}
}

func TestRun_ParksTheUpdateThatMakesAHandlerPanic(t *testing.T) {
	r := newRig(t, updates(text(1, 1, "a"), text(2, 2, "boom"), text(3, 3, "c")))
	k := &taken{}
	r.OnPrivate(func(ctx context.Context, us []botapi.Update) error {
		for _, u := range us {
			if u.Message.Text == "boom" {
				panic("words of a customer")
			}
		}
		return k.handler(ctx, us)
	})
	var parked []int64
	r.OnPark(func(_ context.Context, u botapi.Update, _ error) error {
		parked = append(parked, u.UpdateID)
		return nil
	})
	stop := r.start(t)
	r.script.awaitPolls(t, 2)
	_ = stop()
	if !slices.Equal(k.list(), []int64{1, 3}) || !slices.Equal(parked, []int64{2}) {
		t.Errorf("took %v and parked %v, want 1, 3 and 2", k.list(), parked)
	}
	if strings.Contains(r.log.String(), "words of a customer") {
		t.Error("a panic's value shows in the log")
	}
}

func TestRun_WaitsForTheStoreAtTheStart(t *testing.T) {
	r := newRig(t)
	r.cursors.fail = errors.New("locked")
	r.start(t)
	r.awaitPause(t)
	if n := len(r.script.requests()); n != 0 {
		t.Errorf("%d polls without a cursor", n)
	}
	r.cursors.mu.Lock()
	r.cursors.fail = nil
	r.cursors.mu.Unlock()
	r.clock.Step()
	r.script.awaitPolls(t, 1)
}

func TestRun_RefusesASecondRun(t *testing.T) {
	r := newRig(t)
	r.start(t)
	r.script.awaitPolls(t, 1)
	if err := r.Run(t.Context()); err == nil {
		t.Error("two polls of one bot at once")
	}
}
