//go:build !purego

package absmean

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg absmean

// choose returns the kernels that level allows. Wider vectors than those of AVX2 would bring
// nothing: four sums are what the definition has, and rounding waits for memory.
func choose(level simd.Level) kernelSet {
	if level >= simd.AVX2 {
		return kernelSet{"avx2", simd.AVX2}
	}
	return kernelSet{name: "generic"}
}

func addVec(s *[4]float64, w []float32) int {
	n := len(w) &^ 15
	if kernels.level < simd.AVX2 || n == 0 {
		return 0
	}
	addAVX2(s, w[:n])
	return n
}

func addBF16Vec(s *[4][4]float64, data []byte, stride int) int {
	n := stride / 2 &^ 7
	if kernels.level < simd.AVX2 || n == 0 {
		return 0
	}
	addBF16AVX2(s, &data[0], stride, n)
	return n
}

func roundVec(dst []int8, w []float32, inverse float32) int {
	n := len(w) &^ 31
	if kernels.level < simd.AVX2 || n == 0 {
		return 0
	}
	roundAVX2(dst[:n], w[:n], inverse)
	return n
}
