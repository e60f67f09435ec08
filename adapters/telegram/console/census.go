package console

import (
	"context"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

var _ core.Census = (*Console)(nil)

// IsMember implements core.Census. Of whom the server knows nothing he is no member.
func (c *Console) IsMember(ctx context.Context, room string, p core.PersonID) (bool, error) {
	chat, err := chatOf(room)
	if err != nil {
		return false, err
	}
	user, err := chatOf(string(p))
	if err != nil {
		return false, err
	}
	m, err := c.api.GetChatMember(ctx, chat, user)
	if botapi.KindOf(err) == botapi.KindUserNotFound {
		return false, nil
	}
	if err != nil {
		return false, classify(err, chat, toChange, "")
	}
	return m.Present(), nil
}
