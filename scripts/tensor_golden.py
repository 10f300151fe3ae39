#!/usr/bin/env python3
"""Computes with NumPy what the tests of bitnet-core/tensor compare with.

Writes a JSON object: "cases", operations with their operands and results as
little-endian hexadecimal, and "prints", arrays with what NumPy's str makes of them.
Functions and sums are computed in float64, or exactly, and rounded to the type.

    scripts/tensor_golden.py testdata/golden/tensor/tensor.json
"""

import json
import math
import sys

import numpy as np

NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64", "int32": "I32", "int16": "I16",
         "int8": "I8", "uint64": "U64", "uint32": "U32", "uint16": "U16", "uint8": "U8", "bool": "BOOL"}
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -2.0, math.inf, -math.inf, math.nan, 1e-40, 6e-8, 3.0, -100.0, 60000.0, 1e30, -0.7]


def pack(a):
    a = np.asarray(a)
    return {"type": NAMES[a.dtype.name], "shape": list(a.shape), "data": np.ascontiguousarray(a).tobytes().hex()}


def binary(rng):
    shapes = [((2, 3), (2, 3)), ((2, 1, 3), (4, 1)), ((5,), ()), ((3, 1), (1, 4)), ((0, 3), (1, 3))]
    ops = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Min": np.minimum, "Max": np.maximum}
    compare = {"Equal": np.equal, "NotEqual": np.not_equal, "Less": np.less, "LessEqual": np.less_equal,
               "Greater": np.greater, "GreaterEqual": np.greater_equal}
    for t in ["float32", "float64", "float16", "int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"]:
        for name, f in (ops | compare).items():
            for a, b in shapes if t in ("float32", "int8") else shapes[1:2]:
                if t.startswith("float"):
                    x, y = (rng.choice([-3, -1, 0, 0.1, 2, 7], s) + rng.choice([0, 0.3], s) for s in (a, b))
                else:
                    low = 0 if t.startswith("u") else -100
                    x, y = (rng.integers(low, 100, s) for s in (a, b))
                x, y = x.astype(t), y.astype(t)
                yield {"op": name, "in": [pack(x), pack(y)], "out": pack(f(x, y))}
    for t in ["float32", "float64", "float16"]:
        x = np.array(SPECIAL, dtype="float64").astype(t)[:, None]
        y = x.reshape(1, -1)
        for name, f in ({"Add": np.add, "Mul": np.multiply, "Div": np.divide, "Sub": np.subtract} | compare).items():
            yield {"op": name, "in": [pack(x), pack(y)], "out": pack(f(x, y))}
        p = np.power(x.astype("float64"), y.astype("float64")).astype(t)
        yield {"op": "Pow", "in": [pack(x), pack(y)], "out": pack(p), "ulps": 16 if t == "float64" else 1}


def functions(rng):
    def erf_gelu(x):
        return np.array([-0.0 if v == -math.inf else 0.5 * v * math.erfc(-v / math.sqrt(2)) for v in x])

    def silu(x):
        return np.where(x == -math.inf, -0.0, x / (1 + np.exp(-x)))

    def gelu_tanh(x):
        # ½(1 + tanh u) as 1/(1 + exp(-2u)), which does not cancel digits.
        return np.where(x == -math.inf, -0.0, x / (1 + np.exp(-2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3))))

    table = {"Exp": np.exp, "Log": np.log, "Sqrt": np.sqrt, "Tanh": np.tanh, "Sigmoid": lambda x: 1 / (1 + np.exp(-x)),
             "SiLU": silu, "GELU": erf_gelu, "GELUTanh": gelu_tanh, "ReLU": lambda x: np.maximum(x, 0),
             "ReLU2": lambda x: np.maximum(x, 0) ** 2, "Abs": np.abs, "Neg": np.negative}
    for t in ["float32", "float64", "float16"]:
        x = np.concatenate([np.array(SPECIAL), rng.normal(0, 2, 48)]).astype(t)
        for name, f in table.items():
            ulps = 0 if name in ("Sqrt", "ReLU", "ReLU2", "Abs", "Neg") else 1
            if t == "float64" and ulps:
                ulps = 64 if "GELU" in name else 8  # errors of the exponential's argument, up to 40
            yield {"op": name, "in": [pack(x)], "out": pack(f(x.astype("float64")).astype(t)), "ulps": ulps}
    for t in ["int64", "int32", "int16", "int8"]:
        x = np.array([0, 1, -1, 100, -100, np.iinfo(t).min, np.iinfo(t).max], dtype=t)
        yield {"op": "Abs", "in": [pack(x)], "out": pack(np.abs(x))}
        yield {"op": "Neg", "in": [pack(x)], "out": pack(np.negative(x))}


def reductions(rng):
    def lse(x, axis):
        top = x.max(axis=axis, keepdims=True)
        return np.squeeze(np.log(np.exp(x - top).sum(axis=axis, keepdims=True)) + top, axis)

    table = {"Sum": np.sum, "Mean": np.mean, "Var0": np.var, "Var1": lambda x, axis: np.var(x, axis=axis, ddof=1),
             "Norm1": lambda x, axis: np.abs(x).sum(axis=axis), "Norm2": lambda x, axis: np.sqrt((x * x).sum(axis=axis)),
             "Norm3": lambda x, axis: (np.abs(x) ** 3).sum(axis=axis) ** (1 / 3),
             "NormInf": lambda x, axis: np.abs(x).max(axis=axis), "LogSumExp": lse,
             "ReduceMax": np.max, "ReduceMin": np.min, "ArgMax": np.argmax, "ArgMin": np.argmin}
    for t in ["float32", "float64", "float16"]:
        for shape, axes in [((3, 4, 5), (1,)), ((3, 4, 5), (0, 2)), ((2, 3), (0, 1)), ((7,), (0,)), ((2, 1, 3), (1,))]:
            x = rng.normal(0, 3, shape).astype(t)
            for name, f in table.items():
                if name == "Var1" and shape[axes[0]] == 1:
                    continue
                if name.startswith("Arg"):
                    if len(axes) > 1 and len(axes) < len(shape):
                        continue
                    y = np.asarray(f(x, axis=axes[0] if len(axes) == 1 else None)).astype("int64")
                    if len(axes) == len(shape):
                        y = y.reshape(())
                else:
                    y = np.asarray(f(x.astype("float64"), axis=axes)).astype(t)
                yield {"op": name, "in": [pack(x)], "axes": list(axes), "out": pack(y), "ulps": 256 if t == "float64" else 1}
    for t in ["int64", "int32", "int16", "int8", "uint64", "uint32", "uint16", "uint8"]:
        x = rng.integers(0 if t[0] == "u" else -128, 127, (4, 5)).astype(t)
        for name in ["ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "Sum"]:
            y = np.asarray(table[name](x, axis=0))
            yield {"op": name, "in": [pack(x)], "axes": [0], "out": pack(y)}
    x = np.array([[1, math.nan, 3], [-math.inf, 2, math.inf]], dtype="float32")
    for name in ["Sum", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin"]:
        y = np.asarray(table[name](x, axis=1))
        yield {"op": name, "in": [pack(x)], "axes": [1], "out": pack(y)}


def rows(rng):
    def softmax(x, axis):
        e = np.exp(x - x.max(axis=axis, keepdims=True))
        return e / e.sum(axis=axis, keepdims=True)

    for t, ulps in [("float32", 2), ("float64", 16), ("float16", 1)]:
        x = rng.normal(0, 2, (2, 3, 5)).astype(t)
        wide = x.astype("float64")
        for axis in range(3):
            yield {"op": "Softmax", "in": [pack(x)], "axes": [axis], "out": pack(softmax(wide, axis).astype(t)), "ulps": ulps}
        gain, bias = (rng.normal(1, 0.1, 5).astype(t) for _ in range(2))
        mean, var = wide.mean(axis=-1, keepdims=True), wide.var(axis=-1, keepdims=True)
        y = (wide - mean) / np.sqrt(var + 1e-5) * gain.astype("float64") + bias.astype("float64")
        yield {"op": "LayerNorm", "in": [pack(x), pack(gain), pack(bias)], "out": pack(y.astype(t)), "ulps": 64 * ulps if t == "float64" else ulps}
        y = wide / np.sqrt((wide * wide).mean(axis=-1, keepdims=True) + 1e-5) * gain.astype("float64")
        yield {"op": "RMSNorm", "in": [pack(x), pack(gain)], "out": pack(y.astype(t)), "ulps": 4 if t == "float32" else ulps}


def indexing(rng):
    x = rng.normal(0, 1, (4, 3)).astype("float32")
    i = rng.integers(0, 4, (2, 2)).astype("int32")
    yield {"op": "Take", "in": [pack(x), pack(i)], "axes": [0], "out": pack(np.take(x, i, axis=0))}
    yield {"op": "Take", "in": [pack(x), pack(i % 3)], "axes": [1], "out": pack(np.take(x, i % 3, axis=1))}
    i = rng.integers(0, 4, (5, 3)).astype("int64")
    yield {"op": "Gather", "in": [pack(x), pack(i)], "axes": [0], "out": pack(np.take_along_axis(x, i, axis=0))}
    i = rng.permutation(4)[:2, None].repeat(3, 1).astype("int64")
    src = rng.normal(0, 1, (2, 3)).astype("float32")
    y = x.copy()
    np.put_along_axis(y, i, src, axis=0)
    yield {"op": "Scatter", "in": [pack(x), pack(i), pack(src)], "axes": [0], "out": pack(y)}
    c = rng.integers(0, 2, (2, 1)).astype(bool)
    a, b = (rng.integers(0, 99, s).astype("int16") for s in ((3,), (2, 3)))
    yield {"op": "Where", "in": [pack(c), pack(a), pack(b)], "out": pack(np.where(c, a, b))}


def products(rng):
    shapes = [((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)), ((2, 3, 4), (4, 5)), ((2, 1, 3, 4), (5, 4, 2)),
              ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((3, 0), (0, 2)), ((0, 4), (4, 2)), ((1, 3, 4), (2, 4, 2)), ((3, 17, 40), (3, 40, 33))]
    for t in ["float32", "float16", "int8"]:
        for a, b in shapes:
            x, y = (rng.integers(-9, 10, s) for s in (a, b))  # sums are exact
            z = np.matmul(x, y)
            scale = 1 if t == "int8" else 0.25
            yield {"op": "MatMul", "in": [pack((x * scale).astype(t)), pack((y * scale).astype(t))],
                   "out": pack((z * scale ** 2).astype("int32" if t == "int8" else t))}


def prints(rng):
    f = np.float32
    yield from [np.array(v, dtype=t) for v in (0, 1, -1.5, 1e-5, 1.5e-5, 0.1, 1e16, 12345678) for t in ("float32", "float64")]
    yield from [np.array(7, dtype="int8"), np.array(True), np.zeros((0,), f), np.zeros((2, 0), f), np.zeros((2, 3), f)]
    yield np.array([math.nan, math.inf, -math.inf], f)
    yield np.array([math.nan, 1, -math.inf, 0.25], f)
    yield np.array([math.nan, math.inf, 1e-9], f)
    yield np.array([math.nan], f)
    for t in ("float32", "float64", "float16"):
        for scale in (1e-6, 1e-3, 1, 100, 3e4):
            yield (rng.normal(0, 1, (2, 7)) * scale).astype(t)
        yield rng.uniform(1, 2, (2, 2, 3)).astype(t)
        yield np.array([1, 1000, 1001], t)
        yield np.array([1, 1000], t)
        yield np.array([0.1, 0.2, -0.3], t)
        yield np.array([1e-4, 0.05], t)
        yield np.array([-0.0, 0.0], t)
    yield np.array([1e8, 1], "float64")
    yield np.array([1e-300, 1e300], "float64")
    yield np.array([1 / 3, 2 / 3, 1e-3], "float64")
    yield np.array([123456.789, 999999.5], f)
    yield np.array([999999.94, 1e6], f)
    yield np.array([16777216], f)
    yield np.arange(1001, dtype="int32")
    yield np.arange(2000, dtype="float32").reshape(2, 10, 100)
    yield np.arange(60 * 60, dtype="float64").reshape(60, 60) / 7
    yield np.arange(40, dtype="int64") * 10 ** 17
    yield np.array([-5, 200, 0], "int16")
    yield np.array([2 ** 64 - 1, 0], "uint64")
    yield np.array([[True, False], [False, False]])
    yield rng.integers(0, 2, (2, 3, 2)).astype(bool)
    yield rng.normal(0, 1, (2, 1, 2, 3)).astype(f)


def main():
    np.seterr(all="ignore")
    rng = np.random.default_rng(5)
    cases = [c for g in (binary, functions, reductions, rows, indexing) for c in g(rng)]
    texts = [{"in": pack(a), "text": str(a)} for a in prints(rng)]
    cases += products(rng)
    with open(sys.argv[1], "w") as f:
        f.write('{"cases": [\n' + ",\n".join(map(json.dumps, cases)) + '\n], "prints": [\n'
                + ",\n".join(map(json.dumps, texts)) + "\n]}\n")


if __name__ == "__main__":
    main()
