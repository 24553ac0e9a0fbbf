"""One process's share of the work: from parts of the input to reports, in order.

Holds the solver and its model, which is opened when the first puzzle comes. Knows how the parts
are joined, and neither where the input comes from nor where the output goes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from vmd_solver.cli.outcomes import Asked, Outcome, Settled, outcomes
from vmd_solver.cli.output import Output
from vmd_solver.cli.render import pretty_form, statement
from vmd_solver.cli.report import Report, Saying, joined
from vmd_solver.cli.request import Request
from vmd_solver.cli.rows import Form, form_of
from vmd_solver.cli.tally import Tally
from vmd_solver.cli.template import records
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.formats import Entry, Piece
from vmd_solver.formats.columns import columns
from vmd_solver.sampling import Solver
from vmd_solver.sampling.bulk import bulk_of
from vmd_solver.sampling.events import Event, to_row

Part = tuple[int, Piece | Entry]
"""A part of the input, and the number of its first entry in the whole, from 0."""


def entries_in(part: Piece | Entry) -> int:
    """How many entries a part holds."""
    return 1 if isinstance(part, Entry) else len(part)


def cut(part: Piece | Entry, at: int) -> tuple[Piece | Entry, Piece | None]:
    """The first `at` entries of a part, and the others if there are any."""
    return (part, None) if isinstance(part, Entry) or len(part) <= at else part.cut(at)


@dataclass(frozen=True)
class Look:
    """The output form of this name; the rest matters to `pretty` only."""

    name: str
    encoding: str = "utf-8"
    color: bool = False
    titled: bool = False

    def form(self, request: Request) -> Form:
        """The form itself."""
        if self.name == "pretty":
            return pretty_form(self.encoding, self.color, self.titled)
        return form_of(self.name, request)


class Engine:
    """Solves for one request, and says it in one form."""

    def __init__(self, request: Request, look: Look, trace: Output | None = None) -> None:
        self._request, self._trace = request, trace
        self.form = look.form(request)
        # A trace and an explanation tell of every puzzle; forms for people show what no template
        # knows.
        plain = trace is None and not request.explain and look.name in ("jsonl", "csv", "line")
        self._bulk = bulk_of(request.settings) if plain else None
        self._solver: Solver | None = None
        self._denoiser: Denoiser | None = None
        self._told = False

    def reports(self, parts: Iterable[Part]) -> Iterator[Report]:
        """A report of each puzzle, or of a run of them, as soon as those before it are out."""
        for found in outcomes(self._items(parts), self._open):
            yield found if isinstance(found, Report) else self._report(found)

    def whole(self, parts: Iterable[Part]) -> Report:
        """One report of everything."""
        return joined(self.reports(parts), self.form.between.encode())

    def _items(self, parts: Iterable[Part]) -> Iterator[Asked | Settled]:
        for number, part in parts:
            if isinstance(part, Entry):
                yield Asked(number, part)
            else:
                yield from self._of_piece(number, part)

    def _of_piece(self, number: int, piece: Piece) -> Iterator[Asked | Settled]:
        """What is settled in bulk, run by run, and the entries that are not."""
        lines, guesses, seconds = np.zeros(0, np.intp), np.zeros(0, np.int64), 0.0
        texts: list[bytes] = []
        found = None if self._bulk is None else columns(piece)
        if found is not None and self._bulk is not None:
            self._open()
            settled = self._bulk.settle(found.layout.board, found.givens)
            texts = records(self.form, self._request, found.layout, found.givens, settled)
            lines, guesses, seconds = found.places[settled.rows], settled.guesses, settled.seconds
        others = np.setdiff1d(np.arange(len(piece)), lines, assume_unique=True)
        ends = [*np.searchsorted(lines, others).tolist(), len(lines)]
        entries = piece.entries(others.tolist())
        start = 0
        for end, other in zip(ends, [*others.tolist(), None], strict=True):
            if end > start:
                tally = Tally()
                tally.add_solved(end - start, int(guesses[start:end].sum()), seconds)
                yield Settled(self._heard(Report(b"".join(texts[start:end]), tally)), end - start)
                start = end
            if other is not None:
                yield Asked(number + other, next(entries))

    def _report(self, outcome: Outcome) -> Report:
        """The record of one outcome, and what is to be said because the record does not."""
        record = self.form.record(outcome, self._request).encode(self.form.encoding, "replace")
        tally = Tally()
        tally.add(outcome)
        return self._heard(Report(record, tally, tuple(self._sayings(outcome))))

    def _sayings(self, outcome: Outcome) -> Iterator[Saying]:
        if outcome.error is not None:
            column = f":{outcome.column}" if outcome.column else ""
            yield Saying(f"{outcome.place}{column}: {outcome.error}", is_error=True)
        elif self.form.silent and outcome.solution and outcome.status != "solved":
            yield Saying(f"{outcome.place}: {statement(outcome.solution, self._request)}")

    def _open(self) -> Solver:
        """The solver, with its model. Raises as `load` does."""
        request = self._request
        if self._solver is None:
            if request.settings.mode != "exact":
                self._denoiser = load(request.model, request.device, request.threads)
            observe = None if self._trace is None else self._observe
            self._solver = Solver(request.settings, self._denoiser, observe)
        return self._solver

    def _observe(self, event: Event) -> None:
        assert self._trace is not None
        self._trace.write((json.dumps(to_row(event)) + "\n").encode())

    def _heard(self, report: Report) -> Report:
        """The report, with a note of where the model runs if not where it was hoped to, once."""
        note = getattr(self._denoiser, "device_note", None)
        if not note or self._told:
            return report
        self._told = True
        return Report(report.data, report.tally, (*report.said, Saying(f"vmd-solve: {note}")))
