//go:build (!amd64 && !arm64) || purego

package blas

import "github.com/bitnet-go/bitnet/bitnet-core/simd"

func choose(simd.Level) kernelSet { return generic }

func (t *tile) compute() { tileGeneric(t) }

func (t *tile) strip(rows, cols int) { stripGeneric(t, rows, cols) }

func transposeVec(_ []float32, _ int, _ []float32, _, _ int) int { return 0 }

func dotVec(_, _ []float32) (n int, sum float32) { return 0, 0 }

func axpyVec(_, _ []float32, _ int, _ *[4]float32) int { return 0 }

func chooseInts(simd.Level) intKernelSet { return genericInts }

func tileInts(_, _ []uint32, _ []int32, _ int, _ bool) {}

func transposeWords([]uint32, int, []int8, int, int) int { return 0 }

func packRowsVec([]uint32, *Matrix[int8], int, uint32) int { return 0 }

func dotInts(_, _ []int8) int32 { return 0 }
