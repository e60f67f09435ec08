package core

import "time"

// Limits is what a network carries, as data. It is constant for a constructed
// adapter; a business may lower it per channel. Zero values mean "no limit" for
// sizes and "not able" for abilities.
type Limits struct {
	Text       TextLimit
	Caption    TextLimit // text that may travel with files; Max 0: none does
	Media      map[Kind]MediaLimit
	Album      AlbumLimit
	TotalBytes int64 // of all files of one message, in the network's own encoding

	// Holder is the account for which an attachment with the same Holder goes
	// by reference. Empty: nothing does.
	Holder string
	// FirstWord: the network does not let us write to who has not written yet.
	FirstWord bool

	Reply, Fragment, Edit, Delete, Reaction, Typing, ReadMarks Ability

	EditWindow    time.Duration // from the network's send time; zero: unlimited
	DeleteWindow  time.Duration // likewise
	SessionWindow time.Duration // since the customer's last message; zero: unlimited
	Reactions     []string      // allowed set; empty: any
	Styles        []Style       // what formatting survives; others become plain text
	Rate          Rate
	// Dedupe is how long the network drops a repeated Key. Zero: it does not.
	Dedupe time.Duration
}

// Ability is how well a network does something.
type Ability uint8

// Abilities.
const (
	Absent   Ability = iota // named to the person who would miss it
	Emulated                // shown by other means
	Native
)

// Unit is what a network counts text in.
type Unit uint8

// Units of text.
const (
	UTF16 Unit = iota // UTF-16 code units
	Runes
	Bytes
)

// TextLimit bounds a text. Max 0 means no bound for Limits.Text.
type TextLimit struct {
	Max  int
	Unit Unit
}

// MediaLimit bounds one kind of file.
type MediaLimit struct {
	SendBytes  int64    // largest the network takes from us; 0: no stated limit
	FetchBytes int64    // largest it hands over to us; 0: no stated limit
	MIME       []string // accepted types; empty: any
	Extensions []string // accepted extensions without the dot; empty: any
	MaxPixels  int      // width plus height; 0: any
	MaxRatio   int      // longer side over shorter; 0: any
	NoCaption  bool     // the network shows no text with this kind
	// Fallback is the kind it goes as when this one cannot; 0: it cannot go.
	Fallback Kind
}

// AlbumLimit bounds files that travel together.
type AlbumLimit struct {
	Max int // files in one message; 0 or 1: one at a time
	// Mix lists the sets of kinds that may stand in one album.
	Mix [][]Kind
}

// Rate is what a network allows, for the adapter's channel as a whole and for
// one correspondent. Zero fields are unbounded.
type Rate struct {
	PerSecond        float64
	PerPeerPerSecond float64
	PeerBurst        int // sends to one correspondent that may go at once; 0: one
}
