// Package engine generates token ids from token ids: prefill of a prompt, then
// one token after another until something says stop. It knows no text; packages
// tokenizer, chat and text stand between it and a reader.
//
// Where the text repeats what the context holds, several tokens are computed at
// once: see [Speculation]. Where a prompt begins as an earlier one did, in this
// session or in a file ([Session.SavePrompt], [Session.LoadPrompt]), the rest is
// computed.
package engine
