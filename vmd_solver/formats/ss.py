"""Simple Sudoku's `.ss` and what that program copies: nine rows with bars, in a drawn frame.

Read as a grid; an `X` is an open cell, and the program's own name below the frame is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.formats import grid
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.entry import Context, Entry, Format, Lines
from vmd_solver.formats.plain import require_classic

_ROW = re.compile(r"\|?[.0-9X]{3}\|[.0-9X]{3}\|[.0-9X]{3}\|?", re.IGNORECASE)
_FRAME = "*-----------*"
_RULE = "|---+---+---|"


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each drawn puzzle."""
    return grid.read(_grid_lines(lines), context)


def _grid_lines(lines: Lines) -> Lines:
    for number, text in lines:
        if text.strip().startswith("Simple Sudoku"):
            yield number, ""
        elif _ROW.fullmatch(text.strip()):
            yield number, text.replace("X", ".").replace("x", ".")
        else:
            yield number, text


def write(puzzle: Puzzle) -> str:
    """The puzzle in its frame. Raises PuzzleError unless it is 9x9 with digits."""
    require_classic(puzzle, "ss")
    rows = ["|".join(("", row[:3], row[3:6], row[6:], "")) for row in grid.rows_of(puzzle)]
    bands = ["\n".join(rows[top : top + 3]) for top in (0, 3, 6)]
    return "\n".join((_FRAME, f"\n{_RULE}\n".join(bands), _FRAME)) + "\n"


def recognise(lines: Iterable[str]) -> bool:
    """Whether the first line is the frame or a row with two bars."""
    first = next(iter(lines), "").strip()
    return first == _FRAME or _ROW.fullmatch(first) is not None


FORMAT = Format(
    name="ss",
    summary="Simple Sudoku (.ss): nine rows with bars in a frame",
    families=BARE,
    bare=True,
    recognise=recognise,
    read=read,
    write=write,
    between="\n",
)
