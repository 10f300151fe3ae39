"""Runs the bitnet program."""

import json
import subprocess

THREADS = "2"


class Bitnet:
    def __init__(self, program):
        self.program = program

    def _run(self, *arguments):
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise OSError(f"bitnet {arguments[0]}: {done.stderr.strip()}")
        return done.stdout

    def version(self):
        return self._run("version").split("\n")[0].removeprefix("bitnet ")

    def convert(self, source, target, *flags):
        """Returns target."""
        self._run("convert", source, target, *flags)
        return target

    def greedy(self, model, ids, n):
        arguments = ["-n", n, "--temp", "0", "--ignore-eos", "--json", "--threads", THREADS]
        return json.loads(self._run("run", model, "--ids", _list(ids), *arguments))["ids"]

    def text(self, model, n):
        """What a model writes of its own accord."""
        return self._run("run", model, "-p", "", "-n", n, "--temp", "0", "--ignore-eos", "--threads", THREADS)

    def logits(self, model, ids):
        """Logits after the "first" and the "last" of ids, from the path that defines the answer."""
        return json.loads(self._run("logits", model, "--ids", _list(ids), "--reference", "--json"))

    def tokenize(self, model, text):
        return json.loads(self._run("tokenize", "-m", model, "--json", "-p", text))


def _list(ids):
    return ",".join(map(str, ids))
