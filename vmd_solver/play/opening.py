"""Puzzles to play: of a file, or new ones by specs. Knows nothing of games or screens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from vmd_solver.assets import path as asset
from vmd_solver.assets import shipped
from vmd_solver.csp.puzzle import Board
from vmd_solver.csp.ruled import VARIANTS
from vmd_solver.errors import AssetNotFound, PuzzleError
from vmd_solver.formats import Entry, read_path
from vmd_solver.formats.boards import bare_board
from vmd_solver.formats.entry import one_line
from vmd_solver.generation import (
    MOST_SIZE,
    Draw,
    GeneratedPuzzle,
    Grid,
    PuzzleSpec,
    make,
    usual_size,
)
from vmd_solver.techniques import LEVELS

MOST_ENTRIES = 2000
"""Puzzles of a file that are offered; files may hold millions."""


def entries(name: str | Path) -> list[Entry]:
    """The puzzles of a file, bad ones with their error; `puzzles/...` may be an included one."""
    return list(islice(read_path(shipped(str(name))), MOST_ENTRIES))


def within(name: str, root: Path | None = None) -> Path | None:
    """Where a name that was typed leads; None where that is nowhere, or out of `root`.

    >>> within("../b", Path("a")), within("/b", Path("a"))
    (None, None)
    """
    try:
        if root is None:
            return Path(name).expanduser()
        path = (root / name).resolve()
        return path if path.is_relative_to(root.resolve()) else None
    except (OSError, RuntimeError, ValueError):  # a loop of links, no such user, a zero byte
        return None


def shipped_files() -> list[Path]:
    """The included puzzle files, by name."""
    try:
        folder = asset("puzzles")
    except AssetNotFound:
        return []
    return sorted(path for path in folder.iterdir() if path.suffix != ".md")


def title_of(entry: Entry, number: int, of: int) -> str:
    """What to call a puzzle of a file: its own name, or the file's and its number there."""
    if entry.puzzle is not None and entry.puzzle.name:
        return entry.puzzle.name
    name = one_line(Path(entry.source or "puzzle").name)
    return f"{name} {number}" if of > 1 else name


def usual_clues(size: int) -> int:
    """Givens to leave at least, where a player says nothing; 0 for as few as possible.

    Boards from 12x12 on keep more than they need: to find the last ones takes too long.

    >>> usual_clues(9), usual_clues(16)
    (0, 119)
    """
    return 0 if size < 12 else round(size**2 * (0.29 + 0.011 * size))


@cache
def sizes(family: str) -> tuple[int, ...]:
    """The sizes that are offered of a family.

    >>> sizes("windoku")[:5]
    (4, 6, 8, 9, 10)
    """
    if family.startswith("jigsaw"):
        return tuple(range(4, 13))  # regions of larger jigsaws, and grids on them, take minutes
    variant, found = VARIANTS.get(family), []
    base = variant.base if variant else family
    for size in range(4, MOST_SIZE + 1) if variant is None else variant.sizes:
        with suppress(PuzzleError):
            if isinstance(base, str):
                bare_board(base, size)
            found.append(size)
    return tuple(found)


READY = (
    *(PuzzleSpec(level=level, symmetry="half-turn") for level in LEVELS[:-2]),
    PuzzleSpec(size=4),
    PuzzleSpec(size=6),
    PuzzleSpec(size=16, clues=usual_clues(16)),
    PuzzleSpec(family="jigsaw"),
    PuzzleSpec(family="sudoku-x"),
    PuzzleSpec(family="windoku"),
)
"""What many people want, so that it can be had at once."""


def words(spec: PuzzleSpec) -> str:
    """The spec in words, without what chance decides.

    >>> words(READY[0])
    'sudoku 9x9, easy, half-turn'
    """
    symmetry = "" if spec.symmetry == "none" else spec.symmetry
    kind = f"{spec.family} {spec.size}x{spec.size}"
    return ", ".join(filter(None, (kind, spec.level, symmetry, "minimal" * spec.minimal)))


def command(spec: PuzzleSpec, neural: bool = False) -> str:
    """The command that makes the same puzzle.

    >>> command(PuzzleSpec(level="hard"))
    'vmd-make --difficulty hard --seed 0'
    """
    usual, parts = PuzzleSpec(size=usual_size(spec.family)), ["vmd-make"]
    for name in ("family", "size", "level", "symmetry", "clues", "seed"):
        if (value := getattr(spec, name)) != getattr(usual, name) or name == "seed":
            parts.append(f"--{'difficulty' if name == 'level' else name} {value}")
    return " ".join([*parts, *["--minimal"] * spec.minimal, *["--mode neural"] * neural])


def any_seed() -> int:
    """A seed that nobody chose, short enough to be passed on."""
    return int(np.random.default_rng().integers(1_000_000))


def generate(
    spec: PuzzleSpec,
    draw: Draw,
    on_grid: Callable[[Grid], None],
    cancelled: Callable[[], bool] = bool,
) -> GeneratedPuzzle | None:
    """The first puzzle of a spec, as `make` gives it; `on_grid` gets each grid that is dug."""

    def drawn(board: Board, rng: np.random.Generator) -> Grid:
        grid = draw(board, rng)
        on_grid(grid)
        return grid

    return make(spec, 0, drawn, cancelled)


def progress(drawn: Sequence[bool | None], tries: int) -> str:
    """How far the making has come, by the grids drawn so far.

    >>> progress([True, False], 200)
    'grid 2 of 200 at most; of the model 1 valid, by search instead 1'
    """
    valid, invalid = drawn.count(True), drawn.count(False)
    asked = f"; of the model {valid} valid, by search instead {invalid}"
    return f"grid {len(drawn)} of {tries} at most{asked if valid + invalid else ''}"


def origin(made: GeneratedPuzzle) -> str:
    """Where the grid of a puzzle came from, in a sentence; empty where no model was asked."""
    if made.drawn[-1] is None:
        return ""
    valid, asked = made.drawn.count(True), len(made.drawn)
    share = f"{valid} of {asked} grid{'s' * (asked > 1)} that it drew for it held all rules"
    whose = "the model" if made.drawn[-1] else "search, in place of the model"
    return f"The grid is by {whose}; {share}."
