"""What does the model do on boards that it was never shown?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.sampling import Settings
from vmd_training import boards
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import STOPS, Bench, Case, Section, Source, Task
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
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

SEEN = {True: "trained on", False: "zero-shot", None: "not known"}


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


def kind_of(board: Board) -> str:
    """The kind of a board, by the name that `vmd_training.boards` draws it by."""
    shape = f"{board.rows}x{board.cols}" if board.family == "grid" else str(board.rows)
    if board.box is not None:
        shape = f"{board.box[0]}x{board.box[1]}"
    return f"{board.family}-{shape}"


def _tasks(bench: Bench) -> Iterator[Task]:
    """Of each kind, and of each file of other families."""
    some, sources = bench.scale.some, []
    for kind in KINDS:
        board = boards.draw(kind, np.random.default_rng((bench.seed, sets.STREAM, 7)))
        make = partial(sets.minimal, kind, board, some, bench.seed)
        sources.append(Source(kind, some, make, board))
    for path in bench.variants:
        puzzles = sets.read(path, some).puzzles
        make = partial(PuzzleSet, path.name, puzzles)
        sources.append(Source(path.name, some, make, puzzles[0].board))
    case = Case((), bench.scale.budget * STOPS, _solved)
    return bench.tasks(sources, lambda model: [case])


def _solved(bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    row = bench.row(model, of, Settings("neural", nfe=bench.scale.budget))
    kind, trained = kind_of(of.puzzles[0].board), model.trained_on
    seen = None if trained is None else kind in trained
    return [{**row, "kind": kind, "trained": seen, "counterpart": counterpart(kind, trained)}]


def _tables(rows: list[Row]) -> list[Table]:
    """A line for each set and model: its share, and that of its counterpart."""
    by = {(row["set"], row["model"]): row for row in rows}

    def against(row: Row) -> str:
        other = by.get((row["counterpart"], row["model"]))
        return f"{row['counterpart']}: {share_cell(other)}" if other else ""

    columns = {
        "puzzles": text("set"),
        "model": text("model"),
        "board": lambda row: SEEN[row["trained"]],
        "sample size": text("puzzles"),
        "solved": share_cell,
        "mean NFE": number("nfe_mean"),
        "trained-on counterpart": against,
    }
    note = measured(rows, "seed", "nfe", "loops", "latents", "policy", "remask")
    return [listed("Solved by size and family", rows, columns, note)]


SECTION = Section(
    "families",
    "Sizes and families",
    "Neural mode as it ships, on minimal puzzles (beyond 9x9 nearly minimal ones) made here, and on"
    " files. A board is trained on where the model's recipe draws such boards; one that it never"
    " drew is zero-shot, and stands beside the nearest kind that the same model was trained on."
    " Another model that was trained on that board, if it is among those compared, is the line"
    " below or above.",
    _tasks,
    _tables,
)
