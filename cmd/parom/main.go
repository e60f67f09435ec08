// Command parom is the gateway: run, init, check, demo, sim, version. It parses
// and calls; what the commands do lives in the packages beside it and, for init
// and check, in the files of their names.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"parom/config"
	"parom/core"
	"parom/core/lang"
)

// Exit codes, beside 0. A second signal ends the process with the signal's own.
const (
	exitFailed = 1 // it could not work, or check found what is fatal
	exitUsage  = 2 // the command line or the configuration is wrong
)

// commands is the command line.
type commands struct {
	Lang string `help:"${cli_lang}" placeholder:"ru|en"`

	Run     runCommand     `cmd:"" help:"${cli_run}"`
	Init    initCommand    `cmd:"" help:"${cli_init}"`
	Check   checkCommand   `cmd:"" help:"${cli_check}"`
	Demo    demoCommand    `cmd:"" help:"${cli_demo}"`
	Sim     simCommand     `cmd:"" help:"${cli_sim}"`
	Bench   benchCommand   `cmd:"" help:"${cli_bench}"`
	Version versionCommand `cmd:"" help:"${cli_version}"`
}

// session is what a command works with.
type session struct {
	in      io.Reader
	out     io.Writer // for answers, without secrets
	err     io.Writer // for the log and errors, without secrets
	texts   *lang.Printer
	clock   core.Clock
	secrets *redactor
}

func main() {
	os.Exit(start(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// start parses and calls, and tells the exit code.
func start(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	secrets := &redactor{}
	s := &session{in: in, out: secrets.writer(out), err: secrets.writer(errs), clock: core.SystemClock(), secrets: secrets}
	s.texts = lang.For(wishedLanguage(args, os.Getenv))

	var c commands
	code, left := 0, false
	parser, err := kong.New(&c, kong.Name("parom"), kong.Description(s.texts.Text("cli.about")), kong.Writers(s.out, s.err),
		kong.Exit(func(n int) { code, left = n, true }), kong.WithHyphenPrefixedParameters(true), s.help())
	if err != nil {
		return s.fail(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	called, err := parser.Parse(args)
	if left {
		return code // --help was shown
	}
	if err != nil {
		s.say(s.err, "parom: %s\n", err)
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	// The second signal finds no handler and ends the process at once.
	context.AfterFunc(ctx, stop)
	called.BindTo(ctx, (*context.Context)(nil))
	if err := called.Run(s); err != nil {
		return s.fail(err)
	}
	return 0
}

// errFound is check's word that something is fatal; all was said already.
var errFound = errors.New("fatal findings")

// fail tells an error and gives its exit code.
func (s *session) fail(err error) int {
	if errors.Is(err, errFound) {
		return exitFailed
	}
	s.say(s.err, "parom: %s\n", err)
	if errors.As(err, new(*config.Error)) {
		return exitUsage
	}
	return exitFailed
}

// help gives the words of the command line in the person's language.
func (s *session) help() kong.Option {
	words := kong.Vars{}
	for _, key := range []string{
		"lang", "run", "init", "check", "demo", "sim", "sim_telegram", "version", "config", "listen", "sim_listen",
		"data", "sim_data", "seed", "init_config", "endpoint", "token_file", "group", "admin", "customers", "customer_token_file", "yes", "wait",
		"bench", "bench_dir", "bench_only", "bench_messages", "bench_span", "bench_profile",
	} {
		words["cli_"+key] = s.texts.Text("cli." + key)
	}
	return words
}

// wishedLanguage is what --lang says, else the environment. It is needed before
// the command line is parsed: for the words of its help.
func wishedLanguage(args []string, env func(string) string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--lang="); ok {
			return v
		}
		if a == "--lang" && i+1 < len(args) {
			return args[i+1]
		}
	}
	for _, name := range []string{"PAROM_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := env(name); v != "" {
			v, _, _ = strings.Cut(v, ".") // ru_RU.UTF-8
			return strings.ReplaceAll(v, "_", "-")
		}
	}
	return "en"
}
