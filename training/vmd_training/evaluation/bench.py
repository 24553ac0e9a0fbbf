"""What every section measures on: its sizes, its puzzle sets, its models, one way to run.

A section is data: a question, the tasks that answer it, and how their rows are shown. A task is the
smallest part that is measured, kept, and never measured twice: a set, a model and a case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import is_zipfile

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import VmdError
from vmd_solver.sampling import Settings, Solution, Solver
from vmd_training.evaluation import sets
from vmd_training.evaluation.models import LOOPS, Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.intervals import share
from vmd_training.plots import Figures
from vmd_training.tables import Cell, Row, Table, by_set, listed, measured, pivot, share_cell

NINE = sudoku(3, 3)

MINIMAL, HARDEST = "minimal", "hardest"
"""Two sets made here: fresh minimal 9x9 puzzles, and the hardest tenth of ten times as many."""

STOPS = 0.4
"""Share of its budget of calls that a puzzle takes on average where a valid grid ends it: a guess,
for the time left."""

ROWS = {"cpu": 64, "gpu": 1024}
"""Rows of one call."""


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    count: int = 100  # puzzles of a set
    calls: tuple[int, ...] = (1, 5, 10, 20, 50)  # NFE of solve rates
    budget: int = 10  # NFE where only one number of calls is looked at
    sampled: tuple[int, ...] = (1, 2, 4, 8, 16)  # NFE of grids from an empty board
    empties: int = 200  # grids from each empty board
    latents: tuple[int, ...] = (1, 4, 16, 64)  # K
    loops: tuple[int, ...] = (16, 32, 64, 128, 256)  # with nothing committed

    @property
    def few(self) -> int:
        """Puzzles where each is sampled many times."""
        return max(1, self.count // 4)

    @property
    def some(self) -> int:
        """Puzzles of a set where there are many sets."""
        return max(1, self.count // 2)


QUICK = Scale(12, (1, 5, 10), 10, (1, 4), 24, (1, 4, 16), (16, 64, 256))


@dataclass(frozen=True)
class Source:
    """Where a set of so many puzzles on one board comes from."""

    name: str
    count: int
    make: Callable[[], PuzzleSet]
    board: Board = NINE

    @cached_property
    def made(self) -> PuzzleSet:
        """The set, made when it is first needed."""
        return self.make()

    def first(self, count: int) -> Source:
        """So many of its puzzles."""
        return Source(self.name, count, lambda: self.made.first(count), self.board)


class Case(NamedTuple):
    """A way to solve the puzzles of a set: what it is called, its calls a puzzle, its rows."""

    key: tuple[str, ...]
    calls: float
    run: Callable[[Bench, Model, PuzzleSet], list[Row]]


class Task(NamedTuple):
    """One measurement: its name within a section, its cost in rows of 9x9, its rows to keep."""

    key: str
    cost: float
    run: Callable[[], list[Row]]


@dataclass(frozen=True)
class Section:
    """One question of the report: the text above its tables, and both of at least one row.

    Figures come by file name, `colours` are those of the models.
    """

    name: str
    title: str
    question: str
    tasks: Callable[[Bench], Iterator[Task]]
    tables: Callable[[list[Row]], list[Table]]
    figures: Callable[[list[Row], Mapping[str, str]], Figures] = lambda rows, colours: {}


@dataclass
class Bench:
    """What is evaluated, on what. Raises VmdError for a name of a set that means nothing."""

    models: list[Model]
    scale: Scale = field(default_factory=Scale)
    seed: int = 0
    data: Path | None = None
    names: tuple[str, ...] = ()  # the chosen sets, by name or path; empty means all there are
    rows: int = ROWS["cpu"]

    def __post_init__(self) -> None:
        count, seed = self.scale.count, self.seed
        makers: dict[str, Callable[[], PuzzleSet]] = {
            MINIMAL: partial(sets.minimal, MINIMAL, NINE, count, seed),
            HARDEST: partial(sets.hardest, HARDEST, count, seed),
        }
        for path in self.files("sudoku/*.txt"):
            makers[path.stem] = partial(sets.read, path, count)
        for name in self.names:
            if name in makers:
                continue
            path, known = Path(name), ", ".join(makers)
            if not path.is_file():
                raise VmdError(f"no set or file {name}; there are {known}, and files by path")
            mined, read = partial(sets.mined, path, count, seed), partial(sets.read, path, count)
            makers[name] = mined if is_zipfile(path) else read
        # The sets of solve rates, the two of finer questions, and the files of other families.
        self.sets = [Source(name, count, makers[name]) for name in self.names or makers]
        self.core = self.among(MINIMAL, HARDEST)
        self.variants = self.files("variants/*.jsonl")
        self.ruled = self.files("rules/*")

    @cached_property
    def further(self) -> list[Source]:
        """Some puzzles of the core sets, some with several solutions, and the empty board."""
        some = self.scale.some
        several, empty = "several solutions", "empty"
        return [
            *(one.first(some) for one in self.core),
            Source(several, some, partial(sets.several, several, NINE, some, self.seed)),
            Source(empty, some, partial(PuzzleSet, empty, (NINE.empty(),) * some)),
        ]

    def files(self, pattern: str) -> list[Path]:
        """The files of `data`, sorted."""
        found = self.data.glob(pattern) if self.data else ()
        return sorted(path for path in found if path.is_file())

    def among(self, *names: str) -> list[Source]:
        """Those of the sets that are there, or else the first two."""
        return [one for name in names for one in self.sets if one.name == name] or self.sets[:2]

    def tasks(
        self,
        sources: Iterable[Source],
        cases: Callable[[Model], Iterable[Case]],
        models: Sequence[Model] | None = None,
    ) -> Iterator[Task]:
        """One for each set, model that can read its board, and case of the model.

        The models are those compared, if no others are given.
        """
        compared = self.models if models is None else models
        for source in sources:
            board = source.board
            for model in (model for model in compared if model.reads(board)):
                for case in cases(model):
                    key = ", ".join((source.name, model.name, *case.key))
                    cost = source.count * case.calls * board.n * board.D / 729
                    yield Task(key, cost, partial(self._run, source, model, case))

    def _run(self, source: Source, model: Model, case: Case) -> list[Row]:
        return case.run(self, model, source.made)

    def solve(self, model: Model, of: PuzzleSet, settings: Settings) -> list[Solution]:
        """The engine's outcomes, in order."""
        settings = replace(settings, seed=self.seed, batch=self.rows)
        return list(Solver(settings, model.denoiser).stream(of.puzzles))

    def row(self, model: Model, of: PuzzleSet, settings: Settings) -> Row:
        """The share of a set that the engine solves with these settings, and what it took."""
        return {**self.facts(model, of, settings), **outcome(self.solve(model, of, settings))}

    def facts(self, model: Model, of: PuzzleSet, settings: Settings) -> Row:
        """What a row says of how it was measured: on what, and every setting that matters."""
        kept = asdict(settings)
        for unimportant in ("max_guesses", "timeout_s", "batch", "solutions"):
            del kept[unimportant]
        return {
            "set": of.name,
            "digest": of.digest,
            "model": model.name,
            **kept,
            "loops": settings.loops or model.denoiser.loops,
            "seed": self.seed,
        }


def each(key: tuple[str, ...], *settings: Settings, **facts: str) -> Case:
    """The case of one row for each of these settings; `facts` are what it says besides."""
    calls = sum(
        one.nfe * one.latents * (one.loops or LOOPS) / LOOPS
        * (STOPS if one.select == "valid" else 1)
        for one in settings
    )  # fmt: skip
    return Case(
        key,
        calls,
        lambda bench, model, of: [{**bench.row(model, of, one), **facts} for one in settings],
    )


def outcome(solutions: Sequence[Solution]) -> Row:
    """Share solved, and means over all puzzles, solved or not."""
    assert all(solution.verified for solution in solutions if solution.status == "solved")
    return {
        **share(sum(s.status == "solved" for s in solutions), len(solutions)),
        "nfe_mean": round(float(np.mean([s.nfe for s in solutions])), 3),
        "guesses_mean": round(float(np.mean([s.guesses for s in solutions])), 3),
    }


def across(
    caption: str,
    index: dict[str, str],
    column: str,
    note: str,
    cell: Cell = share_cell,
    label: Callable[[Any], str] = str,
    besides: str = "",
) -> Callable[[list[Row]], list[Table]]:
    """The tables of a section as a `pivot`, one for each set where the caption names the {set}.

    The note says what the keys in `note` are, then `besides`.
    """

    def tables(rows: list[Row]) -> list[Table]:
        parts = by_set(rows) if "{set}" in caption else {"": rows}
        return [
            pivot(
                caption.format(set=name), mine, index, column, cell, label,
                measured(mine, *note.split()) + besides,
            )
            for name, mine in parts.items()
        ]  # fmt: skip

    return tables


def lines(caption: str, columns: dict[str, Cell], note: str) -> Callable[[list[Row]], list[Table]]:
    """The tables of a section of a line a row; the note says what the keys in `note` are."""
    return lambda rows: [listed(caption, rows, columns, measured(rows, *note.split()))]
