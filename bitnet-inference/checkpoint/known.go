package checkpoint

import (
	"os"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// ActivationKey is the metadata in which GGUF files of the architecture "bitnet" name their
// activation. Without it, it is SiLU.
const ActivationKey = "bitnet.hidden_activation"

// LacksActivation reports whether a GGUF file is BitNet b1.58 2B-4T, by its sizes, under the
// architecture that means SiLU without a word on the activation: as such it says nonsense in
// every engine.
func (c *Checkpoint) LacksActivation() bool {
	_, says := c.Value(ActivationKey)
	return c.IsGGUF() && !says && IsBitNet2B4T(&c.Config) && c.Config.Activation != model.ReLU2
}

// HasTokenizer reports whether the files have a tokenizer, be it one that can be read or
// not.
func (c *Checkpoint) HasTokenizer() bool {
	if c.IsGGUF() {
		kind, ok := c.Value(tokenizer.GGUFPrefix + "model")
		return ok && kind != "no_vocab" && kind != "none"
	}
	for _, name := range []string{"tokenizer.json", "tokenizer.model"} {
		if _, err := os.Stat(filepath.Join(c.Name, name)); err == nil {
			return true
		}
	}
	return false
}

// LacksPreTokenizer reports whether a GGUF file has a vocabulary of BPE without the rule
// that splits text before it.
func (c *Checkpoint) LacksPreTokenizer() bool {
	kind, _ := c.Value(tokenizer.GGUFPrefix + "model")
	pre, _ := c.Value(tokenizer.GGUFPrefix + "pre")
	return kind == "gpt2" && (pre == nil || pre == "")
}
