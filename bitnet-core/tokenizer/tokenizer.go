package tokenizer

// Options say how Encode treats a text. The zero value does what the Hugging
// Face library's encode(add_special_tokens=True) does.
type Options struct {
	NoPostProcess bool // leave out the tokens that the post-processor adds (BOS and the like)
	PlainSpecials bool // special tokens that occur in the text are text
}

// A Tokenizer turns text into token ids and back. It is safe for concurrent use.
type Tokenizer interface {
	// Encode appends the ids of text to dst.
	Encode(dst []int32, text string, opt Options) []int32

	// AppendToken appends the bytes that id stands for when decoding, without
	// regard to its neighbours; a special token stands for its spelling, an
	// unknown id for nothing. The bytes may be a part of a character.
	AppendToken(dst []byte, id int32) []byte

	// Decode returns the text of ids, without the special tokens if
	// skipSpecial. Unknown ids are passed over. Bytes that do not make valid
	// UTF-8 become U+FFFD.
	Decode(ids []int32, skipSpecial bool) string

	// VocabSize is the highest id + 1.
	VocabSize() int

	// Token returns the vocabulary's own spelling of id ("Ġthe", "▁the", "<0x0A>").
	Token(id int32) (string, bool)

	// ID is the inverse of Token; it knows added and special tokens too.
	ID(token string) (int32, bool)

	// IsSpecial reports whether id is a control token that Decode can skip.
	IsSpecial(id int32) bool
}
