#!/usr/bin/env python3
"""Trains small SentencePiece models of type Unigram and says what the library makes of texts.

Writes one file of models: each as the .model file in base64, what it says of its
pieces, the tokenizer.json that Hugging Face's converter makes of such a file
(transformers, SpmConverter), and the ids of texts by both libraries. The tests of
bitnet-core/tokenizer load each model in three ways and compare. The ids of the
parity cases are there too, if their file is given.

    pip install sentencepiece==0.2.3 tokenizers==0.23.3
    scripts/unigram_golden.py bitnet-core/tokenizer/testdata/unigram.json ../shared/tokenizers/parity/cases.json
"""

import argparse
import base64
import io
import json
import os
import random
import struct
import tempfile
import zlib

import sentencepiece
import tokenizers
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers

SENTENCES = """
The mill stands where the river bends, and the miller counts the sacks before it rains.
Nobody knows who wrote the letter, but everybody has read it; some have read it twice.
She opened the window, looked at the roofs of the town, and closed the window again.
When the lamp goes out, light the lamp. When the lamp is empty, fill the lamp first.
A number has digits: 1, 12, 123, 1984, 2026. Half of it is 1/2, and a third is 1/3.
Counting tokens is easy, counting the tokens of a language that nobody speaks is not.
Der Müller zählt die Säcke, bevor es regnet, und schließt das Fenster der Mühle.
Niemand weiß, wer den Brief geschrieben hat, aber alle haben ihn zweimal gelesen.
Le meunier compte les sacs avant la pluie, puis il ferme la fenêtre du moulin à café.
El molinero cuenta los sacos antes de la lluvia y cierra la ventana del año pasado.
Мельник считает мешки перед дождём и закрывает окно мельницы.
Никто не знает, кто написал письмо, но все его прочитали.
水車小屋の主人は雨が降る前に袋を数えます。窓を閉めます。
磨坊主在下雨之前数袋子，然后关上窗户。没有人知道是谁写的信。
방앗간 주인은 비가 오기 전에 자루를 센다. 창문을 닫는다.
يحسب الطحان الأكياس قبل المطر ثم يغلق النافذة.
הטוחן סופר את השקים לפני הגשם וסוגר את החלון.
ο μυλωνάς μετράει τα σακιά πριν από τη βροχή και κλείνει το παράθυρο.
for i in range(10): print(i, end=" ") # the first ten
if (x == 0) { return a[x] + b[x]; } else { return -1; }
""".strip().split("\n")

TEXTS = [
    "", " ", "   ", "The miller", " The  miller ", "the miller counts\tthe\nsacks", "\u3000wide\u3000\u3000spaces\u3000", "\u200b", " \u200b ", "a\u200bb", "\u200b a",
    "cafe\u0301 caf\u00e9 e\u0301\u0301", "\ufb01ne \u00bd \uff21\uff22\uff23", "AbC", "\u2581the\u2581\u2581miller\u2581", "\u2581", " \u2581 ",
    "<user>", "a<user>b", "the <user> <user>x", "<user><user2>", "<user", "<use\u0301r>", "  <user>  ", "\uff21b", "x\uff21by", "hand made", "the hand made lamp",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467", "\u0e44\u0e17\u0e22 \u0939\u093f\u0928\u094d\u0926\u0940", "\u6c34\u8eca\u5c0f\u5c4b", "\ubc29\uc557\uac04 \uc8fc\uc778",
    "<s>the</s>", "<unk>", "<0x41>", "zzzzzzzzzzzz", "0123456789" * 5, "qqq\U00010348\U00010348zz", "\u043c\u0435\u043b\u044c\u043d\u0438\u043a", "don't 'll", "1/2 1/3 -1", "...", "- - -", "\r\n\r\n", "\u00a0the\u00a0", "the\u00adlamp", "ab", "xab", "xxab", "xxxab", "xyyab",
]

# Texts in which sums of scores become large: a unit, how often, and another, how often.
LONG = [["lamp", 5000, "", 0], ["\U00010348", 12000, " the miller counts", 3000], ["the lamp goes out, fill it; ", 4000, "zq", 3000]]

# What characters become, as SentencePiece's rules: code points, a tab, code points.
RULES = {
    "\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "\u00a0": " ", "\u200b": "", "\u00ad": "", "e\u0301": "\u00e9", "e\u0301\u0301": "E", "\ufb01": "fi", "\u00bd": " 1/2 ",
    "\uff21": "A", "\uff22": "B", "\uff23": "C", "\uff21b": "ab", "Ab": "ba", "\u2026": "...",
}


def fields(data):
    """The fields of a protobuf message."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            value |= (data[at] & 127) << shift
            at += 1
            if data[at - 1] < 128:
                return value
            shift += 7

    while at < len(data):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 5:
            yield tag >> 3, struct.unpack_from("<f", data, at)[0]
            at += 4
        else:
            size = varint()
            yield tag >> 3, data[at:at + size]
            at += size


def train(folder, **settings):
    rules = os.path.join(folder, "rules.tsv")
    hexes = lambda s: " ".join(f"{ord(c):X}" for c in s)
    with open(rules, "w", encoding="utf-8") as f:
        f.writelines(f"{hexes(k)}\t{hexes(v)}\n" for k, v in RULES.items())
    if settings.pop("rules"):
        settings["normalization_rule_tsv"] = rules
    else:
        settings["normalization_rule_name"] = "identity"
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 20), model_writer=out, model_type="unigram", num_threads=1, minloglevel=2, hard_vocab_limit=False, **settings)
    return out.getvalue()


def handmade():
    """A model whose sums of float32 make equal what is not."""
    varint = lambda n: bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
    part = lambda number, data: varint(number << 3 | 2) + varint(len(data)) + data
    piece = lambda text, score, kind: part(1, part(1, text.encode()) + b"\x15" + struct.pack("<f", score) + b"\x18" + bytes([kind]))
    pieces = [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("x", -90000, 1), ("y", 90000, 1), ("a", -0.001, 1), ("b", -0.001, 1), ("ab", -0.0021, 1), ("\u2581", -1, 1)]
    return b"".join(piece(*p) for p in pieces) + part(2, b"\x18\x01") + part(3, b"")


def convert(pieces, types, scores, charsmap, prefix, fallback):
    """The tokenizer.json that is made of such a model, without a post-processor."""
    tok = tokenizers.Tokenizer(models.Unigram(list(zip(pieces, scores)), types.index(2), fallback))
    steps = [normalizers.Precompiled(charsmap)] if charsmap else []
    tok.normalizer = normalizers.Sequence(steps + [normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    tok.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always" if prefix else "never")
    tok.decoder = decoders.Metaspace(replacement="\u2581", prepend_scheme="always" if prefix else "never")
    tok.add_special_tokens([tokenizers.AddedToken(p, normalized=False, special=True) for p, t in zip(pieces, types) if t in (2, 3)])
    tok.add_tokens([tokenizers.AddedToken(p, normalized=False) for p, t in zip(pieces, types) if t == 4])
    tok.encode_special_tokens = True
    return tok


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("out")
    args.add_argument("cases", nargs="?")
    args = args.parse_args()
    cases = []
    if args.cases:
        with open(args.cases, encoding="utf-8") as f:
            cases = [c["text"] for c in json.load(f)]
    result = []
    with tempfile.TemporaryDirectory() as folder:
        for name, settings in {
            "bytes": dict(vocab_size=620, rules=True, byte_fallback=True, user_defined_symbols=["<user>", "<user2>", "\u2581hand\u2581made", "\uff21by"]),
            "plain": dict(vocab_size=300, rules=False, add_dummy_prefix=False, remove_extra_whitespaces=False, character_coverage=0.98, pad_id=3),
            "sums": dict(rules=False),
        }.items():
            prefix, fallback = settings.get("add_dummy_prefix", True), settings.get("byte_fallback", False)
            data = train(folder, **settings) if "vocab_size" in settings else handmade()
            sp = sentencepiece.SentencePieceProcessor(model_proto=data)
            pieces, types, scores, charsmap = [], [], [], b""
            for number, value in fields(data):
                if number == 1:
                    piece = dict(fields(value))
                    pieces.append(piece[1].decode())
                    scores.append(piece.get(2, 0.0))
                    types.append(piece.get(3, 1))
                if number == 3:
                    charsmap = dict(fields(value)).get(2, b"")
            hf = convert(pieces, types, scores, charsmap, prefix, fallback)
            rng = random.Random(1)
            lists = [[rng.randrange(len(pieces)) for _ in range(rng.randrange(1, 9))] for _ in range(40)]
            lists = [l for l in lists if all(types[i] in (1, 4) for i in l)]
            result.append({
                "name": name, "model": base64.b64encode(data).decode(), "json": json.loads(hf.to_str()),
                "charsmap": base64.b64encode(charsmap).decode(), "prefix": prefix, "collapse": settings.get("remove_extra_whitespaces", True),
                "pieces": pieces, "types": types, "scores": scores,
                "ids": [sp.encode(t) for t in TEXTS], "hf": [hf.encode(t).ids for t in TEXTS],
                "long": [[len(ids), zlib.crc32(struct.pack(f"<{len(ids)}i", *ids))] for ids in (sp.encode(a * n + b * k) for a, n, b, k in LONG)],
                "cases": [sp.encode(t) for t in cases],
                "decoded": [[l, sp.decode(l)] for l in lists],
            })
            same = sum(sp.encode(t) == hf.encode(t).ids for t in TEXTS + cases)
            print(f"{name}: {len(pieces)} pieces, both libraries agree on {same} of {len(TEXTS + cases)} texts")
    with open(args.out, "w", encoding="utf-8") as f:
        dump = lambda v: json.dumps(v, separators=(",", ":"))
        f.write(f'{{"library":"sentencepiece {sentencepiece.__version__}, tokenizers {tokenizers.__version__}",\n"texts":{dump(TEXTS)},\n"long":{dump(LONG)},\n"models":[\n')
        f.write(",\n".join(map(dump, result)) + "\n]}\n")


if __name__ == "__main__":
    main()
