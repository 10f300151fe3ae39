package gguf

import (
	"fmt"
	"math"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/memory"
)

// Keys of split models, which every part has.
const (
	splitNoKey      = "split.no"            // u16, from 0
	splitCountKey   = "split.count"         // u16
	splitTensorsKey = "split.tensors.count" // i32, of all parts together
)

// split is what a part says about the split model it belongs to. A count of 0 or
// 1 means that it is the whole model.
type split struct {
	no, count int
	tensors   int
}

func (p *part) split() (split, error) {
	var s split
	if _, ok := p.keys[splitCountKey]; !ok {
		return s, nil
	}
	for _, f := range []struct {
		key string
		dst *int
		max uint64
	}{{splitCountKey, &s.count, math.MaxUint16}, {splitNoKey, &s.no, math.MaxUint16}, {splitTensorsKey, &s.tensors, math.MaxInt32}} {
		i, ok := p.keys[f.key]
		if !ok {
			return s, p.cursor.errorf("has %s but no %s: the file is damaged, download it again", splitCountKey, f.key)
		}
		v, ok := asUint(p.kv[i].Value)
		if !ok || v > f.max {
			return s, p.cursor.errorf("%s is %v, want a count: the file is damaged, download it again", f.key, p.kv[i].Value)
		}
		*f.dst = int(v)
	}
	if s.count > 1 && s.no >= s.count {
		return s, p.cursor.errorf("is part %d of %d by its own account: the file is damaged, download it again", s.no+1, s.count)
	}
	return s, nil
}

// Open maps a file and reads it. If it is any part of a split model, named like
// model-00002-of-00003.gguf, the others beside it are opened too. The caller
// closes the File.
func Open(path string) (*File, error) {
	p, s, err := openPart(path)
	if err != nil {
		return nil, err
	}
	if s.count <= 1 {
		return newFile([]*part{p}), nil
	}
	parts := make([]*part, s.count)
	parts[s.no] = p
	if err := openOthers(parts, path, s); err != nil {
		for _, p := range parts {
			if p != nil {
				p.buf.Release()
			}
		}
		return nil, err
	}
	return newFile(parts), nil
}

func openPart(path string) (*part, split, error) {
	buf, err := memory.MapFile(path)
	if err != nil {
		return nil, split{}, fmt.Errorf("gguf: %w", err)
	}
	p, err := parse(buf, path)
	if err == nil {
		var s split
		if s, err = p.split(); err == nil {
			return p, s, nil
		}
	}
	buf.Release()
	return nil, split{}, err
}

// openOthers fills parts, of which the one at path is there, and checks that
// they make one model. On an error the caller releases those that were opened.
func openOthers(parts []*part, path string, s split) error {
	given := parts[s.no]
	dir, base := filepath.Split(path)
	name, ok := ParsePartName(base)
	if !ok {
		return given.cursor.errorf("is part %d of %d of a split model, whose parts are found by name: call it %s", s.no+1, s.count, newPartName("model", s.no, s.count))
	}
	if name.No != s.no || name.Count != s.count {
		return given.cursor.errorf("is part %d of %d of a split model by its own account, and not by its name: call it %s", s.no+1, s.count, newPartName(name.Stem, s.no, s.count))
	}
	seen := map[string]string{}
	total := 0
	for no := range parts {
		if no != s.no {
			q, t, err := openPart(filepath.Join(dir, name.Other(no).String()))
			if err != nil {
				return fmt.Errorf("%w (part %d of the split model %s: all its parts must lie in one folder)", err, no+1, path)
			}
			parts[no] = q
			if want := (split{no: no, count: s.count, tensors: s.tensors}); t != want {
				return q.cursor.errorf("is part %d of %d with %d tensors in all, want part %d of %d with %d: it belongs to another model, download it again", t.no+1, t.count, t.tensors, no+1, s.count, s.tensors)
			}
		}
		p := parts[no]
		for _, t := range p.tensors {
			if other, dup := seen[t.Name]; dup {
				return p.cursor.errorf("tensor %s is also in %s: the parts belong to different models, download them again", quote(t.Name), other)
			}
			seen[t.Name] = p.name
		}
		total += len(p.tensors)
	}
	if total != s.tensors {
		return given.cursor.errorf("the parts hold %d tensors, and %s is %d: download them again", total, splitTensorsKey, s.tensors)
	}
	return nil
}
