package choices

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// load opens the trained model.
func load(t testing.TB) (score.Scorer, *Encoder) {
	t.Helper()
	ck, err := checkpoint.Open(golden.Path(t, "models", "fable-29m"))
	require.NoError(t, err)
	w, err := ck.Weights()
	require.NoError(t, err)
	tok, err := ck.Tokenizer()
	require.NoError(t, err)
	pool := parallel.New(2)
	m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool})
	require.NoError(t, err)
	t.Cleanup(func() {
		m.Close()
		pool.Close()
		require.NoError(t, ck.Close())
	})
	return score.Fast(m), &Encoder{tok, ck.Generation.BOS, ck.Config.ContextLength}
}

// spaces are items of endings that begin with a space of their own: HellaSwag's after a
// mark of WikiHow's, where lm-eval counts it, and one's own, where it is the one before the
// ending. Endings of a letter are decided by it.
func spaces(t *testing.T) []Item {
	var lines strings.Builder
	for c := 'a'; c < 'z'; c++ {
		fmt.Fprintf(&lines, `{"ctx":"The fox","endings":["[step] %c","%c"],"label":0}`+"\n", c, c+1)
		fmt.Fprintf(&lines, `{"context":"The fox","endings":[" %c"," %c"],"answer":0}`+"\n", c, c+1)
	}
	items, err := Parse([]byte(lines.String()), JSONL)
	require.NoError(t, err)
	return items
}

// TestEvaluate: the choices for items of ARC and PIQA are those of each ending scored for
// itself, from the logits of its whole text.
func TestEvaluate(t *testing.T) {
	s, e := load(t)
	n := 100
	if testing.Short() {
		n = 10
	}
	for _, name := range []string{"ARC-Easy.test.json", "piqa.test.json"} {
		items := append(public(t, name)[:n:n], spaces(t)...)
		for i := range items {
			items[i].Number = i
		}
		var counts Counts
		right := 0
		require.NoError(t, Evaluate(t.Context(), s, e, items, func(r *Result) error {
			require.Equal(t, counts.Items, r.Item)
			counts.Add(r)
			it := &items[r.Item]
			var sums, byChars, byTokens []float64
			for k, ending := range it.Endings {
				context := e.Tokenizer.Encode([]int32{e.BOS}, it.Context, tokenizer.Options{NoPostProcess: true})
				chars, space := len([]rune(strings.TrimPrefix(ending, " "))), ""
				if it.Spaced {
					chars, space = len([]rune(ending)), " "
				}
				whole := e.Tokenizer.Encode([]int32{e.BOS}, it.Context+space+ending, tokenizer.Options{NoPostProcess: true})
				require.Equal(t, context, whole[:len(context)])
				sum := slowly(t, s, whole, len(context))
				require.InDelta(t, sum, r.LogProbs[k], 1e-4, "%s: item %d", name, r.Item)
				require.Equal(t, len(whole)-len(context), r.Tokens[k])
				sums, byChars, byTokens = append(sums, sum), append(byChars, sum/float64(chars)), append(byTokens, sum/float64(r.Tokens[k]))
			}
			require.Equal(t, largest(sums), r.Sum, "%s: item %d", name, r.Item)
			require.Equal(t, largest(byChars), r.ByChars, "%s: item %d", name, r.Item)
			require.Equal(t, largest(byTokens), r.ByTokens, "%s: item %d", name, r.Item)
			if r.Sum == it.Answer {
				right++
			}
			return nil
		}))
		require.Equal(t, len(items), counts.Items)
		require.Equal(t, right, counts.Sum)
		t.Logf("%s: %+v", name, counts)
	}
}

// slowly returns the logarithm of the probability of what follows the first tokens.
func slowly(t *testing.T, s score.Scorer, ids []int32, from int) (sum float64) {
	t.Helper()
	var p score.Perplexity
	require.NoError(t, score.LogProbs(t.Context(), onlyScore{s}, []score.Sequence{{IDs: ids, From: from}}, func(_ int, l []float64) error {
		p.Add(l)
		return nil
	}))
	return -p.NLLSum
}

// onlyScore hides that a scorer is fast.
type onlyScore struct{ score.Scorer }

// TestQuestion: context and endings are the tokens of the whole texts, also where they
// merge over the border; and what is too long loses its start.
func TestQuestion(t *testing.T) {
	_, e := load(t)
	all := func(text string) []int32 {
		return e.Tokenizer.Encode([]int32{e.BOS}, text, tokenizer.Options{NoPostProcess: true})
	}
	for _, it := range []Item{
		{Context: "The fox saw the cr", Endings: []string{"ow.", " of birds.", "a"}},
		{Context: "The fox ", Endings: []string{"ran.", "slept."}},
		{Context: "The fox", Endings: []string{"ran.", "slept."}, Spaced: true},
		{Context: "", Endings: []string{"Yes", "No"}},
		{Context: "<s></s>", Endings: []string{"<s>", "No"}},
	} {
		q, cut, err := e.Question(&it)
		require.NoError(t, err)
		require.Zero(t, cut)
		space := ""
		if it.Spaced {
			space = " "
		}
		for k, ending := range it.Endings {
			whole := e.Tokenizer.Encode([]int32{e.BOS}, it.Context+space+ending, tokenizer.Options{NoPostProcess: true, PlainSpecials: true})
			require.Equal(t, whole, append(q.Context[:len(q.Context):len(q.Context)], q.Endings[k]...))
		}
	}
	merged := Item{Context: "The fox saw the cr", Endings: []string{"ow.", "owd."}}
	q, _, err := e.Question(&merged)
	require.NoError(t, err)
	require.Less(t, len(q.Context), len(all(merged.Context)), "the text was chosen to merge")

	short := *e
	short.Context = 12
	long := Item{Context: "Once upon a time there was a king who had a fox, and the fox", Endings: []string{"ran.", "slept in the sun."}, Spaced: true}
	q, cut, err := short.Question(&long)
	require.NoError(t, err)
	whole := all(long.Context + " slept in the sun.")
	require.Equal(t, len(whole)-12, cut)
	require.Equal(t, append([]int32{e.BOS}, whole[1+cut:]...), append(q.Context, q.Endings[1]...))
	short.Context = 4
	_, _, err = short.Question(&long)
	require.ErrorContains(t, err, "an ending fills the context of 4 tokens")
	short.BOS = -1
	_, _, err = short.Question(&Item{Endings: []string{"Yes", "No"}})
	require.ErrorContains(t, err, "has no token of its own")
}

func TestAccuracy(t *testing.T) {
	var c Counts
	for i := range 4 {
		c.Add(&Result{Answer: 1, Sum: i, ByChars: 1, ByTokens: 0})
	}
	require.Equal(t, Counts{4, 1, 4, 0}, c)
	require.Equal(t, score.Estimate{Mean: 0.25, StdErr: 0.25}, c.Accuracy(c.Sum))
	require.Equal(t, score.Estimate{Mean: 1}, c.Accuracy(c.ByChars))
}
