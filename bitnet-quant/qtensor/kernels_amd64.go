//go:build !purego

package qtensor

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg qtensor

// choose returns the kernels that level allows. Memory is the limit with AVX2 already.
func choose(level simd.Level) kernelSet {
	if level >= simd.AVX2 {
		return kernelSet{"avx2", simd.AVX2}
	}
	return kernelSet{name: "generic"}
}

// i2sOfBF16Vec is i2sOfBF16 if there is a kernel.
func i2sOfBF16Vec(dst, src []byte, groups int, zero uint16) bool {
	if kernels.level < simd.AVX2 {
		return false
	}
	i2sOfBF16AVX2(&dst[0], &src[0], groups, zero)
	return true
}
