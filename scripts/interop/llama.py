"""llama.cpp, through its libraries: greedy tokens, tokenization, its own quantizer.

Each call is a process of its own, for a library that aborts or does not return to be
one pair that fails. As a program it is that process:

    llama.py LIBRARIES info
    llama.py LIBRARIES greedy MODEL IDS N
    llama.py LIBRARIES tokenize MODEL TEXT
    llama.py LIBRARIES quantize SOURCE TARGET TYPE

The bindings are those of bitnet-benchmarks/peers/llamacpp.py, which refuse another
version than they were written for.
"""

import ctypes as c
import json
import os
import pathlib
import subprocess
import sys

import llamacpp

THREADS = 2

# llama_ftype, of what llama_model_quantize can write
FILE_TYPES = {"F32": 0, "F16": 1, "Q8_0": 7, "TQ1_0": 36, "TQ2_0": 37}
EMBEDDING = 1  # GGML_TYPE_F16


class QuantizeParams(c.Structure):
    """llama_model_quantize_params as far as it is used. It lies in memory, so that a
    structure which is too long does no harm."""

    _fields_ = [
        ("nthread", c.c_int32),
        ("ftype", c.c_int),
        ("output_tensor_type", c.c_int),
        ("token_embedding_type", c.c_int),
        ("rest", c.c_char * 512),
    ]


llamacpp.LLAMA.update({
    "llama_model_quantize_default_params": (QuantizeParams, []),
    "llama_model_quantize": (c.c_uint32, [c.c_char_p, c.c_char_p, c.POINTER(QuantizeParams)]),
    "llama_tokenize": (c.c_int32, [c.c_void_p, c.c_char_p, c.c_int32, c.POINTER(c.c_int32), c.c_int32, c.c_bool, c.c_bool]),
})


class Llama:
    def __init__(self, libraries):
        self.libraries = libraries
        self.version = self._call("info")["version"]
        self.package = json.loads((pathlib.Path(libraries).parents[1] / "package.json").read_text())["version"]

    def _call(self, *arguments):
        command = [sys.executable, __file__, self.libraries, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            said = done.stderr.strip().split("\n")[-1]
            raise OSError(said or f"llama.cpp ended with status {done.returncode}")
        return json.loads(done.stdout)

    def greedy(self, model, ids, n):
        """Tokens, and for each step the logits of all tokens, as a list."""
        out = self._call("greedy", model, json.dumps(ids), n)
        return out["ids"], out["logits"]

    def tokenize(self, model, text):
        return self._call("tokenize", model, text)

    def quantize(self, source, target, kind):
        self._call("quantize", source, target, kind)
        return target


def greedy(llama, model, ids, n):
    ids, n = json.loads(ids), int(n)
    m = llamacpp.Model(llama, model, len(ids) + n, THREADS, "off")
    out, rows = [], []
    while len(out) < n:
        _keep, batches = m.batches(out[-1:] or ids, llamacpp.BATCH)
        for b in batches:
            m.decode(b)
        rows.append(llama.llama_get_logits_ith(m.context, -1)[: m.vocab])
        out.append(max(range(m.vocab), key=rows[-1].__getitem__))
    return {"ids": out, "logits": rows}


def tokenize(llama, model, text):
    vocab = llama.llama_model_get_vocab(llamacpp.Model(llama, model, 32, 1, "off").model)
    text = text.encode()
    ids = (c.c_int32 * (len(text) + 16))()
    n = llama.llama_tokenize(vocab, text, len(text), ids, len(ids), True, True)
    if n < 0:
        llama.fail(f"llama_tokenize returned {n}")
    return ids[:n]


def quantize(llama, source, target, kind):
    params = llama.llama_model_quantize_default_params()
    params.nthread, params.ftype = THREADS, FILE_TYPES[kind]
    params.output_tensor_type = params.token_embedding_type = EMBEDDING
    status = llama.llama_model_quantize(os.fsencode(source), os.fsencode(target), c.byref(params))
    if status != 0:
        llama.fail(f"llama_model_quantize returned {status}")


def info(llama):
    return llama.info()


if __name__ == "__main__":
    libraries, verb, *arguments = sys.argv[1:]
    verbs = {f.__name__: f for f in (info, greedy, tokenize, quantize)}
    json.dump(verbs[verb](llamacpp.Llama(libraries), *arguments), sys.stdout)
