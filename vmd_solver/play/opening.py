"""Puzzles to play: included ones, of a file or a pasted text, new ones by specs, one for each day.

Knows nothing of games or screens.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vmd_solver.assets import path as asset
from vmd_solver.assets import shipped
from vmd_solver.csp.puzzle import Board
from vmd_solver.csp.ruled import VARIANTS
from vmd_solver.errors import AssetNotFound, PuzzleError, PuzzleSyntaxError
from vmd_solver.formats import Entry, literal_format, read, read_path
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


class Included(NamedTuple):
    """What to call an included file, and the level of its puzzle, where it has one with a level."""

    title: str
    level: str = ""


COLLECTION = {
    "easy.txt": Included("Gentle sudoku", "easy"),
    "medium.txt": Included("Tricky sudoku", "medium"),
    "hard.txt": Included("Fierce sudoku", "expert"),
    "hard-100.sdm": Included("A hundred hard ones"),
    "4x4.txt": Included("Tiny sudoku", "easy"),
    "6x6.txt": Included("Small sudoku", "hard"),
    "x.txt": Included("Sudoku X", "extreme"),
    "windoku.txt": Included("Windoku", "extreme"),
    "jigsaw-6.txt": Included("Small jigsaw", "medium"),
    "jigsaw-9.txt": Included("Jigsaw", "expert"),
    "jigsaw-x.txt": Included("Jigsaw X", "extreme"),
    "killer.txt": Included("Killer sudoku"),
    "kakuro.txt": Included("Kakuro"),
    "mixed.txt": Included("Several rules"),
    "rules-boards.txt": Included("KenKen and more"),
    "rules-whole.txt": Included("Whole-board rules"),
    "rules-cells.txt": Included("Marked cells"),
    "rules-signs.txt": Included("Signs between cells"),
    "rules-cages.txt": Included("Cages"),
    "rules-lines.txt": Included("Lines"),
    "rules-clues.txt": Included("Clues outside"),
    "latin-9.txt": Included("Latin square", "expert"),
    "latin-12.pls": Included("Large Latin square", "extreme"),
    "12x12.txt": Included("Large sudoku", "expert"),
    "16x16.txt": Included("Larger sudoku", "extreme"),
    "25x25.txt": Included("Giant sudoku", "extreme"),
    "butterfly.txt": Included("Butterfly", "expert"),
    "queens.txt": Included("No line repeats", "hard"),
    "grid.txt": Included("Free-form grid", "hard"),
    "graph.col": Included("A graph to colour"),
    "several.txt": Included("Several solutions"),
    "none.txt": Included("No solution"),
}
"""Included files, in the order in which they are offered. Others hold the same puzzles in the forms
of other programs, or are there to be read by programs."""


@cache
def included(file: str) -> list[Entry]:
    """The puzzles of an included file; none where it is missing."""
    try:
        path = asset("puzzles") / file
    except AssetNotFound:
        return []
    return entries(path) if path.is_file() else []


PASTED = "pasted"
"""Where a puzzle comes from that is no file's."""


def typed(text: str, root: Path | None = None) -> list[Entry]:
    """The puzzles of the file that is named, or of the text itself; else one entry, the error.

    >>> [entry.puzzle.board.D for entry in typed("1..4\\n....\\n....\\n4..1")]
    [4]
    >>> str(typed("nowhere.txt")[0].error)
    'nowhere.txt: no such file'
    """
    text = "\n".join(text.splitlines())  # terminals paste lines that end in other ways
    name = text.strip()
    path = within(name, root) or ""
    # Not the methods of Path: they raise where a name is too long, or a folder closed.
    if name and os.path.isfile(path):  # noqa: PTH113
        return entries(path)
    lines = "\n" in name
    form = None if lines else literal_format(name)
    if lines or form:
        return list(islice(read(text.strip("\n"), PASTED, form), MOST_ENTRIES))
    kind = "is a folder" if name and os.path.isdir(path) else "no such file"  # noqa: PTH112
    return [Entry(None, text, None, 1, PuzzleSyntaxError(f"{name or 'nothing'}: {kind}"))]


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
    PuzzleSpec(family="killer"),
)
"""What many people want, so that it can be had at once."""


def words(spec: PuzzleSpec) -> str:
    """The kind of a spec in words, without what chance decides.

    >>> words(READY[0]), words(PuzzleSpec(size=6))
    ('easy sudoku 9x9', 'sudoku 6x6')
    """
    return f"{spec.level or ''} {spec.family} {spec.size}x{spec.size}".strip()


WEEK = (
    PuzzleSpec(level=LEVELS[0], symmetry="half-turn"),
    PuzzleSpec(level=LEVELS[1], symmetry="half-turn"),
    PuzzleSpec("windoku", level=LEVELS[1], symmetry="half-turn"),
    PuzzleSpec(level=LEVELS[2], symmetry="half-turn"),
    PuzzleSpec("sudoku-x", level=LEVELS[1], symmetry="half-turn"),
    PuzzleSpec("jigsaw", level=LEVELS[1]),
    PuzzleSpec(level=LEVELS[3], symmetry="half-turn"),
)
"""The daily puzzles from Monday, which is the easiest, to Sunday, which is the hardest."""

_DAILY = "Daily puzzle "


def daily(day: date) -> PuzzleSpec:
    """The spec of the puzzle of a day, the same for everybody.

    >>> daily(date(2026, 11, 30)).seed, daily(date(2026, 11, 30)).level
    (20261130, 'easy')
    """
    return replace(WEEK[day.weekday()], seed=int(f"{day:%Y%m%d}"))


def daily_title(day: date) -> str:
    """What the puzzle of a day is called, which its game is known by."""
    return f"{_DAILY}{day.isoformat()}"


def day_of(title: str) -> str:
    """The day of a daily puzzle (ISO 8601) by its title; empty for others.

    >>> day_of(daily_title(date(2026, 1, 2))), day_of("Daily puzzle"), day_of("easy")
    ('2026-01-02', '', '')
    """
    with suppress(ValueError):
        if title.startswith(_DAILY):
            return date.fromisoformat(title.removeprefix(_DAILY)).isoformat()
    return ""


def streak(days: Iterable[str], today: date) -> int:
    """How many days in a row up to today, or to yesterday, are among the days (ISO 8601).

    >>> streak(["2026-01-01", "2026-01-02"], date(2026, 1, 3)), streak([], date(2026, 1, 3))
    (2, 0)
    """
    solved, day = set(days), today
    if day.isoformat() not in solved:
        day -= timedelta(1)
    count = 0
    while day.isoformat() in solved:
        day, count = day - timedelta(1), count + 1
    return count


def longest(days: Iterable[str]) -> int:
    """The most days in a row that are among the days (ISO 8601).

    >>> longest(["2026-01-01", "2026-01-02", "2026-01-04"])
    2
    """
    return max((streak(days, date.fromisoformat(day)) for day in days), default=0)


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
    'grid 2 of 200 at most; 1 of the model was valid, 1 found by search instead'
    """
    valid, invalid = drawn.count(True), drawn.count(False)
    asked = f"; {valid} of the model {'was' if valid == 1 else 'were'} valid, "
    asked += f"{invalid} found by search instead"
    return f"grid {len(drawn)} of {tries} at most{asked if valid + invalid else ''}"


def origin(made: GeneratedPuzzle) -> str:
    """Where the grid of a puzzle came from, in a sentence; empty where no model was asked."""
    if made.drawn[-1] is None:
        return ""
    valid, asked = made.drawn.count(True), len(made.drawn)
    share = f"{valid} of {asked} grid{'s' * (asked > 1)} that it drew for it held all rules"
    whose = "the model" if made.drawn[-1] else "search, in place of the model"
    return f"The grid is by {whose}; {share}."
