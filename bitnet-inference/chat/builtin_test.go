package chat

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var conversation = []Message{
	{"system", "Be terse."},
	{"user", " Hi <|eot_id|> "},
	{"assistant", "Hello"},
	{"user", "Bye"},
}

func TestBuiltinFormats(t *testing.T) {
	want := map[string]string{
		"bitnet-2b4t": "<|begin_of_text|>System: Be terse.<|eot_id|>User: Hi <|eot_id|><|eot_id|>Assistant: Hello<|eot_id|>User: Bye<|eot_id|>Assistant: ",
		"chatml": "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\n Hi <|eot_id|> <|im_end|>\n" +
			"<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n",
		"falcon3": "<|system|>\nBe terse.\n<|user|>\n Hi <|eot_id|> \n<|assistant|>\nHello<|endoftext|>\n<|user|>\nBye\n<|assistant|>\n",
		"gemma": "<bos><start_of_turn>user\nBe terse.\n\nHi <|eot_id|><end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n" +
			"<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
		"llama2": "<s>[INST] <<SYS>>\nBe terse.\n<</SYS>>\n\n Hi <|eot_id|> [/INST] Hello </s><s>[INST] Bye [/INST]",
		"llama3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe terse.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n" +
			"Hi <|eot_id|><|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHello<|eot_id|>" +
			"<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
		"mistral": "<s>[INST] Be terse.\n\n Hi <|eot_id|>  [/INST]Hello</s>[INST] Bye [/INST]",
		"zephyr":  "<|system|>\nBe terse.</s>\n<|user|>\n Hi <|eot_id|> </s>\n<|assistant|>\nHello</s>\n<|user|>\nBye</s>\n<|assistant|>\n",
	}
	require.True(t, slices.IsSorted(Builtins()))
	require.Len(t, want, len(Builtins()))
	for _, name := range Builtins() {
		t.Run(name, func(t *testing.T) {
			f, ok := Builtin(name)
			require.True(t, ok)
			require.Equal(t, name, Template(f).Name())
			text, err := f.Render(conversation, true)
			require.NoError(t, err)
			require.Equal(t, want[name], text)

			require.NotEmpty(t, f.Stops())
			f.Stops()[0] = "changed"
			require.NotEqual(t, "changed", f.Stops()[0])

			// What a user wrote is never in a special segment, and plain
			// segments never touch.
			segments, err := f.Segments(conversation, true)
			require.NoError(t, err)
			var parts []string
			users := 0
			for i, s := range segments {
				parts = append(parts, s.Text)
				require.NotEmpty(t, s.Text)
				require.False(t, i > 0 && !s.Special && !segments[i-1].Special, "two plain segments side by side")
				if !s.Special && strings.Contains(s.Text, "Hi <|eot_id|>") {
					users++
				}
			}
			require.Equal(t, text, strings.Join(parts, ""))
			require.Equal(t, 1, users)

			_, err = f.Render([]Message{{"tool", "x"}}, true)
			require.ErrorContains(t, err, `chat: message 1: role "tool", format `+name)
			_, err = f.Render([]Message{{"user", "x"}, {"system", "y"}}, true)
			require.ErrorContains(t, err, "system message only as the first")
			_, err = f.Render(nil, true)
			require.NoError(t, err)
		})
	}
	_, ok := Builtin("none such")
	require.False(t, ok)
}

func TestTurnsMustAlternate(t *testing.T) {
	for _, name := range []string{"gemma", "llama2", "mistral"} {
		f, _ := Builtin(name)
		_, err := f.Render([]Message{{"user", "a"}, {"user", "b"}}, true)
		require.ErrorContains(t, err, "in turn", name)
	}
}

// The built-in formats say what the templates that models ship say. Index is
// the template's line in ollama-templates.jsonl, counted from 0.
func TestBuiltinsEqualShippedTemplates(t *testing.T) {
	all := templates(t)
	const system, noSystem = 0, 1 // which message is the first
	for _, c := range []struct {
		builtin, template string
		first             int
		lengths           []int // of conversations
		vars              Vars
	}{
		{"chatml", "ollama-templates.jsonl#6", system, []int{1, 2, 3, 4}, Vars{}},
		{"chatml", "Qwen-Qwen2.5-7B-Instruct.jinja", system, []int{2, 3, 4}, Vars{}},
		// At 3 it puts empty thoughts into an answer without any.
		{"chatml", "Qwen-Qwen3-0.6B.jinja", system, []int{2, 4}, Vars{}},
		{"gemma", "ollama-templates.jsonl#21", noSystem, []int{1, 2, 3}, Vars{BOSToken: "<bos>"}},
		{"gemma", "google-gemma-2-2b-it.jinja", noSystem, []int{1, 2, 3}, Vars{BOSToken: "<bos>"}},
		{"llama2", "ollama-templates.jsonl#12", system, []int{2, 3, 4}, Vars{BOSToken: "<s>", EOSToken: "</s>"}},
		{"llama3", "ollama-templates.jsonl#22", system, []int{1, 2, 3, 4}, Vars{BOSToken: "<|begin_of_text|>"}},
		{"mistral", "ollama-templates.jsonl#10", noSystem, []int{1, 2, 3}, Vars{BOSToken: "<s>", EOSToken: "</s>"}},
		{"zephyr", "ollama-templates.jsonl#2", system, []int{1, 2, 3, 4}, Vars{EOSToken: "</s>"}},
	} {
		source, ok := all[c.template]
		require.True(t, ok, c.template)
		shipped, err := FromJinja(source, c.template, c.vars)
		require.NoError(t, err)
		f, _ := Builtin(c.builtin)
		for _, n := range c.lengths {
			msgs := conversation[c.first : c.first+n]
			generate := msgs[n-1].Role == "user"
			want, err := shipped.Render(msgs, generate)
			require.NoError(t, err)
			got, err := f.Render(msgs, generate)
			require.NoError(t, err)
			require.Equal(t, want, got, "%s, %d messages", c.template, n)
		}
		detected, override := Detect(source, "llama", "")
		require.Equal(t, c.builtin, detected, c.template)
		require.False(t, override)
	}
}

func TestDetect(t *testing.T) {
	for name, c := range map[string]struct {
		jinja, arch, model string
		want               string
		override           bool
	}{
		"Microsoft's placeholder": {"{% for m in messages %}Human: {{ m }}\n\nBITNETAssistant: {% endfor %}", "bitnet-b1.58", "bitnet2b", "bitnet-2b4t", true},
		"2B4T's own":              {"{% set content = message['role'] | capitalize + ': '+ message['content'] | trim + '<|eot_id|>' %}", "", "", "bitnet-2b4t", false},
		"2B4T without":            {"", "bitnet-b1.58", "BitNet-b1.58-2B-4T", "bitnet-2b4t", false},
		"first upload":            {"", "bitnet-25", "bitnet2b_2b4t", "bitnet-2b4t", false},
		"of a directory":          {"", "BitNetForCausalLM", "BitNet-b1.58-2B-4T", "bitnet-2b4t", false},
		"another of its kind":     {"", "bitnet-b1.58", "fable 29M", "", false},
		"1bitLLM is no chat":      {"", "bitnet", "bitnet_b1_58-3B", "", false},
		"Falcon 3":                {"", "llama", "tiiuae/Falcon3-7B-Instruct-1.58bit", "falcon3", false},
		"Falcon 3's template":     {"{{ '<|user|>\n' }}{{ '<|assistant|>\n' + c + eos_token }}", "llama", "Falcon3-1B-Instruct", "falcon3", false},
		"Falcon 3 base":           {"", "llama", "Falcon3-7B-Base-1.58bit", "", false},
		"Llama 3 base":            {"", "llama", "Llama3-8B-1.58-100B-tokens", "", false},
		"Llama 3":                 {"", "llama", "Meta-Llama-3-8B-Instruct", "llama3", false},
		"Phi 3":                   {"<|user|> <|end|> <|assistant|> eos_token", "phi3", "", "", false},
		"unknown":                 {"{{ messages }}", "llama", "Falcon3-1B-Instruct", "", false},
		"nothing":                 {"", "", "", "", false},
	} {
		got, override := Detect(c.jinja, c.arch, c.model)
		require.Equal(t, c.want, got, name)
		require.Equal(t, c.override, override, name)
		if got != "" {
			_, ok := Builtin(got)
			require.True(t, ok)
		}
	}
}
