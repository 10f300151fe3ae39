package transformer

import "github.com/bitnet-go/bitnet/bitnet-core/vecmath"

// LogitRows is how many rows of that many logits to compute at a time: 4 MiB of them, and
// 1 at least. With 128k tokens of vocabulary those of a whole pass would be larger than
// most models.
func LogitRows(vocab int) int { return max(1<<20/max(vocab, 1), 1) }

// LogProbs sets dst[t] to ln p(next[t]) after each of the final hidden states (T, D), as
// [Pass.Forward] returns them. The sum of exponentials is in float64.
func (m *Model) LogProbs(dst []float64, hidden []float32, next []int32) {
	d, v := m.config.Dim, m.config.VocabSize
	if len(hidden) != len(next)*d || len(dst) != len(next) {
		panic("transformer: LogProbs shape")
	}
	rows := min(LogitRows(v), len(next))
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
