package transformer

import "github.com/bitnet-go/bitnet/bitnet-core/vecmath"

// logitsAtOnce is about how many logits LogProbs holds: 4 MiB of them, or one row.
const logitsAtOnce = 1 << 20

// LogProbs sets dst[t] to ln p(next[t]) after each of the final hidden states (T, D), as
// [Pass.Forward] returns them. The sum of exponentials is in float64.
func (m *Model) LogProbs(dst []float64, hidden []float32, next []int32) {
	d, v := m.config.Dim, m.config.VocabSize
	if len(hidden) != len(next)*d || len(dst) != len(next) {
		panic("transformer: LogProbs shape")
	}
	rows := min(max(logitsAtOnce/v, 1), len(next))
	logits := make([]float32, rows*v)
	for len(next) > 0 {
		n := min(rows, len(next))
		m.Logits(logits[:n*v], hidden[:n*d])
		m.pool.Split(n, 1, coarseParts, func(lo, hi int) {
			for t := lo; t < hi; t++ {
				row := logits[t*v : (t+1)*v]
				dst[t] = float64(row[next[t]]) - vecmath.LogSumExp(row)
			}
		})
		dst, hidden, next = dst[n:], hidden[n*d:], next[n:]
	}
}
