package fit

import (
	"slices"
	"strings"

	"parom/core"
)

// Problem is an attachment that cannot go, and what can be done about it.
type Problem struct {
	Attachment int // index in the message
	Kind       core.Kind
	Name       string // as given; empty: none
	Rule       Rule
	SizeBytes  int64    // zero: not known
	LimitBytes int64    // of SendSize, FetchSize, TotalSize
	Limit      int      // of Pixels: width plus height, or the longer side over the shorter
	Allowed    []string // of Type: extensions or MIME types
	// Ways out, likeliest first. AsLink works only where the gateway has a
	// public address: whoever shows the ways knows.
	Ways []Way
}

// Rule is what an attachment broke.
type Rule uint8

// Rules.
const (
	KindAbsent Rule = iota + 1 // the network has no such thing, nor files to stand in for it
	SendSize                   // larger than the destination takes
	FetchSize                  // larger than the source hands over
	TotalSize                  // alone larger than all files of a message may be
	Type                       // MIME type or extension
	Pixels                     // too large or too long an image
	NoSource                   // there is nowhere to get the bytes from
)

var ruleNames = [...]string{"", "kind", "send_size", "fetch_size", "total_size", "type", "pixels", "source"}

// String is the rule's name in text keys and metrics.
func (r Rule) String() string {
	if int(r) < len(ruleNames) {
		return ruleNames[r]
	}
	return "unknown"
}

// Way is something that can be done about a Problem.
type Way uint8

// Ways.
const (
	AsLink     Way = iota + 1 // keep the file here, send its address
	AsDocument                // send it as a plain file
	UploadPage                // have the sender upload it past the network that cannot hand it over
	Drop
)

var wayNames = [...]string{"", "as_link", "as_document", "upload_page", "drop"}

// String is the way's name in text keys.
func (w Way) String() string {
	if int(w) < len(wayNames) {
		return wayNames[w]
	}
	return "unknown"
}

// Can reports that w is among the ways.
func (p Problem) Can(w Way) bool { return slices.Contains(p.Ways, w) }

// Describe says in words what is wrong, naming file, size and limit.
func (p Problem) Describe(w Words) string {
	size, limit := w.BytesApart(p.SizeBytes, p.LimitBytes)
	return w.Text("fit.problem_"+p.Rule.String(), map[string]any{
		"What": w.KindLabel(p.Kind), "Name": Name(p.Name), "Size": size, "Limit": limit,
		"Allowed": strings.Join(p.Allowed, ", "),
	})
}
