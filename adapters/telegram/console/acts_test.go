package console

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// acts reads one update of a group; fields stand in a message of Anna's in topic 7.
func acts(t *testing.T, kind, fields string) []core.Act {
	t.Helper()
	base := `"message_id":20,"date":1700000000,"chat":{"id":-100,"type":"supergroup","is_forum":true}`
	if !strings.Contains(fields, `"from"`) {
		base += `,"from":{"id":5,"first_name":"Anna"}`
	}
	raw := fmt.Sprintf(`{"update_id":%d,%q:{%s,%s}}`, time.Now().UnixNano(), kind, base, fields)
	u := botapi.DecodeUpdate(json.RawMessage(raw))
	return reader{account: "telegram:9", self: 9, now: time.Unix(1, 0)}.acts(&u)
}

const inTopic = `"is_topic_message":true,"message_thread_id":7,`

func TestReader_TakesRepliesForWhatTheyMean(t *testing.T) {
	creation := `"reply_to_message":{"message_id":7,"date":1,"chat":{"id":-100,"type":"supergroup"},"message_thread_id":7,"is_topic_message":true,"forum_topic_created":{"name":"x","icon_color":1}}`
	here := func(more string) string {
		return `"reply_to_message":{"message_id":15,"chat":{"id":-100,"type":"supergroup"},` + more + `}`
	}
	cases := []struct {
		name, fields string
		to           core.PostRef
		in           core.TopicRef
		fragment     string
	}{
		{"a message of a topic that answers nothing", inTopic + creation, core.PostRef{}, core.TopicRef{}, ""},
		{
			"the same when the creation message cannot be seen any more",
			inTopic + `"reply_to_message":{"message_id":7,"date":0,"chat":{"id":-100,"type":"supergroup"}}`,
			core.PostRef{},
			core.TopicRef{},
			"",
		},
		{
			"an answer in the same topic", inTopic + here(`"date":1,"message_thread_id":7,"is_topic_message":true,"text":"q"`),
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{Room: "-100", Thread: "7"},
			"",
		},
		{
			"an answer to another topic's post, when told so", inTopic + here(`"date":1,"message_thread_id":8,"is_topic_message":true,"text":"q"`),
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{Room: "-100", Thread: "8"},
			"",
		},
		{
			"an answer to a post that cannot be seen has no known topic", inTopic + here(`"date":0`),
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{},
			"",
		},
		{
			"an answer in General, where a thread is only a chain of replies", `"message_thread_id":15,` + here(`"date":1,"text":"q"`),
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{Room: "-100"},
			"",
		},
		{
			"a fragment chosen by hand", inTopic + `"quote":{"text":"part","position":0,"is_manual":true},` + here(`"date":1,"message_thread_id":7,"is_topic_message":true,"text":"q"`),
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{Room: "-100", Thread: "7"},
			"part",
		},
		{
			"a quote that Telegram added is no fragment", inTopic + `"quote":{"text":"all of it","position":0},` + here(`"date":1,"message_thread_id":7,"is_topic_message":true,"text":"q"`),
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{Room: "-100", Thread: "7"},
			"",
		},
		{
			"an external answer to the same group is to an untold topic", inTopic + `"external_reply":{"origin":{"type":"hidden_user","date":1},"chat":{"id":-100,"type":"supergroup"},"message_id":15}`,
			core.PostRef{Room: "-100", Seq: 15},
			core.TopicRef{},
			"",
		},
		{
			"an answer to another chat is to no post of ours", inTopic + `"external_reply":{"origin":{"type":"hidden_user","date":1},"chat":{"id":-555,"type":"supergroup"},"message_id":3}`,
			core.PostRef{Room: "-555", Seq: 3},
			core.TopicRef{Room: "-555"},
			"",
		},
		{
			"an answer to a hidden chat is no unquoted one", inTopic + `"external_reply":{"origin":{"type":"hidden_user","date":1}}`,
			core.PostRef{Room: "0"},
			core.TopicRef{Room: "0"},
			"",
		},
		{
			"an answer to a story likewise", inTopic + `"reply_to_story":{"id":4,"chat":{"id":77,"type":"private"}}`,
			core.PostRef{Room: "77", Seq: 4},
			core.TopicRef{Room: "77"},
			"",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := acts(t, "message", c.fields+`,"text":"a"`)
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			w := got[0].Body.(core.Wrote)
			if w.ReplyTo != c.to || w.ReplyIn != c.in || w.Fragment != c.fragment {
				t.Errorf("to %+v in %+v fragment %q", w.ReplyTo, w.ReplyIn, w.Fragment)
			}
		})
	}
}

func TestReader_MarksWhatIsNotTheWritersOwn(t *testing.T) {
	cases := []struct {
		name, fields      string
		forwarded, inline bool
	}{
		{"own words", `"text":"a"`, false, false},
		{"a forward", `"text":"a","forward_origin":{"type":"hidden_user","date":1,"sender_user_name":"x"}`, true, false},
		{"a forward told in the old way", `"text":"a","forward_date":1`, true, false},
		{"sent through an inline bot", `"text":"a","via_bot":{"id":3,"is_bot":true,"first_name":"b"}`, false, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := acts(t, "message", c.fields)[0].Body.(core.Wrote)
			if w.Forwarded != c.forwarded || w.Inline != c.inline {
				t.Errorf("%+v", w)
			}
		})
	}
}

func TestReader_OnlyHumansAreHuman(t *testing.T) {
	cases := []struct {
		name, fields string
		want         core.Guise
	}{
		{"a person", `"from":{"id":5,"first_name":"Anna"}`, core.Human},
		{"ourselves", `"from":{"id":9,"is_bot":true,"first_name":"Desk"}`, core.Self},
		{"another bot", `"from":{"id":8,"is_bot":true,"first_name":"Bot"}`, core.Robot},
		{"an anonymous admin", `"from":{"id":1087968824,"is_bot":true,"first_name":"Group"},"sender_chat":{"id":-100,"type":"supergroup"}`, core.Anonymous},
		{"an anonymous admin without the chat", `"from":{"id":1087968824,"is_bot":true,"first_name":"Group"}`, core.Anonymous},
		{"a channel", `"from":{"id":136817688,"is_bot":true,"first_name":"Channel"},"sender_chat":{"id":-200,"type":"channel"}`, core.Broadcast},
		{"another group", `"from":{"id":5,"first_name":"Anna"},"sender_chat":{"id":-300,"type":"supergroup"}`, core.Broadcast},
		{"a linked channel's post", `"from":{"id":777000,"first_name":"Telegram"},"is_automatic_forward":true,"sender_chat":{"id":-200,"type":"channel"}`, core.Broadcast},
		{"Telegram itself", `"from":{"id":777000,"first_name":"Telegram"}`, core.Broadcast},
		{"nobody", `"from":null`, core.Broadcast},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := acts(t, "message", c.fields+`,"text":"a"`)[0].By; got.Guise != c.want {
				t.Errorf("%+v, want guise %d", got, c.want)
			}
		})
	}
}

func TestReader_TakesOtherServiceMessagesForLines(t *testing.T) {
	for _, fields := range []string{
		`"new_chat_photo":[{"file_id":"a","file_unique_id":"b","width":1,"height":1}]`, `"delete_chat_photo":true`,
		`"message_auto_delete_timer_changed":{"message_auto_delete_time":86400}`, `"video_chat_started":{}`, `"video_chat_ended":{"duration":3}`,
		`"general_forum_topic_hidden":{}`, `"general_forum_topic_unhidden":{}`, `"boost_added":{"boost_count":1}`,
		`"chat_background_set":{"type":{}}`, `"supergroup_chat_created":true`, `"pinned_message":{"message_id":3,"date":0,"chat":{"id":-100,"type":"supergroup"}}`,
		`"forum_topic_edited":{"icon_custom_emoji_id":""}`,
		`"new_chat_members":[{"id":9,"is_bot":true,"first_name":"Desk"}]`,
	} {
		got := acts(t, "message", inTopic+fields)
		if len(got) != 1 || got[0].Body != (core.ServiceLine{}) || got[0].Post.Seq != 20 {
			t.Errorf("%s: %+v", fields, got)
		}
	}
}

func TestReader_NamesEachMemberOfAServiceMessage(t *testing.T) {
	got := acts(t, "message", `"new_chat_members":[{"id":1,"first_name":"A"},{"id":9,"is_bot":true,"first_name":"Desk"},{"id":2,"is_bot":true,"first_name":"B"}]`)
	if len(got) != 2 || got[0].By.ID != "1" || got[1].By.Guise != core.Robot || got[0].Key == got[1].Key {
		t.Fatalf("%+v", got)
	}
	got = acts(t, "message", `"left_chat_member":{"id":1,"first_name":"A"}`)
	if m, ok := got[0].Body.(core.Membership); len(got) != 1 || !ok || m.Present {
		t.Errorf("%+v", got)
	}
}

func TestReader_SaysNothingWhereNothingWasSaid(t *testing.T) {
	for name, got := range map[string][]core.Act{
		"a live location that moved":      acts(t, "edited_message", `"edit_date":5,"location":{"latitude":1,"longitude":2,"live_period":60}`),
		"a service message edited":        acts(t, "edited_message", `"edit_date":5,"pinned_message":{"message_id":3,"date":0,"chat":{"id":-100,"type":"supergroup"}}`),
		"an edit that cannot be read":     acts(t, "edited_message", `"text":5`),
		"an update of a kind we not take": acts(t, "poll_answer", `"x":1`),
	} {
		if len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestReader_AMessageThatCannotBeReadIsNamed(t *testing.T) {
	got := acts(t, "message", inTopic+`"text":{"broken":true}`)
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	a := got[0]
	w := a.Body.(core.Wrote)
	if a.Key != "telegram:9:-100:20" || a.Topic != (core.TopicRef{Room: "-100", Thread: "7"}) || a.By.Guise != core.Human || a.By.ID != "5" ||
		len(w.Content.Attachments) != 1 || w.Content.Attachments[0].Kind != core.Unsupported {
		t.Errorf("%+v", a)
	}
	hidden := acts(t, "message", `"text":{"broken":true},"from":{"id":1087968824,"is_bot":true,"first_name":"G"},"sender_chat":{"id":-100,"type":"supergroup"}`)
	if hidden[0].By.Guise == core.Human {
		t.Error("an anonymous admin became human")
	}
}

func TestReader_KeysDoNotDependOnTheUpdatesNumber(t *testing.T) {
	for kind, fields := range map[string]string{
		"message":        inTopic + `"text":"a"`,
		"edited_message": `"edit_date":5,"text":"a"`,
		"message_reaction": `"user":{"id":5,"first_name":"Anna"},"old_reaction":[],
			"new_reaction":[{"type":"emoji","emoji":"👍"},{"type":"custom_emoji","custom_emoji_id":"1"},{"type":"paid"}]`,
		"chat_member": `"old_chat_member":{"status":"member","user":{"id":6,"first_name":"B"}},"new_chat_member":{"status":"left","user":{"id":6,"first_name":"B"}}`,
	} {
		a, b := acts(t, kind, fields), acts(t, kind, fields)
		if len(a) != 1 || !reflect.DeepEqual(a, b) || !strings.HasPrefix(a[0].Key, "telegram:9:-100:") {
			t.Errorf("%s: %+v and %+v", kind, a, b)
		}
	}
}

func TestReader_AnAnonymousReactionIsNobodys(t *testing.T) {
	got := acts(t, "message_reaction", `"from":null,"actor_chat":{"id":-100,"type":"supergroup","title":"Staff"},"old_reaction":[],"new_reaction":[{"type":"emoji","emoji":"👎"}]`)
	if len(got) != 1 || got[0].By.Guise != core.Anonymous || got[0].Topic != (core.TopicRef{Room: "-100"}) {
		t.Errorf("%+v", got)
	}
}

func TestReader_InAPrivateChatThereAreNoTopics(t *testing.T) {
	u := botapi.DecodeUpdate(json.RawMessage(`{"update_id":1,"message":{"message_id":3,"date":1,"chat":{"id":5,"type":"private"},
		"from":{"id":5,"first_name":"A"},"is_topic_message":true,"message_thread_id":44,"text":"x"}}`))
	got := reader{account: "telegram:9", self: 9, private: true}.acts(&u)
	if len(got) != 1 || got[0].Topic != (core.TopicRef{Room: "5"}) {
		t.Errorf("%+v", got)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(`{"update_id":1,"message":{"message_id":3,"date":1,"chat":{"id":-5,"type":"supergroup"},"text":"@x","entities":[{"type":"mention","offset":0,"length":2}]}}`)
	f.Add(`{"update_id":1,"message":{"message_id":3,"chat":{"id":-5},"text":{}}}`)
	f.Add(`{"update_id":1,"chat_member":{"chat":{"id":-5},"new_chat_member":{"status":"x"}}}`)
	f.Add(`{"update_id":1,"callback_query":{"id":"1","message":{"chat":{"id":-5}}}}`)
	f.Fuzz(func(t *testing.T, raw string) {
		u := botapi.DecodeUpdate(json.RawMessage(raw))
		_ = chatIn(&u)
		for _, a := range (reader{account: "telegram:9", self: 9}).acts(&u) {
			if a.Key == "" || a.Body == nil || a.By.Guise == 0 {
				t.Errorf("%+v", a)
			}
		}
	})
}
