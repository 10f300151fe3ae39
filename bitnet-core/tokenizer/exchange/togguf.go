package exchange

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/bitnet-go/bitnet/bitnet-core/encoding/gguf"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
)

// ToGGUF returns the entries tokenizer.ggml.* of a GGUF file that stand for the tokenizer in
// dir, its tokenizer.json or, without one, its tokenizer.model and the tokens that files
// beside it add. rows is the number of tokens that the model has embeddings for; rows
// without a token are padded. The ids of BOS and EOS are among the entries only if they are
// added to texts. notes is what should be known. A directory without a tokenizer has no
// entries.
func ToGGUF(dir string, rows int) (kv []gguf.KV, notes []string, err error) {
	path := filepath.Join(dir, "tokenizer.json")
	data, err := tokenizer.ReadFile(path)
	if err == nil {
		return jsonToGGUF(data, path, rows)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, err
	}
	path = filepath.Join(dir, "tokenizer.model")
	data, err = tokenizer.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	want, err := tokenizer.Open(dir)
	if err != nil {
		return nil, nil, err
	}
	return piecesToGGUF(data, want, path, rows)
}

// jsonToGGUF converts a tokenizer.json.
func jsonToGGUF(data []byte, path string, rows int) ([]gguf.KV, []string, error) {
	want, err := tokenizer.LoadJSON(data, path)
	if err != nil {
		return nil, nil, err
	}
	v, err := fromJSON(data, want, rows)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return v.toGGUF(want, path)
}

// piecesToGGUF converts a SentencePiece model, to which files beside it may have added
// tokens in want.
func piecesToGGUF(data []byte, want tokenizer.Tokenizer, path string, rows int) ([]gguf.KV, []string, error) {
	pieces, err := tokenizer.ReadPieces(data, path)
	if err != nil {
		return nil, nil, err
	}
	v, err := fromPieces(pieces, want, rows)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return v.toGGUF(want, path)
}

// toGGUF writes entries and compares what they say with want.
func (v *vocabulary) toGGUF(want tokenizer.Tokenizer, path string) (kv []gguf.KV, notes []string, err error) {
	v.fill()
	e := v.entries()
	if err := e.putEnds(want); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	c := comparison{want: want, unigram: v.model == "t5", exceptions: v.exceptions}
	if v.model == "gpt2" {
		err = e.findPre(&c, path)
	} else if err = e.load(&c, path); err == nil {
		err = c.asGGUF(path)
	}
	if err != nil {
		return nil, nil, err
	}
	return e, v.notes(), nil
}

// putEnds says which tokens are added to texts.
func (e *entries) putEnds(want tokenizer.Tokenizer) error {
	before, after, err := tokenizer.Ends(want)
	if err != nil {
		return err
	}
	if len(before) > 1 || len(after) > 1 {
		return fmt.Errorf("%d tokens are put before a text and %d behind it, where GGUF can say one each", len(before), len(after))
	}
	e.put("add_bos_token", len(before) > 0)
	e.put("add_eos_token", len(after) > 0)
	if len(before) > 0 {
		e.put("bos_token_id", uint32(before[0]))
	}
	if len(after) > 0 {
		e.put("eos_token_id", uint32(after[0]))
	}
	return nil
}

// load makes what the entries say one side of a comparison.
func (e *entries) load(c *comparison, path string) (err error) {
	c.got, err = tokenizer.LoadGGUF(e, path)
	return err
}

// asGGUF compares everything.
func (c *comparison) asGGUF(path string) error {
	if err := c.run(); err != nil {
		return fmt.Errorf("%s: as a GGUF file the tokenizer %w", path, err)
	}
	return nil
}

// findPre finds the name of the rule that splits text before BPE: the first of those that
// engines know with which the ids of all texts are the same. If there is none, the error is
// that of the first name with which the ids of words are.
func (e *entries) findPre(c *comparison, path string) (first error) {
	for _, pre := range tokenizer.CutNames() {
		e.put("pre", pre)
		if err := e.load(c, path); err != nil {
			return err
		}
		if c.words() != nil {
			continue
		}
		err := c.asGGUF(path)
		if err == nil {
			return nil
		}
		first = cmp.Or(first, err)
	}
	return cmp.Or(first, fmt.Errorf("%s: GGUF has no name for how this tokenizer splits text", path))
}
