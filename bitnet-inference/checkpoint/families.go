package checkpoint

// families are the architectures that run, most particular first: the first that
// claims a config.json reads it. Each has a file of its own.
var families = []*family{
	&oneBitLLM,
	&bitnet2B4T,
	&llama,
	&qwen3,
	&gemma3,
}
