package cli

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// windowTokens is the length of windows if -c does not say: llama-perplexity's.
const windowTokens = 512

// pieces counts what the text is divided into.
func (o *perplexityOptions) pieces(n int) string {
	if o.file != "" {
		return plural(n, "window")
	}
	return plural(n, "text")
}

// length returns the most tokens of a sequence.
func (o *perplexityOptions) length(l *loaded) int {
	switch most := l.ck.Config.ContextLength; {
	case o.context > 0:
		return o.context
	case o.file != "":
		return min(most, windowTokens)
	default:
		return most
	}
}

// sequences returns the texts alone.
func (o *perplexityOptions) sequences(l *loaded) ([]score.Sequence, error) {
	all, _, err := o.texts(l)
	return all, err
}

// texts reads the texts and returns them as the token sequences to score, which predict
// one token at least, and how many of --docs were cut.
func (o *perplexityOptions) texts(l *loaded) (all []score.Sequence, cut int, err error) {
	length := o.length(l)
	if most := l.ck.Config.ContextLength; length > most {
		return nil, 0, usagef("-c is %d, and this model's context takes 2 to %d tokens", length, most)
	}
	path := inputName(o.docs + o.file)
	if o.file != "" {
		all, err = o.windows(l, string(o.content), length)
	} else {
		all, cut, err = documents(l, path, o.content, length)
	}
	if err != nil {
		return nil, 0, err
	}
	for _, q := range all {
		if q.From < len(q.IDs) {
			return all, cut, nil
		}
	}
	if o.halves {
		return nil, 0, fmt.Errorf("%s has nothing to predict: --second-half wants a whole window of %d tokens at least; choose a shorter one with -c", path, length)
	}
	return nil, 0, errors.New(path + " has nothing to predict: a text needs two tokens at least")
}

// asText tokenizes a text that is read, not asked: whatever it spells out, it is text.
var asText = tokenizer.Options{NoPostProcess: true, PlainSpecials: true}

func (o *perplexityOptions) windows(l *loaded, text string, length int) ([]score.Sequence, error) {
	ids, bos := l.tok.Encode(nil, text, asText), tokenizer.BOS(l.tok)
	if o.halves {
		return score.SecondHalves(ids, bos, length), nil
	}
	room := length
	if bos >= 0 {
		room--
	}
	if o.stride > room {
		return nil, usagef("--stride is %d, and windows of %d tokens take %d of the text: give less, or longer windows with -c", o.stride, length, room)
	}
	return score.Windows(ids, bos, length, o.stride), nil
}

// documents returns the texts of a JSON array, each for itself, and how many were cut.
func documents(l *loaded, path string, data []byte, length int) (all []score.Sequence, cut int, err error) {
	var docs []string
	if err := json.Unmarshal(data, &docs); err != nil {
		return nil, 0, fmt.Errorf("%s: want a JSON array of strings: %w", path, err)
	}
	if len(docs) == 0 {
		return nil, 0, errors.New(path + ": the array of texts is empty")
	}
	var begin []int32
	if bos := tokenizer.BOS(l.tok); bos >= 0 {
		begin = []int32{bos}
	}
	for _, doc := range docs {
		ids := l.tok.Encode(begin[:len(begin):len(begin)], doc, asText)
		if len(ids) > length {
			ids = ids[:length]
			cut++
		}
		all = append(all, score.Sequence{IDs: ids, From: 1})
	}
	return all, cut, nil
}
