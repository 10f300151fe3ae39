package hub

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
)

// A choice is the files of a repository that make up one model.
type choice struct {
	files []string // sorted; what a model needs and what it has beside that
	// main is the file to open, the first part of a split GGUF file; "" means the directory.
	main string
}

// preferred are the types of GGUF files in the order in which one is taken if a Ref
// leaves it open: those that lose nothing of a ternary model first, smaller ones before
// larger ones.
var preferred = []string{"i2_s", "tq2_0", "tq1_0", "q2_0", "iq2_bn", "bf16", "f16", "f32"}

var shard = regexp.MustCompile(`^model-\d{5}-of-\d{5}\.safetensors$`)

// choose finds the model that a Ref means among the files of a repository. Split models of which parts are missing are
// an error only where the Ref means one, or there is nothing else.
func choose(names []string, r Ref) (choice, error) {
	models, broken := ggufs(names)
	switch {
	case r.File != "":
		has := func(m choice) bool { return slices.Contains(m.files, r.File) }
		if i := slices.IndexFunc(models, has); i >= 0 {
			return models[i], nil
		}
		if i := slices.IndexFunc(broken, has); i >= 0 {
			return choice{}, broken[i].incomplete()
		}
		if len(models) == 0 {
			return choice{}, fmt.Errorf("there is no file %s, and no other GGUF file", r.File)
		}
		return choice{}, fmt.Errorf("there is no file %s; there are %s", r.File, list(models))
	case strings.EqualFold(r.Quant, Directory):
		return checkpointFiles(names)
	case r.Quant != "":
		return chooseType(models, broken, r.Quant)
	case len(models) == 1:
		return models[0], nil
	case len(models) > 1:
		return choosePreferred(models)
	case len(broken) > 0:
		return choice{}, broken[0].incomplete()
	}
	return checkpointFiles(names)
}

func chooseType(models, broken []choice, typ string) (choice, error) {
	ofType := func(among []choice, has func(name, typ string) bool) (found []choice) {
		for _, m := range among {
			if has(m.main, typ) {
				found = append(found, m)
			}
		}
		return found
	}
	found := ofType(models, hasType)
	if last := ofType(found, endsInType); len(last) > 0 { // of a-bf16.gguf and a-bf16-v2.gguf the first
		found = last
	}
	switch half := ofType(broken, hasType); {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return choice{}, fmt.Errorf("%q fits several files, name one of them in its place: %s", typ, list(found))
	case len(half) > 0:
		return choice{}, half[0].incomplete()
	case len(models) == 0:
		return choice{}, fmt.Errorf("there is no GGUF file from which %q could choose", typ)
	}
	return choice{}, fmt.Errorf("no file is %q; there are %s", typ, list(models))
}

func choosePreferred(models []choice) (choice, error) {
	for _, t := range preferred {
		var found []choice
		for _, m := range models {
			if endsInType(m.main, t) {
				found = append(found, m)
			}
		}
		if len(found) == 1 {
			return found[0], nil
		}
		if len(found) > 1 {
			break
		}
	}
	return choice{}, fmt.Errorf("there are several models, name one behind a colon: %s", list(models))
}

// ggufs groups the GGUF files that are models by the models they make up; broken are those of which parts are missing.
func ggufs(names []string) (models, broken []choice) {
	parts := map[string]*choice{}
	for _, name := range slices.Sorted(slices.Values(names)) {
		base := strings.ToLower(path.Base(name))
		if !isGGUF(name) || strings.HasPrefix(base, "mmproj") || strings.Contains(base, "imatrix") {
			continue // the last two are parts of other things
		}
		part, ok := gguf.ParsePartName(name)
		if !ok {
			models = append(models, choice{files: []string{name}, main: name})
			continue
		}
		key := part.Other(0).String()
		if parts[key] == nil {
			parts[key] = &choice{main: name}
		}
		parts[key].files = append(parts[key].files, name)
	}
	for _, c := range parts {
		if first, _ := gguf.ParsePartName(c.main); len(c.files) == first.Count && first.No == 0 {
			models = append(models, *c)
		} else {
			broken = append(broken, *c)
		}
	}
	for _, all := range [][]choice{models, broken} {
		slices.SortFunc(all, func(a, b choice) int { return strings.Compare(a.main, b.main) })
	}
	return models, broken
}

// incomplete says what a split model lacks.
func (c choice) incomplete() error {
	part, _ := gguf.ParsePartName(c.main)
	return fmt.Errorf("%s is one of %d parts, and %d of them are there", printable(c.main, 100), part.Count, len(c.files))
}

// checkpointFiles finds the files of a checkpoint directory: those that are read, and what
// transformers and sentence-transformers keep beside them.
func checkpointFiles(names []string) (choice, error) {
	has := func(name string) bool { return slices.Contains(names, name) }
	var c choice
	var weights, single []string
	pickle := ""
	for _, name := range names {
		switch base := path.Base(name); {
		case name == base && shard.MatchString(name):
			weights = append(weights, name)
		case name == base && strings.HasSuffix(name, ".safetensors"):
			if !strings.HasPrefix(name, "consolidated") && !strings.HasPrefix(name, "adapter_") {
				single = append(single, name)
			}
		case slices.Contains(beside, name), strings.HasSuffix(name, ".tiktoken") && name == base,
			base == "config.json" && strings.HasSuffix(path.Dir(name), "_Pooling") && strings.Count(name, "/") == 1:
			c.files = append(c.files, name)
		case strings.HasSuffix(name, ".bin"), strings.HasSuffix(name, ".pt"), strings.HasSuffix(name, ".pth"), strings.HasSuffix(name, ".ckpt"):
			if pickle == "" || strings.HasPrefix(base, "pytorch_model") {
				pickle = name
			}
		}
	}
	switch {
	case has(index) && len(weights) > 0:
		c.files = append(append(c.files, index), weights...)
	case has("model.safetensors"):
		c.files = append(c.files, "model.safetensors")
	case len(single) == 1:
		c.files = append(c.files, single[0])
	case len(single) > 1 || len(weights) > 0:
		return choice{}, fmt.Errorf("there are several .safetensors files and no %s that orders them", index)
	case pickle != "":
		return choice{}, fmt.Errorf("its weights are pickles (%s), which can run any code when they are read, and are never fetched; look for a conversion to safetensors or GGUF", printable(pickle, 100))
	default:
		return choice{}, errors.New("there are neither GGUF files nor .safetensors files")
	}
	if !has("config.json") {
		return choice{}, errors.New("there is no config.json beside the .safetensors files")
	}
	slices.Sort(c.files)
	return c, nil
}

// chooseWithoutWeights is choose for a checkpoint directory that may lack its weights.
func chooseWithoutWeights(names []string, r Ref) (choice, error) {
	const weights = "model.safetensors" // as if they were here
	c, err := choose(append(slices.Clip(names), weights), r)
	if err == nil && c.main != "" {
		return choice{}, errors.New("it is no checkpoint directory")
	}
	c.files = slices.DeleteFunc(c.files, isWeights)
	return c, err
}

const index = "model.safetensors.index.json"

// tokenizers are the files of a checkpoint directory of which one is its tokenizer, the first that is there. The others beside it may add tokens.
var tokenizers = []string{"tokenizer.json", "tokenizer.model"}

// beside are the files of a checkpoint directory other than weights.
var beside = []string{
	"config.json", "generation_config.json",
	"tokenizer.json", "tokenizer_config.json", "tokenizer.model", "special_tokens_map.json", "added_tokens.json",
	"vocab.json", "vocab.txt", "merges.txt", "spiece.model", "sentencepiece.bpe.model",
	"chat_template.jinja", "chat_template.json",
	"modules.json", "config_sentence_transformers.json", "sentence_bert_config.json",
	"LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE",
}

// lastType is the type in which a stem ends.
var lastType = regexp.MustCompile(`(?:^|[^a-z0-9])(i2_s|i8_s|tl[12]|tq[12]_0|b?f16|fp16|f32|i?q\d(?:_[a-z0-9]+)*)$`)

// hasType reports whether a path says that its file is of a type, as in
// ggml-model-i2_s.gguf, model.TQ2_0.gguf or Q8_0/model-00001-of-00002.gguf. One that ends in another type is of that:
// a-bf16-i2_s.gguf is no bf16, even if there is no other file.
func hasType(name, typ string) bool {
	s, typ := stem(name), strings.ToLower(typ)
	if lastType.MatchString(s) {
		return endsInType(name, typ)
	}
	for from := 0; ; {
		i := strings.Index(s[from:], typ)
		if i < 0 {
			return false
		}
		start, end := from+i, from+i+len(typ)
		if (start == 0 || !isLetter(s[start-1])) && (end == len(s) || !isLetter(s[end]) && s[end] != '_') {
			return true
		}
		from = start + 1
	}
}

// endsInType is hasType for the end of a path, where types stand.
func endsInType(name, typ string) bool {
	s, typ := stem(name), strings.ToLower(typ)
	return strings.HasSuffix(s, typ) && (len(s) == len(typ) || !isLetter(s[len(s)-len(typ)-1]))
}

// stem is a path in lower case without extension and number of the part.
func stem(name string) string {
	stem, _ := gguf.CutExtension(name)
	if part, ok := gguf.ParsePartName(name); ok {
		stem = part.Stem
	}
	return strings.ToLower(stem)
}

func isGGUF(name string) bool {
	_, ok := gguf.CutExtension(name)
	return ok
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' }

// list names models for people, not more than fit a line.
func list(models []choice) string {
	const most = 12
	var names []string
	for _, m := range models {
		names = append(names, printable(m.main, 100))
	}
	if len(names) > most {
		names = append(names[:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", ")
}
