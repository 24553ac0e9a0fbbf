"""Outcomes for people: the grid as it is drawn on paper, and one line on how it went.

What colour tells, the text tells too. Knows no stream and no option.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmd_solver.batch.outcome import Outcome, number_of, statement
from vmd_solver.batch.records import OutputFormat, OutputStyle, listed
from vmd_solver.batch.request import Request
from vmd_solver.csp import Puzzle
from vmd_solver.csp.puzzle import extra_signs
from vmd_solver.errors import printable
from vmd_solver.sampling import Solution

_LINES = " ╵╷│╴┘┐┤╶└┌├─┴┬┼"
"""Box drawing by the arms of a crossing: 1 up, 2 down, 4 left, 8 right."""
_ASCII_LINES = " |||-+++-+++-+++"
_SHADES = "░:"
_GIVEN = "'"

_WIDTH = 80
"""Columns of a usual terminal."""

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
_HUES = {"solved": GREEN, "unsatisfiable": RED, "unsolved": YELLOW, "timeout": YELLOW}


@dataclass(frozen=True)
class Style:
    """What the terminal can do: `color`, and box drawing (`unicode`)."""

    color: bool = False
    unicode: bool = True

    def paint(self, text: str, code: str) -> str:
        """The text with an SGR code, where there is colour and something to see."""
        return f"\x1b[{code}m{text}\x1b[m" if self.color and text.strip() else text

    @property
    def lines(self) -> str:
        return _LINES if self.unicode else _ASCII_LINES

    @property
    def shade(self) -> str:
        return _SHADES[not self.unicode]


@dataclass(frozen=True)
class PrettyStyle(OutputStyle):
    """The format for people, on a stream with that encoding.

    `titled` says that there are several puzzles, so that each needs its place above it.
    """

    name: str = "pretty"
    encoding: str = "utf-8"
    color: bool = False
    titled: bool = False

    def format(self, request: Request) -> OutputFormat:
        style = style_for(self.encoding, self.color)
        return OutputFormat(
            lambda outcome, request: pretty(outcome, request, style, self.titled),
            between="\n",
            encoding=self.encoding,
        )


def style_for(encoding: str, color: bool) -> Style:
    """The style of a stream with that encoding."""
    try:
        (_LINES + _SHADES).encode(encoding)
    except (UnicodeError, LookupError):
        return Style(color, unicode=False)
    return Style(color)


def pretty(outcome: Outcome, request: Request, style: Style, titled: bool) -> str:
    """The record of one outcome; empty where there is no puzzle to show."""
    solution = outcome.solution
    if solution is None or outcome.error is not None:
        return ""
    return "\n".join(_parts(outcome, solution, request, style, titled)) + "\n"


def _parts(
    outcome: Outcome, solution: Solution, request: Request, style: Style, titled: bool
) -> Iterator[str]:
    puzzle = solution.puzzle
    title = "  ".join(filter(None, [outcome.place if titled else "", puzzle.name]))
    if title:
        yield style.paint(_cut(printable(title)), DIM)
    grids = listed(solution) if request.asked == "all" else ()
    for values in grids or (solution.values or puzzle.givens,):
        yield picture(puzzle, values, style)
    yield style.paint(legend(puzzle, style), DIM)
    yield status_line(solution, request, style)
    if request.explain:
        from vmd_solver.batch import explain

        yield from explain.paragraphs(solution, _WIDTH)


def picture(puzzle: Puzzle, values: Sequence[int], style: Style) -> str:
    """The grid with `values` (n,), 0 where open, in the outlines of its regions."""
    return "\n".join(_Drawing(puzzle, values, style).rows())


def legend(puzzle: Puzzle, style: Style) -> str:
    """What the marks in the picture mean."""
    marks = set(extra_signs(puzzle.board, style.shade).values())
    words = [f"{_GIVEN} given"] if any(puzzle.givens) else ["no givens"]
    if marks & set("\\/X"):
        words.append("\\ / diagonals")
    if style.shade in marks:
        words.append(f"{style.shade} windows")
    if puzzle.board.family == "grid":
        words.append(f"{len(puzzle.board.units)} units, not drawn")
    return "   ".join(words)


def status_line(solution: Solution, request: Request, style: Style) -> str:
    """How it ended and what it took; on a second line what does not fit on the first."""
    ending, costs = statement(solution, request), _costs(solution)
    apart = ": " if len(ending) + len(costs) + 2 < _WIDTH else "\n"
    return style.paint(ending, _HUES[solution.status]) + apart + costs


def _costs(solution: Solution) -> str:
    facts = [number_of(solution.guesses, "guess", "guesses"), f"{solution.seconds:.3f} s"]
    if solution.mode != "exact":
        facts = [
            f"{solution.nfe} NFE",
            number_of(solution.loops, "loop"),
            number_of(solution.latents, "latent"),
            f"{solution.remasked} remasked",
            *facts,
        ]
    return ", ".join(facts)


def _cut(text: str) -> str:
    """The text, in the width of a usual terminal."""
    return text if len(text) < _WIDTH else f"{text[: _WIDTH - 4]}..."


class _Drawing:
    """One picture: cells in rows, and lines wherever two regions meet."""

    def __init__(self, puzzle: Puzzle, values: Sequence[int], style: Style) -> None:
        self.puzzle, self.values, self.style = puzzle, values, style
        self.board = puzzle.board
        self.marks = extra_signs(self.board, style.shade)
        self.width = max(map(len, puzzle.alphabet))
        # Only gaps with a line somewhere take room; but jigsaw columns stand equally far apart.
        rows, cols = range(self.board.rows), range(self.board.cols)
        even = self.board.regions is not None and self.board.box is None
        self.rules = {r for r in (*rows, len(rows)) if any(self.above(r, c) for c in cols)}
        self.bars = {c for c in (*cols, len(cols)) if even or any(self.left_of(r, c) for r in rows)}
        # Where a usual terminal is too narrow, cells stand without a space before them.
        roomy = len(cols) * (self.width + 2) + len(self.bars) <= _WIDTH
        self.pad = " " if roomy or self.marks else ""

    def rows(self) -> Iterator[str]:
        for row in range(self.board.rows + 1):
            if row in self.rules:
                yield self.style.paint(self.rule(row), DIM)
            if row < self.board.rows:
                yield "".join(self.row(row))

    def above(self, row: int, col: int) -> bool:
        """Whether a line runs above the cell."""
        return self.board.region_at(row - 1, col) != self.board.region_at(row, col)

    def left_of(self, row: int, col: int) -> bool:
        """Whether a line runs left of the cell."""
        return self.board.region_at(row, col - 1) != self.board.region_at(row, col)

    def crossing(self, row: int, col: int) -> str:
        """The sign at the upper left corner of a cell, by the lines that meet there."""
        arms = (
            self.left_of(row - 1, col),
            self.left_of(row, col),
            self.above(row, col - 1),
            self.above(row, col),
        )
        return self.style.lines[sum(1 << arm for arm, drawn in enumerate(arms) if drawn)]

    def rule(self, row: int) -> str:
        """The line above a row."""
        text = ""
        for col in range(self.board.cols + 1):
            text += self.crossing(row, col) if col in self.bars else ""
            if col < self.board.cols:
                drawn = self.style.lines[12] if self.above(row, col) else " "
                text += drawn * (len(self.pad) + self.width + 1)
        return text.rstrip()

    def row(self, row: int) -> Iterator[str]:
        for col in range(self.board.cols + 1):
            if col in self.bars:
                bar = self.style.lines[3] if self.left_of(row, col) else " "
                yield self.style.paint(bar, DIM)
            if col < self.board.cols:
                yield self.cell(row * self.board.cols + col)

    def cell(self, cell: int) -> str:
        """A mark or a space, the symbol, and the mark of a given."""
        mark = self.style.paint(self.marks.get(cell, self.pad), DIM)
        value, given = self.values[cell], self.puzzle.givens[cell]
        symbol = (self.puzzle.alphabet[value - 1] if value else ".").rjust(self.width)
        if given:
            return mark + self.style.paint(symbol + _GIVEN, BOLD)
        return mark + self.style.paint(symbol, CYAN if value else DIM) + " "
