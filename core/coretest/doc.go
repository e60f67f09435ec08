// Package coretest has fakes for the core's own tests: a clock that is moved by
// hand or steps by itself, an adapter and a console that record what they are
// asked and fail as scripted.
//
// It imports core only. Tests of core/* and of adapters use it; product code
// uses nothing of it but Clock, which the demo and the in-process end-to-end
// tests boot the gateway with.
package coretest
