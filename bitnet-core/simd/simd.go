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
//	amd64   generic  avx2  (avxvnni)  avx512   avx512vnni  avx512vbmi  amx
//	arm64   generic  neon  neondot    i8mm
//	others  generic
//
// The level in parentheses is a branch: CPUs with the levels behind it may or may
// not have it, and these do not include it.
//
// The environment variable BITNET_SIMD lowers the choice to a named [Level]
// (BITNET_SIMD=avx2 on a machine with AVX-512), for comparing variants and for
// narrowing down a wrong result. It never raises it.
//
// BITNET_SIMD_EMULATED is for tests under an emulator of single instructions
// (bitnet-quant/internal/isaemu, Linux on amd64), which sets it: the levels that it
// names, separated by commas, are taken for granted if the CPU has those they
// build on. It is ignored in a process that is not being traced.
package simd

import (
	"fmt"
	"math/bits"
	"os"
	"slices"
	"strings"
)

// A Level is a set of vector instructions that is chosen or refused as a whole.
// Levels are ordered: each includes those below it, branches of the list apart.
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

// levels is a set of them, Level l being bit l.
type levels uint64

// through returns l and all levels below it.
func through(l Level) levels { return 2<<l - 1 }

func (s levels) has(l Level) bool    { return s>>l&1 != 0 }
func (s levels) with(l Level) levels { return s | 1<<l }
func (s levels) best() Level         { return Level(bits.Len64(uint64(s)) - 1) }

var (
	detected      = detect()
	allowed, errs = limit(names[:], detected, os.Getenv("BITNET_SIMD"))
)

// Has reports whether kernels may use l: the CPU and the operating system
// support it and BITNET_SIMD does not forbid it.
func Has(l Level) bool { return allowed.has(l) }

// Best returns the highest level that [Has] allows.
func Best() Level { return allowed.best() }

// Detected returns the highest level this machine supports, whatever
// BITNET_SIMD says.
func Detected() Level { return detected.best() }

// Err reports a BITNET_SIMD that names no level of this architecture. Such a
// value is ignored by [Has]; programs should print the error at start.
func Err() error { return errs }

// limit returns the levels of found that env allows. Generic is always found.
func limit(names []string, found levels, env string) (levels, error) {
	if env == "" {
		return found, nil
	}
	i := slices.Index(names, env)
	if i < 0 {
		return found, fmt.Errorf("BITNET_SIMD is %q, want one of %s", env, strings.Join(names, ", "))
	}
	return found & through(Level(i)), nil
}
