"""What held-out text costs, in bits a character: a bound on a sampler of N calls a block.

Tokens S of one call, given x_t and z from the prior, have the probability

    - log p(x0_S | x_t)  <=  E_{q(z | x0, x_t)} [ cross-entropy of S ] + KL( q || p(z | x_t) ),

summed over the calls and averaged over orders. One call a token without latent is the usual bound
of masked diffusion. z from the prior costs no KL, and is better where calls settle few tokens each.
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from vmd_solver.text.alphabet import Alphabet
from vmd_training.sequence import MASK
from vmd_training.tables import Cell, Row, number, rows_table, text
from vmd_training.text.corpus import Corpus
from vmd_training.text.model import TextVMD

ROWS_A_CALL = 16
ROWS = 64
"""Windows of held-out text behind every bound."""
CALLS = (1, 2, 4, 8, 16)
"""Calls a block, as far as a block has this many tokens."""
PRIOR_DRAWS = 4
"""Draws of z from the prior for the bound that uses them."""


class Bits(NamedTuple):
    """Bits a character; the bound is the sum of both terms."""

    cross_entropy: float
    kl: float


@torch.no_grad()
def measure(
    model: TextVMD, windows: Tensor, characters: int, block_length: int, calls: int, seed: int,
    prior_draws: int = 0, shuffle: bool = False,
) -> Bits:  # fmt: skip
    """The bound on windows (N, n) int64 of held-out text, which hold this many characters.

    With `prior_draws` z comes from the prior, so often: the mean of the probabilities is taken
    (arXiv 1509.00519). With `shuffle` the denoiser reads the z of another row, which tells what it
    takes from z. `block_length` must divide n, and `calls` must divide `block_length`.
    """
    generator = Generator().manual_seed(seed)
    nats = torch.zeros(2, dtype=torch.float64)
    blocks = windows.view(len(windows), -1, block_length)
    for x0 in torch.split(blocks, ROWS_A_CALL):
        nats += nats_of(model, x0, calls, generator, prior_draws, shuffle).cpu()
    return Bits(*(nats / (log(2) * characters)).tolist())


def nats_of(
    model: TextVMD, x0: Tensor, calls: int, generator: Generator, prior_draws: int, shuffle: bool
) -> Tensor:
    """(2,) cross-entropy and KL of x0 (B, b, L), summed over rows, blocks and calls, where x0 is.
    Chance is drawn on the processor: every device measures the same masks and noise."""
    device, (B, b, L) = x0.device, x0.shape
    order = torch.rand(B, b, L, generator=generator).argsort(dim=-1).argsort(dim=-1).to(device)
    nats = torch.zeros(2, device=device)
    for first in range(0, L, L // calls):
        masked = order >= first
        x_t = torch.where(masked, MASK, x0)
        now = masked & (order < first + L // calls)
        lone = L - first < 2
        from_prior = torch.full((B, b), prior_draws > 0 or lone, device=device)
        costs = []
        for _ in range(max(prior_draws, 1)):
            noise = torch.randn(B, b, model.config.k, generator=generator).to(device)
            terms = model(x0, x_t, noise, from_prior, shuffle)
            costs.append((terms.cross_entropy.view(x0.shape) * now).sum(dim=-1))
        cross_entropy = log(len(costs)) - (-torch.stack(costs)).logsumexp(dim=0)
        nats = nats + torch.stack((cross_entropy.sum(), terms.kl.sum()))
    return nats


def bounds(
    model: TextVMD, corpus: Corpus, alphabet: Alphabet, lengths: tuple[int, ...], seed: int,
    rows: int = ROWS,
) -> list[Row]:  # fmt: skip
    """Bounds by block length and calls a block, in bits a character; with a latent also what is
    left of them when z comes from the prior, and when rows read each other's z."""
    windows = corpus.held_out_windows(rows, model.config.length)
    held = torch.from_numpy(windows), len(alphabet.decode(windows.ravel()))
    found = []
    for L, calls in ((L, calls) for L in lengths for calls in CALLS if L % calls == 0):
        setting = (model, *held, L, calls, seed)
        encoded = measure(*setting)
        row: Row = {"block": L, "calls": calls}
        if model.encoder is not None:
            row["encoder"] = encoded._asdict()
            row["prior"] = sum(measure(*setting, prior_draws=PRIOR_DRAWS))
            if calls == 1:
                row["shuffled"] = measure(*setting, shuffle=True).cross_entropy
        row["bits"] = min(sum(encoded), row.get("prior", sum(encoded)))
        found.append(row)
    return found


def bounds_table(rows: list[Row]) -> str:
    """Markdown of `bounds`."""
    columns: dict[str, Cell] = {
        "block": text("block"),
        "calls": text("calls"),
        "bits a character": number("bits", ".3f"),
    }
    if any("encoder" in row for row in rows):
        columns["z encoded: cross-entropy + KL"] = lambda row: (
            f"{row['encoder']['cross_entropy']:.3f} + {row['encoder']['kl']:.3f}"
        )
        columns["z from the prior"] = number("prior", ".3f")
    return rows_table(columns, rows)
