#!/usr/bin/env python3
"""Builds small tokenizer.json files and says what Hugging Face's library makes of them.

Writes one file of models, tokenizers made of them, texts, and for every
tokenizer the ids of every text, for most where in the text each id comes from
(pairs of characters, as the library counts), what ids decode to, and for some what
becomes of all this when tokens are added to it. The tests of bitnet-core/tokenizer
load each tokenizer and compare.

    pip install tokenizers==0.23.3
    scripts/tokenizers_golden.py bitnet-core/tokenizer/testdata/golden.json
"""

import argparse
import base64
import json
import random
import struct

import tokenizers

TEXTS = [
    "", " ", "   ", "hello world", "Hello,  World!", " the  cat's hat ", "don't do not I 'm we 've", "unaffable unaffables hellox",
    "a\tb\nc\r\nd\u00a0e\u3000f\u2028g\u200bh", "e\u0301a\u0301\u0302 \u00e9\u00c9 \u00c5ngstr\u00f6m \u212b", "\u0130I\u0131 STRASSE stra\u00dfe \u03a3\u03c3\u03c2 \u01c5",
    "\ufb01n \u00bd \u2460 \uff21\uff42 \u2126 \u1e9b\u0323", "\u65e5\u672c\u8a9e\u3067\u3059 \u4e00\u9fff\u20000 \U00020000\U0002b830\U0002b930", "\uac01 \u1100\u1161\u11a8 \u1100\u1161\u0301",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd", "\u0915\u094d\u0937\u093f \u0e33\u0e01\u0e33 \u0600\u0661a",
    "a\u0000b\u0001c\u007fd\u0085e\ufffdf\ufefeg\ufeffh\u00adi\ue000j", "x" * 101, "x" * 100, "12 345 6,789.01 \u00b2\u2167\u0662", "a_b-c--d...e?!f$g+h<i>^`|~",
    "<s>hello</s> [MASK] <pad>", " <s> the<s>", "[UNK] [unk] <unk>hello<unk><unk>", "\u2581hello\u2581\u2581the \u2581", "the\u2581cat", "hello the hello",
    "xyxyx yxx zzz", "abab ababab aab", "q\u00e9q\u00e9 qqhello", "\r\n\r\n \n", "--a--b-", "-a", "a-", "  a  b   c ", "||a|b||", "(\u300c\u00a1\u00bf\u2026\u2014\u00b7)",
    "a\u0300\u0316\u0345b", "\u0301a \u200da\u200db", "ab\u0323\u0307", "1\ufe0f\u20e3 \u00a9\ufe0f", "the cat the hat unaffable", "\u0345\u0344", "\u1e0a\u0323",
]

NORMAL = {
    "e\u0301": "E", "a\u0301": "", "\u00e9": "e", "\ufb01": "fi", "\u3000": " ", "\t": " ", "\n": " ", "\r\n": "N", "\u200b": " ", "\u00ad": "",
    "\u00bd": "1/2", "\uff21": "A", "\u2126": "\u03a9", "\u200d": "", "b": "b\u0307", "\u0e33": "\u0e4d\u0e32", "\u1100": "g", "1": "one", "\U0001f600": ":)", "\u0600": "P", "\u00a9": "(c)",
}


def charsmap(rules):
    """Compiles rules as SentencePiece does: a double array of units, then the replacements."""
    blob, values = b"", {}
    for key, text in rules.items():
        values[key.encode()] = len(blob)
        blob += text.encode() + b"\0"
    units, used = [0] * 512, {0}

    def place(at, keys, depth):
        labels = sorted({k[depth] for k in keys if len(k) > depth})
        leaf = [k for k in keys if len(k) == depth]
        slots = ([0] if leaf else []) + labels
        offset = 1
        while any((at ^ offset ^ s) in used for s in slots) or offset in offsets:
            offset += 1
        offsets.add(offset)
        while len(units) < (at | offset | 255) + 257:
            units.extend([0] * 256)
        units[at] |= (offset << 10) | (256 if leaf else 0)
        base = at ^ offset
        for s in slots:
            used.add(base ^ s)
        if leaf:
            units[base] = values[leaf[0]] | 1 << 31
        for c in labels:
            units[base ^ c] |= c
        for c in labels:
            place(base ^ c, [k for k in keys if len(k) > depth and k[depth] == c], depth + 1)

    offsets = set()
    place(0, list(values), 0)
    trie = b"".join(struct.pack("<I", u) for u in units)
    return base64.b64encode(struct.pack("<I", len(trie)) + trie + blob).decode()


def models():
    letters = sorted({c for t in TEXTS for c in t.lower() + t if not c.isspace()} | set("\u2581"))
    words = ["hello", "the", "cat", "hat", "un", "aff", "##aff", "##able", "##ables", "a", "##s", "world", "ab", "##ab", "don", "do", "not", "I"]
    bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *",.!?'-", *"bcdefgh12", "\u65e5", "\u672c", "\u4e00", "\u00c9", "\u03c3", "##x", "e\u0301", "'ve", "'re", "'s", "'m", "n't", "x do not", "'", "? !"]
    pieces = ["[UNK]", *letters, *("##" + c for c in letters)]
    scored = [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], ["<s>", 0.0], ["\u2581", -2.0], ["\u2581the", -3.0], ["\u2581cat", -4.5], ["hello", -6.25], ["\u2581hello", -5.0],
              ["he", -3.5], ["llo", -3.0], ["xy", -4.0], ["x", -2.0], ["y", -2.0], ["yx", -4.0], ["xyx", -6.0], ["ab", -3.0], ["aba", -4.5], ["a", -2.5], ["b", -2.5],
              ["abab", -6.0], ["t", -5.0], ["h", -5.0], ["e", -5.0], ["E", -5.0], ["'s", -4.0], ["\u00e9", -7.0], ["\u65e5", -8.0], ["\u65e5\u672c", -9.0], ["zz", 3.0], ["\u2581\u2581", -3.0],
              ["q\u00e9", -22.0], ["q\u00e9q\u00e9", -40.0], [" ", -6.0], ["N", -3.0], ["fi", -4.0], ["one", -4.0]]
    positive = [["<unk>", 9.0], ["x", 40.0], ["qz", 30.5], ["\u2581", 20.0], ["qq", 21.0], ["a", 11.0], ["aa", 22.0], ["ez", 15.0]]
    byte_pieces = [[f"<0x{b:02X}>", -9.0] for b in range(256)]
    bpe = ["<unk>", "<s>", "\u2581", *"helotcaxy", *(f"<0x{b:02X}>" for b in range(256)), "he", "ll", "llo", "hello", "th", "the", "\u2581the", "\u2581\u2581", "ca", "cat"]
    merges = ["h e", "l l", "ll o", "he llo", "t h", "th e", "\u2581 \u2581", "c a", "ca t", "\u2581 the"]
    number = lambda tokens: {t: i for i, t in enumerate(dict.fromkeys(tokens))}
    return {
        "bert": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": number(bert)},
        "pieces": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 200, "vocab": number(pieces)},
        "t5": {"type": "Unigram", "unk_id": 2, "vocab": scored, "byte_fallback": False},
        "bytes": {"type": "Unigram", "unk_id": 2, "vocab": scored + byte_pieces, "byte_fallback": True},
        "some bytes": {"type": "Unigram", "unk_id": 2, "vocab": scored + byte_pieces[:0xE0], "byte_fallback": True},
        "positive": {"type": "Unigram", "unk_id": 0, "vocab": positive, "byte_fallback": False},
        "gemma": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True,
                  "ignore_merges": False, "vocab": number(bpe), "merges": merges},
        "byte level": trained(400, ["<s>", "</s>"]),
        "clip": trained(560, ["<s>", "</s>"], unk_token="</s>", end_of_word_suffix="</w>"),
        "affixes": trained(680, ["<unk>"], unk_token="<unk>", continuing_subword_prefix="##", end_of_word_suffix="</w>"),
        "words": {"type": "WordLevel", "unk_token": "[UNK]", "vocab": number(["[UNK]", "<s>", "</s>", "hello", "world", "the", "cat", "'", "s", ",", "--", "a", "angstrom", "12", "</w>", "the</w>", "a|", "<pad>", "|", "##s", "--a", " .", " ' a"])},
    }


PATTERNS = {
    "gpt2": None,
    "llama3": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen3.5": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "tekken": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
}
CLIP = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def trained(size, special, **settings):
    """A byte-level BPE model trained on the texts, special tokens first."""
    tok = tokenizers.Tokenizer(tokenizers.models.BPE(**{k: v for k, v in settings.items() if k != "unk_token" or v}))
    tok.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    affixes = {k: v for k, v in settings.items() if k != "unk_token"}
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=size, min_frequency=2, initial_alphabet=alphabet, special_tokens=special, show_progress=False, **affixes)
    tok.train_from_iterator([t.lower() for t in TEXTS] + TEXTS, trainer)
    return json.loads(tok.to_str())["model"]


def seq(field, *steps):
    return {"type": "Sequence", field: list(steps)}


def configs():
    bert_norm = lambda **kw: {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True, **kw}
    meta = lambda **kw: {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True, **kw}
    split = lambda pattern, behavior, invert=False: {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}
    wp = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    replace = lambda kind, old, new: {"type": "Replace", "pattern": {kind: old}, "content": new}
    special = lambda name, ids: {"id": name, "ids": [ids], "tokens": [name]}
    one = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
    template = lambda before, after, specials: {
        "type": "TemplateProcessing", "single": [*map(one, before), {"Sequence": {"id": "A", "type_id": 0}}, *map(one, after)], "pair": [],
        "special_tokens": {n: special(n, i) for n, i in specials.items()}}
    bert_added = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    spm_added = ["<pad>", "</s>", "<unk>"]
    table = {"type": "Precompiled", "precompiled_charsmap": charsmap(NORMAL)}
    mixed = lambda *decoders: seq("decoders", *decoders)

    yield "bert", "bert", bert_norm(), {"type": "BertPreTokenizer"}, template(["[CLS]"], ["[SEP]"], {"[CLS]": 2, "[SEP]": 3}), wp, bert_added
    yield "bert cased", "bert", bert_norm(lowercase=False), {"type": "BertPreTokenizer"}, {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, {**wp, "cleanup": False}, bert_added
    yield "bert accents", "pieces", bert_norm(strip_accents=True, lowercase=False, handle_chinese_chars=False), {"type": "BertPreTokenizer"}, None, wp, []
    yield "bert raw", "pieces", bert_norm(clean_text=False, strip_accents=False), {"type": "WhitespaceSplit"}, None, wp, []
    end = template([], ["</s>"], {"</s>": 1})
    yield "t5", "t5", seq("normalizers", table, {"type": "Strip", "strip_left": False, "strip_right": True}, replace("Regex", " {2,}", "\u2581")), meta(), end, meta(), spm_added
    yield "t5 old", "t5", table, seq("pretokenizers", {"type": "WhitespaceSplit"}, meta(add_prefix_space=True)), end, meta(add_prefix_space=True), spm_added
    yield "unigram whole", "t5", None, meta(split=False, prepend_scheme="first"), None, meta(prepend_scheme="never"), spm_added
    yield "unigram bytes", "bytes", seq("normalizers", {"type": "Nmt"}, {"type": "NFKC"}, replace("Regex", r"\s+", " ")), meta(prepend_scheme="never"), None, mixed({"type": "ByteFallback"}, meta()), spm_added
    yield "unigram some bytes", "some bytes", None, None, None, mixed({"type": "ByteFallback"}, {"type": "Fuse"}), spm_added
    yield "unigram positive", "positive", replace("String", "l", "z"), None, None, None, ["<unk>"]
    yield "precompiled", "pieces", table, {"type": "WhitespaceSplit"}, None, None, []
    yield "gemma", "gemma", replace("String", " ", "\u2581"), split({"String": " "}, "MergedWithPrevious"), template(["<s>"], [], {"<s>": 1}), \
        mixed(replace("String", "\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}), ["<unk>", "<s>"]
    roberta = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 1], "trim_offsets": True, "add_prefix_space": False}
    yield "words", "words", seq("normalizers", {"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}), {"type": "Whitespace"}, roberta, None, ["<s>", "</s>"]
    yield "words ctc", "words", None, {"type": "WhitespaceSplit"}, None, {"type": "CTC", "pad_token": "<pad>", "word_delimiter_token": "|", "cleanup": True}, []
    yield "words ctc raw", "words", None, {"type": "WhitespaceSplit"}, None, {"type": "CTC", "pad_token": "a", "word_delimiter_token": "|", "cleanup": False}, []
    yield "words suffix", "words", None, {"type": "WhitespaceSplit"}, None, {"type": "BPEDecoder", "suffix": "</w>"}, []
    yield "words strip", "words", None, {"type": "WhitespaceSplit"}, None, mixed({"type": "Strip", "content": "h", "start": 2, "stop": 0}, replace("String", "l", "LL"), {"type": "Fuse"}, {"type": "Strip", "content": "e", "start": 1, "stop": 0}), []
    for name, form in {"nfc": "NFC", "nfd": "NFD", "nfkc": "NFKC", "nfkd": "NFKD"}.items():
        yield name, "pieces", {"type": form}, {"type": "WhitespaceSplit"}, None, wp, []
    for behavior in ["Isolated", "Removed", "Contiguous", "MergedWithPrevious", "MergedWithNext"]:
        yield "punctuation " + behavior, "pieces", None, {"type": "Punctuation", "behavior": behavior}, None, None, []
        for invert in [False, True]:
            kind = f"{behavior} {invert}"
            yield "split plain " + kind, "pieces", None, split({"String": "-"}, behavior, invert), None, None, []
            yield "split regex " + kind, "pieces", None, split({"Regex": r"[\s\-.b-d]{1,2}"}, behavior, invert), None, None, []
    yield "delimiter", "pieces", {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "CharDelimiterSplit", "delimiter": "-"}, None, None, []
    yield "accents", "pieces", {"type": "StripAccents"}, meta(), None, meta(), []
    yield "digits", "pieces", {"type": "Lowercase"}, seq("pretokenizers", {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": True}, {"type": "Punctuation", "behavior": "Contiguous"}), None, None, []
    yield "marks", "pieces", {"type": "Lowercase"}, seq("pretokenizers", {"type": "CharDelimiterSplit", "delimiter": "|"}, meta(prepend_scheme="first")), None, meta(prepend_scheme="first"), []

    level = lambda **kw: {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True, **kw}
    begin = template(["<s>"], ["</s>"], {"<s>": 0, "</s>": 1})
    for name, pattern in PATTERNS.items():
        cut = seq("pretokenizers", split({"Regex": pattern}, "Isolated"), level(use_regex=False)) if pattern else level()
        normalizer = {"type": "NFC"} if name.startswith("qwen") else None
        yield name + " style", "byte level", normalizer, cut, seq("processors", level(), begin), level(), ["<s>", "</s>"]
    yield "gpt2 prefixed", "byte level", None, level(add_prefix_space=True), level(trim_offsets=False), level(), ["<s>"]
    yield "gpt2 trimmed", "byte level", None, level(), level(trim_offsets=True), level(), ["<s>"]
    falcon = seq("pretokenizers", {"type": "Punctuation", "behavior": "Contiguous"}, level(), {"type": "Digits", "individual_digits": False}, split({"Regex": "[0-9][0-9][0-9]"}, "Isolated"))
    yield "falcon style", "byte level", None, falcon, None, level(), ["<s>"]
    clip = seq("normalizers", {"type": "NFC"}, replace("Regex", r"\s+", " "), {"type": "Lowercase"})
    words = seq("pretokenizers", split({"Regex": CLIP}, "Removed", True), level())
    yield "clip", "clip", clip, words, {**roberta, "cls": ["<s>", 0], "sep": ["</s>", 1], "trim_offsets": False}, level(), ["<s>", "</s>"]
    yield "affixes", "affixes", None, words, None, level(), ["<unk>"]
    yield "llama2 style", "gemma", seq("normalizers", {"type": "Prepend", "prepend": "\u2581"}, replace("String", " ", "\u2581")), None, template(["<s>"], [], {"<s>": 1}), \
        mixed(replace("String", "\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}), ["<unk>", "<s>"]
    yield "mistral style", "gemma", None, meta(prepend_scheme="first", split=False), template(["<s>"], [], {"<s>": 1}), \
        mixed(replace("String", "\u2581", " "), {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}), ["<unk>", "<s>"]


# Tokens to add to some tokenizers, flags and all; the last has the spelling of an earlier one.
ADDED = [
    {"content": "<tool>", "special": True, "normalized": False}, {"content": "hello", "single_word": True, "normalized": False},
    {"content": " cat", "lstrip": True, "normalized": False}, {"content": "\u00e9", "normalized": True}, {"content": "[x]", "rstrip": True, "normalized": False},
    {"content": "HAT", "normalized": True}, {"content": "<both>", "lstrip": True, "rstrip": True, "special": True, "normalized": False},
    {"content": "<tool", "normalized": False}, {"content": "[x]", "lstrip": True, "normalized": False},
]
ADDED_TEXTS = [
    "say <tool> <tool><s> <toolbox>", "hello hellos ahello hello.", "the   cat  cats", "caf\u00e9 e\u0301 \u00c9", "a  [x]  b[x]", "HAT hat \u00c4HAT", " a <both>  <both> b", "<both>", "",
]
EXTENDED = ["bert", "t5", "gemma", "clip", "gpt2 style", "llama3 style", "qwen2 style", "llama2 style", "words"]


def offsets(encoding):
    return [n for pair in encoding.offsets for n in pair]


def extended(tok):
    """What a tokenizer does when tokens are added to it."""
    before = tok.get_vocab_size()
    tokens = [tokenizers.AddedToken(t["content"], **{k: v for k, v in t.items() if k != "content"}) for t in ADDED]
    for t in tokens:
        tok.add_tokens([t])
    ids = [tok.token_to_id(t["content"]) for t in ADDED]
    encoded = [tok.encode(t, add_special_tokens=False) for t in ADDED_TEXTS]
    return {
        "tokens": ids, "ids": [e.ids for e in encoded], "offsets": [offsets(e) for e in encoded],
        "decoded": [[e.ids, tok.decode(e.ids, skip_special_tokens=False), tok.decode(e.ids, skip_special_tokens=True)] for e in encoded],
    }


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("out")
    out = args.parse_args().out
    rng = random.Random(5)
    made = models()
    result = []
    for name, model, normalizer, pre, post, decoder, added in configs():
        vocab = made[model]["vocab"]
        ids = dict(vocab) if isinstance(vocab, dict) else {t: i for i, (t, _) in enumerate(vocab)}
        parts = {
            "version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [{"id": ids[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for t in added],
            "normalizer": normalizer, "pre_tokenizer": pre, "post_processor": post, "decoder": decoder,
        }
        tok = tokenizers.Tokenizer.from_str(json.dumps({**parts, "model": made[model]}))
        plain = [tok.encode(t, add_special_tokens=False).ids for t in TEXTS]
        lists = [p for p in plain if p][1:12] + [[rng.randrange(len(ids)) for _ in range(rng.randrange(1, 9))] for _ in range(25)]
        result.append({
            "name": name, "model": model, "parts": parts, "ids": plain,
            "special": tok.encode(TEXTS[3]).ids,
            **({} if name.startswith(("split", "punctuation")) else {"offsets": [offsets(tok.encode(t, add_special_tokens=False)) for t in TEXTS]}),
            "decoded": [[l, tok.decode(l, skip_special_tokens=False), tok.decode(l, skip_special_tokens=True)] for l in lists],
        })
        if name in EXTENDED:
            result[-1]["extended"] = extended(tok)
    with open(out, "w", encoding="utf-8") as f:
        dump = lambda v: json.dumps(v, separators=(",", ":"))
        f.write('{"library":"tokenizers ' + tokenizers.__version__ + '",\n"texts":' + dump(TEXTS) + ',\n"added":' + dump(ADDED) + ',\n"added_texts":' + dump(ADDED_TEXTS) + ',\n"models":{\n')
        f.write(",\n".join(dump(k) + ":" + dump(v) for k, v in made.items()))
        f.write('},\n"tokenizers":[\n' + ",\n".join(map(dump, result)) + "\n]}\n")


if __name__ == "__main__":
    main()
