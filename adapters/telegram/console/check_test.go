package console_test

import (
	"slices"
	"strings"
	"testing"

	"parom/adapters/telegram/console"
	"parom/adapters/telegram/telegramsim"
	"parom/core"
)

func keys(fs []core.Finding, fatal bool) []string {
	var out []string
	for _, f := range fs {
		if f.Fatal == fatal {
			out = append(out, strings.TrimPrefix(f.Key, "check.group."))
		}
	}
	slices.Sort(out)
	return out
}

func TestCheck_FindsWhatStandsInTheWay(t *testing.T) {
	group := func(w *world, o telegramsim.GroupOptions) {
		o.Owner, o.Title = w.owner, "G"
		id, err := w.sim.AddGroup(o)
		must(w.t, err)
		w.setGroup(id)
	}
	cases := []struct {
		name  string
		make  func(w *world)
		fatal []string
	}{
		{"a sound group", func(*world) {}, nil},
		{"no number", func(w *world) { w.room = "staff" }, []string{"not_an_id"}},
		{"no such group", func(w *world) { w.room = "-100123" }, []string{"not_found"}},
		{"a basic group", func(w *world) { group(w, telegramsim.GroupOptions{Kind: "group", Bots: []int64{w.botID}}) }, []string{"not_supergroup"}},
		{"a group that moved", func(w *world) {
			group(w, telegramsim.GroupOptions{Kind: "group", Bots: []int64{w.botID}})
			_, err := w.sim.Migrate(w.owner, w.group)
			must(w.t, err)
		}, []string{"moved"}},
		{"a channel", func(w *world) { group(w, telegramsim.GroupOptions{Kind: "channel", Bots: []int64{w.botID}}) }, []string{"not_a_group"}},
		{"no topics", func(w *world) { must(w.t, w.sim.SetForum(w.group, false)) }, []string{"not_forum"}},
		{"a plain member", func(w *world) { must(w.t, w.sim.Demote(w.owner, w.group, w.botID)) }, []string{"not_admin"}},
		{"removed", func(w *world) { must(w.t, w.sim.Remove(w.owner, w.group, w.botID)) }, []string{"not_found"}},
		{
			"no rights at all", func(w *world) { must(w.t, w.sim.Promote(w.owner, w.group, w.botID, "can_invite_users")) },
			[]string{"no_delete_right", "no_pin_right", "no_topics_right"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			c.make(w)
			found, err := w.con.Check(w.ctx(), w.room)
			must(t, err)
			if got := keys(found, true); !slices.Equal(got, c.fatal) {
				t.Errorf("fatal %q, want %q", got, c.fatal)
			}
		})
	}
}

func TestCheck_WarnsOfWhatEndangersCustomersWords(t *testing.T) {
	w := newWorld(t)
	id, err := w.sim.AddGroup(telegramsim.GroupOptions{Title: "Open", Username: "openstaff", Forum: true, Owner: w.owner, Bots: []int64{w.botID}, Members: []int64{w.anna}})
	must(t, err)
	w.setGroup(id)
	must(t, w.sim.Promote(w.owner, id, w.anna, "can_manage_topics", "can_pin_messages"))
	must(t, w.sim.SetAnonymous(id, w.anna, true))
	must(t, w.sim.SetReactions(id, []string{"👌", "👀"}))
	found, err := w.con.Check(w.ctx(), w.room)
	must(t, err)
	got := keys(found, false)
	for _, want := range []string{"public", "admins_delete", "admins_pin", "anonymous", "no_signs"} {
		if !slices.Contains(got, want) {
			t.Errorf("no %s among %q", want, got)
		}
	}
	for _, f := range found {
		if f.Args["Group"] != "Open" {
			t.Errorf("%+v", f)
		}
		if f.Key == "check.group.anonymous" && f.Args["Names"] != "Anna Petrova" {
			t.Errorf("%+v", f)
		}
		if f.Key == "check.group.no_signs" && f.Args["Signs"] != "✍ 💔" {
			t.Errorf("%+v", f)
		}
	}
	if fatal := keys(found, true); len(fatal) != 0 {
		t.Errorf("fatal %q", fatal)
	}
}

func TestCheck_FailsWhenTelegramCannotBeAsked(t *testing.T) {
	w := newWorld(t)
	must(t, w.sim.SetDown(true))
	_, err := w.con.Check(w.ctx(), w.room)
	reason(t, err, core.Unavailable)
	if strings.Contains(err.Error(), w.token) {
		t.Error("the token shows")
	}
}

func TestSetCommands_ListsThemInTheRoomAlone(t *testing.T) {
	w := newWorld(t)
	must(t, w.con.SetCommands(w.ctx(), w.room, map[string][]console.Command{
		"":   {{Name: "close", Description: "Close the dialog"}},
		"ru": {{Name: "close", Description: "Закрыть диалог"}},
	}))
	for language, want := range map[string]string{"": "Close the dialog", "ru": "Закрыть диалог"} {
		var got []struct{ Command, Description string }
		must(t, w.bot.API().Call(w.ctx(), "getMyCommands", map[string]any{
			"language_code": language,
			"scope":         map[string]any{"type": "chat", "chat_id": w.group},
		}, &got))
		if len(got) != 1 || got[0].Description != want {
			t.Errorf("%q: %+v", language, got)
		}
		must(t, w.bot.API().Call(w.ctx(), "getMyCommands", map[string]any{"language_code": language}, &got))
		if len(got) != 0 {
			t.Errorf("customers see %+v", got)
		}
	}
	err := w.con.SetCommands(w.ctx(), w.room, map[string][]console.Command{"": {{Name: "закрыть", Description: "x"}}})
	reason(t, err, core.Rejected)
}

func TestCheckOperators_NamesThoseWhoCannotBeWrittenTo(t *testing.T) {
	w := newWorld(t)
	boris := w.sim.AddUser(telegramsim.Person{FirstName: "Boris"})
	for _, u := range []int64{w.anna, boris} {
		_, err := w.sim.Start(u, w.botID, "")
		must(t, err)
	}
	must(t, w.sim.Block(boris, w.botID))
	found, err := w.con.CheckOperators(w.ctx(), []core.PersonID{core.PersonID(itoa(w.anna))})
	must(t, err)
	if len(found) != 0 {
		t.Errorf("%+v", found)
	}
	found, err = w.con.CheckOperators(w.ctx(), []core.PersonID{core.PersonID(itoa(w.owner)), core.PersonID(itoa(w.anna)), core.PersonID(itoa(boris))})
	must(t, err)
	if len(found) != 1 || found[0].Fatal || found[0].Args["Names"] != itoa(w.owner)+", "+itoa(boris) {
		t.Errorf("%+v", found)
	}
	found, err = w.con.CheckOperators(w.ctx(), []core.PersonID{"@anna"})
	must(t, err)
	if len(found) != 1 || !found[0].Fatal {
		t.Errorf("%+v", found)
	}
}
