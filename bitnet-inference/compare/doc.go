// Package compare says how two models differ: their graphs, settings, metadata and
// tokenizers, their weights tensor by tensor, and what they predict.
//
// # Weights
//
// [Read] finds the tensors of a model and its tokenizer. [Models] goes by roles, not by the
// names in files, so a Hugging Face directory may be compared with a GGUF file. Query and
// key projections of llama GGUF files have their rows in another order than those of all
// others; rows are then compared with those that mean the same, and places count rows of A.
//
//	both ternary   how many codes differ and where first, and how far scales are apart
//	both dense     how many values differ and where first, the largest and the mean
//	               difference, the relative one: √(Σ(a−b)² / max(Σa², Σb²))
//	one of each    the values as if both were dense, and the codes, too, where the dense
//	               values are −s, 0 and s
//
// Types of storage do not count: float16 that holds the values of float32 is the
// same. Master weights that loading makes ternary are compared as what they become.
//
// Tensors that differ widely are looked for among those of the other model that do, so
// that two whose names are swapped are found.
//
// # Predictions
//
// [Logits] runs both models on the same ids in turns and measures at each position
// the Kullback–Leibler divergence of B's next token from A's, Σ p_A·ln(p_A/p_B), in
// nats, and whether the likeliest token is the same.
//
// # Memory
//
// Tensors are read one after the other, in chunks of rows on all processors, and pages
// of mapped files that have been read are let go of, those of tensors that are looked
// for a second time, too. Before that, [Read] reads each model through once to check it,
// so that the pages of one file at a time are resident; master weights are kept in packed
// form. Of the logits there is a block of each model, of some MiB.
package compare
