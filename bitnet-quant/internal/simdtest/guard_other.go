//go:build !unix

package simdtest

import "testing"

// Guarded returns n bytes. Only Unix systems get the guard page behind them.
func Guarded(_ testing.TB, n int) []byte { return make([]byte, n) }
