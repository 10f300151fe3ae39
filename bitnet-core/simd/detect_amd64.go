//go:build !purego

package simd

import "golang.org/x/sys/cpu"

func detect() levels {
	x, emulated := &cpu.X86, emulated()
	found := through(Generic)
	if !x.HasAVX2 || !x.HasFMA || !x.HasF16C {
		return found
	}
	found = found.with(AVX2)
	if x.HasAVXVNNI || emulated.has(AVXVNNI) {
		found = found.with(AVXVNNI)
	}
	if !x.HasAVX512F || !x.HasAVX512BW || !x.HasAVX512DQ || !x.HasAVX512VL {
		return found
	}
	found = found.with(AVX512)
	if !x.HasAVX512VNNI {
		return found
	}
	found = found.with(AVX512VNNI)
	if !x.HasAVX512VBMI {
		return found
	}
	found = found.with(AVX512VBMI)
	if x.HasAMXTile && x.HasAMXInt8 && allowTiles() || emulated.has(AMX) {
		found = found.with(AMX)
	}
	return found
}
