package storetest

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"parom/core/store"
)

var errUndo = errors.New("undo")

// savepoints runs random trees of savepoints that succeed, fail, panic or hit
// a refused row, beside a model that is a plain list.
func (s suite) savepoints(t *testing.T) {
	d := s.start(t, func(o *store.Options) { o.NoSync = true })
	rapid.Check(t, func(r *rapid.T) {
		must(t, d.Update(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`DELETE FROM items`)
			return err
		}))
		want := []string{}
		end := rapid.SampledFrom([]string{"keep", "keep", "undo", "panic"}).Draw(r, "end")
		plan := drawPlan(r, 0)
		err := d.Update(t.Context(), func(tx *store.Tx) error {
			n := 0
			model, err := play(tx, plan, &n)
			if err == nil && end == "keep" {
				want = model
				return nil
			}
			if end == "panic" {
				panic(errUndo)
			}
			return errors.Join(err, errUndo)
		})
		if kept := end == "keep"; kept != (err == nil) {
			r.Fatalf("closure ended by %s, error %v", end, err)
		}
		if got := keys(t, d); fmt.Sprint(got) != fmt.Sprint(want) {
			r.Fatalf("items are %q, the model says %q (plan %v)", got, want, plan)
		}
	})
}

// step is an insert, a refused insert, or a savepoint with steps of its own.
type step struct {
	kind string // put, refused, keep, undo, panic
	sub  []step
}

func drawPlan(r *rapid.T, depth int) []step {
	kinds := []string{"put", "refused"}
	if depth < 4 {
		kinds = append(kinds, "keep", "undo", "panic")
	}
	plan := make([]step, rapid.IntRange(0, 5).Draw(r, "steps"))
	for i := range plan {
		plan[i].kind = rapid.SampledFrom(kinds).Draw(r, "kind")
		if plan[i].kind != "put" && plan[i].kind != "refused" {
			plan[i].sub = drawPlan(r, depth+1)
		}
	}
	return plan
}

// play does the steps and gives the keys that must be there afterwards.
func play(tx *store.Tx, plan []step, n *int) (kept []string, err error) {
	for _, p := range plan {
		switch p.kind {
		case "put":
			*n++
			k := fmt.Sprint(*n)
			if err := put(tx, k); err != nil {
				return nil, err
			}
			kept = append(kept, k)
		case "refused":
			if _, err := tx.Exec(`INSERT INTO items (key) VALUES (NULL)`); !errors.Is(err, store.ErrConstraint) {
				return nil, fmt.Errorf("a refused row gave %w", err)
			}
		default:
			var sub []string
			err := tx.Savepoint(func() error {
				inner, err := play(tx, p.sub, n)
				if err != nil {
					return err
				}
				switch p.kind {
				case "undo":
					return errUndo
				case "panic":
					panic(errUndo)
				}
				sub = inner
				return nil
			})
			if (p.kind == "keep") != (err == nil) || err != nil && !errors.Is(err, errUndo) {
				return nil, fmt.Errorf("savepoint meant to %s gave: %w", p.kind, err)
			}
			kept = append(kept, sub...)
		}
	}
	return kept, nil
}
