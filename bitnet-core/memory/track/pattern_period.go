package track

import (
	"fmt"
	"math"
	"time"
)

// temporalPeriod looks for a period in the times of allocations, in all of the trace
// and in its end: a period of milliseconds does not show in the bins of a long trace.
func temporalPeriod(allocs []Event) Pattern {
	if len(allocs) < fewEvents {
		return Pattern{}
	}
	first, last := allocs[0].Time, allocs[len(allocs)-1].Time
	var best Pattern
	for _, part := range []time.Duration{1, 8, 64} {
		length := (last - first) / part
		tail := allocs
		for len(tail) > 0 && tail[0].Time < last-length {
			tail = tail[1:]
		}
		// Few bins find periods that are not exact, many bins short ones.
		for _, n := range []int{2048, 512, 128} {
			width := length / time.Duration(n)
			if width <= 0 || len(tail) < fewEvents {
				continue
			}
			activity := make([]float64, n)
			for _, e := range tail {
				activity[min(int((e.Time-(last-length))/width), n-1)]++
			}
			bins, confidence := autocorrelation(activity)
			confidence *= enough(len(tail) / 2)
			if confidence > best.Confidence+0.1 {
				best = Pattern{Kind: TemporalPeriod, Confidence: confidence, Period: time.Duration(bins * float64(width))}
			}
		}
	}
	if best.Kind == "" {
		return best
	}
	best.Evidence = fmt.Sprintf("allocations come in bursts, every %s", durationText(best.Period))
	best.Suggestion = "keep the memory of a burst for the next one, and reclaim between bursts if at all"
	return best
}

// fewPeriods is how many periods a trace has at least, to show one.
const fewPeriods = 8

// autocorrelation returns the distance, in bins, at which activity resembles itself
// most, and how much so, 0 to 1.
func autocorrelation(activity []float64) (period, confidence float64) {
	mean := 0.0
	for _, x := range activity {
		mean += x / float64(len(activity))
	}
	power := 0.0
	for _, x := range activity {
		power += (x - mean) * (x - mean)
	}
	if power == 0 {
		return 0, 0
	}
	longest := len(activity) / fewPeriods
	r := make([]float64, longest+2)
	for d := 1; d < len(r); d++ {
		sum := 0.0
		for i := range len(activity) - d {
			sum += (activity[i] - mean) * (activity[i+d] - mean)
		}
		r[d] = sum / power * float64(len(activity)) / float64(len(activity)-d)
	}
	// A period is a peak, and it rises above what lies before it: activity that just
	// ebbs away resembles itself at all short distances.
	score := make([]float64, len(r))
	best, lowest := 0, 1.0
	for d := 1; d <= longest; d++ {
		lowest = min(lowest, r[d])
		if d > 1 && r[d] >= r[d-1] && r[d] >= r[d+1] {
			score[d] = min(r[d], r[d]-lowest)
			if score[d] > score[best] {
				best = d
			}
		}
	}
	if best == 0 {
		return 0, 0
	}
	// Multiples of the period are as good as itself, and better if they come closer
	// to a whole number of bins: the first peak is meant, the best one is precise.
	first := best
	for d := best - 1; d > 0; d-- {
		if score[d] >= 0.45*score[best] {
			first = d
		}
	}
	period = float64(best) / math.Round(float64(best)/float64(first))
	return period, ramp(score[best], 0.25, 0.6) * ramp(activePeriods(activity, first), 0.4, 0.8)
}

// activePeriods returns the share of periods in which anything happens: two bursts
// have a distance, too.
func activePeriods(activity []float64, period int) float64 {
	active, all := 0, 0
	for i := 0; i+period <= len(activity); i += period {
		all++
		for _, x := range activity[i : i+period] {
			if x > 0 {
				active++
				break
			}
		}
	}
	return float64(active) / float64(all)
}
