package console

import (
	"context"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"

	"github.com/rivo/uniseg"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// titleUnits is the longest title: core.telegram.org/bots/api#createforumtopic
// says 1–128 characters, which Telegram counts in UTF-16 units.
const titleUnits = 128

// iconColors are all that a topic may have: core.telegram.org/bots/api#createforumtopic.
var iconColors = []int{0x6FB9F0, 0xFFD67E, 0xCB86DB, 0x8EEE98, 0xFF93B2, 0xFB6F5F}

// OpenTopic makes a topic. An icon that Telegram does not offer becomes a colour.
func (c *Console) OpenTopic(ctx context.Context, room, title, icon string) (core.TopicRef, error) {
	chat, err := chatOf(room)
	if err != nil {
		return core.TopicRef{}, err
	}
	p := botapi.CreateForumTopicParams{ChatID: chat, Name: titleOf(title), IconCustomEmojiID: c.icons.find(ctx, c.api, icon)}
	if p.IconCustomEmojiID == "" {
		p.IconColor = colorOf(icon)
	}
	t, err := c.api.CreateForumTopic(ctx, p)
	if p.IconCustomEmojiID != "" && refusedIcon(err) {
		p.IconCustomEmojiID, p.IconColor = "", colorOf(icon)
		t, err = c.api.CreateForumTopic(ctx, p)
	}
	if err != nil {
		return core.TopicRef{}, classify(err, chat, toShow, rightTopics)
	}
	return core.TopicRef{Room: room, Thread: strconv.Itoa(t.ThreadID)}, nil
}

// refusedIcon takes every refusal that is about nothing else for one of the
// icon. *Guess*: its words are not documented (DOCUMENT_INVALID was seen).
func refusedIcon(err error) bool { return botapi.KindOf(err) == botapi.KindUnknown }

// EditTopic renames a topic or changes its icon; what is empty stays, and so
// does the icon when Telegram does not offer the new one. General's icon is fixed.
func (c *Console) EditTopic(ctx context.Context, t core.TopicRef, title, icon string) error {
	chat, thread, err := place(t)
	if err != nil {
		return err
	}
	p := botapi.EditForumTopicParams{ChatID: chat, ThreadID: thread}
	if strings.TrimSpace(title) != "" {
		name := titleOf(title)
		p.Name = &name
	}
	if icon != "" && thread > 1 {
		if id := c.icons.find(ctx, c.api, icon); id != "" {
			p.IconCustomEmojiID = &id
		}
	}
	if p.Name == nil && p.IconCustomEmojiID == nil {
		return nil
	}
	if thread <= 1 {
		err = c.api.Call(ctx, "editGeneralForumTopic", struct {
			ChatID int64  `json:"chat_id"`
			Name   string `json:"name"`
		}{chat, *p.Name}, nil)
	} else {
		err = c.api.EditForumTopic(ctx, p)
		if p.IconCustomEmojiID != nil && refusedIcon(err) {
			if p.IconCustomEmojiID = nil; p.Name == nil {
				return nil
			}
			err = c.api.EditForumTopic(ctx, p)
		}
	}
	return c.topicDone(err, chat)
}

// ReopenTopic opens a topic that was closed by hand.
func (c *Console) ReopenTopic(ctx context.Context, t core.TopicRef) error {
	chat, thread, err := place(t)
	if err != nil {
		return err
	}
	if thread <= 1 {
		err = c.api.Call(ctx, "reopenGeneralForumTopic", struct {
			ChatID int64 `json:"chat_id"`
		}{chat}, nil)
	} else {
		err = c.api.ReopenForumTopic(ctx, chat, thread)
	}
	return c.topicDone(err, chat)
}

// DeleteTopic removes a topic with all its posts; one that is gone is removed.
func (c *Console) DeleteTopic(ctx context.Context, t core.TopicRef) error {
	chat, thread, err := place(t)
	if err != nil {
		return err
	}
	if thread <= 1 {
		return rejected("the general topic cannot be deleted")
	}
	err = c.api.DeleteForumTopic(ctx, chat, thread)
	if botapi.KindOf(err) == botapi.KindTopicGone {
		return nil
	}
	return c.topicDone(err, chat, rightDelete)
}

// topicDone takes "it is so already" for done. A topic's methods need the right
// to manage topics unless another is named.
func (c *Console) topicDone(err error, chat int64, right ...string) error {
	if botapi.KindOf(err) == botapi.KindTopicNotModified {
		return nil
	}
	need := rightTopics
	if len(right) > 0 {
		need = right[0]
	}
	return classify(err, chat, toChange, need)
}

// titleOf is a title as Telegram takes it: one line, not blank, cut between
// graphemes.
func titleOf(title string) string {
	title = strings.Join(strings.Fields(strings.ToValidUTF8(title, "\uFFFD")), " ")
	if title == "" {
		return "…"
	}
	return cut(title, titleUnits)
}

// cut shortens s to limit UTF-16 units, an ellipsis included, between graphemes.
func cut(s string, limit int) string {
	if units(s) <= limit {
		return s
	}
	kept, used := 0, 1 // the ellipsis is one unit
	state := -1
	for rest := s; rest != ""; {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if used += units(g); used > limit {
			break
		}
		kept += len(g)
	}
	return strings.TrimRight(s[:kept], " ") + "…"
}

func units(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

// colorOf gives each icon a colour of its own as far as six suffice.
func colorOf(icon string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(bare(icon)))
	return iconColors[h.Sum32()%uint32(len(iconColors))]
}

// bare is an emoji without the selector that only asks for its coloured form.
func bare(emoji string) string { return strings.ReplaceAll(emoji, "\uFE0F", "") }

// icons maps emoji to the custom emoji that topics may bear; asked once.
type icons struct {
	mu    sync.Mutex
	ids   map[string]string
	asked bool
}

// find is empty when there is no such icon or Telegram cannot be asked now: an
// icon is not worth waiting for.
func (i *icons) find(ctx context.Context, api *botapi.Client, emoji string) string {
	if emoji == "" {
		return ""
	}
	i.mu.Lock()
	ids, asked := i.ids, i.asked
	i.mu.Unlock()
	if !asked {
		stickers, err := api.GetForumTopicIconStickers(ctx)
		if err != nil {
			return ""
		}
		ids = map[string]string{}
		for _, s := range stickers {
			if e := bare(s.Emoji); ids[e] == "" {
				ids[e] = s.CustomEmojiID
			}
		}
		i.mu.Lock()
		i.ids, i.asked = ids, true
		i.mu.Unlock()
	}
	return ids[bare(emoji)]
}
