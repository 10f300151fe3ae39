// Package transcode makes a model file of another format or type from one that
// package checkpoint reads: Hugging Face directories and GGUF files into each other,
// ternary weights from one layout into another, floats into ternary weights and
// back.
//
// [New] opens the source, asks package checkpoint whether it is a model, and makes a
// [Plan]: every tensor of the result with its type, size, source and what happens to it,
// and all metadata. Nothing is written before that is complete. [Plan.Write] then goes
// through the tensors one after the other, in pieces of rows on all processors, so that
// memory does not grow with the model: pages of the source that have been read are let
// go of.
//
// # What happens to a tensor
//
//	copy        the same bytes
//	repack      ternary weights in another layout; codes and scale stay
//	convert     floats or blocks of floats to another type
//	quantize    floats to ternary weights: exact where all have one magnitude, else by
//	            their mean magnitude
//	dequantize  ternary weights to floats
//
// The names of tensors, and which floats are masters, package checkpoint knows of every
// family. In a GGUF file masters become the ternary weights that they stand for, whatever
// the type: no engine rounds them there.
//
// Query and key projections of llama GGUF files have their rows in another order than
// those of all others, and get it on the way.
//
// # Scales
//
// A scale is a float32 in I2_S and a weight_scale tensor in directories. TQ1_0, TQ2_0 and
// Q2_0 have room for a float16; where that does not hold the scale, blocks get 1
// and the scale is a tensor of its own, blk.N.….scale, as the bitnet architectures of
// llama.cpp have it. With graphs without sub-norms (llama, qwen3 and gemma3 but for the
// embedding models) engines may refuse such tensors: there the scale is rounded, which is
// a loss.
// What GGUF cannot say of a checkpoint, such as that its scales divide, is kept under keys
// convert.*, so that the way back gives the same bytes.
//
// # Losses
//
// A step that would change weights is refused with a [LossyError] that names the tensor
// and the difference, unless [Options] allow it. Whether values change is found by
// converting them, not by rules. Rounding the master weights of a checkpoint that is
// declared to be quantized online is what it means, and no loss.
//
// # Ternary models of float ones
//
// With [Options.Ternarize] all projections have to be floats and become ternary, and
// losses are what is asked for. [Plan.Survey] says before that how far weights are from
// what they become, with one scale for a tensor, a row or a group, and whether they look
// as if they had been trained for it. Scales are mean magnitudes, or with
// [Options.Importance] those that leave the least error of outputs, in [Plan.Write] and
// [Plan.Survey] alike.
//
// # Files
//
// The result is made under a temporary name beside its own, is opened once to see whether
// it is the source's graph, and takes its name when it is complete and on disk. What a
// killed process leaves is removed by the next conversion to the same name.
//
// A Plan may be used by one goroutine at a time.
package transcode
