package cli

import (
	"math"
	"slices"

	html "github.com/bitnet-go/bitnet/bitnet-cli/internal/report"
)

// layerLines draws a value of each of all over the layers, a line for each name, in the
// order in which they first come. NaN is left out.
func layerLines[T any](all []T, of func(*T) (name string, layer int, value float64)) (lines []html.Line) {
	for i := range all {
		name, layer, v := of(&all[i])
		k := slices.IndexFunc(lines, func(l html.Line) bool { return l.Name == name })
		if k < 0 {
			k, lines = len(lines), append(lines, html.Line{Name: name})
		}
		if !math.IsNaN(v) {
			lines[k].X, lines[k].Y = append(lines[k].X, float64(layer)), append(lines[k].Y, v)
		}
	}
	return lines
}
