package checkpoint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-inference/model"
)

// A family is one architecture: what tells its files from others and how they are to
// be read, in both forms that models come in.
type family struct {
	// graph holds the fields of a model's Config that the family fixes, and the values
	// of keys that its files may leave out. Keys of a file go before it.
	graph model.Config
	// tied says that the embedding is the output head where config.json has no
	// tie_word_embeddings. A GGUF file is tied if it has no output.weight.
	tied bool
	hf   hfForm
	gguf ggufForm
}

// An hfForm is how a family's Hugging Face directories look.
type hfForm struct {
	modelTypes []string               // values of model_type
	class      string                 // of the transformers library, for the first of them
	only       func(h *hfConfig) bool // claims part of them; nil for all
	names      names
	settle     func(h *hfConfig, c *model.Config) error // reads the family's own keys; may be nil
	// masters says that linear weights stored as floats are masters, to be made
	// ternary, whether or not quantization_config says so.
	masters bool
}

// A ggufForm is how a family's GGUF files look.
type ggufForm struct {
	archs    []string // values of general.architecture
	names    names
	adjacent bool                                     // rows of queries and keys are permuted: rotation turns neighbours
	settle   func(r *metadataReader, c *model.Config) // reads the family's own keys; may be nil
}

// hfFamily returns the family that a config.json is of.
func hfFamily(h *hfConfig) (*family, error) {
	var known []string
	for _, f := range families {
		if slices.Contains(f.hf.modelTypes, h.ModelType) && (f.hf.only == nil || f.hf.only(h)) {
			return f, nil
		}
		known = append(known, f.hf.modelTypes...)
	}
	return nil, fmt.Errorf("model_type %q is not one this version runs (%s)", h.ModelType, list(known))
}

// ggufFamily returns the family of a general.architecture.
func ggufFamily(arch string) (*family, error) {
	var known []string
	for _, f := range families {
		if slices.Contains(f.gguf.archs, arch) {
			return f, nil
		}
		known = append(known, f.gguf.archs...)
	}
	return nil, fmt.Errorf("general.architecture is %q, which is not one this version runs (%s)", arch, list(known))
}

func list(words []string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), ", ")
}
