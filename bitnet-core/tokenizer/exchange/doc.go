// Package exchange carries tokenizers between the files of Hugging Face directories,
// tokenizer.json and tokenizer.model, and the metadata tokenizer.ggml.* of GGUF files:
// [ToGGUF] and [ToJSON].
//
// The two forms describe the same three kinds of models in different words:
//
//	tokenizer.ggml.model  in directories
//	gpt2                  tokenizer.json, byte-level BPE; GGUF names the rule that cuts words
//	llama                 tokenizer.model of type BPE; tokenizer.json, BPE with byte_fallback
//	t5                    tokenizer.model of type Unigram; tokenizer.json, Unigram
//
// In the model "llama" every token has a score, and any two neighbours merge that together
// are a token, the highest score first. A tokenizer.json lists merges. The scores of merges
// that lie in the order of what they make, and leave out none, are that order; other merges
// have none. Scores become all the merges that they stand for.
//
// # What is not carried over
//
// A conversion is exact or an error: normalizers and pre-tokenizers that GGUF has no key
// for are refused by name. Then the result is loaded, and compared with the source over
// texts (the type comparison): some that tokenizers are known to cut differently, every
// token's own text, rows of tokens, runs of characters, added tokens between words. One
// that is encoded differently is an error that quotes it. So are tokens that decode
// differently.
//
// Four things are let pass, with a note. Byte-level files that compose characters (NFC,
// Qwen's) come out as engines have them, which do not. Where a text gets a space in front
// unless it has one (Metaspace), GGUF's rules put it there always, and behind special
// tokens. Added tokens that the model has no embedding for are left out. A token of several
// spaces that is matched before the rest of the model runs is spelled with U+2581 in
// directories, which a text may contain, too. GGUF files cannot tell both, so texts with
// U+2581 may come out differently.
//
// The kinds of Unigram models differ in arithmetic and in how they treat control tokens
// that are to be text (tokenizer.Options.PlainSpecials), which the comparison leaves out.
//
// # Sources
//
// What the keys mean and how directories become them: llama.cpp, convert_hf_to_gguf.py and
// llama-vocab. What tokenizer.json files look like: github.com/huggingface/tokenizers.
package exchange
