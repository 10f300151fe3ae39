package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bitnet-go/bitnet/bitnet-cli/fable"
	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

type tokenizeOptions struct {
	source  string // file, model or fable
	input   string // text, or ids to decode
	encode  tokenizer.Options
	batch   bool
	decode  bool
	json    bool
	threads int
}

func newTokenize(s *Streams) *cobra.Command {
	var o tokenizeOptions
	var source, text, file string
	var noBOS bool
	cmd := &cobra.Command{
		Use:   "tokenize [MODEL] [TEXT...]",
		Short: "Turn text into token ids, or back",
		Long: `Turn text into token ids, or back with --decode.

The tokenizer is that of MODEL, as for run, or the one that --tokenizer names: a
tokenizer.json, a tokenizer.model (SentencePiece or tiktoken), a .gguf file, a
model directory, or fable. A file NAME.json or NAME.model that is there may come
first like a MODEL. The text comes from the arguments, -p, -f or standard input.

Special tokens in the text are recognised, and those that the tokenizer puts
around a text are added, as the Hugging Face library's encode does. --no-bos
leaves the added ones out, --plain-specials takes special tokens for text.

--batch reads a JSON array of strings from standard input and prints a JSON array
of arrays of ids; with --decode it is the other way round.`,
		Example: `  bitnet tokenize "How many tokens?"
  bitnet tokenize tokenizer.json "two words" --json
  bitnet tokenize --decode 0,1033,618,274,536
  bitnet tokenize --tokenizer ./model.gguf --batch < texts.json > ids.json`,
		ValidArgsFunction: completeModel,
		RunE: func(cmd *cobra.Command, args []string) error {
			fs := cmd.Flags()
			var err error
			if o.source, args, err = tokenizerArg(fs, source, args); err != nil {
				return err
			}
			o.encode.NoPostProcess = noBOS
			if o.threads, err = threads(o.threads); err != nil {
				return err
			}
			if o.batch {
				if len(args) > 0 || fs.Changed("prompt") || fs.Changed("file") {
					return usagef("--batch reads from standard input; leave the text out")
				}
			} else {
				from := promptFlags{text: text, file: file}
				p, ok, err := from.read(fs, args, s)
				if err != nil {
					return err
				}
				if !ok {
					return usagef("there is no text; give it as an argument, with -p, with -f or on standard input")
				}
				o.input = p.text
			}
			m := modelArg{path: o.source}
			if err := m.obtainPart(cmd.Context(), s, tokenizerAlone); err != nil {
				return err
			}
			if o.source = m.path; o.batch {
				return tokenizeBatch(s, &o)
			}
			return tokenizeOne(s, &o)
		},
	}
	fs := cmd.Flags()
	fs.SortFlags = false
	fs.StringVar(&source, "tokenizer", "", "`FILE_OR_MODEL` whose tokenizer is used")
	fs.StringP("model", "m", "", "`MODEL` whose tokenizer is used, as in other commands")
	fs.StringVarP(&text, "prompt", "p", "", "the `TEXT`")
	fs.StringVarP(&file, "file", "f", "", "read the text from `FILE`, - for standard input")
	fs.BoolVar(&noBOS, "no-bos", false, "leave out the tokens that the tokenizer puts around a text")
	fs.BoolVar(&o.encode.PlainSpecials, "plain-specials", false, "take special tokens in the text for text")
	fs.BoolVar(&o.decode, "decode", false, "turn token ids into text")
	fs.BoolVar(&o.batch, "batch", false, "turn a JSON array on standard input into one on standard output")
	fs.BoolVar(&o.json, "json", false, "print JSON: an array of ids, or with --decode a string")
	fs.IntVarP(&o.threads, "threads", "t", 0, "use `N` threads for --batch (default: one for each core)")
	return cmd
}

// tokenizerArg settles whose tokenizer is meant and returns the other arguments.
func tokenizerArg(fs *pflag.FlagSet, source string, args []string) (string, []string, error) {
	if fs.Changed("tokenizer") && fs.Changed("model") {
		return "", nil, usagef("--tokenizer and --model both name a tokenizer; give one")
	}
	if fs.Changed("tokenizer") {
		if source == "" {
			return "", nil, usagef("--tokenizer is empty")
		}
		return source, args, nil
	}
	if !fs.Changed("model") && len(args) > 0 && looksLikeTokenizer(args[0]) {
		return args[0], args[1:], nil
	}
	m := modelArg{flag: fs.Lookup("model").Value.String()}
	rest, err := m.resolve(fs, args)
	return m.path, rest, err
}

// looksLikeTokenizer reports whether a first positional argument is a file of the
// folder one is in that has a tokenizer by its name, which no text would be.
func looksLikeTokenizer(arg string) bool {
	if ext := filepath.Ext(arg); ext != ".json" && ext != ".model" {
		return false
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}

// openTokenizer loads a tokenizer from whatever has one. A GGUF file needs no
// tensors for that.
func openTokenizer(source string) (tokenizer.Tokenizer, error) {
	if source == fable.Name {
		ck, err := fable.Open(memory.Mapped())
		if err != nil {
			return nil, err
		}
		defer ck.Close()
		return ck.Tokenizer()
	}
	isGGUF, err := hasMagic(source, "GGUF")
	if err != nil {
		return nil, err
	}
	if !isGGUF {
		return tokenizer.Open(source)
	}
	f, err := gguf.Open(source)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return tokenizer.LoadGGUF(f, source)
}

// hasMagic reports whether path is a file that begins with magic.
func hasMagic(path, magic string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("tokenizer %q: no such file or directory; name a tokenizer.json, a tokenizer.model, a .gguf file, a model directory, or fable", path)
	}
	if err != nil || info.IsDir() {
		return false, err
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == magic, nil
}

func tokenizeOne(s *Streams, o *tokenizeOptions) error {
	tok, err := openTokenizer(o.source)
	if err != nil {
		return err
	}
	if o.decode {
		ids, err := parseIDs(o.input)
		if err != nil {
			return err
		}
		text := tok.Decode(ids, false)
		if o.json {
			return writeJSON(s.Out, text)
		}
		_, err = fmt.Fprintln(s.Out, text)
		return err
	}
	ids := tok.Encode([]int32{}, o.input, o.encode)
	if o.json {
		return writeJSON(s.Out, ids)
	}
	columns := []column{{name: "id", right: true}, {name: "token"}}
	var rows [][]string
	for _, id := range ids {
		rows = append(rows, []string{fmt.Sprint(id), quoteToken(tok, id)})
	}
	if err := printTable(s.Out, s.width(), columns, rows); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s, %s\n", plural(len(ids), "token"), plural(len(o.input), "byte"))
	return err
}
