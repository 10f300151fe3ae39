#!/usr/bin/env python3
"""Writes tiny random checkpoints of families of models, and their logits.

The tests of bitnet-inference compare both of its paths with them. The graph is
written down here a second time, in NumPy and float64, after the models' own code and
arXiv:2402.17764:

    scripts/models_golden.py testdata/golden/families

With --check, it computes the checkpoints that the public transformers code computed
and compares, which is what says that the graph here is theirs; with --transformers it
runs that code, where it is installed, on the directories it knows the family of:

    scripts/models_golden.py --check testdata/golden/transformers
    scripts/models_golden.py --transformers testdata/golden/families
"""

import json
import pathlib
import struct
import sys

import numpy as np

SEED = 158
STEPS = 8  # of the greedy continuation


# The graph. Activations are (T, width), weights (out, in).


def rms(x, gain, eps):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * gain


def rotate(x, theta):
    """Turns pairs (i, i + width/2) of heads x (T, H, width) to their positions."""
    tokens, _, width = x.shape
    angle = np.arange(tokens)[:, None] * theta ** (-np.arange(0, width, 2) / width)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    a, b = x[..., : width // 2], x[..., width // 2 :]
    return np.concatenate([a * cos - b * sin, a * sin + b * cos], axis=-1)


def attend(q, k, v):
    """Causal attention of heads q (T, H, width) over k and v (T, G, width)."""
    tokens, heads, width = q.shape
    k, v = (np.repeat(x, heads // x.shape[1], axis=1) for x in (k, v))
    scores = np.einsum("thi,shi->hts", q, k) / np.sqrt(width)
    scores[:, np.triu(np.ones((tokens, tokens), bool), 1)] = -np.inf
    p = np.exp(scores - scores.max(axis=-1, keepdims=True))
    p /= p.sum(axis=-1, keepdims=True)
    return np.einsum("hts,shi->thi", p, v).reshape(tokens, -1)


def linear(weight, x):
    """A ternary weight is a pair of codes and scale, and sees x in 8 bits a row."""
    if not isinstance(weight, tuple):
        return x @ weight.T
    codes, scale = weight
    s = 127 / np.maximum(np.abs(x).max(axis=-1, keepdims=True), 1e-5)
    return np.clip(np.round(x * s), -128, 127) @ codes.T * scale / s


def activation(name, x):
    return np.maximum(x, 0) ** 2 if name == "relu2" else x / (1 + np.exp(-x))


def logits(m, ids):
    """m: "config" with the graph's numbers, and weights by role."""
    c = m["config"]
    x = m["embed"][ids]
    for w in m["layers"]:
        h = rms(x, w["attn_norm"], c["eps"])
        q, k, v = (linear(w[r], h).reshape(len(ids), -1, c["head_dim"]) for r in "qkv")
        a = attend(rotate(q, c["theta"]), rotate(k, c["theta"]), v)
        if "attn_sub_norm" in w:
            a = rms(a, w["attn_sub_norm"], c["eps"])
        x = x + linear(w["o"], a)
        h = rms(x, w["ffn_norm"], c["eps"])
        a = activation(c["act"], linear(w["gate"], h)) * linear(w["up"], h)
        if "ffn_sub_norm" in w:
            a = rms(a, w["ffn_sub_norm"], c["eps"])
        x = x + linear(w["down"], a)
    return rms(x, m["output_norm"], c["eps"]) @ m["head"].T


# Hugging Face directories.

ROLES = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
    "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj",
}
SUB_NORMS = {
    "2b4t": {"attn_sub_norm": "self_attn.attn_sub_norm", "ffn_sub_norm": "mlp.ffn_sub_norm"},
    "1bitllm": {"attn_sub_norm": "self_attn.inner_attn_ln", "ffn_sub_norm": "mlp.ffn_layernorm"},
    "llama": {},
}


def read_safetensors(path):
    data = path.read_bytes()
    (n,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, t in json.loads(data[8 : 8 + n]).items():
        if name == "__metadata__":
            continue
        begin, end = t["data_offsets"]
        raw = data[8 + n + begin : 8 + n + end]
        if t["dtype"] == "BF16":
            x = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            x = np.frombuffer(raw, {"F32": "<f4", "F16": "<f2", "U8": "u1"}[t["dtype"]])
        tensors[name] = x.reshape(t["shape"])
    return tensors


def master(w):
    """Codes and scale of a float weight."""
    scale = np.float32(max(np.abs(w.astype(np.float64)).mean(), 1e-5))
    return np.clip(np.round(w / scale), -1, 1).astype(np.float64), float(scale)


def read_model(directory):
    raw = json.loads((directory / "config.json").read_text())
    tensors = read_safetensors(directory / "model.safetensors")
    quantization = raw.get("quantization_config")
    multiply = quantization and quantization.get("linear_class") == "autobitlinear"
    one_bit = "weight_bits" in raw
    family = "1bitllm" if one_bit else "2b4t" if raw["model_type"] == "bitnet" else "llama"
    online = one_bit or quantization and quantization.get("quantization_mode") == "online"
    heads = raw["num_attention_heads"]
    theta = (raw.get("rope_parameters") or raw)["rope_theta"]
    config = {
        "eps": raw["rms_norm_eps"], "theta": theta, "act": raw["hidden_act"],
        "head_dim": raw.get("head_dim") or raw["hidden_size"] // heads,
    }

    def read(name, rows=0):
        w = tensors[name + ".weight"]
        if w.dtype == np.uint8:
            codes = np.concatenate([(w >> 2 * i & 3) for i in range(4)])[:rows].astype(np.float64) - 1
            scale = tensors[name + ".weight_scale"].astype(np.float64).item()
            return codes, scale if multiply else 1 / scale
        if w.ndim == 2 and online:
            return master(w)
        return w.astype(np.float64)

    rows = {r: raw["hidden_size"] for r in ("o", "down")} | {r: raw["intermediate_size"] for r in ("gate", "up")}
    rows |= {"q": heads * config["head_dim"]} | {r: raw["num_key_value_heads"] * config["head_dim"] for r in "kv"}
    names = ROLES | SUB_NORMS[family]
    embed = tensors["model.embed_tokens.weight"].astype(np.float64)
    return {
        "config": config,
        "embed": embed,
        "head": embed if raw["tie_word_embeddings"] else tensors["lm_head.weight"].astype(np.float64),
        "output_norm": read("model.norm"),
        "layers": [
            {role: read(f"model.layers.{i}.{name}", rows.get(role, 0)) for role, name in names.items()}
            for i in range(raw["num_hidden_layers"])
        ],
    }


# Checkpoints.


def gain(rng, n):
    return (1 + 0.3 * rng.standard_normal(n)).astype(np.float32)


def random_layer(rng, dim, ffn, q, kv, sub_norms, weight):
    w = {"attn_norm": gain(rng, dim), "ffn_norm": gain(rng, dim)}
    if sub_norms:
        w |= {"attn_sub_norm": gain(rng, q), "ffn_sub_norm": gain(rng, ffn)}
    shapes = {"q": (q, dim), "k": (kv, dim), "v": (kv, dim), "o": (dim, q), "gate": (ffn, dim), "up": (ffn, dim), "down": (dim, ffn)}
    return w | {role: weight(role, shape) for role, shape in shapes.items()}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, x in tensors.items():
        raw = x.tobytes()
        header[name] = {"dtype": {"float32": "F32", "float16": "F16"}[x.dtype.name], "shape": x.shape, "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_directory(directory, config, embed, head, layers, family, output_norm):
    directory.mkdir(parents=True, exist_ok=True)
    tensors = {"model.embed_tokens.weight": embed, "model.norm.weight": output_norm}
    if head is not None:
        tensors["lm_head.weight"] = head
    for i, layer in enumerate(layers):
        for role, name in (ROLES | SUB_NORMS[family]).items():
            tensors[f"model.layers.{i}.{name}.weight"] = layer[role]
    (directory / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_safetensors(directory / "model.safetensors", tensors)
    write_expectation(directory / "expect.json", read_model(directory), config["vocab_size"])


def one_bit_llm(directory):
    """bitnet_b1_58-large: float16 masters, heads of 20, an odd vocabulary, tied."""
    rng = np.random.default_rng(SEED)
    dim, ffn, heads, vocab = 60, 172, 3, 322

    def weight(_, shape):
        w = (rng.standard_normal(shape) * 0.05).astype(np.float16)
        while True:  # no weight so near the border of two codes that float32 could take either
            ratio = np.abs(w.astype(np.float64)) / master(w)[1]
            near = np.abs(ratio - 0.5) < 1e-4
            if not near.any():
                return w
            w[near] = np.float16(0)

    layers = [random_layer(rng, dim, ffn, dim, dim, True, weight) for _ in range(2)]
    config = {
        "architectures": ["BitnetForCausalLM"], "attention_bias": False, "bos_token_id": 1, "eos_token_id": 2,
        "hidden_act": "silu", "hidden_size": dim, "input_bits": 8, "intermediate_size": ffn, "max_position_embeddings": 128,
        "model_type": "llama", "num_attention_heads": heads, "num_hidden_layers": len(layers), "num_key_value_heads": heads,
        "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0, "tie_word_embeddings": True, "torch_dtype": "float16",
        "vocab_size": vocab, "weight_bits": 1,
    }
    embed = (rng.standard_normal((vocab, dim)) * 0.1).astype(np.float16)
    write_directory(directory, config, embed, None, layers, "1bitllm", gain(rng, dim))


def trilm(directory):
    """TriLM: float16 weights -s, 0, s, with one s for each of two shards; dense, a head of its own."""
    rng = np.random.default_rng(SEED + 1)
    dim, ffn, heads, vocab, shards = 64, 144, 4, 260, 2

    def weight(role, shape):
        w = rng.integers(-1, 2, shape).astype(np.float32)
        axis = 1 if role in ("o", "down") else 0  # how training divided it
        parts = np.split(w, shards, axis=axis)
        return np.concatenate([p * rng.uniform(0.05, 0.1) for p in parts], axis=axis).astype(np.float16)

    layers = [random_layer(rng, dim, ffn, dim, dim, False, weight) for _ in range(2)]
    config = {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "bos_token_id": 0, "eos_token_id": 0,
        "hidden_act": "silu", "hidden_size": dim, "intermediate_size": ffn, "max_position_embeddings": 128, "mlp_bias": False,
        "model_type": "llama", "num_attention_heads": heads, "num_hidden_layers": len(layers), "num_key_value_heads": heads,
        "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 10000.0, "tie_word_embeddings": False, "torch_dtype": "float16",
        "vocab_size": vocab,
    }
    embed = (rng.standard_normal((vocab, dim)) * 0.1).astype(np.float16)
    head = (rng.standard_normal((vocab, dim)) * 0.3).astype(np.float16)
    write_directory(directory, config, embed, head, layers, "llama", gain(rng, dim))


# GGUF.

GGUF_ROLES = {
    "attn_norm": "attn_norm", "ffn_norm": "ffn_norm", "attn_sub_norm": "attn_sub_norm", "ffn_sub_norm": "ffn_sub_norm",
    "q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down",
}
F32, F16, I2_S = 0, 1, 36


def gguf_value(v):
    if isinstance(v, str):
        return struct.pack("<IQ", 8, len(v)) + v.encode()
    return struct.pack("<If", 6, v) if isinstance(v, float) else struct.pack("<II", 4, v)


def write_gguf(path, metadata, tensors):
    """tensors: name to (type, shape, bytes)."""
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    for key, v in metadata.items():
        out += struct.pack("<Q", len(key)) + key.encode() + gguf_value(v)
    data = b""
    for name, (kind, shape, raw) in tensors.items():
        out += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", len(shape))
        out += struct.pack(f"<{len(shape)}Q", *reversed(shape)) + struct.pack("<IQ", kind, len(data))
        data += raw + bytes(-len(raw) % 32)
    path.write_bytes(out + bytes(-len(out) % 32) + data)


def i2_s(codes, scale):
    groups = (codes + 1).astype(np.uint8).reshape(-1, 4, 32)
    packed = groups[:, 0] << 6 | groups[:, 1] << 4 | groups[:, 2] << 2 | groups[:, 3]
    return packed.tobytes() + struct.pack("<f", scale) + bytes(28)


def one_bit_llm_gguf(path):
    """bitnet_b1_58-3B as converters of llama.cpp write it: heads of 100, widths that are no multiple of
    256, a scaling of positions by 1."""
    rng = np.random.default_rng(SEED + 2)
    dim, ffn, heads, width, vocab = 64, 270, 2, 100, 322
    scales = lambda: float(np.float32(rng.uniform(0.03, 0.08)))
    weight = lambda _, shape: (rng.integers(-1, 2, shape).astype(np.float64), scales())
    layers = [random_layer(rng, dim, ffn, heads * width, heads * width, True, weight) for _ in range(2)]
    embed, output_norm = (rng.standard_normal((vocab, dim)) * 0.1).astype(np.float16), gain(rng, dim)
    tensors = {
        "token_embd.weight": (F16, embed.shape, embed.tobytes()),
        "output_norm.weight": (F32, (dim,), output_norm.tobytes()),
    }
    for i, layer in enumerate(layers):
        for role, name in GGUF_ROLES.items():
            w = layer[role]
            tensors[f"blk.{i}.{name}.weight"] = (I2_S, w[0].shape, i2_s(*w)) if isinstance(w, tuple) else (F32, w.shape, w.tobytes())
    a = "bitnet."
    path.parent.mkdir(parents=True, exist_ok=True)
    write_gguf(path, {
        "general.architecture": "bitnet", a + "context_length": 128, a + "embedding_length": dim, a + "block_count": len(layers),
        a + "feed_forward_length": ffn, a + "attention.head_count": heads, a + "attention.head_count_kv": heads,
        a + "attention.key_length": width, a + "attention.value_length": width, a + "rope.dimension_count": width,
        a + "attention.layer_norm_rms_epsilon": 1e-5, a + "rope.freq_base": 10000.0, a + "vocab_size": vocab,
        a + "rope.scaling.type": "linear", a + "rope.scaling.factor": 1.0,
    }, tensors)
    model = {
        "config": {"eps": 1e-5, "theta": 10000.0, "act": "silu", "head_dim": width},
        "embed": embed.astype(np.float64), "head": embed.astype(np.float64), "output_norm": output_norm, "layers": layers,
    }
    write_expectation(path.with_suffix(".json"), model, vocab)


# Expectations.


def write_expectation(path, model, vocab):
    rng = np.random.default_rng(SEED + 3)
    cases = []
    for length in (1, 5, 33):
        prompt = rng.integers(0, vocab, length).tolist()
        ids, greedy, margins = list(prompt), [], []
        all_logits = logits(model, ids)
        first, last = all_logits[0], all_logits[-1]
        for _ in range(STEPS):
            row = logits(model, ids)[-1]
            best = np.argsort(row)[::-1]
            greedy.append(int(best[0]))
            margins.append(float(row[best[0]] - row[best[1]]))
            ids.append(greedy[-1])
        digits = lambda x: [float(f"{v:.8g}") for v in x]
        cases.append({"prompt": prompt, "logits_first": digits(first), "logits_last": digits(last), "greedy": greedy, "greedy_margins": digits(margins)})
    path.write_text(json.dumps({"note": "scripts/models_golden.py, float64", "cases": cases}) + "\n")


def difference(got, want):
    want = np.asarray(want)
    return float(np.sqrt(np.mean((got - want) ** 2) / np.mean(want**2)))


def check(root):
    """Compares with what the public code computed. Beyond 64 tokens its float32 may round an activation at
    a tie the other way."""
    for directory in sorted(p.parent for p in root.glob("*/expect.json")):
        expected = json.loads((directory / "expect.json").read_text())
        for case in expected.get("cases", []):
            got = logits(read_model(directory), case["prompt"])
            d = [difference(got[0], case["logits_first"]), difference(got[-1], case["logits_last"])]
            print(f"{directory.name}, {len(case['prompt'])} tokens: relative error {d[0]:.1e} first, {d[1]:.1e} last")
            if d[0] > 1e-5 or len(case["prompt"]) <= 64 and d[1] > 1e-5:
                sys.exit("the graph here is not theirs")


def run_transformers(root):
    """The library has no 1bitLLM, but its BitNet with SiLU and online quantization is the same graph."""
    import tempfile

    import torch
    import transformers

    for directory in sorted(p.parent for p in root.glob("*/config.json")):
        config = json.loads((directory / "config.json").read_text())
        tensors = read_safetensors(directory / "model.safetensors")
        if "weight_bits" in config:
            config |= {"architectures": ["BitNetForCausalLM"], "model_type": "bitnet"}
            config["quantization_config"] = {"quant_method": "bitnet", "linear_class": "autobitlinear", "quantization_mode": "online"}
            for role, theirs in SUB_NORMS["2b4t"].items():
                tensors = {name.replace(SUB_NORMS["1bitllm"][role], theirs): t for name, t in tensors.items()}
        with tempfile.TemporaryDirectory() as copy:
            copy = pathlib.Path(copy)
            (copy / "config.json").write_text(json.dumps(config))
            write_safetensors(copy / "model.safetensors", tensors)
            model = transformers.AutoModelForCausalLM.from_pretrained(copy, dtype=torch.float32)
        for case in json.loads((directory / "expect.json").read_text())["cases"]:
            with torch.no_grad():
                got = model(torch.tensor([case["prompt"]])).logits[0].double().numpy()
            d = difference(got[-1], case["logits_last"])
            print(f"{directory.name}, {len(case['prompt'])} tokens: relative error {d:.1e}, transformers {transformers.__version__}")
            if d > 1e-5:
                sys.exit("transformers computes something else")


def main():
    *flags, root = sys.argv[1:]
    root = pathlib.Path(root)
    if flags == ["--check"]:
        check(root)
    elif flags == ["--transformers"]:
        run_transformers(root)
    elif flags:
        sys.exit(__doc__)
    else:
        one_bit_llm(root / "1bitllm-large")
        trilm(root / "trilm")
        one_bit_llm_gguf(root / "1bitllm-3b.gguf")


if __name__ == "__main__":
    main()
