"""Sampling text: blocks in order, masked diffusion within a block, K texts side by side.

Continuing a text and filling its gaps are one thing: tokens, some of them masked, cut into blocks.
A block without a mask is only read. Nothing given is ever changed: a commit touches masked tokens,
a remask committed ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.errors import TextError
from vmd_solver.sampling.policy import choose, in_doubt, margins, softmax
from vmd_solver.text import events
from vmd_solver.text.denoiser import Gaussian, Memory, TextDenoiser
from vmd_solver.text.events import Observer
from vmd_solver.text.settings import TextSettings
from vmd_solver.text.whole import Whole

Block = slice
Nats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """A complete text."""

    tokens: Ints
    """(m,), given and new ones."""
    text: str
    nats: float | None
    """The model's bound on minus the log probability of the new tokens, given the others, by which
    it was chosen; None where there was no choice."""
    nfe: int
    """Denoiser calls on each text."""
    remasked: int
    """Tokens of this text that were taken back."""


def quiet(event: events.Event) -> None:
    """An observer that ignores every event."""


def extend(
    model: TextDenoiser,
    prompt: Ints,
    count: int,
    settings: TextSettings,
    observe: Observer = quiet,
) -> Sample:
    """The prompt (m,) with this many new tokens after it.

    Raises TextError for blocks that would leave no room for what comes before them.
    """
    L, m = settings.block_length, len(prompt)
    if model.length // 2 < L:
        raise TextError(
            f"blocks of new text have at most {model.length // 2} tokens with model"
            f" {model.name!r}, half of what it sees at once; got {L}"
        )
    x_t = np.concatenate((prompt, np.zeros(count, dtype=np.int64)))
    # What is new begins a block; of the prompt, only as much is read as the model looks back on.
    edges = [*range(m % L or L, m, L), *range(m, m + count, L)] if m else list(range(0, count, L))
    first = max(0, m - model.length)
    edges = sorted({first, *(edge for edge in edges if edge > first), m + count})
    return _complete(model, x_t, edges, settings, observe)


def fill(
    model: TextDenoiser, x_t: Ints, settings: TextSettings, observe: Observer = quiet
) -> Sample:
    """x_t (m,) with a token in place of every mask.

    Blocks are as long as the model has them, so that what follows a gap is seen as well as what
    comes before. Raises TextError where more is masked than a block of the model holds.
    """
    gaps = int((x_t == 0).sum())
    if gaps > model.length:
        raise TextError(
            f"model {model.name!r} fills gaps of up to {model.length} tokens together, got {gaps};"
            " fill them in parts"
        )
    begins = Whole(model.alphabet).begins
    edges = [0]
    while len(x_t) - edges[-1] > model.length:
        edge = edges[-1] + model.length
        while x_t[edge] and not begins[x_t[edge] - 1]:
            edge -= 1
        edges.append(edge)
    return _complete(model, x_t, [*edges, len(x_t)], settings, observe)


def _complete(
    model: TextDenoiser, x_t: Ints, edges: list[int], settings: TextSettings, observe: Observer
) -> Sample:
    """x_t (m,) without masks; blocks lie between `edges`."""
    observe(events.Began(x_t, settings.latents))
    work = _Work(model, x_t, settings, observe)
    blocks = [slice(*pair) for pair in pairwise(edges) if pair[0] < pair[1]]
    for number, block in enumerate(blocks):
        if (x_t[block] == 0).any():
            work.denoise(block)
        if number < len(blocks) - 1:
            work.memory = model.finish(work.x[:, block], work.memory)
    best = int(work.nats.argmin())
    observe(events.Chosen(best, tuple(work.nats.tolist())))
    tokens = work.x[best]
    text = model.alphabet.join(tokens).decode("utf-8")
    nats = float(work.nats[best]) if settings.latents > 1 else None
    return Sample(tokens, text, nats, work.nfe, int(work.remasked[best]))


class _Work:
    """K texts on their way."""

    def __init__(
        self, model: TextDenoiser, x_t: Ints, settings: TextSettings, observe: Observer
    ) -> None:
        self.model, self.settings, self.observe = model, settings, observe
        self.given = x_t
        self.x = np.repeat(x_t[None], settings.latents, axis=0)
        """(K, m) 0 where masked."""
        self.memory: Memory = model.begin(settings.latents)
        self.whole = Whole(model.alphabet)
        self.rng = np.random.default_rng(settings.seed)
        self.nats: Nats = np.zeros(settings.latents)
        self.remasked = np.zeros(settings.latents, dtype=np.int64)
        self.nfe = 0

    def denoise(self, block: Block) -> None:
        """Fill one block of every text, and add what it costs to `nats` if that decides."""
        settings, K = self.settings, len(self.x)
        sure = np.ones(self.x[:, block].shape, dtype=np.float32)
        z = self._draw(self.model.prior(self.x[:, block], self.memory))
        for left in range(settings.nfe - 1, -1, -1):
            logits = self.model(self.x[:, block], z, self.memory)
            self.nfe += 1
            p = softmax(logits, settings.temperature)
            proposed = np.stack([self._propose(p[row], row, block) for row in range(K)])
            for row in range(K):
                self._advance(row, block, p[row], proposed[row], sure[row], left)
            if (self.x[:, block] > 0).all():
                break
            z = self._next(z, proposed, block)
        if K > 1:
            self.nats += self._bound(block)

    def _propose(self, p: Floats, row: int, block: Block) -> Ints:
        rng = self.rng if self.settings.temperature else None
        return self.whole.propose(p, self.x[row, block], rng)

    def _advance(
        self, row: int, block: Block, p: Floats, proposed: Ints, sure: Floats, left: int
    ) -> None:
        """Commit some of what a call proposed, and take back what is in doubt, unless it is the
        last call. `sure` is by how much each token led when it was committed."""
        x = self.x[row, block]
        chosen = choose(self.settings, p, x == 0, left, self.rng)
        x[chosen] = proposed[chosen]
        sure[chosen] = margins(p, proposed)[chosen]
        self._emit(events.Committed, row, block, chosen, x)
        if left and self.settings.remask == "doubt":
            doubted = in_doubt(sure, (x > 0) & (self.given[block] == 0))
            x[doubted] = 0
            self.remasked[row] += int(doubted.sum())
            self._emit(events.Remasked, row, block, doubted)

    def _emit(
        self,
        kind: type[events.Committed] | type[events.Remasked],
        row: int,
        block: Block,
        cells: npt.NDArray[np.bool_],
        *values: Ints,
    ) -> None:
        if cells.any():
            places = tuple((block.start + np.flatnonzero(cells)).tolist())
            self.observe(kind(row, places, *(tuple(every[cells].tolist()) for every in values)))

    def _next(self, z: Floats, proposed: Ints, block: Block) -> Floats:
        """z of the next call."""
        if self.settings.z == "redraw":
            return self._draw(self.model.prior(self.x[:, block], self.memory))
        if self.settings.z == "refine":
            return self._draw(self.model.encode(proposed, self.x[:, block], self.memory))
        return z

    def _draw(self, gaussian: Gaussian) -> Floats:
        noise = self.rng.standard_normal(gaussian.mean.shape, dtype=np.float32)
        z: Floats = gaussian.mean + np.exp(0.5 * gaussian.log_var) * noise
        return z

    def _bound(self, block: Block) -> Nats:
        """The bound on every text's block: what its new tokens cost in one call, and z (K,)."""
        x0 = self.x[:, block]
        x_t = np.where(self.given[block] == 0, 0, x0)
        q, p = self.model.encode(x0, x_t, self.memory), self.model.prior(x_t, self.memory)
        logits = self.model(x_t, self._draw(q), self.memory).astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        own = np.take_along_axis(logits, x0[..., None] - 1, axis=-1)[..., 0]
        own -= np.log(np.exp(logits).sum(axis=-1))
        nats: Nats = -(own * (x_t == 0)).sum(axis=-1) + kl_nats(q, p)
        return nats


def kl_nats(q: Gaussian, p: Gaussian) -> Nats:
    """KL(q || p) of every row, in nats."""
    gap = q.log_var.astype(np.float64) - p.log_var
    away = (q.mean - p.mean) ** 2 * np.exp(-p.log_var)
    nats: Nats = 0.5 * (np.exp(gap) + away - 1 - gap).sum(axis=-1)
    return nats
