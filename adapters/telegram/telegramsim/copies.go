package telegramsim

import "sort"

type messageID struct {
	ID int64 `json:"message_id"`
}

// source finds a message to copy or forward.
func (c *call) source(k *chat, id int64, verb string) (*message, error) {
	m := k.find(id)
	if m == nil {
		return nil, bad("message to " + verb + " not found")
	}
	past := map[string]string{"copy": "copied", "forward": "forwarded"}[verb]
	if m.Content.service() || m.Protected || verb == "copy" && m.Content.Kind == kPoll && m.Content.Poll.Type == "quiz" {
		return nil, bad("message can't be " + past)
	}
	return m, nil
}

// replica is m's content as a new message: a copied poll starts anew.
func (c *call) replica(m *message) content {
	k := m.Content
	if k.Poll != nil {
		p := *k.Poll
		k.Poll = &p
	}
	return k
}

func (c *call) copyMessage() (any, error) {
	from, err := c.chat("from_chat_id", false)
	if err != nil {
		return nil, err
	}
	m, err := c.source(from, c.p.int("message_id"), "copy")
	if err != nil {
		return nil, err
	}
	k := c.replica(m)
	if c.p.has("caption") && k.captioned() {
		spoiler := k.Spoiler
		if err := c.caption(&k); err != nil {
			return nil, err
		}
		k.Spoiler = spoiler
	}
	next, ch, err := c.prepare(k)
	if err != nil {
		return nil, err
	}
	if next.Keyboard == nil && !c.p.has("reply_markup") {
		next.Keyboard = m.Keyboard
	}
	if err := c.spend(ch, 1); err != nil {
		return nil, err
	}
	return messageID{c.add(ch, next).ID}, nil
}

func (c *call) forwardMessage() (any, error) {
	from, err := c.chat("from_chat_id", false)
	if err != nil {
		return nil, err
	}
	m, err := c.source(from, c.p.int("message_id"), "forward")
	if err != nil {
		return nil, err
	}
	next, ch, err := c.prepare(c.replica(m))
	if err != nil {
		return nil, err
	}
	next.Origin, next.Keyboard = c.originOf(from, m), nil
	if err := c.spend(ch, 1); err != nil {
		return nil, err
	}
	c.add(ch, next)
	return c.render(next, c.bot.ID, true), nil
}

// manyMessages is copyMessages and forwardMessages: in increasing order, what
// cannot be taken is skipped, albums stay albums.
func manyMessages(verb string) handler {
	return func(c *call) (any, error) {
		from, ids, err := c.several()
		if err != nil {
			return nil, err
		}
		if !sort.SliceIsSorted(ids, func(i, j int) bool { return ids[i] < ids[j] }) {
			return nil, badf("message identifiers must be in a strictly increasing order")
		}
		var found, all []*message
		var ch *chat
		for _, id := range ids {
			m, err := c.source(from, id, verb)
			if err != nil {
				continue
			}
			k := c.replica(m)
			if c.p.flag("remove_caption") && k.captioned() {
				k.Text, k.Entities = "", nil
			}
			next, at, err := c.prepare(k)
			if err != nil {
				return nil, err
			}
			if verb == "forward" {
				next.Origin = c.originOf(from, m)
			}
			found, all, ch = append(found, m), append(all, next), at
		}
		if len(all) == 0 {
			return nil, bad("there are no messages to " + verb)
		}
		if err := c.spend(ch, len(all)); err != nil {
			return nil, err
		}
		albums := map[string]string{}
		out := make([]messageID, 0, len(all))
		for i, next := range all {
			if old := found[i].Album; old != "" {
				if albums[old] == "" {
					albums[old] = c.albumID()
				}
				next.Album = albums[old]
			}
			out = append(out, messageID{c.add(ch, next).ID})
		}
		return out, nil
	}
}
