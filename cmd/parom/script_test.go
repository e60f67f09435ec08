package main

import (
	"errors"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"parom": main}) }

func TestCommandLine(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: map[string]func(*testscript.TestScript, bool, []string){
		// exits CODE PROGRAM ARGS… runs a program that must end with CODE.
		"exits": func(ts *testscript.TestScript, _ bool, args []string) {
			err := ts.Exec(args[1], args[2:]...)
			var ended *exec.ExitError
			if code, bad := strconv.Atoi(args[0]); bad != nil || !errors.As(err, &ended) || ended.ExitCode() != code {
				ts.Fatalf("want exit code %s, got: %v", args[0], err)
			}
		},
	}})
}
