package lang

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parom/core"
)

func TestFor_TakesTheFirstLanguageItKnows(t *testing.T) {
	for _, tc := range []struct {
		name string
		tags []string
		want string
	}{
		{"exact", []string{"ru"}, "ru"},
		{"with a region", []string{"en-GB"}, "en"},
		{"with a script", []string{"ru-Cyrl-KZ"}, "ru"},
		{"empty and malformed are passed over", []string{"", "§§", "ru-RU"}, "ru"},
		{"unknown falls to the next", []string{"ja", "ru"}, "ru"},
		{"none", nil, "en"},
	} {
		if got := For(tc.tags...).Language(); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func TestText_PluralsAreRight(t *testing.T) {
	ru, en := For("ru"), For("en")
	for n, want := range map[int]string{
		0: "0 голосовых сообщений", 1: "1 голосовое сообщение", 2: "2 голосовых сообщения", 4: "4 голосовых сообщения",
		5: "5 голосовых сообщений", 11: "11 голосовых сообщений", 12: "12 голосовых сообщений", 14: "14 голосовых сообщений",
		21: "21 голосовое сообщение", 22: "22 голосовых сообщения", 111: "111 голосовых сообщений", 101: "101 голосовое сообщение",
	} {
		if got := ru.Kinds(core.Voice, n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := en.Kinds(core.Voice, 1) + ", " + en.Kinds(core.Voice, 21); got != "1 voice message, 21 voice messages" {
		t.Error(got)
	}
}

func TestUnits_AreWrittenAsTheLanguageDoes(t *testing.T) {
	ru, en := For("ru"), For("en")
	moscow := time.FixedZone("MSK", 3*3600)
	at := time.Date(2026, 11, 21, 11, 3, 0, 0, time.UTC)
	for _, tc := range []struct{ name, got, want string }{
		{"bytes", ru.Bytes(640), "640 Б"},
		{"megabytes", ru.Bytes(12<<20 + 512<<10), "12,5 МБ"},
		{"whole megabytes", ru.Bytes(20 << 20), "20 МБ"},
		{"english megabytes", en.Bytes(12<<20 + 512<<10), "12.5 MB"},
		{"just under a gigabyte", en.Bytes(1<<30 - 1), "1 GB"},
		{"terabytes do not run out", en.Bytes(1 << 52), "4096 TB"},
		{"thousands", ru.Number(1234567), "1 234 567"},
		{"a year is not grouped", en.Number(2026), "2026"},
		{"below zero", en.Number(-12345), "-12,345"},
		{"seconds", ru.Duration(5 * time.Second), "5 с"},
		{"nothing", ru.Duration(0), "0 с"},
		{"hours", ru.Duration(2*time.Hour + 5*time.Minute), "2 ч 5 мин"},
		{"a gap in the units", ru.Duration(48*time.Hour + 5*time.Minute), "2 дн"},
		{"almost a minute", en.Duration(59*time.Second + 600*time.Millisecond), "1 min"},
		{"long enough for minutes alone", en.Duration(10*time.Minute + 20*time.Second), "10 min"},
		{"rounded up to an hour", en.Duration(59*time.Minute + 40*time.Second), "1 h"},
		{"in words", ru.DurationWords(21 * time.Minute), "21 минуту"},
		{"in words, two units", ru.DurationWords(2*time.Hour + 5*time.Minute), "2 часа 5 минут"},
		{"in english words", en.DurationWords(time.Minute), "1 minute"},
		{"a recording", ru.Playing(67 * time.Second), "1:07"},
		{"a long recording", ru.Playing(3723 * time.Second), "1:02:03"},
		{"time of day in a zone", ru.In(moscow).Clock(at), "14:03"},
		{"date", ru.Date(at), "21 ноября"},
		{"english date", en.Date(at), "November 21"},
		{"today", ru.In(moscow).When(at, at.Add(time.Hour)), "14:03"},
		{"yesterday", ru.In(moscow).When(at, at.Add(20*time.Hour)), "вчера, 14:03"},
		{"yesterday begins at the zone's midnight", ru.In(moscow).When(at, at.Add(10*time.Hour)), "вчера, 14:03"},
		{"tomorrow", en.When(at.Add(24*time.Hour), at), "tomorrow, 11:03"},
		{"weeks ago", ru.When(at, at.Add(20*24*time.Hour)), "21 ноября, 11:03"},
		{"a year ago", en.When(at, at.Add(365*24*time.Hour)), "November 21, 2026, 11:03"},
		{"weekday", ru.Weekday(at), "сб"},
		{"list", ru.List([]string{"фото", "видео", "файл"}), "фото, видео и файл"},
	} {
		if got := strings.ReplaceAll(tc.got, noBreakSpace, " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if a, b := en.BytesApart(20<<20+2000, 20<<20); a == b {
		t.Errorf("both are %q", a)
	}
}

// with runs templates that no file has.
func with(t *testing.T, template string, args Args) core.Text {
	t.Helper()
	values, data, _ := For("en").prepare("", []Args{args})
	parsed, err := templateParser.Parse(template, "", "")
	if err != nil {
		t.Fatal(err)
	}
	s, err := parsed.Execute(data)
	if err != nil {
		t.Fatal(err)
	}
	out, closed := parseMarks(s, values)
	if !closed {
		t.Errorf("%s: a mark is not closed", template)
	}
	return out
}

func TestStyled_MarksOfTheTemplateBecomeSpans(t *testing.T) {
	for _, tc := range []struct {
		name, template string
		args           Args
		body           string
		spans          []core.Span
	}{
		{"bold argument", "Hi *{{.N}}*!", Args{"N": "Ann"}, "Hi Ann!", []core.Span{{Offset: 3, Length: 3, Style: core.Bold}}},
		{"an argument cannot be markup", "{{.N}}", Args{"N": "*a* [x](y) {{.N}} `"}, "*a* [x](y) {{.N}} `", nil},
		{"nested", "*a _b_*", nil, "a b", []core.Span{{Offset: 0, Length: 3, Style: core.Bold}, {Offset: 2, Length: 1, Style: core.Italic}}},
		{"a command with underscores", "/say_it_now", nil, "/say_it_now", nil},
		{"code keeps marks", "`*a*`", nil, "*a*", []core.Span{{Length: 3, Style: core.Code}}},
		{"escaped", `\*a\*`, nil, "*a*", nil},
		{"a lone star", "2 * 3 * 4", nil, "2 * 3 * 4", nil},
		{
			"link", "[open {{.N}}]({{.L}})",
			Args{"N": "it", "L": "https://a.b/c_d_e"},
			"open it",
			[]core.Span{{Length: 7, Style: core.Link, Value: "https://a.b/c_d_e"}},
		},
		{"link without address", "[open]({{.L}})", Args{"L": ""}, "open", nil},
		{"brackets that are no link", "[note] x", nil, "[note] x", nil},
		{"empty argument within marks", "*{{.N}}* x", Args{"N": ""}, " x", nil},
		{
			"styled argument keeps its styles", "_{{.N}}_",
			Args{"N": core.Styled("a", core.Spoiler)},
			"a",
			[]core.Span{{Length: 1, Style: core.Spoiler}, {Length: 1, Style: core.Italic}},
		},
	} {
		got := with(t, tc.template, tc.args)
		if diff := cmp.Diff(core.Text{Body: tc.body, Spans: tc.spans}, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", tc.name, diff)
		}
	}
}

func TestText_ArgumentsAreShownByTheirType(t *testing.T) {
	args := Args{
		"S": "x", "N": 12345, "LimitBytes": int64(20 << 20), "D": 90 * time.Second, "K": core.Voice,
		"R": core.PeerGone, "E": errors.New("bad"), "Ref": Ref{Key: "unit.and"}, "L": []string{"a", "b"}, "F": 1.5,
	}
	got := with(t, "{{.S}}|{{.N}}|{{.LimitBytes}}|{{.D}}|{{.K}}|{{.E}}|{{.Ref}}|{{.L}}|{{.F}}", args).Body
	if got = strings.ReplaceAll(got, noBreakSpace, " "); got != "x|12,345|20 MB|1 min 30 s|a voice message|bad|and|a and b|1.5" {
		t.Error(got)
	}
}

func TestStyled_AMissingKeyOrArgumentIsVisible(t *testing.T) {
	p := For("ru")
	if got := p.Text("nothing.here"); got != "⟦nothing.here⟧" {
		t.Error(got)
	}
	if got := p.Text("unit.date"); got != "⟦unit.date⟧" {
		t.Error(got)
	}
}

func BenchmarkStyled(b *testing.B) {
	p := For("ru")
	for b.Loop() {
		p.Styled("fit.contact", Args{"Name": "Анна", "Phone": "+79990000000"})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load(); err != nil {
			b.Fatal(err)
		}
	}
}
