//go:build !purego

package screen

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

//go:generate env GOWORK=off go run -C _asm . -out ../kernels_amd64.s -stubs ../kernels_stub_amd64.go -pkg screen

var variants = []kernelSet{
	{"avx512vnni", simd.AVX512VNNI, coarseVNNI, fineVNNI, decodeF32AVX2, decodeF16AVX2, decodeBF16AVX2, encodeAVX2, boundsAVX512},
	{"avx2", simd.AVX2, coarseAVX2, fineAVX2, decodeF32AVX2, decodeF16AVX2, decodeBF16AVX2, encodeAVX2, nil},
}
