"""bitnet and llama.cpp, in both directions."""

from models import FABLE_IDS, IDS, TEXTS
from table import Differs, equal_tokens, require, same_tokens

# Where two tokens are as good as equal, rounding decides. llama.cpp rounds activations for
# TQ types in blocks of 256 with a scale each, bitnet a token's with one, as models were
# trained. So the programs may differ where llama.cpp's own logits of the two tokens are closer
# than this part of their range, at one step in so many; both go on with llama.cpp's token.
TIE = 0.005
STEPS_PER_TIE = 8


def compare(bitnet, llama, model, ids, n, ties):
    theirs, logits = llama.greedy(model, ids, n)
    at, gaps = 0, []
    while at < n:
        ours = theirs[:at] + bitnet.greedy(model, ids + theirs[:at], n - at)
        at = equal_tokens(ours, theirs)
        if at == n:
            break
        a, b, row = ours[at], theirs[at], logits[at]
        gaps.append((row[b] - row[a]) / (max(row) - min(row)))
        require(ties and gaps[-1] <= TIE, f"token {at}: bitnet {a}, llama.cpp {b}, {gaps[-1]:.2%} of the range of logits apart")
        at += 1
    require(len(gaps) <= n // STEPS_PER_TIE, f"{len(gaps)} of {n} tokens are ties")
    if gaps:
        return f"{n - len(gaps)} of {n} greedy tokens equal, {len(gaps)} tied ({max(gaps):.2%} of the logits' range)"
    return f"{n} greedy tokens equal"


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
