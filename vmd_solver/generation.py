"""New puzzles: from a spec and a number to a puzzle, always the same one, by whatever machine.

A full grid, found by search or drawn by a model, is dug, orbit by orbit of the symmetry, as long as
its solution stays the only one, and less where a level asks for it. Rules that a family has are
drawn from the grid first; some go again last. Knows no option and no screen.

The making of a puzzle is a coroutine that yields questions: for a grid, for how many solutions
clues leave, for a level. Those of many puzzles on one board are answered together.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.candidates import Masks
from vmd_solver.csp.compiled import machine
from vmd_solver.csp.exact import NO_LIMIT
from vmd_solver.csp.families import with_rules
from vmd_solver.csp.generate import full_grids, grids_of, jigsaw_board
from vmd_solver.csp.puzzle import Board, Rule
from vmd_solver.csp.ruled import VARIANTS, ruled
from vmd_solver.denoiser import Denoiser
from vmd_solver.errors import SearchError
from vmd_solver.formats.boards import BARE, BOXED, bare_board
from vmd_solver.sampling import Settings, Solver
from vmd_solver.techniques import LEVELS, Grade, Level, grade
from vmd_solver.techniques.levels import levels

FAMILIES = (*BARE, "jigsaw", "jigsaw-x", *VARIANTS)
"""The families that a size defines; the regions of a jigsaw, and the rules of the families with
rules, are new for each puzzle."""

MOST_SIZE = 25

MAX_GUESSES = 200
"""Guesses of one proof that a solution is the only one; clues that need a longer one stay."""

TOGETHER = 4096
"""Cells of the puzzles that are made at a time, where that is compiled: some fifty of 9x9."""


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


@lru_cache(maxsize=16)
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
    """Rows of the board."""
    box: tuple[int, int] | None = None
    """Rows and columns of a box; None for the customary ones."""
    level: Level | None = None
    """That of the hardest technique a person needs; None takes what comes."""
    symmetry: Symmetry = "none"
    """Of the pattern of givens."""
    minimal: bool = False
    """Whether every clue is needed: without any of them there are several solutions."""
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
    """A puzzle, its only solution (n,), its level, and `by_model` of each grid tried."""

    puzzle: Puzzle
    solution: tuple[int, ...]
    level: Level
    drawn: tuple[bool | None, ...]

    @property
    def tries(self) -> int:
        """Grids that were dug."""
        return len(self.drawn)

    @cached_property
    def grade(self) -> Grade:
        """How hard it is; a path is looked for when this is first asked."""
        return grade(self.puzzle, unique=True)


Clues = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class _Question:
    """What the making of a puzzle has to know: a full grid by `rng`; the level of `clues` (n,), up
    to `most`; or whether these have several solutions: (B,) bool or None where it takes too long.

    With `others` (B, n), masks, that is asked of solutions within these masks beside the known one,
    which none of them allows. Otherwise a `quick` answer is by singles alone.
    """

    board: Board
    rng: np.random.Generator | None = None
    clues: Clues | None = None
    most: Level | None = None
    others: Masks | None = None
    quick: bool = False

    @cached_property
    def kind(self) -> tuple[int, str]:
        """What questions that are answered together share."""
        told = "grid" if self.clues is None else "level" if self.most else "proof"
        how = "others" if self.others is not None else "quick" if self.quick else ""
        return id(self.board), told + how


Making = Generator[_Question, Any, Any]


def make(
    spec: PuzzleSpec,
    number: int = 0,
    draw: Draw = exact_grid,
    cancelled: Callable[[], bool] = bool,
) -> GeneratedPuzzle | None:
    """Puzzle `number` of a spec; None where its tries are spent, or once `cancelled` returns True.

    Raises PuzzleError or SearchError where the family has no such board.

    >>> made = make(PuzzleSpec(size=4, symmetry="half-turn", seed=1))
    >>> sum(map(bool, made.puzzle.givens)), made.level
    (4, 'easy')
    """
    return next(make_many(spec, [number], draw, cancelled))


def make_many(
    spec: PuzzleSpec,
    numbers: Sequence[int],
    draw: Draw = exact_grid,
    cancelled: Callable[[], bool] = bool,
) -> Iterator[GeneratedPuzzle | None]:
    """What `make` gives for each of these numbers, in their order; the same puzzles, faster."""
    compiled = machine(None, len(numbers) * spec.size**4).compiled
    together = max(1, TOGETHER // spec.size**2) if compiled else 1
    waiting = iter(numbers)
    made: dict[int, GeneratedPuzzle | None] = {}
    making: dict[int, tuple[Making, _Question]] = {}

    def advance(number: int, puzzle: Making, answer: Any) -> None:
        try:
            making[number] = puzzle, puzzle.send(answer)
        except StopIteration as end:
            making.pop(number, None)
            made[number] = end.value

    for number in numbers:
        while number not in made:
            for other in islice(waiting, together - len(making)):
                advance(other, _made(spec, other), None)
            if cancelled():
                made = dict.fromkeys(numbers)
                break
            asked = {other: question for other, (_, question) in making.items()}
            for other, answer in _answers(asked, draw, compiled, cancelled):
                advance(other, making[other][0], answer)
        yield made[number]


def _answers(
    asked: dict[int, _Question], draw: Draw, compiled: bool, cancelled: Callable[[], bool]
) -> Iterator[tuple[int, Any]]:
    """The answer to each question, found together with those of its kind."""
    for kind in {question.kind: None for question in asked.values()}:
        alike = {number: one for number, one in asked.items() if one.kind == kind}
        first = next(iter(alike.values()))
        answers: Sequence[Any]
        rngs = [one.rng for one in alike.values() if one.rng is not None]
        rows = [one.clues for one in alike.values() if one.clues is not None]
        if first.most is not None:
            answers = levels(first.board, np.stack(rows), first.most, compiled)
        elif rows:
            others = [one.others for one in alike.values() if one.others is not None]
            within = np.concatenate(others) if others else None
            given = np.repeat(np.stack(rows), [len(o) for o in others] or 1, axis=0)
            told = _several(first, given, within, compiled, cancelled)
            answers = np.split(told, np.cumsum([len(o) for o in others] or [1] * len(rows))[:-1])
        elif draw is exact_grid:
            answers = [Grid(tuple(row)) for row in grids_of(first.board, rngs, compiled).tolist()]
        else:
            answers = [draw(first.board, rng) for rng in rngs]
        yield from zip(alike, answers, strict=True)


def _several(
    asked: _Question,
    clues: Clues,
    others: Masks | None,
    compiled: bool,
    cancelled: Callable[[], bool],
) -> npt.NDArray[np.int8]:
    """Whether clues (B, n) have several solutions: 1 or 0, and -1 where it takes too long."""
    board, limit, most = asked.board, 2 if others is None else 1, 0 if asked.quick else MAX_GUESSES
    if not board.rules:
        found = exact.solve_batch(
            board, clues, limit, max_guesses=most, masks=others, compiled=compiled
        )
        counts, complete = found.counts, found.complete
    else:
        # Rules are much to propagate: compiled code is worth its import at once.
        compiled = machine(None, NO_LIMIT).compiled
        each = [
            exact.count(
                Puzzle(board, tuple(row)), limit, max_guesses=MAX_GUESSES, stored=1,
                masks=None if others is None else others[at], compiled=compiled,
                cancelled=cancelled,
            )
            for at, row in enumerate(clues.tolist())
        ]  # fmt: skip
        counts = np.array([one.solutions for one in each])
        complete = np.array([one.complete for one in each])
    return np.where(complete, counts >= limit, -1).astype(np.int8)


def _made(spec: PuzzleSpec, number: int) -> Making:
    """The puzzle of a number, or None."""
    rng = np.random.default_rng([spec.seed, number])
    drawn: list[bool | None] = []
    while len(drawn) < spec.tries:
        board = spec.board(rng)
        grid: Grid = yield _Question(board, rng)
        drawn.append(grid.by_model)
        variant = VARIANTS.get(spec.family)
        if variant is not None:
            board = with_rules(board, ruled(board, grid.values, variant, rng))
            if not board.rules:
                continue  # this grid keeps none
        full = Puzzle(board, grid.values)
        gone, needed = yield from _dug(full, spec, rng)
        if found := (yield from _fitting(full, gone, needed, spec)):
            (left, clues, level), size = found, f"{spec.size}x{spec.size}"
            name = f"{spec.family} {size}, {level}, seed {spec.seed}, number {number + 1}"
            puzzle = Puzzle(left, tuple(clues.tolist()), name=name)
            return GeneratedPuzzle(puzzle, grid.values, level, tuple(drawn))
    return None


def _dug(full: Puzzle, spec: PuzzleSpec, rng: np.random.Generator) -> Making:
    """What can go from a full grid: orbits that can be opened, one after another in random order,
    and then, where rules may be thinned out, rules. And the cells whose clues cannot."""
    holes = set(full.board.holes)
    inside = [tuple(sorted(set(orbit) - holes)) for orbit in orbits(full.board, spec.symmetry)]
    groups = [orbit for orbit in inside if orbit]
    gone: list[Removal] = []
    needed: set[int] = set()
    for removals in ([groups[at] for at in rng.permutation(len(groups))], full.board.rules):
        if removals is full.board.rules:
            if not (removals and VARIANTS[spec.family].thinned):
                continue
            removals = [removals[at] for at in rng.permutation(len(removals))]
        yield from _dropped(full, removals, spec.clues + len(holes), gone, needed)
    return gone, needed


def _dropped(
    full: Puzzle,
    removals: Sequence[Removal],
    least: int,
    gone: list[Removal],
    needed: set[int],
) -> Making:
    """Add to `gone` those removals that can go: many at once where possible, else halves of them;
    and to `needed` cells whose clues certainly cannot.

    That a solution is the only one holds for more clues if it does for less, so the outcome is the
    same as one at a time. Without rules most stay from the first on that has to, and are tried
    alone.
    """
    left, ruled = _left(full, gone), bool(full.board.rules)
    waiting = [removals] if removals else []
    while waiting:
        part = waiting.pop()
        board, clues = _without(*left, part)
        told = np.array([1])
        if np.count_nonzero(clues) >= least:
            orbit = part[0] if len(part) == 1 and not isinstance(part[0], Rule) else ()
            others = _others(full, orbit) if orbit else None
            quick = others is None and not ruled
            told = yield _Question(board, None, clues, None, others, quick)
            if len(orbit) == 1 and told[0] == 1:
                needed.update(orbit)
        if not told.any():
            gone.extend(part)
            left = board, clues
        elif len(part) > 1:
            middle = len(part) // 2
            waiting += part[middle:], part[:middle]
        elif not ruled:
            waiting = [[one] for rest in waiting for one in reversed(rest)]


def _others(full: Puzzle, cells: Sequence[int]) -> Masks:
    """Masks (B, n) that rule the known value out in each of these cells in turn."""
    masks = np.full((len(cells), full.board.n), (1 << full.board.D) - 1, np.uint64)
    for row, cell in enumerate(cells):
        masks[row, cell] ^= np.uint64(1 << full.givens[cell] - 1)
    return masks


def _fitting(full: Puzzle, gone: list[Removal], needed: set[int], spec: PuzzleSpec) -> Making:
    """The puzzle that fits the spec, as board, clues and level, with all of the orbits open or
    fewer; or None."""

    def graded(opened: int) -> Making:
        board, clues = _left(full, gone[:opened])
        level = yield _Question(board, clues=clues, most=spec.level or LEVELS[-1])
        return board, clues, level

    if spec.minimal:
        board, clues = _left(full, gone)
        for cell in sorted({*np.flatnonzero(clues).tolist()} - needed):
            fewer = _without(board, clues, [(cell,)])[1]
            if (yield _Question(board, None, fewer, None, _others(full, (cell,)))) != 1:
                return None  # it is not certain that every clue is needed
    found = yield from graded(len(gone))
    if spec.level is None or found[2] == spec.level:
        return found
    most = LEVELS.index(spec.level)
    if spec.minimal or LEVELS.index(found[2]) < most:
        return None
    # The more is open, the harder, nearly always: halve to a place where the level is passed.
    low, high = 0, len(gone)
    found = yield from graded(0)
    while high - low > 1:
        middle = (low + high) // 2
        tried = yield from graded(middle)
        if LEVELS.index(tried[2]) <= most:
            found, low = tried, middle
        else:
            high = middle
    return found if found[2] == spec.level else None


def _left(full: Puzzle, gone: Sequence[Removal]) -> tuple[Board, Clues]:
    """A full puzzle without what is gone."""
    return _without(full.board, np.array(full.givens, np.int8), gone)


def _without(board: Board, clues: Clues, gone: Sequence[Removal]) -> tuple[Board, Clues]:
    fewer = clues.copy()
    fewer[[cell for item in gone if not isinstance(item, Rule) for cell in item]] = 0
    if rules := {item for item in gone if isinstance(item, Rule)}:
        board = with_rules(board, tuple(rule for rule in board.rules if rule not in rules))
    return board, fewer
