//go:build !(amd64 || arm64) || purego

package track

import "runtime"

func walk(pcs *[walkFrames]uintptr) int { return runtime.Callers(2, pcs[:]) }
