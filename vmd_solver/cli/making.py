"""One run of `vmd-make`: puzzles made, in worker processes if wanted, written whole, counted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import numpy as np

from vmd_solver.batch.outcome import number_of
from vmd_solver.batch.pool import Process, Task, WorkerPool
from vmd_solver.cli.output import Output
from vmd_solver.console import ExitCode, Narrator
from vmd_solver.denoiser import load
from vmd_solver.drawing.pages import html, svg_sheet
from vmd_solver.drawing.pdf import pdf
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


def run(request: MakeRequest) -> int:
    """Make the puzzles. The exit code; raises VmdError, OSError and KeyboardInterrupt."""
    _require_format(request)
    maker = _maker(request)  # a model that cannot be used is reported before anything is written
    live = sys.stderr is not None and sys.stderr.isatty()
    narrator = Narrator(request.quiet, live)
    counted = _Counted(request, narrator)
    with ExitStack() as stack:
        output = stack.enter_context(Output(request.output))
        found: Iterable[GeneratedPuzzle | None] = map(maker, range(request.count))
        if (jobs := min(request.jobs, request.count)) > 1:
            spawn = partial(Process, partial(_maker, request))
            pool = stack.enter_context(WorkerPool(spawn, jobs))
            found = pool.map(Task(n, f"puzzle {n + 1:,}") for n in range(request.count))
        try:
            _write(counted.found(found), request, output)
        finally:
            narrator.clear()
            for line in counted.lines() if request.stats else ():
                narrator.error(line)
    return ExitCode.UNSOLVED if counted.failed else ExitCode.SOLVED


def _require_format(request: MakeRequest) -> None:
    """Raise PuzzleError, before anything is made, if the format cannot hold the puzzles."""
    names = [*(known.name for known in FORMATS), *PAGES]
    if request.format not in names:
        raise PuzzleError(f"unknown format {request.format!r}: expected one of {', '.join(names)}")
    board = request.spec.board(np.random.default_rng(0))
    if request.format not in PAGES:
        write(board.empty(), request.format)


def _maker(request: MakeRequest) -> Callable[[int], GeneratedPuzzle | None]:
    """What makes the puzzle of a number, None where none was found. Raises as `load` does."""
    draw: Draw = exact_grid
    if request.mode != "exact":
        # One thread, so that sums are rounded alike whatever the machine has.
        draw = ModelGrids(load(request.model, "cpu", 1), request.latents, request.nfe)
    return lambda number: make(request.spec, number, draw)


class _Counted:
    """What came of the puzzles so far; `_drawn` says of their grids who drew them."""

    def __init__(self, request: MakeRequest, narrator: Narrator) -> None:
        self._request, self._narrator = request, narrator
        self.failed = self._made = self._tries = 0
        self._drawn: list[bool | None] = []
        self._started = time.monotonic()

    def found(self, puzzles: Iterable[GeneratedPuzzle | None]) -> Iterator[GeneratedPuzzle]:
        """The puzzles that were found; the others are reported."""
        count, most = self._request.count, self._request.spec.tries
        self._narrator.progress(f"0 of {count:,} made")
        for number, made in enumerate(puzzles, 1):
            if made is None:
                self.failed += 1
                self._tries += most
                self._narrator.error(
                    f"vmd-make: number {number} not found in {most:,} tries: "
                    "allow more --tries, or ask for less"
                )
                continue
            self._made += 1
            self._tries += made.tries
            self._drawn += made.drawn
            self._narrator.progress(f"{self._made:,} of {count:,} made, {self._tries:,} tries")
            yield made

    def lines(self) -> Iterator[str]:
        """The lines of --stats."""
        seconds = time.monotonic() - self._started
        yield f"{self._made:,} made of {number_of(self._tries, 'grid')} in {seconds:.1f} s"
        valid = self._drawn.count(True)
        if asked := valid + self._drawn.count(False):
            yield (
                f"the model drew {valid:,} of {asked:,} valid ({valid / asked:.2f}), "
                f"the exact fallback {asked - valid:,} ({1 - valid / asked:.2f})"
            )


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
