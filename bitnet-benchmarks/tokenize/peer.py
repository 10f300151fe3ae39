"""Encodes texts with Hugging Face's tokenizers, for main.go: requests and answers are lines of JSON."""

import json
import lzma
import os
import sys
import time
import zlib

# One thread: before the library is loaded, which reads them.
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import tokenizers  # noqa: E402


def read(path):
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as f:
        return f.read().decode()


def checksum(encodings):
    """The number of ids and a checksum of them and of where texts end."""
    count = crc = 0
    for e in encodings:
        count += len(e.ids)
        crc = zlib.crc32(b"".join(i.to_bytes(4, "little") for i in [*e.ids, len(e.ids)]), crc)
    return {"ids": count, "crc": crc}


def main():
    tok, texts = None, []
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"version": tokenizers.__version__}
        if "unpack" in request:
            answer["text"] = read(request["unpack"])
        if "load" in request:
            tok = tokenizers.Tokenizer.from_str(read(request["load"]))
        if "texts" in request:
            texts = request["texts"]
            answer |= checksum(tok.encode_batch_fast(texts, add_special_tokens=False))
        if "passes" in request:
            ns = 0
            for _ in range(request["passes"]):
                start = time.perf_counter_ns()
                kept = tok.encode_batch_fast(texts, add_special_tokens=False)  # without offsets
                ns += time.perf_counter_ns() - start
                del kept  # freeing what Python made of the ids is not timed
            answer["ns"] = ns
        print(json.dumps(answer), flush=True)


main()
