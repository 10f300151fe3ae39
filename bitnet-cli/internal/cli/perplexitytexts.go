package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer"
	"github.com/bitnet-go/bitnet/bitnet-inference/score"
)

// windowTokens is the length of windows if -c does not say: llama-perplexity's.
const windowTokens = 512

// sequences reads the texts and returns them as the token sequences to score, which
// predict one token at least.
func (o *perplexityOptions) sequences(l *loaded) ([]score.Sequence, error) {
	length := l.ck.Config.ContextLength
	if o.context > length {
		return nil, usagef("-c is %d, and this model's context takes 2 to %d tokens", o.context, length)
	}
	switch {
	case o.context > 0:
		length = o.context
	case o.file != "":
		length = min(length, windowTokens)
	}
	path := o.docs + o.file
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the text: %w", err)
	}
	var all []score.Sequence
	if o.file != "" {
		all = o.windows(l, string(data), length)
	} else if all, err = documents(l, path, data, length); err != nil {
		return nil, err
	}
	for _, q := range all {
		if q.From < len(q.IDs) {
			return all, nil
		}
	}
	if o.halves {
		return nil, fmt.Errorf("%s has nothing to predict: --second-half wants a whole window of %d tokens at least; choose a shorter one with -c", path, length)
	}
	return nil, errors.New(path + " has nothing to predict: a text needs two tokens at least")
}

// asText tokenizes a text to be predicted: whatever it spells out, it is text.
var asText = tokenizer.Options{NoPostProcess: true, PlainSpecials: true}

func (o *perplexityOptions) windows(l *loaded, text string, length int) []score.Sequence {
	ids := l.tok.Encode(nil, text, asText)
	if o.halves {
		return score.SecondHalves(ids, tokenizer.BOS(l.tok), length)
	}
	return score.Windows(ids, tokenizer.BOS(l.tok), length, o.stride)
}

// documents returns the texts of a JSON array, each for itself.
func documents(l *loaded, path string, data []byte, length int) ([]score.Sequence, error) {
	var docs []string
	if err := json.Unmarshal(data, &docs); err != nil {
		return nil, fmt.Errorf("%s: want a JSON array of strings: %w", path, err)
	}
	if len(docs) == 0 {
		return nil, errors.New(path + ": the array of texts is empty")
	}
	var begin []int32
	if bos := tokenizer.BOS(l.tok); bos >= 0 {
		begin = []int32{bos}
	}
	all := make([]score.Sequence, len(docs))
	for i, doc := range docs {
		ids := l.tok.Encode(begin[:len(begin):len(begin)], doc, asText)
		all[i] = score.Sequence{IDs: ids[:min(len(ids), length)], From: 1}
	}
	return all, nil
}
