"""The fixed set that every slice of a lineage is scored on, and how.

`fixed.npz` holds stand-ins made here for what is published: random minimal puzzles, puzzles rated
as those of magictour, and puzzles that trials hardly help with, as those of the forum's lists. The
mined ones come from islands that are not trained on, nor is anything near them: two islands share
no solutions. `fixed-rules.jsonl` holds puzzles with rules that are trained on, others of their
kind. Beside them stands the empty board, where cells have only z to agree by. A grid counts when it
is valid after any call: no solution is compared, and nothing is searched.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vmd_solver import formats
from vmd_solver.api import load
from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.csp.generate import Values, minimal_puzzles
from vmd_solver.errors import PuzzleError
from vmd_training import ruled
from vmd_training.dataset import Dataset, Section, read, write
from vmd_training.evaluate import answers, draw, grid_on, valid
from vmd_training.files import write_text
from vmd_training.generate import LINES, deepest
from vmd_training.mine import SHALLOW, mine
from vmd_training.model import VMD
from vmd_training.recipes import RULES

FIXED = Path(__file__).parent / "fixed.npz"
RULED = FIXED.with_name("fixed-rules.jsonl")
COUNT = 200
"""Puzzles of a set."""
RULED_COUNT = 60
"""Those of a size with rules."""
MAGICTOUR = (15.0, 40.0)
"""Ratings of the stand-ins for magictour."""
FORUM = 1 / (0.06 + SHALLOW)
"""Least depth of the stand-ins for the forum's lists: of their wrong candidates a trial refutes at
most 0.06. (Of the forum's it refutes 0.01; mining has hardly come there.)"""
CLIMB_ROUNDS = 1200
"""Rounds of mining for them, from the deepest that are mined: some ten minutes of one core."""
REAL = ("forum", "magictour", "top95")
"""The published lists, NAME.txt, where a folder has them."""
REAL_RULED = ("sgt-unequal", "sgt-keen", "sgt-towers", "sgt-solo")
"""Those with rules, by size."""

CALLS, LOOPS, LATENTS = 10, 16, (1, 4)
CHUNK = 50
"""Rows of one call on a CPU; elsewhere all of a set."""

Scores = dict[str, dict[str, float]]
"""By set, then by number of latents: the share of puzzles with a valid grid."""


class FixedSet(NamedTuple):
    """Puzzles of one kind, on boards of one size."""

    name: str
    boards: tuple[Board, ...]
    """One, or one for each puzzle."""
    givens: Values
    """(m, n), 0 where open"""
    stands_in: bool
    """Made here, and part of the score; the published ones are reported beside it."""

    @property
    def rows(self) -> Tensor:
        """The puzzles (m, n) as the networks read them."""
        return torch.from_numpy(self.givens.astype(np.int64))

    def boards_of(self, rows: Sequence[int]) -> tuple[Board, ...]:
        """The boards of some of the puzzles."""
        return self.boards if len(self.boards) == 1 else tuple(self.boards[row] for row in rows)

    def chunk(self, model: VMD) -> int:
        """Rows of one call."""
        on_cpu = next(model.parameters()).device.type == "cpu"
        return CHUNK if on_cpu else max(1, len(self.givens))


def sets(count: int = COUNT, folder: Path | None = None) -> tuple[FixedSet, ...]:
    """The stand-ins, the empty board, and what is published in the folder or its subfolder sudoku.

    Of each set at most `count` puzzles, evenly from all of it. Raises PuzzleError, DatasetError.
    """
    made = [
        FixedSet(section.name, section.boards, spread(section.givens, count), True)
        for section in read(FIXED).sections
    ]
    made.append(FixedSet("empty", (sudoku(),), np.zeros((count, 81), np.int8), True))
    made += _ruled("rules", RULED, count, stands_in=True)
    places = (folder, folder / "sudoku") if folder else ()
    for name in REAL:
        found = [path for place in places if (path := place / f"{name}.txt").is_file()]
        if found:
            made.append(FixedSet(name, (sudoku(),), spread(_lines(found[0]), count), False))
    for name in REAL_RULED:
        if folder and (path := folder / "rules" / f"{name}.txt").is_file():
            made += _ruled(name, path, count, stands_in=False)
    return tuple(made)


def _ruled(name: str, path: Path, count: int, stands_in: bool) -> list[FixedSet]:
    """The puzzles of a file by their size. Raises PuzzleError."""
    sizes: dict[tuple[int, int], list[Puzzle]] = {}
    for puzzle in load(path):
        sizes.setdefault((puzzle.board.rows, puzzle.board.cols), []).append(puzzle)
    found = []
    for (rows, cols), puzzles in sorted(sizes.items()):
        chosen = [puzzles[row] for row in spread(np.arange(len(puzzles)), count)]
        givens = np.array([puzzle.givens for puzzle in chosen], dtype=np.int8)
        boards = tuple(puzzle.board for puzzle in chosen)
        found.append(FixedSet(f"{name}-{rows}x{cols}", boards, givens, stands_in))
    return found


def _lines(path: Path) -> Values:
    """The puzzles (m, 81) of a file with one of 81 characters a line."""
    lines = [line.split("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    rows = [line.replace(".", "0") for line in lines if line]
    for number, row in enumerate(rows, 1):
        if len(row) != 81 or not row.isdecimal() or not row.isascii():
            raise PuzzleError(f"{path}: puzzle {number} is not 81 digits or dots")
    return np.array([list(row) for row in rows], np.int8).reshape(-1, 81)


def spread(rows: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """At most `count` of the rows, evenly from the first to the last."""
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows)), dtype=np.intp)]


def digest(chosen: Sequence[FixedSet]) -> str:
    """Twelve digits that tell two choices of stand-ins, or two ways of scoring, apart."""
    hashed = hashlib.sha256(f"{CALLS} {LOOPS} {LATENTS} redrawn".encode())
    for one in chosen:
        if one.stands_in:
            hashed.update(f"{one.name} {one.givens.shape}".encode() + one.givens.tobytes())
            hashed.update(repr([board.rules for board in one.boards]).encode())
    return hashed.hexdigest()[:12]


def score(scores: Scores, chosen: Sequence[FixedSet]) -> float:
    """The mean over the stand-ins and numbers of latents."""
    shares = [share for one in chosen if one.stands_in for share in scores[one.name].values()]
    return sum(shares) / len(shares)


def measure(model: VMD, chosen: Sequence[FixedSet]) -> Scores:
    """Of each set the share of puzzles of which one of K latents reaches a valid grid, by K."""
    scores: Scores = {}
    for one in chosen:
        rng = torch.Generator(device="cpu").manual_seed(0)
        shares, rows = scores.setdefault(one.name, {}), one.rows
        left = torch.arange(len(rows))
        for latent in range(1, max(LATENTS) + 1):
            if len(left):
                parts = torch.split(left, one.chunk(model))
                done = [
                    attempt(model, rows[part], one.boards_of(part.tolist()), rng) for part in parts
                ]
                left = left[~torch.cat(done)]
            if latent in LATENTS:
                shares[str(latent)] = round(1 - len(left) / max(1, len(one.givens)), 4)
    return scores


@torch.no_grad()
def attempt(
    model: VMD, x_t: Tensor, boards: Sequence[Board], rng: torch.Generator, calls: int = CALLS
) -> Tensor:
    """Which puzzles x_t (B, n) have a valid grid after any of the calls with one latent: (B,) bool.

    Nothing is committed in between, the hidden state is carried on, and z is redrawn for each
    call, as neural mode does by default.
    """
    device = next(model.parameters()).device
    grid = grid_on(boards, x_t, ruled=model.config.links > 0).to(device)
    h, left = model.start(grid), torch.arange(len(x_t))
    for _ in range(calls):
        if not len(left):
            break
        logits, h = model.denoiser(grid, draw(model, grid, rng), h, LOOPS)
        found = answers(grid, logits).cpu().numpy()
        still = torch.from_numpy(~valid(found, *boards)).nonzero().squeeze(1)
        left, h = left[still], h[still.to(device)]
        grid = grid.chosen(still.to(device))
        boards = boards if len(boards) == 1 else [boards[row] for row in still.tolist()]
    done = torch.ones(len(x_t), dtype=torch.bool)
    done[left] = False
    return done


def most_seconds(model: VMD, chosen: Sequence[FixedSet], before: Scores | None = None) -> float:
    """Seconds that measuring takes here at most, from one call timed on each set.

    With the scores from before, later latents are counted for the puzzles that the first one left
    then, and a tenth more.
    """
    total_s = 0.0
    for one in chosen:
        rows, spent = one.rows[: one.chunk(model)], []
        for _ in range(2 if len(rows) else 0):
            started = time.perf_counter()
            boards = one.boards_of(range(len(rows)))
            attempt(model, rows, boards, torch.Generator().manual_seed(0), calls=1)
            spent.append(time.perf_counter() - started)
        if spent:
            left = 1.1 - (before or {}).get(one.name, {}).get("1", 0.0)
            latents = 1 + (max(LATENTS) - 1) * min(1.0, left)
            total_s += CALLS * min(spent) * latents * len(one.givens) / len(rows)
    return total_s


def make_ruled(path: Path = RULED, seed: int = 1906) -> None:
    """Write the stand-ins with rules: RULED_COUNT of each size, from every kind that is trained."""
    lines = []
    for group in RULES:
        rng = np.random.default_rng((seed, group.n))
        for number in range(RULED_COUNT):
            base = group.boards[number % len(group.boards)]
            (one,) = ruled.puzzles(base, group.rules, rng, 1, several=0.0)
            lines.append(formats.write(Puzzle(one.board, tuple(one.givens.tolist())), "jsonl"))
    write_text(path, "".join(lines))


def make(mined: Section, path: Path = FIXED, seed: int = 1905) -> None:
    """Write the stand-ins: random minimal puzzles, mined ones, and what is climbed to from those.

    `mined` is what `vmd-train data --recipe sudoku --puzzles 0 --mine 20000 --seed 1905` makes.
    """
    board, rng = mined.boards[0], np.random.default_rng(seed)

    def drawn(section: Section) -> Section:
        """COUNT rows at random, or all if there are fewer."""
        chosen = rng.choice(len(section), min(COUNT, len(section)), replace=False)
        return section.where(np.sort(chosen))

    minimal = Section.of("minimal", board, *minimal_puzzles(board, COUNT, rng))
    low, high = MAGICTOUR
    usual = drawn(mined.where((mined.rating >= low) & (mined.rating <= high)))
    found = mine(board, rng, LINES, CLIMB_ROUNDS, deepest(mined))
    deep = Section.of("forum-like", board, found.puzzles, found.solutions)
    forum = drawn(deep.where(found.ratings >= FORUM))
    sections = (minimal, replace(usual, name="magictour-like"), forum)
    write(path, Dataset({"made_by": "vmd_training.fixed", "seed": seed}, sections))
