"""From a spec and a number to a puzzle, always the same one.

A full grid is dug, orbit by orbit of the symmetry, as long as its solution stays the only one.
Where a level is asked for, the clues that went last come back until a person can solve it with the
techniques of that level; where that passes the level by, another grid is tried. No clock decides
anything: the same spec and number give the same puzzle on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.generate import jigsaw_board
from vmd_solver.csp.puzzle import Board
from vmd_solver.errors import SearchError
from vmd_solver.formats.boards import BARE, bare_board
from vmd_solver.generation.grids import Draw, exact_grid
from vmd_solver.generation.symmetry import SYMMETRIES, Symmetry, orbits
from vmd_solver.techniques import LEVELS, Grade, Level, grade

FAMILIES = (*BARE, "jigsaw", "jigsaw-x")
"""The families that a size defines; the regions of a jigsaw are new for each puzzle."""

MOST_SIZE = 25

MAX_GUESSES = 200
"""Guesses of one proof that a solution is the only one; clues that need a longer one stay."""


@dataclass(frozen=True)
class PuzzleSpec:
    """What is wanted. Raises SearchError for what cannot be."""

    family: str = "sudoku"
    size: int = 9
    box: tuple[int, int] | None = None
    """Rows and columns of a box; None for the customary ones."""
    level: Level | None = None
    """Of the hardest technique a person needs; None takes what comes."""
    symmetry: Symmetry = "none"
    minimal: bool = False
    """Every clue is needed: without any of them there are several solutions."""
    clues: int = 0
    """At least this many givens stay."""
    seed: int = 0
    tries: int = 200
    """Grids dug for one puzzle, at most."""

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise SearchError(f"cannot make a {self.family!r}; use one of {', '.join(FAMILIES)}")
        if self.symmetry not in SYMMETRIES:
            known = ", ".join(SYMMETRIES)
            raise SearchError(f"unknown symmetry {self.symmetry!r}; use one of {known}")
        if self.level is not None and self.level not in LEVELS:
            raise SearchError(f"unknown level {self.level!r}; use one of {', '.join(LEVELS)}")
        if not 2 <= self.size <= MOST_SIZE:
            raise SearchError(f"a size of 2 to {MOST_SIZE} expected, got {self.size}")
        if self.box and self.family not in ("sudoku", "sudoku-x", "windoku"):
            raise SearchError(f"a {self.family} has no boxes; leave the box out")
        if not 0 <= self.clues <= self.size**2:
            raise SearchError(f"clues of 0 to {self.size**2} expected, got {self.clues}")
        if self.minimal and self.clues:
            raise SearchError("minimal puzzles have as many clues as they need; leave clues out")

    def board(self, rng: np.random.Generator) -> Board:
        """The board; of a jigsaw a random one. Raises PuzzleError where the family has none."""
        if self.family in BARE:
            return bare_board(self.family, self.size, self.box)
        return jigsaw_board(self.size, rng, diagonal=self.family == "jigsaw-x")


@dataclass(frozen=True)
class GeneratedPuzzle:
    """A puzzle, its only solution (n,), how hard it is, and how it came about.

    `drawn` says of each grid tried whether a model drew it; None where none was asked.
    """

    puzzle: Puzzle
    solution: tuple[int, ...]
    grade: Grade
    drawn: tuple[bool | None, ...]

    @property
    def tries(self) -> int:
        """Grids that were dug."""
        return len(self.drawn)


def make(
    spec: PuzzleSpec,
    number: int = 0,
    draw: Draw = exact_grid,
    cancelled: Callable[[], bool] = bool,
) -> GeneratedPuzzle | None:
    """Puzzle `number` of a spec; None where its tries are spent, or once `cancelled` returns True.

    Raises PuzzleError or SearchError where the family has no such board.

    >>> made = make(PuzzleSpec(size=4, symmetry="half-turn", seed=1))
    >>> sum(map(bool, made.puzzle.givens)), made.grade.level
    (4, 'easy')
    """
    rng = np.random.default_rng([spec.seed, number])
    drawn: list[bool | None] = []
    while len(drawn) < spec.tries and not cancelled():
        board = spec.board(rng)
        grid = draw(board, rng)
        drawn.append(grid.by_model)
        gone = _dug(board, grid.values, spec, rng, cancelled)
        if cancelled():
            return None
        found = _fitting(board, grid.values, gone, spec)
        if found is not None:
            puzzle = Puzzle(board, found[0], name=_name(spec, number, found[1]))
            return GeneratedPuzzle(puzzle, grid.values, found[1], tuple(drawn))
    return None


def _name(spec: PuzzleSpec, number: int, grade: Grade) -> str:
    size = f"{spec.size}x{spec.size}"
    return f"{spec.family} {size}, {grade.level}, seed {spec.seed}, number {number + 1}"


def _dug(
    board: Board,
    solution: Sequence[int],
    spec: PuzzleSpec,
    rng: np.random.Generator,
    cancelled: Callable[[], bool],
) -> list[tuple[int, ...]]:
    """The orbits that can be opened, one after another in random order."""
    groups = orbits(board, spec.symmetry)
    givens, gone = list(solution), list[tuple[int, ...]]()
    left = board.n
    for at in rng.permutation(len(groups)):
        cells = groups[at]
        if left - len(cells) < spec.clues or cancelled():
            continue
        for cell in cells:
            givens[cell] = 0
        if _is_unique(board, givens, cancelled):
            gone.append(cells)
            left -= len(cells)
        else:
            for cell in cells:
                givens[cell] = solution[cell]
    return gone


def _is_unique(board: Board, givens: Sequence[int], cancelled: Callable[[], bool] = bool) -> bool:
    """Whether it is proved, within MAX_GUESSES, that there is one solution."""
    puzzle = Puzzle(board, tuple(givens))
    found = exact.count(puzzle, 2, max_guesses=MAX_GUESSES, stored=1, cancelled=cancelled)
    return found.complete and found.solutions == 1


def _fitting(
    board: Board, solution: Sequence[int], gone: Sequence[tuple[int, ...]], spec: PuzzleSpec
) -> tuple[tuple[int, ...], Grade] | None:
    """Givens (n,) and grade of the puzzle that fits the spec, with all or fewer orbits open."""

    def graded(opened: int) -> tuple[tuple[int, ...], Grade]:
        givens = _without(solution, gone[:opened])
        return givens, grade(Puzzle(board, givens), unique=True)

    if spec.minimal and not _is_minimal(board, _without(solution, gone)):
        return None
    found = graded(len(gone))
    if spec.level is None or found[1].level == spec.level:
        return found
    most = LEVELS.index(spec.level)
    if spec.minimal or LEVELS.index(found[1].level) < most:
        return None
    # The more is open, the harder, nearly always: halve to a place where the level is passed.
    found, low, high = graded(0), 0, len(gone)
    while high - low > 1:
        middle = (low + high) // 2
        tried = graded(middle)
        if LEVELS.index(tried[1].level) <= most:
            found, low = tried, middle
        else:
            high = middle
    return found if found[1].level == spec.level else None


def _without(solution: Sequence[int], gone: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    opened = {cell for cells in gone for cell in cells}
    return tuple(0 if cell in opened else value for cell, value in enumerate(solution))


def _is_minimal(board: Board, givens: tuple[int, ...]) -> bool:
    """Whether it is certain that every clue is needed: without it there are several solutions."""
    for cell, value in enumerate(givens):
        if value:
            fewer = Puzzle(board, (*givens[:cell], 0, *givens[cell + 1 :]))
            found = exact.count(fewer, 2, max_guesses=MAX_GUESSES, stored=1)
            if found.solutions < 2:
                return False
    return True
