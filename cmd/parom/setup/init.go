package setup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"parom/adapters/telegram"
	"parom/adapters/telegram/botapi"
	"parom/core"
	"parom/core/lang"
)

// Options say what Init need not ask, and how it talks.
type Options struct {
	File     string // to write
	Endpoint string // of the Bot API; empty: Telegram's own
	// TokenFile holds the console bot's token; empty: asked for.
	TokenFile string
	Group     string // the room; empty: waited for
	Admin     string // first admin; empty: who brought the bot in, or the owner
	// Customers is "same" or "other": the bot that customers write to; empty: asked.
	Customers         string
	CustomerTokenFile string
	Yes               bool          // ask nothing
	Wait              time.Duration // for the group; 0: for ever

	In     io.Reader
	Out    io.Writer
	Hidden func() (string, error) // reads a line without showing it; nil: from In
	Texts  *lang.Printer
	Clock  core.Clock
	Hide   func(secret string) // is told every token before it is used
}

// ErrNotReady says that something fatal was found, and told, and that no
// configuration was written.
var ErrNotReady = errors.New("not ready")

// account is a bot whose token was proven.
type account struct {
	token string
	bot   *telegram.Bot
	user  botapi.User
}

// initer is one run of Init.
type initer struct {
	Options
	*asker
}

// Init asks, checks and writes a configuration.
func Init(ctx context.Context, o Options) error {
	i := &initer{o, &asker{in: bufio.NewReader(o.In), out: o.Out, p: o.Texts, hidden: o.Hidden, yes: o.Yes}}
	if i.Hide == nil {
		i.Hide = func(string) {}
	}
	if err := i.mayWrite(ctx); err != nil {
		return err
	}
	console, err := i.proven(ctx, i.TokenFile, "init.ask_token", "init.about_token")
	if err != nil {
		return err
	}
	if err := i.mayPoll(ctx, console); err != nil {
		return err
	}
	found, err := i.group(ctx, console)
	if err != nil {
		return err
	}
	found.room, err = i.inspect(ctx, console, found.room)
	if err != nil {
		return err
	}
	admin, err := i.admin(ctx, console, found)
	if err != nil {
		return err
	}
	i.say("init.about_answers", lang.Args{"Hold": 5 * time.Second})
	customers, err := i.customers(ctx, console)
	if err != nil {
		return err
	}
	if err := i.write(values{
		Endpoint: i.Endpoint, Language: i.p.Language(), Room: found.room, Group: found.title,
		Admin: admin, Console: console, Customers: customers,
	}); err != nil {
		return err
	}
	i.say("init.written", lang.Args{"File": i.File})
	i.say("init.next", lang.Args{"File": i.File, "Bot": "@" + customers.user.UserName})
	return nil
}

// mayWrite asks before anything else whether a file that is there may go.
func (i *initer) mayWrite(ctx context.Context) error {
	_, err := os.Lstat(i.File)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", i.File, err)
	}
	if i.Yes {
		return nil
	}
	ok, err := i.confirm(ctx, false, "init.overwrite", lang.Args{"File": i.File, "Old": i.File + oldEnding})
	if err == nil && !ok {
		i.say("init.kept", lang.Args{"File": i.File})
		err = ErrNotReady
	}
	return err
}

// proven is a bot whose token Telegram knows: from the file, or asked for until
// it is right.
func (i *initer) proven(ctx context.Context, file, ask, about string) (account, error) {
	if file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return account{}, fmt.Errorf("read token: %w", err)
		}
		a, problem, err := i.prove(ctx, strings.TrimSpace(string(b)))
		if problem != "" {
			i.say(problem)
			err = ErrNotReady
		}
		return a, err
	}
	if i.Yes {
		return account{}, errors.New("--yes needs --token-file (and --customer-token-file for another bot)")
	}
	i.say(about)
	for {
		token, err := i.secret(ctx, ask)
		if err != nil {
			return account{}, err
		}
		if token == "" {
			continue
		}
		a, problem, err := i.prove(ctx, token)
		if err != nil || problem == "" {
			return a, err
		}
		i.say(problem)
	}
}

// prove asks Telegram whose token it is; problem is a text key of what is wrong
// with it.
func (i *initer) prove(ctx context.Context, token string) (a account, problem string, err error) {
	i.Hide(token)
	bot, err := newBot(telegram.Config{Token: token, Endpoint: i.Endpoint}, i.Clock)
	if err != nil {
		if i.Endpoint == "" || strings.Contains(err.Error(), "token") {
			return a, "init.token_shape", nil
		}
		return a, "", err
	}
	self, err := bot.Self(ctx)
	if err != nil && ctx.Err() != nil {
		return a, "", ctx.Err()
	}
	if core.ReasonOf(err) == core.BadConfig {
		return a, "init.token_unknown", nil
	}
	if err != nil {
		return a, "", i.unreachable(err)
	}
	i.say("init.token_good", lang.Args{"Name": self.FirstName, "Username": "@" + self.UserName})
	return account{token, bot, self}, "", nil
}

// unreachable tells in words that Telegram cannot be asked.
func (i *initer) unreachable(err error) error {
	_, _ = fmt.Fprintln(i.out, trouble(i.p, err))
	return ErrNotReady
}

// mayPoll makes sure that updates can be asked for: no webhook takes them away.
func (i *initer) mayPoll(ctx context.Context, a account) error {
	if !a.user.CanJoinGroups && i.Group == "" {
		i.say("init.no_groups", lang.Args{"Username": "@" + a.user.UserName})
	}
	hook, err := a.bot.API().GetWebhookInfo(ctx)
	if botapi.KindOf(err) == botapi.KindNoMethod {
		return nil
	}
	if err != nil {
		return i.unreachable(telegram.Classify(err))
	}
	if hook.URL == "" {
		return nil
	}
	ok, err := i.confirm(ctx, false, "init.webhook")
	if err != nil {
		return err
	}
	if !ok {
		return ErrNotReady
	}
	if err := a.bot.API().DeleteWebhook(ctx, false); err != nil {
		return i.unreachable(telegram.Classify(err))
	}
	return nil
}

// customers is the bot that customers write to.
func (i *initer) customers(ctx context.Context, console account) (account, error) {
	same := i.Customers != "other"
	if i.Customers == "" && i.CustomerTokenFile == "" {
		var err error
		if same, err = i.confirm(ctx, true, "init.same_bot", lang.Args{"Username": "@" + console.user.UserName}); err != nil {
			return account{}, err
		}
	} else if i.CustomerTokenFile != "" {
		same = false
	}
	if same {
		return console, nil
	}
	for {
		a, err := i.proven(ctx, i.CustomerTokenFile, "init.ask_customer_token", "init.about_token")
		if err != nil || a.token != console.token {
			return a, err
		}
		i.say("init.same_token")
		if i.CustomerTokenFile != "" {
			return console, nil
		}
	}
}

// admin is the first admin: as told, who brought the bot in, else the owner.
func (i *initer) admin(ctx context.Context, console account, g foundGroup) (person, error) {
	if i.Admin != "" {
		n, err := strconv.ParseInt(i.Admin, 10, 64)
		if err != nil || n <= 0 {
			return person{}, fmt.Errorf("--admin %q: want the number of a person", i.Admin)
		}
		return person{ID: i.Admin, Name: i.nameOf(ctx, console, g.room, n)}, nil
	}
	if g.by.ID == "" {
		chat, err := strconv.ParseInt(g.room, 10, 64)
		if err != nil {
			return person{}, nil
		}
		admins, err := console.bot.API().GetChatAdministrators(ctx, chat)
		if err != nil {
			return person{}, i.unreachable(telegram.Classify(err))
		}
		for _, m := range admins {
			if m.Status == botapi.StatusCreator && !m.User.IsBot {
				g.by = personOf(&m.User)
			}
		}
	}
	if g.by.ID == "" {
		i.say("init.no_admin")
	} else {
		i.say("init.admin", lang.Args{"Name": g.by.Name, "ID": g.by.ID})
	}
	return g.by, nil
}

// nameOf is a member's name; empty when Telegram does not tell.
func (i *initer) nameOf(ctx context.Context, console account, room string, id int64) string {
	chat, err := strconv.ParseInt(room, 10, 64)
	if err != nil {
		return ""
	}
	m, err := console.bot.API().GetChatMember(ctx, chat, id)
	if err != nil {
		return ""
	}
	return personOf(&m.User).Name
}

// person is who shall be admin; zero: nobody.
type person struct{ ID, Name string }

func personOf(u *botapi.User) person {
	return person{ID: strconv.FormatInt(u.ID, 10), Name: strings.TrimSpace(u.FirstName + " " + u.LastName)}
}
