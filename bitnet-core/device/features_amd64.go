package device

import "golang.org/x/sys/cpu"

// vectorExtensions names the extensions by the Linux kernel's words without
// their underscores.
func vectorExtensions() []string {
	x := &cpu.X86
	return present([]feature{
		{"amxbf16", x.HasAMXBF16},
		{"amxint8", x.HasAMXInt8},
		{"amxtile", x.HasAMXTile},
		{"avx", x.HasAVX},
		{"avx2", x.HasAVX2},
		{"avx512bf16", x.HasAVX512BF16},
		{"avx512bitalg", x.HasAVX512BITALG},
		{"avx512bw", x.HasAVX512BW},
		{"avx512dq", x.HasAVX512DQ},
		{"avx512f", x.HasAVX512F},
		{"avx512ifma", x.HasAVX512IFMA},
		{"avx512vbmi", x.HasAVX512VBMI},
		{"avx512vbmi2", x.HasAVX512VBMI2},
		{"avx512vl", x.HasAVX512VL},
		{"avx512vnni", x.HasAVX512VNNI},
		{"avx512vpopcntdq", x.HasAVX512VPOPCNTDQ},
		{"avxifma", x.HasAVXIFMA},
		{"avxvnni", x.HasAVXVNNI},
		{"avxvnniint8", x.HasAVXVNNIInt8},
		{"f16c", x.HasF16C},
		{"fma", x.HasFMA},
		{"gfni", x.HasAVX512GFNI},
		{"sse4.1", x.HasSSE41},
		{"sse4.2", x.HasSSE42},
		{"ssse3", x.HasSSSE3},
	})
}
