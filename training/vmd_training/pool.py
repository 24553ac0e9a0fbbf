"""The rows a group is training on, with the hidden state each has reached.

A row stays for several calls and carries its hidden state from one to the next, so the model is
trained on states that it rolled out itself, without any extra forward pass: more loops at test time
keep helping. Unsolved rows stay longest, so the hard ones get most of the calls.

Rows that leave are replaced under a mask, without waiting for the device.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import torch
from torch import Tensor

from vmd_training import vmd
from vmd_training.data import Group
from vmd_training.graph import Grid
from vmd_training.model import VMD
from vmd_training.pack import PACK, Pack
from vmd_training.store import Store
from vmd_training.vmd import Latent

MAX_CALLS = 12
"""Calls after which a row leaves, solved or not."""
LEAVE_SOLVED = 0.8
"""Chance that a solved row leaves; the rest learn to stay solved."""
ADVANCE = 0.15
"""Chance that a row goes from x_t to a less masked x_s between two calls, as in sampling."""
REDRAW = 0.25
"""Chance that a row has its z chosen anew between two calls, from the prior as in sampling: a state
that knows must not be led astray by another z, and one that has gone astray is led out."""
REVEAL = 1 / 3
"""Chance that a fresh row has a random share of its cells shown beside the givens."""
PROPAGATED = 0.25
"""Share of rows that see the candidates elimination leaves, as guided solving shows them."""
USE_ENCODER_UNIQUE = 0.1
"""Share of puzzles with one solution that draw z from the encoder; the others use the prior."""


class Pool:
    """`group.batch` rows on the device; `grid()` is what the networks see of them.

    `take` gives packs; each of their rows is used `reuse` times on average.
    """

    def __init__(
        self,
        group: Group,
        model: VMD,
        take: Callable[[str], Pack],
        device: torch.device,
        reuse: int = 1,
    ) -> None:
        self.group, self._take, self._reuse = group, take, reuse
        B, n, D = group.batch, group.n, group.D
        self.store = Store(group, device, mixed=not model.config.equivariant)
        for _ in range(ceil(B / PACK)):
            self.store.put(take(group.name))
        self._used = torch.zeros((), dtype=torch.long, device=device)
        self._shared = len(group.boards) == 1
        self.x0 = torch.ones(B, n, dtype=torch.long, device=device)
        self.x_t = self.x0.clone()
        self.allowed = torch.ones(B, n, D, device=device)
        self.units = torch.zeros(B, group.U, n, device=device)
        self.complete = torch.zeros(B, group.U, device=device)
        self.use_encoder = torch.zeros(B, dtype=torch.bool, device=device)
        self.fresh = torch.zeros(B, dtype=torch.bool, device=device)
        """Rows whose z is to be chosen."""
        self.calls = torch.zeros(B, dtype=torch.long, device=device)
        self.h = model.start(self.grid())
        self.z = torch.zeros(model.z_shape(B, n, D), device=device)
        self.refill(torch.ones(B, dtype=torch.bool, device=device))
        self._used.zero_()

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
        return Latent(
            z, found.kl.new_zeros(len(z)).index_copy(0, rows, found.kl), found.per_channel
        )

    def feed(self) -> None:
        """Take in as many new packs as the rows used so far ask for. Waits for the device."""
        packs = int(self._used) // (PACK * self._reuse)
        self._used -= packs * PACK * self._reuse
        for _ in range(packs):
            self.store.put(self._take(self.group.name))

    def refill(self, leaving: Tensor) -> None:
        """Replace the rows marked in `leaving` (B,) by fresh puzzles."""
        B = len(leaving)
        rows = self.store.draw(B)
        chance = torch.rand(3, B, 1, device=leaving.device)
        shown = torch.rand_like(rows.x0, dtype=torch.float32) < chance[0] * (chance[1] < REVEAL)
        x_t = torch.where(shown, rows.x0, rows.givens)
        narrowed = (chance[2] < PROPAGATED)[..., None]
        unlikely = torch.rand(B, device=leaving.device) < USE_ENCODER_UNIQUE
        fresh = {
            "x0": rows.x0,
            "x_t": _something_masked(x_t),
            "allowed": torch.where(narrowed, rows.candidates, torch.ones_like(rows.candidates)),
            "units": rows.units,
            "complete": rows.complete,
            "use_encoder": ~rows.unique | unlikely,
            "fresh": torch.ones_like(self.fresh),
            "calls": torch.zeros_like(self.calls),
            "h": torch.zeros_like(self.h),
        }
        for name, new in fresh.items():
            old = getattr(self, name)
            mark = leaving.view(-1, *[1] * (old.dim() - 1))
            setattr(self, name, torch.where(mark, new, old))
        self._used += leaving.sum()

    def advance(self, h: Tensor, solved: Tensor) -> None:
        """Keep the new state h, replace rows that are done, unmask more cells of some others."""
        self.h = h.detach()
        self.calls += 1
        # The state has heard what z was to say of x0: it is not charged twice.
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
