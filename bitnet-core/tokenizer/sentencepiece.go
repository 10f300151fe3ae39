package tokenizer

import (
	"errors"
	"fmt"
	"math"

	"github.com/bitnet-go/bitnet/bitnet-core/tokenizer/internal/bpe"
)

// LoadSentencePiece reads a SentencePiece model, of type BPE such as Llama-2's
// and Mistral's tokenizer.model, or of type Unigram such as T5's. name stands for
// the file in errors. With a model of type BPE, Encode puts the BOS token in
// front, as those models want it. The others want different things, which the
// file does not say, and get the ids of the text alone.
func LoadSentencePiece(data []byte, name string) (Tokenizer, error) {
	p, err := loadSentencePiece(data)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", name, err)
	}
	return p, nil
}

// Numbers of the fields that matter in sentencepiece_model.proto.
const (
	modelPieces, modelTrainer, modelNormalizer = 1, 2, 3

	pieceText, pieceScore, pieceKind = 1, 2, 3

	trainerModelType, trainerSuffix                   = 3, 24
	trainerUnk, trainerBOS, trainerEOS                = 40, 41, 42
	normalizerCharsMap, normalizerPrefix              = 2, 3
	normalizerExtraSpaces, normalizerEscapeWhitespace = 4, 5
)

// What Unigram models in GGUF files are refused for too.
var (
	errSuffix   = errors.New("models that write spaces behind words cannot be read")
	errNoEscape = errors.New("models that do not escape white space cannot be read")
)

var errTiktoken = errors.New("this is a tiktoken file, not a SentencePiece model; the model's tokenizer.json can be read in its place")

func loadSentencePiece(data []byte) (*pipeline, error) {
	s, err := readSentencePiece(data)
	if err != nil {
		return nil, err
	}
	if !s.unigram && len(s.charsmap) > 0 {
		return nil, fmt.Errorf("the model normalizes characters by a table, which cannot be read for BPE; only the identity can")
	}
	// These are known to the vocabulary, but not added to texts.
	s.eos = bpe.None
	if s.unigram {
		s.bos = bpe.None
	}
	return s.build()
}

// readSentencePiece reads what a model says, with the ids of BOS and EOS whether they
// are added or not.
func readSentencePiece(data []byte) (*scored, error) {
	if looksLikeTiktoken(data) {
		return nil, errTiktoken
	}
	s := &scored{unk: 0, bos: 1, eos: 2, fuseUnk: true, spacePrefix: true, collapse: true, userMarks: true}
	modelType := uint64(1)
	err := eachField(data, func(number int, _ uint64, msg []byte) error {
		switch number {
		case modelPieces:
			return s.readPiece(msg)
		case modelTrainer:
			return eachField(msg, func(number int, value uint64, _ []byte) error {
				switch number {
				case trainerModelType:
					modelType = value
				case trainerSuffix:
					if value != 0 {
						return errSuffix
					}
				case trainerUnk:
					s.unk = int32(value)
				case trainerBOS:
					s.bos = int32(value)
				case trainerEOS:
					s.eos = int32(value)
				}
				return nil
			})
		case modelNormalizer:
			return eachField(msg, func(number int, value uint64, bytes []byte) error {
				switch number {
				case normalizerCharsMap:
					s.charsmap = bytes
				case normalizerPrefix:
					s.spacePrefix = value != 0
				case normalizerExtraSpaces:
					s.collapse = value != 0
				case normalizerEscapeWhitespace:
					if value == 0 {
						return errNoEscape
					}
				}
				return nil
			})
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(s.texts) == 0 {
		return nil, fmt.Errorf("no pieces: not a SentencePiece model")
	}
	switch modelType {
	case 1:
		s.unigram = true
	case 2:
	default:
		return nil, fmt.Errorf("the model is of type %d; only Unigram (1) and BPE (2) can be read", modelType)
	}
	for _, id := range []*int32{&s.unk, &s.bos, &s.eos} {
		if *id < 0 {
			*id = bpe.None
		}
	}
	return s, nil
}

func (s *scored) readPiece(msg []byte) error {
	text, score, typ := "", float32(0), uint64(TypeNormal)
	err := eachField(msg, func(number int, value uint64, bytes []byte) error {
		switch number {
		case pieceText:
			text = string(bytes)
		case pieceScore:
			score = math.Float32frombits(uint32(value))
		case pieceKind:
			typ = value
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("piece %d: %w", len(s.texts), err)
	case text == "":
		return fmt.Errorf("piece %d is empty", len(s.texts))
	case typ < uint64(TypeNormal) || typ > uint64(TypeByte):
		return fmt.Errorf("piece %d: the type %d is unknown", len(s.texts), typ)
	}
	s.texts = append(s.texts, text)
	s.scores = append(s.scores, score)
	s.types = append(s.types, pieceType(typ))
	return nil
}
