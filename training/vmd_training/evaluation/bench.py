"""What every section measures on: its sizes, its puzzle sets, its models, one way to run.

A section is data: a question, the tasks that answer it, and how their rows are shown. A task is the
smallest part that is measured, kept, and never measured twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import product
from pathlib import Path
from zipfile import is_zipfile

import numpy as np

from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import VmdError
from vmd_solver.sampling import Settings, Solution, Solver
from vmd_training.evaluation import sets
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.intervals import share
from vmd_training.plots import Figures
from vmd_training.tables import Row, Table

NINE = sudoku(3, 3)

MINIMAL, HARDEST = "minimal", "hardest"
"""The sets made here: fresh minimal 9x9 puzzles, and the hardest tenth of ten times as many."""

SEVERAL, EMPTY = "several solutions", "empty"
"""Sets of finer questions: 9x9 puzzles with several solutions, and the board without givens."""

STOPS = 0.4
"""Share of its budget of calls that a puzzle takes on average where a valid grid ends it: a guess,
for the time left."""

ROWS = {"cpu": 64, "gpu": 1024}
"""Rows of one call."""

OMITTED = ("max_guesses", "timeout_s", "batch", "solutions")
"""Settings that change no outcome here."""


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    count: int = 100
    """Puzzles of a set."""
    calls: tuple[int, ...] = (1, 5, 10, 20, 50)
    """NFE of solve rates."""
    budget: int = 10
    """NFE where only one number of calls is looked at."""
    sampled: tuple[int, ...] = (1, 2, 4, 8, 16)
    """NFE of grids from an empty board."""
    empties: int = 200
    """Grids from each empty board."""
    latents: tuple[int, ...] = (1, 4, 16, 64)
    """K."""
    loops: tuple[int, ...] = (16, 32, 64, 128, 256)
    """Loops with nothing committed."""

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
class Task:
    """One measurement: a name within its section, its cost in rows of 9x9, and how it is done.

    `run` returns the rows that a report keeps.
    """

    key: str
    cost: float
    run: Callable[[], list[Row]]


@dataclass(frozen=True)
class Section:
    """One question of the report."""

    name: str
    title: str
    question: str
    """What is asked, and how it is measured: the text above its tables."""
    tasks: Callable[[Bench], Iterator[Task]]
    tables: Callable[[list[Row]], list[Table]]
    """Of at least one row."""
    figures: Callable[[list[Row], Mapping[str, str]], Figures] = lambda rows, colours: {}
    """Figures by file name; `colours` is the colour of each model."""


@dataclass
class Bench:
    """What is evaluated, on what."""

    models: list[Model]
    scale: Scale = field(default_factory=Scale)
    seed: int = 0
    data: Path | None = None
    names: tuple[str, ...] = ()
    """The chosen sets, by name or path; empty means all that there are."""
    rows: int = ROWS["cpu"]

    def __post_init__(self) -> None:
        self._made: dict[str, PuzzleSet] = {}
        self._makers = self._sources()

    def _sources(self) -> dict[str, Callable[[], PuzzleSet]]:
        """How each set comes about, by its name. Raises VmdError for a name that means nothing."""
        count, seed = self.scale.count, self.seed
        makers: dict[str, Callable[[], PuzzleSet]] = {
            MINIMAL: partial(sets.minimal, MINIMAL, NINE, count, seed),
            HARDEST: partial(sets.hardest, HARDEST, count, seed),
        }
        for path in self._files("sudoku", ".txt"):
            makers[path.stem] = partial(sets.read, path, count)
        for name in self.names:
            if name not in makers:
                path = Path(name)
                if not path.is_file():
                    known = ", ".join(makers)
                    raise VmdError(f"no set or file {name}; there are {known}, and files by path")
                if is_zipfile(path):
                    makers[name] = partial(sets.mined, path, count, seed)
                else:
                    makers[name] = partial(sets.read, path, count)
        return {name: makers[name] for name in self.names or makers}

    def _files(self, folder: str, suffix: str) -> list[Path]:
        if self.data is None:
            return []
        return sorted(path for path in (self.data / folder).glob(f"*{suffix}") if path.is_file())

    @property
    def set_names(self) -> list[str]:
        """The sets of solve rates."""
        return list(self._makers)

    @property
    def core_names(self) -> list[str]:
        """The two sets of finer questions: minimal and hardest ones, or the first two there are."""
        usual = [name for name in (MINIMAL, HARDEST) if name in self._makers]
        return usual or self.set_names[:2]

    @property
    def variants(self) -> list[Path]:
        """Files of other families."""
        return self._files("variants", ".jsonl")

    def set(self, name: str) -> PuzzleSet:
        """The set of that name, made when it is first needed."""
        if name in self._makers:
            return self.made(name, self._makers[name])
        if name == EMPTY:
            return PuzzleSet(name, (NINE.empty(),) * self.scale.some)
        return self.made(name, partial(sets.several, name, NINE, self.scale.some, self.seed))

    def made(self, name: str, make: Callable[[], PuzzleSet]) -> PuzzleSet:
        """A set, made once."""
        if name not in self._made:
            self._made[name] = make()
        return self._made[name]

    def readers(self, board: Board = NINE) -> list[Model]:
        """The models that can read this board."""
        return [model for model in self.models if model.reads(board)]

    def solve(self, model: Model, puzzles: Sequence[Puzzle], settings: Settings) -> list[Solution]:
        """The engine's outcomes, in order."""
        settings = replace(settings, seed=self.seed, batch=self.rows)
        return list(Solver(settings, model.denoiser).stream(puzzles))

    def row(self, model: Model, of: PuzzleSet, settings: Settings) -> Row:
        """The share of a set that the engine solves with these settings, and what it took."""
        solutions = self.solve(model, of.puzzles, settings)
        return {**self.facts(model, of, settings), **outcome(solutions)}

    def facts(self, model: Model, of: PuzzleSet, settings: Settings) -> Row:
        """What a row says of how it was measured: on what, and every setting that matters."""
        kept = {name: value for name, value in asdict(settings).items() if name not in OMITTED}
        return {
            "set": of.name,
            "digest": of.digest,
            "model": model.name,
            **kept,
            "loops": settings.loops or model.denoiser.loops,
            "seed": self.seed,
        }


@dataclass(frozen=True)
class Case:
    """Settings that a 9x9 set is solved with: a task, of one row for each of the settings."""

    key: tuple[str, ...]
    """What the task is called, after the set and the model."""
    settings: tuple[Settings, ...]
    rows: float
    """Rows of calls a puzzle, over all the settings."""
    facts: Row = field(default_factory=dict)
    """What its rows say besides."""


def solve_tasks(
    bench: Bench, names: Iterable[str], models: Iterable[Model], cases: Iterable[Case],
    count: int | None = None,
) -> Iterator[Task]:  # fmt: skip
    """One for each set, model and case; of the first `count` puzzles of a set, or all."""
    count = count or bench.scale.count
    for name, model, case in product(names, models, cases):
        key = ", ".join((name, model.name, *case.key))
        run = partial(_solve, bench, name, model, case, count)
        yield Task(key, cost(NINE, count, case.rows), run)


def _solve(bench: Bench, name: str, model: Model, case: Case, count: int) -> list[Row]:
    of = bench.set(name).first(count)
    return [{**bench.row(model, of, settings), **case.facts} for settings in case.settings]


def outcome(solutions: Sequence[Solution]) -> Row:
    """Share solved, and means over all puzzles, solved or not."""
    assert all(solution.verified for solution in solutions if solution.status == "solved")
    means = {
        f"{name}_mean": round(float(np.mean([getattr(s, name) for s in solutions])), 3)
        for name in ("nfe", "guesses")
    }
    return {**share(sum(s.status == "solved" for s in solutions), len(solutions)), **means}


def cost(board: Board, rows: float, calls: float) -> float:
    """This many rows in this many calls, in rows of a 9x9 board."""
    return rows * calls * board.n * board.D / 729
