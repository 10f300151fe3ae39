package cli

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
)

// parsed returns a flag set that register filled and that has read args.
func parsed(t *testing.T, register func(*pflag.FlagSet), args ...string) *pflag.FlagSet {
	t.Helper()
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	register(fs)
	require.NoError(t, fs.Parse(args))
	return fs
}

func isUsage(err error) bool {
	var u *usageError
	return errors.As(err, &u)
}

func TestResolveModel(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("folder", 0o755))
	require.NoError(t, os.WriteFile("notes", nil, 0o644))
	for name, tt := range map[string]struct {
		args  []string
		model string
		rest  []string
	}{
		"nothing":               {nil, "fable", nil},
		"fable":                 {[]string{"fable"}, "fable", nil},
		"fable and prompt":      {[]string{"fable", "a", "b"}, "fable", []string{"a", "b"}},
		"prompt":                {[]string{"Once", "upon"}, "fable", []string{"Once", "upon"}},
		"fable second":          {[]string{"a", "fable"}, "fable", []string{"a", "fable"}},
		"fable in a sentence":   {[]string{"fable of old"}, "fable", []string{"fable of old"}},
		"gguf that is missing":  {[]string{"x.gguf", "a"}, "x.gguf", []string{"a"}},
		"slash that is missing": {[]string{"./x", "a"}, "./x", []string{"a"}},
		"slash in a prompt":     {[]string{"either/or"}, "either/or", nil},
		"directory":             {[]string{"folder", "a"}, "folder", []string{"a"}},
		"file without a slash":  {[]string{"notes", "a"}, "fable", []string{"notes", "a"}},
		"dot":                   {[]string{"."}, ".", nil},
		"-m wins over fable":    {[]string{"-m", "m", "fable", "a"}, "m", []string{"fable", "a"}},
		"-m wins over a folder": {[]string{"--model=m", "folder"}, "m", []string{"folder"}},
		"-m behind":             {[]string{"a", "-m", "m"}, "m", []string{"a"}},
		"name of the hub":       {[]string{"hf.co/org/repo:i2_s@v2", "a"}, "hf.co/org/repo:i2_s@v2", []string{"a"}},
		"short name":            {[]string{"2b4t", "a"}, "2b4t", []string{"a"}},
		"short name and choice": {[]string{"2b4t:i2_s"}, "2b4t:i2_s", nil},
		"no short name":         {[]string{"2b4u", "a"}, "fable", []string{"2b4u", "a"}},
		"empty argument":        {[]string{""}, "fable", []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			var m modelArg
			fs := parsed(t, m.register, tt.args...)
			rest, err := m.resolve(fs, fs.Args())
			require.NoError(t, err)
			require.Equal(t, tt.model, m.path)
			require.ElementsMatch(t, tt.rest, rest)
		})
	}
	var m modelArg
	_, err := m.resolve(parsed(t, m.register, "-m", ""), nil)
	require.True(t, isUsage(err))
}

func TestResolveOnlyModel(t *testing.T) {
	for name, tt := range map[string]struct {
		args  []string
		model string // "": an error
	}{
		"nothing":        {nil, "fable"},
		"any name":       {[]string{"notes"}, "notes"},
		"flag":           {[]string{"-m", "x"}, "x"},
		"two":            {[]string{"a", "b"}, ""},
		"flag and other": {[]string{"-m", "x", "b"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var m modelArg
			fs := parsed(t, m.register, tt.args...)
			err := m.resolveOnly(fs, fs.Args())
			if tt.model == "" {
				require.True(t, isUsage(err), "%v", err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.model, m.path)
		})
	}
}

func TestOpenMissingModel(t *testing.T) {
	_, err := (&modelArg{path: "no/such", guessed: true}).open(memory.Heap())
	require.ErrorContains(t, err, `model "no/such": no such file or directory; if this was meant as text, name the model with -m, such as -m fable`)
	_, err = (&modelArg{path: "no/such"}).open(memory.Heap())
	require.ErrorContains(t, err, "name a .gguf file")

	dir := t.TempDir()
	part := filepath.Join(dir, "model.safetensors")
	require.NoError(t, os.WriteFile(part, nil, 0o644))
	_, err = (&modelArg{path: part}).open(memory.Heap())
	require.ErrorContains(t, err, "name the directory it is in: "+dir)
}

func TestPromptSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "prompt.txt")
	require.NoError(t, os.WriteFile(file, []byte("from a file\r\n"), 0o644))
	for name, tt := range map[string]struct {
		args  []string
		stdin string
		tty   bool
		want  prompt
		none  bool
	}{
		"arguments":              {args: []string{"a", "b"}, stdin: "x", want: prompt{text: "a b"}},
		"-p":                     {args: []string{"-p", "a"}, stdin: "x", want: prompt{text: "a"}},
		"empty -p":               {args: []string{"-p", ""}, stdin: "x", want: prompt{}},
		"empty -p at a terminal": {args: []string{"-p", ""}, tty: true, want: prompt{}},
		"-f":                     {args: []string{"-f", file}, want: prompt{text: "from a file"}},
		"-f -":                   {args: []string{"-f", "-"}, tty: true, stdin: "typed\n", want: prompt{text: "typed"}},
		"--ids":                  {args: []string{"--ids", "1, 2,3"}, want: prompt{ids: []int32{1, 2, 3}}},
		"stdin":                  {stdin: "line\nline\n\n", want: prompt{text: "line\nline\n"}},
		"empty stdin":            {want: prompt{}},
		"terminal":               {tty: true, stdin: "must not be read", none: true},
	} {
		t.Run(name, func(t *testing.T) {
			var p promptFlags
			fs := parsed(t, p.register, tt.args...)
			got, ok, err := p.read(fs, fs.Args(), &Streams{In: strings.NewReader(tt.stdin), InTTY: tt.tty})
			require.NoError(t, err)
			require.Equal(t, !tt.none, ok)
			require.Equal(t, tt.want, got)
		})
	}
	for name, args := range map[string][]string{
		"two sources":    {"-p", "a", "b"},
		"three sources":  {"-p", "a", "--ids", "1", "b"},
		"empty ids":      {"--ids", ""},
		"ids of letters": {"--ids", "1,a"},
	} {
		t.Run(name, func(t *testing.T) {
			var p promptFlags
			fs := parsed(t, p.register, args...)
			_, _, err := p.read(fs, fs.Args(), &Streams{In: strings.NewReader("")})
			require.True(t, isUsage(err), "%v", err)
		})
	}
	var p promptFlags
	_, _, err := p.read(parsed(t, p.register, "-f", file+"x"), nil, &Streams{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.False(t, isUsage(err))
}

func TestParseIDs(t *testing.T) {
	for list, want := range map[string][]int32{
		"1":            {1},
		"1,2,3":        {1, 2, 3},
		"[1, 2,\n3]":   {1, 2, 3},
		" 7 8\t9\r\n":  {7, 8, 9},
		"2147483647,0": {2147483647, 0},
		"":             {},
		"[]":           {},
	} {
		got, err := parseIDs(list)
		require.NoError(t, err, list)
		require.Equal(t, want, got, list)
	}
	for _, list := range []string{"-1", "1,x", "2147483648", "1.5", "[1,2", "0x1", "1]"} {
		_, err := parseIDs(list)
		require.True(t, isUsage(err), "%s: %v", list, err)
	}
}

func TestSamplingOptions(t *testing.T) {
	recommended := &checkpoint.Sampling{Temperature: 0.7, TopK: 40}
	for name, tt := range map[string]struct {
		args        []string
		recommended *checkpoint.Sampling
		want        sample.Options
	}{
		"defaults":              {nil, nil, sample.Options{Temperature: 0.8, TopK: 40, TopP: 0.95, MinP: 0.05, RepeatPenalty: 1}},
		"recommended":           {nil, recommended, sample.Options{Temperature: 0.7, TopK: 40}},
		"one flag":              {[]string{"--temp", "0"}, recommended, sample.Options{TopK: 40}},
		"flag at its default":   {[]string{"--top-p", "0.95"}, recommended, sample.Options{Temperature: 0.7, TopK: 40, TopP: 0.95}},
		"penalties":             {[]string{"--repeat-penalty=1.1", "--frequency-penalty=.5", "--presence-penalty=.25", "--repeat-last-n=-1"}, recommended, sample.Options{Temperature: 0.7, TopK: 40, RepeatPenalty: 1.1, FrequencyPenalty: .5, PresencePenalty: .25, PenaltyWindow: -1}},
		"window of none is off": {[]string{"--repeat-penalty=1.1", "--repeat-last-n=0"}, recommended, sample.Options{Temperature: 0.7, TopK: 40, RepeatPenalty: 1}},
		"top-k and min-p":       {[]string{"--top-k=0", "--min-p=.1"}, recommended, sample.Options{Temperature: 0.7, MinP: .1}},
	} {
		t.Run(name, func(t *testing.T) {
			var f samplingFlags
			fs := parsed(t, f.register, append(tt.args, "--seed", "7")...)
			tt.want.Seed = 7
			got, err := f.options(fs, tt.recommended)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}

	var f samplingFlags
	fs := parsed(t, f.register)
	seeds := map[uint64]bool{}
	for range 4 {
		o, err := f.options(fs, nil)
		require.NoError(t, err)
		seeds[o.Seed] = true
	}
	require.Greater(t, len(seeds), 1, "without --seed each run has its own")

	for flag, want := range map[string]string{
		"--temp=-1":               "--temp is -1",
		"--temp=NaN":              "--temp is NaN",
		"--top-k=-2":              "--top-k is -2",
		"--min-p=2":               "--min-p is 2",
		"--repeat-penalty=-1":     "--repeat-penalty is -1",
		"--frequency-penalty=Inf": "--frequency-penalty is +Inf",
		"--presence-penalty=NaN":  "--presence-penalty is NaN",
		"--repeat-last-n=-5":      "--repeat-last-n is -5",
	} {
		var f samplingFlags
		_, err := f.options(parsed(t, f.register, flag), nil)
		require.True(t, isUsage(err), flag)
		require.ErrorContains(t, err, want)
	}
}

// TestCommandLines checks what is refused before any model is opened: exit code
// 2, one line that says why, one that says where help is.
func TestCommandLines(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		want string
	}{
		"unknown command": {[]string{"nonsense"}, `there is no command "nonsense"; to have a model write, say bitnet run`},
		"near command":    {[]string{"shwo"}, "did you mean show?"},
		"near, with -f":   {[]string{"calibrat", "-f", "a"}, `there is no command "calibrat"; did you mean calibrate?`},
		"nested, with -f": {[]string{"tokenizer", "trian", "-f", "a"}, `there is no command "trian"; there is train`},
		"unknown flag":    {[]string{"run", "--fast"}, "unknown flag: --fast\n"},
		"near flag":       {[]string{"calibrate", "--mesure", "20"}, "unknown flag: --mesure; did you mean --measure?"},
		"swapped letters": {[]string{"list", "--josn"}, "unknown flag: --josn; did you mean --json?"},
		"near value":      {[]string{"convert", "a", "b", "--tpye=i2_s"}, "unknown flag: --tpye; did you mean --type?"},
		"no number":       {[]string{"run", "-n", "many"}, `-n, --n-predict is "many", want a whole number`},
		"no float":        {[]string{"run", "--temp", "hot"}, `--temp is "hot", want a number`},
		"no bool":         {[]string{"run", "--json=perhaps"}, `--json is "perhaps", want true or false`},
		"-n 0":            {[]string{"run", "-n", "0", "x"}, "-n is 0, want 1 or more tokens"},
		"-t -1":           {[]string{"run", "-t", "-1", "x"}, "-t is -1, want 1 to 1024"},
		"-c -1":           {[]string{"run", "-c", "-1", "x"}, "-c is -1"},
		"cache type":      {[]string{"run", "--cache-type", "q8", "b"}, `--cache-type is "q8", want f16, f32, q8_0 or auto`},
		"speculate":       {[]string{"run", "--speculate", "on", "b"}, `--speculate is "on", want auto or off`},
		"two prompts":     {[]string{"run", "-p", "a", "b"}, "the prompt is given twice"},
		"system and raw":  {[]string{"run", "--raw", "--system", "a", "b"}, "--system needs the chat template"},
		"sampling":        {[]string{"run", "--top-k", "-1", "b"}, "--top-k is -1"},
		"perplexity":      {[]string{"perplexity"}, "either --docs FILE or -f FILE"},
		"perplexity both": {[]string{"perplexity", "--docs", "a", "-f", "b"}, "either --docs FILE or -f FILE"},
		"perplexity head": {[]string{"perplexity", "-f", "b", "--head", "screened"}, `--head is "screened", want full, f16, q8_0 or q6_k`},
		"reference head":  {[]string{"perplexity", "-f", "b", "--head", "q8_0", "--reference"}, "--head q8_0 rounds it"},
		"perplexity kv":   {[]string{"perplexity", "-f", "b", "--cache-type", "q4"}, `--cache-type is "q4", want f16, f32, q8_0 or auto`},
		"perplexity -c":   {[]string{"perplexity", "-f", "b", "-c", "1"}, "-c is 1, want at least 2"},
		"devices":         {[]string{"devices", "cpu"}, `"cpu" is one argument too many`},
		"show":            {[]string{"show", "a", "b"}, `"b" is one argument too many`},
		"two tokenizers":  {[]string{"tokenize", "--tokenizer", "a", "-m", "b", "c"}, "give one"},
		"empty tokenizer": {[]string{"tokenize", "--tokenizer", "", "c"}, "--tokenizer is empty"},
		"batch and text":  {[]string{"tokenize", "--batch", "c"}, "--batch reads from standard input"},
		"none to fetch":   {[]string{"tokenize", "-m", "hf.co/org/x", "-t", "-1", "c"}, "-t is -1"},
		"diff's masters":  {[]string{"diff", "hf.co/org/x", "b", "--quantization", "later"}, `--quantization is "later"`},
	} {
		t.Run(name, func(t *testing.T) {
			var out, errs bytes.Buffer
			code := execute(t.Context(), tt.args, &Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
			require.Equal(t, exitUsage, code)
			require.Empty(t, out.String())
			require.Contains(t, errs.String(), "bitnet: ")
			require.Contains(t, errs.String(), tt.want)
			lines := strings.Split(strings.TrimSuffix(errs.String(), "\n"), "\n")
			require.Len(t, lines, 2)
			require.Regexp(t, `^Run 'bitnet.* --help' for usage\.$`, lines[1])
		})
	}
}

func TestInteractiveNeedsNoJSON(t *testing.T) {
	var errs bytes.Buffer
	code := execute(t.Context(), []string{"run", "--json"}, &Streams{In: strings.NewReader(""), InTTY: true, Out: &bytes.Buffer{}, Err: &errs})
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs.String(), "--json needs a prompt")
}

func TestTokenizerArg(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("tokenizer.json", nil, 0o644))
	require.NoError(t, os.WriteFile("words.txt", nil, 0o644))
	require.NoError(t, os.Mkdir("folder.model", 0o755))
	for _, tt := range []struct {
		args   []string
		source string
		rest   []string
	}{
		{[]string{"tokenizer.json", "a"}, "tokenizer.json", []string{"a"}},
		{[]string{"other.json", "a"}, "fable", []string{"other.json", "a"}},
		{[]string{"words.txt", "a"}, "fable", []string{"words.txt", "a"}},
		{[]string{"folder.model"}, "folder.model", []string{}},
		{[]string{"a", "tokenizer.json"}, "fable", []string{"a", "tokenizer.json"}},
		{[]string{"-m", "m", "tokenizer.json"}, "m", []string{"tokenizer.json"}},
		{[]string{"--tokenizer", "words.txt", "tokenizer.json"}, "words.txt", []string{"tokenizer.json"}},
	} {
		var source string
		fs := parsed(t, func(fs *pflag.FlagSet) {
			fs.StringVar(&source, "tokenizer", "", "")
			fs.StringP("model", "m", "", "")
		}, tt.args...)
		got, rest, err := tokenizerArg(fs, source, fs.Args())
		require.NoError(t, err)
		require.Equal(t, tt.source, got, tt.args)
		require.Equal(t, tt.rest, rest, tt.args)
	}
}
