// Package choices asks a model questions with several answers: which of the ways in
// which a text may go on does it find likeliest? [Parse] reads the items of ARC, PIQA and
// HellaSwag and those of others, [Evaluate] scores them.
//
// # Tokens
//
// A beginning is tokenized with each of its endings, as one text, and for itself. What
// comes first in all of these is the context, and the rest of each text is its ending, of
// which every token is predicted. So where the last characters of a beginning merge with an
// ending's first ones into one token, that token belongs to the ending, for all endings
// alike. Without such merges, which a space at the border mostly prevents, tokens are divided as
// by lm-eval, the Language Model Evaluation Harness. Items that are too long lose tokens
// at their start, after that for the beginning of a text. An item takes the context with its
// longest ending; lm-eval, which never reads an ending's last token, has room for one more.
//
// Endings of [Instructions] have no space around them; PIQA's own that end in one keep it in
// lm-eval.
//
// # Choices
//
// Each item is decided in three ways, by the largest
//
//	sum         of the logarithms of the ending's probabilities: lm-eval's acc
//	by chars    the sum divided by the characters of the ending, without the space before
//	            it, but with one of its own, as "[step] Mix" has: lm-eval's acc_norm
//	by tokens   the mean over the ending's tokens: llama-perplexity's --hellaswag, but that
//	            it leaves out tokens with which all four endings begin
//
// The first of several that are equal is chosen.
package choices
