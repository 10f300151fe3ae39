#!/usr/bin/env python3
"""Trains byte-level BPE tokenizers with the Hugging Face library.

    scripts/bpe_golden.py golden testdata/golden/bpe/bpe.json
    scripts/bpe_golden.py compare TEXT [OURS.json] [--vocab-size N] [--separator S]

golden writes a JSON object that the tests of bitnet-core/tokenizer/train compare
their own training with: "texts", made of words that this script invents, and "cases",
each with its texts and settings, the tokens by id and the merges.

compare trains on the file TEXT and requires that OURS.json, which bitnet tokenizer train
made of it, has the same bytes as what the library saves, and that the library loads it
and encodes the text with it to the same ids. It prints how long training took and
the sum of the library's file, all that it does without OURS.json. With
--separator the documents of TEXT end at S (escapes as in Python), otherwise they are lines.

Needs the package tokenizers (0.23.3).
"""

import argparse
import hashlib
import json
import os
import random
import sys
import tempfile
import time

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)

SPLITS = {"llama3": LLAMA3, "qwen2": LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")}


def train(texts, split="gpt2", alphabet=None, **settings):
    """Returns a trained tokenizer and the seconds it took; texts may be a file's name."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if split in SPLITS:
        cut = pre_tokenizers.Split(Regex(SPLITS[split]), "isolated")
        tok.pre_tokenizer = pre_tokenizers.Sequence([cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    if alphabet is None:
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(initial_alphabet=alphabet, show_progress=False, **settings)
    start = time.perf_counter()
    if isinstance(texts, str):
        tok.train([texts], trainer)
    else:
        tok.train_from_iterator(texts, trainer)
    return tok, time.perf_counter() - start


def invented(rng):
    """Texts of words that do not exist, with a few signs of every kind."""
    sounds = ["ba", "lo", "mi", "ra", "tu", "sha", "ne", "ko", "pi", "zu", "an", "el", "or", "é", "ß", "да", "日", "本", "😀"]
    words = ["".join(rng.choice(sounds) for _ in range(rng.randint(1, 5))) for _ in range(300)]
    words += ["aaaa", "aaaaaaa", "abcabcabc", "ababab", "'ll", "don't", "we're", "<|end|>", "the"]
    between = [" ", " ", " ", " ", "  ", "\n", "\n\n", ", ", ". ", "\t", "    ", "-", " 12345 ", " 7 ", "\r\n"]
    for _ in range(60):
        text = ""
        for _ in range(rng.randint(0, 60)):
            text += words[min(int(rng.expovariate(0.02)), len(words) - 1)] + rng.choice(between)
        yield text


def runs(rng):
    """Texts of two letters, where pairs overlap."""
    for _ in range(40):
        yield " ".join("".join(rng.choice("aab") for _ in range(rng.randint(1, 24))) for _ in range(8))


def golden(path):
    texts = {"words": list(invented(random.Random(5))), "runs": list(runs(random.Random(6)))}
    cases = []
    for case in [
        {"vocab_size": 500},
        {"vocab_size": 2000, "min_frequency": 1},
        {"vocab_size": 2000, "min_frequency": 5, "special_tokens": ["<|end|>", "<|begin|>"]},
        {"vocab_size": 400, "special_tokens": ["lo", "a", "Ġ", "ra lo", "Ġba"]},
        {"vocab_size": 500, "alphabet": []},
        {"vocab_size": 500, "alphabet": ["x", "y", "Ġ"]},
        {"vocab_size": 300, "alphabet": [], "limit_alphabet": 12},
        {"vocab_size": 600, "split": "llama3"},
        {"vocab_size": 600, "split": "qwen2"},
        {"vocab_size": 10},
        {"texts": "runs", "vocab_size": 3000, "min_frequency": 1},
        {"texts": "runs", "vocab_size": 3000, "min_frequency": 3},
    ]:
        settings = {"texts": "words", "min_frequency": 2, "special_tokens": [], **case}
        tok, _ = train(**{**settings, "texts": texts[settings["texts"]]})
        model = json.loads(tok.to_str())["model"]
        tokens = sorted(model["vocab"], key=model["vocab"].get)
        merges = [" ".join(m) for m in model["merges"]]
        cases.append({**settings, "tokens": tokens, "merges": merges})
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        json.dump({"texts": texts, "cases": cases}, f, ensure_ascii=False, separators=(",", ":"))
        f.write("\n")


def compare(args):
    with open(args.text, encoding="utf-8", newline="") as f:
        text = f.read()
    texts = args.text
    if args.separator:
        texts = text.split(args.separator.encode().decode("unicode_escape"))
    tok, seconds = train(texts, vocab_size=args.vocab_size, min_frequency=args.min_frequency)
    print(f"trained {args.vocab_size} tokens in {seconds:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        theirs = os.path.join(folder, "tokenizer.json")
        tok.save(theirs)
        with open(theirs, "rb") as f:
            saved = f.read()
    print("sha256 of what the library saves:", hashlib.sha256(saved).hexdigest())
    if not args.ours:
        return
    with open(args.ours, "rb") as f:
        if f.read() != saved:
            sys.exit(f"{args.ours} differs from what the library saves")
    loaded = Tokenizer.from_file(args.ours)
    if loaded.encode(text).ids != tok.encode(text).ids:
        sys.exit("the loaded tokenizer encodes the text differently")
    print("the files are the same and load")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = p.add_subparsers(dest="verb", required=True)
    g = verbs.add_parser("golden")
    g.add_argument("path")
    c = verbs.add_parser("compare")
    c.add_argument("text")
    c.add_argument("ours", nargs="?")
    c.add_argument("--vocab-size", type=int, default=8192)
    c.add_argument("--min-frequency", type=int, default=2)
    c.add_argument("--separator", default="")
    args = p.parse_args()
    if args.verb == "golden":
        golden(args.path)
    else:
        compare(args)


if __name__ == "__main__":
    main()
