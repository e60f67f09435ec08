package telegramsim

import "errors"

var errIncomplete = errors.New("the body lacks what the act needs")

// nothing adapts an act without a result.
func nothing(do func(*deed) error) func(*deed) (any, error) {
	return func(d *deed) (any, error) { return nil, do(d) }
}

// deeds are the POST acts of the control API.
var deeds = map[string]func(*deed) (any, error){
	"start": func(d *deed) (any, error) {
		id, err := d.s.Start(d.User, d.Bot, d.Parameter)
		return map[string]int64{"id": id}, err
	},
	"block":   nothing(func(d *deed) error { return d.s.Block(d.User, d.Bot) }),
	"unblock": nothing(func(d *deed) error { return d.s.Unblock(d.User, d.Bot) }),
	"edit":    nothing(func(d *deed) error { return d.s.Edit(d.User, d.place(), d.ID, d.Text, d.Entities...) }),
	"delete": nothing(func(d *deed) error {
		if d.ID != 0 {
			d.IDs = append(d.IDs, d.ID)
		}
		return d.s.Delete(d.User, d.place(), d.IDs...)
	}),
	"react": nothing(func(d *deed) error { return d.s.React(d.User, d.place(), d.ID, d.Emoji...) }),
	"tap":   nothing(func(d *deed) error { return d.s.Tap(d.User, d.place(), d.ID, d.Button) }),
	"pin":   nothing(func(d *deed) error { return d.s.Pin(d.User, d.place(), d.ID) }),
	"unpin": nothing(func(d *deed) error { return d.s.Unpin(d.User, d.place(), d.ID) }),
	"vote":  nothing(func(d *deed) error { return d.s.Vote(d.User, d.place(), d.ID, d.Options...) }),

	"create_topic": func(d *deed) (any, error) {
		id, err := d.s.CreateTopic(d.User, d.Chat, d.Name, d.Icon)
		return map[string]int64{"id": id}, err
	},
	"rename_topic":  nothing(func(d *deed) error { return d.s.RenameTopic(d.User, d.Chat, d.Thread, d.Name, d.Icon) }),
	"close_topic":   nothing(func(d *deed) error { return d.s.CloseTopic(d.User, d.Chat, d.Thread) }),
	"reopen_topic":  nothing(func(d *deed) error { return d.s.ReopenTopic(d.User, d.Chat, d.Thread) }),
	"delete_topic":  nothing(func(d *deed) error { return d.s.DeleteTopic(d.User, d.Chat, d.Thread) }),
	"close_general": nothing(func(d *deed) error { return d.s.SetGeneralClosed(d.User, d.Chat, d.On) }),

	"join":      nothing(func(d *deed) error { return d.s.Join(d.User, d.Chat, d.Users...) }),
	"leave":     nothing(func(d *deed) error { return d.s.Leave(d.User, d.Chat) }),
	"remove":    nothing(func(d *deed) error { return d.s.Remove(d.User, d.Chat, d.Target) }),
	"unban":     nothing(func(d *deed) error { return d.s.Unban(d.User, d.Chat, d.Target) }),
	"promote":   nothing(func(d *deed) error { return d.s.Promote(d.User, d.Chat, d.Target, d.Rights...) }),
	"demote":    nothing(func(d *deed) error { return d.s.Demote(d.User, d.Chat, d.Target) }),
	"restrict":  nothing(func(d *deed) error { return d.s.Restrict(d.User, d.Chat, d.Target, d.Rights...) }),
	"anonymous": nothing(func(d *deed) error { return d.s.SetAnonymous(d.Chat, d.User, d.On) }),
	"forum":     nothing(func(d *deed) error { return d.s.SetForum(d.Chat, d.On) }),
	"reactions": nothing(func(d *deed) error { return d.s.SetReactions(d.Chat, d.Emoji) }),
	"denied":    nothing(func(d *deed) error { return d.s.SetDenied(d.Chat, d.Rights...) }),
	"title":     nothing(func(d *deed) error { return d.s.SetTitle(d.User, d.Chat, d.Name) }),
	"link":      nothing(func(d *deed) error { return d.s.Link(d.Chat, d.Target) }),
	"delete_group": nothing(func(d *deed) error {
		return d.s.DeleteGroup(d.Chat)
	}),
	"migrate": func(d *deed) (any, error) {
		id, err := d.s.Migrate(d.User, d.Chat)
		return map[string]int64{"chat": id}, err
	},

	"new_bot": func(d *deed) (any, error) {
		if d.NewBot == nil {
			return nil, errIncomplete
		}
		token, id, err := d.s.MakeBot(*d.NewBot)
		return map[string]any{"token": token, "id": id}, err
	},
	"revoke": func(d *deed) (any, error) {
		token, err := d.s.RevokeToken(d.Bot)
		return map[string]string{"token": token}, err
	},
	"new_person": func(d *deed) (any, error) {
		if d.NewPerson == nil {
			return nil, errIncomplete
		}
		return map[string]int64{"id": d.s.AddUser(*d.NewPerson)}, nil
	},
	"set_person": nothing(func(d *deed) error {
		if d.NewPerson == nil {
			return errIncomplete
		}
		return d.s.SetPerson(*d.NewPerson)
	}),
	"new_group": func(d *deed) (any, error) {
		if d.NewGroup == nil {
			return nil, errIncomplete
		}
		id, err := d.s.AddGroup(*d.NewGroup)
		return map[string]int64{"id": id}, err
	},

	"fault": func(d *deed) (any, error) {
		if d.Fault == nil {
			return nil, errIncomplete
		}
		return map[string]int{"id": d.s.AddFault(*d.Fault)}, nil
	},
	"clear_fault": nothing(func(d *deed) error { d.s.RemoveFault(int(d.ID)); return nil }),
	"knobs": nothing(func(d *deed) error {
		if d.Knobs == nil {
			return errIncomplete
		}
		d.s.SetKnobs(*d.Knobs)
		return nil
	}),
	"limits": nothing(func(d *deed) error {
		if d.Limits == nil {
			return errIncomplete
		}
		d.s.SetLimits(*d.Limits)
		return nil
	}),
	"offline":     nothing(func(d *deed) error { d.s.SetOffline(d.On); return nil }),
	"reset_calls": nothing(func(d *deed) error { d.s.ResetCalls(); return nil }),
	"save":        nothing(func(d *deed) error { return d.s.Save() }),
}
