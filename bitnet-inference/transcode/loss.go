package transcode

import (
	"fmt"
	"math"
	"strings"
)

// A Loss is how far values of the result are from those of the source.
type Loss struct {
	Max  float64 `json:"max_error"`      // the largest difference
	Of   float64 `json:"max_value"`      // the largest magnitude of the source
	RMS  float64 `json:"relative_rms"`   // √(Σ difference² / Σ value²)
	Rate float64 `json:"values_changed"` // share of the values that are not the same

	squares, errors float64
	n, changed      int
}

// add compares values with what has become of them.
func (l *Loss) add(was, is []float32) {
	for i, v := range was {
		d := math.Abs(float64(is[i]) - float64(v))
		l.Of = max(l.Of, math.Abs(float64(v)))
		l.squares += float64(v) * float64(v)
		if d != 0 {
			l.Max = max(l.Max, d)
			l.errors += d * d
			l.changed++
		}
	}
	l.n += len(was)
}

func (l *Loss) merge(o *Loss) {
	l.Max, l.Of = max(l.Max, o.Max), max(l.Of, o.Of)
	l.squares += o.squares
	l.errors += o.errors
	l.n += o.n
	l.changed += o.changed
}

// finish computes the relations.
func (l *Loss) finish() {
	if l.squares > 0 {
		l.RMS = math.Sqrt(l.errors / l.squares)
	}
	l.Rate = float64(l.changed) / float64(max(l.n, 1))
}

func (l *Loss) String() string {
	return fmt.Sprintf("%.3g%% of the values change, by up to %.3g of %.3g (%.2g%% rms)", 100*l.Rate, l.Max, l.Of, 100*l.RMS)
}

// A LossyError refuses a conversion that would change the model.
type LossyError struct{ Steps []Step } // with their Loss

// Error names the first tensors and the remedy.
func (e *LossyError) Error() string {
	const few = 3
	var b strings.Builder
	tensors := "tensors"
	if len(e.Steps) == 1 {
		tensors = "tensor"
	}
	fmt.Fprintf(&b, "the conversion would lose something in %d %s; if that is meant, say --allow-lossy", len(e.Steps), tensors)
	for i, s := range e.Steps {
		if i == few {
			fmt.Fprintf(&b, "\nand %d more", len(e.Steps)-few)
			break
		}
		fmt.Fprintf(&b, "\n%s from %s to %s: %v", s.Name, s.FromType, s.Type, s.Loss)
	}
	return b.String()
}
