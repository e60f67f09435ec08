package telegram

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// FileSource is what to send for an attachment: its file_id when holder's bot has
// it, unless upload forbids that; else its bytes in the spool, opened anew for
// every try. It is MediaGone when there is neither.
func FileSource(ctx context.Context, a core.Attachment, holder string, media core.Media, upload bool) (botapi.InputFile, error) {
	if !upload && a.Holder == holder && a.Locator != "" {
		return botapi.FileID(a.Locator), nil
	}
	if a.Blob == "" || media == nil {
		return botapi.InputFile{}, &core.SendError{Reason: core.MediaGone, Detail: a.Kind.String() + " is not in the spool"}
	}
	r, size, err := media.Open(ctx, a.Blob)
	if err != nil {
		return botapi.InputFile{}, &core.SendError{Reason: core.MediaGone, Detail: a.Kind.String() + " cannot be opened", Err: err}
	}
	_ = r.Close() // opened for its size, and so that a missing file is known before a request begins
	return botapi.InputFile{Upload: &botapi.Upload{
		Name: fileName(a), MIME: a.MIME, SizeBytes: size,
		Open: func() (io.ReadCloser, error) {
			r, _, err := media.Open(ctx, a.Blob)
			return r, err
		},
	}}, nil
}

// extensions are what the server wants to see for the kinds it checks.
var extensions = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif",
	"video/mp4": ".mp4", "video/webm": ".webm", "video/quicktime": ".mov",
	"audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/mp4": ".m4a", "audio/x-m4a": ".m4a",
	"application/x-tgsticker": ".tgs", "application/pdf": ".pdf",
}

// fileName is the name shown to the customer; made up from kind and type where
// the file has none. Slashes, which no file name has, are replaced; signs that
// turn the direction of text, or are not seen, would hide what kind of file it is.
func fileName(a core.Attachment) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '/' || r == '\\':
			return '_'
		case unicode.In(r, unicode.Cf, unicode.Cc):
			return -1
		}
		return r
	}, a.Name)
	name = strings.TrimSpace(name)
	t, _, _ := strings.Cut(a.MIME, ";")
	ext := extensions[strings.ToLower(strings.TrimSpace(t))]
	switch {
	case name == "" || a.Kind == core.Photo || a.Kind == core.Sticker:
		return a.Kind.String() + ext
	case path.Ext(name) == "":
		return name + ext
	}
	return name
}

// resumes is how often a cut download goes on from where it broke.
const resumes = 2

// Fetch streams a file that this bot holds. It is TooLarge for what the server
// does not hand over, MediaGone when it does not know the file any more.
func (a *Adapter) Fetch(ctx context.Context, at core.Attachment, w io.Writer) error {
	return a.bot.Fetch(ctx, at, w)
}

// Fetch is Adapter.Fetch for whoever owns the bot.
func (b *Bot) Fetch(ctx context.Context, at core.Attachment, w io.Writer) error {
	if at.Holder != b.account || at.Locator == "" {
		return &core.SendError{Reason: core.MediaGone, Detail: "the file is not this bot's"}
	}
	out := &counting{w: w}
	for try := 0; ; try++ {
		err := b.fetchFrom(ctx, at.Locator, out)
		switch {
		case err == nil:
			return nil
		case out.err != nil:
			return fmt.Errorf("fetch file: %w", out.err)
		case try == resumes || out.n == 0 || botapi.KindOf(err) != botapi.KindUnavailable:
			return Classify(idle(err))
		}
	}
}

// idle clears the mark that a request may have been accepted: fetching changes
// nothing, so trying again is always right.
func idle(err error) error {
	var e *botapi.Error
	if errors.As(err, &e) && e.Sent {
		again := *e
		again.Sent = false
		return &again
	}
	return err
}

func (b *Bot) fetchFrom(ctx context.Context, fileID string, out *counting) error {
	f, err := b.api.GetFile(ctx, fileID)
	if err != nil {
		return err
	}
	if filepath.IsAbs(f.FilePath) && !b.api.Local() {
		return &core.SendError{Reason: core.BadConfig, Detail: "the server names its files by path: local_dir must be set"}
	}
	body, err := b.api.Download(ctx, *f, botapi.DownloadOptions{OffsetBytes: out.n})
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	_, err = io.Copy(out, body)
	return err
}

// counting remembers how far a download got and whether it was the writer that failed.
type counting struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	if err != nil {
		c.err = err
	}
	return n, err
}
