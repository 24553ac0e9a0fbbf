"""Puzzles of a recipe, each from its seed: packs for the training loop, and parts of a dataset.

A pack holds puzzles of one board with all that training needs of them; a part holds a section's
puzzles with counts and ratings.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Board
from vmd_solver.csp.candidates import initial_masks, propagate
from vmd_solver.csp.compiled import available, machine
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.generate import Values, full_grids, minimal_puzzles
from vmd_solver.csp.rating import rate, refuted
from vmd_solver.denoiser.rules import BoardRules
from vmd_solver.errors import SearchError
from vmd_training import boards, mine, ruled
from vmd_training.dataset import DatasetError, Section, joined, read
from vmd_training.recipes import DATASETS, Group, Maker
from vmd_training.ruled import Ruled

Rng = np.random.Generator

MINED = Path(__file__).parent / "mined.npz"
"""The included hard puzzles; docs/TRAINING.md says how they were mined."""

RULED = 8
"""Puzzles with rules made at a time, on one board."""

PACK, BLOCK = 64, 64
"""Puzzles of a pack, and of a dataset on one random board."""

MOST_GUESSES = 100
"""Guesses of one uniqueness check in a pack. 9x9 Sudoku needs fewer; without a bound one pack of a
random grid takes up to a quarter of a minute. A clue whose check is cut off stays."""

HELD_OUT, DATA = 0x5EED, 0xDA7A
"""Seeds (seed, HELD_OUT) make held-out puzzles, (seed, step, process, worker) training ones, and
(seed, maker, part, 0, DATA) datasets, where maker 0 mines. Since numpy takes a missing number for
0, workers count from 1."""

SEVERAL = 0.1
"""Share of a dataset's puzzles that lose clues and have several solutions."""
MOST_SOLUTIONS, COUNT_GUESSES = 1000, 20_000
"""Where counting them ends, and the most guesses of one count: what takes more keeps its clues."""
ORDERS, RATE_GUESSES = 4, 2000
"""Searches behind a rating, and the most guesses of each."""

LINES, ROUNDS, ISLAND = 100, 800, 4000
"""Of one island: its size, its time (a minute or two of one core), and how many of the some 10,000
puzzles it finds are kept: half are the hardest, half are drawn from the rest."""
FOUNDERS, STEEP_ROUNDS, CLUES = 100, 2400, range(22, 26)
"""Of an island that starts from hard puzzles: founders for each number of clues, its time (some 20
minutes of one core), and those numbers. Of puzzles with fewer clues trials refute little, and
mining gets no further from them."""


class Pack(NamedTuple):
    """m puzzles of one board, as training takes them: givens (m, n), 0 where open; solutions
    (m, n), where a puzzle has several the one it was dug from; domains (m, n), bit masks of the
    values that rules leave each cell by itself; candidates (m, n), what propagation leaves; unique
    (m,), known to have one solution; units (U, n); complete (U,). Puzzles with rules have a board
    each: units (m, U, n), complete (m, U), and m `rules`.
    """

    givens: npt.NDArray[np.int8]
    solutions: npt.NDArray[np.int8]
    domains: npt.NDArray[np.uint64]
    candidates: npt.NDArray[np.uint64]
    unique: npt.NDArray[np.bool_]
    units: npt.NDArray[np.uint8]
    complete: npt.NDArray[np.bool_]
    rules: tuple[BoardRules, ...] = ()

    @classmethod
    def of(
        cls, board: Board, givens: Values, solutions: Values, unique: npt.NDArray[np.bool_]
    ) -> Pack:
        """These puzzles with the rest."""
        candidates, _ = propagate(board, initial_masks(board, givens))
        domains = initial_masks(board, np.zeros_like(givens))
        units, complete = np.asarray(board.incidence), np.asarray(board.complete)
        return cls(givens, solutions, domains, candidates, unique, units, complete)

    @classmethod
    def of_ruled(cls, puzzles: Sequence[Ruled], U: int) -> Pack:
        """Puzzles on boards of one size and at most U units, with the rest."""
        alone = [
            cls.of(one.board, one.givens[None], one.solution[None], np.array([one.unique]))
            for one in puzzles
        ]
        rows = zip(*(one[:5] for one in alone), strict=True)
        givens, solutions, domains, candidates, unique = map(np.concatenate, rows)
        units, complete = boards.padded_units([one.board for one in puzzles], U)
        rules = tuple(BoardRules.of(one.board) for one in puzzles)
        return cls(givens, solutions, domains, candidates, unique, units, complete, rules)


def make_pack(group: Group, rng: Rng, m: int = PACK) -> Pack:
    """A pack of m puzzles on one board of the group."""
    if group.rules:
        return ruled_pack(group, rng, m)
    while True:
        board = boards.draw(group.boards[rng.integers(len(group.boards))], rng)
        # The full grids of a random board may be too rare to find: another board then.
        with contextlib.suppress(SearchError):
            kind = rng.random(m)
            free, mined = kind < group.free, kind >= 1 - group.mined
            several = ~free & (kind < group.free + group.several)
            dug = ~free & ~mined
            givens, solutions = np.zeros((2, m, board.n), dtype=np.int8)
            made = minimal_puzzles(board, int(dug.sum()), rng, max_guesses=MOST_GUESSES)
            givens[dug], solutions[dug] = made
            if mined.any():
                hard = mined_puzzles()
                chosen = rng.integers(len(hard), size=int(mined.sum()))
                givens[mined], solutions[mined] = hard.givens[chosen], hard.solutions[chosen]
            solutions[free] = full_grids(board, int(free.sum()), rng)
            givens[free] = _masked(solutions[free], rng)
            drop = rng.random(givens.shape) < rng.uniform(0.03, 0.3, (m, 1))
            givens[several] *= ~drop[several]
            return Pack.of(board, givens, solutions, ~free & ~several)


def ruled_pack(group: Group, rng: Rng, m: int) -> Pack:
    """As `make_pack`, of a group with rules. Raises SearchError where they fit no board."""
    found: list[Ruled] = []
    while len(found) < m:
        base = group.boards[rng.integers(len(group.boards))]
        more = ruled.puzzles(base, group.rules, rng, min(RULED, m - len(found)), group.several)
        found += [one for one in more if len(one.board.units) <= group.U]
    return Pack.of_ruled(found, group.U)


def drawn_pack(group: Group, section: Section, rng: Rng, m: int = PACK) -> Pack:
    """A pack whose puzzles come from a section of a file, but for the share of free grids."""
    board = section.board[rng.integers(len(section))]
    rows = rng.integers(section.starts[board], section.starts[board + 1], size=m)
    givens, solutions = section.givens[rows], section.solutions[rows]
    free = rng.random(m) < group.free
    givens[free] = _masked(solutions[free], rng)
    unique = (section.count[rows] == 1) & ~free
    return Pack.of(section.boards[board], givens, solutions, unique)


def _masked(grids: Values, rng: Rng) -> Values:
    """The grids (m, n) with all masked in a third of the rows (t = 1), else a uniform share."""
    share = rng.random((len(grids), 1)) * (rng.random((len(grids), 1)) > 1 / 3)
    return grids * (rng.random(grids.shape) < share)


def sources(groups: tuple[Group, ...], data: Path | None) -> dict[str, Callable[[Rng], Pack]]:
    """How the packs of each group come about: from its section of the file, or made. Raises
    DatasetError where the file cannot be read, or its sections do not fit the groups."""
    sections = {section.name: section for section in read(data).sections} if data else {}
    names = [group.name for group in groups]
    if data and sections.keys().isdisjoint(names):
        have, want = ", ".join(sections), ", ".join(names)
        told = f"{data} has no section for this recipe; it has {have}, the recipe {want}"
        raise DatasetError(told)
    made: dict[str, Callable[[Rng], Pack]] = {}
    for group in groups:
        made[group.name] = partial(make_pack, group)
        if section := sections.get(group.name):
            n, D, U = section.size
            if (n, D) != (group.n, group.D) or U > group.U:
                raise DatasetError(f"section {section.name} of {data} holds boards of another size")
            made[group.name] = partial(drawn_pack, group, section)
    return made


@cache
def mined_puzzles() -> Section:
    """The hard tail of 9x9 Sudoku."""
    return read(MINED).section("sudoku-9x9")


def held_out(group: Group, m: int, seed: int) -> tuple[Pack, ...]:
    """m puzzles with one solution, one pack of each of the group's boards, from a stream of seeds
    that training never draws."""
    shares = np.bincount(np.arange(m) % len(group.boards), minlength=len(group.boards))
    rng = np.random.default_rng((seed, HELD_OUT))
    alone = replace(group, free=0.0, several=0.0, mined=0.0)
    return tuple(
        make_pack(replace(alone, boards=(board,)), rng, int(share))
        for board, share in zip(group.boards, shares, strict=True)
        if share
    )


@dataclass(frozen=True)
class Part:
    """A piece of a dataset: `rows` puzzles of one maker, from a seed of its own."""

    maker: Maker
    mined: bool
    rows: int
    seed: tuple[int, ...]
    climbs: bool = False
    """Mined from the hardest included puzzles, in place of random ones."""


def plan(recipe: str, puzzles: int, mined: int, seed: int, climb: bool = False) -> tuple[Part, ...]:
    """The parts that make up a dataset, in its order: sections together, what is mined last."""
    makers, miner = DATASETS[recipe], Maker("sudoku-9x9", "sudoku-3x3", 0.0, ISLAND)
    shares = np.cumsum([0.0, *(maker.share for maker in makers)])
    rows = np.diff(np.rint(shares / shares[-1] * puzzles).astype(int)).tolist()
    asked = [(number, *each) for number, each in enumerate(zip(makers, rows, strict=True), 1)]
    parts = [
        Part(maker, not number, size, (seed, number, at, 0, DATA), climb and not number)
        for number, maker, all_rows in (*asked, (0, miner, mined))
        for at, size in enumerate(_cut(all_rows, maker.part), 1)
    ]
    order = list(dict.fromkeys(part.maker.section for part in parts))
    return tuple(sorted(parts, key=lambda part: order.index(part.maker.section)))


def _cut(rows: int, size: int) -> Iterator[int]:
    """Sizes of the pieces of this many rows."""
    return (min(size, rows - start) for start in range(0, rows, size))


def make_part(part: Part) -> Section:
    """The puzzles of a part: the same ones wherever and whenever it is made."""
    machine(available())  # loads machine code, which the many small searches to come then use
    rng = np.random.default_rng(part.seed)
    if part.mined:
        return _island(part, rng)
    size = part.rows if boards.fixed(part.maker.board) else BLOCK
    return joined([_block(part.maker, rows, rng) for rows in _cut(part.rows, size)])


def _block(maker: Maker, rows: int, rng: Rng) -> Section:
    """Puzzles on one board. Random boards whose full grids are too rare to find are drawn again."""
    while True:
        board = boards.draw(maker.board, rng)
        with contextlib.suppress(SearchError):
            puzzles, solutions = minimal_puzzles(board, rows, rng, max_guesses=maker.max_guesses)
            ratings = rate(board, puzzles, rng, ORDERS, RATE_GUESSES)
            puzzles, counts = loosened(board, puzzles, rng)
            ratings[counts > 1] = np.nan
            return Section.of(maker.section, board, puzzles, solutions, counts, ratings)


def loosened(board: Board, puzzles: Values, rng: Rng) -> tuple[Values, npt.NDArray[np.int64]]:
    """The puzzles (m, n) and how many solutions each has, once a share of them has lost clues: one
    mostly. Of 9x9 Sudokus half have fewer than 250 then, a third more than are counted."""
    some = rng.random(len(puzzles)) < SEVERAL
    clues = np.where(some, rng.geometric(0.5, len(puzzles)), 0)
    lots = np.where(puzzles > 0, rng.random(puzzles.shape), 2.0)
    loose = np.where(lots.argsort(axis=1).argsort(axis=1) < clues[:, None], np.int8(0), puzzles)
    (changed,) = (loose != puzzles).any(axis=1).nonzero()
    counted = solve_batch(board, loose[changed], MOST_SOLUTIONS, max_guesses=COUNT_GUESSES)
    uncounted = changed[~counted.complete]
    loose[uncounted] = puzzles[uncounted]
    counts = np.ones(len(puzzles), dtype=np.int64)
    counts[changed] = np.where(counted.complete, counted.counts, 1)
    return loose, counts


def _island(part: Part, rng: Rng) -> Section:
    """What mining finds: half the hardest, half drawn from the rest."""
    board = boards.draw(part.maker.board, rng)
    founders, rounds = (deepest(mined_puzzles()), STEEP_ROUNDS) if part.climbs else (None, ROUNDS)
    found = mine.mine(board, rng, LINES, rounds, founders)
    hardest, rest = np.split(np.argsort(-found.ratings, kind="stable"), [part.rows // 2])
    kept = found.chosen(np.append(hardest, rng.permutation(rest)[: part.rows - len(hardest)]))
    rated = mine.guesses(board, kept.puzzles, rng, mine.ORDERS) if part.climbs else kept.ratings
    return Section.of(part.maker.section, board, kept.puzzles, kept.solutions, rating=rated)


@cache
def deepest(mined: Section) -> tuple[Values, Values]:
    """Of mined puzzles those of which trials refute least, and their solutions: founders."""
    clues = (mined.givens > 0).sum(axis=1)
    order = np.argsort(refuted(mined.boards[0], mined.givens), kind="stable")
    chosen = np.concatenate([order[clues[order] == some][:FOUNDERS] for some in CLUES])
    return mined.givens[chosen], mined.solutions[chosen]
