"""Sampling text: blocks in order, masked diffusion within a block, K texts side by side.

Continuing a text and filling its gaps are one thing: tokens, some of them masked, cut into blocks.
A block without a mask is only read. Nothing given is ever changed: a commit touches masked tokens,
a remask committed ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.errors import SearchError, TextError
from vmd_solver.sampling.policy import Cells, choose, in_doubt, margins, softmax
from vmd_solver.sampling.settings import POLICIES, Between, PolicyName, Unmasking
from vmd_solver.text.denoiser import Gaussian, TextDenoiser
from vmd_solver.text.whole import Whole

Remask = Literal["doubt", "none"]
CHOICES = {"policy": POLICIES, "z": get_args(Between), "remask": get_args(Remask)}


@dataclass(frozen=True)
class TextSettings(Unmasking):
    """How to sample. Raises SearchError for values out of range."""

    nfe: int = 16
    """Most denoiser calls on a block."""
    block_length: int = 16
    """Tokens of a block of new text; gaps are filled in blocks as long as the model has them."""
    policy: PolicyName = "top"
    """Which masked tokens to commit after a call; "last" commits none before the last one."""
    threshold: float = 0.95
    """With the threshold policy: commit every token whose best value is at least this probable."""
    temperature: float = 0.7
    """0 commits the most probable tokens; above, they are drawn from softmax(logits / T)."""
    latents: int = 1
    """K: texts sampled side by side, each with latents of its own; the likeliest is taken."""
    z: Between = "keep"
    """What becomes of z between the calls on a block: kept, drawn again from the prior, or inferred
    by the encoder from the block that the last call proposed."""
    remask: Remask = "none"
    """Whether committed tokens in doubt are masked again after a call. What is given never is."""
    seed: int = 0

    def __post_init__(self) -> None:
        self.require(CHOICES, ("nfe", "latents", "block_length"))
        if not 0 <= self.temperature < float("inf"):
            raise SearchError(f"temperature must be 0 or more, got {self.temperature}")


class Began(NamedTuple):
    """Work on x_t (m,), 0 where masked, began; `latents` texts are sampled side by side."""

    x_t: Ints
    latents: int


class Committed(NamedTuple):
    """Masked tokens of text number `latent` were unmasked together; places count from 0."""

    latent: int
    places: tuple[int, ...]
    tokens: tuple[int, ...]


class Remasked(NamedTuple):
    """Committed tokens of text number `latent` were in doubt, and masked again."""

    latent: int
    places: tuple[int, ...]


class Chosen(NamedTuple):
    """All texts are complete, and this one is the answer; `nats` are the bounds on all."""

    latent: int
    nats: tuple[float, ...]


Event = Began | Committed | Remasked | Chosen
Observer = Callable[[Event], None]


@dataclass(frozen=True)
class Sample:
    """A complete text, of `nfe` denoiser calls; `remasked` of its tokens were taken back.

    `tokens` (m,) are given and new ones; `nats` is the model's bound on minus the log probability
    of the new ones, given the others, by which it was chosen, or None where there was no choice.
    """

    tokens: Ints
    text: str
    nats: float | None
    nfe: int
    remasked: int


def quiet(event: Event) -> None:
    """An observer that ignores every event."""


def extend(
    model: TextDenoiser, prompt: Ints, count: int, settings: TextSettings, observe: Observer = quiet
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
    first = max(0, m - model.length)
    edges = {first, *range(m % L, m, L), *range(m, m + count, L), m + count}
    work = _Work(model, x_t, settings, observe)
    return work.sample(sorted(edge for edge in edges if edge >= first))


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
    work, edges = _Work(model, x_t, settings, observe), [0]
    while len(x_t) - edges[-1] > model.length:
        edge = edges[-1] + model.length
        while x_t[edge] and not work.whole.begins[x_t[edge] - 1]:
            edge -= 1
        edges.append(edge)
    return work.sample([*edges, len(x_t)])


class _Work:
    """K texts on their way: `x` (K, m), 0 where masked, from `given` (m,)."""

    def __init__(
        self, model: TextDenoiser, given: Ints, settings: TextSettings, observe: Observer
    ) -> None:
        self.model, self.given, self.settings, self.observe = model, given, settings, observe
        K = settings.latents
        self.x = np.repeat(given[None], K, axis=0)
        self.memory = model.begin(K)
        self.whole = Whole(model.alphabet)
        self.rng = np.random.default_rng(settings.seed)
        self.nats, self.remasked, self.nfe = np.zeros(K), np.zeros(K, dtype=np.int64), 0

    def sample(self, edges: list[int]) -> Sample:
        """The likeliest of the texts, all of them complete; blocks lie between `edges`."""
        self.observe(Began(self.given, self.settings.latents))
        blocks = [slice(*pair) for pair in pairwise(edges) if pair[0] < pair[1]]
        for number, block in enumerate(blocks):
            if (self.given[block] == 0).any():
                self._denoise(block)
            if number < len(blocks) - 1:
                self.memory = self.model.finish(self.x[:, block], self.memory)
        best = int(self.nats.argmin())
        self.observe(Chosen(best, tuple(self.nats.tolist())))
        text = self.model.alphabet.join(self.x[best]).decode("utf-8")
        nats = float(self.nats[best]) if self.settings.latents > 1 else None
        return Sample(self.x[best], text, nats, self.nfe, int(self.remasked[best]))

    def _denoise(self, block: slice) -> None:
        """Fill one block of every text, and add what it costs to `nats` if that decides."""
        settings, model, x = self.settings, self.model, self.x[:, block]
        rng = self.rng if settings.temperature else None
        sure = np.ones(x.shape, dtype=np.float32)
        z = self._draw(model.prior(x, self.memory))
        for left in range(settings.nfe - 1, -1, -1):
            p = softmax(model(x, z, self.memory), settings.temperature)
            self.nfe += 1
            proposed = np.stack([self.whole.propose(*row, rng) for row in zip(p, x, strict=True)])
            for row in range(len(x)):
                self._advance(row, block, p[row], proposed[row], sure[row], left)
            if (x > 0).all():
                break
            if settings.z == "redraw":
                z = self._draw(model.prior(x, self.memory))
            elif settings.z == "refine":
                z = self._draw(model.encode(proposed, x, self.memory))
        if len(x) > 1:
            self.nats += self._bound(block)

    def _advance(
        self, row: int, block: slice, p: Floats, proposed: Ints, sure: Floats, left: int
    ) -> None:
        """Commit some of what a call proposed, and take back what is in doubt, unless it is the
        last call. `sure` is by how much each token led when it was committed."""

        def places(cells: Cells) -> tuple[int, ...]:
            return tuple((block.start + np.flatnonzero(cells)).tolist())

        x = self.x[row, block]
        chosen = choose(self.settings, p, x == 0, left, self.rng)
        x[chosen] = proposed[chosen]
        sure[chosen] = margins(p, proposed)[chosen]
        if chosen.any():
            self.observe(Committed(row, places(chosen), tuple(x[chosen].tolist())))
        if left and self.settings.remask == "doubt":
            doubted = in_doubt(sure, (x > 0) & (self.given[block] == 0))
            x[doubted] = 0
            self.remasked[row] += int(doubted.sum())
            if doubted.any():
                self.observe(Remasked(row, places(doubted)))

    def _draw(self, gaussian: Gaussian) -> Floats:
        noise = self.rng.standard_normal(gaussian.mean.shape, dtype=np.float32)
        z: Floats = gaussian.mean + np.exp(0.5 * gaussian.log_var) * noise
        return z

    def _bound(self, block: slice) -> npt.NDArray[np.float64]:
        """The bound on every text's block (K,): what its new tokens cost in one call, and z."""
        x0 = self.x[:, block]
        x_t = np.where(self.given[block] == 0, 0, x0)
        q, p = self.model.encode(x0, x_t, self.memory), self.model.prior(x_t, self.memory)
        logits = self.model(x_t, self._draw(q), self.memory).astype(np.float64)
        logits -= logits.max(axis=-1, keepdims=True)
        own = np.take_along_axis(logits, x0[..., None] - 1, axis=-1)[..., 0]
        own -= np.log(np.exp(logits).sum(axis=-1))
        gap = q.log_var.astype(np.float64) - p.log_var
        away = (q.mean - p.mean) ** 2 * np.exp(-p.log_var)
        kl = 0.5 * (np.exp(gap) + away - 1 - gap).sum(axis=-1)
        nats: npt.NDArray[np.float64] = -(own * (x_t == 0)).sum(axis=-1) + kl
        return nats
