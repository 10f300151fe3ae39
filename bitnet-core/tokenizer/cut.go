package tokenizer

import (
	"slices"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// A Cut is what a name in tokenizer.ggml.pre stands for.
type Cut struct {
	// Patterns are the expressions that a tokenizer.json has for it, each for the
	// pieces of the one before. nil: there is a scanner, but no expression for it.
	Patterns     []string
	IgnoreMerges bool // words that are tokens are not merged

	splits []split.Func // instead of Patterns
	addBOS bool
}

// namedCuts are what names stand for in llama.cpp, the most common name of each first. A file
// without a name is from before names were, when Llama 3 was what had none.
var namedCuts = []struct {
	names []string
	cut   Cut
}{
	{[]string{"llama-bpe", "", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"}, Cut{Patterns: []string{split.Llama3Pattern}, IgnoreMerges: true, addBOS: true}},
	{[]string{"qwen2", "deepseek-r1-qwen", "megrez", "stablelm2", "hunyuan", "solar-open"}, Cut{Patterns: []string{split.Qwen2Pattern}}},
	{[]string{"gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4", "modern-bert", "mellum", "gigachat"}, Cut{Patterns: []string{split.GPT2Pattern}}},
	{[]string{"dbrx", "smaug-bpe", "chatglm-bpe", "glm4"}, Cut{Patterns: []string{split.Llama3Pattern}}},
	{[]string{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b"}, Cut{Patterns: []string{split.DigitPattern, split.GPT2Pattern}}},
	{[]string{"falcon"}, Cut{splits: []split.Func{split.Falcon(true), split.GPT2, split.Digits3}}},
	{[]string{"default"}, Cut{splits: []split.Func{split.Falcon(false), split.GPT2, split.Digits, split.Digits3}}},
}

// CutOf returns the cut of a name.
func CutOf(pre string) (Cut, bool) {
	for _, c := range namedCuts {
		if slices.Contains(c.names, pre) {
			return c.cut, true
		}
	}
	return Cut{}, false
}

// CutNames returns a name of each cut, the most common first.
func CutNames() []string {
	var names []string
	for _, c := range namedCuts {
		names = append(names, c.names[0])
	}
	return names
}

// scanners returns what cuts words out of a text, one after the other.
func (c *Cut) scanners() []split.Func {
	splits := c.splits
	for _, p := range c.Patterns {
		f, _ := split.Pattern(p)
		splits = append(splits, f)
	}
	return splits
}
