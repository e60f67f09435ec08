package telegram

import (
	"time"

	"parom/core"
)

const (
	mb = 1 << 20

	// Sources of the numbers below, as of Bot API 10.
	//   core.telegram.org/bots/api#sendmessage        4096 UTF-16 units after entities
	//   core.telegram.org/bots/api#sendphoto          1024 of caption; 10 MB, w+h ≤ 10000, ratio ≤ 20
	//   core.telegram.org/bots/api#sending-files      50 MB other files
	//   core.telegram.org/bots/api#getfile            20 MB to download
	//   core.telegram.org/bots/api#using-a-local-bot-api-server  2000 MB up, no limit down
	//   core.telegram.org/bots/api#sendmediagroup     2–10, documents and audio only with their own kind
	//   core.telegram.org/bots/api#sendsticker        .WEBP, .TGS, .WEBM
	//   core.telegram.org/stickers                    512 KB static, 256 KB video, 64 KB animated
	//   core.telegram.org/bots/api#deletemessage      48 h
	//   core.telegram.org/bots/faq                    30 a second in all, 1 a second per chat
	textUnits    = 4096
	captionUnits = 1024
	photoBytes   = 10 * mb
	cloudSend    = 50 * mb
	cloudFetch   = 20 * mb
	localSend    = 2000 * mb
	stickerBytes = 512 << 10
	albumFiles   = 10
)

// Limits are what a bot may send and fetch; local is for a server run with
// --local. Holder is not set: it belongs to a bot.
func Limits(local bool) core.Limits {
	send, fetch := int64(cloudSend), int64(cloudFetch)
	if local {
		send, fetch = localSend, 0
	}
	file := core.MediaLimit{SendBytes: send, FetchBytes: fetch, Fallback: core.Document}
	with := func(change func(*core.MediaLimit)) core.MediaLimit {
		l := file
		change(&l)
		return l
	}
	return core.Limits{
		Text:    core.TextLimit{Max: textUnits, Unit: core.UTF16},
		Caption: core.TextLimit{Max: captionUnits, Unit: core.UTF16},
		Media: map[core.Kind]core.MediaLimit{
			core.Photo: with(func(l *core.MediaLimit) {
				l.SendBytes, l.MaxPixels, l.MaxRatio = photoBytes, 10000, 20
			}),
			// #sendvideo: MPEG4; other formats may be sent as documents.
			core.Video: file,
			// #sendaudio: .MP3 or .M4A.
			core.Audio: with(func(l *core.MediaLimit) { l.Extensions = []string{"mp3", "m4a"} }),
			// #sendvoice: .OGG with OPUS, .MP3 or .M4A.
			core.Voice: with(func(l *core.MediaLimit) { l.Fallback = core.Audio }),
			// #sendvideonote: square, up to a minute, no caption.
			core.VideoNote: with(func(l *core.MediaLimit) { l.NoCaption, l.Fallback = true, core.Video }),
			core.Sticker: with(func(l *core.MediaLimit) {
				l.SendBytes, l.NoCaption, l.Extensions = stickerBytes, true, []string{"webp", "tgs", "webm"}
			}),
			// #sendanimation: GIF or H.264 without sound.
			core.Animation:   file,
			core.Document:    with(func(l *core.MediaLimit) { l.Fallback = 0 }),
			core.Location:    {NoCaption: true},
			core.ContactCard: {NoCaption: true},
		},
		Album: core.AlbumLimit{Max: albumFiles, Mix: [][]core.Kind{
			{core.Photo, core.Video}, {core.Document}, {core.Audio},
		}},

		FirstWord: true,
		Reply:     core.Native, Fragment: core.Native, Edit: core.Native, Delete: core.Native,
		Reaction: core.Native, Typing: core.Native, ReadMarks: core.Absent,

		EditWindow:   0,            // own messages: none
		DeleteWindow: deleteWindow, // in private chats the bot's own messages too
		Reactions:    reactions,
		Styles: []core.Style{
			core.Bold, core.Italic, core.Underline, core.Strike, core.Spoiler,
			core.Code, core.Block, core.Quote, core.Link,
		},
		// The burst is a guess: the FAQ allows "short bursts".
		Rate: core.Rate{PerSecond: 30, PerPeerPerSecond: 1, PeerBurst: 3},
	}
}

const deleteWindow = 48 * time.Hour

// reactions are all that a bot may set: core.telegram.org/bots/api#reactiontypeemoji.
var reactions = []string{
	"❤", "👍", "👎", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩", "🙏", "👌",
	"🕊", "🤡", "🥱", "🥴", "😍", "🐳", "❤‍🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆", "💔", "🤨", "😐", "🍓",
	"🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈", "😇", "😨", "🤝", "✍", "🤗", "🫡",
	"🎅", "🎄", "☃", "💅", "🤪", "🗿", "🆒", "💘", "🙉", "🦄", "😘", "💊", "🙊", "😎", "👾", "🤷‍♂", "🤷", "🤷‍♀", "😡",
}
