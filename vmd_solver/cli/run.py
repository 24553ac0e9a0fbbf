"""Carries a request out: reads, solves, writes, and counts what came of it.

Knows how the parts are joined, and none of what they do.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path

import click

from vmd_solver.cli.engine import Engine, Look, Part, cut, entries_in
from vmd_solver.cli.output import Output
from vmd_solver.cli.progress import Progress
from vmd_solver.cli.report import Report
from vmd_solver.cli.request import Request
from vmd_solver.cli.resume import FORMS, Done, Note, done_in
from vmd_solver.cli.rows import Form
from vmd_solver.cli.sources import bytes_of, parts
from vmd_solver.cli.tally import Tally
from vmd_solver.console.exits import code_of
from vmd_solver.console.narrator import Narrator
from vmd_solver.denoiser.onnx import CUDA, providers
from vmd_solver.formats import Entry, Piece

_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv"}

ALONE_S = 2.0
"""Work that this process does before it starts others: they take a second to be there."""

FIRST = 256
"""Entries that it takes up at a time until then."""

MOST_JOBS = 8
"""Workers unless told how many: more than one process can feed with easy puzzles."""


def run(request: Request) -> int:
    """The exit code, once every puzzle is dealt with.

    Raises what stops a run: VmdError, OSError, KeyboardInterrupt.
    """
    if request.trace and (request.resume or request.ray or (request.jobs or 1) > 1):
        raise click.UsageError(
            "--trace excludes --resume, --jobs and --ray: it is one telling of one run"
        )
    progress = Progress(bytes_of(request.files))
    found = progress.numbered(parts(request.files, request.input_format, request.family))
    _require_apart(request)
    _require_telling(request)
    note, done = _begun(request)
    with ExitStack() as files:
        output = files.enter_context(Output(request.output, done.size))
        trace = files.enter_context(Output(request.trace)) if request.trace else None
        if note is not None and output.is_file:
            note.write()
        look, found = _look(request, output, found)
        narrator = Narrator(request.quiet, live=_shows_progress(output))
        tally, form = Tally(), look.form(request)
        try:
            with closing(_reports(done.rest(found), request, look, trace)) as reports:
                for report in reports:
                    tally.merge(report.tally)
                    _tell(report, form, output, narrator)
                    narrator.progress(progress.line(done.count, tally))
            if note is not None:
                note.remove()
        finally:
            narrator.clear()
            if note is not None and not output.started:
                note.remove()
            for line in tally.summary(progress.rate(tally)) if request.stats else ():
                narrator.error(line)
    return code_of(tally.statuses + done.statuses)


def _tell(report: Report, form: Form, output: Output, narrator: Narrator) -> None:
    """Write the records of a report, and narrate what they do not hold."""
    if report.data:
        lead = form.between if output.started else form.head
        output.write(lead.encode(form.encoding) + report.data)
    for saying in report.said:
        (narrator.error if saying.is_error else narrator.note)(saying.text)


def _reports(
    found: Iterator[Part], request: Request, look: Look, trace: Output | None
) -> Generator[Report, None, None]:
    """The reports on all parts, in order, by this process and, if there is much to do, others."""
    if request.ray is not None:
        from vmd_solver.cli.cluster import joined
        from vmd_solver.cli.crew import Crew

        with (
            joined(request.ray, request, look) as cluster,
            Crew(cluster, request.jobs or cluster.jobs) as crew,
        ):
            yield from crew.reports(found)
        return
    engine = Engine(request, look, trace)
    if request.jobs == 1 or trace is not None:
        yield from engine.reports(found)
        return
    if request.jobs is None:
        found = _small(found)
        yield from engine.reports(_for_a_while(found))
    if (first := next(found, None)) is not None:
        from vmd_solver.cli.crew import Crew
        from vmd_solver.cli.processes import Processes

        jobs = request.jobs or _usual_jobs(request)
        with Crew(Processes(request, look, jobs), jobs) as crew:
            yield from crew.reports(chain([first], found))


def _small(found: Iterator[Part]) -> Iterator[Part]:
    """The parts, cut so that no one takes long."""
    for number, part in found:
        rest: Piece | Entry | None = part
        while rest is not None:
            first, rest = cut(rest, FIRST)
            yield number, first
            number += entries_in(first)


def _for_a_while(found: Iterator[Part]) -> Iterator[Part]:
    """The first of the parts, until the work on them, without the wait for them, is ALONE_S."""
    left = ALONE_S
    for part in found:
        since = time.perf_counter()
        yield part
        left -= time.perf_counter() - since
        if left < 0:
            return


def _usual_jobs(request: Request) -> int:
    """A worker for each processor; but one only where they would have to share a GPU."""
    on_gpu = request.settings.mode != "exact" and request.device != "cpu" and CUDA in providers()
    if on_gpu:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_JOBS)


def _begun(request: Request) -> tuple[Note | None, Done]:
    """The note of this run, where its rows allow for one, and what an earlier run has done.

    Raises UsageError where there is none to go on with, or it was asked for something else.
    """
    name = _form_name(request, on_terminal=False)
    if request.output in (None, "-") or name not in FORMS:
        if request.resume:
            raise click.UsageError("--resume needs --output FILE, in the form jsonl or csv")
        return None, Done()
    path = Path(str(request.output))
    note = Note(request, name)
    if not request.resume:
        return note, Done()
    if note.exists():
        note.require_same()
        head = Look(name).form(request).head.encode()
        return note, done_in(str(path), name, head) if path.exists() else Done()
    if path.exists() and path.stat().st_size:
        raise click.UsageError(
            f"{path} is not the output of a run that was stopped (there is no {note.path}): "
            "nothing to resume"
        )
    return note, Done()


def _form_name(request: Request, on_terminal: bool) -> str:
    plain = "pretty" if on_terminal or request.explain else "line"
    return _named_form(request) or plain


def _look(request: Request, output: Output, found: Iterator[Part]) -> tuple[Look, Iterator[Part]]:
    """The output form, and the parts, of which it may have had to see two entries."""
    name = _form_name(request, output.is_terminal)
    if name != "pretty":
        return Look(name), found
    seen: list[Part] = []
    for part in found:
        seen.append(part)
        if sum(entries_in(part) for _, part in seen) > 1:
            break
    several = sum(entries_in(part) for _, part in seen) > 1
    look = Look(name, output.encoding, _in_color(request, output), titled=several)
    return look, chain(seen, found)


def _named_form(request: Request) -> str | None:
    """The output format asked for, by --format or else by the name of --output."""
    suffix = Path(request.output or "").suffix.lower()
    return request.format or _SUFFIXES.get(suffix)


def _in_color(request: Request, output: Output) -> bool:
    """--color, or else what the terminal and NO_COLOR (https://no-color.org) say."""
    if request.color != "auto":
        return request.color == "always"
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return output.is_terminal and not plain


def _shows_progress(output: Output) -> bool:
    """Whether a person watches standard error, and nothing else moves on the screen."""
    watched = sys.stderr is not None and sys.stderr.isatty()
    return watched and not (output.is_terminal or output.is_pipe)


def _require_telling(request: Request) -> None:
    """Raise UsageError where steps are to be told in a form that has no room for them."""
    form = _named_form(request)
    if request.explain and form not in (None, "pretty", "jsonl"):
        raise click.UsageError(f"--explain goes with --format pretty or jsonl, not with {form}")


def _require_apart(request: Request) -> None:
    """Raise UsageError where a file that is written is also read, or written twice."""
    if request.trace == "-":
        raise click.UsageError("--trace needs a file: standard output is for solutions")
    others = [Path(name).resolve() for name in request.files]
    for name in (request.output, request.trace):
        if name in (None, "-"):
            continue
        path = Path(str(name)).resolve()
        if path in others and (path.is_file() or not path.exists()):
            raise click.UsageError(f"{name} would overwrite a file that is in use: choose another")
        others.append(path)
