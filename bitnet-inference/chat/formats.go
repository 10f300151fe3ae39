package chat

import "fmt"

// The chat format of BitNet b1.58 2B4T, as its tokenizer_config.json has it,
// behind the beginning-of-text token that its tokenizer adds.
func bitnet2B4T(p *prompt, msgs []Message, addGenerationPrompt bool) error {
	p.token("<|begin_of_text|>")
	for _, m := range msgs {
		p.text(capitalize(m.Role) + ": " + trim(m.Content)).token("<|eot_id|>")
	}
	if addGenerationPrompt {
		p.text("Assistant: ")
	}
	return nil
}

// ChatML, as Qwen and many others use it, without a default system message.
func chatML(p *prompt, msgs []Message, addGenerationPrompt bool) error {
	for _, m := range msgs {
		p.token("<|im_start|>").text(m.Role + "\n" + m.Content).token("<|im_end|>").text("\n")
	}
	if addGenerationPrompt {
		p.token("<|im_start|>").text("assistant\n")
	}
	return nil
}

// Falcon 3 Instruct.
func falcon3(p *prompt, msgs []Message, addGenerationPrompt bool) error {
	for i, m := range msgs {
		p.token("<|" + m.Role + "|>").text("\n" + m.Content)
		if m.Role != "assistant" {
			p.text("\n")
			continue
		}
		p.token("<|endoftext|>")
		if i < len(msgs)-1 {
			p.text("\n")
		}
	}
	if addGenerationPrompt {
		p.token("<|assistant|>").text("\n")
	}
	return nil
}

// Gemma 2 and 3. There is no system turn: as in Gemma 3's own template the
// system message begins the first user turn.
func gemma(p *prompt, msgs []Message, addGenerationPrompt bool) error {
	p.token("<bos>")
	system, msgs, err := turns("gemma", msgs)
	if err != nil {
		return err
	}
	if system != "" {
		system += "\n\n"
	}
	for _, m := range msgs {
		role := m.Role
		if role == "assistant" {
			role = "model"
		}
		p.token("<start_of_turn>").text(role + "\n" + system + trim(m.Content)).token("<end_of_turn>").text("\n")
		system = ""
	}
	if addGenerationPrompt {
		p.token("<start_of_turn>").text("model\n")
	}
	return nil
}

// Llama 2 Chat. Its brackets are plain text, and so cannot be told from a
// user's.
func llama2(p *prompt, msgs []Message, _ bool) error {
	system, msgs, err := turns("llama2", msgs)
	if err != nil {
		return err
	}
	if system != "" {
		system = "<<SYS>>\n" + system + "\n<</SYS>>\n\n"
	}
	for _, m := range msgs {
		if m.Role == "user" {
			p.token("<s>").text("[INST] " + trim(system+m.Content) + " [/INST]")
		} else {
			p.text(" " + trim(m.Content) + " ").token("</s>")
		}
		system = ""
	}
	return nil
}

// Llama 3 Instruct.
func llama3(p *prompt, msgs []Message, addGenerationPrompt bool) error {
	p.token("<|begin_of_text|>")
	header := func(role string) {
		p.token("<|start_header_id|>").text(role).token("<|end_header_id|>").text("\n\n")
	}
	for _, m := range msgs {
		header(m.Role)
		p.text(trim(m.Content)).token("<|eot_id|>")
	}
	if addGenerationPrompt {
		header("assistant")
	}
	return nil
}

// Mistral 7B Instruct v0.2; a system message begins the first user turn. As in
// Llama 2 the brackets are plain text.
func mistral(p *prompt, msgs []Message, _ bool) error {
	p.token("<s>")
	system, msgs, err := turns("mistral", msgs)
	if err != nil {
		return err
	}
	if system != "" {
		system += "\n\n"
	}
	for _, m := range msgs {
		if m.Role == "user" {
			p.text("[INST] " + system + m.Content + " [/INST]")
		} else {
			p.text(m.Content).token("</s>")
		}
		system = ""
	}
	return nil
}

// Zephyr and TinyLlama Chat. The roles are plain text.
func zephyr(p *prompt, msgs []Message, addGenerationPrompt bool) error {
	for _, m := range msgs {
		p.text("<|" + m.Role + "|>\n" + m.Content).token("</s>").text("\n")
	}
	if addGenerationPrompt {
		p.text("<|assistant|>\n")
	}
	return nil
}

// turns splits off the system message, for families without a system turn;
// user and assistant must alternate in them.
func turns(format string, msgs []Message) (system string, rest []Message, err error) {
	if len(msgs) > 0 && msgs[0].Role == "system" {
		system, msgs = msgs[0].Content, msgs[1:]
	}
	for i, m := range msgs {
		if (m.Role == "user") != (i%2 == 0) {
			return "", nil, fmt.Errorf("chat: format %s needs user and assistant messages in turn, beginning with the user's", format)
		}
	}
	return system, msgs, nil
}
