package setup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"parom/core/lang"
)

// errNoAnswer: the input ended before a question was answered.
var errNoAnswer = errors.New("no answer: the input has ended")

// asker puts questions to the person at the terminal.
type asker struct {
	in  *bufio.Reader
	out io.Writer
	p   *lang.Printer
	// hidden reads a line without showing it; nil: read like any other.
	hidden func() (string, error)
	yes    bool // every question is answered as proposed
}

func (a *asker) say(key string, args ...lang.Args) {
	_, _ = fmt.Fprintln(a.out, a.p.Text(key, args...))
}

// line asks for a line of text. An input that ended is errNoAnswer.
func (a *asker) line(ctx context.Context, key string, args ...lang.Args) (string, error) {
	return a.ask(ctx, a.p.Text(key, args...)+" ", func() (string, error) {
		s, err := a.in.ReadString('\n')
		if s != "" {
			err = nil
		}
		return s, err
	})
}

// secret asks for a line that is not shown.
func (a *asker) secret(ctx context.Context, key string, args ...lang.Args) (string, error) {
	if a.hidden == nil {
		return a.line(ctx, key, args...)
	}
	s, err := a.ask(ctx, a.p.Text(key, args...)+" ", a.hidden)
	_, _ = fmt.Fprintln(a.out) // the Enter was not shown either
	return s, err
}

// ask prints and reads. A read cannot be taken back: when ctx ends it is left
// behind, and the process is about to end with it.
func (a *asker) ask(ctx context.Context, prompt string, read func() (string, error)) (string, error) {
	_, _ = io.WriteString(a.out, prompt)
	type answer struct {
		s   string
		err error
	}
	got := make(chan answer, 1)
	go func() {
		s, err := read()
		got <- answer{s, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case g := <-got:
		if errors.Is(g.err, io.EOF) {
			return "", errNoAnswer
		}
		return strings.TrimSpace(g.s), g.err
	}
}

// confirm asks a question of yes or no; Enter is what is proposed.
func (a *asker) confirm(ctx context.Context, proposed bool, key string, args ...lang.Args) (bool, error) {
	choice := a.p.Text("init.choice_no")
	if proposed {
		choice = a.p.Text("init.choice_yes")
	}
	if a.yes {
		return proposed, nil
	}
	for {
		s, err := a.ask(ctx, a.p.Text(key, args...)+" "+choice+" ", func() (string, error) {
			s, err := a.in.ReadString('\n')
			if s != "" {
				err = nil
			}
			return s, err
		})
		if err != nil {
			return false, err
		}
		switch strings.ToLower(s) {
		case "":
			return proposed, nil
		case "y", "yes", "д", "да":
			return true, nil
		case "n", "no", "н", "нет":
			return false, nil
		}
		a.say("init.yes_or_no")
	}
}
