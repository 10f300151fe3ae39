"""bitnet and the Python package gguf, in both directions."""

import json

import checkpoints
import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter
from models import FABLE_IDS, IDS
from table import require
from tokens import same_tokens

# Root mean square of the error of a rounded embedding, as a part of that of the weights:
# blocks of 32 in 8 bits, of 16 in 6, of 32 in 4.
ROUNDED = {"F16": 1e-3, "Q8_0": 0.01, "Q6_K": 0.03, "Q4_0": 0.15}


def run(table, models, bitnet, quick):
    for kind in ("TQ2_0", "TQ1_0", "F16", "BF16", "F32"):
        if quick and kind in ("BF16", "F32"):
            continue
        table.check("bitnet", "gguf", f"fable, {kind}: weights and metadata", lambda: fable(models, kind))
    for kind in ROUNDED:
        table.check("bitnet", "gguf", f"fable, embedding in {kind}", lambda: embedding(models, kind))
    table.check("bitnet", "gguf", "stories260K, F32: against its source", lambda: stories(models))

    table.check("gguf", "bitnet", "stories260K as it came", lambda: as_it_came(models, bitnet))
    sources = [(models.silu, "fable with SiLU", FABLE_IDS), (models.llama, "`llama`", IDS), (models.stories, "stories260K", IDS[:1])]
    for source, name, ids in sources:
        kinds = ("F32", "F16") if source == models.stories else ("F32", "TQ2_0", "TQ1_0", "F16")
        for kind in kinds:
            table.check("gguf", "bitnet", f"{name}, written in {kind}", lambda: rewritten(models, bitnet, source, kind, ids))


def fable(models, kind):
    """The codes and scales, gains and embedding of the checkpoint; its config and tokenizer."""
    reader = GGUFReader(models.gguf(models.fable, kind))
    n = same_weights(weights(reader), checkpoints.dense(models.fable))
    fields = contents(reader)
    c, arch = checkpoints.config(models.fable), fields["general.architecture"]
    for key, value in {
        "context_length": c["max_position_embeddings"],
        "embedding_length": c["hidden_size"],
        "block_count": c["num_hidden_layers"],
        "feed_forward_length": c["intermediate_size"],
        "attention.head_count": c["num_attention_heads"],
        "attention.head_count_kv": c["num_key_value_heads"],
        "attention.layer_norm_rms_epsilon": np.float32(c["rms_norm_eps"]),
        "rope.freq_base": c["rope_theta"],
        "vocab_size": c["vocab_size"],
    }.items():
        require(fields[f"{arch}.{key}"] == value, f"{arch}.{key} is {fields[f'{arch}.{key}']}, in config.json {value}")
    text = json.loads((models.fable / "tokenizer.json").read_text())
    ids = text["model"]["vocab"] | {t["content"]: t["id"] for t in text["added_tokens"]}
    tokens = fields["tokenizer.ggml.tokens"]
    require(len(tokens) == c["vocab_size"] and all(tokens[i] == t for t, i in ids.items()), "tokens differ")
    merges = [m if isinstance(m, str) else " ".join(m) for m in text["model"]["merges"]]
    require(fields["tokenizer.ggml.merges"] == merges, "merges differ")
    return f"{n} tensors, 9 numbers of the config, {len(ids)} tokens, {len(merges)} merges equal"


def embedding(models, kind):
    reader = GGUFReader(models.gguf(models.fable, "TQ2_0", f"--embedding={kind.lower()}", "--allow-lossy"))
    t = next(t for t in reader.tensors if t.name == "token_embd.weight")
    require(t.tensor_type.name == kind, f"the embedding is {t.tensor_type.name}")
    want = checkpoints.dense(models.fable)["token_embd.weight"]
    error = float(np.sqrt(np.mean((values(t) - want) ** 2) / np.mean(want**2)))
    require(error < ROUNDED[kind], f"rms error {error:.3%}")
    return f"rms error {error:.3%}"


def stories(models):
    ours, source = GGUFReader(models.gguf(models.stories, "F32")), GGUFReader(models.stories)
    n = same_weights(weights(ours), weights(source))
    a, b = contents(ours), contents(source)
    require(a == b, f"metadata differ: {[k for k in a | b if a.get(k) != b.get(k)]}")
    return f"{n} tensors, {len(a)} keys equal"


def as_it_came(models, bitnet):
    """The text that llama2.c writes with these weights."""
    said = (models.stories.parent / "stories260K.md").read_text()
    text = bitnet.text(models.stories, 64)
    require(len(text) > 100 and " ".join(text.split()) in " ".join(said.split()), f"not the published text: {text!r}")
    return "64 greedy tokens are the published text"


def rewritten(models, bitnet, source, kind, ids):
    """A file of float32 written anew by the package, projections quantized by it."""
    reader = GGUFReader(models.gguf(source, "F32"))
    path = models.work / f"{source.stem}-{kind}-by-gguf.gguf"
    writer = GGUFWriter(path, contents(reader)["general.architecture"])
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        if key == gguf.Keys.General.ALIGNMENT:
            writer.add_custom_alignment(field.contents())
            continue
        first, last = field.types[0], field.types[-1]
        writer.add_key_value(key, field.contents(), first, last if first == GGUFValueType.ARRAY else None)
    for t in reader.tensors:
        as_type = GGMLQuantizationType[kind] if t.name.startswith("blk.") and len(t.shape) == 2 else t.tensor_type
        data = values(t)
        writer.add_tensor(t.name, gguf.quants.quantize(data, as_type), raw_dtype=as_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    # In float types the rounding of activations is not the model's: compare like with like.
    ours = models.gguf(source, kind)
    return same_tokens(bitnet.greedy(ours, ids, 32), bitnet.greedy(path, ids, 32), "from the file of gguf")


def contents(reader):
    return {k: f.contents() for k, f in reader.fields.items() if not k.startswith("GGUF.")}


def values(t):
    """A tensor as float32."""
    return gguf.quants.dequantize(t.data, t.tensor_type)


def weights(reader):
    """All weights as float32, multiplied with the scales beside them."""
    all_of = {t.name: values(t) for t in reader.tensors}
    return {name: w * all_of.get(name.removesuffix("weight") + "scale", np.float32(1))
            for name, w in all_of.items() if name.endswith(".weight")}


def same_weights(ours, want):
    require(ours.keys() == want.keys(), f"names differ: {sorted(ours.keys() ^ want.keys())[:3]}")
    for name, w in want.items():
        require(ours[name].shape == w.shape, f"{name} is {ours[name].shape}, in the source {w.shape}")
        require(np.array_equal(ours[name], w), f"{name} differs by up to {np.max(np.abs(ours[name] - w))}")
    return len(want)
