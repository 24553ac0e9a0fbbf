"""SudoCue's `.sdm`: 81 digits a line, 0 where open; read as `line`, being no other text."""

from __future__ import annotations

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.formats.boards import BARE
from vmd_solver.formats.entry import Format
from vmd_solver.formats.line import read
from vmd_solver.formats.plain import line_of, require_classic


def write(puzzle: Puzzle) -> str:
    """The puzzle as 81 digits. Raises PuzzleError unless it is 9x9 with digits."""
    require_classic(puzzle, "sdm")
    return line_of(puzzle).replace(".", "0") + "\n"


FORMAT = Format(
    name="sdm",
    summary="SudoCue collection (.sdm): 81 digits a line",
    families=BARE,
    bare=True,
    recognise=lambda lines: False,
    read=read,
    write=write,
    per_line=True,
)
