package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/golden"
	"github.com/bitnet-go/bitnet/bitnet-core/parallel"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/checkpoint"
	"github.com/bitnet-go/bitnet/bitnet-inference/sample"
	"github.com/bitnet-go/bitnet/bitnet-inference/transformer"
)

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
