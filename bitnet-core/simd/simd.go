// Package simd says which vector instructions the kernels of every module may
// use on this machine. Kernels ask [Has] once, at start, when they choose their
// implementation.
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
// Levels of one architecture are ordered: each includes those below it.
type Level uint8

const (
	// Generic is plain Go.
	Generic Level = iota
	// AVX2 stands for AVX2 with FMA and F16C (Haswell, 2013; Zen, 2017).
	AVX2
	// AVX512 stands for AVX-512 F, BW, DQ and VL (Skylake-SP, 2017; Zen 4, 2022).
	AVX512
	// AVX512VNNI adds the int8 dot product VPDPBUSD (Cascade Lake, 2019; Zen 4).
	AVX512VNNI
)

var names = []string{"generic", "avx2", "avx512", "avx512vnni"}

// String returns the name that BITNET_SIMD takes.
func (l Level) String() string { return names[l] }

var (
	detected      = detect()
	allowed, errs = limit(detected, os.Getenv("BITNET_SIMD"))
)

// Has reports whether kernels may use l: the CPU and the operating system
// support it and BITNET_SIMD does not forbid it.
func Has(l Level) bool { return l <= allowed }

// Best returns the highest level that [Has] allows.
func Best() Level { return allowed }

// Detected returns the highest level this machine supports, whatever
// BITNET_SIMD says.
func Detected() Level { return detected }

// Err reports a BITNET_SIMD that names no level. Such a value is ignored by
// [Has]; programs should print the error at start.
func Err() error { return errs }

func limit(best Level, env string) (Level, error) {
	if env == "" {
		return best, nil
	}
	i := slices.Index(names, env)
	if i < 0 {
		return best, fmt.Errorf("BITNET_SIMD is %q, want one of %s", env, strings.Join(names, ", "))
	}
	return min(best, Level(i)), nil
}
