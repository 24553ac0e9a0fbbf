"""How fast does `vmd-text` write on a CPU, what do kept keys save, and how soon is it there?

New tokens a second of the included model after a prompt, by calls and tokens a block (the fastest
of several texts after a warming one, as others may use the machine); the time of one call on a
block beside a full memory, against a call on everything at once, which is what it would cost to
keep nothing; and the whole process from a cold command, for one block. The last line is one JSON
document.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.harness import end, installed, options_of, passes, show
from benchmarks.startup import measure
from vmd_solver.text.denoiser import OnnxText, load
from vmd_solver.text.sampler import TextSettings, extend
from vmd_training.tables import Row, text

PROMPT = "First Citizen:\nBefore we proceed any further, hear me speak.\n"
NEW = 128


def tokens_a_second(model: OnnxText, nfe: int, block_length: int, repeats: int) -> float:
    """New tokens a second after PROMPT."""
    prompt = model.alphabet.encode(PROMPT)
    settings = TextSettings(nfe=nfe, block_length=block_length)
    return NEW / min(passes(lambda: extend(model, prompt, NEW, settings), 1 + repeats)[1:])


def call_ms(model: OnnxText, block_length: int, repeats: int) -> float:
    """One call on a block beside as much memory as there is room for."""
    tokens = np.ones((1, model.length - block_length), dtype=np.int64)
    memory = model.begin(1)
    for start in range(0, tokens.shape[1], block_length):
        memory = model.finish(tokens[:, start : start + block_length], memory)
    x_t = np.zeros((1, block_length), dtype=np.int64)
    z = model.prior(x_t, memory).mean
    return 1000 * min(passes(lambda: model(x_t, z, memory), 1 + 10 * repeats)[1:])


def speeds(model: OnnxText, repeats: int) -> Iterator[Row]:
    """New tokens a second by tokens and calls a block."""
    for block_length in (4, 8, 16):
        for nfe in (calls for calls in (1, 2, 4, 8, 16) if calls <= block_length):
            rate = round(tokens_a_second(model, nfe, block_length, repeats))
            yield {"block": block_length, "calls": nfe, "tokens_a_second": rate}


def main() -> None:
    """Print tables and their JSON."""
    parser = options_of(__doc__)
    parser.add_argument("--model", default=None)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    model = load(options.model, "cpu", options.threads)
    speed = show(
        speeds(model, options.repeats),
        {"tokens a block": text("block"), "calls a block": text("calls"),
         "new tokens a second": text("tokens_a_second")},
    )  # fmt: skip
    kept, all_at_once = (round(call_ms(model, L, options.repeats), 2) for L in (16, model.length))
    print(f"\na call: {kept} ms on 16 tokens beside {model.length - 16} kept ones,", end=" ")
    print(f"{all_at_once} ms on {model.length} tokens at once")
    call = [installed("vmd-text"), "--length", "16", "--threads", "1", PROMPT]
    cold = measure(call, options.repeats)
    print(f"from a cold command, 16 tokens: {cold['median_s']} s, {cold['peak_mb']} MB")
    end(
        "text", model=model.name, threads=options.threads, speed=speed, cold=cold,
        call_ms={"kept": kept, "all_at_once": all_at_once},
    )  # fmt: skip


if __name__ == "__main__":
    main()
