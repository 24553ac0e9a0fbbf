"""SadMan's and SudoCue's `.sdk`: a section `[Puzzle]` of nine rows; other sections are left out.

Without the section's title it is a plain grid. Lines with `#` (author, date and so on) are remarks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.formats import grid
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.entry import Context, Entry, Format, Lines
from vmd_solver.formats.plain import require_classic


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each puzzle of the sections `[Puzzle]`."""
    return grid.read(_puzzle_lines(lines), context)


def _puzzle_lines(lines: Lines) -> Lines:
    """The lines of the puzzle sections, a blank one between two of them."""
    wanted = True
    for number, text in lines:
        title = text.strip().lower()
        if title.startswith("["):
            wanted = title == "[puzzle]"
            yield number, ""
        elif wanted:
            yield number, text


def write(puzzle: Puzzle) -> str:
    """The puzzle under its title. Raises PuzzleError unless it is 9x9 with digits."""
    require_classic(puzzle, "sdk")
    return "[Puzzle]\n" + "\n".join(grid.rows_of(puzzle)) + "\n"


def recognise(lines: Iterable[str]) -> bool:
    """Whether the first line is a section's title."""
    return next(iter(lines), "").strip().lower() in ("[puzzle]", "[state]")


FORMAT = Format(
    name="sdk",
    summary="SadMan Sudoku and SudoCue (.sdk): [Puzzle] and nine rows",
    families=BARE,
    bare=True,
    recognise=recognise,
    read=read,
    write=write,
)
