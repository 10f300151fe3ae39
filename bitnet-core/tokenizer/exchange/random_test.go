package exchange

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// randomText is letters of a small alphabet, so that the tokens of one overlap.
func randomText(rng *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = "aat "[rng.IntN(4)]
	}
	return string(b)
}

// TestRandom: what is not refused encodes alike, whatever the scores of tokens that overlap.
func TestRandom(t *testing.T) {
	made, models := 0, uint64(400)
	if testing.Short() {
		models = 40
	}
	for seed := range models {
		rng := rand.New(rand.NewPCG(seed, 7))
		e := small(map[string]any{"add_space_prefix": seed%2 == 0})
		tokens, _ := e.Strings(prefix + "tokens")
		types, _ := e.Int32s(prefix + "token_type")
		scores, _ := e.Float32s(prefix + "scores")
		have := map[string]bool{}
		for _, token := range tokens {
			have[token] = true
		}
		for range 1 + rng.IntN(30) { // a token of two
			var parts [2]string
			for i := range parts {
				for parts[i] == "" || strings.Trim(parts[i], "at▁") != "" {
					parts[i] = tokens[259+rng.IntN(len(tokens)-259)]
				}
			}
			if text := parts[0] + parts[1]; !have[text] {
				have[text] = true
				tokens, types, scores = append(tokens, text), append(types, tokenizer.TypeNormal), append(scores, -300-float32(rng.IntN(2000))/8)
			}
		}
		e.put("tokens", tokens)
		e.put("token_type", types)
		e.put("scores", scores)
		data, err := ToJSON(&e, "random")
		if err != nil {
			continue
		}
		made++
		want, err := tokenizer.LoadGGUF(&e, "random")
		require.NoError(t, err)
		got, err := tokenizer.LoadJSON(data, "random")
		require.NoError(t, err)
		c := comparison{want: want, got: got}
		for range 100 {
			require.NoError(t, c.same(randomText(rng, 1+rng.IntN(60)), tokenizer.Options{}), "seed %d", seed)
		}

		// In what order the merges of one token are listed does not matter.
		data = shuffled(t, rng, data)
		c.want, err = tokenizer.LoadJSON(data, "shuffled")
		require.NoError(t, err)
		kv, _, err := jsonToGGUF(data, "shuffled", want.VocabSize())
		require.NoError(t, err)
		c.got, err = tokenizer.LoadGGUF(entries(kv), "shuffled")
		require.NoError(t, err)
		for range 100 {
			require.NoError(t, c.same(randomText(rng, 1+rng.IntN(60)), tokenizer.Options{}), "seed %d", seed)
		}
	}
	require.Greater(t, made, int(models)/2)
}

// shuffled changes the order of the merges of each token.
func shuffled(t *testing.T, rng *rand.Rand, data []byte) []byte {
	t.Helper()
	var file struct{ Model struct{ Merges []string } }
	require.NoError(t, json.Unmarshal(data, &file))
	merges := file.Model.Merges
	made := func(i int) string { return strings.Replace(merges[i], " ", "", 1) }
	for start := 0; start < len(merges); {
		end := start + 1
		for end < len(merges) && made(end) == made(start) {
			end++
		}
		rng.Shuffle(end-start, func(i, j int) { merges[start+i], merges[start+j] = merges[start+j], merges[start+i] })
		start = end
	}
	return edited(t, data, map[string]any{"model.merges": merges})
}
