"""What `import vmd_solver` offers. Each function takes a `Puzzle`, or the text of one.

Whoever needs more (events, batches, a budget for counting) finds it in what these functions call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vmd_solver import assets, denoiser, formats
from vmd_solver.csp import Board, Puzzle, Violation, exact
from vmd_solver.denoiser import Denoiser
from vmd_solver.denoiser.onnx import is_installed
from vmd_solver.errors import SearchError, VmdError
from vmd_solver.formats import parse, write
from vmd_solver.generation import PuzzleSpec, Symmetry
from vmd_solver.generation import make as make_numbered
from vmd_solver.sampling import Settings, Solution, Solver
from vmd_solver.sampling.settings import Mode
from vmd_solver.techniques import Grade, Level, Step, solve_path
from vmd_solver.techniques import Path as StepPath

__all__ = ["Board", "Drawing", "Grade", "Puzzle", "Settings", "Solution", "Step", "Violation"]
__all__ += ["VmdError", "count", "draw", "explain", "load", "make", "parse", "solve", "write"]

_loaded = cache(denoiser.load)


def load(path: str | Path, format: str | None = None, family: str = "sudoku") -> tuple[Puzzle, ...]:
    """The puzzles of a file, in order; `puzzles/...` may be one of the included files.

    `format` is found from the first lines unless given; `family` is for files that state none.
    Raises PuzzleSyntaxError, with file, line and column, at the first puzzle that cannot be read.

    >>> [puzzle.board.D for puzzle in load("puzzles/4x4.txt")]
    [4]
    """
    entries = list(formats.read_path(assets.shipped(str(path)), format, family))
    if errors := [entry.error for entry in entries if entry.error]:
        raise errors[0]
    return tuple(entry.puzzle for entry in entries if entry.puzzle)


def solve(
    puzzle: Puzzle | str,
    mode: Mode | None = None,
    model: str | Path | Denoiser | None = None,
    **settings: Any,
) -> Solution:
    """The outcome for a puzzle: a verified solution, a proof that there is none, or neither.

    `mode` is "guided" (model and search), "neural" (the model alone) or "exact" (search alone);
    None: guided, or exact where no model is given and ONNX Runtime is not installed.
    `model` is the folder of a model, the name of an included one (None: grids) or a `Denoiser`.
    `settings` are further fields of `Settings`, such as latents=4, solutions=2 or timeout_s=10.
    Raises PuzzleSyntaxError, SearchError for settings out of range, ModelError or AssetNotFound for
    the model. A puzzle whose givens break a rule does not raise: its status is "invalid".

    >>> solve(".1...3....2...1.", mode="exact").values
    (4, 1, 3, 2, 2, 3, 4, 1, 1, 4, 2, 3, 3, 2, 1, 4)
    >>> solve("1..1............", mode="exact").status
    'invalid'
    """
    if mode is None:
        mode = "guided" if model is not None or is_installed() else "exact"
    chosen = Settings.usual(mode=mode, **settings)
    if mode == "exact":
        model = None
    elif model is None or isinstance(model, str | Path):
        model = _loaded(model and str(model))
    return Solver(chosen, model).solve(_puzzle(puzzle))


def count(puzzle: Puzzle | str, limit: int = 2) -> int:
    """How many solutions a puzzle has, up to `limit`, however long the search takes.

    With limit 2, the answer 1 proves that the solution is unique. Raises SearchError below 1.

    >>> count(".1...3....2...1."), count("1..4............", limit=100)
    (1, 24)
    """
    return exact.count(_puzzle(puzzle), limit, stored=0).solutions


def explain(puzzle: Puzzle | str) -> StepPath:
    """How a person would solve a puzzle: its steps, each with its reason, and its grade.

    Reasons that need a unique solution are used only where a search proves that it is unique.

    >>> path = explain(".1...3....2...1.")
    >>> path.solved, path.grade.level, len(path.steps)
    (True, 'easy', 12)
    >>> print(path.steps[0].technique, "-", path.steps[0].follows)
    hidden single - So r2c4 is 1.
    """
    one = _puzzle(puzzle)
    return solve_path(one, unique=exact.is_unique(one))


def make(
    family: str = "sudoku",
    size: int = 9,
    level: Level | None = None,
    symmetry: Symmetry = "none",
    seed: int = 0,
    **options: Any,
) -> Puzzle:
    """A new puzzle with one solution; the same arguments make the same puzzle everywhere.

    `level` is that of the hardest technique a person needs, None takes any. `options` are further
    fields of `PuzzleSpec`, such as minimal=True or clues=30.
    Raises SearchError for what cannot be made, or where no grid that was tried led to it.

    >>> puzzle = make(size=4, symmetry="half-turn", seed=1)
    >>> write(puzzle, "line"), count(puzzle)
    ('.1...3....2...1.\\n', 1)
    """
    spec = PuzzleSpec(family, size, level=level, symmetry=symmetry, seed=seed, **options)
    made = make_numbered(spec)
    if made is None:
        raise SearchError(f"no {family} of level {level} found; try another seed, or more tries")
    return made.puzzle


@dataclass(frozen=True)
class Drawing:
    """A picture of a puzzle, which a notebook shows where it is the last value of a cell."""

    svg: str
    """The text of an SVG file, with a white ground."""

    def __repr__(self) -> str:
        return f"<Drawing, {len(self.svg):,} characters of SVG>"

    def _repr_svg_(self) -> str:
        return self.svg


def draw(puzzle: Puzzle | Solution | str, values: Sequence[int] | None = None) -> Drawing:
    """A picture of a puzzle with its rules; of a `Solution` its values are drawn, too.

    `values` (n,) are 1 to D, and 0 where none is shown; with them the givens are in bold.
    Raises ValueError where there are not n of them.

    >>> drawing = draw(".1...3....2...1.")
    >>> drawing.svg[:4], drawing.svg.count("<text")
    ('<svg', 4)
    """
    if isinstance(puzzle, Solution):
        values = puzzle.values if values is None else values
        puzzle = puzzle.puzzle
    one = _puzzle(puzzle)
    if values is not None and len(values) != one.board.n:
        raise ValueError(f"{one.board.n} values expected, got {len(values)}")
    from vmd_solver.drawing import shapes  # not for those who only solve

    return Drawing(shapes.picture(one, values))


def _puzzle(puzzle: Puzzle | str) -> Puzzle:
    return parse(puzzle) if isinstance(puzzle, str) else puzzle
