//go:build !purego

package simd

import "golang.org/x/sys/cpu"

func detect() Level {
	x := &cpu.X86
	switch {
	case !x.HasAVX2 || !x.HasFMA || !cpuidF16C():
		return Generic
	case !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL:
		return AVX2
	case !x.HasAVX512VNNI:
		return AVX512
	}
	return AVX512VNNI
}

// cpuidF16C reports CPUID.1:ECX.F16C, which x/sys/cpu does not show. The OS
// support that it needs (YMM state) is implied by AVX2.
//
//go:noescape
func cpuidF16C() bool
