//go:build (!amd64 && !arm64) || purego

package nn

func factorsVec([]byte, int, []float32, int, int, []byte, int) bool  { return false }
func scoresQ8Vec([]float32, int, []byte, int, int, []byte, int) bool { return false }
func valuesQ8Vec([]float32, int, int, int, []byte, []byte, int) int  { return 0 }
