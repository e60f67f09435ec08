package telegramsim

import (
	"context"
	"net/http"
	"path"
	"time"
)

// fetched takes a file by its URL, as Telegram does for up to 20 MB, photos up
// to 5 MB (bots/api#sending-files). It is called with the lock held and lets go
// of it while the bytes come.
func (c *call) fetched(kind, url string) (*file, error) {
	if !c.knobs.FetchURLs {
		return nil, bad("failed to get HTTP URL content")
	}
	limit := int64(20 << 20)
	if kind == kPhoto {
		limit = 5 << 20
	}
	c.mu.Unlock()
	f, err := c.fetch(url, limit)
	c.mu.Lock()
	if err != nil {
		return nil, bad("failed to get HTTP URL content")
	}
	c.p.files["\x00"+f.Key] = f
	if kind == kPhoto && f.Format == "" {
		return nil, bad("wrong type of the web page content")
	}
	return f, c.checkUpload(kind, f)
}

func (c *call) fetch(url string, limit int64) (*file, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second) // Close waits for it at most as long
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errNotFound
	}
	return c.spool(resp.Body, path.Base(req.URL.Path), resp.Header.Get("Content-Type"), limit)
}
