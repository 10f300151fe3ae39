package engine

import (
	"cmp"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/dtype"
	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/synthetic"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

// BenchmarkCopy rewrites a text of 400 tokens, of which one in 25 comes out as
// another. The model has the shape that BITNET_BENCH_SHAPE names ("large" without it)
// and random weights, so that its speed is that of the shape, but its layers hardly
// change the hidden state and its head is the embedding moved by one row: it always
// goes on with the token before the last one's in the vocabulary.
func BenchmarkCopy(b *testing.B) {
	name := cmp.Or(os.Getenv("BITNET_BENCH_SHAPE"), "large")
	shape, ok := synthetic.Named(name)
	require.True(b, ok, name)
	file := filepath.Join(b.TempDir(), "model.gguf")
	made := synthetic.Model{Shape: shape, Type: dtype.I2_S, Seed: 1}
	require.NoError(b, made.WriteFile(b.Context(), file, nil))
	ck, err := checkpoint.Open(file)
	require.NoError(b, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(b, err)
	for i := range w.Layers {
		for _, p := range []*model.Linear{&w.Layers[i].O, &w.Layers[i].Down} {
			for j := range p.Ternary.Scale {
				p.Ternary.Scale[j] *= 1e-3
			}
		}
	}
	row := len(w.Embed.Data) / w.Embed.Rows
	w.Head = w.Embed
	ck.Config.VocabSize--
	w.Embed.Rows, w.Embed.Data = ck.Config.VocabSize, w.Embed.Data[:len(w.Embed.Data)-row]
	w.Head.Rows, w.Head.Data = ck.Config.VocabSize, w.Head.Data[row:]
	pool := parallel.New(2)
	defer pool.Close()
	m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool, CacheType: ck.CacheType, Head: transformer.HeadScreened})
	require.NoError(b, err)
	defer m.Close()
	for settled := true; settled; { // or the first text would pay for the second
		settled, err = m.Settle()
		require.NoError(b, err)
	}

	var prompt, want []int32
	for i := range 400 {
		id := int32(5000 - i)
		prompt = append(prompt, id)
		want = append(want, id)
		if i%25 == 24 {
			prompt[i] += 10000
		}
	}
	prompt = append(prompt, want[0], want[1])
	s := session(b, m, 1024)
	var decode [2]float64
	tokens, drafted, accepted := 0, 0, 0
	for b.Loop() {
		s.state.Truncate(0)
		s.seen.Truncate(0)
		got, r := generate(b, s, prompt, Options{MaxTokens: len(want) - 2})
		require.Equal(b, want[2:], got)
		got, plain := generate(b, s, prompt, Options{MaxTokens: len(want) - 2, Speculate: SpeculateOff})
		require.Equal(b, want[2:], got)
		decode[0] += r.Decode.Seconds()
		decode[1] += plain.Decode.Seconds()
		tokens += len(got)
		drafted += r.Drafted
		accepted += r.Accepted
	}
	b.ReportMetric(float64(tokens)/decode[0], "tokens/s")
	b.ReportMetric(float64(tokens)/decode[1], "plain-tokens/s")
	b.ReportMetric(decode[1]/decode[0], "speedup")
	b.ReportMetric(float64(drafted)/float64(tokens), "drafted/token")
	b.ReportMetric(float64(accepted)/float64(tokens), "accepted/token")
}

// BenchmarkSpeculation decodes with the trained 29M-parameter model a text that
// copies its prompt and stories. Decoding with guesses and without takes turns, so
// that both meet the same machine.
func BenchmarkSpeculation(b *testing.B) {
	ck, err := checkpoint.Open(golden.Path(b, "models", "fable-29m"))
	require.NoError(b, err)
	defer ck.Close()
	w, err := ck.Weights()
	require.NoError(b, err)
	pool := parallel.New(2)
	defer pool.Close()
	m, err := transformer.New(ck.Config, w, transformer.Options{Pool: pool})
	require.NoError(b, err)
	defer m.Close()

	tok, err := ck.Tokenizer()
	require.NoError(b, err)
	encode := func(text string) []int32 { return tok.Encode(nil, text, tokenizer.Options{}) }
	begin := encode("Once upon a time")
	s := session(b, m, 0)
	for _, tt := range []struct {
		name     string
		prompt   []int32
		sampling sample.Options
	}{
		{"copy", encode(strings.Repeat("She ran and ran and ran. ", 12)), sample.Options{}},
		{"story", begin, sample.Options{}},
		{"sampled", begin, sample.Default()},
	} {
		b.Run(tt.name, func(b *testing.B) {
			var decode [2]float64
			var drafted, accepted, tokens int
			for i := 0; b.Loop(); i++ {
				o := Options{MaxTokens: 220, Sampling: tt.sampling}
				o.Sampling.Seed = uint64(i)
				got, r := generate(b, s, tt.prompt, o)
				o.Speculate = SpeculateOff
				want, plain := generate(b, s, tt.prompt, o)
				require.Equal(b, want, got)
				decode[0] += r.Decode.Seconds()
				decode[1] += plain.Decode.Seconds()
				drafted += r.Drafted
				accepted += r.Accepted
				tokens += len(got)
			}
			b.ReportMetric(float64(tokens)/decode[0], "tokens/s")
			b.ReportMetric(float64(tokens)/decode[1], "plain-tokens/s")
			b.ReportMetric(decode[1]/decode[0], "speedup")
			b.ReportMetric(float64(drafted)/float64(tokens), "drafted/token")
			b.ReportMetric(float64(accepted)/float64(tokens), "accepted/token")
		})
	}
}
