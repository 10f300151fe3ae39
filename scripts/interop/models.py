"""The models that are passed around, and prompts for them."""

import json
import pathlib
import shutil


class Models:
    """Directories and files; what is made lies under work."""

    def __init__(self, data, work, bitnet):
        data = pathlib.Path(data)
        self.fable = data / "models/fable-29m"
        self.master = data / "models/fable-29m-master"
        self.llama = data / "golden/transformers/llama-bitlinear-packed"
        self.b2 = data / "golden/transformers/bitnet-2b4t-packed"
        self.b2_master = data / "golden/transformers/bitnet-2b4t-master"
        self.stories = data / "models/stories260K/stories260K.f32.gguf"
        self.tiny = data / "golden/ternary/models/tiny-bitnet-tq2_0.gguf"
        self.work = pathlib.Path(work)
        self.silu = self._with_silu()
        self.bitnet = bitnet

    def _with_silu(self):
        """Fable as the architecture `bitnet` of llama.cpp computes it, with SiLU where it
        was trained with relu2. It writes nothing sensible, but both must write the same."""
        silu = self.work / "fable-silu"
        shutil.copytree(self.fable, silu, copy_function=shutil.copyfile)
        config = json.loads((silu / "config.json").read_text())
        config["hidden_act"] = "silu"
        (silu / "config.json").write_text(json.dumps(config))
        return silu

    def gguf(self, source, kind, *flags):
        """A GGUF file that bitnet makes of source, with projections of a type."""
        path = self.work / "-".join([source.stem, kind.lower(), *(f.strip("-").replace("=", "-") for f in flags)])
        path = path.with_name(path.name + ".gguf")
        if not path.exists():
            if source == self.llama:  # has no tokenizer, which llama.cpp wants to be told
                flags += ("--set", "tokenizer.ggml.model=none", "--allow-lossy")
            if source == self.stories:
                flags += ("--allow-lossy",)
            self.bitnet.convert(source, path, "--type", kind.lower(), *flags)
        return path


# Ids for models of any vocabulary here, and "Once upon a time" in fable's.
IDS = [1, 300, 17, 401, 256, 33, 499, 7]
FABLE_IDS = [0, 1033, 618, 274, 536]

TEXTS = [
    "Once upon a time, there was a little girl named Lily.",
    "  two  spaces\n\n\tand a tab; don't 12345 stop",
    "naïve café – “quotes”, 漢字, Ελληνικά, 🙂",
]
