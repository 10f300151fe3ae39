"""Times operations of NumPy on float32 matrices, as asked on standard input.

A line is "version" or "OP SIDE COUNT NEW": it computes COUNT times on square matrices and
answers with the nanoseconds that took and the sum of the result's magnitudes. With NEW 1
the results are new arrays, with 0 they go into one that is there. Matrices are those
of the Go program.
"""

import functools
import gc
import sys
import time

import numpy as np


@functools.cache
def matrix(n, seed):
    return (((np.arange(n) * 7 + seed) % 13 - 6) / 8).astype(np.float32)


def softmax(x, out=None):
    out = np.subtract(x, x.max(axis=1, keepdims=True), out=out)
    np.exp(out, out=out)
    return np.divide(out, out.sum(axis=1, keepdims=True), out=out)


def transposed(x, out=None):
    if out is None:
        return np.ascontiguousarray(x.T)
    np.copyto(out, x.T)
    return out


def main():
    gc.disable()
    for line in sys.stdin:
        words = line.split()
        if words == ["version"]:
            print(np.__version__, "Python-" + sys.version.split()[0], flush=True)
            continue
        op, (side, count, new) = words[0], map(int, words[1:])
        x, y = (matrix(side * side, seed).reshape(side, side) for seed in (1, 2))
        row = matrix(side, 3)
        z = np.ones_like(x)
        f = {
            "add": lambda out: np.add(x, y, out=out),
            "mul": lambda out: np.multiply(x, y, out=out),
            "exp": lambda out: np.exp(x, out=out),
            "sum": lambda out: x.sum(),
            "softmax": lambda out: softmax(x, out),
            "transposed copy": lambda out: transposed(x, out),
            "broadcast add": lambda out: np.add(x, row, out=out),
        }[op.replace("-", " ")]
        out = None if new else z
        start = time.perf_counter_ns()
        for _ in range(count):
            result = f(out)
        took = time.perf_counter_ns() - start
        print(took, float(np.abs(result).sum(dtype=np.float64)), flush=True)


main()
