package simd

const (
	// AVX2 stands for AVX2 with FMA and F16C (Haswell, 2013; Zen, 2017).
	AVX2 Level = 1 + iota
	// AVX512 stands for AVX-512 F, BW, DQ and VL (Skylake-SP, 2017; Zen 4, 2022).
	AVX512
	// AVX512VNNI adds the int8 dot product VPDPBUSD (Cascade Lake, 2019; Zen 4).
	AVX512VNNI
)

var names = [...]string{Generic: "generic", AVX2: "avx2", AVX512: "avx512", AVX512VNNI: "avx512vnni"}
