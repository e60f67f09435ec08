package botapi

import (
	"bytes"
	"encoding/json"
	"fmt"

	tg "github.com/go-telegram-bot-api/telegram-bot-api/v5"
)

// ThreadID is a topic's message_thread_id in a request. Zero and 1 are both the
// General topic and are left out: the server refuses an explicit 1.
type ThreadID int

// IsZero keeps General out of requests (encoding/json's omitzero calls it).
func (t ThreadID) IsZero() bool { return t <= 1 }

// encode turns a parameter struct into the library's form values: strings bare,
// numbers and flags as text, everything else as JSON text.
func encode(p any) (tg.Params, error) {
	out := tg.Params{}
	if p == nil {
		return out, nil
	}
	b, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode parameters: %w", err)
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return nil, fmt.Errorf("encode parameters: %w", err)
	}
	for name, raw := range fields {
		switch {
		case bytes.Equal(raw, []byte("null")):
		case raw[0] == '"':
			var s string
			if err := json.Unmarshal(raw, &s); err != nil {
				return nil, fmt.Errorf("encode %s: %w", name, err)
			}
			out[name] = s
		default:
			out[name] = string(raw)
		}
	}
	return out, nil
}
