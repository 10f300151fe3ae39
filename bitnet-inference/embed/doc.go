// Package embed makes one vector of a text: the hidden states of its tokens after the
// output norm, pooled, and divided by their L2 norm. The dot product of two such vectors
// is the cosine of the angle between them.
//
// An [Embedder] pools as the model's files say, or by the last token, as the BitNet
// embedding models do. What a text ends with decides what its last token has seen, so such
// a text ends with the end-of-text token, whether the tokenizer puts it there or not.
// Some models want a sentence before a query that says what is searched for; that is the
// caller's to write.
//
// The output head is not used.
package embed
