//go:build !purego

package screen

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

//go:generate env GOWORK=off go run -C _asm . -out ../dot_amd64.s -stubs ../dot_stub_amd64.go -pkg screen

var variants = []variant{
	{"avx512vnni", simd.AVX512VNNI, dotVNNI},
	{"avx2", simd.AVX2, dotAVX2},
}
