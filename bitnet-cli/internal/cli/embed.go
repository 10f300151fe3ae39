package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/npy"
	"github.com/bitnet-go/bitnet/bitnet-core/nn"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/embed"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

type embedOptions struct {
	model   modelArg
	texts   []string
	file    string // a text a line; "" if the texts are given
	pooling string
	cache   string
	npy     string // path; "" for JSON
	threads int
}

func newEmbed(s *Streams) *cobra.Command {
	var o embedOptions
	cmd := &cobra.Command{
		Use:   "embed [MODEL] [TEXT...]",
		Short: "Turn texts into vectors",
		Long: `Turn texts into vectors of length 1, whose dot products say how alike texts are. It
is for models that are trained to this end; others give vectors, too.

Each argument is a text; -f takes one from every line of a file. Each is printed as a
line of JSON, {"index":...,"tokens":...,"embedding":[...]}, or all are written into one
array of float32, (texts, width), with --npy.

A vector is the hidden state of the last token, or the mean of all, as the model's files
say or --pooling does; without either it is the last one's. Then a text ends with
the model's end-of-text token. Many models want an instruction before a query: see
what their authors say, and write it in front of the text.`,
		Example: `  bitnet embed ./model.gguf "The fox saw the crow." "A crow was seen."
  bitnet embed ./model-directory -f sentences.txt > vectors.jsonl
  bitnet embed -m ./model.gguf -f sentences.txt --npy vectors.npy`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := o.parse(cmd.Flags(), args); err != nil {
				return err
			}
			return printEmbeddings(cmd.Context(), s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	o.model.register(fs)
	fs.StringVarP(&o.file, "file", "f", "", "take a text from every line of `FILE`, - for standard input")
	fs.StringVar(&o.pooling, "pooling", "", "pool the hidden states by `WAY` last or mean (default: the model's)")
	fs.StringVar(&o.npy, "npy", "", "write an array to `FILE`.npy instead of JSON to standard output")
	fs.StringVar(&o.cache, "cache-type", "auto", "keep keys and values as `TYPE` f16, f32, q8_0, or auto: as the model's home engine does")
	fs.IntVarP(&o.threads, "threads", "t", 0, "compute on `N` threads (default: one for each core)")
	return cmd
}

func (o *embedOptions) parse(fs *pflag.FlagSet, args []string) error {
	var err error
	if o.texts, err = o.model.resolve(fs, args); err != nil {
		return err
	}
	switch {
	case fs.Changed("file") && o.file == "":
		return usagef("-f is empty")
	case o.file != "" && len(o.texts) > 0:
		return usagef("%q and -f both give texts: drop one of them", shorten(o.texts[0], 30))
	case o.file == "" && len(o.texts) == 0:
		return usagef("there is no text; give some as arguments or with -f FILE, one in each line")
	case o.pooling != "" && o.pooling != string(checkpoint.PoolLast) && o.pooling != string(checkpoint.PoolMean):
		return usagef("--pooling is %q, want last or mean", o.pooling)
	case fs.Changed("npy") && o.npy == "":
		return usagef("--npy is empty")
	}
	o.threads, err = threads(o.threads)
	return err
}

// embeddingJSON is a line that embed prints.
type embeddingJSON struct {
	Index     int       `json:"index"` // from 0
	Tokens    int       `json:"tokens"`
	Embedding []float32 `json:"embedding"`
}

func printEmbeddings(ctx context.Context, s *Streams, o *embedOptions) error {
	texts, err := o.read(s)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(ctx) // what is typed has come to its end
	defer stop()
	cache, err := parseCacheType(o.cache)
	if err != nil {
		return err
	}
	l, err := load(ctx, s, &o.model, o.threads, transformer.Options{CacheType: cache, Head: transformer.HeadFull})
	if err != nil {
		return err
	}
	defer l.close()
	if l.tokErr != nil {
		return l.tokErr
	}
	e, err := embed.New(l.model, l.tok, l.ck, embed.Options{Pooling: checkpoint.Pooling(o.pooling)})
	if err != nil {
		return err
	}
	defer e.Close()
	if o.npy == "" {
		return o.embed(ctx, e, texts, newProgress(s), func(i, tokens int, vector []float32) error {
			return writeJSON(s.Out, embeddingJSON{Index: i, Tokens: tokens, Embedding: vector})
		})
	}
	return npy.WriteFile(o.npy, npy.TensorData{
		Type: dtype.F32, Shape: []int{len(texts), l.ck.Config.Dim},
		Stream: func(w io.Writer) error {
			row := make([]byte, 4*l.ck.Config.Dim)
			return o.embed(ctx, e, texts, newProgress(s), func(_, _ int, vector []float32) error {
				nn.Float32s(row, vector)
				_, err := w.Write(row)
				return err
			})
		},
	}, npy.Options{})
}

// read returns the texts.
func (o *embedOptions) read(s *Streams) ([]string, error) {
	if o.file == "" {
		return o.texts, nil
	}
	data, err := s.readFile(o.file)
	if err != nil {
		return nil, fmt.Errorf("cannot read the texts: %w", err)
	}
	if len(data) == 0 {
		return nil, errors.New(inputName(o.file) + " is empty: want a text in each line")
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSuffix(line, "\r")
	}
	return lines, nil
}

// embed computes all texts and shows how long that is going to take.
func (o *embedOptions) embed(ctx context.Context, e *embed.Embedder, texts []string, show *progress, yield func(i, tokens int, vector []float32) error) error {
	defer show.done()
	what := "text"
	if o.file != "" {
		what = inputName(o.file) + ": line"
	}
	size, read, tokens := 0, 0, 0
	for _, text := range texts {
		size += len(text) + 1
	}
	start := time.Now()
	done, err := e.Embed(ctx, texts, func(i, n int, vector []float32) error {
		if err := yield(i, n, vector); err != nil {
			return err
		}
		read, tokens = read+len(texts[i])+1, tokens+n
		elapsed := time.Since(start)
		left := time.Duration(float64(elapsed) / float64(read) * float64(size-read)).Round(time.Second)
		show.set("text %d of %d, %.0f tokens/s, %v left", i+1, len(texts), perSecond(tokens, elapsed), left)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s %d: %w", what, done+1, err)
	}
	return nil
}
