"""Outcomes as one page of HTML that needs nothing else: pictures of puzzle and solution, and of the
steps where these are explained. Loaded only where it is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from vmd_solver.batch import explain
from vmd_solver.batch.outcome import Outcome
from vmd_solver.batch.records import OutputFormat, listed
from vmd_solver.drawing.diagrams import DARK, Diagram, svg
from vmd_solver.drawing.elements import BLACK, WHITE
from vmd_solver.errors import printable
from vmd_solver.techniques import BY_NAME, LEVELS, State, Step, apply

_STYLE = """
@page { size: A4; margin: 14mm; }
body { margin: 0 auto; padding: 1rem; max-width: 64rem; font: 1rem/1.5 system-ui, sans-serif; }
body { color: #000000; background: #ffffff; }
h2 { margin: 2rem 0 0; } h3 { margin: 0 0 .5rem; display: inline-block; }
p { margin: 0 0 .5rem; } figure { margin: 0; }
.board, .step { display: flex; flex-wrap: wrap; gap: 1rem 2rem; align-items: flex-start; }
.board { margin: 1rem 0; } .step { padding: 1.25rem 0; border-top: 1px solid #8885; }
.step > div { flex: 1 1 18rem; } .follows { font-weight: 600; }
ol { margin: 0; padding-left: 2.5rem; } li { margin-bottom: .4rem; }
svg { display: block; max-width: 100%; height: auto; }
@media screen { article + article { border-top: 2px solid #8888; } }
@media print { article + article { break-before: page; } .step, li { break-inside: avoid; }
.step { padding: 4mm 0; } body { padding: 0; font-size: 10pt; } figure { zoom: .7; } }
"""
"""Black on white on paper, and on a screen that is not asked to be dark."""

_KEY = (
    "In the pictures the shaded cells are where to look. Candidates of the pattern are marked, each"
    " group of them in a shape and colour of its own; a solid line is a strong link (one of the two"
    " is true), a dashed one a weak link (not both are). What follows is struck through or framed."
)


class Page(OutputFormat):
    """A page that is whole after each record: what would close it may be left out of HTML."""

    between = "\n"
    takes_arrays = False

    @property
    def head(self) -> str:
        title = "Puzzles solved step by step" if self.request.explain else "Solved puzzles"
        return (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{_STYLE}{_dark()}</style>\n<h1>{title}</h1>\n"
            + f"<p>{_KEY}</p>\n"
            * self.request.explain
        )

    def record(self, outcome: Outcome) -> str:
        body = "\n".join(self._body(outcome))
        return f"<article>\n{body}\n</article>\n"

    def _body(self, outcome: Outcome) -> Iterator[str]:
        entry, solution = outcome.entry, outcome.solution
        name = entry.puzzle.name if entry.puzzle else ""
        place = Path(outcome.place).name  # a page is for others, the path is not
        yield f"<h2>{_text('  '.join(filter(None, [place, name])))}</h2>"
        if solution is None or outcome.error is not None:
            yield _paragraph(f"{outcome.status}: {outcome.error}")
            return
        yield _paragraph(outcome.statement(self.request))
        path = explain.path_of(solution) if self.request.explain else None
        if path is not None:
            yield _paragraph(explain.summary(path))
        # The first picture holds what those after it refer to.
        board = f"b{blake2b(f'{outcome.place} {entry.text}'.encode(), digest_size=6).hexdigest()}"
        shown = listed(solution)[: None if self.request.asked == "all" else 1]
        drawn = [_picture("puzzle", board, solution.puzzle, solution.puzzle.givens, first=True)]
        drawn += [_picture("solution", board, solution.puzzle, values) for values in shown]
        yield f'<div class="board">{"".join(drawn)}</div>'
        if path is None:
            return
        state = State.of(solution.puzzle, unique=path.state.unique)
        yield from _sections(state, path.steps, board)
        if not path.solved:
            yield _section(_paragraph(explain.ending(path, solution)), "the end", board, path.state)


def _dark() -> str:
    """The rules that give a dark page to a screen that asks for one."""
    ink = {"#000": DARK[BLACK], "#fff": DARK[WHITE], **DARK}
    rules = [f"body {{ color: {DARK[BLACK]}; background: {DARK[WHITE]}; }}"]
    rules += [f"svg {{ fill: {DARK[BLACK]}; }}"]
    for part in ("fill", "stroke"):
        rules += [f'[{part}="{light}"] {{ {part}: {dark}; }}' for light, dark in ink.items()]
    return f"@media screen and (prefers-color-scheme: dark) {{\n{' '.join(rules)} }}\n"


def _sections(state: State, steps: Iterable[Step], board: str) -> Iterator[str]:
    """Each step beside its picture; easy ones in a row share one."""
    number = 1
    for easy, found in groupby(steps, lambda step: BY_NAME[step.technique].level == LEVELS[0]):
        alike = list(found)
        for together in [alike] if easy else [[step] for step in alike]:
            words = _one(number, *together) if len(together) == 1 else _several(number, together)
            yield _section(words, f"step {number}", board, state, *together)
            for step in together:
                state, number = apply(state, step), number + 1


def _one(number: int, step: Step) -> str:
    """A step in its three stages."""
    stages = [("where", step.where), ("why", step.why), ("follows", step.follows)]
    texts = [f'<p class="{name}">{_text(stage)}</p>' for name, stage in stages]
    return "\n".join([f"<h3>{number}. {_text(step.title)}</h3>", *texts])


def _several(number: int, steps: Sequence[Step]) -> str:
    """Steps in a row as a list."""
    counts = Counter(step.title for step in steps)
    names = ", ".join(f"{_text(name)} ({count})" for name, count in counts.items())
    head = f"<summary><h3>{number} to {number + len(steps) - 1}. {names}</h3></summary>"
    items = (f"<li><b>{_text(step.technique)}:</b> {_text(step.text)}</li>" for step in steps)
    return "\n".join(
        ["<details open>", head, f'<ol start="{number}">', *items, "</ol>", "</details>"]
    )


def _section(words: str, name: str, board: str, state: State, *steps: Step) -> str:
    """Words beside the picture of a state and of what steps from there on come to."""
    shown: dict[str, Any] = {
        "struck": [mark for step in steps for mark in step.eliminations],
        "placed": [mark for step in steps for mark in step.placements],
    }
    if len(steps) == 1:
        step = steps[0]
        shown |= {"area": step.area(state.puzzle.board), "groups": step.groups}
        shown |= {"links": step.links}
    drawn = _picture(name, board, state.puzzle, state.values, state.candidates, **shown)
    return f'<section class="step">\n<div>{words}</div>\n{drawn}\n</section>'


def _picture(name: str, board: str, *shown: Any, first: bool = False, **more: Any) -> str:
    return f"<figure>{svg(Diagram(*shown, **more), name, board, first)}</figure>"


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>"


def _text(text: str) -> str:
    return escape(printable(text))
