package console

import (
	"context"
	"sync"
	"time"

	"parom/adapters/telegram/botapi"
	"parom/core"
)

// popupUnits is the longest pop-up: core.telegram.org/bots/api#answercallbackquery.
const popupUnits = 200

// answerTimeout bounds an answer to a press. The operator's client stops its
// spinner by itself after some 15 s, and the next updates wait meanwhile.
const answerTimeout = 5 * time.Second

// answers are pop-ups on their way; whoever takes a batch of updates waits for them.
type answers struct {
	c  *Console
	wg sync.WaitGroup
}

// give answers one press. It is never cached: the same button may mean something
// else the next time. A failed answer is not repeated: the press is handled.
func (a *answers) give(ctx context.Context, query string, p core.Popup) {
	a.wg.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, answerTimeout)
		defer cancel()
		err := a.c.api.AnswerCallbackQuery(ctx, botapi.AnswerCallbackQueryParams{
			CallbackQueryID: query, Text: cut(p.Text, popupUnits), ShowAlert: p.Alert && p.Text != "",
		})
		if err != nil && botapi.KindOf(err) != botapi.KindQueryOld {
			a.c.log.Debug("button not answered", "reason", err.Error())
		}
	})
}
