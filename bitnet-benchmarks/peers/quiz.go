package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/bitnet-go/bitnet/bitnet-benchmarks/internal/paired"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/choices"
)

// sameChoices is how many of the questions both engines have to decide alike, at least:
// they round activations in different ways, and endings may be as good as each other.
const sameChoices = 0.95

// parallel is how llama.cpp may be told to score: as llama-perplexity does without being
// told, a question at a time, and with as many as it takes at once.
var parallel = []struct{ context, sequences int }{{512, 4}, {2048, 128}}

// A quizQuestion is tokens that llamacpp.py reads.
type quizQuestion struct {
	Context []int32   `json:"context"`
	Endings [][]int32 `json:"endings"`
}

// A quiz asks both engines the same questions.
type quiz struct {
	peer      *llamacpp
	ours      *bitnet
	options   *options
	path      string // of the model
	questions string // path of the tokens
	count     int
	show      *progress
}

// A quizResult is both engines' seconds, a figure for each round.
type quizResult struct {
	Threads   int           `json:"threads"`
	Questions int           `json:"questions"`
	Same      float64       `json:"same"`      // share of questions decided alike
	Sequences int           `json:"sequences"` // of llama.cpp at once, what was faster
	Ours      []float64     `json:"bitnet_seconds"`
	Peer      []float64     `json:"llamacpp_seconds"`
	Ratio     paired.Spread `json:"ratio"` // how many times as fast bitnet is
}

// newQuiz writes the questions' tokens into dir.
func newQuiz(dir string, peer *llamacpp, ours *bitnet, path string, o *options, show *progress) (*quiz, error) {
	q := &quiz{peer: peer, ours: ours, options: o, path: path, questions: filepath.Join(dir, "questions.json"), show: show}
	data, err := os.ReadFile(o.choices)
	if err != nil {
		return nil, fmt.Errorf("cannot read the questions: %w", err)
	}
	items, err := choices.Parse(data, choices.Detect(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.choices, err)
	}
	items = items[:min(len(items), o.questions)]
	q.count = len(items)
	ck, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer ck.Close()
	tok, err := ck.Tokenizer()
	if err != nil {
		return nil, err
	}
	e := &choices.Encoder{Tokenizer: tok, BOS: tokenizer.BOS(tok), Context: ck.Config.ContextLength}
	all := make([]quizQuestion, len(items))
	for i := range items {
		question, cut, err := e.Question(&items[i])
		if err == nil && cut > 0 {
			err = fmt.Errorf("it is longer than the context of %d tokens", e.Context)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: item %d: %w", o.choices, i+1, err)
		}
		all[i] = quizQuestion{question.Context, question.Endings}
	}
	b, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return q, os.WriteFile(q.questions, b, 0o600)
}

// scores is how llamacpp.py and bitnet decide: the sum of each ending's logarithms.
type scores [][]float64

// same returns the share of questions for which both have the largest at the same place.
func same(a, b scores) (float64, error) {
	if len(a) != len(b) || len(a) == 0 {
		return 0, fmt.Errorf("one engine decided %d questions, and the other %d", len(a), len(b))
	}
	n := 0
	for i := range a {
		if len(a[i]) == 0 || len(a[i]) != len(b[i]) {
			return 0, fmt.Errorf("question %d has %d endings for one engine, and %d for the other", i+1, len(a[i]), len(b[i]))
		}
		if slices.Index(a[i], slices.Max(a[i])) == slices.Index(b[i], slices.Max(b[i])) {
			n++
		}
	}
	return float64(n) / float64(len(a)), nil
}

func (q *quiz) asked(ctx context.Context, threads, mode int, args ...string) (seconds float64, s scores, err error) {
	p := parallel[mode]
	args = append([]string{
		"choices", q.path, q.questions, "--threads", strconv.Itoa(threads), "--flash", q.options.flash,
		"--context", strconv.Itoa(p.context), "--sequences", strconv.Itoa(p.sequences),
	}, args...)
	var out struct {
		Seconds  float64 `json:"seconds"`
		LogProbs scores  `json:"log_probs"`
	}
	err = output(ctx, q.peer.command(ctx, args...), &out)
	return out.Seconds, out.LogProbs, err
}

func (q *quiz) asks(ctx context.Context, threads int) (seconds float64, err error) {
	var out struct {
		Items   int     `json:"items"`
		Seconds float64 `json:"seconds"`
	}
	err = output(ctx, q.ours.command(ctx, q.args(threads, "--json")...), &out)
	if err == nil && out.Items != q.count {
		err = fmt.Errorf("bitnet choices was asked %d questions and decided %d", q.count, out.Items)
	}
	return out.Seconds, err
}

func (q *quiz) args(threads int, more ...string) []string {
	args := []string{"choices", "-m", q.path, "-f", q.options.choices, "-n", strconv.Itoa(q.count), "-t", strconv.Itoa(threads)}
	return slices.Concat(args, more, q.ours.extra)
}

// decisions returns what bitnet decides.
func (q *quiz) decisions(ctx context.Context, threads int) (s scores, err error) {
	said, err := printed(ctx, q.ours.command(ctx, q.args(threads, "--items")...))
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(said))
	for {
		var r choices.Result
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return s, nil
		} else if err != nil {
			return nil, fmt.Errorf("what bitnet choices printed is not understood: %w", err)
		}
		s = append(s, r.LogProbs)
	}
}

// run measures in turns; see doc.go.
func (q *quiz) run(ctx context.Context) ([]quizResult, error) {
	if err := q.ours.checkKernels(ctx); err != nil {
		return nil, err
	}
	var all []quizResult
	for _, threads := range q.options.threads {
		q.show.set("the same questions to both, on %s", plural(threads, "thread"))
		ours, err := q.decisions(ctx, threads)
		if err != nil {
			return nil, err
		}
		mode, fastest := 0, 0.0
		for m := range parallel {
			took, _, err := q.asked(ctx, threads, m)
			if err != nil {
				return nil, err
			}
			if m == 0 || took < fastest {
				mode, fastest = m, took
			}
		}
		_, theirs, err := q.asked(ctx, threads, mode, "--scores")
		if err != nil {
			return nil, err
		}
		r := quizResult{Threads: threads, Questions: q.count, Sequences: parallel[mode].sequences}
		if r.Same, err = same(ours, theirs); err != nil {
			return nil, err
		}
		if r.Same < sameChoices && !q.options.disagree {
			return nil, fmt.Errorf("only %.0f %% of the questions are decided alike: the engines do not compute the same; --allow-disagreement measures all the same", 100*r.Same)
		}
		for round := range q.options.rounds {
			q.show.set("round %d of %d, on %s", round+1, q.options.rounds, plural(threads, "thread"))
			turns := []func() error{
				func() error {
					took, _, err := q.asked(ctx, threads, mode)
					r.Peer = append(r.Peer, took)
					return err
				},
				func() error {
					took, err := q.asks(ctx, threads)
					r.Ours = append(r.Ours, took)
					return err
				},
			}
			if round%2 == 1 {
				slices.Reverse(turns)
			}
			for _, turn := range turns {
				if err := turn(); err != nil {
					return nil, err
				}
			}
		}
		for _, took := range append(r.Ours[:len(r.Ours):len(r.Ours)], r.Peer...) {
			if !(took > 0) {
				return nil, errors.New("an engine reports that it took no time")
			}
		}
		r.Ratio = paired.Of(paired.Ratios(r.Peer, r.Ours))
		all = append(all, r)
	}
	return all, nil
}

func printQuiz(w io.Writer, all []quizResult, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(all)
	}
	for _, r := range all {
		_, err := fmt.Fprintf(w, "%d questions on %s: bitnet %.2f s, llama.cpp %.2f s (%d sequences at once), %.2f times as fast (%.2f to %.2f); %.1f %% decided alike\n",
			r.Questions, plural(r.Threads, "thread"), paired.Of(r.Ours).Median, paired.Of(r.Peer).Median, r.Sequences, r.Ratio.Median, r.Ratio.Min, r.Ratio.Max, 100*r.Same)
		if err != nil {
			return err
		}
	}
	return nil
}
