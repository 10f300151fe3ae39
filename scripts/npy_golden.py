#!/usr/bin/env python3
"""Writes arrays with NumPy for the tests of bitnet-core/encoding/npy.

    scripts/npy_golden.py testdata/golden/npy/npy.json

The JSON has three lists. "arrays": files as np.save writes them ("file",
hexadecimal), with what they hold: NumPy's type ("type"), the shape, and the elements,
little-endian in row-major order ("data", hexadecimal). "refused": files of types
that are not supported. "archives": .npz files, and the names of the arrays in them,
which are among those of "arrays".
"""

import io
import json
import sys

import numpy as np


def npy(a, version=None):
    out = io.BytesIO()
    np.lib.format.write_array(out, a, version=version, allow_pickle=True)
    return out.getvalue()


def arrays():
    rng = np.random.default_rng(1)
    for kind in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        a = np.frombuffer(rng.bytes(6 * 8), dtype=kind)[:6].reshape(2, 3) if kind != "b1" else rng.random((2, 3)) < 0.5
        yield kind, a, None
        yield kind + " big-endian", a.astype(a.dtype.newbyteorder(">")), None
        yield kind + " Fortran", np.asfortranarray(a), None
    a = np.arange(24, dtype="f4").reshape(2, 3, 4)
    yield "version 2", a, (2, 0)
    yield "version 3", np.asfortranarray(a), (3, 0)
    yield "big-endian Fortran", np.asfortranarray(a.astype(">f4")), None
    yield "permuted", a.transpose(1, 0, 2), None
    yield "scalar", np.array(2.5), None
    yield "vector", np.arange(3, dtype="i4"), None
    yield "empty", np.zeros((0, 3), "f4"), None
    yield "empty Fortran", np.zeros((3, 0, 2), "f4", order="F"), None
    yield "many dimensions", np.arange(2, dtype="u1").reshape([1] * 31 + [2]), None
    yield "special", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324], "f8"), None


def refused():
    yield "structured", np.zeros(2, [("a", "<f4"), ("b", ">i2")])
    yield "nested", np.zeros(2, [("a", [("b", "<f4")], (2,))])
    yield "structured, UTF-8", np.zeros(2, [("ä▁", "<f4")])
    yield "objects", np.array([None, {}], dtype=object)
    yield "complex", np.zeros(2, "c8")
    yield "text", np.array(["a", "bc"])
    yield "bytes", np.array([b"a", b"bc"])
    yield "void", np.zeros(2, "V2")
    yield "times", np.array(["2020-01-01"], "M8[D]")
    yield "long double", np.zeros(2, np.longdouble)


def main():
    made = [(name, a, npy(a, version)) for name, a, version in arrays()]
    archives = []
    for save in np.savez, np.savez_compressed:
        out = io.BytesIO()
        names = {"f4", "i2 big-endian", "f8 Fortran", "scalar", "empty"}
        members = {name: a for name, a, _ in made if name in names}
        save(out, **members)
        archives.append({"name": save.__name__, "arrays": list(members), "file": out.getvalue().hex()})
    lists = {
        "arrays": [
            {
                "name": name,
                "type": a.dtype.str,
                "shape": a.shape,
                "data": a.astype(a.dtype.newbyteorder("<")).tobytes().hex(),
                "file": file.hex(),
            }
            for name, a, file in made
        ],
        "refused": [{"name": name, "file": npy(a).hex()} for name, a in refused()],
        "archives": archives,
    }
    with open(sys.argv[1], "w") as out:
        parts = (f"{json.dumps(key)}: [\n" + ",\n".join(map(json.dumps, rows)) + "\n]" for key, rows in lists.items())
        out.write("{\n" + ",\n".join(parts) + "\n}\n")


main()
