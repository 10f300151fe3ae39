package checkpoint

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// A Vocabulary is what a model's files say of how its tokenizer merges text into
// tokens, in one form for all formats. Where they do not say, it is empty.
type Vocabulary struct {
	Kind   string    // the files' own word: "BPE" in tokenizer.json, "gpt2" in GGUF
	Split  string    // GGUF's name of the rule that splits text before merging
	Merges []string  // of BPE, "a b", the first to be tried first
	Scores []float32 // by token id
}

// Vocabulary reads the parts of the tokenizer that [Checkpoint.Tokenizer] is made of. A
// directory has them in tokenizer.json; one with a tokenizer.model alone has none here.
func (c *Checkpoint) Vocabulary() (Vocabulary, error) {
	switch s := c.src.(type) {
	case *ggufModel:
		return s.vocabulary(), nil
	case *hf:
		return s.vocabulary()
	}
	return Vocabulary{}, nil
}

func (g *ggufModel) vocabulary() Vocabulary {
	const prefix = tokenizer.GGUFPrefix
	var v Vocabulary
	v.Kind, _ = g.file.String(prefix + "model")
	v.Split, _ = g.file.String(prefix + "pre")
	v.Merges, _ = g.file.Strings(prefix + "merges")
	v.Scores, _ = g.file.Float32s(prefix + "scores")
	return v
}

func (h *hf) vocabulary() (Vocabulary, error) {
	const name = "tokenizer.json"
	data, ok, err := readSmall(h.dir, name)
	if err != nil || !ok {
		return Vocabulary{}, err
	}
	var file struct {
		Model struct {
			Type          string
			Merges, Vocab json.RawMessage
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return Vocabulary{}, fmt.Errorf("%s: %w", filepath.Join(h.dir, name), err)
	}
	v := Vocabulary{Kind: file.Model.Type}
	var pairs [][2]string
	if json.Unmarshal(file.Model.Merges, &v.Merges) != nil {
		v.Merges = nil
		if json.Unmarshal(file.Model.Merges, &pairs) == nil {
			for _, p := range pairs {
				v.Merges = append(v.Merges, p[0]+" "+p[1])
			}
		}
	}
	// Unigram has its vocabulary as [["piece", score], …] in order of ids.
	var pieces [][2]json.RawMessage
	if json.Unmarshal(file.Model.Vocab, &pieces) == nil {
		for _, p := range pieces {
			var score float32
			if err := json.Unmarshal(p[1], &score); err != nil {
				return v, fmt.Errorf("%s: score of a piece: %w", filepath.Join(h.dir, name), err)
			}
			v.Scores = append(v.Scores, score)
		}
	}
	return v, nil
}
