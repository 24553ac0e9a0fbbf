"""f. What does the model do on boards that it was never shown?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.sampling import Settings
from vmd_training import boards
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import STOPS, Bench, Section, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet, kind_of
from vmd_training.tables import Row, Table, listed, measured, number, share_cell, text

KINDS: dict[str, str | None] = {
    "sudoku-2x2": "sudoku-2x3",
    "sudoku-2x3": "sudoku-3x3",
    "sudoku-3x3": None,
    "sudoku-3x4": "sudoku-3x3",
    "sudoku-4x4": "sudoku-3x4",
    "sudoku-x-3x3": "sudoku-3x3",
    "sudoku-x-4x4": "sudoku-4x4",
    "windoku-3x3": "sudoku-3x3",
    "jigsaw-6": "sudoku-2x3",
    "jigsaw-9": "sudoku-3x3",
    "jigsaw-x-9": "jigsaw-9",
    "latin-9": "sudoku-3x3",
}
"""The kinds of boards, each with that which it is held against where it is zero-shot: the nearest
kind, and so on to one that was trained on."""


def counterpart(kind: str, trained_on: tuple[str, ...] | None) -> str | None:
    """The nearest kind that was trained on; None if it was trained on, or if there is no such kind.

    >>> counterpart("sudoku-4x4", ("sudoku-2x2", "sudoku-3x3"))
    'sudoku-3x3'
    """
    if trained_on is None or kind in trained_on:
        return None
    nearest = KINDS.get(kind)
    while nearest is not None and nearest not in trained_on:
        nearest = KINDS.get(nearest)
    return nearest


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each kind of board or file, and model."""
    for kind in KINDS:
        board = _board(bench, kind)
        for model in bench.readers(board):
            yield _task(bench, kind, board, model, partial(_made, bench, kind))
    for path in bench.variants:
        make = partial(sets.read, path, bench.scale.some)
        board = make().puzzles[0].board
        for model in bench.readers(board):
            yield _task(bench, path.name, board, model, make)


def _task(
    bench: Bench, name: str, board: Board, model: Model, make: Callable[[], PuzzleSet]
) -> Task:
    work = cost(board, bench.scale.some, bench.scale.budget * STOPS)
    return Task(f"{name}, {model.name}", work, partial(_solve, bench, name, model, make))


def _board(bench: Bench, kind: str) -> Board:
    return boards.draw(kind, np.random.default_rng((bench.seed, sets.STREAM, 7)))


def _made(bench: Bench, kind: str) -> PuzzleSet:
    board, count = _board(bench, kind), bench.scale.some
    return bench.made(kind, partial(sets.minimal, kind, board, count, bench.seed))


def _solve(bench: Bench, name: str, model: Model, make: Callable[[], PuzzleSet]) -> list[Row]:
    found = make()
    kind, trained = kind_of(found.puzzles[0].board), model.trained_on
    row = bench.row(model, found, Settings("neural", nfe=bench.scale.budget))
    seen = None if trained is None else kind in trained
    nearest = counterpart(kind, trained)
    return [{**row, "set": name, "kind": kind, "trained": seen, "counterpart": nearest}]


def tables(rows: list[Row]) -> list[Table]:
    """A line for each set and model: its share, and that of its counterpart."""
    by = {(row["set"], row["model"]): row for row in rows}

    def against(row: Row) -> str:
        other = by.get((row["counterpart"], row["model"]))
        return f"{row['counterpart']}: {share_cell(other)}" if other else ""

    return [
        listed(
            "Solved by size and family",
            rows,
            {
                "puzzles": text("set"),
                "model": text("model"),
                "board": lambda row: SEEN[row["trained"]],
                "sample size": text("puzzles"),
                "solved": share_cell,
                "mean NFE": number("nfe_mean"),
                "trained-on counterpart": against,
            },
            measured(rows, "seed", "nfe", "loops", "latents", "policy", "remask"),
        )
    ]


SEEN = {True: "trained on", False: "zero-shot", None: "not known"}

SECTION = Section(
    "families",
    "Sizes and families",
    "Neural mode as it ships, on minimal puzzles (beyond 9x9 nearly minimal ones) made here, and on"
    " files. A board is trained on where the model's recipe draws such boards; one that it never"
    " drew is zero-shot, and stands beside the nearest kind that the same model was trained on."
    " Another model that was trained on that board, if it is among those compared, is the line"
    " below or above.",
    tasks,
    tables,
)
