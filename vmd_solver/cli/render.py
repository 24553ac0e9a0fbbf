"""Outcomes for people: the grid as it is drawn on paper, and one line on how it went.

Colour says nothing that the text does not. Knows no stream and no option.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vmd_solver.batch.outcome import Outcome, number_of, statement
from vmd_solver.batch.records import OutputFormat, OutputStyle, listed
from vmd_solver.batch.request import Request
from vmd_solver.csp import Puzzle
from vmd_solver.drawing import text as drawing
from vmd_solver.drawing.geometry import LIGHT, extra_signs
from vmd_solver.drawing.text import ASCII_SHADE, GIVEN_SIGN, SHADE
from vmd_solver.errors import printable
from vmd_solver.sampling import Solution

_WIDTH = 80
"""Columns of a usual terminal."""

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
_STYLES = {"border": DIM, "sign": DIM, "open": DIM, "given": BOLD, "value": CYAN, "": ""}
_HUES = {"solved": GREEN, "unsatisfiable": RED, "unsolved": YELLOW, "timeout": YELLOW}


@dataclass(frozen=True)
class Style:
    """What the terminal can do: `color`, and box drawing (`unicode`)."""

    color: bool = False
    unicode: bool = True

    def paint(self, text: str, code: str) -> str:
        """The text with an SGR code, where there is colour and something to see."""
        return f"\x1b[{code}m{text}\x1b[m" if self.color and text.strip() else text


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
        "".join([*LIGHT.values(), SHADE]).encode(encoding)
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
    lines = drawing.picture(puzzle, values, _WIDTH, ascii_only=not style.unicode)
    return "\n".join(
        "".join(style.paint(text, _STYLES[role]) for text, role in line) for line in lines
    )


def legend(puzzle: Puzzle, style: Style) -> str:
    """What the signs in the picture mean."""
    shade = SHADE if style.unicode else ASCII_SHADE
    signs = set(extra_signs(puzzle.board, shade).values())
    words = [f"{GIVEN_SIGN} given"] if any(puzzle.givens) else ["no givens"]
    if signs & set("\\/X"):
        words.append("\\ / diagonals")
    if shade in signs:
        words.append(f"{shade} windows")
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
