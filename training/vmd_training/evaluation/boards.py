"""Questions about other boards: those never shown, empty ones, and those of several solutions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings
from vmd_training import boards, intervals, plots
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import STOPS, Bench, Case, Section, Source, Task, across, lines
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.evaluation.solving import PLAIN
from vmd_training.intervals import kl_to_uniform, uniform_distinct, uniform_kl
from vmd_training.tables import Row, Table, mean_cell, number, share_cell, text

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


def _families(bench: Bench) -> Iterator[Task]:
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
    return bench.tasks(sources, lambda model: [Case((), bench.scale.budget * STOPS, _held)])


def _held(bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """How much of it is solved, and what that is held against."""
    row = bench.row(model, of, Settings("neural", nfe=bench.scale.budget))
    kind, trained = kind_of(of.puzzles[0].board), model.trained_on
    seen = None if trained is None else kind in trained
    return [{**row, "kind": kind, "trained": seen, "counterpart": counterpart(kind, trained)}]


def _family_tables(rows: list[Row]) -> list[Table]:
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
    note = "seed nfe loops latents policy remask"
    return lines("Solved by size and family", columns, note)(rows)


FAMILIES = Section(
    "families",
    "Sizes and families",
    "Neural mode as it ships, on minimal puzzles (beyond 9x9 nearly minimal ones) made here, and on"
    " files. A board is trained on where the model's recipe draws such boards; one that it never"
    " drew is zero-shot, and stands beside the nearest kind that the same model was trained on."
    " Another model that was trained on that board, if it is among those compared, is the line"
    " below or above.",
    _families,
    _family_tables,
)

BOARDS = {"4x4": sudoku(2, 2), "6x6": sudoku(2, 3), "9x9": sudoku(3, 3)}

CALLS = 4
"""NFE of each sample of a puzzle with several solutions."""

DRAWN = replace(PLAIN, temperature=1.0)
"""All that a model without latent can do: it must draw its values to have any variety."""

LATENT_FIRST = replace(PLAIN, policy="last", z="refine")
"""All calls but the last one settle the latent: it is inferred from the grid each proposes."""

SAMPLER = {"policy": "policy", "z between calls": "z", "T": "temperature"}
"""What tells samplers apart, by heading of a table."""

MULTI = "multi"
"""The file of --data whose puzzles have several solutions."""


def _dependency(bench: Bench) -> Iterator[Task]:
    """Empty boards, then puzzles with several solutions: by board, model and temperature."""
    scale, few, seed = bench.scale, bench.scale.few, bench.seed
    empty, several = [], []
    for size, board in BOARDS.items():
        grids = (board.empty(),) * scale.empties
        make = partial(PuzzleSet, size, grids)
        empty.append(Source(f"empty {size}", scale.empties, make, board))
        name = f"{size}, made here"
        make = partial(sets.several, name, board, few, seed)
        several.append(Source(f"several {name}", few, make, board))
    if bench.data and any(one.name == MULTI for one in bench.sets):
        path = bench.data / "sudoku" / f"{MULTI}.txt"
        every = Source(
            f"several {MULTI}", few, lambda: sets.enumerated(MULTI, sets.read(path, None).puzzles)
        )
        several.append(every.first(few))
    yield from bench.tasks(empty, partial(sampled, from_empty, sum(scale.sampled)))
    yield from bench.tasks(several, partial(sampled, from_several, max(scale.latents) * CALLS))


def sampled(
    run: Callable[[Settings, Bench, Model, PuzzleSet], list[Row]], calls: int, model: Model
) -> Iterator[Case]:
    """A case for each of the samplers of a model."""
    for sampler in (DRAWN,) if model.latent == "none" else (PLAIN, LATENT_FIRST, DRAWN):
        key = (sampler.policy, f"T = {sampler.temperature:g}")
        yield Case(key, calls, partial(run, sampler))


def from_empty(sampler: Settings, bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """For each NFE the share of valid grids, and how many of them differ."""
    rows = []
    for nfe in bench.scale.sampled:
        settings = replace(sampler, nfe=nfe)
        grids = [one.values for one in bench.solve(model, of, settings) if one.values]
        shared = intervals.share(len(grids), len(of.puzzles))
        facts = bench.facts(model, of, settings)
        rows.append({**facts, "what": "empty", **shared, "distinct": len(set(grids))})
    return rows


def from_several(sampler: Settings, bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """Validity, coverage and KL to the uniform distribution, averaged over puzzles."""
    if not of.puzzles:
        return []
    K = max(bench.scale.latents)
    settings = replace(sampler, nfe=CALLS, latents=K)
    # Of each puzzle the samples, None where they are not valid, and how many solutions it has.
    found = [
        ([p.values if p.values in every else None for p in one.proposals], len(every))
        for one, every in zip(bench.solve(model, of, settings), of.solutions, strict=True)
    ]
    valid = [(Counter(grid for grid in grids if grid), m) for grids, m in found]
    some = [(counts, m) for counts, m in valid if counts]
    facts = {
        **bench.facts(model, of, settings),
        "what": "several",
        "puzzles": len(found),
        "with_any": len(some),
        "solutions_mean": sum(m for _, m in found) / len(found),
        "valid": intervals.mean_share([counts.total() / K for counts, _ in valid]),
        "kl": intervals.mean([kl_to_uniform(list(counts.values()), m) for counts, m in some]),
        "kl_even": intervals.mean([uniform_kl(counts.total(), m) for counts, m in some]),
    }
    rows = []
    for first in bench.scale.latents:
        covered = [len({*grids[:first]} - {None}) / m for grids, m in found]
        even = sum(uniform_distinct(first, m) / m for _, m in found) / len(found)
        rows.append({**facts, "samples": first, **intervals.mean_share(covered), "even": even})
    return rows


def valid_and_distinct(row: Row) -> str:
    """The share of valid grids, and how many of them differ."""
    return f"{share_cell(row)}, {row['distinct']}"


VALID = across(
    "Valid grids from an empty board, and how many of them differ",
    {"board": "set", "model": "model", **SAMPLER, "loops a call": "loops"},
    "nfe",
    "puzzles seed latents remask",
    valid_and_distinct,
    "{} NFE".format,
    " There are 288 grids of 4x4: 200 even draws hold 144 of them.",
)

COVERAGE = across(
    "Share of all solutions that were found, by samples",
    {"puzzles": "set", "model": "model", **SAMPLER},
    "samples",
    "puzzles seed nfe loops digest",
    lambda row: f"{mean_cell(row)}; even {row['even']:.2f}",
    lambda K: f"{K} sample{'s' * (K != 1)}",
)

SPREAD = lines(
    "Puzzles with 2 to 50 solutions, all of them known",
    {
        "puzzles": text("set"),
        "model": text("model"),
        **{head: text(key) for head, key in SAMPLER.items()},
        "solutions": number("solutions_mean", ".1f"),
        "valid": lambda row: mean_cell(row["valid"]),
        "KL to uniform, nats": lambda row: mean_cell(row["kl"]),
        "KL of even draws": lambda row: mean_cell(row["kl_even"]).partition(" ")[0],
        "puzzles with a valid sample": text("with_any"),
    },
    "puzzles samples seed nfe loops remask",
)


def _dependency_tables(rows: list[Row]) -> list[Table]:
    """Empty boards; then puzzles with several solutions, all samples and by their number."""
    empty, several = ([row for row in rows if row["what"] == part] for part in ("empty", "several"))
    tables = VALID(empty) if empty else []
    if several:
        most = max(row["samples"] for row in several)
        tables += SPREAD([row for row in several if row["samples"] == most]) + COVERAGE(several)
    return tables


def _dependency_figures(rows: list[Row], colours: Mapping[str, str]) -> plots.Figures:
    """Validity by NFE from empty boards, and coverage by samples."""
    parts = {
        "empty": ("empty.png", "nfe", "share", "denoiser calls (NFE)", "valid grids"),
        "several": ("coverage.png", "samples", "mean", "samples", "share of all solutions found"),
    }
    named = [{**row, "sampler": f"{row['policy']}, T = {row['temperature']:g}"} for row in rows]
    figures = {}
    for what, (name, x, y, xlabel, ylabel) in parts.items():
        if part := [row for row in named if row["what"] == what]:
            axes = {"x": x, "y": y, "xlabel": xlabel, "ylabel": ylabel}
            figures[name] = plots.lines(part, panel="set", style="sampler", colours=colours, **axes)
    return figures


DEPENDENCY = Section(
    "dependency",
    "Dependency where it exists",
    "A plain sampler: no rule is used, and exactly this many calls are made. With `top` a share"
    " of the cells is committed at each of them, the surest first; with `last` all cells at the"
    " last one, and until then the encoder infers z again from the grid that each call proposes. T"
    " is the temperature of the values: at 0 all variety comes from z, at 1 values are drawn from"
    " p(x0 | x_t, z). Below, each of the puzzles is sampled many times. KL is that of the valid"
    " samples' shares to the uniform distribution over all solutions, which were enumerated by the"
    " exact engine; as even draws of the same number are not perfectly even either, what they would"
    " show is given beside it.",
    _dependency,
    _dependency_tables,
    _dependency_figures,
)
