//go:build !amd64 || purego

package nn

import "github.com/bitnet-go/bitnet/bitnet-core/dtype"

// Only amd64 has kernels for these: the generic code does everything.

func addVec(_, _ []float32) int                   { return 0 }
func scaleVec(_, _ []float32, _ float32) int      { return 0 }
func blendVec(_, _ []float32, _, _ float32) int   { return 0 }
func gainVec(_, _, _ []float32, _ float32) int    { return 0 }
func relu2Vec(_, _, _ []float32) int              { return 0 }
func siluVec(_, _, _ []float32) int               { return 0 }
func turnVec(_, _, _, _ []float32) int            { return 0 }
func topVec(_ []float32) (n int, top float32)     { return 0, 0 }
func squaresVec(_ []float32) (n int, sum float32) { return 0, 0 }

func scoresVec([]float32, int, []float32, int, int, []byte, dtype.DType, int) bool { return false }
func valuesVec([]float32, int, []float32, int, []byte, dtype.DType, int, int, int) int {
	return 0
}

func factorsVec([]byte, int, []float32, int, int, []byte, int) bool  { return false }
func scoresQ8Vec([]float32, int, []byte, int, int, []byte, int) bool { return false }
func valuesQ8Vec([]float32, int, int, int, []byte, []byte, int) int  { return 0 }
