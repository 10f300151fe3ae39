package chat

import "time"

// A Message is one turn of a conversation.
type Message struct {
	Role    string // "system", "user" or "assistant"; templates may know more
	Content string
}

// A Template renders a conversation to the prompt text of a model family.
type Template interface {
	// Render returns the prompt. With addGenerationPrompt it ends where the
	// assistant's next answer begins. The text holds control tokens such as
	// "<|eot_id|>", beginning-of-text included where the family wants it: it
	// is to be tokenized with special tokens recognised and none added.
	Render(msgs []Message, addGenerationPrompt bool) (string, error)
	// Name is the built-in format's name, or the one given to FromJinja.
	Name() string
}

// Vars are what a Jinja template may ask for besides the conversation.
type Vars struct {
	BOSToken string // bos_token: the text of the model's token, "" if none
	EOSToken string // eos_token
	// Now is the clock behind strftime_now; nil means time.Now.
	Now func() time.Time
}
