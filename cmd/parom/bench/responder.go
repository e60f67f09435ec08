package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// responder answers every call of a Bot API with a canned 200 and keeps nothing.
type responder struct {
	url   string
	srv   *http.Server
	done  chan struct{}
	next  atomic.Int64 // numbers of messages and topics, which must differ
	calls atomic.Int64
	bytes atomic.Int64                   // of the bodies of sendMessage
	sends atomic.Int64                   // calls of sendMessage
	heard atomic.Pointer[func(b string)] // told of each sendMessage once it is answered
}

func newResponder(ctx context.Context) (*responder, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &responder{url: "http://" + l.Addr().String(), done: make(chan struct{})}
	r.srv = &http.Server{Handler: r, ReadHeaderTimeout: time.Minute}
	go func() { defer close(r.done); _ = r.srv.Serve(l) }()
	return r, nil
}

func (r *responder) close() {
	_ = r.srv.Close()
	<-r.done
}

// ServeHTTP implements http.Handler.
func (r *responder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.calls.Add(1)
	w.Header().Set("Content-Type", "application/json")
	n := r.next.Add(1)
	switch method := req.URL.Path[strings.LastIndexByte(req.URL.Path, '/')+1:]; method {
	case "sendMessage":
		r.bytes.Add(int64(len(body)))
		r.sends.Add(1)
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_id":%d,"date":1700000000,"chat":{"id":-1001,"type":"supergroup"},"text":"x"}}`, n)
		if heard := r.heard.Load(); heard != nil {
			(*heard)(string(body))
		}
	case "createForumTopic":
		_, _ = fmt.Fprintf(w, `{"ok":true,"result":{"message_thread_id":%d,"name":"x","icon_color":7322096}}`, n)
	case "getForumTopicIconStickers":
		_, _ = io.WriteString(w, `{"ok":true,"result":[]}`)
	default:
		_, _ = io.WriteString(w, `{"ok":true,"result":true}`)
	}
}
