package telegramsim

import (
	"encoding/json"
	"strconv"
	"strings"
)

// replyParameters as the wire has them; chat_id may be a number or text.
type replyParameters struct {
	MessageID    int64           `json:"message_id"`
	ChatID       json.RawMessage `json:"chat_id"`
	AllowWithout bool            `json:"allow_sending_without_reply"`
	Quote        string          `json:"quote"`
	QuoteMode    string          `json:"quote_parse_mode"`
	Entities     json.RawMessage `json:"quote_entities"`
	Position     int             `json:"quote_position"`
}

// reply fills what m answers, into the chat m goes to.
func (c *call) reply(k *chat, m *message) error {
	var p replyParameters
	if err := c.p.object("reply_parameters", &p); err != nil {
		return err
	}
	if p.MessageID == 0 { // before Bot API 7.0
		p.MessageID, p.AllowWithout = c.p.int("reply_to_message_id"), c.p.flag("allow_sending_without_reply")
	}
	if p.MessageID == 0 {
		return nil
	}
	from := k
	if chatID := strings.Trim(string(p.ChatID), `"`); chatID != "" && chatID != "null" && chatID != strconv.FormatInt(k.Place.Chat, 10) {
		other := call{Server: c.Server, bot: c.bot, p: params{values: map[string]string{"chat_id": chatID}}}
		var err error
		if from, err = other.chat("chat_id", false); err != nil {
			return err
		}
	}
	r := from.find(p.MessageID)
	if r != nil && r.From != c.bot.ID && c.st.Bots[r.From] != nil && !c.knobs.BotsSeeBots {
		r = nil // another bot's message cannot be answered: telegram-bot-api#657
	}
	if r == nil {
		if p.AllowWithout {
			return nil
		}
		return bad("message to be replied not found")
	}
	return c.answer(k, from, m, r, p.Quote, p.QuoteMode, p.Entities, p.Position, c)
}

// answer makes m an answer to r, in the same chat and topic or from elsewhere.
func (s *Server) answer(k, from *chat, m, r *message, quote, mode string, entities json.RawMessage, near int, c *call) error {
	m.ReplyTo = r.ID
	if from != k || m.Topical && r.Topical && r.Thread != m.Thread || m.Topical && !r.Topical && k.Forum {
		p := from.Place
		m.ReplyPlace = &p
	} else if r.Topical && !m.Topical && k.Forum {
		m.Thread, m.Topical = r.Thread, true
	}
	if quote == "" {
		return nil
	}
	text, es, err := c.fromFields(quote, mode, entities)
	if err != nil {
		return err
	}
	at := findQuote(r.Content.Text, text, near)
	if at < 0 {
		return bad("QUOTE_TEXT_INVALID")
	}
	m.Quote = &Quote{Text: text, Entities: es, Position: at, Manual: true}
	return nil
}

// findQuote finds the occurrence nearest to a position, in UTF-16 units; -1 when
// the text does not contain it.
func findQuote(text, quote string, near int) int {
	best := -1
	for from := 0; quote != ""; {
		i := strings.Index(text[from:], quote)
		if i < 0 {
			break
		}
		at := units(text[:from+i])
		if best < 0 || abs(at-near) < abs(best-near) {
			best = at
		}
		from += i + len(quote)
	}
	return best
}

func abs(n int) int { return max(n, -n) }
