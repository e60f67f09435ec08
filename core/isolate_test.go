package core

import "testing"

func TestIsolate_RightToLeftNamesDoNotTurnTheLine(t *testing.T) {
	for in, want := range map[string]string{
		"Ann":                "Ann",
		"Ёжик 🦔":             "Ёжик 🦔",
		"\u202eevil":         "evil",
		"שלום":               "\u2068שלום\u2069",
		"a\u2069\u202dمرحبا": "\u2068aمرحبا\u2069",
		"":                   "",
	} {
		if got := Isolate(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
