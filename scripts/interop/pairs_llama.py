"""bitnet and llama.cpp, in both directions."""

from models import FABLE_IDS, IDS, TEXTS
from table import Differs, require
from tokens import same_choices, same_tokens


def compare(bitnet, llama, model, ids, n, ties):
    """For TQ types llama.cpp rounds activations in blocks of 256 with a scale each, bitnet a
    token's with one, as models were trained: there are ties. In float types it rounds none."""
    theirs = llama.greedy(model, ids, n)
    if ties:
        return same_choices(bitnet, model, ids, theirs, "llama.cpp")
    return same_tokens(bitnet.greedy(model, ids, n), theirs[0], "llama.cpp")


def run(table, models, bitnet, llama, quick):
    n = 16 if quick else 48
    sources = [
        (models.silu, "fable with SiLU, `bitnet`", FABLE_IDS, ["TQ2_0", "TQ1_0", "F16"]),
        (models.tiny, "random weights, `bitnet`", IDS, ["TQ2_0", "TQ1_0", "F16"]),
        (models.llama, "random weights, `llama`", IDS, ["TQ2_0", "TQ1_0", "F16"]),
        (models.stories, "stories260K, `llama`", IDS[:1], ["F16", "F32"]),
    ]
    for source, name, ids, kinds in sources:
        for kind in kinds:
            ties = kind.startswith("TQ")
            table.check("bitnet", "llama.cpp", f"{name}, {kind}",
                        lambda: compare(bitnet, llama, models.gguf(source, kind), ids, n, ties))
    for source, name in ((models.silu, "fable"), (models.stories, "stories260K")):
        table.check("bitnet", "llama.cpp", f"tokenizer of {name}", lambda: tokenizer(bitnet, llama, models.gguf(source, "F16")))
    table.check("bitnet", "llama.cpp", "counter-check: fable with relu2 as `bitnet`", lambda: wrong_activation(models, bitnet, llama))

    for source, name, ids, kinds in sources:
        for kind in kinds:
            if quick and kind == "F16":
                continue
            ties = kind.startswith("TQ")
            table.check("llama.cpp", "bitnet", f"{name}, quantized to {kind}",
                        lambda: compare(bitnet, llama, quantized(models, llama, source, kind), ids, n, ties))
    table.check("llama.cpp", "bitnet", "random weights, `bitnet`, TQ2_0, as it came",
                lambda: compare(bitnet, llama, models.tiny, IDS, n, True))


def quantized(models, llama, source, kind):
    """A file of llama.cpp's quantizer, from float32 that bitnet wrote."""
    target = models.work / f"{source.stem}-{kind}-by-llama.gguf"
    return llama.quantize(models.gguf(source, "F32"), target, kind)


def tokenizer(bitnet, llama, model):
    for text in TEXTS:
        ours, theirs = bitnet.tokenize(model, text), llama.tokenize(model, text)
        require(ours == theirs, f"{text!r}: bitnet {ours}, llama.cpp {theirs}")
    return f"{len(TEXTS)} texts, the same ids"


def wrong_activation(models, bitnet, llama):
    """llama.cpp's `bitnet` is SiLU whatever the file says; comparing must find that out."""
    right, wrong = models.gguf(models.fable, "TQ2_0"), models.gguf(models.silu, "TQ2_0")
    try:
        same_tokens(bitnet.greedy(right, FABLE_IDS, 32), llama.greedy(wrong, FABLE_IDS, 32)[0], "llama.cpp")
    except Differs as e:
        return f"found: {e}"
    raise Differs("the same tokens with SiLU and relu2: the comparison sees nothing")
