// Package adaptertest is the contract of core.Adapter as tests: every adapter
// runs it against a simulator of its network, from a test of some twenty lines.
// What it sees of each message kind in each direction it writes into
// docs/fidelity.md when PAROM_FIDELITY_OUT names that file.
//
// It imports core and the standard library, and goleak. Only tests call it.
package adaptertest
