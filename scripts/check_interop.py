#!/usr/bin/env python3
"""Compares the GGUF and safetensors packages with the public Python ones.

usage: check_interop.py DIR

Reads DIR/ours.gguf and DIR/ours.safetensors with the packages gguf and
safetensors from PyPI and prints what they see, as JSON. Writes the same content
with those packages, as DIR/theirs.gguf, DIR/theirs-big.gguf (big-endian) and
DIR/theirs.safetensors, for the Go side to read.

It is run by the test in bitnet-core/encoding, which says what must come out.
"""

import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import safetensors
from gguf import GGUFEndian, GGUFReader, GGUFValueType, GGUFWriter
from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def type_name(field) -> str:
    return ",".join(t.name for t in field.types)


def read_gguf(path: Path) -> dict:
    reader = GGUFReader(path)
    fields = [
        {"key": key, "type": type_name(field), "value": field.contents()}
        for key, field in reader.fields.items()
        if not key.startswith("GGUF.")
    ]
    tensors = [
        {
            "name": t.name,
            "type": t.tensor_type.name,
            "shape": [int(n) for n in reversed(t.shape)],
            "sha256": digest(t.data.tobytes()),
        }
        for t in reader.tensors
    ]
    return {"fields": fields, "tensors": tensors}


def write_gguf(source: Path, path: Path, endian: GGUFEndian) -> None:
    """Copies what can be written in both byte orders."""
    reader = GGUFReader(source)
    writer = GGUFWriter(path, "test", endianess=endian)
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key == "general.architecture":
            continue
        if key == gguf.Keys.General.ALIGNMENT:
            writer.add_custom_alignment(field.contents())
            continue
        kind, sub = field.types[0], None
        if kind == GGUFValueType.ARRAY:
            sub = field.types[-1]
        writer.add_key_value(key, field.contents(), kind, sub)
    for t in reader.tensors:
        block, _ = GGML_QUANT_SIZES[t.tensor_type]
        # NumPy has no bfloat16, so the reader gives bytes.
        if block == 1 and t.tensor_type != GGMLQuantizationType.BF16:
            writer.add_tensor(t.name, np.array(t.data))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read_safetensors(path: Path) -> dict:
    data = path.read_bytes()
    tensors = {
        name: {"dtype": t["dtype"], "shape": t["shape"], "sha256": digest(bytes(t["data"]))}
        for name, t in safetensors.deserialize(data)
    }
    with safetensors.safe_open(path, framework="numpy") as f:
        metadata = f.metadata()
    return {"metadata": metadata, "tensors": tensors}


def write_safetensors(source: Path, path: Path) -> None:
    """Writes the tensors of source again, last first."""
    names = {
        "F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16",
        "I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8",
        "U64": "uint64", "U32": "uint32", "U16": "uint16", "U8": "uint8", "BOOL": "bool",
    }
    tensors, buffers = {}, []
    for name, t in reversed(safetensors.deserialize(source.read_bytes())):
        data = bytes(t["data"])
        if hasattr(safetensors, "TensorSpec"):
            # Since 0.8 the package takes addresses; buffers keeps them alive.
            buffers.append(np.frombuffer(data + b"\0", dtype=np.uint8))
            tensors[name] = safetensors.TensorSpec(
                dtype=names[t["dtype"]], shape=t["shape"], data_ptr=buffers[-1].ctypes.data, data_len=len(data)
            )
        else:
            tensors[name] = {"dtype": names[t["dtype"]], "shape": t["shape"], "data": data}
    with safetensors.safe_open(source, framework="numpy") as f:
        metadata = f.metadata()
    path.write_bytes(safetensors.serialize(tensors, metadata))


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    seen = {
        "gguf": read_gguf(folder / "ours.gguf"),
        "safetensors": read_safetensors(folder / "ours.safetensors"),
        "blocks": {t.name: list(GGML_QUANT_SIZES[t]) + [int(t)] for t in GGMLQuantizationType},
    }
    write_gguf(folder / "ours.gguf", folder / "theirs.gguf", GGUFEndian.LITTLE)
    write_gguf(folder / "ours.gguf", folder / "theirs-big.gguf", GGUFEndian.BIG)
    write_safetensors(folder / "ours.safetensors", folder / "theirs.safetensors")
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
