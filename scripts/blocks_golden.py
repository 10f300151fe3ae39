#!/usr/bin/env python3
"""Quantizes rows with ggml's reference quantizers and decodes blocks with ggml.

Writes a JSON list that the tests of bitnet-core/nn compare their own rounding and
decoding with, bit for bit: for each type, rows of float32 ("values", little-endian
hexadecimal), the blocks that ggml makes of them ("blocks") and what it decodes those
to ("decoded"); one row is of random bytes, which have no values.

    scripts/blocks_golden.py path/to/libggml-base.so testdata/golden/blocks/blocks.json

The library comes with llama.cpp, for example with what bitnet-benchmarks/peers/run
installs into the user's cache directory.
"""

import ctypes
import json
import random
import struct
import sys

TYPES = {"Q8_0": (32, 34, 0, "q8_0"), "Q4_0": (32, 18, 0, "q4_0"), "Q6_K": (256, 210, 208, "q6_K")}
COLS = 512


def rows(rng):
    """Rows of several kinds, as float32 values."""
    yield [rng.gauss(0, 0.02) for _ in range(COLS)]
    yield [rng.gauss(0, 1) * 10 ** rng.uniform(-6, 3) for _ in range(COLS)]
    yield [0.0] * 256 + [1e-30 * rng.gauss(0, 1) for _ in range(128)] + [rng.gauss(0, 1) for _ in range(128)]
    yield [float(rng.randint(-32, 31)) for _ in range(COLS)]
    yield [(-1) ** i * 0.5 for i in range(COLS)]
    yield [rng.choice([0.0, 0.0, 0.0, rng.gauss(0, 3)]) for _ in range(COLS)]


def main():
    ggml = ctypes.CDLL(sys.argv[1])
    rng = random.Random(1)
    cases = []
    for name, (elems, size, scale, suffix) in TYPES.items():
        quantize = getattr(ggml, f"quantize_row_{suffix}_ref")
        decode = getattr(ggml, f"dequantize_row_{suffix}")
        for f in quantize, decode:
            f.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
            f.restype = None
        blocks = ctypes.create_string_buffer(COLS // elems * size)
        decoded = (ctypes.c_float * COLS)()

        def add(values):
            decode(blocks, decoded, COLS)
            cases.append({"type": name, "values": values, "blocks": blocks.raw[: COLS // elems * size].hex(), "decoded": bytes(decoded).hex()})

        for values in rows(rng):
            x = (ctypes.c_float * COLS)(*values)
            quantize(x, blocks, COLS)
            add(bytes(x).hex())
        data = bytearray(rng.randbytes(COLS // elems * size))
        for at in range(scale, len(data), size):
            data[at : at + 2] = struct.pack("<e", rng.gauss(0, 1))
        blocks.raw = bytes(data)
        add("")
    with open(sys.argv[2], "w") as out:
        out.write("[\n" + ",\n".join(map(json.dumps, cases)) + "\n]\n")


main()
