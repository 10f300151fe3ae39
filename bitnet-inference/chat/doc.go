// Package chat turns a conversation into the text a model was trained to
// continue.
//
// A chat model has seen conversations in one exact format: which control tokens
// stand around a turn, how roles are written, where line breaks are. Another
// format works badly without any error. There are two sources of formats:
//
//   - [FromJinja]: the template a model ships (tokenizer_config.json,
//     chat_template.jinja, tokenizer.chat_template in GGUF), in the Jinja
//     dialect of Hugging Face transformers
//   - [Builtin]: formats of known families, for models that ship none or a
//     wrong one, with the tokens that end an answer ([Format.Stops])
//
// [Detect] names the built-in format for a model and says when it must replace
// the model's own template. A caller that loads a model does:
//
//	builtin, override := chat.Detect(jinja, arch, model)
//	if jinja != "" && !override {
//		t, err = chat.FromJinja(jinja, model, vars) // if refused, try builtin and tell the user
//	} else if f, ok := chat.Builtin(builtin); ok {
//		t = f
//	} // else there is no format: continue text
//
// The prompt holds control tokens as text and is tokenized with special tokens
// recognised, so a user who types one could end the turn. [Format.Segments]
// keeps them apart; Jinja templates produce one text only.
//
// # Jinja
//
// Templates run in the gonja library. Where it differs from Jinja2, its syntax
// tree is rewritten on loading: conditional expressions inside brackets, the
// precedence of filters behind "in", None apart from undefined, negative
// indices, arithmetic, tuples, the order of mappings, string methods, default,
// tojson and round. A construct it lacks is an error when the template is
// loaded (tags, syntax) or when it is reached (filters, tests, methods), as are
// the % operator on strings, set with several names, recursive loops, adjacent
// string literals, include, import, extends and block. As in transformers'
// sandbox nothing can change a list or mapping, and nothing reads files.
//
// Known differences that stay: integers have 64 bits, undefined equals none,
// strings compare with numbers without an error, upper and lower map letter by
// letter (ß stays), sort and capitalize know no locale.
//
// # Bounds
//
// A model file is not trusted. Before the engine sees a template, its size and
// the depth of its brackets and blocks are checked; expressions are checked for
// depth once parsed. While it runs, on the caller's goroutine, everything that
// can repeat or grow (loop rounds, calls, operators, filters, methods, written
// text) is charged to a budget of work and memory that grows with the
// conversation, and to a deadline of five seconds; macros may call each other
// 100 deep and range gives at most 100,000 numbers. Nothing goes on after an
// error, and a panic of the engine becomes one.
//
// Templates and formats are safe for concurrent use.
package chat
