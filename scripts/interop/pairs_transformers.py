"""bitnet and the transformers library (float32 on the CPU), in both directions."""

import math

import checkpoints
import torch
import transformers
from models import FABLE_IDS, IDS
from pairs_safetensors import from_gguf
from table import require
from tokens import same_choices

# Greatest difference of logits as a part of the greatest logit: of float sums in another
# order, and where one that differs in its last bit took an activation to the next of its
# 255 steps. That happens to few: of the logits compared, so many must be within the first.
SUMS = 1e-5
STEP = 0.05
MOST = 2 / 3


def run(table, models, bitnet, quick):
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)  # more wait for each other on models of this size
    packed = from_gguf(models, bitnet, "I2_S", "hf")
    table.check("bitnet", "transformers", "fable by way of I2_S, packed", lambda: same_model(bitnet, packed, models.fable, FABLE_IDS))
    table.check("bitnet", "transformers", "fable by way of I2_S, dense BF16",
                lambda: same_answers(bitnet, from_gguf(models, bitnet, "I2_S", "hf-bf16"), FABLE_IDS))
    for kind in ("hf", "hf-bf16", "hf-f32"):
        if quick and kind == "hf-f32":
            continue
        name = {"hf": "packed", "hf-bf16": "in BF16", "hf-f32": "in F32"}[kind]
        table.check("bitnet", "transformers", f"fable's master, {name}",
                    lambda: same_model(bitnet, converted(models, bitnet, models.master, kind), models.master, FABLE_IDS))
    table.check("bitnet", "transformers", "random weights, `bitnet`, packed from their master",
                lambda: same_answers(bitnet, converted(models, bitnet, models.b2_master, "hf"), IDS))
    table.check("bitnet", "transformers", "random weights, `llama`, packed",
                lambda: same_model(bitnet, converted(models, bitnet, models.llama, "hf"), models.llama, IDS))
    table.check("bitnet", "transformers", "random weights, `llama`, dense F32",
                lambda: same_answers(bitnet, converted(models, bitnet, models.llama, "hf-f32"), IDS))
    for name, source in (("bitnet", models.b2), ("llama", models.llama)):
        table.check("bitnet", "transformers", f"random weights, `{name}`, packed but for one projection",
                    lambda: same_answers(bitnet, converted(models, bitnet, source, "hf", "layers.0.mlp.down_proj=f32"), IDS))
    table.check("transformers", "bitnet", "random weights, `bitnet`, packed", lambda: same_answers(bitnet, models.b2, IDS))
    table.check("transformers", "bitnet", "random weights, `llama`, packed", lambda: same_answers(bitnet, models.llama, IDS))
    table.check("transformers", "bitnet", "random weights, `llama`, dense F32", lambda: saved(models, bitnet))


def converted(models, bitnet, source, kind, *rules):
    path = models.work / "-".join((source.name, kind, *rules))
    return path if path.exists() else bitnet.convert(source, path, "--type", kind, *(f"--tensor-type={r}" for r in rules))


def load(directory):
    model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    # Packed weights of autobitlinear are bfloat16 once unpacked, whatever one asks for, and
    # do not go with float32 activations. Their values are codes, which float32 has as well.
    return torch.nn.Module.float(model).eval()


@torch.no_grad()
def logits(model, ids):
    """After each of ids."""
    return model(torch.tensor([ids])).logits[0]


@torch.no_grad()
def greedy(model, ids, n):
    out, rows, step, past = [], [], ids, None
    while len(out) < n:
        answer = model(torch.tensor([step]), past_key_values=past, use_cache=True)
        rows.append(answer.logits[0, -1].tolist())
        out.append(int(answer.logits[0, -1].argmax()))
        step, past = out[-1:], answer.past_key_values
    return out, rows


def same_model(bitnet, ours, source, ids):
    """What transformers computes with our directory is the same to the last bit as with its
    source, if the weights are stored alike, and is what bitnet answers."""
    a, b = load(ours), load(source)
    if mode(ours) == mode(source):
        require(torch.equal(logits(a, ids), logits(b, ids)), "logits differ from the source's")
        found = "logits as of the source"
    else:
        found = f"as of the source: {close([(logits(a, p)[-1], logits(b, p)[-1]) for p in prompts(ids)])}"
    return f"{found}; as of bitnet: {same_answers(bitnet, ours, ids)}"


def mode(directory):
    return checkpoints.config(directory)["quantization_config"].get("quantization_mode", "offline")


def same_answers(bitnet, directory, ids):
    """Logits and greedy tokens of both."""
    model, pairs = load(directory), []
    for p in prompts(ids):
        ours, theirs = bitnet.logits(directory, p), logits(model, p)
        pairs += [(torch.tensor(ours["first"]), theirs[0]), (torch.tensor(ours["last"]), theirs[-1])]
    return f"{close(pairs)}, {same_choices(bitnet, directory, ids, greedy(model, ids, 24), 'transformers')}"


def prompts(ids):
    return [ids[i:] for i in range(5)]


def close(pairs):
    """Pairs of vectors of logits."""
    off = sorted(float((a - b).abs().max() / b.abs().max()) for a, b in pairs)
    require(all(map(math.isfinite, off)), "logits that are not finite")  # which no order and no bound sees
    near = sum(d <= SUMS for d in off)
    require(off[-1] <= STEP, f"logits differ by {off[-1]:.0e} of the greatest")
    require(near >= MOST * len(off), f"{len(off) - near} of {len(off)} logits differ by up to {off[-1]:.0e} of the greatest")
    rest = f", the rest within {off[-1]:.0e}" if near < len(off) else ""
    return f"{near} of {len(off)} logits within {off[near - 1]:.0e}{rest}"


def saved(models, bitnet):
    """A dense model that transformers made and saved."""
    torch.manual_seed(158)
    c = {k: v for k, v in checkpoints.config(models.llama).items() if k not in ("quantization_config", "hidden_act")}
    model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**c, hidden_act="silu")).eval()
    for p in model.parameters():
        if p.dim() == 2:
            torch.nn.init.normal_(p, std=0.05)
    path = models.work / "llama-by-transformers"
    model.save_pretrained(path)
    return same_answers(bitnet, path, IDS)
