// Package score asks a model about given text instead of generating: the logits
// after every token, and from them the perplexity, the probabilities of endings, and how
// far one model's predictions are from another's. It runs either path, fast or
// reference, behind one interface; the fast one computes many sequences in a pass.
package score
