// Package parity checks docs/parity.md, the table of what the original promised: every
// package, name, test, path and link in it must exist, so that a change that renames one
// cannot leave the page behind. `make test` runs it with the other tests.
package parity
