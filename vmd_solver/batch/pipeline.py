"""From parts of the input to reports, in order: what one process does with its share.

Piece -> columns -> Bulk -> records of many rows                    what is settled as arrays
                         -> Solver -> Outcome -> record             puzzles that are not, as
Entry, and other lines   -> Solver -> Outcome -> record             they were propagated
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import chain
from typing import NamedTuple

import numpy as np

from vmd_solver.batch.outcome import Message, Outcome, Report, Tally, joined, require_verified
from vmd_solver.batch.parts import Part
from vmd_solver.batch.pool import processors
from vmd_solver.batch.records import OutputFormat
from vmd_solver.csp.verify import verify
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.formats import Entry, Piece, Remark
from vmd_solver.formats.columns import Columns, columns
from vmd_solver.sampling import Solver
from vmd_solver.sampling.bulk import Settled, bulk_of
from vmd_solver.sampling.job import Event, Propagated
from vmd_solver.sampling.neural import unheard
from vmd_solver.sampling.solver import Numbered

MOST_WAITING = 10_000
"""Entries read ahead of the next solution, so that endless bad lines cannot fill the memory."""

Trace = Callable[[bytes], None]
"""Takes the events of the search, a line of JSON each."""


class Unsolved(NamedTuple):
    """A readable entry, its number in the input, and what is known of its candidates."""

    number: int
    entry: Entry
    propagated: Propagated | None = None


class Pipeline:
    """Solves for one request, and writes records in one format.

    The model is opened when the first puzzle comes; what it raises is what `load` raises.
    """

    def __init__(self, form: OutputFormat, trace: Trace | None = None) -> None:
        self._form, self._request, self._trace = form, form.request, trace
        # Traces and explanations are about single puzzles, which the bulk stage has not.
        as_arrays = trace is None and not self._request.explain and form.takes_arrays
        threads = self._request.threads or processors()
        self._bulk = bulk_of(self._request.settings, threads) if as_arrays else None
        self._denoiser: Denoiser | None = None
        self._device_noted = False

    @cached_property
    def _solver(self) -> Solver:
        request, trace = self._request, self._trace
        if request.settings.mode != "exact":
            self._denoiser = load(request.model, request.device, request.threads)
        if trace is None:
            return Solver(request.settings, self._denoiser)

        def observe(event: Event) -> None:
            trace((json.dumps(event) + "\n").encode())

        return Solver(request.settings, self._denoiser, observe)

    def __call__(self, parts: Iterable[Part]) -> Report:
        """One report on everything."""
        return joined(self.reports(parts), self._form.between.encode())

    def reports(self, parts: Iterable[Part]) -> Iterator[Report]:
        """A report on each puzzle, or on a run of them, as soon as those before it are out.

        One of them has a note where the model does not run where it was hoped to.
        """
        items = self._items(parts)
        for item in items:
            ready = [item] if isinstance(item, Report) else self._solve(chain([item], items))
            for report in ready:
                note = getattr(self._denoiser, "device_note", None)
                if note and not self._device_noted:
                    self._device_noted = True
                    messages = (*report.messages, Message(f"vmd-solve: {note}"))
                    yield replace(report, messages=messages)
                else:
                    yield report

    def _items(self, parts: Iterable[Part]) -> Iterator[Unsolved | Report]:
        for number, part in parts:
            if isinstance(part, Remark):
                place = f"{part.source}:{part.line}"
                yield Report(messages=(Message(f"{place}: {part.message}"),))
            elif isinstance(part, Entry):
                yield self._item(number, part)
            elif self._bulk is None or (found := columns(part)) is None:
                for at, entry in enumerate(part.entries(range(len(part)))):
                    yield self._item(number + at, entry)
            else:
                _ = self._solver  # a model that cannot be used is reported before any record
                numbers = number + found.places
                settled = self._bulk.settle(found.layout.board, found.givens, numbers)
                yield from self._of_columns(number, part, found, settled)

    def _item(self, number: int, entry: Entry) -> Unsolved | Report:
        return self._report(Outcome(entry)) if entry.puzzle is None else Unsolved(number, entry)

    def _of_columns(
        self, number: int, piece: Piece, found: Columns, settled: Settled
    ) -> Iterator[Unsolved | Report]:
        """Reports on runs of settled lines, and the other lines between them, in order."""
        records, ends = b"", [0]
        if len(settled.rows):
            records, ends = self._form.record_many(found, settled)
        lines = found.places[settled.rows]
        others = np.setdiff1d(np.arange(len(piece)), lines, assume_unique=True)
        rows = np.full(len(piece), -1)
        rows[found.places] = np.arange(len(found.places))
        unread = piece.entries(others[rows[others] < 0].tolist())
        start = 0
        befores = np.searchsorted(lines, others).tolist()
        for line, end in zip([*others.tolist(), None], [*befores, len(lines)], strict=True):
            if end > start:
                guesses = settled.guesses[start:end]
                searched = int((guesses > 0).sum())
                by = Counter(propagation=end - start - searched, search=searched)
                tally = Tally(Counter(solved=end - start), by, guesses=int(guesses.sum()))
                tally.seconds.add(settled.seconds, end - start)
                yield Report(records[ends[start] : ends[end]], tally)
                start = end
            if line is not None and (row := int(rows[line])) < 0:
                yield self._item(number + line, next(unread))
            elif line is not None:
                entry = found.entry(piece, row)
                yield Unsolved(number + line, entry, settled.propagated[row])

    def _solve(self, items: Iterator[Unsolved | Report]) -> Iterator[Report]:
        """Reports in the order of the items, until they end or too much waits for a solution."""
        waiting: deque[Unsolved | Report] = deque()
        ahead = 0

        def puzzles() -> Iterator[Numbered]:
            nonlocal ahead
            for item in items:
                waiting.append(item)
                ahead += item.tally.done if isinstance(item, Report) else 1
                if isinstance(item, Unsolved) and item.entry.puzzle is not None:
                    yield item.number, item.entry.puzzle, item.propagated
                if ahead >= MOST_WAITING:
                    return

        for solution in self._solver.numbered(puzzles()):
            while isinstance(item := waiting.popleft(), Report):
                ahead -= item.tally.done
                yield item
            ahead -= 1
            yield self._report(Outcome(item.entry, require_verified(solution)))
        for item in waiting:
            assert isinstance(item, Report)
            yield item

    def _report(self, outcome: Outcome) -> Report:
        """The record of one outcome, and a message on what the record does not say."""
        form, entry = self._form, outcome.entry
        notes = [*entry.notes]
        if entry.puzzle and entry.solution:
            wrong = verify(entry.puzzle, entry.solution).problems[:1]
            notes += [f"the solution that the text states is wrong: {problem}" for problem in wrong]
        messages = [Message(f"{outcome.place}: {note}") for note in notes]
        deaf = self._denoiser is not None and not self._denoiser.ruled
        if deaf and self._request.settings.mode == "neural" and entry.puzzle is not None:
            names = ", ".join(unheard(entry.puzzle.board))
            note = f"the model knows nothing of {names}; its grids are checked all the same"
            messages += [Message(f"{outcome.place}: {note}")] if names else []
        record = form.record(outcome).encode(form.encoding, "replace")
        if outcome.error is not None:
            column = f":{entry.error.column}" if entry.error and entry.error.column else ""
            messages.append(Message(f"{outcome.place}{column}: {outcome.error}", is_error=True))
        elif not form.states_reason and outcome.status != "solved":
            messages.append(Message(f"{outcome.place}: {outcome.statement(self._request)}"))
        tally = Tally()
        tally.add(outcome)
        return Report(record, tally, tuple(messages))
