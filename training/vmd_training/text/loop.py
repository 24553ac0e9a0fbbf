"""The task of training on text: windows of a corpus, cut into blocks of one length a step.

Every step draws its windows, masks and noise from its own number, so that a resumed run goes the
way of one that was never stopped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from vmd_solver.text.alphabet import Alphabet
from vmd_training.loop import Measured, Step, Task
from vmd_training.run import Run, TrainConfig, kl_weight
from vmd_training.sequence import MASK
from vmd_training.text.bound import measure
from vmd_training.text.corpus import Corpus
from vmd_training.text.model import Terms, TextVMD, loss, masked_blocks

BLOCK = 16
"""Length of the blocks of which logs and reports tell, where the window holds two or more."""
ROWS = 32
"""Windows of held-out text that logs tell of."""


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


class TextTask(Task[TextRun]):
    """Windows of a corpus; the parts of the log are block lengths."""

    parts, part_name, evaluates_slices = "blocks", "blocks of ", True

    def __init__(self, corpus: Corpus, alphabet: Alphabet) -> None:
        self.corpus, self.alphabet = corpus, alphabet

    def step(self, run: TextRun) -> Step:
        """Windows cut into blocks of a length by chance, the same in every process."""
        config, device = run.config, run.plan.device
        seed = (config.seed, run.step)
        L = int(np.random.default_rng(seed).choice(config.block_lengths))
        rng = np.random.default_rng((*seed, run.world.rank))
        generator = torch.Generator().manual_seed(int(rng.integers(1 << 62)))
        windows = self.corpus.windows(rng, config.rows, run.model.config.length)
        x0 = torch.from_numpy(windows).view(config.rows, -1, L).to(device)
        x_t = masked_blocks(x0, config.whole, generator)
        noise = torch.randn(*x0.shape[:2], run.model.config.k, generator=generator).to(device)
        # With one token masked there is nothing for tokens to agree on, and a denoiser that knew
        # the answer there would miss it in sampling.
        lone = (x_t == MASK).sum(dim=-1) < 2
        with torch.autocast(device.type, run.plan.dtype, enabled=run.plan.dtype != torch.float32):
            terms = run.model(x0, x_t, noise, lone)
        cost = loss(terms, x_t, kl_weight(config, run.progress), config.free_nats)
        run.puzzle_calls += config.rows * run.world.size
        return Step(str(L), cost, measured(x_t, terms))

    def facts(self, run: TextRun) -> dict[str, Any]:
        """Speed."""
        characters = run.puzzle_calls * run.model.config.length
        return {"characters_a_second": round(characters / max(run.elapsed_s, 1e-9))}

    def summary(self, means: dict[str, float]) -> dict[str, Any]:
        """The KL is 0 where every z came from the prior."""
        return {"kl_nats": 0.0} | {name: round(mean, 4) for name, mean in means.items()}

    def evaluate(self, run: TextRun) -> dict[str, Any]:
        """Bits a character of held-out text under the averaged weights, in 1 call a block and 4."""
        n = run.model.config.length
        windows = self.corpus.held_out_windows(ROWS, n)
        tokens = torch.from_numpy(windows).to(run.plan.device)
        held = tokens, len(self.alphabet.decode(windows.ravel()))
        L = BLOCK if n % BLOCK == 0 else n
        found = {}
        for calls in (1, 4) if L % 4 == 0 else (1,):
            bits = measure(run.ema, *held, L, calls, run.config.seed)
            found[str(calls)] = {"bits": round(sum(bits), 4), "kl_bits": round(bits.kl, 4)}
        return {"held_out": found}


def measured(x_t: Tensor, terms: Terms) -> Measured:
    """Cross-entropy of a masked token, KL of a block, and the bound that both make, a masked token:
    beta 1 and nothing free, whatever training weighs them with. In nats, sums and their counts."""
    masked = x_t == MASK
    tokens, blocks = masked.sum(), (masked.sum(dim=-1) > 1).sum()
    nats = (terms.cross_entropy.detach().view(x_t.shape) * masked).sum()
    kl = terms.kl.detach().sum()
    return {"nats": (nats, tokens), "kl_nats": (kl, blocks), "bound_nats": (nats + kl, tokens)}
