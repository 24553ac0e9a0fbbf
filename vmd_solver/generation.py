"""New puzzles: from a spec and a number to a puzzle, always the same one, by whatever machine.

A full grid, found by search or drawn by a model, is dug, orbit by orbit of the symmetry, as long as
its solution stays the only one, and less where a level asks for it. Rules that a family has are
drawn from the grid first; some go again last. Knows no option and no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.compiled import machine
from vmd_solver.csp.exact import NO_LIMIT
from vmd_solver.csp.families import with_rules
from vmd_solver.csp.generate import full_grids, jigsaw_board
from vmd_solver.csp.puzzle import Board, Rule
from vmd_solver.csp.ruled import VARIANTS, ruled
from vmd_solver.denoiser import Denoiser
from vmd_solver.errors import SearchError
from vmd_solver.formats.boards import BARE, BOXED, bare_board
from vmd_solver.sampling import Settings, Solver
from vmd_solver.techniques import LEVELS, Grade, Level, grade

FAMILIES = (*BARE, "jigsaw", "jigsaw-x", *VARIANTS)
"""The families that a size defines; the regions of a jigsaw, and the rules of the families with
rules, are new for each puzzle."""

MOST_SIZE = 25

MAX_GUESSES = 200
"""Guesses of one proof that a solution is the only one; clues that need a longer one stay."""


def usual_size(family: str) -> int:
    """Rows of a board where nothing else is asked for."""
    return VARIANTS[family].usual if family in VARIANTS else 9


Symmetry = Literal[
    "none",
    "half-turn",
    "quarter-turn",
    "left-right",
    "top-bottom",
    "diagonal",
    "antidiagonal",
    "full",
]
"""Which cells are open or given together."""

SYMMETRIES: tuple[Symmetry, ...] = get_args(Symmetry)

_MOVES: dict[Symmetry, tuple[Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]], ...]] = {
    "none": (),
    "half-turn": (lambda cells: np.rot90(cells, 2),),
    "quarter-turn": (np.rot90,),
    "left-right": (np.fliplr,),
    "top-bottom": (np.flipud,),
    "diagonal": (np.transpose,),
    "antidiagonal": (lambda cells: np.rot90(cells, 2).T,),
    "full": (np.rot90, np.fliplr),
}
"""Moves of the cells (rows, cols) that make each symmetry, by being done again and again."""

Orbit = tuple[int, ...]
"""Cells that are moved onto one another."""

Removal = Orbit | Rule
"""What may go from a full grid with rules."""


def orbits(board: Board, symmetry: Symmetry) -> tuple[Orbit, ...]:
    """The cells of a square board in orbits, lowest first.

    >>> from vmd_solver.csp.families import latin
    >>> orbits(latin(3), "half-turn")
    ((0, 8), (1, 7), (2, 6), (3, 5), (4,))
    """
    cells = np.arange(board.n).reshape(board.rows, board.cols)
    moves = [move(cells).ravel().tolist() for move in _MOVES[symmetry]]
    found: dict[int, Orbit] = {}
    for cell in range(board.n):
        if cell not in found:
            orbit = [cell]
            for at in orbit:  # which grows
                orbit += {move[at] for move in moves}.difference(orbit)
            found.update(dict.fromkeys(orbit, tuple(sorted(orbit))))
    return tuple(dict.fromkeys(found.values()))


@dataclass(frozen=True)
class PuzzleSpec:
    """What is wanted. Raises SearchError for what cannot be."""

    family: str = "sudoku"
    size: int = 9
    box: tuple[int, int] | None = None  # rows and columns of a box; None for the customary ones
    level: Level | None = None  # of the hardest technique a person needs; None takes what comes
    symmetry: Symmetry = "none"
    minimal: bool = False  # every clue is needed: without any of them there are several solutions
    clues: int = 0  # at least this many givens stay
    seed: int = 0
    tries: int = 200  # grids dug for one puzzle, at most

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
        variant = VARIANTS.get(self.family)
        if variant and self.size not in variant.sizes:
            known = ", ".join(map(str, variant.sizes))
            raise SearchError(f"a size of {known} expected of {self.family}, got {self.size}")
        base = variant.base if variant else self.family
        if self.box and base not in BOXED:
            raise SearchError(f"a {self.family} has no boxes; leave the box out")
        if not 0 <= self.clues <= self.size**2:
            raise SearchError(f"clues of 0 to {self.size**2} expected, got {self.clues}")
        if self.minimal and self.clues:
            raise SearchError("minimal puzzles have as many clues as they need; leave clues out")

    def board(self, rng: np.random.Generator) -> Board:
        """The board; of a jigsaw a random one. Raises PuzzleError where the family has none."""
        if variant := VARIANTS.get(self.family):
            base = variant.base
            if isinstance(base, str):
                board = bare_board(base, self.size, self.box)
            else:
                board = base(self.size, rng)
            return with_rules(board, tuple(variant.within(board)))
        if self.family in BARE:
            return bare_board(self.family, self.size, self.box)
        return jigsaw_board(self.size, rng, diagonal=self.family == "jigsaw-x")

    def example(self) -> Puzzle:
        """An empty puzzle of the family, with rules if it has any: for what has to hold such."""
        rng = np.random.default_rng(0)
        board = self.board(rng)
        if variant := VARIANTS.get(self.family):
            board = with_rules(board, ruled(board, exact_grid(board, rng).values, variant, rng))
        return board.empty()


@dataclass(frozen=True)
class Grid:
    """A full grid, values (n,); `by_model` None where no model was asked, False where in vain."""

    values: tuple[int, ...]
    by_model: bool | None = None


Draw = Callable[[Board, np.random.Generator], Grid]


def exact_grid(board: Board, rng: np.random.Generator) -> Grid:
    """A grid by search. Raises SearchError where the board has none."""
    return Grid(tuple(full_grids(board, 1, rng)[0].tolist()))


@dataclass(frozen=True)
class ModelGrids:
    """Draws grids with a model alone, from an empty board; where that is not valid, by search.

    `latents` are drawn for one grid, and the first valid one is taken. Every grid has a seed of its
    own from the generator handed in, so that it does not depend on what was drawn before.
    """

    denoiser: Denoiser
    latents: int = 1
    nfe: int = 10

    def __call__(self, board: Board, rng: np.random.Generator) -> Grid:
        """A grid. Raises SearchError where the board has none."""
        seed = int(rng.integers(1 << 31))
        settings = Settings(mode="neural", latents=self.latents, nfe=self.nfe, seed=seed)
        solution = Solver(settings, self.denoiser).solve(board.empty())
        if solution.verified and solution.values:
            return Grid(solution.values, by_model=True)
        return Grid(exact_grid(board, rng).values, by_model=False)


@dataclass(frozen=True)
class GeneratedPuzzle:
    """A puzzle, its only solution (n,), how hard it is, and `by_model` of each grid tried."""

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
        variant = VARIANTS.get(spec.family)
        if variant is not None:
            board = with_rules(board, ruled(board, grid.values, variant, rng))
            if not board.rules:
                continue  # this grid keeps none
        full = Puzzle(board, grid.values)
        gone = _dug(full, spec, rng, cancelled)
        if cancelled():
            return None
        if found := _fitting(full, gone, spec):
            (puzzle, grade), size = found, f"{spec.size}x{spec.size}"
            name = f"{spec.family} {size}, {grade.level}, seed {spec.seed}, number {number + 1}"
            return GeneratedPuzzle(replace(puzzle, name=name), grid.values, grade, tuple(drawn))
    return None


def _dug(
    full: Puzzle, spec: PuzzleSpec, rng: np.random.Generator, cancelled: Callable[[], bool]
) -> list[Removal]:
    """What can go from a full grid: orbits that can be opened, one after another in random order,
    and then, where rules may be thinned out, rules."""
    ruled, gone = bool(full.board.rules), list[Removal]()

    def drop(removals: Sequence[Removal]) -> None:
        """Add those that can go. Where there are rules most can: all are tried at once, then
        halves of them."""
        if not removals or cancelled():
            return
        if len(removals) == 1 or ruled:
            fewer = _without(full, [*gone, *removals])
            if len(_clues(fewer)) >= spec.clues and _is_unique(fewer, cancelled):
                gone.extend(removals)
                return
        if len(removals) > 1:
            middle = len(removals) // 2
            drop(removals[:middle])
            drop(removals[middle:])

    holes = set(full.board.holes)
    inside = [tuple(sorted(set(orbit) - holes)) for orbit in orbits(full.board, spec.symmetry)]
    groups = [orbit for orbit in inside if orbit]
    drop([groups[at] for at in rng.permutation(len(groups))])
    if ruled and VARIANTS[spec.family].thinned:
        drop([full.board.rules[at] for at in rng.permutation(len(full.board.rules))])
    return gone


def _fitting(full: Puzzle, gone: list[Removal], spec: PuzzleSpec) -> tuple[Puzzle, Grade] | None:
    """The puzzle that fits the spec, and its grade, with all of the orbits open or fewer."""

    def graded(opened: int) -> tuple[Puzzle, Grade]:
        puzzle = _without(full, gone[:opened])
        return puzzle, grade(puzzle, unique=True, most=spec.level or LEVELS[-1])

    least = _without(full, gone)
    clues = _clues(least) if spec.minimal else []
    if any(_counted(_without(least, [(cell,)])).solutions < 2 for cell in clues):
        return None  # it is not certain that every clue is needed
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


def _without(puzzle: Puzzle, gone: Sequence[Removal]) -> Puzzle:
    givens, board = list(puzzle.givens), puzzle.board
    rules = {item for item in gone if isinstance(item, Rule)}
    for cell in chain(*(item for item in gone if not isinstance(item, Rule))):
        givens[cell] = 0
    if rules:
        board = with_rules(board, tuple(rule for rule in board.rules if rule not in rules))
    return Puzzle(board, tuple(givens))


def _clues(puzzle: Puzzle) -> list[int]:
    holes = set(puzzle.board.holes)
    return [cell for cell, value in enumerate(puzzle.givens) if value and cell not in holes]


def _is_unique(puzzle: Puzzle, cancelled: Callable[[], bool]) -> bool:
    found = _counted(puzzle, cancelled)
    return found.complete and found.solutions == 1


def _counted(puzzle: Puzzle, cancelled: Callable[[], bool] = bool) -> exact.Count:
    # Rules are much to propagate: compiled code is worth its import at once.
    compiled = machine(None, NO_LIMIT).compiled if puzzle.board.rules else None
    return exact.count(
        puzzle, 2, max_guesses=MAX_GUESSES, stored=1, compiled=compiled, cancelled=cancelled
    )
