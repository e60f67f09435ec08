package telegramsim

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// BenchmarkSendMessage is what benchmarks of the gateway can count on.
func BenchmarkSendMessage(b *testing.B) {
	s, err := New(Options{Knobs: Unlimited(), Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.Serve(); err != nil {
		b.Fatal(err)
	}
	token := s.AddBot("Bot", "bench_bot")
	user := s.AddUser(Person{FirstName: "Anna"})
	if _, err := s.Start(user, s.Bots()[0].User.ID, ""); err != nil {
		b.Fatal(err)
	}
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr}
	url := s.URL() + "/bot" + token + "/sendMessage"
	body := []byte(fmt.Sprintf(`{"chat_id":%d,"text":"hello, this is a message"}`, user))
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := client.Post(url, "application/json", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != 200 {
				b.Errorf("status %d", resp.StatusCode)
			}
		}
	})
}
