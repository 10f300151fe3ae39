"""Compares what two programs continue a prompt with, greedily."""

from table import require

# Where two tokens are as good as equal, rounding decides: of activations, which are
# integers of 8 bits before each product with ternary weights. A sum that differs in its
# last bit may take one to the next step, and so logits to others. The programs may differ
# where the other program's own logits of the two tokens are closer than this part of their
# range, at one step in so many; both go on with the other program's token.
TIE = 0.01
STEPS_PER_TIE = 8


def equal_tokens(a, b):
    """How many tokens are equal before the first that is not."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y), len(a))


def same_tokens(ours, theirs, name):
    require(len(ours) > 0, "no tokens")
    i = equal_tokens(ours, theirs)
    require(i == len(ours), f"token {i}: bitnet {ours[i:i + 1]}, {name} {theirs[i:i + 1]}")
    return f"{len(ours)} greedy tokens equal"


def same_choices(bitnet, model, ids, other, name):
    """other: tokens, and for each step the logits of all tokens."""
    theirs, logits = other
    at, gaps = 0, []
    while at < len(theirs):
        ours = theirs[:at] + bitnet.greedy(model, ids + theirs[:at], len(theirs) - at)
        at = equal_tokens(ours, theirs)
        if at == len(theirs):
            break
        a, b, row = ours[at], theirs[at], logits[at]
        gaps.append((row[b] - row[a]) / (max(row) - min(row)))
        require(gaps[-1] <= TIE, f"token {at}: bitnet {a}, {name} {b}, {gaps[-1]:.2%} of the range of logits apart")
        at += 1
    if not gaps:
        return same_tokens(ours, theirs, name)
    require(len(gaps) <= len(theirs) // STEPS_PER_TIE, f"{len(gaps)} of {len(theirs)} tokens are ties")
    return f"{len(theirs) - len(gaps)} of {len(theirs)} greedy tokens equal, {len(gaps)} tied ({max(gaps):.2%} of the logits' range)"
