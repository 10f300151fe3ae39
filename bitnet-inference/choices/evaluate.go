package choices

import (
	"context"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// An Encoder tells how texts become tokens.
type Encoder struct {
	Tokenizer tokenizer.Tokenizer
	BOS       int32 // begins each text; negative for none, see [tokenizer.BOS]
	Context   int   // tokens that a sequence may have
}

// A Result is how an item was decided. Choices are indices of endings.
type Result struct {
	Item     int       `json:"item"` // its number
	Answer   int       `json:"answer"`
	Sum      int       `json:"choice"`
	ByChars  int       `json:"choice_by_chars"`
	ByTokens int       `json:"choice_by_tokens"`
	LogProbs []float64 `json:"log_probs"` // sums over the endings' tokens
	Tokens   []int     `json:"tokens"`    // of the endings
	Cut      int       `json:"cut"`       // tokens left out at the start of the beginning
}

// Question tokenizes an item. Cut is how many tokens of its beginning had no room.
func (e *Encoder) Question(it *Item) (q score.Question, cut int, err error) {
	encode := func(text string) []int32 {
		var ids []int32
		if e.BOS >= 0 {
			ids = append(ids, e.BOS)
		}
		return e.Tokenizer.Encode(ids, text, tokenizer.Options{NoPostProcess: true, PlainSpecials: true})
	}
	space := ""
	if it.Spaced {
		space = " "
	}
	context, longest := encode(it.Context), 0
	shared := len(context)
	for _, ending := range it.Endings {
		whole := encode(it.Context + space + ending)
		n := 0
		for n < min(shared, len(whole)-1) && whole[n] == context[n] {
			n++
		}
		shared, longest = n, max(longest, len(whole))
		q.Endings = append(q.Endings, whole)
	}
	if shared == 0 {
		return q, 0, fmt.Errorf("the beginning %.30q has no token of its own, and the model none to begin texts with", it.Context)
	}
	for i, whole := range q.Endings {
		q.Endings[i] = whole[shared:]
	}
	q.Context = context[:shared]
	if cut = max(longest-e.Context, 0); cut > 0 {
		head := q.Context[:0:0]
		if e.BOS >= 0 {
			head = q.Context[:1:1]
		}
		if len(head)+cut >= shared {
			return q, 0, fmt.Errorf("an ending fills the context of %d tokens", e.Context)
		}
		q.Context = append(head, q.Context[len(head)+cut:]...)
	}
	return q, cut, nil
}

// Evaluate calls visit with each item's result, in order. Errors name the item by its
// number, from 1.
func Evaluate(ctx context.Context, s score.Scorer, e *Encoder, items []Item, visit func(r *Result) error) error {
	questions, cuts := make([]score.Question, len(items)), make([]int, len(items))
	c := s.Config()
	for i := range items {
		var err error
		if questions[i], cuts[i], err = e.Question(&items[i]); err == nil {
			err = questions[i].Check(&c)
		}
		if err != nil {
			return fmt.Errorf("item %d: %w", items[i].Number+1, err)
		}
	}
	return score.Choices(ctx, s, questions, func(i int, logProbs [][]float64) error {
		it := &items[i]
		r := &Result{Item: it.Number, Answer: it.Answer, Cut: cuts[i]}
		var byChars, byTokens []float64
		for k, l := range logProbs {
			sum := 0.0
			for _, v := range l {
				sum += v
			}
			if sum-sum != 0 {
				return fmt.Errorf("item %d: %w", it.Number+1, score.ErrLogits)
			}
			chars := it.chars(k)
			r.LogProbs, r.Tokens = append(r.LogProbs, sum), append(r.Tokens, len(l))
			byChars, byTokens = append(byChars, sum/float64(max(chars, 1))), append(byTokens, sum/float64(len(l)))
		}
		r.Sum, r.ByChars, r.ByTokens = largest(r.LogProbs), largest(byChars), largest(byTokens)
		return visit(r)
	})
}

// chars returns the characters of an ending, without the space before it: what lm-eval
// calls the length of a choice.
func (it *Item) chars(ending int) int {
	text := it.Endings[ending]
	if !it.Spaced {
		text = strings.TrimPrefix(text, " ")
	}
	return utf8.RuneCountInString(text)
}

// largest returns the index of the largest, the lowest of several.
func largest(x []float64) int {
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
}

// Counts are how many items were decided rightly.
type Counts struct{ Items, Sum, ByChars, ByTokens int }

// Add counts a result.
func (c *Counts) Add(r *Result) {
	c.Items++
	if r.Sum == r.Answer {
		c.Sum++
	}
	if r.ByChars == r.Answer {
		c.ByChars++
	}
	if r.ByTokens == r.Answer {
		c.ByTokens++
	}
}

// Accuracy returns the share of right ones of all items and its standard error, which is NaN
// for a single one.
func (c *Counts) Accuracy(right int) score.Estimate {
	n := float64(c.Items)
	p := float64(right) / n
	return score.Estimate{Mean: p, StdErr: math.Sqrt(p * (1 - p) / (n - 1))}
}
