"""How fast does `vmd-text` write on a CPU, what do kept keys save, and how soon is it there?

New tokens a second of the model that ships after a prompt, by calls and tokens a block (the fastest
of several texts after a warming one, as others may use the machine); the time of one call on a
block beside a full memory, against a call on everything at once, which is what it would cost to
keep nothing; and the whole process from a cold command, for one block. The last line is one JSON
document.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.startup import measure
from vmd_solver import __version__
from vmd_solver.text.denoiser import OnnxText, load
from vmd_solver.text.sampler import extend
from vmd_solver.text.settings import TextSettings

PROMPT = "First Citizen:\nBefore we proceed any further, hear me speak.\n"
NEW = 128


def fastest_s(repeats: int, work: Callable[[], object]) -> float:
    """Seconds of `work` at its fastest, after once in vain."""
    work()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return min(seconds)


def tokens_a_second(model: OnnxText, nfe: int, block_length: int, repeats: int) -> float:
    """New tokens a second after PROMPT."""
    prompt = model.alphabet.encode(PROMPT)
    settings = TextSettings(nfe=nfe, block_length=block_length)
    return NEW / fastest_s(repeats, lambda: extend(model, prompt, NEW, settings))


def call_ms(model: OnnxText, block_length: int, repeats: int) -> float:
    """One call on a block beside as much memory as there is room for."""
    tokens = np.ones((1, model.length - block_length), dtype=np.int64)
    memory = model.begin(1)
    for start in range(0, tokens.shape[1], block_length):
        memory = model.finish(tokens[:, start : start + block_length], memory)
    x_t = np.zeros((1, block_length), dtype=np.int64)
    z = model.prior(x_t, memory).mean
    return 1000 * fastest_s(10 * repeats, lambda: model(x_t, z, memory))


def main() -> None:
    """Print tables and their JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default=None)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    model = load(options.model, "cpu", options.threads)
    speed: list[dict[str, Any]] = []
    print("| tokens a block | calls a block | new tokens a second |\n|---|---|---|")
    for block_length in (4, 8, 16):
        for nfe in (calls for calls in (1, 2, 4, 8, 16) if calls <= block_length):
            rate = round(tokens_a_second(model, nfe, block_length, options.repeats))
            speed.append({"block": block_length, "calls": nfe, "tokens_a_second": rate})
            print(f"| {block_length} | {nfe} | {rate} |")
    kept, all_at_once = (round(call_ms(model, L, options.repeats), 2) for L in (16, model.length))
    print(f"\na call: {kept} ms on 16 tokens beside {model.length - 16} kept ones,", end=" ")
    print(f"{all_at_once} ms on {model.length} tokens at once")
    beside = Path(sys.executable).with_name("vmd-text")
    script = str(beside if beside.exists() else shutil.which("vmd-text"))
    call = [script, "--length", "16", "--threads", "1", PROMPT]
    cold = measure(call, options.repeats)
    print(f"from a cold command, 16 tokens: {cold['median_s']} s, {cold['peak_mb']} MB")
    document = {
        "benchmark": "text", "model": model.name, "threads": options.threads, "speed": speed,
        "call_ms": {"kept": kept, "all_at_once": all_at_once}, "cold": cold,
        "machine": platform.processor() or platform.machine(), "processors": os.cpu_count(),
        "python": platform.python_version(), "version": __version__,
    }  # fmt: skip
    print(json.dumps(document))


if __name__ == "__main__":
    main()
