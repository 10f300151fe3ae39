package chat

import "strings"

// placeholder is in the template of Microsoft's BitNet b1.58 2B4T GGUF, which
// is not the format the model was trained on.
const placeholder = "BITNETAssistant"

// Detect returns the name of the built-in format that a model needs, "" if none
// is known. jinja is the template that came with the model ("" if none did),
// arch its architecture as its files name it, and model its name. override says
// that the template must not be used even though there is one; otherwise it is
// to be preferred to the built-in format, which then is a substitute for a
// template that [FromJinja] refuses.
func Detect(jinja, arch, model string) (builtin string, override bool) {
	if strings.Contains(jinja, placeholder) {
		return "bitnet-2b4t", true
	}
	if jinja != "" {
		return family(jinja, model), false
	}
	name := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(model))
	has := func(part string) bool { return strings.Contains(name, part) }
	instruct := has("instruct") || has("chat")
	switch {
	case strings.HasPrefix(strings.ToLower(arch), "bitnet") && has("2b4t"):
		return "bitnet-2b4t", false
	case has("falcon3") && instruct:
		return "falcon3", false
	case has("llama3") && instruct:
		return "llama3", false
	case has("tinyllama") && instruct, has("zephyr"):
		return "zephyr", false
	case has("llama2") && instruct:
		return "llama2", false
	case has("mistral") && instruct:
		return "mistral", false
	case has("gemma") && (instruct || strings.HasSuffix(name, "it")):
		return "gemma", false
	case has("qwen") && instruct:
		return "chatml", false
	}
	return "", false
}

// family tells a template by the control tokens in its source, as llama.cpp
// does.
func family(jinja, model string) string {
	has := func(marks ...string) bool {
		for _, m := range marks {
			if !strings.Contains(jinja, m) {
				return false
			}
		}
		return true
	}
	switch {
	case has("<|im_start|>", "<|im_end|>"):
		return "chatml"
	case has("<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"):
		return "llama3"
	case has("| capitalize + ': '", "<|eot_id|>"):
		return "bitnet-2b4t"
	case has("<start_of_turn>", "<end_of_turn>"):
		return "gemma"
	case has("[INST]", "<<SYS>>"):
		return "llama2"
	case has("[INST]"):
		return "mistral"
	case has("<|user|>", "<|end|>"): // Phi 3
		return ""
	case has("<|user|>", "<|assistant|>", "eos_token"):
		if strings.Contains(strings.ToLower(model), "falcon") {
			return "falcon3"
		}
		if strings.Count(jinja, "eos_token") >= 3 { // behind every role
			return "zephyr"
		}
	}
	return ""
}
