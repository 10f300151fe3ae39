package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
)

// A logitsOut is what logits --json prints.
type logitsOut struct {
	Vocab       int
	First, Last []float32
}

// A runOut is what run --json prints.
type runOut struct {
	PromptIDs []int32 `json:"prompt_ids"`
	IDs       []int32
	Text      *string
	Timings   map[string]float64
}

var (
	logitsKeys  = []string{"vocab", "first", "last"}
	runKeys     = []string{"prompt_ids", "ids", "text", "timings"}
	timingsKeys = []string{"load_ms", "cached_tokens", "prefill_tokens", "prefill_ms", "decode_tokens", "decode_ms", "drafted", "accepted"}
)

// relative returns the rms of got - want over the rms of want.
func relative(t *testing.T, got []float32, want []float64) float64 {
	t.Helper()
	require.Len(t, got, len(want))
	var d, w float64
	for i := range want {
		d += (float64(got[i]) - want[i]) * (float64(got[i]) - want[i])
		w += want[i] * want[i]
	}
	return math.Sqrt(d / w)
}

func join(ids []int32) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}

// TestTransformersFolders drives logits and run on the tiny Hugging Face
// directories; the numbers themselves are the business of the libraries' tests.
func TestTransformersFolders(t *testing.T) {
	for _, name := range []string{"bitnet-2b4t-packed", "bitnet-2b4t-master", "llama-bitlinear-packed"} {
		t.Run(name, func(t *testing.T) {
			dir := golden.Committed(t, "golden", "transformers", name)
			var expect struct {
				Cases []struct {
					Prompt []int32
					First  []float64 `json:"logits_first"`
					Last   []float64 `json:"logits_last"`
					Greedy []int32
				}
			}
			golden.JSON(t, filepath.Join(dir, "expect.json"), &expect)
			for _, c := range expect.Cases[:2] {
				for _, path := range [][]string{nil, {"--reference"}} {
					var got logitsOut
					args := append([]string{"logits", dir, "--ids", join(c.Prompt), "--json"}, path...)
					decodes(t, succeeds(t, "", args...), logitsKeys, &got)
					require.Equal(t, len(c.Last), got.Vocab)
					require.Less(t, relative(t, got.First, c.First), 1e-5)
					require.Less(t, relative(t, got.Last, c.Last), 1e-5)
				}
				var got runOut
				r := bitnet(t, "", "run", dir, "--ids", join(c.Prompt), "-n", "24", "--temp", "0", "--json")
				require.Equal(t, 0, r.code, r.err)
				decodes(t, r.out, runKeys, &got)
				require.Equal(t, c.Prompt, got.PromptIDs)
				require.Equal(t, c.Greedy, got.IDs)
				require.NotNil(t, got.Text)
				for _, k := range timingsKeys {
					require.Contains(t, got.Timings, k)
				}
				require.Len(t, got.Timings, len(timingsKeys))
				require.EqualValues(t, len(c.Prompt), got.Timings["prefill_tokens"])
				require.EqualValues(t, 24, got.Timings["decode_tokens"])
			}
		})
	}
}

// TestWithoutTokenizer shows that ids work, text does not, and both say so.
func TestWithoutTokenizer(t *testing.T) {
	dir := golden.Committed(t, "golden", "transformers", "llama-bitlinear-packed")
	r := bitnet(t, "", "run", dir, "--ids", "5,6", "-n", "3", "--temp", "0")
	require.Equal(t, 0, r.code, r.err)
	require.Regexp(t, `^\d+ \d+ \d+\n$`, r.out)
	require.Contains(t, r.err, "printing token ids")

	failsInOneLine(t, bitnet(t, "", "run", dir, "some text"), "tokenizer", "--ids")
	failsInOneLine(t, bitnet(t, "", "logits", dir, "some text"), "tokenizer", "--ids")
	require.Regexp(t, `vocabulary +500 tokens; .*neither tokenizer.json nor tokenizer.model`, succeeds(t, "", "show", dir))
}

// engineText reads a prompt and its greedy continuation as another engine wrote
// them.
func engineText(t *testing.T, path string) (prompt, greedy []int32) {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	parse := func(list string) (ids []int32) {
		for _, s := range strings.Fields(list) {
			id, err := strconv.ParseInt(s, 10, 32)
			require.NoError(t, err)
			ids = append(ids, int32(id))
		}
		return ids
	}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if s, ok := strings.CutPrefix(lines.Text(), "# prompt:"); ok {
			prompt = parse(s)
		}
		if s, ok := strings.CutPrefix(lines.Text(), "# greedy:"); ok {
			greedy = parse(s)
		}
	}
	require.NoError(t, lines.Err())
	require.NotEmpty(t, prompt)
	require.NotEmpty(t, greedy)
	return prompt, greedy
}

// TestGGUFWritesWhatItsEnginesWrote needs the type of keys and values that those
// engines use, which is the default for GGUF.
func TestGGUFWritesWhatItsEnginesWrote(t *testing.T) {
	models := filepath.Join("golden", "ternary", "models")
	for name, engine := range map[string]string{
		"tiny-b158-i2_s":    "bitnetcpp.kvf16",
		"tiny-b158-tq1_0":   "bitnetcpp.kvf16",
		"tiny-b158-tq2_0":   "bitnetcpp.kvf16",
		"tiny-bitnet-tq2_0": "llamacpp.kvf32",
	} {
		t.Run(name, func(t *testing.T) {
			path := golden.Committed(t, models, name+".gguf")
			prompt, greedy := engineText(t, golden.Committed(t, models, name+"."+engine+".txt"))
			var got runOut
			decodes(t, succeeds(t, "", "run", path, "--ids", join(prompt), "-n", fmt.Sprint(len(greedy)), "--temp", "0", "--ignore-eos", "--json"), runKeys, &got)
			require.Equal(t, greedy, got.IDs)
		})
	}
}

func TestShowGGUF(t *testing.T) {
	path := golden.Committed(t, "golden", "ternary", "models", "tiny-b158-i2_s.gguf")
	var d struct {
		Architecture, Quantization string
		Parameters                 int64
		ContextLength              int `json:"context_length"`
		Metadata                   map[string]string
		Tensors                    []struct {
			Name, Type string
			Shape      []int
			Bytes      int64
		}
	}
	require.NoError(t, json.Unmarshal([]byte(succeeds(t, "", "show", path, "--json")), &d))
	require.Equal(t, "bitnet-b1.58", d.Architecture)
	require.Equal(t, "I2_S", d.Quantization)
	require.Equal(t, 512, d.ContextLength)
	require.Equal(t, "bitnet-b1.58", d.Metadata["general.architecture"])
	var weights int64
	for _, s := range d.Tensors {
		n := int64(1)
		for _, k := range s.Shape {
			n *= int64(k)
		}
		weights += n
	}
	require.Equal(t, weights, d.Parameters, "one parameter for each element of a tensor")

	text := succeeds(t, "", "show", path, "--tensors", "--metadata")
	require.Regexp(t, `(?m)^quantization +I2_S$`, text)
	require.Regexp(t, `(?m)^blk\.0\.attn_q\.weight +I2_S +512 × 512 +64\.0 KiB$`, text)
	require.Regexp(t, `(?m)^general\.architecture +bitnet-b1\.58$`, text)
}

func TestIDsOutOfRange(t *testing.T) {
	path := golden.Committed(t, "golden", "ternary", "models", "tiny-b158-i2_s.gguf")
	for _, verb := range []string{"run", "logits"} {
		failsInOneLine(t, bitnet(t, "", verb, path, "--ids", "1,512"), "token id 512 is outside the vocabulary of 512")
	}
}
