package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/train"
)

type trainTokenizerOptions struct {
	files []string // texts; - is standard input
	out   string
	words train.WordOptions
	bpe   train.Options
	json  bool
}

func newTokenizerTrain(s *Streams) *cobra.Command {
	var o trainTokenizerOptions
	var cut, separator string
	cmd := &cobra.Command{
		Use:   "train -f TEXT... -o FILE",
		Short: "Make a tokenizer from text",
		Long: `Make a byte-level BPE tokenizer from UTF-8 text and write it as a tokenizer.json,
which this program and the Hugging Face library read. With the same settings it is
the one that their trainer makes.

Each line of the texts is a document, unless --separator says what stands between
documents. Texts are read piece by piece; memory holds their distinct words.`,
		Example: `  bitnet tokenizer train -f stories.txt --vocab-size 8192 -o tokenizer.json
  bitnet tokenizer train -f a.txt b.txt --special "<|endoftext|>" -o t.json
  xz -dc a.txt.xz | bitnet tokenizer train -f - --separator '\x1e' -o t.json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = append(o.files, args...)
			o.words.Split = train.Split(cut)
			var err error
			if o.words.Separator, err = unescape(separator); err != nil {
				return err
			}
			if o.words.Threads, err = threads(o.words.Threads); err != nil {
				return err
			}
			if err := o.validate(); err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			return trainTokenizer(ctx, s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringArrayVarP(&o.files, "file", "f", nil, "train on the text in `FILE`, - for standard input; more files may follow")
	fs.StringVarP(&o.out, "output", "o", "", "write the tokenizer to `FILE`")
	fs.IntVar(&o.bpe.VocabSize, "vocab-size", 30000, "make `N` tokens, special ones and the 256 bytes included")
	fs.Int64Var(&o.bpe.MinFrequency, "min-frequency", 2, "merge only what occurs `N` times")
	fs.StringArrayVar(&o.bpe.SpecialTokens, "special", nil, "make `TOKEN` a special token; may be given more than once, the first gets the id 0")
	fs.StringVar(&cut, "split", string(train.GPT2), "cut text into words as `MODEL` does: gpt2, llama3 or qwen2")
	fs.StringVar(&separator, "separator", "", `documents end at each `+"`STRING`"+`, with escapes such as \x1e (default: lines)`)
	fs.IntVarP(&o.words.Threads, "threads", "t", 0, "read on `N` threads (default: one for each core)")
	fs.BoolVar(&o.json, "json", false, `print {"file":..., "bytes":..., "words":..., "tokens":..., "merges":..., "read_ms":..., "train_ms":...}`)
	return cmd
}

// unescape reads escapes as Go's strings have them.
func unescape(s string) (string, error) {
	var plain []byte
	for rest := s; rest != ""; {
		if rest[0] != '\\' {
			plain, rest = append(plain, rest[0]), rest[1:]
			continue
		}
		c, wide, tail, err := strconv.UnquoteChar(rest, '"')
		switch {
		case err != nil:
			return "", usagef(`--separator is %q, which has a \ that begins no escape; write \\ for \`, s)
		case wide:
			plain = utf8.AppendRune(plain, c)
		default:
			plain = append(plain, byte(c))
		}
		rest = tail
	}
	return string(plain), nil
}

// validate finds what can be wrong before hours of work.
func (o *trainTokenizerOptions) validate() error {
	if len(o.files) == 0 {
		return usagef("there is no text; name files with -f, or - for standard input")
	}
	if o.out == "" || o.out == standardInput {
		return usagef("-o FILE says where the tokenizer goes, tokenizer.json for example")
	}
	if least := 256 + len(o.bpe.SpecialTokens); o.bpe.VocabSize < least {
		return usagef("--vocab-size is %d, but bytes and special tokens alone are %d", o.bpe.VocabSize, least)
	}
	if o.bpe.MinFrequency < 1 {
		return usagef("--min-frequency is %d, want 1 or more", o.bpe.MinFrequency)
	}
	if err := o.bpe.Validate(); err != nil {
		return usagef("%v", err)
	}
	if s := o.words.Split; !slices.Contains(train.Splits(), s) {
		return usagef("--split is %q, want gpt2, llama3 or qwen2", string(s))
	}
	if info, err := os.Stat(filepath.Dir(o.out)); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is no directory", filepath.Dir(o.out))
	}
	out, err := os.Stat(o.out)
	if err == nil && out.IsDir() {
		return fmt.Errorf("%s is a directory; name a file in it", o.out)
	}
	for _, path := range o.files {
		if path == standardInput {
			continue
		}
		info, textErr := os.Stat(path)
		switch {
		case textErr != nil:
			return textErr
		case info.IsDir():
			return fmt.Errorf("%s is a directory; name the files in it", path)
		case err == nil && os.SameFile(out, info):
			return usagef("%s is text to train on, and -o would overwrite it", path)
		}
	}
	return nil
}

// A trainSummary is what the command prints.
type trainSummary struct {
	File   string  `json:"file"`
	Bytes  int64   `json:"bytes"`
	Words  int     `json:"words"`
	Tokens int     `json:"tokens"`
	Merges int     `json:"merges"`
	Read   float64 `json:"read_ms"`
	Train  float64 `json:"train_ms"`
}

func trainTokenizer(ctx context.Context, s *Streams, o *trainTokenizerOptions) error {
	p := newProgress(s)
	defer p.done()
	start := time.Now()
	sum := trainSummary{File: o.out}
	words, err := readWords(ctx, s, o, p, &sum)
	if err != nil {
		return err
	}
	if sum.Words = words.Len(); sum.Words == 0 {
		return errors.New("there is no text to train on: all is empty")
	}
	sum.Read = milliseconds(time.Since(start))
	p.done()

	start = time.Now()
	o.bpe.Progress = func(tokens, of int) {
		p.set("%d of %d tokens%s", tokens, of, left(int64(tokens-256), int64(of-256), time.Since(start)))
	}
	m, err := train.BPE(ctx, words, o.bpe)
	if err != nil {
		return err
	}
	if err := encoding.WriteFile(o.out, m.WriteJSON); err != nil {
		return err
	}
	sum.Train = milliseconds(time.Since(start))
	p.done()
	sum.Tokens, sum.Merges = len(m.Tokens), len(m.Merges)
	if o.json {
		return writeJSON(s.Out, &sum)
	}
	took := fmt.Sprintf("%.1f s", (sum.Read+sum.Train)/1000)
	if sum.Read+sum.Train < 1000 {
		took = fmt.Sprintf("%.0f ms", sum.Read+sum.Train)
	}
	_, err = fmt.Fprintf(s.Out, "%s: %d tokens of %s of text with %s, in %s\n",
		printable(o.out), sum.Tokens, size(sum.Bytes), plural(sum.Words, "distinct word"), took)
	if err == nil && sum.Tokens < o.bpe.VocabSize {
		_, err = fmt.Fprintf(s.Out, "Fewer than %d: no other pair occurs %d times.\n", o.bpe.VocabSize, o.bpe.MinFrequency)
	}
	return err
}

// readWords counts the words of all files and their bytes.
func readWords(ctx context.Context, s *Streams, o *trainTokenizerOptions, p *progress, sum *trainSummary) (*train.Words, error) {
	total := int64(0)
	for _, path := range o.files {
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() {
			total = 0 // standard input or a pipe: there is no telling
			break
		}
		total += info.Size()
	}
	start := time.Now()
	before, read := int64(0), int64(0)
	o.words.Progress = func(n int64) {
		read = n
		p.set("read %s%s", size(before+n), left(before+n, total, time.Since(start)))
	}
	words, err := train.NewWords(o.words)
	if err != nil {
		return nil, err
	}
	for _, path := range o.files {
		read = 0
		if err := readText(ctx, s, path, words); err != nil {
			return nil, err
		}
		before += read
	}
	sum.Bytes = before
	return words, nil
}

func readText(ctx context.Context, s *Streams, path string, words *train.Words) error {
	r := io.Reader(&patientReader{ctx: ctx, r: s.In})
	if path != standardInput {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		r = f
	}
	if err := words.Read(ctx, r); err != nil {
		return fmt.Errorf("%s: %w", inputName(path), err)
	}
	return nil
}

// left says how long work will take from here on if it goes on as it did.
func left(done, total int64, spent time.Duration) string {
	if done <= 0 || total < done {
		return ""
	}
	rest := time.Duration(float64(spent) * float64(total-done) / float64(done))
	return ", " + rest.Round(time.Second).String() + " left"
}
