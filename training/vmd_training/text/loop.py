"""The training loop for text. A run on disk, its schedule and its average are those of the grids.

Every step draws its windows, masks and noise from its own number, so that a resumed run goes the
way of one that was never stopped.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vmd_solver.errors import ModelError
from vmd_solver.text.alphabet import Alphabet
from vmd_training.loop import EVALUATE_EVERY_S, Every, Run, TrainConfig, kl_weight
from vmd_training.sequence import MASK
from vmd_training.text import bound
from vmd_training.text.corpus import Corpus
from vmd_training.text.model import Terms, TextVMD, loss, masked_blocks

Report = Callable[[dict[str, Any]], None]

BLOCK = 16
"""Length of the blocks of which logs and reports tell, where the window holds two or more."""


@dataclass(frozen=True)
class TextTrainConfig(TrainConfig):
    """What decides a run on text, beside the model; boards, puzzles and loops mean nothing here."""

    recipe: str = "text"
    corpus: tuple[str, ...] = ()
    """The files, by name."""
    held_out: float = 0.1
    """Share of each file, at its end."""
    rows: int = 8
    """Windows in a step, for each process."""
    block_lengths: tuple[int, ...] = (4, 8, 16, 32, 128)
    """Each step takes one of these, in turn by chance. They divide the window."""
    whole: float = 0.3
    """Share of blocks that are masked entirely, beside those that chance masks so."""
    beta: float = 1.0
    """Final weight of the KL."""
    anneal: float = 0.8
    """Share of the run over which beta rises to it; raised faster, it shuts the latent."""
    free_nats: float = 0.1
    """Nats of KL that cost nothing, for each masked token of a block."""


class TextRun(Run):
    """One training run on text in a folder."""

    network = TextVMD
    muon = False
    config: TextTrainConfig
    model: TextVMD  # type: ignore[assignment]
    ema: TextVMD  # type: ignore[assignment]


def train(run: TextRun, corpus: Corpus, alphabet: Alphabet, report: Report) -> None:
    """Train until what was planned is done, handing each log row to `report` as well.

    Stops early, to be resumed, after `slice_s`. Raises ModelError where the loss is not finite.
    """
    run.drop_rows_after(run.step)
    try:
        _train(run, corpus, alphabet, report)
    except KeyboardInterrupt:
        run.save()
        raise
    run.save()


def _train(run: TextRun, corpus: Corpus, alphabet: Alphabet, report: Report) -> None:
    config, began_s = run.config, run.elapsed_s
    started = time.perf_counter() - began_s
    log, save, evaluation = (
        Every(period_s, began_s)
        for period_s in (config.log_every_s, config.checkpoint_every_s, EVALUATE_EVERY_S)
    )
    sums, over = Sums(), run.progress >= 1
    while not over:
        progress = run.progress
        run.set_rate(run.step)
        sums.add(*_step(run, corpus, kl_weight(config, progress)))
        run.step += 1
        run.puzzle_calls += config.rows * run.world.size
        run.elapsed_s = run.world.agree(time.perf_counter() - started)
        sliced = config.slice_s is not None and run.elapsed_s - began_s >= config.slice_s
        over = run.progress >= 1 or sliced
        if log(run.elapsed_s) or over:
            _tell(run, {**_facts(run), "blocks": sums.means()}, report)
            sums = Sums()
        if save(run.elapsed_s):
            run.save()
        if run.world.leads and (evaluation(run.elapsed_s) or over):
            _tell(run, {**_facts(run), "held_out": held_out(run, corpus, alphabet)}, report)


def _step(run: TextRun, corpus: Corpus, beta: float) -> tuple[int, Tensor, Terms]:
    """One step: the block length it took, what was masked, and what it cost."""
    config, device = run.config, run.plan.device
    seed = (config.seed, run.step)
    L = int(np.random.default_rng(seed).choice(config.block_lengths))  # everywhere the same
    rng = np.random.default_rng((*seed, run.world.rank))
    generator = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
    windows = corpus.windows(rng, config.rows, run.model.config.length)
    x0 = torch.from_numpy(windows).view(config.rows, -1, L).to(device)
    x_t = masked_blocks(x0, config.whole, generator)
    noise = torch.randn(*x0.shape[:2], run.model.config.k, generator=generator).to(device)
    # With one token masked there is nothing for tokens to agree on, and a denoiser that was told
    # the answer there would miss it in sampling.
    lone = (x_t == MASK).sum(dim=-1) < 2
    with torch.autocast(device.type, run.plan.dtype, enabled=run.plan.dtype != torch.float32):
        terms = run.model(x0, x_t, noise, lone)
    cost = loss(terms, x_t, beta, config.free_nats)
    run.optimizer.zero_grad()
    torch.autograd.backward(cost)
    run.world.average(run.model.parameters())
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), config.clip)
    run.optimizer.step()
    run.update_ema()
    return L, x_t, Terms(*(term.detach() for term in terms))


class Sums:
    """Means over steps, by block length, kept on the device until they are asked for."""

    def __init__(self) -> None:
        self._sums: dict[int, Tensor] = {}

    def add(self, L: int, x_t: Tensor, terms: Terms) -> None:
        """Take in what a step cost."""
        masked = x_t == MASK
        several = masked.sum(dim=-1) > 1
        nats = (terms.cross_entropy.view(x_t.shape) * masked).sum()
        now = torch.stack((nats, masked.sum(), terms.kl.sum(), several.sum()))
        self._sums[L] = self._sums.get(L, 0) + now

    def means(self) -> dict[str, dict[str, float]]:
        """Cross-entropy of a masked token, KL of a block, and the bound that both make, a masked
        token: beta 1 and nothing free, whatever training weighs them with. In nats."""
        rows = {str(L): row.tolist() for L, row in sorted(self._sums.items())}
        return {
            L: {
                "nats": round(nats / tokens, 4),
                "kl_nats": round(kl / max(blocks, 1), 4),
                "bound_nats": round((nats + kl) / tokens, 4),
            }
            for L, (nats, tokens, kl, blocks) in rows.items()
        }


def _facts(run: TextRun) -> dict[str, Any]:
    return {
        "step": run.step,
        "elapsed_s": round(run.elapsed_s, 1),
        "progress": round(run.progress, 4),
        "lr": run.lr,
        "beta": round(kl_weight(run.config, run.progress), 3),
        "characters_a_second": round(
            run.puzzle_calls * run.model.config.length / max(run.elapsed_s, 1e-9)
        ),
    }


def held_out(run: TextRun, corpus: Corpus, alphabet: Alphabet, rows: int = 32) -> dict[str, Any]:
    """Bits a character of some held-out text under the averaged weights, both terms, in one call a
    block and in four."""
    n = run.model.config.length
    windows = corpus.held_out_windows(rows, n)
    characters = len(alphabet.decode(windows.ravel()))
    L = BLOCK if n % BLOCK == 0 else n
    told = {}
    for calls in (1, 4) if L % 4 == 0 else (1,):
        on_device = torch.from_numpy(windows).to(run.plan.device)
        bits = bound.measure(run.ema, on_device, characters, L, calls, run.config.seed)
        told[str(calls)] = {"bits": round(bits.total, 4), "kl_bits": round(bits.kl, 4)}
    return told


def _tell(run: TextRun, row: dict[str, Any], report: Report) -> None:
    for block in row.get("blocks", {}).values():
        if not math.isfinite(block["nats"]):
            raise ModelError(
                f"the loss became {block['nats']} by step {run.step}; resume, or start again, with"
                " a lower --lr"
            )
    run.record(row)
    report(row)
