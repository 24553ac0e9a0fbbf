"""How fast does `vmd-text` write on a CPU, what do kept keys save, and how soon is it there?

New tokens a second after a prompt, the fastest of several texts after a warming one; a call on a
block beside a full memory, against one on everything at once, which is what keeping nothing would
cost; and the whole process from a cold command, for one block.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from benchmarks.harness import end, installed, options_of, passes, show
from benchmarks.startup import measure
from vmd_solver.text.denoiser import OnnxText, load
from vmd_solver.text.sampler import TextSettings, extend
from vmd_training.tables import Row

PROMPT = "First Citizen:\nBefore we proceed any further, hear me speak.\n"
NEW = 128


def speeds(model: OnnxText, repeats: int) -> Iterator[Row]:
    """New tokens a second after PROMPT, by tokens and calls a block."""
    prompt = model.alphabet.encode(PROMPT)
    for block in (4, 8, 16):
        for nfe in (calls for calls in (1, 2, 4, 8, 16) if calls <= block):
            settings = TextSettings(nfe=nfe, block_length=block)
            seconds = passes(partial(extend, model, prompt, NEW, settings), 1 + repeats)
            yield {"block": block, "calls": nfe, "tokens_a_second": round(NEW / min(seconds[1:]))}


def call_ms(model: OnnxText, block_length: int, repeats: int) -> float:
    """One call on a block beside as much memory as there is room for."""
    tokens = np.ones((1, model.length - block_length), dtype=np.int64)
    memory = model.begin(1)
    for start in range(0, tokens.shape[1], block_length):
        memory = model.finish(tokens[:, start : start + block_length], memory)
    x_t = np.zeros((1, block_length), dtype=np.int64)
    z = model.prior(x_t, memory).mean
    return round(1000 * min(passes(lambda: model(x_t, z, memory), 1 + 10 * repeats)[1:]), 2)


def main() -> None:
    options = options_of(
        __doc__,
        model=(str, "name or folder; default: the usual"),
        threads=(1, "of the processor"),
        repeats=(5, "texts, of which the fastest counts"),
    )
    model = load(options.model, "cpu", options.threads)
    columns = {"tokens a block": "block", "calls a block": "calls"}
    columns["new tokens a second"] = "tokens_a_second"
    speed = show(speeds(model, options.repeats), columns)
    kept, all_at_once = (call_ms(model, length, options.repeats) for length in (16, model.length))
    print(f"\na call: {kept} ms on 16 tokens beside {model.length - 16} kept ones,", end=" ")
    print(f"{all_at_once} ms on {model.length} tokens at once")
    call = [installed("vmd-text"), "--length", "16", "--threads", "1", PROMPT]
    cold = measure(call, options.repeats)
    print(f"from a cold command, 16 tokens: {cold['median_s']} s, {cold['peak_mb']} MB")
    calls = {"kept": kept, "all_at_once": all_at_once}
    end("text", model=model.name, threads=options.threads, speed=speed, cold=cold, call_ms=calls)


if __name__ == "__main__":
    main()
