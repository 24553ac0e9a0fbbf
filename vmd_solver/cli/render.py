"""Outcomes for people: the grid as it is drawn on paper, and one line on how it went.

Colour says nothing that the text does not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from textwrap import wrap

from vmd_solver.batch.outcome import Outcome, number_of
from vmd_solver.batch.records import OutputFormat, listed
from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import without_rules
from vmd_solver.drawing import marks
from vmd_solver.drawing import text as drawing
from vmd_solver.drawing.geometry import LIGHT, extra_signs
from vmd_solver.drawing.signs import as_ascii, in_words
from vmd_solver.drawing.text import ASCII_SHADE, GIVEN_SIGN, SHADE
from vmd_solver.errors import printable
from vmd_solver.sampling import Solution

_WIDTH = 80
"""Columns of a usual terminal."""

BOLD, DIM, RED, GREEN, YELLOW, CYAN = "1", "2", "31", "32", "33", "36"
_STYLES = {
    "border": DIM,
    "sign": DIM,
    "mark": "",
    "open": DIM,
    "given": BOLD,
    "value": CYAN,
    "": "",
}
_HUES = {"solved": GREEN, "unsatisfiable": RED, "unsolved": YELLOW, "timeout": YELLOW}


@dataclass(frozen=True)
class Pretty(OutputFormat):
    """The format for people; without box drawing where `encoding` has none.

    `titled` says that there are several puzzles, so that each needs its place above it.
    """

    color: bool = False
    titled: bool = False
    between = "\n"
    takes_arrays = False

    def record(self, outcome: Outcome) -> str:
        """The record of one outcome; empty where there is no puzzle to show."""
        solution = outcome.solution
        if solution is None or outcome.error is not None:
            return ""
        return "\n".join(self._lines(outcome, solution)) + "\n"

    def _lines(self, outcome: Outcome, solution: Solution) -> Iterator[str]:
        puzzle = solution.puzzle
        title = "  ".join(filter(None, [outcome.place if self.titled else "", puzzle.name]))
        if title:
            title = printable(title)
            yield self._paint(title if len(title) < _WIDTH else f"{title[: _WIDTH - 4]}...", DIM)
        grids = listed(solution) if self.request.asked == "all" else ()
        for values in grids or (solution.values or puzzle.givens,):
            for line in drawing.picture(puzzle, values, _WIDTH, ascii_only=not self._unicode):
                yield "".join(self._paint(text, _STYLES[role]) for text, role in line).rstrip()
        for words in self._legend(puzzle):
            yield self._paint(words, DIM)
        facts = [number_of(solution.guesses, "guess", "guesses"), f"{solution.seconds:.3f} s"]
        if solution.mode != "exact":
            loops, latents = solution.loops, solution.latents
            calls = [f"{solution.nfe} NFE", number_of(loops, "loop"), number_of(latents, "latent")]
            facts = [*calls, f"{solution.remasked} remasked", *facts]
        ending, costs = outcome.statement(self.request), ", ".join(facts)
        apart = ": " if len(ending) + len(costs) + 2 < _WIDTH else "\n"
        yield self._paint(ending, _HUES[solution.status]) + apart + costs
        if self.request.explain:
            from vmd_solver.batch import explain

            yield from explain.paragraphs(solution, _WIDTH)

    @cached_property
    def _unicode(self) -> bool:
        """Whether the stream can take box drawing."""
        try:
            "".join([*LIGHT.values(), SHADE]).encode(self.encoding)
        except (UnicodeError, LookupError):
            return False
        return True

    def _paint(self, text: str, code: str) -> str:
        """The text with an SGR code, where there is colour and something to see."""
        return f"\x1b[{code}m{text}\x1b[m" if self.color and text.strip() else text

    def _legend(self, puzzle: Puzzle) -> Iterator[str]:
        """What the signs in the picture mean, and where the rules are that it cannot show."""
        shade = SHADE if self._unicode else ASCII_SHADE
        signs = set(extra_signs(puzzle.board, shade).values())
        given = any(at not in puzzle.board.holes for at, value in enumerate(puzzle.givens) if value)
        words = [f"{GIVEN_SIGN} given" if given else "no givens"]
        if signs & set("\\/X"):
            words.append("\\ / diagonals")
        if shade in signs:
            words.append(f"{shade} windows")
        own = without_rules(puzzle.board).units
        if puzzle.board.family == "grid" and (own or not puzzle.board.rules):
            words.append(f"{len(own)} units, not drawn")
        listed = in_words(puzzle.board)
        named = {text.partition(":")[0] for text in listed}
        known = marks.legend(puzzle.board)
        words += [f"{sign} {name}".strip() for sign, name in known if sign or name not in named]
        yield from map(self._plain, _flowed(words))
        for text in listed:
            yield from map(self._plain, wrap(text, _WIDTH - 1, subsequent_indent="  "))

    def _plain(self, text: str) -> str:
        """The text in characters that the stream can take."""
        return text if self._unicode else as_ascii(text)


def _flowed(words: list[str]) -> Iterator[str]:
    """The words in lines, with space between them, and none broken."""
    line = words[0]
    for word in words[1:]:
        if len(line) + 3 + len(word) < _WIDTH:
            line += f"   {word}"
        else:
            yield line
            line = word
    yield line
