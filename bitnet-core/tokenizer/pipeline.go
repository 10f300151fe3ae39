package tokenizer

import (
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/alphabet"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
)

// A pipeline is the Tokenizer that every loader builds: the stages that a text
// passes, in order. All of it is read-only after loading.
type pipeline struct {
	verbatim  *matcher     // 1. tokens found in the text as it is
	normalize []normalizer // 2. rewriting of what is left
	rewritten *matcher     // 3. tokens found in the rewritten text
	steps     []step       // 4. cutting into words, each within the pieces of the one before
	model     model        // 5. words to ids
	prefix    []int32      // 6. ids added in front
	suffix    []int32      //    and behind
	trim      bool         // ranges of text are without white space at their ends

	vocab   *bpe.Vocab
	extra   [][]byte // texts of the last ids, which are not in vocab
	decoder decoder
	kinds   []kind           // by id
	named   map[string]int32 // ids of tokens that the model's index leaves out, by spelling
	spelled bool             // the model's texts are bytes that the vocabulary spells in the byte alphabet
	size    int              // highest id + 1

	takesStart bool // normalize may remove the first character; matters while loading

	scratch sync.Pool // of *scratch
}

// kind tells how a token is decoded.
type kind uint8

const (
	special  kind = 1 << iota // a control token
	literal                   // decodes to its text as it stands
	byteKind                  // spelled <0xHH>, decodes to that byte
)

func (p *pipeline) Encode(dst []int32, text string, opt Options) []int32 {
	if !opt.NoPostProcess {
		dst = append(dst, p.prefix...)
	}
	sc := p.scratchFor()
	found := func(id int32, _, _ int) { dst = append(dst, id) }
	p.verbatim.cut(text, opt.PlainSpecials, func(start, end int) {
		part := text[start:end]
		for _, f := range p.normalize {
			part = f(part, nil)
		}
		p.rewritten.cut(part, opt.PlainSpecials, func(from, to int) {
			dst = p.words(dst, part[from:to], p.steps, start == 0 && from == 0, sc)
		}, found)
	}, found)
	p.release(sc)
	if !opt.NoPostProcess {
		dst = append(dst, p.suffix...)
	}
	return dst
}

func (p *pipeline) scratchFor() *scratch {
	if sc, _ := p.scratch.Get().(*scratch); sc != nil {
		return sc
	}
	return new(scratch)
}

func (p *pipeline) release(sc *scratch) {
	sc.trim()
	p.scratch.Put(sc)
}

func (p *pipeline) VocabSize() int { return p.size }

func (p *pipeline) IsSpecial(id int32) bool { return p.has(id) && p.kinds[id]&special != 0 }

func (p *pipeline) Token(id int32) (string, bool) {
	if !p.has(id) {
		return "", false
	}
	text := p.text(id)
	if p.spelled && p.kinds[id]&literal == 0 {
		return string(alphabet.Append(nil, text)), true
	}
	return string(text), true
}

func (p *pipeline) ID(token string) (int32, bool) {
	if id, ok := p.named[token]; ok {
		return id, true
	}
	text := []byte(token)
	if p.spelled {
		raw, ok := appendUnspelled(nil, text)
		if !ok {
			return 0, false
		}
		text = raw
	}
	id := p.vocab.LookupBytes(text)
	return id, p.own(id)
}

// own reports whether id is a token of vocab; the model's shadows are not.
func (p *pipeline) own(id int32) bool { return int(id) < p.size-len(p.extra) && p.vocab.Has(id) }

// has reports whether id is a token.
func (p *pipeline) has(id int32) bool {
	return p.own(id) || int(id) < p.size && int(id) >= p.size-len(p.extra)
}

// text returns the text of a token.
func (p *pipeline) text(id int32) []byte {
	if k := int(id) - (p.size - len(p.extra)); k >= 0 {
		return p.extra[k]
	}
	return p.vocab.Text(id)
}

// appendUnspelled appends the bytes that the spelling of a token stands for. If
// it has a character outside the byte alphabet, it stands for itself, and ok is false.
func appendUnspelled(dst, spelling []byte) (_ []byte, ok bool) {
	return alphabet.AppendBytes(dst, spelling)
}
