package telegramsim

import (
	"encoding/json"
	"strconv"
)

// inputMedia is an item of an album or of editMessageMedia.
type inputMedia struct {
	Type      string          `json:"type"`
	Media     string          `json:"media"`
	Caption   string          `json:"caption"`
	ParseMode string          `json:"parse_mode"`
	Entities  json.RawMessage `json:"caption_entities"`
	Above     bool            `json:"show_caption_above_media"`
	Spoiler   bool            `json:"has_spoiler"`
	Width     int             `json:"width"`
	Height    int             `json:"height"`
	Duration  int             `json:"duration"`
	Performer string          `json:"performer"`
	Title     string          `json:"title"`
}

// mediaContent reads one item, its file and its caption.
func (c *call) mediaContent(in inputMedia) (content, error) {
	switch in.Type {
	case kPhoto, kVideo, kAudio, kDoc, kAnimation:
	default:
		return content{}, badf("can't parse InputMedia: type %q is unsupported", in.Type) // wording: guess
	}
	if in.Media == "" {
		return content{}, bad("media not found")
	}
	f, err := c.inputFile(in.Type, in.Media, nil, "media not found")
	if err != nil {
		return content{}, err
	}
	k := content{
		Kind: in.Type, File: f.Key, Width: in.Width, Height: in.Height, Duration: in.Duration,
		Performer: in.Performer, Title: in.Title, Above: in.Above, Spoiler: in.Spoiler,
	}
	k.shape(f, 0)
	if k.Text, k.Entities, err = c.fromFields(in.Caption, in.ParseMode, in.Entities); err != nil {
		return content{}, err
	}
	return k, c.checkCaption(k.Text)
}

// albumMix: photos and videos mix, documents and audio stay among themselves.
func albumMix(a, b string) bool {
	visual := func(k string) bool { return k == kPhoto || k == kVideo }
	return a == b && a != kAnimation || visual(a) && visual(b)
}

func (c *call) sendMediaGroup() (any, error) {
	var in []inputMedia
	if c.p.str("media") == "" {
		return nil, bad("there are no messages to send")
	}
	if err := c.p.object("media", &in); err != nil {
		return nil, err
	}
	if len(in) == 0 {
		return nil, bad("there are no messages to send")
	}
	if len(in) > 10 {
		return nil, bad("too many messages to send as an album")
	}
	var items []content
	for _, item := range in {
		k, err := c.mediaContent(item)
		if err != nil {
			return nil, err
		}
		if len(items) > 0 && !albumMix(items[0].Kind, k.Kind) || k.Kind == kAnimation {
			return nil, bad("Can't use the media of the specified type in the album")
		}
		items = append(items, k)
	}
	return c.postAll(items)
}

func (c *call) postAll(items []content) (any, error) {
	var all []*message
	var ch *chat
	for _, k := range items {
		m, at, err := c.prepare(k)
		if err != nil {
			return nil, err
		}
		all, ch = append(all, m), at
	}
	if err := c.spend(ch, len(items)); err != nil {
		return nil, err
	}
	album := ""
	if len(items) > 1 {
		album = c.albumID()
	}
	out := make([]*wireMessage, 0, len(all))
	for i, m := range all {
		m.Album = album
		c.keepFiles(items[i])
		c.add(ch, m)
		out = append(out, c.render(m, c.bot.ID, true))
	}
	return out, nil
}

func (s *Server) albumID() string { return strconv.FormatInt(13_000_000_000_000_000+s.seq(), 10) }
