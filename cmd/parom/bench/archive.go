package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"parom/adapters/telegram/telegramsim"
	"parom/core"
	"parom/core/store"
)

const (
	perCustomer = 50   // messages of one customer in the archive
	fillBatch   = 5000 // messages in a transaction while filling
	lookups     = 20_000
)

// archive fills a data file with messages as the gateway leaves them and looks
// at its size and at look-ups in it. The file is used by memory, too.
func (b *bench) archive(ctx context.Context) error {
	db, err := store.Open(ctx, store.Options{Path: b.archivePath(), NoSync: true})
	if err != nil {
		return err
	}
	defer db.Close()
	account, err := b.archiveAccount(ctx)
	if err != nil {
		return err
	}
	f := &filling{db: db}
	if err := f.begin(ctx, account); err != nil {
		return err
	}
	began := time.Now()
	for f.messages < b.Messages {
		if err := db.Update(ctx, func(t *store.Tx) error { return f.some(t, min(fillBatch, b.Messages-f.messages)) }); err != nil {
			return err
		}
		f.kept()
	}
	b.tell("archive: messages", float64(f.messages), "messages")
	b.tell("archive: filled in", time.Since(began).Seconds(), "s")
	if err := b.size(ctx, db, f); err != nil {
		return err
	}
	if err := b.lookUp(ctx, db, f); err != nil {
		return err
	}
	return f.queue(ctx, b.Queued)
}

func (b *bench) archivePath() string { return filepath.Join(b.dir, "archive", "data", "parom.db") }

// archiveAccount prepares the bots whose account the archive belongs to.
func (b *bench) archiveAccount(context.Context) (string, error) {
	return "telegram:" + strconv.Itoa(firstBot), os.MkdirAll(filepath.Dir(b.archivePath()), 0o700)
}

// filling writes messages as router, desk and outbox leave them when all is done.
type filling struct {
	db       *store.DB
	no       int64 // of the channel
	room     store.Room
	people   []person
	messages int // durable
	now      int // with those of the running transaction
	text     int64
	textNow  int64
}

type person struct {
	address core.AddressID
	dialog  core.DialogID
	topic   core.TopicID
}

func (f *filling) begin(ctx context.Context, account string) error {
	return f.db.Update(ctx, func(t *store.Tx) (err error) {
		if f.no, err = t.BindChannel("shop0", account); err != nil {
			return err
		}
		if err = t.BindRoom("main", strconv.FormatInt(benchGroup, 10)); err != nil {
			return err
		}
		f.room, err = t.RoomOf("main")
		return err
	})
}

// some writes n messages; it may run again.
func (f *filling) some(t *store.Tx, n int) error {
	f.now, f.textNow = f.messages, f.text
	f.people = f.people[:min(len(f.people), f.messages/perCustomer+1)]
	for range n {
		if err := f.one(t); err != nil {
			return err
		}
	}
	return nil
}

func (f *filling) kept() { f.messages, f.text = f.now, f.textNow }

// one writes one message: three of a customer to two answers.
func (f *filling) one(t *store.Tx) error {
	i := f.now
	if i%perCustomer == 0 {
		if err := f.meet(t, i/perCustomer); err != nil {
			return err
		}
	}
	// Customers write in turn, a few hundred at a time, as they do in life.
	p := f.people[max(0, len(f.people)-1-i%min(len(f.people), 300))]
	f.now++
	body := fmt.Sprintf(text, i)
	f.textNow += int64(len(body))
	seq := int64(i) + 10
	m := core.Message{Dialog: p.dialog, Address: p.address, Direction: core.FromCustomer, Content: core.Content{Text: core.Plain(body)}}
	post := store.PostPart{RoomNo: f.room.No, Seq: seq, Topic: p.topic, Kind: store.PostCustomer, Address: p.address, To: len(body), Attachment: -1, At: t.Now()}
	key := fmt.Sprintf("telegram:1:%d:%d", p.address, i)
	if i%5 >= 3 {
		m.Direction, m.Author, m.Delivery = core.FromOperator, "111111111", core.DeliverySent
		post.Kind, post.Address = store.PostAnswer, 0
		key = fmt.Sprintf("room:%d:%d", f.room.No, seq)
	}
	if _, err := t.FirstTime(key); err != nil {
		return err
	}
	if err := t.InsertMessage(&m); err != nil {
		return err
	}
	post.Message = m.ID
	if err := t.AddPost(post); err != nil {
		return err
	}
	return t.AddRemote(store.Remote{ChannelNo: f.no, Remote: remoteOf(i), Message: m.ID, To: len(body), Attachment: -1, At: t.Now()})
}

// remoteOf is what the network calls message i, in the adapter's form.
func remoteOf(i int) core.RemoteID {
	return core.RemoteID(strconv.Itoa(500_000_000+i/perCustomer) + ":" + strconv.Itoa(i+1))
}

func (f *filling) meet(t *store.Tx, n int) error {
	a, _, err := t.MeetPeer(f.no, core.Peer{ID: core.PeerID(strconv.Itoa(500_000_000 + n)), Name: fmt.Sprintf("Клиент %d", n)}, t.Now())
	if err != nil {
		return err
	}
	topic, err := t.TopicFor(a.Contact, "main", "")
	if err != nil {
		return err
	}
	topic.RoomNo, topic.Ref.Thread, topic.State, topic.Title, topic.CardSeq = f.room.No, strconv.Itoa(n+2), store.TopicOpen, a.Name, int64(n)
	if err := t.SaveTopic(topic); err != nil {
		return err
	}
	d, err := t.NewDialog(topic.ID, "sales")
	if err != nil {
		return err
	}
	f.people = append(f.people, person{a.ID, d.ID, topic.ID})
	return nil
}

// size is the file beyond the texts, everything else counted in.
func (b *bench) size(ctx context.Context, db *store.DB, f *filling) error {
	var pages, pageBytes, free int64
	err := db.View(ctx, func(t *store.Tx) error {
		return errors.Join(t.QueryRow(`PRAGMA page_count`).Scan(&pages), t.QueryRow(`PRAGMA page_size`).Scan(&pageBytes),
			t.QueryRow(`PRAGMA freelist_count`).Scan(&free))
	})
	if err != nil {
		return err
	}
	b.line("archive: bytes per message beyond the text", float64((pages-free)*pageBytes-f.text)/float64(f.messages), "bytes", atMost(220))
	return nil
}

// lookUp finds the messages that answers refer to, as the router does.
func (b *bench) lookUp(ctx context.Context, db *store.DB, f *filling) error {
	rng := rand.New(rand.NewPCG(1, 1)) //nolint:gosec // which messages are looked up is no secret
	var took []time.Duration
	for range lookups {
		id := remoteOf(rng.IntN(f.messages))
		began := time.Now()
		err := db.View(ctx, func(t *store.Tx) error {
			r, err := t.Remote(f.no, id)
			if err != nil {
				return err
			}
			if _, err = t.Message(r.Message); err != nil {
				return err
			}
			_, err = t.PostsOf(r.Message)
			return err
		})
		if err != nil {
			return err
		}
		took = append(took, time.Since(began))
	}
	b.tell("look-up of a replied-to message, p50", ms(quantile(took, 0.5)), "ms")
	b.line("look-up of a replied-to message, p99", ms(quantile(took, 0.99)), "ms", atMost(3))
	return nil
}

// queue leaves n answers waiting, each to a customer of its own.
func (f *filling) queue(ctx context.Context, n int) error {
	for from := 0; from < n; from += fillBatch {
		err := f.db.Update(ctx, func(t *store.Tx) error {
			for i := from; i < min(n, from+fillBatch); i++ {
				a, _, err := t.MeetPeer(f.no, core.Peer{ID: core.PeerID(strconv.Itoa(900_000_000 + i)), Name: "Клиент"}, t.Now())
				if err != nil {
					return err
				}
				m := core.Message{
					Dialog: f.people[i%len(f.people)].dialog, Address: a.ID, Direction: core.FromOperator,
					Delivery: core.DeliveryWaiting, Content: core.Content{Text: core.Plain(fmt.Sprintf(text, i))},
				}
				if err := t.InsertMessage(&m); err != nil {
					return err
				}
				if err := t.Enqueue(&store.Job{Lane: store.AddressLane(a.ID, ""), Kind: store.JobSend, Message: m.ID, Priority: store.Words}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// The simulated network of archive and memory: made alike each time, so that
// the archive can belong to it.
const (
	firstBot   = 1_000_001
	benchGroup = -1_002_000_000_001
)

// network is the simulator with four bots and the archive's group.
func (b *bench) network(dir string) (*telegramsim.Server, []string, error) {
	knobs := telegramsim.DefaultKnobs()
	sim, err := telegramsim.New(telegramsim.Options{Dir: dir, Knobs: &knobs})
	if err != nil {
		return nil, nil, err
	}
	var tokens []string
	var bots []int64
	for i := range 4 {
		token, bot, err := sim.MakeBot(telegramsim.BotOptions{ID: int64(firstBot + i), Name: "Магазин", Username: fmt.Sprintf("bench%d_bot", i)})
		if err != nil {
			return nil, nil, errors.Join(err, sim.Close())
		}
		tokens, bots = append(tokens, token), append(bots, bot)
	}
	owner := sim.AddUser(telegramsim.Person{FirstName: "Вера"})
	_, err = sim.AddGroup(telegramsim.GroupOptions{ID: benchGroup, Title: "Операторы", Forum: true, Owner: owner, Bots: bots[:1]})
	if err != nil {
		return nil, nil, errors.Join(err, sim.Close())
	}
	// What is queued stays queued: the network asks to wait.
	sim.AddFault(telegramsim.Fault{Method: "sendmessage", Refuse: &telegramsim.Refusal{
		Code:        429,
		Description: "Too Many Requests: retry after 600", RetryAfter: 600,
	}})
	return sim, tokens, nil
}
