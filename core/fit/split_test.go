package fit

import (
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"parom/core"
)

func cutAll(s string, l core.TextLimit) []string {
	var out []string
	for _, r := range split(s, l) {
		out = append(out, s[r.From:r.To])
	}
	return out
}

func TestSplit_PrefersTheBestBorder(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		max      int
		unit     core.Unit
		want     []string
	}{
		{"what fits stays whole", "one two", 7, core.UTF16, []string{"one two"}},
		{"no limit", strings.Repeat("a ", 9999), 0, core.UTF16, []string{strings.Repeat("a ", 9999)}},
		{"a paragraph over a line", "aaaa aaa\n\nbbb\nccc ddd eee", 15, core.Runes, []string{"aaaa aaa\n\n", "bbb\nccc ddd eee"}},
		{"a line over a sentence", "aaaaa. bbb\nccc. ddd eee", 16, core.Runes, []string{"aaaaa. bbb\n", "ccc. ddd eee"}},
		{"a sentence over a word", "Aaaa bbb. Ccc ddd eee", 15, core.Runes, []string{"Aaaa bbb. ", "Ccc ddd eee"}},
		{"a word when the sentence ends too early", "A. Bbbbbb cccc ddddd", 17, core.Runes, []string{"A. Bbbbbb cccc ", "ddddd"}},
		{"a hyphen when there is no space", "aaaaaaa-bbbbbb", 10, core.Runes, []string{"aaaaaaa-", "bbbbbb"}},
		{"a word over the limit is broken", "ab cdefghijk", 6, core.Runes, []string{"ab ", "cdefgh", "ijk"}},
		{"indentation stays with its line", "if x {\n\treturn\n}", 8, core.Runes, []string{"if x {\n", "\treturn\n", "}"}},
		{"no-break space holds", "aaa 10\u00a0000 р", 9, core.Runes, []string{"aaa ", "10\u00a0000 р"}},
		{"Russian counts two bytes a letter", "привет мир", 13, core.Bytes, []string{"привет ", "мир"}},
		{"an emoji counts two units", "👍👍👍", 4, core.UTF16, []string{"👍👍", "👍"}},
		{"a family stays together", "👨‍👩‍👧👨‍👩‍👧", 9, core.UTF16, []string{"👨‍👩‍👧", "👨‍👩‍👧"}},
		{"a family over the limit does not", "👨‍👩‍👧", 4, core.UTF16, []string{"👨‍", "👩‍", "👧"}},
		{"a flag stays together", "🇷🇺🇬🇧", 6, core.UTF16, []string{"🇷🇺", "🇬🇧"}},
		{"scripts without spaces", "今天天气很好我们去", 4, core.Runes, []string{"今天天气", "很好我们", "去"}},
		{"blank stretches are not sent", "a" + strings.Repeat(" ", 20) + "b", 5, core.Runes, []string{"a" + strings.Repeat(" ", 20), "b"}},
		{"white space at a cut does not count", "aaa bbb", 3, core.Runes, []string{"aaa ", "bbb"}},
		{"nor at the end", "aaa  ", 3, core.Runes, []string{"aaa  "}},
	} {
		got := cutAll(tc.in, core.TextLimit{Max: tc.max, Unit: tc.unit})
		if !slices.Equal(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// checkSplit is what must hold of every text and limit.
func checkSplit(t interface{ Fatalf(string, ...any) }, s string, l core.TextLimit) {
	ranges := split(s, l)
	boundaries := map[int]bool{}
	longest := 0
	for state, at, rest := -1, 0, s; rest != ""; {
		var c string
		c, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at += len(c)
		boundaries[at] = true
		longest = max(longest, Length(c, l.Unit))
	}
	done := 0
	for _, r := range ranges {
		if strings.TrimSpace(s[done:r.From]) != "" {
			t.Fatalf("%q was left out", s[done:r.From])
		}
		piece := s[r.From:r.To]
		if !Fits(strings.TrimRight(piece, trimmed), l) && utf8.RuneCountInString(piece) > 1 {
			t.Fatalf("%q is over %+v", piece, l)
		}
		if !boundaries[r.To] && longest <= l.Max {
			t.Fatalf("a grapheme was split behind %q", piece)
		}
		if r.To < len(s) && insideWord(s, r.To) && Length(wordAround(s, r.To), l.Unit) <= l.Max {
			t.Fatalf("the word %q was broken behind %q", wordAround(s, r.To), piece)
		}
		done = r.To
	}
	if strings.TrimSpace(s[done:]) != "" {
		t.Fatalf("the end %q was left out", s[done:])
	}
	if again := split(s, l); !slices.EqualFunc(again, ranges, func(a, b Range) bool { return a.From == b.From && a.To == b.To }) {
		t.Fatalf("cut differently the second time")
	}
}

func letter(r rune) bool {
	return (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func insideWord(s string, at int) bool {
	a, _ := utf8.DecodeLastRuneInString(s[:at])
	b, _ := utf8.DecodeRuneInString(s[at:])
	return letter(a) && letter(b)
}

func breaks(r rune) bool { return unicode.IsSpace(r) && r != '\u00a0' && r != '\u202f' }

// wordAround is what stands around at without white space.
func wordAround(s string, at int) string {
	from := strings.LastIndexFunc(s[:at], breaks)
	if from >= 0 {
		_, n := utf8.DecodeRuneInString(s[from:])
		from += n
	} else {
		from = 0
	}
	to := strings.IndexFunc(s[at:], breaks)
	if to < 0 {
		return s[from:]
	}
	return s[from : at+to]
}

var someText = rapid.Custom(func(t *rapid.T) string {
	parts := rapid.SliceOfN(rapid.SampledFrom([]string{
		"a", "слово", "Word", " ", " ", " ", "\n", "\n\n", ". ", "! Да", "-", "👍", "👨‍👩‍👧", "🇷🇺", "e\u0301", "漢字", "שלום",
		"1000", "https://example.org/a/b?c=d", "\t", "\u200b", "…", "(", "»",
	}), 0, 120).Draw(t, "parts")
	return strings.Join(parts, "") + rapid.StringN(0, 20, -1).Draw(t, "tail")
})

func someLimit(t *rapid.T) core.TextLimit {
	return core.TextLimit{
		Max:  rapid.IntRange(1, 80).Draw(t, "max"),
		Unit: rapid.SampledFrom([]core.Unit{core.UTF16, core.Runes, core.Bytes}).Draw(t, "unit"),
	}
}

func TestSplit_HoldsForAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkSplit(t, Clean(someText.Draw(t, "text")), someLimit(t))
	})
}

func FuzzSplit(f *testing.F) {
	f.Add("Привет, мир! 👨‍👩‍👧 конец.\n\nНовый абзац", 10, uint8(0))
	f.Add("\xff\x00\r\n", 1, uint8(2))
	f.Fuzz(func(t *testing.T, s string, most int, unit uint8) {
		if most < 1 || len(s) > 5000 {
			t.Skip()
		}
		checkSplit(t, Clean(s), core.TextLimit{Max: most, Unit: core.Unit(unit % 3)})
	})
}

func BenchmarkSplit(b *testing.B) {
	s := strings.Repeat("Обычный русский текст, каких много. И ещё одно предложение!\n", 1000)
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		split(s, core.TextLimit{Max: 4096})
	}
}
