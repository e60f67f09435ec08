package outbox

import "parom/core/store"

// MayBeThrough reports that a piece of a send is with the customer, or may be: an
// attempt was begun whose end is not known.
func MayBeThrough(j store.Job) (bool, error) {
	if j.Done > 0 || j.State == store.JobAttempting {
		return true, nil
	}
	k, err := parseCuts(j.Cuts)
	return k.Unsure, err
}
