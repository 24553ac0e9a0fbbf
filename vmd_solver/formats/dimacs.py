"""Graphs to be coloured, in the DIMACS format (.col): a vertex is a cell, an edge a unit of two.

The format does not say how many colours there are: a comment `c colors K` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vmd_solver.csp import families
from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import MAX_CELLS, require_same
from vmd_solver.formats.entry import Context, Entry, Format, Found, Lines, Match, require_short
from vmd_solver.formats.symbols import shown

_COLORS = re.compile(r"c\s+colors\s+(\d{1,9})\s*")
_HEADER = re.compile(r"p\s+(?:edges?|col)\s+(\d{1,9})\s+(\d{1,9})\s*")
_EDGE = re.compile(r"e\s+(\d{1,9})\s+(\d{1,9})\s*")


def _parse(lines: list[tuple[int, str]], family: str) -> Found:
    colors, vertices, edges = 0, 0, dict[tuple[int, int], None]()
    for number, text in lines:
        require_short(text)
        if match := _COLORS.fullmatch(text):
            colors = int(match[1])
        elif match := _HEADER.fullmatch(text):
            vertices = int(match[1])
        elif match := _EDGE.fullmatch(text):
            one, other = sorted((int(match[1]), int(match[2])))
            if not 1 <= one < other <= vertices:
                message = f"{shown(text)}: expected two vertices from 1 to {vertices} that differ"
                raise PuzzleSyntaxError(message, line=number)
            edges[one - 1, other - 1] = None
        elif not re.match(r"c(\s|$)", text):
            message = (
                f"{shown(text)}: expected 'p edge VERTICES EDGES', 'e VERTEX VERTEX' or 'c ...'"
            )
            raise PuzzleSyntaxError(message, line=number)
    if not 1 <= vertices <= MAX_CELLS:
        raise PuzzleSyntaxError(f"p edge: expected 1 to {MAX_CELLS} vertices, got {vertices}")
    if not 1 <= colors <= MAX_VALUES:
        raise PuzzleSyntaxError(
            f"expected 1 to {MAX_VALUES} colours, got {colors}: add a line such as 'c colors 4'"
            if colors
            else "the number of colours is not stated: add a line such as 'c colors 4'"
        )
    return Found(families.grid(1, vertices, colors, list(edges)).empty())


def _recognise(lines: Iterable[str]) -> Match | None:
    """Whether the first line that is no comment begins a graph; comments alone are of none else."""
    text = ""
    for text in lines:
        if not re.match(r"c(\s|$)", text):
            break
    found = re.match(r"p\s+(edges?|col)\s|c(\s|$)", text)
    return Match(1.0, "a graph: p edge, below comments") if found else None


def _read(lines: Lines, context: Context) -> Iterator[Entry]:
    rows = [(number, text.strip()) for number, text in lines if text.strip()]
    text = "\n".join(text for _, text in rows)
    yield context.entry(rows[0][0], text, _parse, rows)


def _write(puzzle: Puzzle) -> str:
    units = puzzle.board.units
    edges = [f"e {min(unit) + 1} {max(unit) + 1}" for unit in units if unit]
    head = [f"c colors {puzzle.board.D}", f"p edge {puzzle.board.n} {len(edges)}"]
    lines = [*head, *edges]
    found = families.grid(1, puzzle.board.n, puzzle.board.D, [u for u in units if len(u) == 2])
    require_same(puzzle, found.empty(), "dimacs")
    return "\n".join((*lines, ""))


FORMAT = Format(
    name="dimacs",
    summary="a graph to be coloured",
    recognise=_recognise,
    read=_read,
    write=_write,
    families=("grid",),
    bare=False,
)
