"""Puzzles of a group where training runs: a ring of packs on the device, from which rows are drawn.

Everything after the makers' queue happens on the device and for whole batches: drawing, symmetries,
unpacking of candidates. New packs replace the oldest.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from vmd_training import symmetry
from vmd_training.data import Group
from vmd_training.pack import PACK, Pack

PACKS = 256
"""Packs a ring holds: more puzzles than any batch has rows."""


class Rows(NamedTuple):
    """B puzzles drawn from a store."""

    x0: Tensor
    """(B, n) int64"""
    givens: Tensor
    """(B, n) int64, 0 where open"""
    candidates: Tensor
    """(B, n, D) float32: what elimination leaves"""
    unique: Tensor
    """(B,) bool"""
    units: Tensor
    """(B, U, n) float32"""
    complete: Tensor
    """(B, U) float32"""


class Store:
    """A ring of at most PACKS packs of one group. `mixed` says whether symmetries are applied."""

    def __init__(self, group: Group, device: torch.device, mixed: bool = False) -> None:
        self.group, self.mixed = group, mixed
        n, U = group.n, group.U
        self.x0 = torch.ones(PACKS, PACK, n, dtype=torch.int8, device=device)
        self.givens = torch.zeros(PACKS, PACK, n, dtype=torch.int8, device=device)
        self.candidates = torch.zeros(PACKS, PACK, n, dtype=torch.int64, device=device)
        self.unique = torch.zeros(PACKS, PACK, dtype=torch.bool, device=device)
        self.units = torch.zeros(PACKS, U, n, dtype=torch.int8, device=device)
        self.complete = torch.zeros(PACKS, U, dtype=torch.int8, device=device)
        self.received = 0

    def put(self, pack: Pack) -> None:
        """Take in a pack, in place of the oldest one where the ring is full."""
        at, self.received = self.received % PACKS, self.received + 1
        device, U = self.x0.device, len(pack.units)
        self.x0[at] = torch.from_numpy(pack.solutions).to(device)
        self.givens[at] = torch.from_numpy(pack.givens).to(device)
        self.candidates[at] = torch.from_numpy(pack.candidates.astype("int64")).to(device)
        self.unique[at] = torch.from_numpy(pack.unique).to(device)
        self.units[at, :U] = torch.from_numpy(pack.units.astype("int8")).to(device)
        self.units[at, U:] = 0
        self.complete[at, :U] = torch.from_numpy(pack.complete.astype("int8")).to(device)
        self.complete[at, U:] = 0

    def draw(self, B: int) -> Rows:
        """B rows at random, with replacement."""
        device = self.x0.device
        pack = torch.randint(min(self.received, PACKS), (B,), device=device)
        row = torch.randint(PACK, (B,), device=device)
        bits = torch.arange(self.group.D, device=device)
        rows = Rows(
            self.x0[pack, row].long(),
            self.givens[pack, row].long(),
            ((self.candidates[pack, row][..., None] >> bits) & 1).float(),
            self.unique[pack, row],
            self.units[pack].float(),
            self.complete[pack].float(),
        )
        return self._moved(rows) if self.mixed else rows

    def _moved(self, rows: Rows) -> Rows:
        """The rows under random symmetries: values renamed, and cells where the board allows it."""
        B, D, device = len(rows.x0), self.group.D, rows.x0.device
        names = symmetry.permutations(B, D, device)
        cells = symmetry.cells(self.group.symmetry, B, self.group.n, device)
        return rows._replace(
            x0=symmetry.rename(rows.x0.gather(1, cells), names),
            givens=symmetry.rename(rows.givens.gather(1, cells), names),
            candidates=symmetry.rename_candidates(
                rows.candidates.gather(1, cells[..., None].expand_as(rows.candidates)), names
            ),
        )
