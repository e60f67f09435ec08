package store

import (
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"time"

	"parom/core"
)

// Lane names an ordered queue of outgoing work. Lanes do not wait for each other.
type Lane string

// Families of lanes, told by the first letter. The outbox gives each family to
// its carrier.
const (
	ToAddress Lane = "a" // to one correspondent (and thread)
	ToTopic   Lane = "t" // words and lines in one topic
	Cosmetic  Lane = "c" // signs, titles, cards of one topic: may be late, may be replaced
	ToRoom    Lane = "g" // the general part of a group
	Timer     Lane = "x" // no network: something that falls due
)

// Family is the lane's first letter.
func (l Lane) Family() Lane { return l[:1] }

// AddressLane is the lane to an address and thread.
func AddressLane(a core.AddressID, th core.ThreadID) Lane {
	l := string(ToAddress) + strconv.FormatInt(int64(a), 10)
	if th != "" {
		l += "/" + string(th)
	}
	return Lane(l)
}

// TopicLane is the lane of words in a topic.
func TopicLane(t core.TopicID) Lane { return ToTopic + Lane(strconv.FormatInt(int64(t), 10)) }

// CosmeticLane is the lane of what may be late in a topic.
func CosmeticLane(t core.TopicID) Lane { return Cosmetic + Lane(strconv.FormatInt(int64(t), 10)) }

// RoomLane is the lane of a room's general part, or of an operator's private chat.
func RoomLane(roomNo int64) Lane { return ToRoom + Lane(strconv.FormatInt(roomNo, 10)) }

// TimerLane is a lane of its own for something that falls due.
func TimerLane(what string, id int64) Lane {
	return Timer + Lane(what) + "-" + Lane(strconv.FormatInt(id, 10))
}

// Number is the id in the lane's name; zero for a timer's.
func (l Lane) Number() int64 {
	s := string(l[1:])
	for i := range s {
		if s[i] == '/' {
			s = s[:i]
			break
		}
	}
	n, _ := strconv.ParseInt(s, 10, 64) // not a number: no id
	return n
}

// JobKind says what a job does. The carrier of the lane's family knows how.
type JobKind int

// Kinds of jobs.
const (
	JobSend   JobKind = iota + 1 // a message to an address
	JobEdit                      // a sent message's new text
	JobDelete                    // a sent message away
	JobReact                     // our reaction
	JobRead                      // a read mark
	JobShow                      // a message to a topic
	JobAmend                     // the posts of a message anew
	JobNotice                    // a notice or line to a topic or room
	JobSettle                    // a notice without its buttons
	JobCard                      // the card anew
	JobMark                      // a sign on an operator's post
	JobTopic                     // title and icon
	JobRemove                    // a service line away
	JobPin
	JobReopen
	JobTimer
)

// Priorities of jobs, smaller first, between lanes.
const (
	Words     = 10 // what customers and operators say
	States    = 20 // notices, failures, lines
	Cosmetics = 30 // signs, cards, titles
)

// JobState is where a job stands.
type JobState int

// States of a job. A finished job has no row.
const (
	JobWaiting    JobState = iota
	JobAttempting          // the network was or is being called
	JobParked              // given up, with its cause; the lane goes on
)

// Job is one piece of outgoing work.
type Job struct {
	ID        core.JobID
	Lane      Lane
	Kind      JobKind
	Message   core.MessageID
	Slot      string // a newer job of the lane with the same slot replaces a waiting one; empty: never
	Payload   string // JSON, by kind
	Key       core.Key
	Cuts      string // JSON, stored at the first attempt
	Done      int    // pieces that are through
	Priority  int
	State     JobState
	Attempts  int // of the piece in turn
	DueAt     time.Time
	CreatedAt time.Time
	Error     string
}

// Enqueue stores a job, mints its key and gives it its id. A zero DueAt is now.
func (t *Tx) Enqueue(j *Job) error {
	j.CreatedAt = t.Now()
	if j.DueAt.IsZero() {
		j.DueAt = j.CreatedAt
	}
	if j.Key == (core.Key{}) {
		j.Key = core.NewKey()
	}
	slot := sql.NullString{String: j.Slot, Valid: j.Slot != ""}
	if slot.Valid {
		if _, err := t.Exec(`DELETE FROM jobs WHERE lane = $1 AND slot = $2 AND state = 0`, string(j.Lane), j.Slot); err != nil {
			return fmt.Errorf("enqueue: %w", err)
		}
	}
	id, err := t.Insert(`INSERT INTO jobs (lane, kind, message_id, slot, payload, key, priority, due_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		string(j.Lane), int(j.Kind), int64(j.Message), slot, j.Payload, j.Key[:], j.Priority, Micros(j.DueAt), Micros(j.CreatedAt))
	if err != nil {
		return fmt.Errorf("enqueue: %w", err)
	}
	j.ID = core.JobID(id)
	t.wake(j.Lane)
	return nil
}

const jobColumns = `id, lane, kind, message_id, coalesce(slot, ''), payload, key, cuts, done, priority, state, attempts, due_at, created_at, error`

func scanJob(row interface{ Scan(...any) error }) (Job, error) {
	var j Job
	var key []byte
	var due, created int64
	err := row.Scan(&j.ID, &j.Lane, &j.Kind, &j.Message, &j.Slot, &j.Payload, &key, &j.Cuts, &j.Done, &j.Priority, &j.State,
		&j.Attempts, &due, &created, &j.Error)
	copy(j.Key[:], key)
	j.DueAt, j.CreatedAt = Time(due), Time(created)
	return j, err
}

func (t *Tx) jobs(where string, args ...any) ([]Job, error) {
	rows, err := t.Query(`SELECT `+jobColumns+` FROM jobs `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("jobs: %w", err)
	}
	defer rows.Close()
	var out []Job
	for rows.Next() {
		j, err := scanJob(rows)
		if err != nil {
			return nil, fmt.Errorf("jobs: %w", err)
		}
		out = append(out, j)
	}
	return out, rows.Err()
}

// Job is the job by its id; ErrNotFound when it is finished.
func (t *Tx) Job(id core.JobID) (Job, error) {
	j, err := scanJob(t.QueryRow(`SELECT `+jobColumns+` FROM jobs WHERE id = $1`, int64(id)))
	return j, one(fmt.Sprintf("job %d", id), err)
}

// LaneJobs lists up to n jobs at the head of a lane, in order, parked ones left out.
func (t *Tx) LaneJobs(l Lane, n int) ([]Job, error) {
	// A bound LIMIT has SQLite prepare the statement anew each time.
	return t.jobs(`WHERE lane = $1 AND state < 2 ORDER BY id LIMIT `+strconv.Itoa(n), string(l))
}

// JobsOf lists the jobs that carry a message, in order, parked ones included.
func (t *Tx) JobsOf(m core.MessageID) ([]Job, error) {
	return t.jobs(`WHERE message_id = $1 ORDER BY id`, int64(m))
}

// WaitingAlbums lists the jobs of a lane that wait for more parts of an album,
// told by their payload.
func (t *Tx) WaitingAlbums(l Lane, payload string) ([]Job, error) {
	// "state < 2" is what the index is told by; state = 0 alone reads every job.
	return t.jobs(`WHERE lane = $1 AND state < 2 AND state = 0 AND attempts = 0 AND payload = $2 ORDER BY id`, string(l), payload)
}

// Appearing lists the addresses whose messages are being shown in a topic at this
// moment, files that follow their text included: they may be seen there and not be
// recorded yet.
func (t *Tx) Appearing(topic core.TopicID) ([]core.AddressID, error) {
	return t.showing(topic, `j.state = 1`)
}

// Tried lists the addresses whose messages are being shown in a topic or were tried
// to be, and wait to be shown again: they may have been seen where it stood before.
func (t *Tx) Tried(topic core.TopicID) ([]core.AddressID, error) {
	return t.showing(topic, `(j.state = 1 OR j.attempts > 0)`)
}

func (t *Tx) showing(topic core.TopicID, which string) ([]core.AddressID, error) {
	lane := string(TopicLane(topic))
	// Lanes "t5/..." are the topic's too; "0" comes next to "/".
	return t.addressIDs(`SELECT DISTINCT m.address_id FROM jobs j JOIN messages m ON m.id = j.message_id
		WHERE j.lane >= $1 AND j.lane < $2 AND j.state < 2 AND `+which+` AND j.kind = $3 AND m.direction = $4`,
		lane, lane+"0", int(JobShow), int(core.FromCustomer))
}

// Head is the first job of a lane, as the outbox keeps it in memory.
type Head struct {
	Lane     Lane
	Job      core.JobID
	Kind     JobKind
	Priority int
	DueAt    time.Time
	State    JobState
}

// Heads lists the first job of every lane that has any.
func (t *Tx) Heads() ([]Head, error) {
	return t.heads(`WHERE id IN (SELECT min(id) FROM jobs WHERE state < 2 GROUP BY lane)`)
}

// HeadOf is the first job of a lane; ErrNotFound when it is empty.
func (t *Tx) HeadOf(l Lane) (Head, error) {
	hs, err := t.heads(`WHERE lane = $1 AND state < 2 ORDER BY id LIMIT 1`, string(l))
	if err == nil && len(hs) == 0 {
		err = fmt.Errorf("lane %s: %w", l, ErrNotFound)
	}
	if err != nil {
		return Head{}, err
	}
	return hs[0], nil
}

func (t *Tx) heads(where string, args ...any) ([]Head, error) {
	rows, err := t.Query(`SELECT lane, id, kind, priority, due_at, state FROM jobs `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("heads of lanes: %w", err)
	}
	defer rows.Close()
	var out []Head
	for rows.Next() {
		var h Head
		var due int64
		if err := rows.Scan(&h.Lane, &h.Job, &h.Kind, &h.Priority, &due, &h.State); err != nil {
			return nil, fmt.Errorf("heads of lanes: %w", err)
		}
		h.DueAt = Time(due)
		out = append(out, h)
	}
	return out, rows.Err()
}

// SaveJob writes back what attempts change: state, cuts, progress, due time,
// error, payload. It wakes the lane.
func (t *Tx) SaveJob(j Job) error {
	_, err := t.Exec(`UPDATE jobs SET state = $1, cuts = $2, done = $3, attempts = $4, due_at = $5, error = $6, payload = $7, priority = $8
		WHERE id = $9`,
		int(j.State), j.Cuts, j.Done, j.Attempts, Micros(j.DueAt), j.Error, j.Payload, j.Priority, int64(j.ID))
	if err != nil {
		return fmt.Errorf("save job %d: %w", j.ID, err)
	}
	t.wake(j.Lane)
	return nil
}

// FinishJob takes a job out of its lane and wakes the lane.
func (t *Tx) FinishJob(j Job) error {
	if _, err := t.Exec(`DELETE FROM jobs WHERE id = $1`, int64(j.ID)); err != nil {
		return fmt.Errorf("finish job %d: %w", j.ID, err)
	}
	t.wake(j.Lane)
	return nil
}

// Withdraw takes a message's jobs of a kind out of their lanes if none of their
// pieces can be through, and reports how many it took and how many it could not.
// A job whose attempts were all refused waits and is taken; one that is being
// attempted, or whose answer was lost, stays JobAttempting and is left.
func (t *Tx) Withdraw(m core.MessageID, k JobKind) (taken, left int, err error) {
	js, err := t.JobsOf(m)
	if err != nil {
		return 0, 0, err
	}
	for _, j := range js {
		switch {
		case j.Kind != k:
		case j.State == JobAttempting || j.Done > 0:
			left++
		default:
			if err := t.FinishJob(j); err != nil {
				return taken, left, err
			}
			taken++
		}
	}
	return taken, left, nil
}

// Backlog counts waiting jobs of a family and the time the oldest of them, due
// already, was enqueued.
func (t *Tx) Backlog(family Lane) (n int, oldest time.Time, err error) {
	var at sql.NullInt64
	err = t.QueryRow(`SELECT count(*), min(CASE WHEN due_at <= $1 THEN created_at END) FROM jobs
		WHERE lane >= $2 AND lane < $3 AND state < 2`,
		Micros(t.Now()), string(family), string(rune(family[0]+1))).Scan(&n, &at)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, Time(at.Int64), err
}

const parkedJobs = `SELECT count(*) FROM jobs WHERE state = 2`

// ParkedJobs counts jobs that were given up.
func (t *Tx) ParkedJobs() (int, error) {
	var n int
	err := t.QueryRow(parkedJobs).Scan(&n)
	return n, err
}

// OnWake sets who is told which lanes have changed, after each commit that
// changed any. It is called once, before the first Update.
func (d *DB) OnWake(fn func(Lane)) { d.onWake.Store(&fn) }

func (t *Tx) wake(l Lane) {
	t.OnCommit(func() {
		if fn := t.w.db.onWake.Load(); fn != nil {
			(*fn)(l)
		}
	})
}

// Spend records that a budget was used now.
func (t *Tx) Spend(budget string) error {
	_, err := t.Exec(`INSERT INTO spends (budget, at) VALUES ($1, $2)`, budget, Micros(t.Now()))
	return err
}

// Spends lists when budgets were used since a time, and forgets what was before.
func (t *Tx) Spends(since time.Time) (map[string][]time.Time, error) {
	if _, err := t.Exec(`DELETE FROM spends WHERE at < $1`, Micros(since)); err != nil {
		return nil, fmt.Errorf("spends: %w", err)
	}
	rows, err := t.Query(`SELECT budget, at FROM spends ORDER BY at`)
	if err != nil {
		return nil, fmt.Errorf("spends: %w", err)
	}
	defer rows.Close()
	out := map[string][]time.Time{}
	for rows.Next() {
		var b string
		var at int64
		if err := rows.Scan(&b, &at); err != nil {
			return nil, fmt.Errorf("spends: %w", err)
		}
		out[b] = append(out[b], Time(at))
	}
	return out, rows.Err()
}
