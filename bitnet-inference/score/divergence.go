package score

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"sync"
	"sync/atomic"

	"github.com/bitnet-go/bitnet/bitnet-core/vecmath"
)

// A Divergence is how the prediction of a model differs from that of a base at a position.
type Divergence struct {
	KL        float64 // Σ p_base·ln(p_base/p_model), in nats
	Most      float64 // largest difference of two logits of a token
	Base, Top int32   // likeliest tokens, the lowest of several
	// Logarithms of the probabilities of the token that follows; 0 if that is not known.
	LogProbBase, LogProb float64
}

// ErrLogits says that a model does not work.
var ErrLogits = errors.New("a model computes logits that are not finite: its weights are damaged, or it needs something that this version does not do")

// Diverge compares rows with those of a base, which are in blocks of as many, on so many
// threads, 1 at least, and calls visit with their positions' divergences in order: row i
// counts from 0. Only the first vocab tokens count, which both have. next holds the tokens
// that follow the rows, and may be nil. Errors of visit end it and are returned.
func Diverge(threads int, base, rows Rows, vocabBase, vocab int, next []int32, visit func(i int, d *Divergence) error) error {
	pull, stop := iter.Pull2(rows)
	defer stop()
	at := 0
	for x, err := range base {
		if err != nil {
			return err
		}
		y, err, ok := pull()
		switch {
		case err != nil:
			return err
		case !ok || len(x)/vocabBase > len(y)/vocab:
			return fmt.Errorf("the base has more positions than the model, which has %d", at+len(y)/vocab)
		case len(x)/vocabBase < len(y)/vocab:
			return fmt.Errorf("the model has more positions than the base, which has %d", at+len(x)/vocabBase)
		}
		if err := DivergeBlock(threads, x, y, vocabBase, vocab, at, next, visit); err != nil {
			return err
		}
		at += len(x) / vocabBase
	}
	if _, err, ok := pull(); err != nil {
		return err
	} else if ok {
		return fmt.Errorf("the model has more positions than the base, which has %d", at)
	}
	return nil
}

// DivergeBlock is Diverge of one block of each, x (n, vocabBase) and y (n, vocab), whose
// first row is row at of all.
func DivergeBlock(threads int, x, y []float32, vocabBase, vocab, at int, next []int32, visit func(i int, d *Divergence) error) error {
	n, both := len(x)/vocabBase, min(vocabBase, vocab)
	found := make([]Divergence, n)
	each(threads, n, both, func(i int, scratch []float32) {
		follows := int32(-1)
		if next != nil {
			follows = next[at+i]
		}
		found[i] = divergence(x[i*vocabBase:][:both], y[i*vocab:][:both], follows, scratch)
	})
	for i := range found {
		d := &found[i]
		if d.KL-d.KL != 0 { // whichever logit is not finite
			return fmt.Errorf("position %d: %w", at+i, ErrLogits)
		}
		if err := visit(at+i, d); err != nil {
			return err
		}
	}
	return nil
}

// each calls work for 0 to n-1 on so many threads, each with scratch of its own.
func each(threads, n, scratch int, work func(i int, scratch []float32)) {
	var taken atomic.Int64
	var wg sync.WaitGroup
	for range min(threads, n) {
		wg.Go(func() {
			s := make([]float32, scratch)
			for i := int(taken.Add(1) - 1); i < n; i = int(taken.Add(1) - 1) {
				work(i, s)
			}
		})
	}
	wg.Wait()
}

// divergence compares two rows of logits. p is scratch of their length. Probabilities are
// float32, and sums of them float64.
func divergence(x, y []float32, next int32, p []float32) Divergence {
	var d Divergence
	vecmath.Softmax(p, x)
	lx, ly := vecmath.LogSumExp(x), vecmath.LogSumExp(y)
	shift := ly - lx
	for i, v := range x {
		w := y[i]
		difference := float64(v) - float64(w)
		if a := math.Abs(difference); a > d.Most {
			d.Most = a
		}
		d.KL += float64(p[i]) * (difference + shift)
		if v > x[d.Base] {
			d.Base = int32(i)
		}
		if w > y[d.Top] {
			d.Top = int32(i)
		}
	}
	d.KL = max(d.KL, 0) // rounding may leave less than nothing
	if next >= 0 {
		d.LogProbBase, d.LogProb = float64(x[next])-lx, float64(y[next])-ly
	}
	return d
}
