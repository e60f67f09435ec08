// Package storetest is what every durable store below core/store must hold to:
// group commit that survives a cancelled caller, a panic, a refused row and a
// full disk, wake-ups only after the commit, snapshots, nothing half-written
// when the process is killed, and a file that is refused when it cannot be
// trusted.
//
// Run is called by the tests of core/store. The tests that need a second
// process run the test binary again, with the name of the subtest and
// childEnv set.
package storetest
