package fit

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestName_StandsSafelyAmongOurWords(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "Анна Петрова", "Анна Петрова"},
		{"lines become spaces", " Ann\n\tLee\u2028x ", "Ann Lee x"},
		{"controls go", "A\x00\x1bnn\u202e", "A\uFFFDnn"},
		{"invisible letters are nothing", "\u3164\u2800\u200b\ufeff", ""},
		{"joiners alone are nothing", "\u200d\u200d", ""},
		{"emoji stay whole", "Ann 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️", "Ann 👨‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ❤️"},
		{"right to left is isolated", "דנה", "\u2068דנה\u2069"},
		{"a stack of marks is cut down", "a" + strings.Repeat("\u0301", 100), "a" + strings.Repeat("\u0301", 15)},
		{"the length is bounded", strings.Repeat("👍🏽", 70), strings.Repeat("👍🏽", 63) + "…"},
		{"at the bound nothing is cut", strings.Repeat("x", 64), strings.Repeat("x", 64)},
	} {
		if got := Name(tc.in); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestFileName_IsSafeAnywhere(t *testing.T) {
	long := strings.Repeat("ж", 200)
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "Счёт №5.pdf", "Счёт №5.pdf"},
		{"a path", "../../etc/passwd", "passwd"},
		{"a Windows path", `C:\x\evil.bat`, "evil.bat"},
		{"a hidden file", ".bashrc", "bashrc"},
		{"only dots", "..", ""},
		{"nothing", "", ""},
		{"a turned extension", "photo\u202egpj.exe", "photogpj.exe"},
		{"bothering characters", `a<b>:"|?*.txt`, "a_b______.txt"},
		{"lines", "a\nb\r\x00.txt", "a b \uFFFD.txt"},
		{"a device", "con.txt", "_con.txt"},
		{"trailing dots and spaces", "a.txt. . ", "a.txt"},
		{"too long keeps its extension", long + ".pdf", strings.Repeat("ж", 58) + ".pdf"},
		{"too long an extension", "a." + strings.Repeat("x", 300), "a." + strings.Repeat("x", 118)},
	} {
		if got := FileName(tc.in); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestNames_HoldForAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).Draw(t, "s")
		f, n := FileName(s), Name(s)
		if len(f) > MaxFileNameBytes || strings.ContainsAny(f, "/\\\x00\n") || strings.HasPrefix(f, ".") || !utf8.ValidString(f) {
			t.Fatalf("file name %q", f)
		}
		if FileName(f) != f {
			t.Fatalf("%q is made %q the second time", f, FileName(f))
		}
		if Graphemes(n) > MaxNameGraphemes+2 || strings.ContainsAny(n, "\n\r\x00\u202e") || !utf8.ValidString(n) {
			t.Fatalf("name %q", n)
		}
	})
}
