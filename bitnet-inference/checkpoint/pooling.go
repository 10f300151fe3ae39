package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// A Pooling is the way from the hidden states of a text's tokens to its embedding.
type Pooling string

const (
	PoolLast Pooling = "last" // that of the last token
	PoolMean Pooling = "mean" // their mean
)

// GGUF returns the value of <arch>.pooling_type in GGUF files, 0 where there is no pooling.
func (p Pooling) GGUF() uint32 {
	switch p {
	case PoolMean:
		return 1
	case PoolLast:
		return 3
	}
	return 0
}

// hfPooling reads the files of the sentence-transformers library beside a model: "" if
// there are none.
func hfPooling(dir string) (Pooling, error) {
	data, ok, err := readSmall(dir, "modules.json")
	if err != nil || !ok {
		return "", err
	}
	var modules []struct{ Type, Path string }
	if err := json.Unmarshal(data, &modules); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(dir, "modules.json"), err)
	}
	var pooling Pooling
	for _, m := range modules {
		switch kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]; kind {
		case "Transformer", "Normalize":
		case "Pooling":
			if pooling, err = hfModes(dir, m.Path); err != nil {
				return "", err
			}
		default:
			return "", fmt.Errorf("%s: the module %q is not one that this version computes (Transformer, Pooling, Normalize)", filepath.Join(dir, "modules.json"), m.Type)
		}
	}
	return pooling, nil
}

// hfModes reads the config.json of a Pooling module. The library puts the vectors of all
// modes that it names one behind the other.
func hfModes(dir, module string) (Pooling, error) {
	if !filepath.IsLocal(module) {
		return "", fmt.Errorf("%s: path %q leads out of the directory", filepath.Join(dir, "modules.json"), module)
	}
	name := filepath.Join(module, "config.json")
	data, ok, err := readSmall(dir, name)
	if err != nil || !ok {
		return "", err
	}
	var config map[string]any
	if err := json.Unmarshal(data, &config); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
	}
	const last, mean = "pooling_mode_lasttoken", "pooling_mode_mean_tokens"
	var modes []string
	for _, key := range slices.Sorted(maps.Keys(config)) {
		if strings.HasPrefix(key, "pooling_mode_") && config[key] == true {
			modes = append(modes, key)
		}
	}
	switch {
	case len(modes) == 0:
		modes = []string{"none"}
	case len(modes) > 1:
	case modes[0] == last:
		return PoolLast, nil
	case modes[0] == mean:
		return PoolMean, nil
	}
	return "", fmt.Errorf("%s: this version pools by %s or by %s, one of them, and the file asks for %s", filepath.Join(dir, name), last, mean, strings.Join(modes, " and "))
}

// pooling reads <arch>.pooling_type: "" where the file has none.
func (g *ggufModel) pooling(arch string) (Pooling, error) {
	r := metadataReader{file: g, arch: arch}
	kind := r.optional("pooling_type", 0)
	for _, p := range []Pooling{"", PoolMean, PoolLast} {
		if kind == int(p.GGUF()) {
			return p, errors.Join(r.faults...)
		}
	}
	r.fail("pooling_type is %d, want %d (mean) or %d (last token)", kind, PoolMean.GGUF(), PoolLast.GGUF())
	return "", errors.Join(r.faults...)
}
