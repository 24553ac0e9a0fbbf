"""The rows a group is training on, with the hidden state each has reached.

A row stays for several calls and carries its hidden state from one to the next, so the model is
trained on states that it rolled out itself, without any extra forward pass: more loops at test time
keep helping. Unsolved rows stay longest, so the hard ones get most of the calls.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from training.data import Group, Pack
from training.model import VMD, Grid

MAX_CALLS = 12
"""Calls after which a row leaves, solved or not."""
LEAVE_SOLVED = 0.5
"""Chance that a solved row leaves; the rest learn to stay solved."""
ADVANCE = 0.15
"""Chance that a row goes from x_t to a less masked x_s between two calls, as in sampling."""
PROPAGATED = 0.25
"""Share of rows that see the candidates elimination leaves, as guided solving shows them."""
USE_ENCODER_UNIQUE = 0.2
"""Share of puzzles with one solution that draw z from the encoder; the others use the prior."""


class Pool:
    """`group.batch` rows on the device; `grid()` is what the networks see of them."""

    def __init__(
        self, group: Group, model: VMD, take: Callable[[str], Pack], device: torch.device, seed: int
    ) -> None:
        self.group = group
        self._take = take
        self._device = device
        self._rng = np.random.default_rng(seed)
        self._waiting: list[tuple[Pack, int]] = []
        B, n, D = group.batch, group.n, group.D
        self.x0 = torch.ones(B, n, dtype=torch.long, device=device)
        self.x_t = self.x0.clone()
        self.allowed = torch.ones(B, n, D, device=device)
        self.units = torch.zeros(B, group.U, n, device=device)
        self.complete = torch.zeros(B, group.U, device=device)
        self.use_encoder = torch.zeros(B, device=device)
        self.calls = torch.zeros(B, dtype=torch.long, device=device)
        self.h = torch.zeros(B, n, D, model.config.d, device=device)
        self.noise = torch.zeros(model.z_shape(B, n, D), device=device)
        self.refill(torch.ones(B, dtype=torch.bool, device=device))

    def grid(self) -> Grid:
        """The batch as the networks see it; one board for all rows where the group has only one."""
        shared = len(self.group.boards) == 1
        units, complete = self.units, self.complete
        return Grid(
            self.x_t,
            self.allowed,
            units[:1] if shared else units,
            complete[:1] if shared else complete,
        )

    def refill(self, leaving: Tensor) -> None:
        """Replace the rows marked in `leaving` (B,) by fresh puzzles."""
        for row in leaving.nonzero().flatten().tolist():
            self._place(row)
        self.h[leaving] = 0
        self.calls[leaving] = 0
        self.noise[leaving] = torch.randn_like(self.noise[leaving])

    def _next(self) -> tuple[Pack, int]:
        """The next puzzle with anything left to solve."""
        while not self._waiting:
            pack = self._take(self.group.name)
            open_ = np.flatnonzero((pack.givens == 0).any(axis=1))
            self._waiting = [(pack, int(index)) for index in open_]
        return self._waiting.pop()

    def _place(self, row: int) -> None:
        pack, index = self._next()
        D, U = self.group.D, len(pack.units)
        givens = torch.from_numpy(pack.givens[index].astype(np.int64))
        x0 = torch.from_numpy(pack.solutions[index].astype(np.int64))
        if self._rng.random() < 1 / 3:
            shown = torch.from_numpy(self._rng.random(len(x0)) < self._rng.random())
            shown[self._rng.integers(len(x0))] = False
            givens = torch.where(shown, x0, givens)
        bits = (pack.candidates[index][:, None] >> np.arange(D, dtype=np.uint64)) & np.uint64(1)
        narrowed = self._rng.random() < PROPAGATED
        self.x0[row] = x0.to(self._device)
        self.x_t[row] = givens.to(self._device)
        allowed = torch.from_numpy(bits.astype(np.float32)) if narrowed else torch.ones(1)
        self.allowed[row] = allowed.to(self._device)
        self.units[row] = 0
        self.units[row, :U] = torch.from_numpy(pack.units.astype(np.float32)).to(self._device)
        self.complete[row] = 0
        self.complete[row, :U] = torch.from_numpy(pack.complete.astype(np.float32)).to(self._device)
        encode = not pack.unique[index] or self._rng.random() < USE_ENCODER_UNIQUE
        self.use_encoder[row] = float(encode)

    def advance(self, h: Tensor, solved: Tensor) -> None:
        """Keep the new state h, replace rows that are done, unmask more cells of some others."""
        self.h = h.detach()
        self.calls += 1
        chance = torch.rand(len(solved), device=self._device)
        leaving = (self.calls >= MAX_CALLS) | (solved & (chance < LEAVE_SOLVED))
        moving = (torch.rand_like(chance) < ADVANCE) & ~leaving
        share = torch.rand_like(chance)[:, None] * moving[:, None] * 0.7
        shown = torch.rand_like(self.x_t, dtype=torch.float32) < share
        self.x_t = torch.where(shown, self.x0, self.x_t)
        leaving |= (self.x_t > 0).all(dim=-1)
        self.refill(leaving)
