package telegramsim

import (
	"encoding/json"
	"net/url"
	"strings"
)

const (
	maxCallbackBytes = 64  // bots/api#inlinekeyboardbutton
	maxButtons       = 100 // seen in maintainers' threads, not documented
)

// keyboard reads reply_markup. Only inline keyboards stay with a message; the
// other kinds are checked for being JSON objects and let go.
func (c *call) keyboard() ([][]Button, error) {
	raw := strings.TrimSpace(c.p.str("reply_markup"))
	if raw == "" {
		return nil, nil
	}
	var markup map[string]json.RawMessage
	if json.Unmarshal([]byte(raw), &markup) != nil {
		return nil, bad("can't parse reply keyboard markup JSON object")
	}
	rows, inline := markup["inline_keyboard"]
	if !inline {
		return nil, nil
	}
	var keys [][]Button
	if json.Unmarshal(rows, &keys) != nil {
		return nil, bad("can't parse inline keyboard: an array of arrays of buttons is expected") // wording: guess
	}
	n := 0
	var out [][]Button
	for _, row := range keys {
		for i := range row {
			if err := checkButton(&row[i]); err != nil {
				return nil, err
			}
			n++
		}
		if len(row) > 0 {
			out = append(out, row)
		}
	}
	if n > maxButtons {
		return nil, bad("reply markup is too long")
	}
	return out, nil
}

func checkButton(b *Button) error {
	if b.Text == "" {
		return bad("can't parse inline keyboard button: Field \"text\" must be of type String") // wording: guess
	}
	actions := 0
	for _, set := range []bool{
		b.URL != "", b.Data != "", b.WebApp != nil, b.Login != nil, b.Inline != nil, b.Here != nil,
		b.Chosen != nil, b.CopyText != nil, b.Game != nil, b.Pay,
	} {
		if set {
			actions++
		}
	}
	switch {
	case actions == 0:
		return bad("can't parse inline keyboard button: Text buttons are not allowed in the inline keyboard")
	case len(b.Data) > maxCallbackBytes:
		return bad("BUTTON_DATA_INVALID")
	case b.Style != "" && b.Style != "danger" && b.Style != "success" && b.Style != "primary":
		return bad("BUTTON_TYPE_INVALID")
	}
	if b.URL != "" {
		u, err := url.Parse(b.URL)
		if err != nil || strings.ContainsAny(b.URL, " \n") {
			return badf("inline keyboard button URL '%s' is invalid: Wrong HTTP URL", b.URL)
		}
		if u.Scheme == "" {
			b.URL = "http://" + b.URL
		} else if u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "tg" && u.Scheme != "ton" {
			return badf("inline keyboard button URL '%s' is invalid: Unsupported URL protocol", b.URL)
		}
	}
	return nil
}

func sameKeyboard(a, b [][]Button) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y) || len(a) == 0 && len(b) == 0
}
