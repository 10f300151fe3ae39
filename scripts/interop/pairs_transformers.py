"""bitnet and the transformers library (float32 on the CPU), in both directions."""

import checkpoints
import torch
import transformers
from models import FABLE_IDS, IDS
from pairs_safetensors import from_gguf
from table import require, same_tokens

# Greatest difference of logits as a part of the greatest logit. An activation that lies
# between two of its 255 steps may be rounded either way, which moves logits. With masters
# transformers multiplies by the weights' scale before the sums, with packed weights after
# them, as bitnet does.
FLOATS = 1e-5
TERNARY = 0.05


def run(table, models, bitnet, quick):
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)  # more wait for each other on models of this size
    packed = from_gguf(models, bitnet, "I2_S", "hf")
    table.check("bitnet", "transformers", "fable by way of I2_S, packed", lambda: same_model(bitnet, packed, models.fable, FABLE_IDS))
    table.check("bitnet", "transformers", "fable by way of I2_S, dense BF16",
                lambda: same_answers(bitnet, from_gguf(models, bitnet, "I2_S", "hf-bf16"), FABLE_IDS, FLOATS))
    for kind in ("hf", "hf-bf16", "hf-f32"):
        if quick and kind == "hf-f32":
            continue
        name = {"hf": "packed", "hf-bf16": "in BF16", "hf-f32": "in F32"}[kind]
        table.check("bitnet", "transformers", f"fable's master, {name}",
                    lambda: same_model(bitnet, converted(models, bitnet, models.master, kind), models.master, FABLE_IDS))
    table.check("bitnet", "transformers", "random weights, `bitnet`, packed from their master",
                lambda: same_answers(bitnet, converted(models, bitnet, models.b2_master, "hf"), IDS, FLOATS))
    table.check("bitnet", "transformers", "random weights, `llama`, packed",
                lambda: same_model(bitnet, converted(models, bitnet, models.llama, "hf"), models.llama, IDS))
    table.check("bitnet", "transformers", "random weights, `llama`, dense F32",
                lambda: same_answers(bitnet, converted(models, bitnet, models.llama, "hf-f32"), IDS, FLOATS))
    table.check("transformers", "bitnet", "random weights, `bitnet`, packed", lambda: same_answers(bitnet, models.b2, IDS, FLOATS))
    table.check("transformers", "bitnet", "random weights, `llama`, packed", lambda: same_answers(bitnet, models.llama, IDS, FLOATS))
    table.check("transformers", "bitnet", "random weights, `llama`, dense F32", lambda: saved(models, bitnet))


def converted(models, bitnet, source, kind):
    path = models.work / f"{source.name}-{kind}"
    return path if path.exists() else bitnet.convert(source, path, "--type", kind)


def load(directory):
    model = transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=torch.float32)
    # Packed weights of autobitlinear are bfloat16 once unpacked, whatever one asks for, and
    # do not go with float32 activations. Their values are codes, which float32 has as well.
    return torch.nn.Module.float(model).eval()


@torch.no_grad()
def logits(model, ids):
    return model(torch.tensor([ids])).logits[0, -1]


@torch.no_grad()
def greedy(model, ids, n):
    out, step, past = [], ids, None
    while len(out) < n:
        answer = model(torch.tensor([step]), past_key_values=past, use_cache=True)
        out.append(int(answer.logits[0, -1].argmax()))
        step, past = out[-1:], answer.past_key_values
    return out


def same_model(bitnet, ours, source, ids):
    """What transformers computes with our directory is the same to the last bit as with its
    source, if the weights are stored alike, and is what bitnet answers."""
    a, b = logits(load(ours), ids), logits(load(source), ids)
    alike = mode(ours) == mode(source)
    off = float((a - b).abs().max() / b.abs().max())
    require(off <= (0 if alike else TERNARY), f"logits differ from the source's by {off:.1e} of the greatest")
    tolerance = FLOATS if mode(ours) == "offline" else TERNARY
    found = "logits as of the source" if alike else f"logits within {off:.0e} of the source's"
    return f"{found}; {same_answers(bitnet, ours, ids, tolerance)}"


def mode(directory):
    return checkpoints.config(directory)["quantization_config"].get("quantization_mode", "offline")


def same_answers(bitnet, directory, ids, tolerance):
    """Logits and greedy tokens of both."""
    model = load(directory)
    want, got = logits(model, ids), torch.tensor(bitnet.logits(directory, ids))
    off = float((want - got).abs().max() / want.abs().max())
    require(off <= tolerance, f"logits differ by {off:.1e} of the greatest")
    return f"bitnet's within {off:.0e}, {same_tokens(bitnet.greedy(directory, ids, 24), greedy(model, ids, 24), 'transformers')}"


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
    return same_answers(bitnet, path, IDS, FLOATS)
