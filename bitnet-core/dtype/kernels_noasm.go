//go:build (!amd64 && !arm64) || purego

package dtype

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

func widenF16Vec([]float32, []uint16) int   { return 0 }
func widenBF16Vec([]float32, []uint16) int  { return 0 }
func narrowF16Vec([]uint16, []float32) int  { return 0 }
func narrowBF16Vec([]uint16, []float32) int { return 0 }
