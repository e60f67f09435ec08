package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// version is set when a release is built: -ldflags "-X main.version=v1.2.3".
var version = ""

type versionCommand struct{}

// Run tells what program this is.
func (versionCommand) Run(s *session) error {
	s.say(s.out, "parom %s\n", versionLine())
	return nil
}

// versionName is the version alone.
func versionName() string {
	name, _, _ := strings.Cut(versionLine(), " ")
	return name
}

// versionLine is the version, the commit and its state, Go's version and the
// platform.
func versionLine() string {
	v, facts := version, []string{}
	if b, ok := debug.ReadBuildInfo(); ok {
		if v == "" {
			v = b.Main.Version
		}
		known := map[string]string{}
		for _, s := range b.Settings {
			known[s.Key] = s.Value
		}
		if rev := known["vcs.revision"]; rev != "" {
			commit := "commit " + rev[:min(12, len(rev))]
			if known["vcs.modified"] == "true" {
				commit += " with changes"
			}
			facts = append(facts, commit, known["vcs.time"])
		}
	}
	if v == "" || v == "(devel)" {
		v = "dev"
	}
	facts = append(facts, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return v + " (" + strings.Join(facts, ", ") + ")"
}
