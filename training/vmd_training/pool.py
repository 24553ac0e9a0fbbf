"""The rows a group is training on, with the hidden state each has reached.

A row stays for several calls and carries its hidden state from one to the next, so the model is
trained on states that it rolled out itself, without any extra forward pass: more loops at test time
keep helping. Unsolved rows stay longest, so the hard ones get most of the calls.

All that follows the taking of a pack happens on the device and for whole batches: drawing,
symmetries, unpacking of candidates. Rows that leave are replaced under a mask, without waiting for
the device.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor

from vmd_training import symmetry, vmd
from vmd_training.generate import PACK, Pack
from vmd_training.graph import Grid
from vmd_training.model import VMD
from vmd_training.recipes import Group
from vmd_training.vmd import Latent

PACKS = 256
"""Packs that wait to be drawn from: more puzzles than any batch has rows."""
MAX_CALLS = 12
"""Calls after which a row leaves, solved or not."""
LEAVE_SOLVED = 0.8
"""Chance that a solved row leaves; the rest learn to stay solved."""
ADVANCE = 0.15
"""Chance that a row goes from x_t to a less masked x_s between two calls, as in sampling."""
REDRAW = 0.25
"""Chance that a row gets a new z of the prior between two calls, as in sampling: a state that knows
the answer must not be misled by another z, and one that is wrong is led out."""
REVEAL = 1 / 3
"""Chance that a fresh row has a random share of its cells shown beside the givens."""
PROPAGATED = 0.25
"""Share of rows that see the candidates propagation leaves, as guided solving shows them."""
USE_ENCODER_UNIQUE = 0.1
"""Share of puzzles with one solution that draw z from the encoder; the others use the prior."""


class Rows(NamedTuple):
    """B puzzles drawn from packs."""

    x0: Tensor
    """(B, n) int64"""
    givens: Tensor
    """(B, n) int64, 0 where open"""
    candidates: Tensor
    """(B, n, D) float32: what propagation leaves"""
    unique: Tensor
    """(B,) bool"""
    units: Tensor
    """(B, U, n) float32"""
    complete: Tensor
    """(B, U) float32"""


class PackBuffer:
    """The last PACKS packs of a group, on the device. `mixed` says whether symmetries are applied.

    A new pack takes the place of the oldest.
    """

    def __init__(self, group: Group, device: torch.device, mixed: bool = False) -> None:
        self.group, self.mixed, self.received = group, mixed, 0

        def zeros(*shape: int, dtype: torch.dtype = torch.int8) -> Tensor:
            return torch.zeros(PACKS, *shape, dtype=dtype, device=device)

        n, U = group.n, group.U
        self.packs = {
            "solutions": zeros(PACK, n),
            "givens": zeros(PACK, n),
            "candidates": zeros(PACK, n, dtype=torch.int64),
            "unique": zeros(PACK, dtype=torch.bool),
            "units": zeros(U, n),
            "complete": zeros(U),
        }

    def put(self, pack: Pack) -> None:
        """Take in a pack."""
        at, self.received = self.received % PACKS, self.received + 1
        for name, held in self.packs.items():
            array = torch.from_numpy(getattr(pack, name).astype(_SIGNED.get(name, "int8")))
            held[at, : len(array)] = array.to(held.device)
            held[at, len(array) :] = 0  # of a board with fewer units

    def draw(self, B: int) -> Rows:
        """B rows at random, with replacement."""
        device, packs = self.packs["givens"].device, self.packs
        pack = torch.randint(min(self.received, PACKS), (B,), device=device)
        row = torch.randint(PACK, (B,), device=device)
        bits = torch.arange(self.group.D, device=device)
        rows = Rows(
            packs["solutions"][pack, row].long(),
            packs["givens"][pack, row].long(),
            ((packs["candidates"][pack, row][..., None] >> bits) & 1).float(),
            packs["unique"][pack, row],
            packs["units"][pack].float(),
            packs["complete"][pack].float(),
        )
        return self._moved(rows) if self.mixed else rows

    def _moved(self, rows: Rows) -> Rows:
        """The rows under random symmetries: values renamed, and cells where the board allows it."""
        B, n, D = rows.candidates.shape
        names = symmetry.permutations(B, D, rows.x0.device)
        cells = symmetry.cells(self.group.symmetry, B, n, rows.x0.device)
        candidates = rows.candidates.gather(1, cells[..., None].expand_as(rows.candidates))
        return rows._replace(
            x0=symmetry.rename(rows.x0.gather(1, cells), names),
            givens=symmetry.rename(rows.givens.gather(1, cells), names),
            candidates=symmetry.rename_candidates(candidates, names),
        )


_SIGNED = {"candidates": "int64", "unique": "bool"}
"""How the arrays of a pack are handed to torch, which does little with unsigned numbers."""


class Pool:
    """`group.batch` rows on the device; `grid()` is what the networks see of them.

    `take` gives packs; each of their rows is used `reuse` times on average.
    """

    x0: Tensor
    """(B, n) int64"""
    x_t: Tensor
    """(B, n) int64, 0 where masked"""
    allowed: Tensor
    """(B, n, D) float32"""
    units: Tensor
    """(B, U, n) float32"""
    complete: Tensor
    """(B, U) float32"""
    use_encoder: Tensor
    """(B,) bool"""
    fresh: Tensor
    """(B,) bool: rows whose z is to be chosen"""
    calls: Tensor
    """(B,) int64"""
    h: Tensor
    """(B, n, D, d), the state"""

    def __init__(
        self,
        group: Group,
        model: VMD,
        take: Callable[[str], Pack],
        device: torch.device,
        reuse: int = 1,
    ) -> None:
        self.group, self._take, self._reuse = group, take, reuse
        B = group.batch
        self._buffer = PackBuffer(group, device, mixed=not model.config.equivariant)
        for _ in range(ceil(B / PACK)):
            self._buffer.put(take(group.name))
        self._shared = len(group.boards) == 1
        for name, new in self._drawn(B).items():
            setattr(self, name, new)
        self.h = model.start(self.grid())
        self.z = torch.zeros(model.z_shape(B, group.n, group.D), device=device)
        self._used = torch.zeros((), dtype=torch.long, device=device)

    def grid(self, rows: Tensor | slice = slice(None)) -> Grid:
        """The rows as the networks see them; one board for all where the group has only one."""
        boards = slice(1) if self._shared else rows
        return Grid(self.x_t[rows], self.allowed[rows], self.units[boards], self.complete[boards])

    def latent(self, model: VMD, loops: int, draws: int) -> Latent:
        """Each row's z, chosen now where it is fresh (see `vmd.choose`), and what that costs."""
        rows = self.fresh.nonzero().squeeze(1)
        found = vmd.choose(
            model, self.grid(rows), self.x0[rows], self.use_encoder[rows], self.h[rows], loops,
            draws,
        )  # fmt: skip
        z = self.z.index_copy(0, rows, found.z.to(self.z.dtype))
        self.z = z.detach()
        self.fresh = torch.zeros_like(self.fresh)
        kl = found.kl.new_zeros(len(z)).index_copy(0, rows, found.kl)
        return Latent(z, kl, found.per_channel)

    def feed(self) -> None:
        """Take in as many new packs as the rows used so far ask for. Waits for the device."""
        packs = int(self._used) // (PACK * self._reuse)
        self._used -= packs * PACK * self._reuse
        for _ in range(packs):
            self._buffer.put(self._take(self.group.name))

    def refill(self, leaving: Tensor) -> None:
        """Replace the rows marked in `leaving` (B,) by fresh puzzles."""
        for name, new in {**self._drawn(len(leaving)), "h": torch.zeros_like(self.h)}.items():
            mark = leaving.view(-1, *[1] * (new.dim() - 1))
            setattr(self, name, torch.where(mark, new, getattr(self, name)))
        self._used += leaving.sum()

    def _drawn(self, B: int) -> dict[str, Tensor]:
        """Fresh rows, by the names of the pool's tensors, all but h."""
        rows = self._buffer.draw(B)
        device = rows.x0.device
        chance = torch.rand(3, B, 1, device=device)
        shown = torch.rand_like(rows.x0, dtype=torch.float32) < chance[0] * (chance[1] < REVEAL)
        x_t = torch.where(shown, rows.x0, rows.givens)
        narrowed = (chance[2] < PROPAGATED)[..., None]
        unlikely = torch.rand(B, device=device) < USE_ENCODER_UNIQUE
        return {
            "x0": rows.x0,
            "x_t": _something_masked(x_t),
            "allowed": torch.where(narrowed, rows.candidates, torch.ones_like(rows.candidates)),
            "units": rows.units,
            "complete": rows.complete,
            "use_encoder": ~rows.unique | unlikely,
            "fresh": torch.ones(B, dtype=torch.bool, device=device),
            "calls": torch.zeros(B, dtype=torch.long, device=device),
        }

    def advance(self, h: Tensor, solved: Tensor) -> None:
        """Keep the new state h, replace rows that are done, unmask more cells of some others."""
        self.h = h.detach()
        self.calls += 1
        # The state already holds what z said of x0: it is not charged twice.
        self.use_encoder = torch.zeros_like(self.use_encoder)
        chance = torch.rand(4, len(solved), device=h.device)
        leaving = (self.calls >= MAX_CALLS) | (solved & (chance[0] < LEAVE_SOLVED))
        moving = (chance[1] < ADVANCE) & ~leaving
        share = (chance[2] * moving * 0.7)[:, None]
        shown = torch.rand_like(self.x_t, dtype=torch.float32) < share
        self.x_t = torch.where(shown, self.x0, self.x_t)
        self.fresh = chance[3] < REDRAW
        leaving |= (self.x_t > 0).all(dim=-1)
        self.refill(leaving)


def _something_masked(x_t: Tensor) -> Tensor:
    """x_t (B, n) with one cell masked, drawn at random, in rows where none is."""
    full = (x_t > 0).all(dim=-1, keepdim=True)
    cell = torch.randint(x_t.shape[1], (len(x_t), 1), device=x_t.device)
    return torch.where(full, x_t.scatter(1, cell, 0), x_t)
