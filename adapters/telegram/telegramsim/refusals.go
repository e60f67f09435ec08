package telegramsim

import (
	"errors"
	"fmt"
)

// Refusal is a failed answer of the Bot API, in the network's own words.
type Refusal struct {
	Code        int    `json:"error_code"`
	Description string `json:"description"`
	RetryAfter  int    `json:"retry_after,omitempty"`        // seconds, with code 429
	MigrateTo   int64  `json:"migrate_to_chat_id,omitempty"` // the supergroup a group became
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Description) }

func bad(text string) error { return &Refusal{Code: 400, Description: "Bad Request: " + text} }

func badf(format string, args ...any) error { return bad(fmt.Sprintf(format, args...)) }

func forbidden(text string) error { return &Refusal{Code: 403, Description: "Forbidden: " + text} }

func conflict(text string) error { return &Refusal{Code: 409, Description: "Conflict: " + text} }

func tooMany(seconds int) error {
	return &Refusal{Code: 429, Description: fmt.Sprintf("Too Many Requests: retry after %d", seconds), RetryAfter: seconds}
}

var (
	errUnauthorized = &Refusal{Code: 401, Description: "Unauthorized"}
	errNotFound     = &Refusal{Code: 404, Description: "Not Found"}
	errNoMethod     = &Refusal{Code: 404, Description: "Not Found: method not found"}
	errTooLarge     = &Refusal{Code: 413, Description: "Request Entity Too Large"}
	errLoggedOut    = &Refusal{Code: 400, Description: "Logged out"}
)

// refusalOf turns any error into an answer; what is not a Refusal is our bug or
// the disk's, and looks like the network's own failure.
func refusalOf(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return &Refusal{Code: 500, Description: "Internal Server Error: " + err.Error()}
}
