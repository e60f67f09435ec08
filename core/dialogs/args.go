package dialogs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"parom/core"
	"parom/core/lang"
)

// Args are the arguments of a text key, kept with their types while a line waits
// in its lane: the words they become depend on the language of the room.
type Args map[string]any

// typed is how an argument that is no string, integer or bool is written down.
type typed struct {
	Time     *int64     `json:"time,omitempty"` // microseconds
	Duration *int64     `json:"dur,omitempty"`  // nanoseconds
	Kind     *core.Kind `json:"kind,omitempty"`
	Reason   *uint8     `json:"reason,omitempty"`
	Text     *core.Text `json:"text,omitempty"`
	Ref      string     `json:"ref,omitempty"` // text key, with Args
	Args     Args       `json:"args,omitempty"`
	List     []string   `json:"list,omitempty"`
	IsList   bool       `json:"islist,omitempty"`
}

// MarshalJSON keeps the types apart.
func (a Args) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(a))
	for k, v := range a {
		switch v := v.(type) {
		case time.Time:
			n := v.UnixMicro()
			out[k] = typed{Time: &n}
		case time.Duration:
			n := int64(v)
			out[k] = typed{Duration: &n}
		case core.Kind:
			out[k] = typed{Kind: &v}
		case core.Reason:
			n := uint8(v)
			out[k] = typed{Reason: &n}
		case core.Text:
			out[k] = typed{Text: &v}
		case []string:
			out[k] = typed{List: v, IsList: true}
		case lang.Ref:
			out[k] = typed{Ref: v.Key, Args: v.Args}
		default:
			out[k] = v
		}
	}
	return json.Marshal(out)
}

// UnmarshalJSON gives the types back; integers become int64.
func (a *Args) UnmarshalJSON(b []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return fmt.Errorf("arguments of a line: %w", err)
	}
	*a = make(Args, len(raw))
	for k, v := range raw {
		x, err := untype(v)
		if err != nil {
			return fmt.Errorf("argument %s of a line: %w", k, err)
		}
		(*a)[k] = x
	}
	return nil
}

func untype(b json.RawMessage) (any, error) {
	if bytes.HasPrefix(b, []byte("{")) {
		var t typed
		if err := json.Unmarshal(b, &t); err != nil {
			return nil, err
		}
		switch {
		case t.Time != nil:
			return time.UnixMicro(*t.Time).UTC(), nil
		case t.Duration != nil:
			return time.Duration(*t.Duration), nil
		case t.Kind != nil:
			return *t.Kind, nil
		case t.Reason != nil:
			return core.Reason(*t.Reason), nil
		case t.Text != nil:
			return *t.Text, nil
		case t.IsList:
			return append([]string{}, t.List...), nil
		case t.Ref != "":
			return lang.Ref{Key: t.Ref, Args: t.Args}, nil
		}
		return nil, fmt.Errorf("unknown type in %s", b)
	}
	var n json.Number
	if json.Unmarshal(b, &n) == nil && !bytes.HasPrefix(b, []byte(`"`)) {
		if i, err := n.Int64(); err == nil {
			return i, nil
		}
		return n.Float64()
	}
	var v any
	err := json.Unmarshal(b, &v)
	return v, err
}
