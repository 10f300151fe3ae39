"""What Hugging Face checkpoints hold, read with the safetensors package and worked out
with NumPy after the public description of the packed layout, and not by bitnet."""

import json

import numpy as np
import safetensors.torch
import torch

# Names of tensors in GGUF files, by those of checkpoints.
LAYER = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.attn_sub_norm": "attn_sub_norm",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.ffn_sub_norm": "ffn_sub_norm",
    "mlp.down_proj": "ffn_down",
}
TOP = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def tensors(directory):
    return safetensors.torch.load_file(directory / "model.safetensors")


def config(directory):
    return json.loads((directory / "config.json").read_text())


def unpacked(packed):
    """Codes -1, 0, 1 of rows that lie in groups of two bits of a byte."""
    return np.concatenate([(packed >> 2 * i & 3).astype(np.int8) - 1 for i in range(4)])


def dense(directory):
    """All weights as float32, names as in GGUF files. The scale multiplies."""
    stored, out = tensors(directory), {}
    for name, t in stored.items():
        module, last = name.rsplit(".", 1)
        if last != "weight":
            continue
        if t.dtype == torch.uint8:
            scale = stored[name + "_scale"].float().numpy()
            weight = unpacked(t.numpy()).astype(np.float32) * scale
        else:
            weight = t.float().numpy()
        out[gguf_name(module) + ".weight"] = weight
    return out


def gguf_name(module):
    if module in TOP:
        return TOP[module]
    _, _, layer, inside = module.split(".", 3)
    return f"blk.{layer}.{LAYER[inside]}"
