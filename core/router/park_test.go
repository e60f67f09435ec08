package router

import (
	"errors"
	"fmt"
	"testing"

	"parom/core"
)

// TestClass_TellsNothingOfWhatWasWritten: causes may quote a customer's words, and
// logs never do.
func TestClass_TellsNothingOfWhatWasWritten(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{fmt.Errorf("store %q: %w", "секрет", errors.New("секрет")), "*errors.errorString"},
		{fmt.Errorf("секрет: %w", &core.SendError{Reason: core.BadConfig, Detail: "секрет"}), core.BadConfig.String()},
		{errors.Join(errors.New("секрет")), "*errors.joinError"},
	} {
		if got := class(c.err); got != c.want {
			t.Errorf("%T: %q, want %q", c.err, got, c.want)
		}
	}
}
