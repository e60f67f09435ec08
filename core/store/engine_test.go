package store_test

import (
	"testing"

	"parom/core/store"
	"parom/core/store/storetest"
)

func TestStore(t *testing.T) { storetest.Run(t, store.Open) }
