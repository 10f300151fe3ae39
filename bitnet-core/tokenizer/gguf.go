package tokenizer

import (
	"fmt"
	"strings"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
)

// Metadata is the metadata of a GGUF file. The second result of each method
// tells whether the key is there with a value of that kind.
type Metadata interface {
	String(key string) (string, bool)
	Strings(key string) ([]string, bool)
	Int32s(key string) ([]int32, bool)
	Float32s(key string) ([]float32, bool)
	Bytes(key string) ([]byte, bool)
	Uint(key string) (uint64, bool)
	Bool(key string) (bool, bool)
}

// GGUFPrefix is what the keys of a tokenizer in GGUF files begin with.
const GGUFPrefix = "tokenizer.ggml."

// LoadGGUF makes a Tokenizer of the metadata tokenizer.ggml.* of a GGUF file,
// which encodes as llama.cpp does. The models "gpt2" (byte-level BPE), "llama"
// (SentencePiece BPE) and "t5" (SentencePiece Unigram; where llama.cpp and
// SentencePiece differ, it is as the latter) can be read. name stands for the file
// in errors.
func LoadGGUF(md Metadata, name string) (Tokenizer, error) {
	g := &ggufFile{md: md}
	p, err := g.load()
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", name, err)
	}
	return p, nil
}

type ggufFile struct {
	md     Metadata
	tokens []string
	types  []pieceType
}

func (g *ggufFile) load() (*pipeline, error) {
	model, ok := g.md.String(GGUFPrefix + "model")
	if !ok {
		return nil, fmt.Errorf("no %smodel: the file has no tokenizer", GGUFPrefix)
	}
	if g.tokens, ok = g.md.Strings(GGUFPrefix + "tokens"); !ok || len(g.tokens) == 0 {
		return nil, fmt.Errorf("no %stokens: the file has no vocabulary", GGUFPrefix)
	}
	if len(g.tokens) >= 1<<30 {
		return nil, fmt.Errorf("%stokens: %d tokens are too many", GGUFPrefix, len(g.tokens))
	}
	if err := g.readTypes(); err != nil {
		return nil, err
	}
	switch model {
	case "gpt2":
		return g.loadBPE()
	case "llama":
		return g.loadScored()
	case "t5":
		return g.loadUnigram()
	}
	return nil, fmt.Errorf("%smodel: %q cannot be read; \"gpt2\", \"llama\" and \"t5\" can", GGUFPrefix, model)
}

// readTypes reads the types of tokens. Some files mark the tokens that end a
// turn or a text as normal ones, and old files have no types.
func (g *ggufFile) readTypes() error {
	const key = GGUFPrefix + "token_type"
	g.types = make([]pieceType, len(g.tokens))
	types, ok := g.md.Int32s(key)
	if ok && len(types) < len(g.tokens) {
		return fmt.Errorf("%s: %d types for %d tokens", key, len(types), len(g.tokens))
	}
	for i := range g.types {
		g.types[i] = TypeNormal
		if ok && types[i] >= int32(TypeNormal) && types[i] <= int32(TypeByte) {
			g.types[i] = pieceType(types[i])
		}
		switch g.tokens[i] {
		case "<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|endoftext|>", "<|end_of_text|>", "<end_of_turn>", "</s>":
			g.types[i] = TypeControl
		}
	}
	if ok {
		return nil
	}
	for _, name := range []string{"bos", "eos", "eot", "eom", "unknown", "seperator", "padding"} {
		id, err := g.id(name, bpe.None)
		if err != nil {
			return err
		}
		if id != bpe.None {
			g.types[id] = TypeControl
		}
	}
	for i, token := range g.tokens {
		if _, ok := alphabet.ByteOf(token); ok {
			g.types[i] = TypeByte
		}
	}
	return nil
}

// id reads tokenizer.ggml.<name>_token_id, def if it is absent.
func (g *ggufFile) id(name string, def int32) (int32, error) {
	key := GGUFPrefix + name + "_token_id"
	id, ok := g.md.Uint(key)
	if !ok {
		if int(def) >= len(g.tokens) {
			def = bpe.None
		}
		return def, nil
	}
	if id >= uint64(len(g.tokens)) {
		return 0, fmt.Errorf("%s: %d is not a token; the vocabulary has %d", key, id, len(g.tokens))
	}
	return int32(id), nil
}

// ends reads which of BOS and EOS are added to a text: their ids or None.
func (g *ggufFile) ends(addBOS bool, defBOS, defEOS int32) (bos, eos int32, err error) {
	if bos, err = g.id("bos", defBOS); err != nil {
		return
	}
	if eos, err = g.id("eos", defEOS); err != nil {
		return
	}
	if v, ok := g.md.Bool(GGUFPrefix + "add_bos_token"); ok {
		addBOS = v
	}
	if !addBOS {
		bos = bpe.None
	}
	if add, _ := g.md.Bool(GGUFPrefix + "add_eos_token"); !add {
		eos = bpe.None
	}
	return bos, eos, nil
}

// loadScored reads the model "llama".
func (g *ggufFile) loadScored() (*pipeline, error) {
	s := &scored{texts: g.tokens, types: g.types, spacePrefix: true}
	var err error
	if s.scores, err = g.readScores(); err != nil {
		return nil, err
	}
	if v, ok := g.md.Bool(GGUFPrefix + "add_space_prefix"); ok {
		s.spacePrefix = v
	}
	if s.unk, err = g.id("unknown", 0); err != nil {
		return nil, err
	}
	if s.bos, s.eos, err = g.ends(true, 1, 2); err != nil {
		return nil, err
	}
	return s.build()
}

// loadUnigram reads the model "t5". A text ends in EOS unless the file says no.
func (g *ggufFile) loadUnigram() (*pipeline, error) {
	s := &scored{texts: g.tokens, types: g.types, unigram: true}
	var err error
	if s.scores, err = g.readScores(); err != nil {
		return nil, err
	}
	s.spacePrefix, _ = g.md.Bool(GGUFPrefix + "add_space_prefix")
	s.collapse, _ = g.md.Bool(GGUFPrefix + "remove_extra_whitespaces")
	if suffix, _ := g.md.Bool(GGUFPrefix + "treat_whitespace_as_suffix"); suffix {
		return nil, fmt.Errorf("%streat_whitespace_as_suffix: %w", GGUFPrefix, errSuffix)
	}
	if escape, ok := g.md.Bool(GGUFPrefix + "escape_whitespaces"); ok && !escape {
		return nil, fmt.Errorf("%sescape_whitespaces: %w", GGUFPrefix, errNoEscape)
	}
	s.charsmap, _ = g.md.Bytes(GGUFPrefix + "precompiled_charsmap")
	if s.unk, err = g.id("unknown", 2); err != nil {
		return nil, err
	}
	if s.bos, s.eos, err = g.ends(false, bpe.None, bpe.None); err != nil {
		return nil, err
	}
	if _, given := g.md.Bool(GGUFPrefix + "add_eos_token"); !given {
		if s.eos, err = g.id("eos", 1); err != nil {
			return nil, err
		}
	}
	return s.build()
}

// readScores reads the score of every token.
func (g *ggufFile) readScores() ([]float32, error) {
	scores, ok := g.md.Float32s(GGUFPrefix + "scores")
	if !ok || len(scores) < len(g.tokens) {
		return nil, fmt.Errorf("%sscores: %d scores for %d tokens", GGUFPrefix, len(scores), len(g.tokens))
	}
	return scores[:len(g.tokens)], nil
}

// loadBPE reads the model "gpt2".
func (g *ggufFile) loadBPE() (*pipeline, error) {
	pre, _ := g.md.String(GGUFPrefix + "pre")
	cut, ok := CutOf(pre)
	if !ok {
		return nil, fmt.Errorf("%spre: there is no scanner for %q", GGUFPrefix, pre)
	}
	merges, ok := g.md.Strings(GGUFPrefix + "merges")
	if !ok {
		return nil, fmt.Errorf("no %smerges", GGUFPrefix)
	}
	p, m, matched, err := g.spelledVocab()
	if err != nil {
		return nil, err
	}
	m.IgnoreMerges = cut.IgnoreMerges
	var raw []byte
	for rank, merge := range merges {
		at := -1
		if merge != "" {
			at = strings.IndexByte(merge[1:], ' ') + 1
		}
		if at <= 0 {
			return nil, fmt.Errorf("%smerges: merge %d: %q is not two tokens with a space between", GGUFPrefix, rank, merge)
		}
		var pair [2]int32
		for i, token := range []string{merge[:at], merge[at+1:]} {
			raw, ok = appendUnspelled(raw[:0], []byte(token))
			pair[i] = bpe.None
			if ok {
				pair[i] = m.Vocab.LookupBytes(raw)
			}
			if pair[i] == bpe.None {
				return nil, fmt.Errorf("%smerges: merge %d: %q is not in the vocabulary", GGUFPrefix, rank, token)
			}
		}
		if !m.AddMerge(pair[0], pair[1], uint32(rank), false) {
			return nil, fmt.Errorf("%smerges: merge %d: %q makes a token that is not in the vocabulary", GGUFPrefix, rank, merge)
		}
	}
	m.Seal()
	p.steps = cuts(cut.scanners()...)
	p.verbatim = newMatcher(matched)
	bos, eos, err := g.ends(cut.addBOS, bpe.None, bpe.None)
	if err != nil {
		return nil, err
	}
	if bos != bpe.None {
		p.prefix = []int32{bos}
	}
	if eos != bpe.None {
		p.suffix = []int32{eos}
	}
	return p, nil
}

// spelledVocab reads tokens that are spelled in the byte alphabet, and those
// that are matched in the text. Control and user-defined tokens are spelled as
// they are matched.
func (g *ggufFile) spelledVocab() (*pipeline, *bpe.Model, []addedToken, error) {
	size := 0
	for _, t := range g.tokens {
		size += len(t)
	}
	v := bpe.NewVocab(len(g.tokens), size)
	p := &pipeline{spelled: true, kinds: make([]kind, len(g.tokens)), named: map[string]int32{}, size: len(g.tokens)}
	var matched []addedToken
	var raw []byte
	for i, token := range g.tokens {
		if token == "" {
			continue // a hole
		}
		id, typ := int32(i), g.types[i]
		var ok bool
		raw, ok = appendUnspelled(raw[:0], []byte(token))
		asIs := typ.special() || typ == TypeUser
		if !ok || asIs && string(raw) != token {
			raw = append(raw[:0], token...)
			p.kinds[i] |= literal
			if _, twice := p.named[token]; twice {
				return nil, nil, nil, fmt.Errorf("%stokens: %q occurs twice", GGUFPrefix, token)
			}
			p.named[token] = id
		}
		if asIs {
			matched = append(matched, addedToken{id: id, content: token, special: typ.special()})
		}
		if typ.special() {
			p.kinds[i] |= special
		}
		if err := v.Add(id, raw); err != nil {
			return nil, nil, nil, err
		}
	}
	if err := v.Index(func(id int32) bool { return p.kinds[id]&literal != 0 }); err != nil {
		return nil, nil, nil, err
	}
	m := bpe.New(v, 2*v.Count())
	m.ByteLevel = true
	p.model, p.vocab = bpeModel{m}, v
	return p, m, matched, nil
}
