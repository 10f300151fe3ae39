package simd

const (
	// AVX2 stands for AVX2 with FMA and F16C (Haswell, 2013; Zen, 2017).
	AVX2 Level = 1 + iota
	// AVXVNNI adds the int8 dot product VPDPBUSD on 256 bits, in the encoding of
	// AVX (Alder Lake, 2021; Zen 5, 2024). CPUs with the levels above may lack it.
	AVXVNNI
	// AVX512 stands for AVX-512 F, BW, DQ and VL (Skylake-SP, 2017; Zen 4, 2022).
	AVX512
	// AVX512VNNI adds VPDPBUSD on 512 bits (Cascade Lake, 2019; Zen 4).
	AVX512VNNI
	// AVX512VBMI adds VPERMB, a look-up of 64 bytes in a table (Ice Lake, 2019; Zen 4).
	AVX512VBMI
	// AMX adds tile registers and products of int8 matrices, AMX-TILE and AMX-INT8
	// (Sapphire Rapids, 2023). On Linux only.
	AMX
)

var names = [...]string{
	Generic: "generic", AVX2: "avx2", AVXVNNI: "avxvnni",
	AVX512: "avx512", AVX512VNNI: "avx512vnni", AVX512VBMI: "avx512vbmi", AMX: "amx",
}
