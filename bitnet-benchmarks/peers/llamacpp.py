"""Loads llama.cpp's shared libraries and times llama_decode as llama-bench does.

    llamacpp.py LIBRARIES info
    llamacpp.py LIBRARIES bench MODEL.gguf --prefill 128 --threads 2 --runs 3
    llamacpp.py LIBRARIES logits MODEL.gguf --ids 1,2,3 --threads 2
    llamacpp.py LIBRARIES choices MODEL.gguf QUESTIONS.json --threads 2

LIBRARIES is a directory with libllama*.so and the ggml libraries beside it. One
JSON object goes to stdout; if something fails, one line to stderr and status 1.
Needs nothing but Python's standard library.

What is timed is llama_decode with llama_synchronize, nothing of Python but the
call itself (a microsecond). Settings are llama-bench's, or better where another
one is faster: a prompt goes in batches of 512 tokens, keys and values are float16,
the file is mapped, a pool of threads that poll for work is attached, one run is
made and not counted.

The structures are those of llama.h as of llama.cpp v0.5.0. check_layout compares
the library's own defaults with what they were there, so that another version
is refused instead of misread.
"""

import argparse
import ctypes as c
import json
import math
import os
import random
import sys
import time

BATCH = 512  # tokens of a pass, logical and physical
F16 = 1  # GGML_TYPE_F16
MMAP = 1  # LLAMA_LOAD_MODE_MMAP
FLASH = {"auto": -1, "off": 0, "on": 1}  # llama_flash_attn_type
LOG_ERROR = 4  # GGML_LOG_LEVEL_ERROR
CPU = 0  # GGML_BACKEND_DEVICE_TYPE_CPU

Log = c.CFUNCTYPE(None, c.c_int, c.c_char_p, c.c_void_p)


class ModelParams(c.Structure):
    _fields_ = [
        ("devices", c.c_void_p),
        ("tensor_buft_overrides", c.c_void_p),
        ("n_gpu_layers", c.c_int32),
        ("split_mode", c.c_int),
        ("load_mode", c.c_int),
        ("lazy_mode", c.c_int),
        ("main_gpu", c.c_int32),
        ("tensor_split", c.c_void_p),
        ("progress_callback", c.c_void_p),
        ("progress_callback_user_data", c.c_void_p),
        ("kv_overrides", c.c_void_p),
        ("vocab_only", c.c_bool),
        ("check_tensors", c.c_bool),
        ("use_extra_bufts", c.c_bool),
        ("no_host", c.c_bool),
        ("no_alloc", c.c_bool),
        ("load_mtp", c.c_bool),
    ]


class ContextParams(c.Structure):
    _fields_ = [
        ("n_ctx", c.c_uint32),
        ("n_batch", c.c_uint32),
        ("n_ubatch", c.c_uint32),
        ("n_seq_max", c.c_uint32),
        ("n_rs_seq", c.c_uint32),
        ("n_outputs_max", c.c_uint32),
        ("n_outputs_max_per_seq", c.c_uint32),
        ("n_threads", c.c_int32),
        ("n_threads_batch", c.c_int32),
        ("ctx_type", c.c_int),
        ("rope_scaling_type", c.c_int),
        ("pooling_type", c.c_int),
        ("attention_type", c.c_int),
        ("flash_attn_type", c.c_int),
        ("rope_freq_base", c.c_float),
        ("rope_freq_scale", c.c_float),
        ("yarn_ext_factor", c.c_float),
        ("yarn_attn_factor", c.c_float),
        ("yarn_beta_fast", c.c_float),
        ("yarn_beta_slow", c.c_float),
        ("yarn_orig_ctx", c.c_uint32),
        ("defrag_thold", c.c_float),
        ("cb_eval", c.c_void_p),
        ("cb_eval_user_data", c.c_void_p),
        ("type_k", c.c_int),
        ("type_v", c.c_int),
        ("abort_callback", c.c_void_p),
        ("abort_callback_data", c.c_void_p),
        ("embeddings", c.c_bool),
        ("offload_kqv", c.c_bool),
        ("no_perf", c.c_bool),
        ("op_offload", c.c_bool),
        ("swa_full", c.c_bool),
        ("kv_unified", c.c_bool),
        ("samplers", c.c_void_p),
        ("n_samplers", c.c_size_t),
        ("ctx_other", c.c_void_p),
    ]


class Batch(c.Structure):
    _fields_ = [
        ("n_tokens", c.c_int32),
        ("token", c.POINTER(c.c_int32)),
        ("embd", c.c_void_p),
        ("pos", c.POINTER(c.c_int32)),
        ("n_seq_id", c.POINTER(c.c_int32)),
        ("seq_id", c.POINTER(c.POINTER(c.c_int32))),
        ("logits", c.POINTER(c.c_int8)),
    ]


# name: (result, arguments) of the functions used; those of ggml are in its own
# libraries, which find each other through libllama.
LLAMA = {
    "llama_backend_init": (None, []),
    "llama_version": (c.c_char_p, []),
    "llama_print_system_info": (c.c_char_p, []),
    "llama_log_set": (None, [Log, c.c_void_p]),
    "llama_model_default_params": (ModelParams, []),
    "llama_context_default_params": (ContextParams, []),
    "llama_model_load_from_file": (c.c_void_p, [c.c_char_p, ModelParams]),
    "llama_init_from_model": (c.c_void_p, [c.c_void_p, ContextParams]),
    "llama_attach_threadpool": (None, [c.c_void_p, c.c_void_p, c.c_void_p]),
    "llama_model_get_vocab": (c.c_void_p, [c.c_void_p]),
    "llama_vocab_n_tokens": (c.c_int32, [c.c_void_p]),
    "llama_model_size": (c.c_uint64, [c.c_void_p]),
    "llama_model_n_params": (c.c_uint64, [c.c_void_p]),
    "llama_model_desc": (c.c_int32, [c.c_void_p, c.c_char_p, c.c_size_t]),
    "llama_model_meta_val_str": (c.c_int32, [c.c_void_p, c.c_char_p, c.c_char_p, c.c_size_t]),
    "llama_get_memory": (c.c_void_p, [c.c_void_p]),
    "llama_memory_clear": (None, [c.c_void_p, c.c_bool]),
    "llama_batch_init": (Batch, [c.c_int32, c.c_int32, c.c_int32]),
    "llama_batch_free": (None, [Batch]),
    "llama_batch_get_one": (Batch, [c.POINTER(c.c_int32), c.c_int32]),
    "llama_decode": (c.c_int32, [c.c_void_p, Batch]),
    "llama_synchronize": (None, [c.c_void_p]),
    "llama_get_logits_ith": (c.POINTER(c.c_float), [c.c_void_p, c.c_int32]),
}
GGML = {
    "ggml_backend_load_all_from_path": (None, [c.c_char_p]),
    "ggml_backend_dev_by_type": (c.c_void_p, [c.c_int]),
}
GGML_BASE = {
    "ggml_backend_dev_backend_reg": (c.c_void_p, [c.c_void_p]),
    "ggml_backend_reg_get_proc_address": (c.c_void_p, [c.c_void_p, c.c_char_p]),
    "ggml_threadpool_params_init": (None, [c.c_void_p, c.c_int]),
}


def fail(text):
    sys.exit("llamacpp.py: " + text)


class Llama:
    """The libraries, their functions as attributes."""

    def __init__(self, directory):
        self.directory = os.path.abspath(directory)
        self.errors = []  # what llama.cpp logs as one
        for stem, functions in (("libggml-base", GGML_BASE), ("libggml.", GGML), ("libllama.", LLAMA)):
            self._bind(stem, functions)
        self._log = Log(self._remember)
        self.llama_log_set(self._log, None)
        self.check_layout()
        # Loads the variant of the CPU backend that scores best on this CPU.
        self.ggml_backend_load_all_from_path(self.directory.encode())
        self.llama_backend_init()
        self.cpu = self.ggml_backend_dev_by_type(CPU)
        if not self.cpu:
            fail(f"none of the CPU backends in {self.directory} runs on this CPU")

    def _bind(self, stem, functions):
        names = [n for n in os.listdir(self.directory) if n.startswith(stem) and ".so" in n]
        if len(names) != 1:
            fail(f"{self.directory} has {len(names)} files {stem}*.so, want 1; remove it and install again")
        library = c.CDLL(os.path.join(self.directory, names[0]), mode=c.RTLD_GLOBAL)
        for name, (result, arguments) in functions.items():
            f = getattr(library, name, None)
            if f is None:
                fail(f"{names[0]} has no {name}: this is not the version that this program was written for")
            f.restype, f.argtypes = result, arguments
            setattr(self, name, f)

    def _remember(self, level, text, _):
        if level == LOG_ERROR:
            self.errors.append(text.decode(errors="replace").strip())

    def fail(self, what):
        fail("; ".join([what] + self.errors[:3]))

    def check_layout(self):
        m, x = self.llama_model_default_params(), self.llama_context_default_params()
        known = [
            (m.devices, None), (m.split_mode, 1), (m.load_mode, -1), (m.main_gpu, 0), (m.kv_overrides, None),
            (m.vocab_only, False), (m.use_extra_bufts, True), (m.no_alloc, False),
            (x.n_ctx, 512), (x.n_batch, 2048), (x.n_ubatch, 512), (x.n_seq_max, 1), (x.flash_attn_type, -1),
            (x.yarn_ext_factor, -1.0), (x.yarn_beta_fast, -1.0), (x.cb_eval, None), (x.type_k, F16), (x.type_v, F16),
            (x.offload_kqv, True), (x.no_perf, True), (x.op_offload, True), (x.samplers, None), (x.n_samplers, 0),
        ]
        for i, (got, want) in enumerate(known):
            if got != want:
                fail(f"default {i} of llama.h is {got}, not {want}: this is not the version that this program was written for")

    def backend(self):
        """Name of the CPU backend's library that is in this process, as zen4."""
        with open("/proc/self/maps") as maps:
            for line in maps:
                name = os.path.basename(line.strip())
                if name.startswith("libggml-cpu"):
                    return name.removeprefix("libggml-cpu-").removesuffix(".so")
        return "unknown"

    def info(self):
        return {
            "version": self.llama_version().decode(),
            "backend": self.backend(),
            "features": self.llama_print_system_info().decode().strip(),
        }


class Model:
    """A model with a context for it, on a pool of threads."""

    def __init__(self, llama, path, context, threads, flash, batch=BATCH, sequences=1):
        self.llama = llama
        params = llama.llama_model_default_params()
        params.load_mode = MMAP
        self.model = llama.llama_model_load_from_file(os.fsencode(path), params)
        if not self.model:
            llama.fail(f"llama.cpp cannot load {path}")
        self.vocab = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(self.model))
        params = llama.llama_context_default_params()
        params.n_ctx = context
        params.n_batch, params.n_ubatch = batch, BATCH
        params.n_seq_max, params.kv_unified = sequences, sequences > 1
        params.n_threads = params.n_threads_batch = threads
        params.flash_attn_type = FLASH[flash]
        self.context = llama.llama_init_from_model(self.model, params)
        if not self.context:
            llama.fail(f"llama.cpp cannot make a context of {context} tokens")
        self._attach_pool(threads)

    def _attach_pool(self, threads):
        """As llama-bench does; else every llama_decode would start threads of its own."""
        reg = self.llama.ggml_backend_dev_backend_reg(self.llama.cpu)
        address = self.llama.ggml_backend_reg_get_proc_address(reg, b"ggml_threadpool_new")
        if not address:
            fail("the CPU backend has no ggml_threadpool_new")
        # struct ggml_threadpool_params: far below 4 KB, and only passed on.
        params = c.create_string_buffer(4096)
        self.llama.ggml_threadpool_params_init(params, threads)
        pool = c.CFUNCTYPE(c.c_void_p, c.c_void_p)(address)(params)
        if not pool:
            fail(f"no pool of {threads} threads could be made")
        self.llama.llama_attach_threadpool(self.context, pool, None)

    def describe(self):
        text = c.create_string_buffer(256)
        self.llama.llama_model_desc(self.model, text, len(text))
        described = c.create_string_buffer(1024)
        self.llama.llama_model_meta_val_str(self.model, b"general.description", described, len(described))
        return {
            "model": text.value.decode(),
            "description": described.value.decode(),
            "size_bytes": self.llama.llama_model_size(self.model),
            "parameters": self.llama.llama_model_n_params(self.model),
            "vocab": self.vocab,
        }

    def clear(self):
        self.llama.llama_memory_clear(self.llama.llama_get_memory(self.context), False)

    def decode(self, batch):
        status = self.llama.llama_decode(self.context, batch)
        if status != 0:
            self.llama.fail(f"llama_decode returned {status}")
        self.llama.llama_synchronize(self.context)

    def batches(self, ids, size):
        """ids in batches of size tokens, which read the array that is returned, too."""
        array = (c.c_int32 * len(ids))(*ids)
        starts = range(0, len(ids), size)
        first = c.addressof(array)
        return array, [
            self.llama.llama_batch_get_one(c.cast(first + 4 * i, c.POINTER(c.c_int32)), min(size, len(ids) - i))
            for i in starts
        ]

    def seconds(self, ids, size):
        """Time of a run of all ids in batches of size."""
        self.clear()
        _keep, batches = self.batches(ids, size)
        start = time.perf_counter()
        for b in batches:
            self.decode(b)
        return time.perf_counter() - start

    def logits(self, ids):
        """Logits after the first and after the last of ids."""
        if len(ids) > BATCH:
            fail(f"there are {len(ids)} ids, and a batch takes {BATCH}")
        self.clear()
        batch = self.llama.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for i, token in enumerate(ids):
            batch.token[i], batch.pos[i] = token, i
            batch.n_seq_id[i], batch.seq_id[i][0] = 1, 0
            batch.logits[i] = i in (0, len(ids) - 1)
        self.decode(batch)
        return [self.llama.llama_get_logits_ith(self.context, i)[: self.vocab] for i in (0, len(ids) - 1)]


    def shared(self, sequences):
        """A batch of groups of token sequences that begin alike, each beginning computed once.

        sequences has a list for each group. The result is the batch, and for each sequence
        the position where it parts from the others and the rows of the batch whose logits
        predict what is from there on.
        """
        groups = []
        for group in sequences:
            n = 0
            while n < min(map(len, group)) - 1 and len({s[n] for s in group}) == 1:
                n += 1
            groups.append((group, n))
        tokens = sum(n + sum(len(s) - n for s in group) for group, n in groups)
        batch = self.llama.llama_batch_init(tokens, 0, max(len(group) for group in sequences))
        at, first, rows = 0, 0, []

        def add(token, pos, ids, logits):
            nonlocal at
            batch.token[at], batch.pos[at], batch.logits[at], batch.n_seq_id[at] = token, pos, logits, len(ids)
            for i, s in enumerate(ids):
                batch.seq_id[at][i] = s
            at += 1

        for group, n in groups:
            ids = range(first, first + len(group))
            for pos in range(n):
                add(group[0][pos], pos, ids, pos == n - 1)
            parting = at - 1
            rows.append([])
            for i, s in zip(ids, group):
                rows[-1].append((n, [parting] + list(range(at, at + len(s) - n - 1))))
                for pos in range(n, len(s)):
                    add(s[pos], pos, [i], pos < len(s) - 1)
            first += len(group)
        batch.n_tokens = at
        return batch, rows

    def log_prob(self, row, token):
        """ln of the probability of a token after a row of the last batch."""
        logits = self.llama.llama_get_logits_ith(self.context, row)[: self.vocab]
        top = max(logits)
        return logits[token] - top - math.log(sum(math.exp(v - top) for v in logits))


def peak_rss():
    """Peak of this process's resident memory in MiB (VmHWM)."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return None


def bench(llama, o):
    tokens, size = (o.prefill, BATCH) if o.prefill else (o.decode, 1)
    before = peak_rss()
    m = Model(llama, o.model, tokens, o.threads, o.flash)
    draw = random.Random(1)
    rates = []
    for run in range(o.runs + 1):
        ids = [draw.randrange(m.vocab) for _ in range(tokens)]
        took = m.seconds(ids, size)
        if run > 0:
            rates.append(tokens / took)
    return {**llama.info(), **m.describe(), "tps_runs": rates, "rss_mib": peak_rss(), "rss_before_mib": before}


def logits(llama, o):
    m = Model(llama, o.model, max(len(o.ids), 32), o.threads, "auto")
    bad = [i for i in o.ids if not 0 <= i < m.vocab]
    if bad:
        fail(f"id {bad[0]} is not below {m.vocab}, the number of the model's tokens")
    first, last = m.logits(o.ids)
    return {**llama.info(), **m.describe(), "first": first, "last": last}


def choices(llama, o):
    """Scores endings as llama-perplexity --hellaswag does; see hellaswag_score there.

    Questions go into a batch while there are sequences and tokens left. Probabilities,
    which only --scores asks for, are not timed.
    """
    with open(o.questions, encoding="utf-8") as f:
        questions = [[q["context"] + e for e in q["endings"]] for q in json.load(f)]
    m = Model(llama, o.model, o.context, o.threads, o.flash, batch=o.context, sequences=o.sequences)
    took, tokens, sums = 0.0, 0, []
    at = 0
    while at < len(questions):
        n, used, sequences = 0, 0, 0
        while at + n < len(questions) and n < 32:
            group = questions[at + n]
            need = sum(map(len, group))
            if n > 0 and (used + need > o.context or sequences + len(group) > o.sequences):
                break
            n, used, sequences = n + 1, used + need, sequences + len(group)
        batch, rows = m.shared(questions[at : at + n])
        if batch.n_tokens > o.context or sequences > o.sequences:
            fail(f"question {at + 1} needs {batch.n_tokens} tokens and {sequences} sequences")
        if at == 0:  # not counted: maps the weights' pages and makes the graph, as llama-perplexity's warm-up does
            m.clear()
            m.decode(batch)
        start = time.perf_counter()
        m.clear()
        m.decode(batch)
        took += time.perf_counter() - start
        tokens += batch.n_tokens
        if o.scores:
            for group, parts in zip(questions[at : at + n], rows):
                sums.append([
                    sum(m.log_prob(row, s[parting + i]) for i, row in enumerate(part)) for s, (parting, part) in zip(group, parts)
                ])
        llama.llama_batch_free(batch)
        at += n
    return {**llama.info(), "seconds": took, "tokens": tokens, "log_probs": sums}


def info(llama, _):
    return llama.info()


def whole(text):
    n = int(text)
    if n < 1:
        raise argparse.ArgumentTypeError("want 1 or more")
    return n


def main():
    p = argparse.ArgumentParser(prog="llamacpp.py", description=__doc__.split("\n")[0])
    p.add_argument("libraries")
    verbs = p.add_subparsers(required=True)
    v = verbs.add_parser("info")
    v.set_defaults(run=info)
    v = verbs.add_parser("bench")
    v.add_argument("model")
    test = v.add_mutually_exclusive_group(required=True)
    test.add_argument("--prefill", type=whole, metavar="N")
    test.add_argument("--decode", type=whole, metavar="N")
    v.add_argument("--threads", type=whole, default=1)
    v.add_argument("--runs", type=whole, default=3)
    v.add_argument("--flash", choices=FLASH, default="auto")
    v.set_defaults(run=bench)
    v = verbs.add_parser("logits")
    v.add_argument("model")
    v.add_argument("--ids", required=True, type=lambda s: [int(i) for i in s.split(",")])
    v.add_argument("--threads", type=whole, default=1)
    v.set_defaults(run=logits)
    v = verbs.add_parser("choices")
    v.add_argument("model")
    v.add_argument("questions")
    v.add_argument("--threads", type=whole, default=1)
    v.add_argument("--context", type=whole, default=512)
    v.add_argument("--sequences", type=whole, default=4)
    v.add_argument("--flash", choices=FLASH, default="auto")
    v.add_argument("--scores", action="store_true")
    v.set_defaults(run=choices)
    o = p.parse_args()
    json.dump(o.run(Llama(o.libraries), o), sys.stdout)
    print()


if __name__ == "__main__":
    main()
