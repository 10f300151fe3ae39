package tokenizer

import "fmt"

// Types of tokens: the numbers of SentencePiece models and of tokenizer.ggml.token_type.
const (
	TypeNormal  = 1
	TypeUnknown = 2 // stands for characters outside the vocabulary
	TypeControl = 3
	TypeUser    = 4 // matched in the text before anything else
	TypeUnused  = 5
	TypeByte    = 6 // spelled <0xHH>
)

// Pieces is what a SentencePiece model says of its tokens and of texts. Ids are
// positions in the three lists.
type Pieces struct {
	Unigram bool // else BPE

	Texts  []string
	Scores []float32
	Types  []int32

	Unk int32 // stands for what is in no token, or -1

	Charsmap    []byte // the table by which characters are replaced, or nil
	SpacePrefix bool   // a text begins with a space
	Collapse    bool   // runs of spaces are one space, none at the ends
}

// ReadPieces reads a SentencePiece model for what is in it. It does not build a tokenizer,
// so it accepts some that LoadSentencePiece refuses. name stands for the file in errors.
// The result may share memory with data.
func ReadPieces(data []byte, name string) (*Pieces, error) {
	s, err := readSentencePiece(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", name, err)
	}
	p := &Pieces{
		Unigram: s.unigram, Texts: s.texts, Scores: s.scores, Types: make([]int32, len(s.types)),
		Unk:      s.unk,
		Charsmap: s.charsmap, SpacePrefix: s.spacePrefix, Collapse: s.collapse,
	}
	for i, t := range s.types {
		p.Types[i] = int32(t)
	}
	return p, nil
}
