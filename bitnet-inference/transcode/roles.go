package transcode

// The embedding and the output head in GGUF files.
const (
	embedName = "token_embd"
	headName  = "output"
)
