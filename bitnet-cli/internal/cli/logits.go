package cli

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/reference"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type logitsOptions struct {
	model     modelArg
	prompt    prompt
	threads   int
	reference bool
	json      bool
}

func newLogits(s *Streams) *cobra.Command {
	var o logitsOptions
	var from promptFlags
	cmd := &cobra.Command{
		Use:   "logits [MODEL] [PROMPT...]",
		Short: "Print what a model predicts after a prompt",
		Long: `Print what a model predicts after a prompt: the likeliest next tokens, or with
--json all logits after the first and after the last token of the prompt.

The prompt is given as for run; --ids are taken exactly as they are, text is
tokenized as the model wants it. --reference computes slowly in float64, with none of
the fast kernels, and shows what the answer should be.`,
		Example: `  bitnet logits "Once upon a"
  bitnet logits ./model.gguf --ids 1,300,17 --json
  bitnet logits ./model-directory --ids 1,300,17 --reference --json`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			rest, err := o.model.resolve(cmd.Flags(), args)
			if err != nil {
				return err
			}
			if o.threads, err = threads(o.threads); err != nil {
				return err
			}
			var ok bool
			if o.prompt, ok, err = from.read(cmd.Flags(), rest, s); err != nil {
				return err
			}
			if !ok {
				return usagef("there is no prompt; give text or --ids 1,2,3")
			}
			return printLogits(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	from.register(fs)
	registerScoring(fs, &o.threads, &o.reference)
	fs.BoolVar(&o.json, "json", false, `print {"vocab":V,"first":[...],"last":[...]}`)
	return cmd
}

// scorer returns what computes logits for a model: the fast path or the reference.
func (l *loaded) scorer(useReference bool) (score.Scorer, error) {
	if !useReference {
		return score.Fast(l.model), nil
	}
	w, err := l.ck.Weights()
	if err != nil {
		return nil, err
	}
	runtime.GOMAXPROCS(l.pool.Threads()) // what the reference goes by
	return score.Reference(reference.New(l.ck.Config, w)), nil
}

// logitsJSON is what logits --json prints. float32 values are printed with as
// many digits as bring them back exactly.
type logitsJSON struct {
	Vocab int       `json:"vocab"`
	First []float32 `json:"first"`
	Last  []float32 `json:"last"`
}

func printLogits(ctx context.Context, s *Streams, o *logitsOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	l, err := load(ctx, s, &o.model, o.threads, transformer.Options{CacheType: dtype.F32, Head: transformer.HeadFull})
	if err != nil {
		return err
	}
	defer l.close()
	ids := o.prompt.ids
	if ids == nil {
		if ids, err = l.begin(o.prompt.text); err != nil {
			return err
		}
	}
	if err := l.ck.Config.CheckIDs(ids); err != nil {
		return err
	}
	scorer, err := l.scorer(o.reference)
	if err != nil {
		return err
	}
	out := logitsJSON{Vocab: l.ck.Config.VocabSize}
	p := newProgress(s)
	p.later("computing …")
	err = scorer.Score(ctx, ids, func(position int, logits []float64) error {
		if position == 0 {
			out.First = narrow(logits)
		}
		if position == len(ids)-1 {
			out.Last = narrow(logits)
		}
		return nil
	})
	p.done()
	if err != nil {
		return err
	}
	for _, v := range slices.Concat(out.First, out.Last) {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("%s computes logits that are not finite: its weights are damaged, or it needs something that this version does not do", l.ck.Name)
		}
	}
	if o.json {
		return writeJSON(s.Out, out)
	}
	return printTop(s, l.tok, out.Last)
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

// topTokens is how many of the likeliest tokens people are shown.
const topTokens = 10

func printTop(s *Streams, tok tokenizer.Tokenizer, logits []float32) error {
	order := make([]int32, len(logits))
	most := math.Inf(-1)
	for i, v := range logits {
		order[i] = int32(i)
		most = math.Max(most, float64(v))
	}
	var sum float64
	for _, v := range logits {
		sum += math.Exp(float64(v) - most)
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(logits[b], logits[a]) })
	columns := []column{{name: "rank", right: true}, {name: "id", right: true}, {name: "token"}, {name: "logit", right: true}, {name: "probability", right: true}}
	var rows [][]string
	for i, id := range order[:min(topTokens, len(order))] {
		v := float64(logits[id])
		rows = append(rows, []string{
			fmt.Sprint(i + 1), fmt.Sprint(id), quoteToken(tok, id),
			fmt.Sprintf("%.4f", v), fmt.Sprintf("%.2f %%", 100*math.Exp(v-most)/sum),
		})
	}
	return printTable(s.Out, s.width(), columns, rows)
}

// quoteToken shows what a token stands for, with its spaces; special tokens are
// in the spelling of the vocabulary.
func quoteToken(tok tokenizer.Tokenizer, id int32) string {
	if tok == nil {
		return ""
	}
	if tok.IsSpecial(id) {
		spelling, _ := tok.Token(id)
		return printable(spelling)
	}
	return fmt.Sprintf("%q", tok.AppendToken(nil, id))
}
