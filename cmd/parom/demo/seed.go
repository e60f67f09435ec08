package demo

import (
	"fmt"
	"strconv"
	"strings"

	"parom/adapters/telegram/telegramsim"
	"parom/core/lang"
)

// World is what the gateway is to be configured with.
type World struct {
	Endpoint string // of the Bot API
	Bots     []Bot
	Group    string // chat id of the staff's forum
	// Operators are the group's members; the first owns it.
	Operators []Person
	Folder    string // for the gateway's data, made already
}

// Bot is a customer channel.
type Bot struct {
	Key      string // "shop" or "support"
	Name     string
	Token    string
	Username string
	Console  bool // also serves the staff group
}

// Person is an operator.
type Person struct {
	ID       string // on Telegram
	Name     string
	Username string
}

// cast is what the page may know: nothing here is secret.
type cast struct {
	Bots      []castBot          `json:"bots"`
	Customers []telegramsim.User `json:"customers"`
	Operators []telegramsim.User `json:"operators"`
	Group     int64              `json:"group"`
	Console   int64              `json:"console"` // id of the group's bot
	// Born tells this world from those of earlier runs: browsers remember what
	// was read in which.
	Born int64 `json:"born"`
}

type castBot struct {
	ID       int64  `json:"id"`
	Key      string `json:"key"`
	Name     string `json:"name"`
	Username string `json:"username"`
}

var bots = []struct {
	key, username string
	console       bool
}{
	{"shop", "volna_shop_bot", false},
	{"support", "volna_support_bot", true},
}

// Usernames tell who is who after a restart with the data kept.
var (
	customers = []struct{ key, username, language string }{
		{"anna", "anna_smirnova", "ru"},
		{"igor", "igor_petrov", "ru"},
		{"emma", "emma_clarke", "en"},
		{"maria", "maria_k", "ru"},
	}
	operators = []struct{ key, username string }{
		{"olga", "olga_orlova"},
		{"maxim", "maxim_lebedev"},
		{"alina", "alina_kim"},
	}
)

// seed makes the network's accounts and group, or finds them when the state of
// an earlier run was loaded. Names are written in p's language.
func seed(sim *telegramsim.Server, p *lang.Printer) (World, cast, error) {
	w, c := World{Endpoint: sim.URL()}, cast{}
	var console int64
	for _, b := range bots {
		v, err := findBot(sim, b.username, p.Text("demo.bot_"+b.key))
		if err != nil {
			return w, c, err
		}
		w.Bots = append(w.Bots, Bot{b.key, v.User.FirstName, v.Token, b.username, b.console})
		c.Bots = append(c.Bots, castBot{v.User.ID, b.key, v.User.FirstName, b.username})
		if b.console {
			console, c.Console = v.User.ID, v.User.ID
		}
	}
	for _, u := range customers {
		c.Customers = append(c.Customers, findPerson(sim, u.username, p.Text("demo.customer_"+u.key), u.language))
	}
	var members []int64
	for _, u := range operators {
		v := findPerson(sim, u.username, p.Text("demo.operator_"+u.key), p.Language())
		c.Operators = append(c.Operators, v)
		w.Operators = append(w.Operators, Person{strconv.FormatInt(v.ID, 10), strings.TrimSpace(v.FirstName + " " + v.LastName), v.Username})
		members = append(members, v.ID)
	}
	group, err := findForum(sim, p.Text("demo.group_title"), members, console)
	if err != nil {
		return w, c, err
	}
	w.Group, c.Group = strconv.FormatInt(group, 10), group
	if first := sim.Messages(telegramsim.Group(group)); len(first) > 0 {
		c.Born = first[0].At.UnixMicro()
	}
	return w, c, nil
}

func findBot(sim *telegramsim.Server, username, name string) (telegramsim.BotView, error) {
	for made := false; ; made = true {
		for _, v := range sim.Bots() {
			if v.User.Username == username {
				return v, nil
			}
		}
		if made {
			return telegramsim.BotView{}, fmt.Errorf("demo: bot %s was made and is not there", username)
		}
		if _, _, err := sim.MakeBot(telegramsim.BotOptions{Name: name, Username: username}); err != nil {
			return telegramsim.BotView{}, fmt.Errorf("demo: make bot %s: %w", username, err)
		}
	}
}

func findPerson(sim *telegramsim.Server, username, name, language string) telegramsim.User {
	for _, v := range sim.People() {
		if v.Username == username {
			return v
		}
	}
	first, last, _ := strings.Cut(name, " ")
	u := telegramsim.User{FirstName: first, LastName: last, Username: username, Language: language}
	u.ID = sim.AddUser(telegramsim.Person{FirstName: first, LastName: last, Username: username, Language: language})
	return u
}

// findForum is the group that the first member owns.
func findForum(sim *telegramsim.Server, title string, members []int64, bot int64) (int64, error) {
	for _, k := range sim.Chats(members[0]) {
		if k.Forum && !k.Deleted {
			return k.Place.Chat, nil
		}
	}
	id, err := sim.AddGroup(telegramsim.GroupOptions{Title: title, Forum: true, Owner: members[0], Members: members[1:], Bots: []int64{bot}})
	if err != nil {
		return 0, fmt.Errorf("demo: make group: %w", err)
	}
	return id, nil
}
