#!/usr/bin/env python3
"""Writes tiny random checkpoints of Qwen 3 and Gemma 3, and what the public transformers
code computes with them in float32 on a CPU.

    scripts/embed_golden.py testdata/golden/embed

needs torch and transformers. The dense models are the library's own, and so are the
graphs of the ternary ones, the BitNet embedding models: there every linear layer of the
library is replaced by one that norms its input, rounds it to 8 bits and multiplies it
with weights made ternary, as docs/bitnet-embeddings-i2s-guide.md of microsoft/BitNet
describes it. Tensors of those have the names that its conversion script reads, without
"model." in front.
"""

import json
import pathlib
import sys

import torch
from safetensors.torch import save_file
from transformers import Gemma3ForCausalLM, Gemma3TextConfig, Qwen3Config, Qwen3ForCausalLM

SEED = 158
VOCABULARY = 120
STEPS = 6  # of the greedy continuation


class BitLinear(torch.nn.Module):
    """A ternary layer on a norm of its input, in 8 bits a row."""

    def __init__(self, linear, eps):
        super().__init__()
        self.weight = linear.weight
        self.norm = torch.nn.RMSNorm(linear.in_features, eps=eps)

    def forward(self, x):
        x = self.norm(x)
        s = 127 / x.abs().amax(-1, keepdim=True).clamp(min=1e-5)
        q = (x * s).round().clamp(-128, 127)
        mean = self.weight.abs().mean().clamp(min=1e-5)
        codes = (self.weight / mean).round().clamp(-1, 1)
        return q @ codes.T * mean / s


def ternary(model, eps):
    for layer in model.model.layers:
        for block in (layer.self_attn, layer.mlp):
            for name, child in list(block.named_children()):
                if isinstance(child, torch.nn.Linear):
                    setattr(block, name, BitLinear(child, eps))


def randomize(model, gemma):
    """Weights that let every part of the graph matter."""
    for name, p in model.named_parameters():
        if p.dim() == 2:
            wide = 0.5 if "embed_tokens" in name else 2 / p.shape[1] ** 0.5
            torch.nn.init.normal_(p, std=wide)
        else:
            # Gemma's own gains are stored less 1; those of BitLinear are not.
            below = gemma and not name.endswith("_proj.norm.weight")
            torch.nn.init.uniform_(p, -0.5 if below else 0.5, 0.5 if below else 1.5)


def qwen3(bit):
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, head_dim=16, max_position_embeddings=512,
        rope_parameters={"rope_type": "default", "rope_theta": 1e6}, tie_word_embeddings=bit,
        bos_token_id=None, eos_token_id=1,
    )
    return Qwen3ForCausalLM(config)


def gemma3(bit):
    config = Gemma3TextConfig(
        vocab_size=VOCABULARY, hidden_size=40, intermediate_size=48, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=1, head_dim=16, max_position_embeddings=512,
        sliding_window=8, query_pre_attn_scalar=24,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
    )
    return Gemma3ForCausalLM(config)


@torch.no_grad()
def write(directory, make, bit):
    torch.manual_seed(SEED)
    model = make(bit).float().eval()
    if bit:
        ternary(model, model.config.rms_norm_eps)
    randomize(model, make is gemma3)
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.contiguous() for k, v in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    if bit:
        tensors = {k.removeprefix("model."): v for k, v in tensors.items()}
    save_file(tensors, directory / "model.safetensors")
    config = model.config.to_dict()
    config.pop("transformers_version", None)
    (directory / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")

    cases = []
    for length in (1, 7, 40, 300):
        prompt = torch.randint(0, VOCABULARY, (1, length))
        out = model(prompt, output_hidden_states=True, use_cache=False)
        hidden = out.hidden_states[-1][0]
        ids, greedy, margins = prompt, [], []
        for _ in range(STEPS if length < 300 else 0):
            logits = model(ids, use_cache=False).logits[0, -1]
            top = logits.topk(2).values
            greedy.append(int(logits.argmax()))
            margins.append(float(top[0] - top[1]))
            ids = torch.cat([ids, torch.tensor([[greedy[-1]]])], dim=1)
        cases.append({
            "prompt": prompt[0].tolist(),
            "logits_first": out.logits[0, 0].tolist(),
            "logits_last": out.logits[0, -1].tolist(),
            "hidden_last": hidden[-1].tolist(),
            "hidden_mean": hidden.mean(0).tolist(),
            "greedy": greedy,
            "greedy_margins": margins,
        })
    text = json.dumps({"cases": cases})
    (directory / "expect.json").write_text(text + "\n")


def main():
    out = pathlib.Path(sys.argv[1])
    write(out / "qwen3", qwen3, False)
    write(out / "qwen3-bitnet", qwen3, True)
    write(out / "gemma3", gemma3, False)
    write(out / "gemma3-bitnet", gemma3, True)


if __name__ == "__main__":
    main()
