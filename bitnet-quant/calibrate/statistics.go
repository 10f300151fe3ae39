package calibrate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
)

// A Key names an input: the layer, from 0, and which projections read it, such as "qkv".
type Key struct {
	Layer int
	Group string // lower-case letters and underscores
}

func (k Key) String() string { return fmt.Sprintf("layers.%d.%s", k.Layer, k.Group) }

// Statistics are the inputs that were seen, and of which model.
type Statistics struct {
	// Model is the fingerprint of the layers whose activations these are, in
	// hexadecimal; "" if that is not known.
	Model  string
	Inputs map[Key]*Input
}

// Keys returns the inputs' names by layer, then by group.
func (s *Statistics) Keys() []Key {
	return slices.SortedFunc(maps.Keys(s.Inputs), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Layer, b.Layer), cmp.Compare(a.Group, b.Group))
	})
}

// Merge takes in all that o has seen, and leaves o as it is. What does not fit is an error,
// and then nothing is taken in.
func (s *Statistics) Merge(o *Statistics) error {
	if err := s.Fits(o); err != nil {
		return err
	}
	if s.Model == "" {
		s.Model = o.Model
	}
	if s.Inputs == nil {
		s.Inputs = map[Key]*Input{}
	}
	for k, b := range o.Inputs {
		a := s.Inputs[k]
		if a == nil {
			a = newInput(b.Width())
			a.Rounded = b.Rounded
			s.Inputs[k] = a
		}
		a.merge(b)
	}
	return nil
}

// Fits says why o cannot be merged with s, if so: they are of two models, or have inputs that
// differ in width.
func (s *Statistics) Fits(o *Statistics) error {
	if s.Model != "" && o.Model != "" && s.Model != o.Model {
		return fmt.Errorf("calibrate: these are statistics of two models, whose layers are %.12s… and %.12s…: collect them with the same one", s.Model, o.Model)
	}
	for _, k := range o.Keys() {
		switch a, b := s.Inputs[k], o.Inputs[k]; {
		case a == nil:
		case a.Width() != b.Width():
			return fmt.Errorf("calibrate: %v has %d channels in one and %d in the other", k, a.Width(), b.Width())
		case a.Rounded != b.Rounded:
			return fmt.Errorf("calibrate: %v is rounded in one and not in the other: these are statistics of two models", k)
		case a.Tokens+b.Tokens > maxTokens || a.NotFinite+b.NotFinite > maxTokens:
			return fmt.Errorf("calibrate: %v would have more than %d tokens", k, uint64(maxTokens))
		}
	}
	return nil
}

// maxTokens keeps products with a width below 2^63.
const maxTokens = 1 << 38

// maxWidth is what package int8act takes of a row.
const maxWidth = 1<<24 - 1

// An Input sums up the activations (Tokens, W) that some projections read.
type Input struct {
	Rounded           bool // whether what reads it rounds it to int8; whoever collects says so
	Tokens, NotFinite uint64
	Sum               float64
	AbsMax            []float32 // (W)
	SumSq             []float64 // (W)
	Magnitudes        Magnitudes
	Shares            Shares
}

func newInput(width int) *Input {
	return &Input{AbsMax: make([]float32, width), SumSq: make([]float64, width)}
}

// Width returns the number of channels.
func (in *Input) Width() int { return len(in.AbsMax) }

// add takes in a row (W).
func (in *Input) add(row []float32) {
	var largest float32
	finite := true
	for _, v := range row {
		if v-v != 0 {
			finite = false
		}
		largest = max(largest, abs(v))
	}
	if !finite {
		in.NotFinite++
		return
	}
	in.Tokens++
	var sum float64
	for c, v := range row {
		a, x := abs(v), float64(v)
		in.AbsMax[c] = max(in.AbsMax[c], a)
		in.SumSq[c] += x * x
		sum += x
		in.Magnitudes[magnitudeBin(a)]++
	}
	in.Sum += sum
	in.Shares.add(row, largest)
}

func (in *Input) merge(o *Input) {
	in.Tokens += o.Tokens
	in.NotFinite += o.NotFinite
	in.Sum += o.Sum
	for c, v := range o.AbsMax {
		in.AbsMax[c] = max(in.AbsMax[c], v)
		in.SumSq[c] += o.SumSq[c]
	}
	for i, n := range o.Magnitudes {
		in.Magnitudes[i] += n
	}
	for i, v := range o.Shares {
		in.Shares[i] += v
	}
}

// Peak returns the largest magnitude of all.
func (in *Input) Peak() float32 {
	var most float32
	for _, v := range in.AbsMax {
		most = max(most, v)
	}
	return most
}

// Mean returns the mean of all activations, 0 if there were none.
func (in *Input) Mean() float64 { return in.Sum / in.count() }

// RMS returns the root of the mean square of all activations.
func (in *Input) RMS() float64 {
	var sum float64
	for _, v := range in.SumSq {
		sum += v
	}
	return math.Sqrt(sum / in.count())
}

// count returns the number of activations, 1 if there were none.
func (in *Input) count() float64 { return max(float64(in.Tokens)*float64(in.Width()), 1) }

// Importance returns the mean of x² of each channel (W): what an error in a weight that
// reads it costs.
func (in *Input) Importance() []float64 {
	m := make([]float64, in.Width())
	for c, v := range in.SumSq {
		m[c] = v / float64(max(in.Tokens, 1))
	}
	return m
}

// Outliers returns the channels whose RMS is more than ratio times the median of all
// channels', the largest first. Channels that were always 0 do not count: where they are
// most of all, any other would stand out.
func (in *Input) Outliers(ratio float64) []int {
	sorted := slices.Sorted(slices.Values(in.SumSq))
	for len(sorted) > 0 && sorted[0] == 0 {
		sorted = sorted[1:]
	}
	if len(sorted) == 0 {
		return nil
	}
	limit := sorted[len(sorted)/2] * ratio * ratio
	var all []int
	for c, v := range in.SumSq {
		if v > limit {
			all = append(all, c)
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return in.SumSq[all[i]] > in.SumSq[all[j]] })
	return all
}

func abs(v float32) float32 { return math.Float32frombits(math.Float32bits(v) &^ (1 << 31)) }
