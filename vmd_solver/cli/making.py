"""One run of `vmd-make`: puzzles made, in worker processes if wanted, written whole, counted.

It must not know how a puzzle is made, nor how a format is written.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial

import numpy as np

from vmd_solver.batch.pool import Task, WorkerPool
from vmd_solver.batch.processes import ProcessBackend
from vmd_solver.cli.output import Output
from vmd_solver.console.exits import ExitCode
from vmd_solver.console.narrator import Narrator
from vmd_solver.denoiser import load
from vmd_solver.drawing.pages import html, pdf, svg_sheet
from vmd_solver.errors import PuzzleError
from vmd_solver.formats import FORMATS, write, write_all
from vmd_solver.generation import Draw, GeneratedPuzzle, ModelGrids, PuzzleSpec, exact_grid, make

PAGES = ("html", "svg", "pdf")
"""Forms for paper: one document, written at the end."""


@dataclass(frozen=True)
class MakeRequest:
    """What is to be made, and where it goes."""

    spec: PuzzleSpec
    count: int = 1
    mode: str = "exact"
    model: str | None = None
    latents: int = 1
    nfe: int = 10
    format: str = "line"
    output: str | None = None
    per_page: int = 4
    solutions: bool = False
    jobs: int = 1
    stats: bool = False
    quiet: bool = False


@dataclass
class _Tally:
    """What came of it so far; `drawn` says of the grids of what was made who drew them."""

    made: int = 0
    failed: int = 0
    tries: int = 0
    drawn: list[bool | None] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def lines(self) -> Iterator[str]:
        seconds = time.monotonic() - self.started
        tries = f"{self.tries:,} grid{'s' * (self.tries != 1)}"
        yield f"{self.made:,} made of {tries} in {seconds:.1f} s"
        asked, valid = len([one for one in self.drawn if one is not None]), self.drawn.count(True)
        if asked:
            yield (
                f"the model drew {valid:,} of {asked:,} valid ({valid / asked:.2f}), "
                f"the exact fallback {asked - valid:,} ({1 - valid / asked:.2f})"
            )


def run(request: MakeRequest) -> int:
    """Make the puzzles. The exit code; raises VmdError, OSError and KeyboardInterrupt."""
    _require_format(request)
    _drawer(request)  # a model that cannot be used is reported before anything is written
    live = sys.stderr is not None and sys.stderr.isatty()
    narrator, tally = Narrator(request.quiet, live), _Tally()
    with Output(request.output) as output, _made(request) as found:
        try:
            _write(_counted(request, found, tally, narrator), request, output)
        finally:
            narrator.clear()
            if request.stats:
                for line in tally.lines():
                    narrator.error(line)
    return ExitCode.UNSOLVED if tally.failed else ExitCode.SOLVED


def _require_format(request: MakeRequest) -> None:
    """Raise PuzzleError, before anything is made, if the format cannot hold the puzzles."""
    if request.format in PAGES:
        request.spec.board(np.random.default_rng(0))
        return
    if request.format not in [known.name for known in FORMATS]:
        known = ", ".join([*(known.name for known in FORMATS), *PAGES])
        raise PuzzleError(f"unknown format {request.format!r}: expected one of {known}")
    write(request.spec.board(np.random.default_rng(0)).empty(), request.format)


@cache
def _drawer(request: MakeRequest) -> Draw:
    """Where grids come from. Raises as `load` does."""
    if request.mode == "exact":
        return exact_grid
    # One thread, so that sums are rounded alike whatever the machine has.
    return ModelGrids(load(request.model, "cpu", 1), request.latents, request.nfe)


def _make_number(request: MakeRequest) -> Callable[[int], GeneratedPuzzle | None]:
    """What makes the puzzle of a number, None where none was found."""
    draw = _drawer(request)
    return lambda number: make(request.spec, number, draw)


@contextmanager
def _made(request: MakeRequest) -> Iterator[Iterable[GeneratedPuzzle | None]]:
    """The puzzles in order, None where one was not found."""
    jobs = min(request.jobs, request.count)
    if jobs == 1:
        yield map(_make_number(request), range(request.count))
        return
    with WorkerPool(ProcessBackend(partial(_make_number, request)), jobs) as pool:
        yield pool.map(Task(n, f"puzzle {n + 1:,}") for n in range(request.count))


def _counted(
    request: MakeRequest, found: Iterable[GeneratedPuzzle | None], tally: _Tally, narrator: Narrator
) -> Iterator[GeneratedPuzzle]:
    """The puzzles that were found; the others are reported."""
    narrator.progress(f"0 of {request.count:,} made")
    for number, made in enumerate(found, 1):
        if made is None:
            tally.failed += 1
            tally.tries += request.spec.tries
            narrator.error(
                f"vmd-make: number {number} not found in {request.spec.tries:,} tries: "
                "allow more --tries, or ask for less"
            )
            continue
        tally.made += 1
        tally.tries += made.tries
        tally.drawn += made.drawn
        narrator.progress(f"{tally.made:,} of {request.count:,} made, {tally.tries:,} tries")
        yield made


def _write(found: Iterator[GeneratedPuzzle], request: MakeRequest, output: Output) -> None:
    """Puzzles as they come; a document for paper at the end, interrupted or not."""
    if request.format not in PAGES:
        for text in write_all((made.puzzle for made in found), request.format):
            output.write(text.encode())
        return
    kept: list[GeneratedPuzzle] = []
    try:
        kept.extend(found)
    finally:
        items = [(made.puzzle, made.solution) for made in kept]
        if request.format == "html":
            output.write(html(items, request.per_page, request.solutions).encode())
        elif request.format == "pdf":
            output.write(pdf(items, request.per_page, request.solutions))
        else:
            output.write(svg_sheet(items, solutions=request.solutions).encode())
