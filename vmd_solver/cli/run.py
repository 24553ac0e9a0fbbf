"""Carries a request out: reads, solves, writes, and counts what came of it.

Knows how the parts are joined, and none of what they do.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path

import click

from vmd_solver.cli.exits import code_of
from vmd_solver.cli.narrator import Narrator
from vmd_solver.cli.outcomes import Outcome, outcomes
from vmd_solver.cli.output import Output
from vmd_solver.cli.render import pretty_form, statement
from vmd_solver.cli.request import Request
from vmd_solver.cli.rows import Form, form_of
from vmd_solver.cli.sources import entries
from vmd_solver.cli.tally import Tally
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.formats import Entry
from vmd_solver.sampling import Solver
from vmd_solver.sampling.events import Event, Observer, to_row

_SUFFIXES = {".jsonl": "jsonl", ".csv": "csv"}


def run(request: Request) -> int:
    """The exit code, once every puzzle is dealt with.

    Raises what stops a run: VmdError, OSError, KeyboardInterrupt.
    """
    found = entries(request.files, request.input_format, request.family)
    _require_apart(request)
    _require_telling(request)
    with ExitStack() as files:
        output = files.enter_context(Output(request.output))
        trace = files.enter_context(Output(request.trace)) if request.trace else None
        form, found = _form(request, output, found)
        narrator = Narrator(request.quiet, live=_shows_progress(output))
        engine = _Engine(request, trace)
        tally = Tally()
        try:
            for outcome in outcomes(found, engine.solver):
                tally.add(outcome)
                _tell(outcome, form, output, narrator, request)
                engine.tell_device(narrator)
                narrator.progress(tally.line())
        finally:
            narrator.clear()
            for line in tally.summary() if request.stats else ():
                narrator.error(line)
    return code_of(tally.statuses)


def _tell(
    outcome: Outcome, form: Form, output: Output, narrator: Narrator, request: Request
) -> None:
    """Write the record of an outcome, and narrate what it does not hold."""
    narrator.clear()
    record = form.record(outcome, request)
    if record:
        lead = form.between if output.started else form.head
        output.write((lead + record).encode(form.encoding, "replace"))
    if outcome.error is not None:
        column = f":{outcome.column}" if outcome.column else ""
        narrator.error(f"{outcome.place}{column}: {outcome.error}")
    elif form.silent and outcome.solution and outcome.status != "solved":
        narrator.note(f"{outcome.place}: {statement(outcome.solution, request)}")


def _form(request: Request, output: Output, found: Iterator[Entry]) -> tuple[Form, Iterator[Entry]]:
    """The output format, and the entries, of which it may have had to see two."""
    plain = "pretty" if output.is_terminal or request.explain else "line"
    name = _named_form(request) or plain
    if name != "pretty":
        return form_of(name, request), found
    first = list(islice(found, 2))
    form = pretty_form(output.encoding, _in_color(request, output), titled=len(first) > 1)
    return form, chain(first, found)


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


class _Engine:
    """The solver, with its model, opened when the first puzzle comes."""

    def __init__(self, request: Request, trace: Output | None) -> None:
        self._request = request
        self._trace = trace
        self._denoiser: Denoiser | None = None
        self._told = False

    def solver(self, before: int) -> Solver:
        """A solver of further puzzles, of which the trace counts `before` as done."""
        request = self._request
        if self._denoiser is None and request.settings.mode != "exact":
            self._denoiser = load(request.model, request.device, request.threads)
        return Solver(request.settings, self._denoiser, self._observer(before))

    def _observer(self, before: int) -> Observer | None:
        trace = self._trace
        if trace is None:
            return None

        def observe(event: Event) -> None:
            row = to_row(event)
            row["puzzle"] += before
            trace.write((json.dumps(row) + "\n").encode())

        return observe

    def tell_device(self, narrator: Narrator) -> None:
        """Say once where the model runs if not where it was hoped to."""
        note = getattr(self._denoiser, "device_note", None)
        if note and not self._told:
            self._told = True
            narrator.note(f"vmd-solve: {note}")
