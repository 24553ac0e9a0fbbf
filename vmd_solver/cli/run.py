"""One run of `vmd-solve`: checks the request, writes what the batch reports, and counts it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path

import click

from vmd_solver.batch.parts import Part, bytes_of, entries_in, numbered, parts
from vmd_solver.batch.records import OutputFormat, OutputStyle
from vmd_solver.batch.report import Report, Tally
from vmd_solver.batch.request import Request
from vmd_solver.batch.resume import FORMATS, Done, Note, done_in
from vmd_solver.batch.run import solve_parts
from vmd_solver.cli.output import Output
from vmd_solver.cli.progress import Progress
from vmd_solver.console.exits import code_of
from vmd_solver.console.narrator import Narrator

_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv"}


def run(request: Request) -> int:
    """The exit code, once every puzzle is done.

    Raises what stops a run: VmdError, OSError, KeyboardInterrupt.
    """
    if request.trace and (request.resume or request.ray or (request.jobs or 1) > 1):
        raise click.UsageError(
            "--trace excludes --resume, --jobs and --ray: a trace is of one process, from the start"
        )
    progress = Progress(bytes_of(request.files))
    found = numbered(progress.watch(parts(request.files, request.input_format, request.family)))
    _require_separate_files(request)
    _require_room_for_steps(request)
    note, done = _begun(request)
    with ExitStack() as files:
        output = files.enter_context(Output(request.output, done.size))
        trace = files.enter_context(Output(request.trace)) if request.trace else None
        if note is not None and output.is_file:
            note.write()
        style, found = _style(request, output, found)
        narrator = Narrator(request.quiet, live=_shows_progress(output))
        tally, output_format = Tally(), style.format(request)
        try:
            write = None if trace is None else trace.write
            with closing(solve_parts(done.rest(found), request, style, write)) as reports:
                for report in reports:
                    tally.merge(report.tally)
                    _write(report, output_format, output, narrator)
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


def _write(report: Report, output_format: OutputFormat, output: Output, narrator: Narrator) -> None:
    """Write the records of a report to the output, and its messages to standard error."""
    if report.data:
        lead = output_format.between if output.started else output_format.head
        output.write(lead.encode(output_format.encoding) + report.data)
    for message in report.messages:
        (narrator.error if message.is_error else narrator.note)(message.text)


def _begun(request: Request) -> tuple[Note | None, Done]:
    """The note of this run, where its rows allow for one, and what an earlier run has done.

    Raises UsageError if there is none to continue, ResumeError if it had another request.
    """
    name = _format_name(request, on_terminal=False)
    if request.output in (None, "-") or name not in FORMATS:
        if request.resume:
            raise click.UsageError("--resume needs --output FILE, in format jsonl or csv")
        return None, Done()
    path = Path(str(request.output))
    note = Note(request, name)
    if not request.resume:
        return note, Done()
    if note.exists():
        note.require_same()
        head = OutputStyle(name).format(request).head.encode()
        return note, done_in(str(path), name, head) if path.exists() else Done()
    if path.exists() and path.stat().st_size:
        raise click.UsageError(
            f"{path} is not the output of a run that was stopped (there is no {note.path}): "
            "nothing to resume"
        )
    return note, Done()


def _format_name(request: Request, on_terminal: bool) -> str:
    plain = "pretty" if on_terminal or request.explain else "line"
    return _requested_format(request) or plain


def _style(
    request: Request, output: Output, found: Iterator[Part]
) -> tuple[OutputStyle, Iterator[Part]]:
    """The output style, and the parts, of which it may have had to see two entries."""
    name = _format_name(request, output.is_terminal)
    if name != "pretty":
        return OutputStyle(name), found
    from vmd_solver.cli.render import PrettyStyle

    seen: list[Part] = []
    count = 0
    for part in found:
        seen.append(part)
        count += entries_in(part[1])
        if count > 1:
            break
    color = _in_color(request, output)
    style = PrettyStyle(encoding=output.encoding, color=color, titled=count > 1)
    return style, chain(seen, found)


def _requested_format(request: Request) -> str | None:
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


def _require_room_for_steps(request: Request) -> None:
    """Raise UsageError where the output format cannot hold an explanation."""
    name = _requested_format(request)
    if request.explain and name not in (None, "pretty", "jsonl"):
        raise click.UsageError(f"--explain goes with --format pretty or jsonl, not with {name}")


def _require_separate_files(request: Request) -> None:
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
