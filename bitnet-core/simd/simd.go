// Package simd says which vector instructions the kernels of every module may
// use on this machine. Kernels ask [Has] once, at start, when they choose their
// implementation.
//
// # Levels
//
// Every architecture has a list of its own, in which each level includes those
// below it, and only its own build has the constants of its list: to compare a
// level of one architecture with a level of another does not compile.
//
//	amd64   generic  avx2  avx512   avx512vnni
//	arm64   generic  neon  neondot  i8mm
//	others  generic
//
// The environment variable BITNET_SIMD lowers the choice to a named [Level]
// (BITNET_SIMD=avx2 on a machine with AVX-512), for comparing variants and for
// narrowing down a wrong result. It never raises it.
package simd

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// A Level is a set of vector instructions that is chosen or refused as a whole.
// Levels are ordered: each includes those below it.
type Level uint8

// Generic is plain Go, the lowest level everywhere.
const Generic Level = 0

// String returns the name that BITNET_SIMD takes.
func (l Level) String() string { return names[l] }

// Levels returns the levels of this architecture, lowest first, whether this
// machine has them or not.
func Levels() []Level {
	all := make([]Level, len(names))
	for i := range all {
		all[i] = Level(i)
	}
	return all
}

var (
	detected      = detect()
	allowed, errs = limit(names[:], detected, os.Getenv("BITNET_SIMD"))
)

// Has reports whether kernels may use l: the CPU and the operating system
// support it and BITNET_SIMD does not forbid it.
func Has(l Level) bool { return l <= allowed }

// Best returns the highest level that [Has] allows.
func Best() Level { return allowed }

// Detected returns the highest level this machine supports, whatever
// BITNET_SIMD says.
func Detected() Level { return detected }

// Err reports a BITNET_SIMD that names no level of this architecture. Such a
// value is ignored by [Has]; programs should print the error at start.
func Err() error { return errs }

func limit(names []string, best Level, env string) (Level, error) {
	if env == "" {
		return best, nil
	}
	i := slices.Index(names, env)
	if i < 0 {
		return best, fmt.Errorf("BITNET_SIMD is %q, want one of %s", env, strings.Join(names, ", "))
	}
	return min(best, Level(i)), nil
}
