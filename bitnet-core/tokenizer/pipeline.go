package tokenizer

import (
	"strings"
	"sync"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/split"
)

// A pipeline is the Tokenizer that every loader builds: the stages that a text
// passes, in order. All of it is read-only after loading.
type pipeline struct {
	verbatim  *matcher     // 1. tokens found in the text as it is
	normalize []normalizer // 2. rewriting of what is left
	rewritten *matcher     // 3. tokens found in the rewritten text
	mark      string       // 4. what is written for a space, if not a space
	lead      lead         //    and what a stretch of text must begin with
	splits    []split.Func // 5. cutting into words, each within the pieces of the one before
	model     *bpe.Model   // 6. words to ids
	prefix    []int32      // 7. ids added in front
	suffix    []int32      //    and behind

	decoder decoder
	kinds   []kind           // by id
	named   map[string]int32 // ids of tokens that the model's index leaves out, by spelling
	spelled bool             // the model's texts are bytes that the vocabulary spells in the byte alphabet
	size    int              // highest id + 1

	scratch sync.Pool // of *bpe.Scratch
}

// kind tells how a token is decoded.
type kind uint8

const (
	special  kind = 1 << iota // a control token
	literal                   // decodes to its text as it stands
	byteKind                  // spelled <0xHH>, decodes to that byte
)

// lead is a text that is put before a stretch of text unless it begins with it.
type lead struct {
	text      string
	firstOnly bool // only at the start of the input
}

func (p *pipeline) Encode(dst []int32, text string, opt Options) []int32 {
	if !opt.NoPostProcess {
		dst = append(dst, p.prefix...)
	}
	sc, _ := p.scratch.Get().(*bpe.Scratch)
	if sc == nil {
		sc = new(bpe.Scratch)
	}
	found := func(id int32) { dst = append(dst, id) }
	p.verbatim.cut(text, opt.PlainSpecials, func(part string, atStart bool) {
		for _, f := range p.normalize {
			part = f(part)
		}
		p.rewritten.cut(part, opt.PlainSpecials, func(part string, first bool) {
			if p.mark != "" {
				part = strings.ReplaceAll(part, " ", p.mark)
			}
			if l := p.lead; l.text != "" && (!l.firstOnly || atStart && first) && !strings.HasPrefix(part, l.text) {
				part = l.text + part
			}
			dst = p.words(dst, part, p.splits, sc)
		}, found)
	}, found)
	sc.Trim()
	p.scratch.Put(sc)
	if !opt.NoPostProcess {
		dst = append(dst, p.suffix...)
	}
	return dst
}

// words cuts text by the first of splits and what comes out by the others.
func (p *pipeline) words(dst []int32, text string, splits []split.Func, sc *bpe.Scratch) []int32 {
	switch len(splits) {
	case 0:
		return p.model.Append(dst, text, sc)
	case 1:
		f := splits[0]
		for i := 0; i < len(text); {
			end := f(text, i)
			dst = p.model.Append(dst, text[i:end], sc)
			i = end
		}
		return dst
	}
	for i := 0; i < len(text); {
		end := splits[0](text, i)
		dst = p.words(dst, text[i:end], splits[1:], sc)
		i = end
	}
	return dst
}

func (p *pipeline) VocabSize() int { return p.size }

func (p *pipeline) IsSpecial(id int32) bool { return p.has(id) && p.kinds[id]&special != 0 }

func (p *pipeline) Token(id int32) (string, bool) {
	if !p.has(id) {
		return "", false
	}
	text := p.model.Vocab.Text(id)
	if p.spelled && p.kinds[id]&literal == 0 {
		return string(appendSpelling(nil, text)), true
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
	id := p.model.Vocab.LookupBytes(text)
	return id, p.has(id)
}

// has reports whether id is a token; the model's shadows are not.
func (p *pipeline) has(id int32) bool { return int(id) < p.size && p.model.Vocab.Has(id) }
