"""The rows a group is training on, with the hidden state each has reached.

A row stays for several calls and carries its state from one to the next, so the model is trained on
states that it rolled out itself, and unsolved rows get most of the calls. All that follows the
taking of a pack happens on the device, for whole batches, without waiting for it.
"""

from __future__ import annotations

from collections.abc import Callable
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from vmd_solver.denoiser.rules import BoardRules
from vmd_training import vmd
from vmd_training.generate import PACK, Pack
from vmd_training.graph import Grid
from vmd_training.model import VMD
from vmd_training.recipes import Group
from vmd_training.vmd import Latent

PACKS, RULED_PACKS = 256, 64
"""Packs that wait to be drawn from, more puzzles than any batch has rows; those with rules are
large."""
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
    """B puzzles drawn from packs: x0 and givens (B, n) int64, 0 where open; domains and candidates
    (B, n, D) float32, the values that rules leave each cell by itself, and what propagation leaves;
    unique (B,) bool; units (B, U, n) and complete (B, U) float32; rules, B of them or none.
    """

    x0: Tensor
    givens: Tensor
    domains: Tensor
    candidates: Tensor
    unique: Tensor
    units: Tensor
    complete: Tensor
    rules: tuple[BoardRules, ...]


class PackBuffer:
    """The last packs of a group, on the device; a new one takes the place of the oldest.

    `mixed`: rows are drawn under random symmetries, which networks that know positions or names
    need; the candidate graph is equivariant to them and learns nothing from seeing them.
    """

    def __init__(self, group: Group, device: torch.device, mixed: bool = False) -> None:
        self.group, self.device, self.mixed, self.received = group, device, mixed, 0
        self.size = RULED_PACKS if group.rules else PACKS
        n, U, cells = group.n, group.U, (PACK, group.n)
        each = (PACK,) if group.rules else ()
        shapes = {"solutions": cells, "givens": cells, "domains": cells, "candidates": cells,
                  "unique": (PACK,), "units": (*each, U, n), "complete": (*each, U)}  # fmt: skip
        kinds = {
            "domains": torch.int64,
            "candidates": torch.int64,
            "unique": torch.bool,
        }  # torch does little with uint64
        self.packs = {
            name: torch.zeros(self.size, *shape, dtype=kinds.get(name, torch.int8), device=device)
            for name, shape in shapes.items()
        }
        self.rules: list[tuple[BoardRules, ...]] = [()] * self.size

    def put(self, pack: Pack) -> None:
        """Take in a pack."""
        at, self.received = self.received % self.size, self.received + 1
        self.rules[at] = pack.rules
        for name, held in self.packs.items():
            array = torch.tensor(getattr(pack, name)).to(held.dtype)  # a copy: it may be read-only
            held[at, : len(array)] = array.to(held.device)
            held[at, len(array) :] = 0  # of a board with fewer units

    def draw(self, B: int) -> Rows:
        """B rows at random, with replacement."""
        packs, device = self.packs, self.device
        pack = torch.randint(min(self.received, self.size), (B,), device=device)
        row = torch.randint(PACK, (B,), device=device)
        bits = torch.arange(self.group.D, device=device)
        x0, givens = (packs[name][pack, row].long() for name in ("solutions", "givens"))
        domains, candidates = (
            ((packs[name][pack, row][..., None] >> bits) & 1).float()
            for name in ("domains", "candidates")
        )
        if self.mixed:  # where domains hold every value
            x0, givens, candidates = self._moved(x0, givens, candidates)
        board = (pack, row) if self.group.rules else (pack,)
        units, complete = (packs[name][board].float() for name in ("units", "complete"))
        chosen = zip(pack.tolist(), row.tolist(), strict=True) if self.group.rules else ()
        rules = tuple(self.rules[at][number] for at, number in chosen)
        unique = packs["unique"][pack, row]
        return Rows(x0, givens, domains, candidates, unique, units, complete, rules)

    def _moved(self, x0: Tensor, givens: Tensor, candidates: Tensor) -> tuple[Tensor, ...]:
        """The rows under symmetries: values renamed, and cells moved where the board allows it."""
        B, n, D = candidates.shape
        names, cells = self._permutations(B, D), self._cells(B, n)

        renamed = F.pad(names + 1, (1, 0))  # and 0 stays 0
        moved = candidates.gather(1, cells[..., None].expand_as(candidates))
        old = names.argsort(dim=1)[:, None, :].expand_as(moved)
        values = (renamed.gather(1, value.gather(1, cells)) for value in (x0, givens))
        return *values, moved.gather(2, old)

    def _cells(self, B: int, n: int) -> Tensor:
        """For each new cell the old one whose place it takes: (B, n) int64. Bands, stacks, rows and
        columns of a Sudoku are permuted, and it is transposed at random where boxes are square."""
        if self.group.symmetry is None:
            return torch.arange(n, device=self.device).expand(B, n)
        height, width = self.group.symmetry

        def lines(blocks: int, size: int) -> Tensor:
            """Permutations (B, blocks * size) that keep blocks of `size` lines together."""
            outer = self._permutations(B, blocks)[:, :, None] * size
            inner = self._permutations(B * blocks, size).view(B, blocks, size)
            return (outer + inner).flatten(1)

        rows, columns = lines(width, height)[:, :, None], lines(height, width)[:, None, :]
        straight = (rows * height * width + columns).flatten(1)
        if height != width:
            return straight
        turned = (rows + height * width * columns).flatten(1)
        return torch.where(torch.rand(B, 1, device=self.device) < 0.5, straight, turned)

    def _permutations(self, B: int, m: int) -> Tensor:
        """B random permutations of 0..m-1: (B, m) int64."""
        return torch.rand(B, m, device=self.device).argsort(dim=1)


class Pool:
    """`group.batch` rows on the device; `grid()` is what the networks see of them.

    `take` gives packs; each of their rows is used `reuse` times on average. x0, x_t, allowed,
    units, complete and rules are as in `Grid`, with a board for each row; use_encoder (B,) bool;
    fresh (B,) bool, rows whose z is to be chosen; calls (B,) int64; h (B, n, D, d), the state.
    """

    x0: Tensor
    x_t: Tensor
    allowed: Tensor
    units: Tensor
    complete: Tensor
    rules: tuple[BoardRules, ...]
    use_encoder: Tensor
    fresh: Tensor
    calls: Tensor
    h: Tensor

    def __init__(
        self, group: Group, model: VMD, take: Callable[[str], Pack], device: torch.device,
        reuse: int = 1,
    ) -> None:  # fmt: skip
        self.group, self._take, self._reuse = group, take, reuse
        B = group.batch
        mixed = not model.config.equivariant and not group.rules  # rules tell values apart
        self._buffer, self._hears = PackBuffer(group, device, mixed), model.config.links > 0
        self._used = torch.tensor(ceil(B / PACK) * PACK * reuse, device=device)  # so feed fills it
        self.feed()
        drawn, self.rules = self._drawn(B)
        for name, new in drawn.items():
            setattr(self, name, new)
        self.h = model.start(self.grid())
        self.z = torch.zeros(model.z_shape(B, group.n, group.D), device=device)

    def grid(self) -> Grid:
        """The rows as the networks see them; one board for all where the group has only one."""
        one = len(self.group.boards) == 1 and not self.group.rules
        units, complete = (x[:1] if one else x for x in (self.units, self.complete))
        return Grid(self.x_t, self.allowed, units, complete, self.rules)

    def latent(self, model: VMD, loops: int, draws: int) -> Latent:
        """Each row's z, chosen now where it is fresh (see `vmd.choose`), and what that costs."""
        rows = self.fresh.nonzero().squeeze(1)
        of_rows = self.grid().chosen(rows), self.x0[rows], self.use_encoder[rows], self.h[rows]
        found = vmd.choose(model, *of_rows, loops, draws)
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
        drawn, rules = self._drawn(len(leaving))
        if rules:
            rows = zip(leaving.tolist(), rules, self.rules, strict=True)
            self.rules = tuple(new if leaves else old for leaves, new, old in rows)
        for name, new in {**drawn, "h": torch.zeros_like(self.h)}.items():
            mark = leaving.view(-1, *[1] * (new.dim() - 1))
            setattr(self, name, torch.where(mark, new, getattr(self, name)))
        self._used += leaving.sum()

    def _drawn(self, B: int) -> tuple[dict[str, Tensor], tuple[BoardRules, ...]]:
        """Fresh rows, by the names of the pool's tensors, all but h, and their rules."""
        rows = self._buffer.draw(B)
        device, n = rows.x0.device, self.group.n
        chance = torch.rand(3, B, 1, device=device)
        shown = torch.rand_like(rows.x0, dtype=torch.float32) < chance[0] * (chance[1] < REVEAL)
        x_t = torch.where(shown, rows.x0, rows.givens)
        narrowed = (chance[2] < PROPAGATED)[..., None]
        unlikely = torch.rand(B, device=device) < USE_ENCODER_UNIQUE
        hidden = x_t.scatter(1, torch.randint(n, (B, 1), device=device), 0)
        drawn = {
            "x0": rows.x0,
            "x_t": torch.where((x_t > 0).all(dim=-1, keepdim=True), hidden, x_t),
            "allowed": torch.where(narrowed, rows.candidates, rows.domains),
            "units": rows.units,
            "complete": rows.complete,
            "use_encoder": ~rows.unique | unlikely,
            "fresh": torch.ones(B, dtype=torch.bool, device=device),
            "calls": torch.zeros(B, dtype=torch.long, device=device),
        }
        return drawn, rows.rules if self._hears else ()

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
