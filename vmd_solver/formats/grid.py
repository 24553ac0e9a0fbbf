"""Puzzles drawn as rows, with or without lines between the boxes; a blank line between puzzles.

The text states no family. Lines that are drawn state the box shape. Spaces may be open cells where
the columns show it, and rows may hold the candidates of cells instead of values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, groupby, pairwise

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats import line
from vmd_solver.formats.boards import bare_board
from vmd_solver.formats.cells import Cells, bare_puzzle, glue, marked, require_bare
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Found,
    Lines,
    Match,
    Remark,
    is_blank,
    one_line,
    require_short,
)
from vmd_solver.formats.rows import NARROWEST, Row, cells_of_rows, is_rule, is_stray
from vmd_solver.formats.symbols import encode

_TITLE = re.compile(r"\s*(?:grid|puzzle|sudoku)(?:\s.*|\d*)\s*", re.IGNORECASE)
_MOST_ROWS = 200
_STEPS = ((1, 0), (2, 1), (2, 0), (3, 1))
"""Columns from one cell to the next, and before the first, where spaces are open cells."""

Groups = list[list[tuple[str, int]]]
"""The cells of a row with their columns, in groups between bars."""


@dataclass
class _Block:
    """The rows gathered so far for one puzzle."""

    name: str = ""
    rows: list[Row] = field(default_factory=list)
    rules: list[tuple[int, Row]] = field(default_factory=list)  # rows above each drawn line
    gaps: list[int] = field(default_factory=list)  # rows above each blank line
    dashed: int = 0  # cells of a row where a dash is an open cell

    def add(self, row: Row) -> None:
        """Take a line: a row of cells, or a drawn one."""
        if is_rule(row.text) and not self._is_open(row):
            self.rules.append((len(self.rows), row))
            return
        self.rows.append(row)
        if not self.dashed and "-" in row.plain:
            self.dashed = row.counts[False]
            before = sorted([*self.rows, *(rule for _, rule in self.rules)], key=lambda r: r.number)
            self.rows, self.rules = [], []
            for line in before:
                self.add(line)

    def _is_open(self, row: Row) -> bool:
        """Whether a line of dashes is a row without values, as wide as others with dashes."""
        dashes = row.plain.count("-")
        return bool(self.dashed) and dashes == self.dashed and not row.plain.strip("-| ")

    def is_long(self) -> bool:
        """Whether it has more lines than any puzzle."""
        return max(len(self.rows), len(self.rules)) >= _MOST_ROWS

    def is_full(self) -> bool:
        """Whether the next row begins another puzzle."""
        count = len(self.rows)
        if count and self.rows[0].is_long:
            return True
        if self.gaps or count < NARROWEST or count not in self.rows[0].counts.values():
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
        """The block, or apart from it the whole puzzles in it.

        Those are one after its last blank line, or where it has rows of several widths, runs of as
        many rows as they have cells.
        """
        start = self.gaps[-1] if self.gaps else 0
        if start and len(self.rows) - start == self.widths()[-1]:
            yield self._part(0, start)
            yield self._part(start, len(self.rows))
        elif self.rows and self._cells() is None:
            start = end = 0
            for width, run in groupby(self.widths()):
                first, end = end, end + sum(1 for _ in run)
                # What is no whole puzzle belongs to the rows of another width.
                over = (end - first) % width if width >= NARROWEST else end - first
                if over and end == len(self.rows):
                    first += over
                elif over and first:
                    continue
                for place in range(first, end - over * (not first), max(1, width)):
                    if place > start:
                        yield self._part(start, place)
                    start = place + width
                    yield self._part(place, start)
            if end > start:
                yield self._part(start, end)
        elif self.rows:
            yield self

    def _part(self, start: int, end: int) -> _Block:
        rules = [(above - start, row) for above, row in self.rules if start <= above <= end]
        return _Block("" if start else self.name, self.rows[start:end], rules)

    def parse(self, family: str) -> Found:
        """Its puzzle."""
        for row in self.rows:
            require_short(row.text)
        if len(self.rows) == 1 and self.rows[0].is_long:
            return line.parse(self.rows[0].text, family)
        found, order = self._cells(), len(self.rows)
        if found is None:
            widths = self.widths()
            order = Counter(widths).most_common(1)[0][0]
            for row, width in zip(self.rows, widths, strict=True):
                if width != order:
                    raise row.ragged(width, order)
            found = self._drawn()  # of one width, so there are not as many rows
        flat = [[*chain.from_iterable(groups)] for groups in found]
        cells, name = cells_of_rows(self.rows, flat, order, order), one_line(self.name)
        board = bare_board(family, order, None if family == "latin" else self._drawn_box(found))
        if any(len(symbol) > 1 for symbol in cells.symbols) and not self.is_split():
            return marked(board, cells.symbols, name)
        answer, given = None, {(at, row.number) for row in self.rows for at in row.marked}
        if given:  # a grid that was solved: the other values are the solution's
            answer = cells if "." not in cells.symbols else None
            places = zip(cells.columns, cells.lines, strict=True)
            kept = [s if at in given else "." for s, at in zip(cells.symbols, places, strict=True)]
            cells = Cells(kept, cells.columns, cells.lines)
        return bare_puzzle(board, cells, name, answer)

    def _drawn(self) -> list[Groups]:
        split = self.is_split()
        return [row.grouped(split) for row in self.rows]

    def _cells(self) -> list[Groups] | None:
        """The cells of each row, as many as there are rows, by whichever way of reading that is."""
        for found in (self._drawn(), self._candidates(), self._in_columns()):
            if found and all(sum(map(len, row)) == len(self.rows) for row in found):
                return found
        return None

    def _candidates(self) -> list[Groups] | None:
        """Groups of digits in ascending order, each the candidates of a cell."""
        if len(self.rows) > 9:
            return None
        found = [row.groups for row in self.rows]
        every = [symbol for row in found for group in row for symbol, _ in group]
        if all(s.isdigit() and "".join(sorted(set(s))) == s and "0" not in s for s in every):
            return found
        return None

    def _in_columns(self) -> list[Groups] | None:
        """Cells by the columns they stand in, so that a space is an open cell."""
        lines = [row.plain.expandtabs() for row in self.rows]
        width, order = max(map(len, lines)), len(lines)
        bars = [at for at in range(width) if all(line[at : at + 1] in ("|", ":") for line in lines)]
        edges = bars if bars else [-1, width]
        spans = [(a + 1, b) for a, b in pairwise(edges) if b > a + 1]
        for step, before in _STEPS:
            places = [range(a + before, b, step) for a, b in spans]
            if not bars:  # spaces at the end may be gone
                places = [range(before, before + step * order, step)]
            cells = {at for some in places for at in some}
            digits = not any(line.strip(" 123456789") for line in lines)
            spaced = bars or (digits and any(" " in line for line in lines))
            if (
                spaced
                and sum(map(len, places)) == order
                and all(
                    symbol == " " or at in cells or at in bars
                    for line in lines
                    for at, symbol in enumerate(line)
                )
            ):
                padded = [line.ljust(width + step * order).replace(" ", ".") for line in lines]
                return [[[(line[at], at + 1) for at in some] for some in places] for line in padded]
        return None

    def _drawn_box(self, found: list[Groups]) -> tuple[int, int] | None:
        """Box shape (rows, cols) that the drawn lines show, or None where they show none."""
        order = len(self.rows)
        cols = {len(group) for groups in found for group in groups}
        rules = sorted({count for count, _ in self.rules if 0 < count < order})
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


def read(lines: Lines, context: Context) -> Iterator[Entry | Remark]:
    """One entry for each block of rows."""
    for block in _blocks(context.sifted(lines, _is_stray)):
        if isinstance(block, Remark):
            yield block
        else:
            text = "\n".join(row.text for row in block.rows)
            yield context.entry(block.rows[0].number, text, _Block.parse, block)


def is_title(text: str) -> bool:
    """Whether a line names the puzzle below it, such as `Grid 01`."""
    return _TITLE.fullmatch(text) is not None


def _is_stray(text: str, family: str) -> bool:
    return is_stray(text, family) and not is_title(text)


def _blocks(lines: Iterable[tuple[int, str] | Remark]) -> Iterator[_Block | Remark]:
    block = _Block()
    for found in lines:
        if isinstance(found, Remark):
            yield from block.parts()
            yield found
            block = _Block()
            continue
        number, text = found
        open_row = text.isspace() and block.rows and len(text) == len(block.rows[0].text)
        if is_blank(text) and not open_row:
            if block.rows and block.is_band():
                block.gaps = sorted({*block.gaps, len(block.rows)})
            elif block.rows:
                yield from block.parts()
                block = _Block()
        elif is_title(text):
            yield from block.parts()
            block = _Block(name=text.strip())
        else:
            row, drawn = Row(number, text), is_rule(text)
            ended = not drawn and (block.is_full() or (block.rows and row.is_long))
            if ended or block.is_long():
                yield from block.parts()
                block = _Block()
            block.add(row)
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


def recognise(lines: Iterable[str]) -> Match | None:
    """Surer where the first rows are as many as they have cells."""
    rows: list[Row] = []
    for text in lines:
        row = Row(0, text[:5000])
        if is_title(text) or is_rule(text) or is_stray(text):
            continue
        rows.append(row)
        order = len(rows)
        if order >= NARROWEST and all(order in one.counts.values() for one in rows):
            return Match(0.95, f"{order} rows of {order} cells")
    if not rows or len(rows[0].text) > 5000 - 1:
        return None
    return Match(0.6, "rows of cells")


FORMAT = Format(
    name="grid",
    summary="rows of cells, boxes drawn or not, a blank line between puzzles",
    recognise=recognise,
    read=read,
    write=draw,
    require=partial(require_bare, boxes=True),
    between="\n",
)
