package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/score/saved"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// predictions returns the logits that predict tokens of sequences.
func predictions(ctx context.Context, l *loaded, sequences []score.Sequence, block int) score.Rows {
	return score.Predictions(ctx, score.Fast(l.model), sequences, block)
}

// compare prints how l's predictions differ from those of the base.
func (o *perplexityOptions) compare(ctx context.Context, s *Streams, l *loaded, sequences []score.Sequence) error {
	next, vocab := score.Predicted(sequences), l.ck.Config.VocabSize
	base, vocabBase, done, err := o.base(ctx, s, l, sequences, len(next))
	if err != nil {
		return err
	}
	defer done()
	for _, id := range next {
		if int(id) >= min(vocab, vocabBase) {
			return fmt.Errorf("token %d of the text is outside the vocabulary of %d that both models have", id, min(vocab, vocabBase))
		}
	}
	var c score.Comparison
	trace := o.trace()
	show, start := newProgress(s), time.Now()
	err = score.Diverge(o.threads, base, predictions(ctx, l, sequences, score.Block(max(vocab, vocabBase))), vocabBase, vocab, next, func(i int, d *score.Divergence) error {
		c.Add(d)
		trace.compare(d)
		show.set("comparing, %s", pace(i+1, len(next), time.Since(start)))
		return nil
	})
	show.done()
	if err == nil {
		err = checkPerplexity(l.ck.Name, &c.Model)
	}
	if err == nil {
		err = checkPerplexity(o.klBase, &c.Base)
	}
	if err != nil {
		return err
	}
	if o.json {
		err = writeJSON(s.Out, newComparisonJSON(&c))
	} else {
		f := fields{rows: comparisonRows(&c)}
		err = f.print(s.Out)
	}
	return errors.Join(err, o.writeComparisonPage(l, sequences, trace, &c))
}

// checkSave refuses to replace what is no file of predictions.
func (o *perplexityOptions) checkSave() error {
	if o.klSave == "" {
		return nil
	}
	err := checkOutputFile(o.klSave, func() error {
		if !saved.Is(o.klSave) {
			return fmt.Errorf("%s is there already and holds no predictions, so it is not replaced: name another file", o.klSave)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("--kl-save: %w", err)
	}
	return nil
}

// save writes what l predicts into a file.
func (o *perplexityOptions) save(ctx context.Context, s *Streams, l *loaded, sequences []score.Sequence, trace *perplexityTrace) (all score.Perplexity, err error) {
	next, vocab := score.Predicted(sequences), l.ck.Config.VocabSize
	need := saved.Size(vocab, len(next))
	fmt.Fprintf(s.Err, "%d positions of %d tokens make %s in %s\n", len(next), vocab, size(need), o.klSave)
	if err := room(filepath.Dir(o.klSave), need); err != nil { // before there is work that would be lost
		return all, fmt.Errorf("--kl-save: %w", err)
	}
	show, start := newProgress(s), time.Now()
	defer show.done()
	err = encoding.WriteFile(o.klSave, func(w io.Writer) error {
		return saved.Write(w, vocab, len(next), saved.DigestOf(sequences), predictions(ctx, l, sequences, score.Block(vocab)), func(i int, logProbs []float32) {
			one := []float64{float64(logProbs[next[i]])}
			all.Add(one)
			trace.add(one...)
			show.set("saving, %s", pace(i+1, len(next), time.Since(start)))
		})
	})
	if err != nil {
		return all, fmt.Errorf("--kl-save %s: %w", o.klSave, err)
	}
	return all, nil
}

// saved returns the predictions of a file, which has so many, and what closes it.
func (o *perplexityOptions) saved(sequences []score.Sequence, positions, vocab int) (score.Rows, int, func(), error) {
	f, err := saved.Open(o.klBase)
	if err != nil {
		return nil, 0, nil, fmt.Errorf("--kl-base: %w", err)
	}
	if f.Digest != saved.DigestOf(sequences) || f.Positions != positions {
		f.Close() // nothing was written
		return nil, 0, nil, fmt.Errorf("--kl-base: %s was saved for other tokens: give the same text and flags, and a model with the same tokenizer", o.klBase)
	}
	return f.Rows(score.Block(max(vocab, f.Vocab))), f.Vocab, func() { f.Close() }, nil
}

// base returns what the base predicts, and what frees it.
func (o *perplexityOptions) base(ctx context.Context, s *Streams, l *loaded, sequences []score.Sequence, positions int) (rows score.Rows, vocab int, done func(), err error) {
	if saved.Is(o.klBase) {
		return o.saved(sequences, positions, l.ck.Config.VocabSize)
	}
	cache, err := parseCacheType(o.cache)
	if err != nil {
		return nil, 0, nil, err
	}
	// The base is what it is: only the model's head is rounded.
	b, err := load(ctx, s, &o.baseModel, o.threads, transformer.Options{CacheType: cache, Head: transformer.HeadFull})
	if err != nil {
		return nil, 0, nil, fmt.Errorf("--kl-base: %w", err)
	}
	own, err := func() ([]score.Sequence, error) {
		if b.tokErr != nil {
			return nil, b.tokErr
		}
		return o.sequences(b)
	}()
	if err == nil && !slices.EqualFunc(own, sequences, func(x, y score.Sequence) bool { return x.From == y.From && slices.Equal(x.IDs, y.IDs) }) {
		err = fmt.Errorf("%s and %s make other tokens of the text: their predictions cannot be compared", b.ck.Name, l.ck.Name)
		if x, y := o.length(b), o.length(l); x != y {
			err = fmt.Errorf("%s takes %d tokens of a text, and %s %d: give both fewer with -c %d", b.ck.Name, x, l.ck.Name, y, min(x, y))
		}
	}
	if err != nil {
		b.close()
		return nil, 0, nil, fmt.Errorf("--kl-base: %w", err)
	}
	vocab = b.ck.Config.VocabSize
	return predictions(ctx, b, sequences, score.Block(max(vocab, l.ck.Config.VocabSize))), vocab, b.close, nil
}

// quantiles of divergences that are shown, from the largest.
var quantiles = []struct {
	name  string
	share float64
}{
	{"maximum", 1},
	{"99.9 %", 0.999},
	{"99 %", 0.99},
	{"95 %", 0.95},
	{"90 %", 0.9},
	{"median", 0.5},
	{"10 %", 0.1},
	{"5 %", 0.05},
	{"1 %", 0.01},
	{"minimum", 0},
}

// estimateJSON is a mean; the error of one of a single token is null.
type estimateJSON struct {
	Mean   float64  `json:"mean"`
	StdErr *float64 `json:"stderr"`
}

func newEstimateJSON(mean, stderr float64) estimateJSON {
	return estimateJSON{mean, finite(stderr)}
}

// comparisonJSON is what perplexity --kl-base --json prints.
type comparisonJSON struct {
	perplexityJSON
	Base    perplexityJSON `json:"base"`
	LnRatio estimateJSON   `json:"ln_ratio"` // of the perplexities
	KL      struct {
		estimateJSON
		Quantiles map[string]float64 `json:"quantiles"` // by share
	} `json:"kl"`
	SameTop    estimateJSON `json:"same_top"`
	Difference struct {
		estimateJSON
		RMS float64 `json:"rms"`
	} `json:"probability_difference"`
}

func newComparisonJSON(c *score.Comparison) *comparisonJSON {
	j := &comparisonJSON{perplexityJSON: newPerplexityJSON(&c.Model), Base: newPerplexityJSON(&c.Base)}
	ratio, kl, same := c.LnRatio(), c.KL(), c.SameTop()
	j.LnRatio, j.SameTop = newEstimateJSON(ratio.Mean, ratio.StdErr), newEstimateJSON(same.Mean, same.StdErr)
	j.KL.estimateJSON, j.KL.Quantiles = newEstimateJSON(kl.Mean, kl.StdErr), map[string]float64{}
	for _, q := range quantiles {
		j.KL.Quantiles[fmt.Sprint(q.share)] = kl.Quantile(q.share)
	}
	difference, rms := c.Difference()
	j.Difference.estimateJSON, j.Difference.RMS = newEstimateJSON(difference.Mean, difference.StdErr), rms
	return j
}

// comparisonRows are the figures of a comparison, by name.
func comparisonRows(c *score.Comparison) [][]string {
	var f fields
	estimate := func(name, format string, mean, stderr float64) { f.add(name, plusMinus(format, mean, stderr)) }
	estimate("perplexity", "%.4f", c.Model.Value(), c.Model.StdErr())
	estimate("of the base", "%.4f", c.Base.Value(), c.Base.StdErr())
	ratio, kl, same := c.LnRatio(), c.KL(), c.SameTop()
	estimate("ln of their ratio", "%.6f", ratio.Mean, ratio.StdErr)
	estimate("KL divergence", "%.6f", kl.Mean, kl.StdErr)
	for _, q := range quantiles {
		f.add("  "+q.name, fmt.Sprintf("%.6f", kl.Quantile(q.share)))
	}
	estimate("same top token", "%.3f %%", 100*same.Mean, 100*same.StdErr)
	difference, rms := c.Difference()
	estimate("difference of p", "%.3f %%", 100*difference.Mean, 100*difference.StdErr)
	f.add("  rms", fmt.Sprintf("%.3f %%", 100*rms))
	f.add("positions", fmt.Sprint(c.Positions()))
	return f.rows
}
