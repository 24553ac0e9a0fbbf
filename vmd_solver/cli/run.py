"""One run of `vmd-solve`: checks the request, writes what the batch reports, and counts it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, nullcontext
from itertools import chain
from pathlib import Path

import click

from vmd_solver.assets import shipped
from vmd_solver.batch.outcome import Report, Tally
from vmd_solver.batch.parts import Part, bytes_of, entries_in, parts
from vmd_solver.batch.records import FORMATS, OutputFormat
from vmd_solver.batch.request import Request
from vmd_solver.batch.resume import RESUMABLE, Done, Note, done_in
from vmd_solver.batch.run import solve_parts
from vmd_solver.cli.output import Output
from vmd_solver.console import Narrator, code_of
from vmd_solver.files import identity
from vmd_solver.formats import Piece

_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv", ".html": "html"}


def run(request: Request) -> int:
    """The exit code, once every puzzle is done.

    Raises what stops a run: VmdError, OSError, KeyboardInterrupt.
    """
    name = request.format or _SUFFIXES.get(Path(request.output or "").suffix.lower())
    _require_sound(request, name)
    progress = Progress(bytes_of(request.files))
    found = parts(request.files, request.input_format, request.family)
    note = _note(request, name)
    with ExitStack() as files:
        output = files.enter_context(Output(request.output))
        trace = None if request.trace is None else files.enter_context(Output(request.trace))
        note = note if output.is_file else None
        done = Done()
        if request.resume and note is not None and note.path.exists():
            done = done_in(str(request.output), FORMATS[note.format](request))
        # What files hold is given up last: only once all else is known to be writable.
        with nullcontext() if note is None else note.placed():
            output.begin(done.size)
            if trace is not None:
                trace.begin()
        form, found = _form(request, name, output, progress.watch(found))
        # Nothing else may move on a screen that shows progress.
        narrator = Narrator(request.quiet, live=not (output.is_terminal or output.is_pipe))
        tally = Tally()
        try:
            write = None if trace is None else trace.write
            with closing(solve_parts(done.rest(found), form, write)) as reports:
                for report in reports:
                    tally.merge(report.tally)
                    _write(report, form, output, narrator)
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


def _require_sound(request: Request, name: str | None) -> None:
    """Raise UsageError for options that exclude one another, and for a file that is used twice."""
    if request.trace and (request.resume or request.ray or (request.jobs or 1) > 1):
        raise click.UsageError(
            "--trace excludes --resume, --jobs and --ray: a trace is of one process, from the start"
        )
    if request.trace == "-":
        raise click.UsageError("--trace needs a file: standard output is for solutions")
    names = [0 if file == "-" else shipped(file) for file in request.files]
    used = {identity(file) for file in names} - {None}
    output = None if request.output == "-" else request.output
    for file in (output or 1, request.trace):
        same = None if file is None else identity(file)
        if same in used:
            where = "standard output" if file == 1 else file
            raise click.UsageError(f"{where} would overwrite a file that is in use: choose another")
        used |= {same} - {None}
    if request.explain and name not in (None, "pretty", "jsonl", "html"):
        raise click.UsageError(f"--explain goes with --format pretty, jsonl or html, not {name}")


def _note(request: Request, name: str | None) -> Note | None:
    """The note of this run, where its rows allow for one.

    Raises UsageError if there is none to continue, ResumeError if it had another request, or where
    another file has its name.
    """
    if request.output in (None, "-") or name not in RESUMABLE:
        if request.resume:
            raise click.UsageError("--resume needs --output FILE, in format jsonl or csv")
        return None
    path, note = Path(str(request.output)), Note(request, name)
    if request.resume and note.before is not None:
        note.require_same()
    elif request.resume and path.exists() and path.stat().st_size:
        raise click.UsageError(
            f"{path} is not the output of a run that was stopped (there is no {note.path}): "
            "nothing to resume"
        )
    return note


def _form(
    request: Request, name: str | None, output: Output, found: Iterator[Part]
) -> tuple[OutputFormat, Iterator[Part]]:
    """The output format, and the parts, of which it may have had to see two entries."""
    if name is None and not (output.is_terminal or request.explain):
        name = "line"
    if name in FORMATS:
        return FORMATS[name](request), found
    if name == "html":
        from vmd_solver.batch.page import Page

        return Page(request), found
    from vmd_solver.cli.render import Pretty

    seen: list[Part] = []
    count = 0
    while count < 2 and (part := next(found, None)) is not None:
        seen.append(part)
        count += entries_in(part[1])
    color = request.color == "always"
    if request.color == "auto":  # https://no-color.org
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        color = output.is_terminal and not plain
    return Pretty(request, output.encoding, color, titled=count > 1), chain(seen, found)


def _write(report: Report, form: OutputFormat, output: Output, narrator: Narrator) -> None:
    """Write the records of a report to the output, and its messages to standard error."""
    if report.data:
        lead = form.between if output.started else form.head
        output.write(lead.encode(form.encoding) + report.data)
    for message in report.messages:
        (narrator.error if message.is_error else narrator.note)(message.text)


class Progress:
    """How far a run got; `size` are the bytes of the whole input, or None where not known."""

    def __init__(self, size: int | None) -> None:
        self._size = size
        self._bytes = self._entries = 0
        self._start = time.perf_counter()

    def watch(self, parts: Iterable[Part]) -> Iterator[Part]:
        """The parts, counted as they pass."""
        for part in parts:
            body = part[1]
            self._bytes += len(body.text) + (not isinstance(body, Piece))
            self._entries += entries_in(body)
            yield part

    def rate(self, tally: Tally) -> float:
        """Puzzles a second of this run."""
        return tally.done / max(time.perf_counter() - self._start, 1e-9)

    def line(self, before: int, tally: Tally) -> str:
        """Counts, rate and the time left, where `before` puzzles were done already.

        Those to come are expected to be as long as those that came.
        """
        done, solved, rate = before + tally.done, tally.statuses["solved"], self.rate(tally)
        text = f"{done:,} done, {solved:,} solved, {rate:,.0f} a second"
        if self._size is None or not self._bytes or not rate:
            return text
        left = max(0.0, self._entries * max(1.0, self._size / self._bytes) - done)
        return f"{text}, {duration(left / rate)} left"


def duration(seconds: float) -> str:
    """A duration in its two largest units.

    >>> duration(7.2), duration(83), duration(7384)
    ('7 s', '1 min 23 s', '2 h 3 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
