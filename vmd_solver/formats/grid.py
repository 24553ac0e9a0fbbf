"""Puzzles drawn as rows, with or without lines between the boxes; a blank line between puzzles.

The text states no family. Lines that are drawn state the box shape.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from vmd_solver.csp.puzzle import MAX_VALUES, Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.boards import bare_board
from vmd_solver.formats.cells import Row, cells_of_rows, glue, is_rule, require_bare
from vmd_solver.formats.entry import Context, Entry, Format, Found, Lines, one_line, require_short
from vmd_solver.formats.symbols import alphabets, encode, infer, values_of

_TITLE = re.compile(r"\s*(?:grid|puzzle|sudoku)(?:\s.*|\d*)\s*", re.IGNORECASE)
_MOST_ROWS = 200
_NARROWEST = 4


@dataclass
class _Block:
    """The rows gathered so far for one puzzle."""

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)  # rows above each drawn line
    gaps: list[int] = field(default_factory=list)  # rows above each blank line

    def is_full(self) -> bool:
        """Whether the next row begins another puzzle."""
        count = len(self.rows)
        if self.gaps or count not in self.rows[0].counts.values():
            return False
        return set(self.widths()) == {count}

    def widths(self) -> list[int]:
        split = self.is_split()
        return [row.counts[split] for row in self.rows]

    def is_split(self) -> bool:
        return any(row.is_split for row in self.rows)

    def is_band(self) -> bool:
        """Whether a blank line here may stand between two bands of one puzzle."""
        count, width = len(self.rows), self.widths()[0]
        band = self.gaps[0] if self.gaps else count
        bands = len(self.gaps) + (count not in self.gaps)
        return band > 1 and count < width and width % band == 0 and count == band * bands

    def parts(self) -> Iterator[_Block]:
        """The block, or apart from it a whole puzzle that follows its last blank line."""
        start = self.gaps[-1] if self.gaps else 0
        if start and len(self.rows) - start == self.widths()[-1]:
            yield _Block(self.name, self.rows[:start])
            yield _Block("", self.rows[start:], [count - start for count in self.rules])
        elif self.rows:
            yield self

    def parse(self, family: str) -> Found:
        """Its puzzle."""
        for row in self.rows:
            require_short(row.text)
            row.require_cells()
        split, widths = self.is_split(), self.widths()
        order = Counter(widths).most_common(1)[0][0]
        for row, width in zip(self.rows, widths, strict=True):
            if width != order:
                raise row.ragged(width, order)
        cells = cells_of_rows(self.rows, [row.cells(split) for row in self.rows], order, order)
        box = None if family == "latin" else self._drawn_box(split, order)
        board = bare_board(family, order, box)
        alphabet = infer(cells.symbols, order)
        return Puzzle(board, cells.values(alphabet), alphabet, one_line(self.name)), None, None

    def _drawn_box(self, split: bool, order: int) -> tuple[int, int] | None:
        """Box shape (rows, cols) that the drawn lines show, or None where they show none."""
        cols = {width for row in self.rows for width in row.widths(split)}
        rules = sorted({count for count in self.rules if 0 < count < order})
        rows = {below - above for above, below in zip([0, *rules], [*rules, order], strict=True)}
        if len(cols) > 1 or len(rows) > 1:
            raise PuzzleSyntaxError(
                "the lines drawn do not make equal boxes: draw them between all boxes, or none"
            )
        # A table with lines around every cell says nothing of boxes.
        width, height = cols.pop() % order, rows.pop() % order
        width, height = (0 if width == 1 else width), (0 if height == 1 else height)
        if not width and not height:
            return None
        return height or order // width, width or order // height


def read(lines: Lines, context: Context) -> Iterator[Entry]:
    """One entry for each block of rows."""
    for block in _blocks(lines):
        text = "\n".join(row.text for row in block.rows)
        yield context.entry(block.rows[0].number, text, _Block.parse, block)


def _blocks(lines: Lines) -> Iterator[_Block]:
    block = _Block()
    for number, text in lines:
        if not text or text.isspace():
            if block.rows and block.is_band():
                block.gaps = sorted({*block.gaps, len(block.rows)})
            elif block.rows:
                yield from block.parts()
                block = _Block()
        elif _TITLE.fullmatch(text):
            yield from block.parts()
            block = _Block(name=text.strip())
        elif is_rule(text):
            block.rules.append(len(block.rows))
        else:
            if block.rows and block.is_full():
                yield block
                block = _Block()
            if len(block.rows) < _MOST_ROWS:
                block.rows.append(Row(number, text))
    yield from block.parts()


def draw(puzzle: Puzzle, values: Sequence[int] | None = None) -> str:
    """Rows with lines between the boxes, where the board has boxes of one shape."""
    board = puzzle.board
    cells = encode(puzzle, values)
    box_rows, box_cols = board.box or (board.rows, board.cols)
    space, width = glue(puzzle.alphabet), max(map(len, puzzle.alphabet))
    lines: list[str] = []
    for row in range(board.rows):
        texts = [cell.rjust(width) for cell in cells[row * board.cols :][: board.cols]]
        stacks = [space.join(texts[col : col + box_cols]) for col in range(0, board.cols, box_cols)]
        if row and row % box_rows == 0:
            lines.append("+".join("-" * len(stack) for stack in stacks))
        lines.append("|".join(stacks))
    return "\n".join(lines) + "\n"


def recognise(lines: Iterable[str]) -> bool:
    """Whether a line among the first is a row of cells, of a width that a board may have.

    Most of it is what cells are made of, so that prose is not taken for a puzzle.
    """
    known = values_of(alphabets(35)[0])
    for text in lines:
        row = Row(0, text[:5000])
        if is_rule(text) or _TITLE.fullmatch(text):
            continue
        symbols = [symbol for symbol, _ in row.cells(False)]
        if (
            _NARROWEST <= row.counts[row.is_split] <= MAX_VALUES
            and sum(symbol in known for symbol in symbols) >= 0.8 * len(symbols)
            and sum(symbol.isalpha() for symbol in symbols) <= 0.7 * len(symbols)
        ):
            return True
    return False


FORMAT = Format(
    name="grid",
    summary="rows of cells, boxes drawn or not, a blank line between puzzles",
    recognise=recognise,
    read=read,
    write=draw,
    require=partial(require_bare, boxes=True),
    between="\n",
)
