//go:build (!amd64 && !arm64) || purego

package vecmath

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func choose(simd.Level) kernelSet { return kernelSet{name: "generic"} }

// There are no kernels to call.

func (function) vec(_, _ *float32, _ int)                          {}
func expSumVec(_, _ *float32, _ int, _ float32, _ *[group]float64) {}
func sumExpVec(_ *float32, _ int, _ float32, _ *[group]float64)    {}
func scaleVec(_, _ *float32, _ int, _ float32)                     {}
func shiftVec(_, _ *float32, _ int, _, _ float32)                  {}
func topVec(_ *float32, _ int, _ *[group]float32)                  {}
