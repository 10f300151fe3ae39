// Package score asks a model about given text instead of generating: the logits
// after every token, and from them the perplexity. It runs either path, fast or
// reference, behind one interface.
package score
