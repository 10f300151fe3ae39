package tokenizer

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// A TiktokenSpec is what a tiktoken file leaves to the program that reads it.
// The zero value stands for Llama 3 if the file has its 128000 ranks, and is an
// error otherwise.
type TiktokenSpec struct {
	Pattern  string           // regular expression that cuts text into words
	Specials map[string]int32 // special tokens and their ids
	BOS      string           // the one of them that Encode puts in front, if any
}

// llama3Ranks is the number of tokens in Llama 3's file.
const llama3Ranks = 128000

// Llama3Spec is the TiktokenSpec of Llama 3: 256 special tokens behind the
// ranks, most of them reserved. (Later versions give some of the reserved ones
// other names, but no token another id.)
func Llama3Spec() TiktokenSpec {
	named := map[int]string{
		0: "<|begin_of_text|>", 1: "<|end_of_text|>",
		6: "<|start_header_id|>", 7: "<|end_header_id|>", 9: "<|eot_id|>",
	}
	spec := TiktokenSpec{Pattern: split.Llama3Pattern, Specials: map[string]int32{}, BOS: named[0]}
	reserved := 0
	for i := range 256 {
		name, ok := named[i]
		if !ok {
			name = fmt.Sprintf("<|reserved_special_token_%d|>", reserved)
			reserved++
		}
		spec.Specials[name] = llama3Ranks + int32(i)
	}
	return spec
}

// LoadTiktoken reads a tiktoken file, such as Llama 3's tokenizer.model: lines
// of a token in base64 and its rank, which is its id. name stands for the file
// in errors.
func LoadTiktoken(data []byte, name string, spec TiktokenSpec) (Tokenizer, error) {
	p, err := loadTiktoken(data, spec)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", name, err)
	}
	return p, nil
}

func loadTiktoken(data []byte, spec TiktokenSpec) (*pipeline, error) {
	v := bpe.NewVocab(len(data)/16, len(data)/2)
	limit := 1024 + len(data)/4 // every line takes more than four bytes
	var token []byte
	for line := 1; len(data) > 0; line++ {
		row, rest, _ := bytes.Cut(data, []byte{'\n'})
		data = rest
		if row = bytes.TrimRight(row, "\r"); len(row) == 0 {
			continue
		}
		code, rank, _ := bytes.Cut(row, []byte{' '})
		id, err := strconv.Atoi(string(rank))
		if err != nil || id < 0 || id >= limit {
			return nil, fmt.Errorf("line %d: %.40q is not a token in base64 and its rank", line, row)
		}
		if token, err = base64.StdEncoding.AppendDecode(token[:0], code); err != nil || len(token) == 0 {
			return nil, fmt.Errorf("line %d: %.40q is not a token in base64", line, code)
		}
		if err := v.Add(int32(id), token); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
	}
	if v.Size() != v.Count() {
		return nil, fmt.Errorf("%d ranks, but the highest is %d: ranks are missing", v.Count(), v.Size()-1)
	}
	if err := v.Index(nil); err != nil {
		return nil, err
	}
	for b := range 256 {
		if v.LookupBytes([]byte{byte(b)}) == bpe.None {
			return nil, fmt.Errorf("the byte %#02x is not a token: not a tiktoken file", b)
		}
	}
	if spec.Pattern == "" && spec.Specials == nil {
		if v.Count() != llama3Ranks {
			return nil, fmt.Errorf("%d ranks: not Llama 3's file, so the pattern and special tokens must be given", v.Count())
		}
		spec = Llama3Spec()
	}
	m := bpe.New(v, 2*v.Count())
	m.ByteLevel, m.IgnoreMerges = true, true
	if err := m.MergeByRank(func(id int32) uint32 { return uint32(id) }); err != nil {
		return nil, err
	}
	m.Seal()
	p := &pipeline{model: bpeModel{m}, vocab: v, spelled: true, kinds: make([]kind, v.Size()), named: map[string]int32{}}
	cut, whole := split.Pattern(spec.Pattern)
	if !whole {
		return nil, fmt.Errorf("there is no scanner for the pattern %q", spec.Pattern)
	}
	p.steps = cuts(cut)
	var matched []addedToken
	for _, name := range slices.Sorted(maps.Keys(spec.Specials)) {
		id := spec.Specials[name]
		if name == "" || id < 0 || int(id) >= v.Count()+len(spec.Specials)+limit {
			return nil, fmt.Errorf("the special token %q has the id %d, which is out of range", name, id)
		}
		if err := v.Add(id, []byte(name)); err != nil {
			return nil, fmt.Errorf("special tokens: %w", err)
		}
		p.kinds = grow(p.kinds, id)
		p.kinds[id] = special | literal
		p.named[name] = id
		matched = append(matched, addedToken{id: id, content: name, special: true})
	}
	p.size = v.Size()
	p.verbatim = newMatcher(matched)
	if spec.BOS != "" {
		id, ok := p.named[spec.BOS]
		if !ok {
			return nil, fmt.Errorf("the BOS token %q is not among the special tokens", spec.BOS)
		}
		p.prefix = []int32{id}
	}
	return p, nil
}
