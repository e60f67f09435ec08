package main

import (
	"strings"
	"testing"
)

const skippedRun = `{"Action":"start","Package":"parom/core"}
{"Action":"output","Package":"parom/core","Test":"TestOld","Output":"=== RUN   TestOld\n"}
{"Action":"pass","Package":"parom/core","Test":"TestOld"}
{"Action":"output","Package":"parom/core","Test":"TestBrowser","Output":"    a_test.go:9: no chromium here\n"}
{"Action":"output","Package":"parom/core","Test":"TestBrowser","Output":"--- SKIP: TestBrowser (0.00s)\n"}
{"Action":"skip","Package":"parom/core","Test":"TestBrowser"}
{"Action":"output","Package":"parom/core","Output":"PASS\n"}
{"Action":"output","Package":"parom/core","Output":"ok  \tparom/core\t0.1s\n"}
{"Action":"pass","Package":"parom/core"}
`

func TestReport_NamesSkippedTestsWithTheirReason(t *testing.T) {
	for _, verbose := range []bool{false, true} {
		var out strings.Builder
		r := report{out: &out, verbose: verbose}
		if err := r.read(strings.NewReader(skippedRun)); err != nil {
			t.Fatal(err)
		}
		if !r.finish() {
			t.Error("a skip alone is no failure")
		}
		for _, want := range []string{"ok  \tparom/core\t0.1s\n", "1 passed, 0 failed, 1 skipped:", "skipped core TestBrowser: no chromium here"} {
			if strings.Count(out.String(), want) != 1 {
				t.Errorf("verbose %v: want %q once in:\n%s", verbose, want, out.String())
			}
		}
	}
}

func TestReport_NeedFails(t *testing.T) {
	cases := map[string]struct{ events, want string }{
		"when a test was skipped": {skippedRun, "a test that is needed here was skipped"},
		"when no test ran":        {`{"Action":"output","Package":"parom/core","Output":"ok  \tparom/core\t0.1s [no tests to run]\n"}`, "no test ran"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			r := report{out: &out, need: true}
			if err := r.read(strings.NewReader(c.events)); err != nil {
				t.Fatal(err)
			}
			if r.finish() {
				t.Error("want a failure")
			}
			if !strings.Contains(out.String(), c.want) {
				t.Errorf("want %q in:\n%s", c.want, out.String())
			}
		})
	}
}

func TestReport_ShowsWhatAFailingTestSaid(t *testing.T) {
	var out strings.Builder
	r := report{out: &out}
	err := r.read(strings.NewReader(`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: got 1\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.finish()
	if !strings.Contains(out.String(), "1 packages failed\n0 passed, 1 failed") {
		t.Errorf("the sum is wrong:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "got 1") || !strings.Contains(out.String(), "FAIL\tp") {
		t.Errorf("got:\n%s", out.String())
	}
}
