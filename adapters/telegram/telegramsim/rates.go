package telegramsim

import (
	"math"
	"time"
)

// rateKey is a bot and a group, a bot and a private chat, or (chat 0) a bot.
type rateKey struct{ bot, chat int64 }

// rateLog is a sliding log of when messages were counted, on the monotonic clock.
type rateLog struct{ at []time.Duration }

// room tells how long until n more fit, zero for now.
func (l *rateLog) room(now time.Duration, window time.Duration, limit, n int) time.Duration {
	drop := 0
	for drop < len(l.at) && l.at[drop] <= now-window {
		drop++
	}
	l.at = l.at[drop:]
	over := len(l.at) + min(n, limit) - limit
	if over <= 0 {
		return 0
	}
	return l.at[over-1] + window - now
}

func (l *rateLog) add(now time.Duration, n int) {
	for range n {
		l.at = append(l.at, now)
	}
}

// spend counts n messages of this call against the budgets of its bot and chat,
// or refuses with the wait. Handlers call it last before they change anything.
func (c *call) spend(ch *chat, n int) error {
	if cost, ok := c.knobs.Costs[c.method]; ok {
		n = max(n, 1) * cost // also what is free by default
	}
	if n <= 0 || c.granted {
		return nil
	}
	c.granted = true
	k, now := &c.knobs, c.clock.Mono()
	var logs []*rateLog
	var wait time.Duration
	check := func(key rateKey, window time.Duration, limit int) {
		l := c.rates[key]
		if l == nil {
			l = &rateLog{}
			c.rates[key] = l
		}
		wait = max(wait, l.room(now, window, limit, n))
		logs = append(logs, l)
	}
	if k.BotMessages > 0 {
		check(rateKey{c.bot.ID, 0}, k.BotWindow, k.BotMessages)
	}
	if k.GroupMessages > 0 && !ch.private() && ch.Kind != kindChannel {
		check(rateKey{c.bot.ID, ch.Place.Chat}, k.GroupWindow, k.GroupMessages)
	}
	if k.ChatMessages > 0 && (ch.private() || k.ChatPaceInGroups) {
		// A burst of b and then r a second is at most b in b/r seconds.
		burst := max(k.ChatBurst, 1)
		window := time.Duration(float64(burst) / k.ChatMessages * float64(time.Second))
		key := rateKey{c.bot.ID, ch.Place.Chat}
		if !ch.private() {
			key.bot = -key.bot // apart from the group's own log
		}
		check(key, window, burst)
	}
	if wait > 0 && !k.RefusedCallsCount {
		return tooMany(seconds(wait))
	}
	for _, l := range logs {
		l.add(now, n)
	}
	if wait > 0 {
		return tooMany(seconds(wait))
	}
	return nil
}

// seconds rounds up, one at least.
func seconds(d time.Duration) int { return max(1, int(math.Ceil(d.Seconds()))) }
