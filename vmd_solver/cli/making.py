"""One run of `vmd-make`: puzzles made, in worker processes if wanted, written whole, counted."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain

from vmd_solver.batch.outcome import number_of
from vmd_solver.batch.pool import Process, Task, WorkerPool
from vmd_solver.cli.output import Output
from vmd_solver.console import ExitCode, Narrator, stop_repeating
from vmd_solver.denoiser import load
from vmd_solver.drawing.pages import html, pdf, svg_sheet
from vmd_solver.errors import PuzzleError
from vmd_solver.formats import registry, write, write_all
from vmd_solver.generation import (
    Draw,
    GeneratedPuzzle,
    ModelGrids,
    PuzzleSpec,
    exact_grid,
    make_many,
)

PAGES = ("html", "svg", "pdf")
NAMES = (*registry.NAMES, *PAGES)
"""Forms for paper: one document, written at the end."""

TASK = 50
"""Puzzles that a worker makes at a time, at most."""


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
    drawn: bool = False
    """Whether nobody named the seed, so that it is said."""
    stats: bool = False
    quiet: bool = False


def run(request: MakeRequest) -> int:
    """Make the puzzles. The exit code; raises VmdError, OSError and KeyboardInterrupt."""
    _require_format(request)
    maker = _maker(request)  # a model that cannot be used is reported before anything is written
    narrator, tally, started = Narrator(request.quiet), Counter[str](), time.monotonic()
    with ExitStack() as stack:
        output = stack.enter_context(Output(request.output))
        output.begin()
        if request.drawn:
            narrator.note(f"vmd-make: --seed {request.spec.seed}")
        found = maker(range(request.count))
        if (jobs := min(request.jobs, request.count)) > 1:
            spawn = partial(Process, partial(_worker, request))
            pool = stack.enter_context(WorkerPool(spawn, jobs))
            size = min(TASK, -(-request.count // jobs))
            parts = (range(request.count)[at : at + size] for at in range(0, request.count, size))
            found = chain.from_iterable(pool.map(map(_task, parts)))
        try:
            _write(_counted(found, request, tally, narrator), request, output)
        finally:
            narrator.clear()
            for line in _summary(tally, time.monotonic() - started) if request.stats else ():
                narrator.error(line)
    return ExitCode.UNSOLVED if tally["failed"] else ExitCode.SOLVED


def _require_format(request: MakeRequest) -> None:
    """Raise PuzzleError, before anything is made, if the format cannot hold the puzzles."""
    if request.format not in NAMES:
        raise PuzzleError(f"unknown format {request.format!r}: expected one of {', '.join(NAMES)}")
    if request.format not in PAGES:
        write(request.spec.example(), request.format)


def _task(numbers: range) -> Task:
    return Task(numbers, f"puzzles {numbers[0] + 1:,} to {numbers[-1] + 1:,}")


def _worker(request: MakeRequest) -> Callable[[range], list[GeneratedPuzzle | None]]:
    maker = _maker(request)
    return lambda numbers: list(maker(numbers))


def _maker(request: MakeRequest) -> Callable[[range], Iterator[GeneratedPuzzle | None]]:
    """What makes the puzzles of numbers, None where none was found. Raises as `load` does."""
    draw: Draw = exact_grid
    if request.mode != "exact":
        # One thread, so that sums are rounded alike whatever the machine has.
        draw = ModelGrids(load(request.model, "cpu", 1), request.latents, request.nfe)
    return lambda numbers: make_many(request.spec, numbers, draw)


def _counted(
    puzzles: Iterable[GeneratedPuzzle | None],
    request: MakeRequest,
    tally: Counter[str],
    narrator: Narrator,
) -> Iterator[GeneratedPuzzle]:
    """The puzzles that were found; the others are reported."""
    most = request.spec.tries
    narrator.progress(f"0 of {request.count:,} made")
    for number, made in enumerate(puzzles, 1):
        if made is None:
            tally.update(failed=1, tries=most)
            narrator.error(
                f"vmd-make: puzzle {number:,}: none like it found in "
                f"{number_of(most, 'try', 'tries')}: allow more --tries, or ask for less"
            )
            continue
        drawn, replaced = made.drawn.count(True), made.drawn.count(False)
        tally.update(made=1, tries=made.tries, drawn=drawn, replaced=replaced)
        narrator.progress(f"{tally['made']:,} of {request.count:,} made, {tally['tries']:,} tries")
        yield made


def _summary(tally: Counter[str], seconds: float) -> Iterator[str]:
    """The lines of --stats."""
    yield f"{tally['made']:,} made of {number_of(tally['tries'], 'grid')} in {seconds:.1f} s"
    valid, replaced = tally["drawn"], tally["replaced"]
    if asked := valid + replaced:
        yield (
            f"the model drew {valid:,} of {asked:,} valid ({valid / asked:.2f}), "
            f"the exact fallback {replaced:,} ({1 - valid / asked:.2f})"
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
        stop_repeating()  # what was made until an interrupt is written
        items = [(made.puzzle, made.solution) for made in kept]
        if request.format == "html":
            output.write(html(items, request.per_page, request.solutions).encode())
        elif request.format == "pdf":
            output.write(pdf(items, request.per_page, request.solutions))
        else:
            output.write(svg_sheet(items, solutions=request.solutions).encode())
