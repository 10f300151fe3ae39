//go:build (!amd64 && !arm64) || purego

package nn

func addVec(_, _ []float32) int                   { return 0 }
func scaleVec(_, _ []float32, _ float32) int      { return 0 }
func blendVec(_, _ []float32, _, _ float32) int   { return 0 }
func gainVec(_, _, _ []float32, _ float32) int    { return 0 }
func relu2Vec(_, _, _ []float32) int              { return 0 }
func siluVec(_, _, _ []float32) int               { return 0 }
func turnVec(_, _, _, _ []float32) int            { return 0 }
func topVec(_ []float32) (n int, top float32)     { return 0, 0 }
func squaresVec(_ []float32) (n int, sum float32) { return 0, 0 }
