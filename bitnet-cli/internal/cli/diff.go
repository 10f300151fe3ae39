package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/compare"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// Exit codes of diff, which are those of diff(1).
const (
	exitDiffers = 1
	exitTrouble = 2
)

type diffOptions struct {
	a, b    modelArg
	texts   []string // to predict; nil: none
	ids     []int32  // instead of texts; nil: none
	threads int
	all     bool
	json    bool
}

func newDiff(s *Streams) *cobra.Command {
	var o diffOptions
	var from promptFlags
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two models: weights, tokenizers, predictions",
		Long: `Compare two models, each a .gguf file, a Hugging Face directory or fable: the graph,
settings, metadata and tokenizer, and the weights tensor by tensor. Tensors are compared
by what they are for, so the formats and the names in them may differ.

With a prompt both models read it, too: how far apart their predictions are at each
position (Kullback–Leibler divergence in nats), and where greedy decoding goes two
ways. -f takes a file of prompts, one a line, or a JSON array of texts.

The exit code is 0 if both compute the same (graph and weights), 1 if not, and 2 for
trouble, as that of diff is.`,
		Example: `  bitnet diff ./model-directory model.gguf
  bitnet diff a.gguf b.gguf --all
  bitnet diff a.gguf b.gguf -f prompts.txt --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("diff wants two models: bitnet diff A B")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			o.a.path, o.b.path = args[0], args[1]
			var err error
			if o.threads, err = threads(o.threads); err != nil {
				return err
			}
			fs := cmd.Flags()
			if fs.Changed("prompt") || fs.Changed("file") || fs.Changed("ids") {
				p, _, err := from.read(fs, nil, s)
				if err != nil {
					return trouble(err)
				}
				if err := o.setPrompt(p, fs.Changed("file")); err != nil {
					return trouble(err)
				}
			}
			return trouble(diff(cmd.Context(), s, &o))
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVarP(&from.text, "prompt", "p", "", "compare what the models predict in `TEXT`")
	fs.StringVarP(&from.file, "file", "f", "", "compare what they predict in the texts of `FILE`, one a line or a JSON array, - for standard input")
	fs.StringVar(&from.ids, "ids", "", "compare what they predict after token `IDS` such as 1,2,3")
	fs.IntVarP(&o.threads, "threads", "t", 0, "predict on `N` threads, at least one a model (default: one for each core)")
	fs.BoolVar(&o.all, "all", false, "list every tensor and every difference")
	fs.BoolVar(&o.json, "json", false, "print all that was found as JSON")
	return cmd
}

// trouble gives errors the exit code that diff has for them.
func trouble(err error) error {
	var usage *usageError
	var status *statusError
	if err == nil || errors.As(err, &usage) || errors.As(err, &status) {
		return err
	}
	return &statusError{exitTrouble, err}
}

// setPrompt takes the text that is a file's content as one text a line, or as JSON.
func (o *diffOptions) setPrompt(p prompt, file bool) error {
	if o.ids = p.ids; p.ids != nil {
		return nil
	}
	o.texts = []string{p.text}
	if !file {
		return nil
	}
	if strings.HasPrefix(strings.TrimSpace(p.text), "[\"") {
		if err := json.Unmarshal([]byte(p.text), &o.texts); err != nil {
			return fmt.Errorf("the prompts begin as a JSON array of strings and are none: %w", err)
		}
		return nil
	}
	o.texts = nil
	for line := range strings.Lines(p.text) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			o.texts = append(o.texts, line)
		}
	}
	if len(o.texts) == 0 {
		return errors.New("the file of prompts is empty")
	}
	return nil
}

func diff(ctx context.Context, s *Streams, o *diffOptions) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	defer catchFileLimit()()
	r, err := o.models(ctx, s)
	if err != nil {
		return err
	}
	var p *compare.Predictions
	if o.texts != nil || o.ids != nil {
		if p, err = o.predictions(ctx, s); err != nil {
			return err
		}
	}
	if o.json {
		err = writeJSON(s.Out, diffJSON{Same: r.Same(), Report: r, Predictions: p})
	} else {
		err = printDiff(s, r, p, o.all)
	}
	if err == nil && !r.Same() {
		return &statusError{code: exitDiffers}
	}
	return err
}

// diffJSON is what diff --json prints.
type diffJSON struct {
	Same bool `json:"same"` // graph and weights
	*compare.Report
	Predictions *compare.Predictions `json:"predictions,omitempty"`
}

// models compares all but predictions.
func (o *diffOptions) models(ctx context.Context, s *Streams) (*compare.Report, error) {
	show := newProgress(s)
	defer show.done()
	a, err := o.a.open(memory.Mapped())
	if err != nil {
		return nil, err
	}
	defer closeModel(a)
	b, err := o.b.open(memory.Mapped())
	if err != nil {
		return nil, err
	}
	defer closeModel(b)
	show.set("reading %s and %s …", a.Name, b.Name)
	return compare.Models(ctx, a, b, func(done, total int64) {
		show.set("comparing weights: %s of %s", count(done), count(total))
	})
}

func closeModel(ck *checkpoint.Checkpoint) { _ = ck.Close() } // nothing was written

// predictions runs both models in turns.
func (o *diffOptions) predictions(ctx context.Context, s *Streams) (*compare.Predictions, error) {
	options := transformer.Options{CacheType: dtype.F32, Head: transformer.HeadFull}
	a, err := load(ctx, s, &o.a, o.threads, options)
	if err != nil {
		return nil, err
	}
	defer a.close()
	b, err := load(ctx, s, &o.b, o.threads, options)
	if err != nil {
		return nil, err
	}
	defer b.close()
	sequences, err := o.sequences(a, b)
	if err != nil {
		return nil, err
	}
	show := newProgress(s)
	defer show.done()
	return compare.Logits(ctx, score.Fast(a.model), score.Fast(b.model), sequences, func(done, total int) {
		show.set("predicting: token %d of %d", done, total)
	})
}

// sequences returns the ids that both models are to read: texts as A's tokenizer has
// them, or B's if A has none, cut where the shorter context ends.
func (o *diffOptions) sequences(a, b *loaded) ([][]int32, error) {
	all := [][]int32{o.ids}
	if o.ids == nil {
		tok := a.tok
		if a.tokErr != nil {
			tok = b.tok
		}
		if a.tokErr != nil && b.tokErr != nil {
			return nil, fmt.Errorf("neither model has a tokenizer for the prompt; give it as --ids: %w", a.tokErr)
		}
		all = nil
		for _, text := range o.texts {
			ids := tok.Encode(nil, text, tokenizer.Options{})
			if len(ids) > 0 {
				all = append(all, ids)
			}
		}
		if len(all) == 0 {
			return nil, errors.New("the prompt has no tokens")
		}
	}
	for i, ids := range all {
		ids = ids[:min(len(ids), a.ck.Config.ContextLength, b.ck.Config.ContextLength)]
		for _, l := range []*loaded{a, b} {
			if err := checkIDs(l.ck, ids); err != nil {
				return nil, fmt.Errorf("%s: %w", l.ck.Name, err)
			}
		}
		all[i] = ids
	}
	return all, nil
}
