package telegramsim

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"image"
	_ "image/gif" // sizes of pictures
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// file is uploaded bytes on disk.
type file struct {
	Key    string
	Seq    int64
	Path   string // absolute
	Size   int64
	SHA256 string
	Name   string
	MIME   string
	Kind   string // what it was first sent as
	Width  int
	Height int
	Format string // of a picture: jpeg, png, gif, webp; empty for others
	Kept   bool   // a message has it
}

func (f *file) remove() { _ = os.Remove(f.Path) }

// spool streams r to disk, hashing on the way; limit 0 means none.
func (s *Server) spool(r io.Reader, name, mimeType string, limit int64) (*file, error) {
	s.mu.Lock()
	seq := s.seq()
	dir := s.dir
	s.mu.Unlock()
	f := &file{Key: fmt.Sprintf("f%d", seq), Seq: seq, Name: filepath.Base(name), MIME: mimeType}
	if strings.HasPrefix(f.MIME, "application/octet-stream") || f.MIME == "" {
		f.MIME = mimeByExt[strings.ToLower(filepath.Ext(name))]
	}
	f.MIME, _, _ = strings.Cut(f.MIME, ";")
	f.Path = filepath.Join(dir, "files", f.Key)
	out, err := os.OpenFile(f.Path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store file: %w", err)
	}
	src := r
	if limit > 0 {
		src = io.LimitReader(r, limit+1)
	}
	sum := sha256.New()
	f.Size, err = io.Copy(io.MultiWriter(out, sum), src)
	if e := out.Close(); err == nil {
		err = e
	}
	if err == nil && limit > 0 && f.Size > limit {
		err = errTooLarge
	}
	if err != nil {
		f.remove()
		return nil, fmt.Errorf("store file: %w", err)
	}
	f.SHA256 = hex.EncodeToString(sum.Sum(nil))
	f.look()
	return f, nil
}

// look finds out whether the bytes are a picture, and how large.
func (f *file) look() {
	in, err := os.Open(f.Path)
	if err != nil {
		return
	}
	defer in.Close()
	head := make([]byte, 512)
	n, _ := io.ReadFull(in, head)
	head = head[:n]
	if f.MIME == "" {
		f.MIME, _, _ = strings.Cut(http.DetectContentType(head), ";")
	}
	if len(head) > 12 && bytes.HasPrefix(head, []byte("RIFF")) && string(head[8:12]) == "WEBP" {
		f.Format, f.Width, f.Height = "webp", 512, 512 // not decoded: the size is a guess
		return
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return
	}
	if c, format, err := image.DecodeConfig(in); err == nil {
		f.Format, f.Width, f.Height = format, c.Width, c.Height
	}
}

// fileIDPrefix makes ids look like Telegram's, which clients tell apart by eye.
var fileIDPrefix = map[string]string{
	kPhoto: "AgACAgI", kVoice: "AwACAgI", kVideo: "BAACAgI", kDoc: "BQACAgI", kSticker: "CAACAgI",
	kAudio: "CQACAgI", kAnimation: "CgACAgI", kNote: "DQACAgI",
}

const idPrefixLen = 7

// fileID names f for one bot; size 0 is the whole file, others are photo sizes.
func (s *Server) fileID(f *file, bot int64, size byte) string {
	var b [21]byte
	binary.BigEndian.PutUint64(b[0:], uint64(bot))
	binary.BigEndian.PutUint64(b[8:], uint64(f.Seq))
	b[16] = size
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%d/%x", s.opts.Seed, b[:17])
	binary.BigEndian.PutUint32(b[17:], h.Sum32())
	return fileIDPrefix[f.Kind] + base64.RawURLEncoding.EncodeToString(b[:])
}

func (s *Server) uniqueID(f *file, size byte) string {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d/%d/%d", s.opts.Seed, f.Seq, size)
	return "AQAD" + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// byFileID finds a file by an id given to bot. foreign is an id that is sound but
// another bot's.
func (s *Server) byFileID(id string, bot int64) (f *file, foreign bool) {
	if len(id) <= idPrefixLen {
		return nil, false
	}
	b, err := base64.RawURLEncoding.DecodeString(id[idPrefixLen:])
	if err != nil || len(b) != 21 {
		return nil, false
	}
	f = s.st.Files[fmt.Sprintf("f%d", binary.BigEndian.Uint64(b[8:]))]
	owner := int64(binary.BigEndian.Uint64(b))
	if f == nil || s.fileID(f, owner, b[16]) != id {
		return nil, false
	}
	return f, owner != bot
}

// keep makes a spooled file part of the state under a kind.
func (s *Server) keep(f *file, kind string) {
	f.Kept, f.Kind = true, kind
	s.st.Files[f.Key] = f
}

// folders are file_path's first parts, by kind.
var folders = map[string]string{
	kPhoto: "photos", kVoice: "voice", kVideo: "videos", kDoc: "documents", kSticker: "stickers",
	kAudio: "music", kAnimation: "animations", kNote: "video_notes",
}

var usualExt = map[string]string{kPhoto: ".jpg", kVoice: ".oga", kVideo: ".mp4", kSticker: ".webp", kAudio: ".mp3", kAnimation: ".mp4", kNote: ".mp4"}

func (f *file) wirePath() string {
	ext := usualExt[f.Kind]
	if f.Kind != kPhoto && f.Kind != kVoice {
		if e := filepath.Ext(f.Name); e != "" {
			ext = e
		}
	}
	return fmt.Sprintf("%s/file_%d%s", folders[f.Kind], f.Seq, url.PathEscape(ext))
}

type wireGotFile struct {
	FileID string `json:"file_id"`
	Unique string `json:"file_unique_id"`
	Size   int64  `json:"file_size,omitempty"`
	Path   string `json:"file_path,omitempty"`
}

func (c *call) getFile() (any, error) {
	id := c.p.str("file_id")
	if id == "" {
		return nil, bad("file_id not specified")
	}
	f, foreign := c.byFileID(id, c.bot.ID)
	switch {
	case f == nil:
		return nil, bad("invalid file_id")
	case foreign:
		return nil, bad("wrong file_id or the file is temporarily unavailable")
	case c.limits.FetchBytes > 0 && f.Size > c.limits.FetchBytes:
		return nil, bad("file is too big")
	}
	g := wireGotFile{FileID: id, Unique: c.uniqueID(f, 0), Size: f.Size, Path: f.wirePath()}
	if c.limits.Local {
		g.Path, _ = filepath.Abs(f.Path)
	}
	return g, nil
}

// serveDownload answers /file/bot<token>/<path>.
func (s *Server) serveDownload(w http.ResponseWriter, r *http.Request, rest string) {
	token, path, _ := strings.Cut(rest, "/")
	s.mu.Lock()
	b := s.byToken[strings.ReplaceAll(token, "%3A", ":")]
	var f *file
	if b != nil {
		for _, folder := range folders {
			if tail, ok := strings.CutPrefix(path, folder+"/file_"); ok {
				seq, _, _ := strings.Cut(tail, ".")
				if g := s.st.Files["f"+seq]; g != nil && g.wirePath() == path {
					f = g
				}
			}
		}
	}
	s.mu.Unlock()
	if b == nil {
		writeRefusal(w, errUnauthorized)
		return
	}
	if f == nil {
		writeRefusal(w, errNotFound)
		return
	}
	if fault := s.matchFault(b, "file", Place{}, stageCall); fault != nil && !s.applyEarly(w, r, fault, b, "file") {
		return
	} else if fault != nil && (fault.Drop || fault.Hang || fault.Cut) {
		s.spoilDownload(w, r, f)
		return
	}
	s.record(b.ID, "file", 0, 200)
	s.sendBytes(w, r, f, "application/octet-stream")
}

// spoilDownload stops after half of the bytes.
func (s *Server) spoilDownload(w http.ResponseWriter, _ *http.Request, f *file) {
	in, err := os.Open(f.Path)
	if err == nil {
		defer in.Close()
		w.Header().Set("Content-Length", fmt.Sprint(f.Size))
		w.WriteHeader(http.StatusOK)
		_, _ = io.CopyN(w, in, f.Size/2)
		if fl, ok := w.(http.Flusher); ok {
			fl.Flush()
		}
	}
	cutConnection(w)
}

func (s *Server) sendBytes(w http.ResponseWriter, r *http.Request, f *file, mimeType string) {
	in, err := os.Open(f.Path)
	if err != nil {
		writeRefusal(w, errNotFound)
		return
	}
	defer in.Close()
	w.Header().Set("Content-Type", mimeType)
	http.ServeContent(w, r, "", time.Time{}, in)
}
