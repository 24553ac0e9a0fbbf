"""Texts with one puzzle a line as pieces that can be read apart, in any order, by any process.

Knows nothing of what is done with the puzzles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from vmd_solver.formats.entry import Context, Entry, Format
from vmd_solver.formats.registry import format_named
from vmd_solver.formats.source import Block, lines_of


@dataclass(frozen=True)
class Piece:
    """Lines that hold one entry each; `numbers` are theirs in the file, `header` is its first.

    `format` is its name. As large as what is read at a time, with no object but a string for each
    line.
    """

    format: str
    context: Context
    header: str | None
    numbers: Sequence[int]
    lines: Sequence[str]

    def __len__(self) -> int:
        return len(self.lines)

    def cut(self, at: int) -> tuple[Piece, Piece]:
        """The first `at` entries, and the others."""
        first = replace(self, numbers=self.numbers[:at], lines=self.lines[:at])
        return first, replace(self, numbers=self.numbers[at:], lines=self.lines[at:])

    def entries(self, places: Iterable[int]) -> Iterator[Entry]:
        """The entries at these places among the lines, in the order of the places."""
        chosen = ((self.numbers[place], self.lines[place]) for place in places)
        head = () if self.header is None else ((1, self.header),)
        return format_named(self.format).read(chain(head, chosen), self.context)


def in_pieces(blocks: Iterable[Block], format: Format, context: Context) -> Iterator[Piece]:
    """The lines of a text in a format that is `per_line`; blank ones are left out."""
    header: str | None = None
    for block in blocks:
        numbers, lines = _significant(block)
        if format.headed and header is None and lines:
            header, numbers, lines = lines[0], numbers[1:], lines[1:]
        if lines:
            yield Piece(format.name, context, header, numbers, lines)


def _significant(block: Block) -> tuple[Sequence[int], Sequence[str]]:
    """Numbers and lines of a block without comments and blank lines."""
    kept = [(number, text) for number, text in lines_of(block) if text.strip()]
    numbers, lines = [number for number, _ in kept], [text for _, text in kept]
    return numbers, lines
