package safetensors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// Open maps a model and reads its header. path is a .safetensors file, the
// .index.json of a sharded model, or a folder that holds one of the two under
// its usual name (model.safetensors…) or a single .safetensors file. The caller
// closes the File.
func Open(path string) (*File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	if info.IsDir() {
		if path, err = find(path); err != nil {
			return nil, err
		}
	}
	if strings.HasSuffix(path, ".json") {
		return openIndex(path)
	}
	p, err := openPart(path)
	if err != nil {
		return nil, err
	}
	return newFile([]*part{p}), nil
}

// find returns the file that makes up the model in dir.
func find(dir string) (string, error) {
	for _, name := range []string{indexName, modelName} {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("safetensors: %w", err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("safetensors: %w", err)
	}
	var found []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".safetensors") {
			found = append(found, e.Name())
		}
	}
	switch len(found) {
	case 1:
		return filepath.Join(dir, found[0]), nil
	case 0:
		return "", fmt.Errorf("safetensors: %s holds no .safetensors file: download the model's weights into it", dir)
	}
	return "", fmt.Errorf("safetensors: %s holds %d .safetensors files and no %s: download that too, or name one file", dir, len(found), indexName)
}

func openPart(path string) (*part, error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	p, err := parse(buf, path)
	if err != nil {
		buf.Release()
		return nil, err
	}
	return p, nil
}

// openIndex opens the shards that an index names, in the order of their names.
func openIndex(path string) (_ *File, err error) {
	weights, err := readIndex(path)
	if err != nil {
		return nil, err
	}
	names := slices.Sorted(maps.Values(weights))
	names = slices.Compact(names)
	var parts []*part
	defer func() {
		if err == nil {
			return
		}
		for _, p := range parts {
			p.buf.Release()
		}
	}()
	where := map[string]string{}
	for _, name := range names {
		p, err := openPart(filepath.Join(filepath.Dir(path), name))
		if err != nil {
			return nil, fmt.Errorf("%w (a shard of %s)", err, path)
		}
		parts = append(parts, p)
		for _, t := range p.tensors {
			if other, dup := where[t.Name]; dup {
				return nil, p.errorf("tensor %s is also in %s: the files belong to different models, download them again", quote(t.Name), other)
			}
			where[t.Name] = name
		}
	}
	for _, tensor := range slices.Sorted(maps.Keys(weights)) {
		if where[tensor] != weights[tensor] {
			return nil, fmt.Errorf("safetensors: %s: weight_map says that tensor %s is in %s, which does not hold it: the files belong to different models, download them again", path, quote(tensor), weights[tensor])
		}
	}
	return newFile(parts), nil
}

// readIndex returns the file name of each tensor.
func readIndex(path string) (map[string]string, error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return nil, fmt.Errorf("safetensors: %w", err)
	}
	defer buf.Release()
	fault := func(err error) error {
		return fmt.Errorf("safetensors: %s: %w: %s", path, err, damaged)
	}
	if buf.Len() > maxHeader {
		return nil, fault(fmt.Errorf("the index has %d bytes, at most %d are allowed", buf.Len(), maxHeader))
	}
	weights, err := index(buf.Bytes())
	if err != nil {
		return nil, fault(fmt.Errorf("index: %w", err))
	}
	return weights, nil
}

// index reads the text of an index: {"metadata": …, "weight_map": {tensor: file}}.
func index(text []byte) (map[string]string, error) {
	t, err := newTokens(text)
	if err != nil {
		return nil, err
	}
	weights := map[string]string{}
	err = t.object("it", func(key string) error {
		if key != "weight_map" {
			return t.skip()
		}
		return t.object(key, func(tensor string) error {
			name, err := t.text("weight_map: the file of " + quote(tensor))
			if err == nil && (name != filepath.Base(name) || !filepath.IsLocal(name) || !strings.HasSuffix(name, ".safetensors")) {
				err = fmt.Errorf("weight_map: the file of %s is %s, want the name of a .safetensors file beside the index", quote(tensor), quote(name))
			}
			weights[tensor] = name
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if len(weights) == 0 {
		return nil, errors.New("weight_map names no tensor")
	}
	return weights, t.end()
}
