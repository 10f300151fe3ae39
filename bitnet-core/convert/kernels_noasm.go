//go:build (!amd64 && !arm64) || purego

package convert

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

func widenI8Vec([]float32, []int8, float32) int                      { return 0 }
func roundBytesVec([]byte, []float32, float32, float32, float32) int { return 0 }
func absMaxVec([]float32) (n int, top uint32)                        { return 0, 0 }
func packVec([]byte, []byte, bool) int                               { return 0 }
func unpackVec([]byte, []byte, bool) int                             { return 0 }
func tritsVec([]byte, []float32, float32) int                        { return 0 }
