"""bitnet and the Python package safetensors, in both directions."""

import json
import shutil

import checkpoints
import numpy as np
import safetensors
import safetensors.torch
import torch
from models import FABLE_IDS
from pairs_gguf import same_weights
from table import require
from tokens import same_tokens


def run(table, models, bitnet):
    for kind in ("I2_S", "TQ2_0", "TQ1_0"):
        table.check("bitnet", "safetensors", f"fable by way of {kind}, packed", lambda: packed(models, bitnet, kind))
    for kind in ("f32", "f16", "bf16"):
        table.check("bitnet", "safetensors", f"fable by way of I2_S, dense {kind.upper()}", lambda: dense(models, bitnet, kind))
    table.check("safetensors", "bitnet", "fable in one file", lambda: written(models, bitnet, 1))
    table.check("safetensors", "bitnet", "fable in three shards", lambda: written(models, bitnet, 3))


def from_gguf(models, bitnet, kind, to):
    """A directory of type `to` made of a GGUF file with projections of a type."""
    path = models.work / f"fable-{kind.lower()}-{to}"
    if not path.exists():
        bitnet.convert(models.gguf(models.fable, kind), path, "--type", to)
    return path


def packed(models, bitnet, kind):
    ours, want = checkpoints.tensors(from_gguf(models, bitnet, kind, "hf")), checkpoints.tensors(models.fable)
    return f"{same_tensors(ours, want)} tensors, the same bytes as before"


def same_tensors(ours, want):
    require(ours.keys() == want.keys(), f"names differ: {sorted(ours.keys() ^ want.keys())[:3]}")
    for name, t in want.items():
        o = ours[name]
        require(o.dtype == t.dtype and o.shape == t.shape, f"{name} is {o.dtype} {tuple(o.shape)}, in the source {t.dtype} {tuple(t.shape)}")
        require(torch.equal(o.view(torch.uint8), t.view(torch.uint8)), f"{name} differs")
    return len(want)


def dense(models, bitnet, kind):
    path = from_gguf(models, bitnet, "I2_S", "hf-" + kind)
    kinds = {str(t.dtype) for name, t in checkpoints.tensors(path).items() if "_proj" in name}
    require(len(kinds) == 1, f"projections are {kinds}")
    n = same_weights(checkpoints.dense(path), checkpoints.dense(models.fable))
    return f"{n} tensors are code times scale"


def written(models, bitnet, shards):
    """The checkpoint written anew; the tokens, and the tensors in a conversion of it."""
    path = models.work / f"fable-{shards}-by-safetensors"
    shutil.copytree(models.fable, path, copy_function=shutil.copyfile)
    (path / "model.safetensors").unlink()
    all_of = checkpoints.tensors(models.fable)
    index = {}
    for i, names in enumerate(np.array_split(list(all_of), shards)):
        file = f"model-{i + 1:05}-of-{shards:05}.safetensors" if shards > 1 else "model.safetensors"
        safetensors.torch.save_file({str(n): all_of[n] for n in names}, path / file, {"format": "pt"})
        index |= {str(n): file for n in names}
    if shards > 1:
        (path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    again = bitnet.convert(path, models.work / f"fable-{shards}-again", "--type", "hf")
    n = same_tensors(checkpoints.tensors(again), all_of)
    tokens = same_tokens(bitnet.greedy(path, FABLE_IDS, 32), bitnet.greedy(models.fable, FABLE_IDS, 32), "before")
    return f"{n} tensors, the same bytes; {tokens}"
