"""Runs all pairs and prints the table; scripts/interop.sh starts it."""

import argparse
import importlib.metadata
import os
import pathlib
import re
import sys

import pairs_gguf
import pairs_llama
import pairs_safetensors
import pairs_transformers
from bitnet import Bitnet
from llama import Llama
from models import Models
from table import Table

DOC = pathlib.Path(__file__).parents[2] / "docs/interop.md"


def main():
    p = argparse.ArgumentParser(prog="interop.sh")
    p.add_argument("--quick", action="store_true", help="fewer tokens and types")
    p.add_argument("--write", action="store_true", help="put the table into docs/interop.md")
    p.add_argument("--bitnet", required=True, help=argparse.SUPPRESS)
    p.add_argument("--llama", required=True, help=argparse.SUPPRESS)
    p.add_argument("--work", required=True, help=argparse.SUPPRESS)
    o = p.parse_args()
    if o.write and o.quick:
        p.error("--write is for the table of all pairs")

    table = Table(lambda line: print(line, file=sys.stderr, flush=True))
    bitnet, llama = Bitnet(o.bitnet), Llama(o.llama)
    models = Models(os.environ["BITNET_TESTDATA"], o.work, bitnet)
    pairs_llama.run(table, models, bitnet, llama, o.quick)
    pairs_gguf.run(table, models, bitnet, o.quick)
    pairs_safetensors.run(table, models, bitnet)
    pairs_transformers.run(table, models, bitnet, o.quick)

    version = importlib.metadata.version
    versions = {name: f"{name} {version(name)}" for name in ("gguf", "safetensors", "transformers")}
    versions["llama.cpp"] = f"llama.cpp {llama.version} (node-llama-cpp {llama.package})"
    versions["transformers"] += f", torch {version('torch')}"
    text = table.markdown(versions)
    print(text)
    if o.write:
        old = DOC.read_text()
        new = re.sub(r"(<!-- table -->\n).*(<!-- end -->)", lambda m: f"{m[1]}\n{text}\n\n{m[2]}", old, flags=re.S)
        DOC.write_text(new)
    failed = table.failed()
    print(f"{len(table.rows) - failed} of {len(table.rows)} pairs pass")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
