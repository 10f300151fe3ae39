package checkpoint

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// A Pooling is the way from the hidden states of a text's tokens to its embedding.
type Pooling string

const (
	PoolLast Pooling = "last" // that of the last token
	PoolMean Pooling = "mean" // their mean
)

// hfPooling reads the files of the sentence-transformers library beside a model: "" if
// there are none.
func hfPooling(dir string) (Pooling, error) {
	data, ok, err := readJSON(dir, "modules.json")
	if err != nil || !ok {
		return "", err
	}
	var modules []struct{ Type, Path string }
	if err := json.Unmarshal(data, &modules); err != nil {
		return "", fmt.Errorf("%s: %w", filepath.Join(dir, "modules.json"), err)
	}
	for _, m := range modules {
		if !strings.HasSuffix(m.Type, "Pooling") {
			continue
		}
		if !filepath.IsLocal(m.Path) {
			return "", fmt.Errorf("%s: path %q leads out of the directory", filepath.Join(dir, "modules.json"), m.Path)
		}
		name := filepath.Join(m.Path, "config.json")
		data, ok, err := readJSON(dir, name)
		if err != nil || !ok {
			return "", err
		}
		var modes struct {
			Last bool `json:"pooling_mode_lasttoken"`
			Mean bool `json:"pooling_mode_mean_tokens"`
		}
		if err := json.Unmarshal(data, &modes); err != nil {
			return "", fmt.Errorf("%s: %w", filepath.Join(dir, name), err)
		}
		switch {
		case modes.Last && !modes.Mean:
			return PoolLast, nil
		case modes.Mean && !modes.Last:
			return PoolMean, nil
		}
		return "", fmt.Errorf("%s: this version pools by the last token or by the mean, one of them, and the file asks for neither or both", filepath.Join(dir, name))
	}
	return "", nil
}

// pooling reads <arch>.pooling_type: "" where the file has none.
func (g *ggufModel) pooling(arch string) (Pooling, error) {
	kind, ok := g.file.Uint(arch + ".pooling_type")
	if !ok {
		return "", nil
	}
	switch kind {
	case 0: // none: embeddings of tokens
		return "", nil
	case 1:
		return PoolMean, nil
	case 3:
		return PoolLast, nil
	}
	return "", fmt.Errorf("metadata %s.pooling_type is %d, want 1 (mean) or 3 (last token)", arch, kind)
}
