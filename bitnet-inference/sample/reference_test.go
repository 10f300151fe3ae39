package sample

import (
	"cmp"
	"math"
	"slices"
)

// refDistribution is the definition, done slowly: penalties over the accepted
// tokens, a full stable sort, the cuts one after the other, softmax at the
// temperature. It returns the probability of each id (V), nil if nothing can
// be drawn.
func refDistribution(o Options, accepted []int32, logits []float32) []float64 {
	o = o.withDefaults()
	l := make([]float64, len(logits))
	for i, x := range refPenalties(o, accepted, logits) {
		l[i] = float64(x)
		if math.IsNaN(l[i]) {
			l[i] = math.Inf(-1)
		}
	}
	ids := make([]int32, len(l))
	for i := range ids {
		ids[i] = int32(i)
	}
	slices.SortStableFunc(ids, func(a, b int32) int { return cmp.Compare(l[b], l[a]) })
	if o.TopK > 0 {
		ids = ids[:min(o.TopK, len(ids))]
	}
	if o.TopP < 1 {
		p, sum := refSoftmax(l, ids, 1), 0.0
		for i := range ids {
			sum += p[i]
			if sum >= float64(o.TopP) {
				ids = ids[:i+1]
				break
			}
		}
	}
	n := 0
	for n < len(ids) && !math.IsInf(l[ids[n]], -1) && (l[ids[n]] == l[ids[0]] || math.Exp(l[ids[n]]-l[ids[0]]) >= float64(o.MinP)) {
		n++
	}
	ids = ids[:n]
	if n == 0 {
		return nil
	}
	out := make([]float64, len(l))
	for i, p := range refSoftmax(l, ids, float64(o.Temperature)) {
		out[ids[i]] = p
	}
	return out
}

// refSoftmax returns the probabilities of ids, which are sorted by falling l.
func refSoftmax(l []float64, ids []int32, t float64) []float64 {
	p, sum := make([]float64, len(ids)), 0.0
	for i, id := range ids {
		p[i] = math.Exp((l[id] - l[ids[0]]) / t)
		if l[id] == l[ids[0]] {
			p[i] = 1
		}
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func refPenalties(o Options, accepted []int32, logits []float32) []float32 {
	out := slices.Clone(logits)
	if o.PenaltyWindow >= 0 && len(accepted) > o.PenaltyWindow {
		accepted = accepted[len(accepted)-o.PenaltyWindow:]
	}
	for id := range out {
		n := 0
		for _, a := range accepted {
			if int(a) == id {
				n++
			}
		}
		if n == 0 {
			continue
		}
		if out[id] > 0 {
			out[id] = float32(out[id] / o.RepeatPenalty)
		} else {
			out[id] = float32(out[id] * o.RepeatPenalty)
		}
		out[id] -= float32(float32(n)*o.FrequencyPenalty) + o.PresencePenalty
	}
	return out
}
