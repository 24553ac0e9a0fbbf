"""Do cells that are filled in together know of each other, and is every solution found?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings
from vmd_training import plots
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import Bench, Case, Section, Source, Task, across
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sections.solving import PLAIN
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.intervals import (
    kl_to_uniform,
    mean,
    mean_share,
    share,
    uniform_distinct,
    uniform_kl,
)
from vmd_training.tables import (
    Cell,
    Row,
    Table,
    listed,
    mean_cell,
    measured,
    number,
    share_cell,
    text,
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


def _tasks(bench: Bench) -> Iterator[Task]:
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
        several.append(Source(f"several {MULTI}", few, lambda: _of_file(path).first(few)))
    yield from bench.tasks(empty, partial(_sampled, _empty, sum(scale.sampled)))
    yield from bench.tasks(several, partial(_sampled, _several, max(scale.latents) * CALLS))


def _of_file(path: Path) -> PuzzleSet:
    return sets.enumerated(MULTI, sets.read(path, None).puzzles)


def _sampled(
    run: Callable[[Settings, Bench, Model, PuzzleSet], list[Row]], calls: int, model: Model
) -> Iterator[Case]:
    """A case for each of the samplers of a model."""
    for sampler in (DRAWN,) if model.latent == "none" else (PLAIN, LATENT_FIRST, DRAWN):
        key = (sampler.policy, f"T = {sampler.temperature:g}")
        yield Case(key, calls, partial(run, sampler))


def _empty(sampler: Settings, bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """For each NFE the share of valid grids, and how many of them differ."""
    rows = []
    for nfe in bench.scale.sampled:
        settings = replace(sampler, nfe=nfe)
        grids = [one.values for one in bench.solve(model, of, settings) if one.values]
        shared = share(len(grids), len(of.puzzles))
        facts = bench.facts(model, of, settings)
        rows.append({**facts, "what": "empty", **shared, "distinct": len(set(grids))})
    return rows


def _several(sampler: Settings, bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
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
        "valid": mean_share([counts.total() / K for counts, _ in valid]),
        "kl": mean([kl_to_uniform(list(counts.values()), m) for counts, m in some]),
        "kl_even": mean([uniform_kl(counts.total(), m) for counts, m in some]),
    }
    rows = []
    for first in bench.scale.latents:
        covered = [len({*grids[:first]} - {None}) / m for grids, m in found]
        even = sum(uniform_distinct(first, m) / m for _, m in found) / len(found)
        rows.append({**facts, "samples": first, **mean_share(covered), "even": even})
    return rows


VALID = across(
    "Valid grids from an empty board, and how many of them differ",
    {"board": "set", "model": "model", **SAMPLER, "loops a call": "loops"},
    "nfe",
    "puzzles seed latents remask",
    lambda row: f"{share_cell(row)}, {row['distinct']}",
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

SPREAD: dict[str, Cell] = {
    "puzzles": text("set"),
    "model": text("model"),
    **{head: text(key) for head, key in SAMPLER.items()},
    "solutions": number("solutions_mean", ".1f"),
    "valid": lambda row: mean_cell(row["valid"]),
    "KL to uniform, nats": lambda row: mean_cell(row["kl"]),
    "KL of even draws": lambda row: mean_cell(row["kl_even"]).partition(" ")[0],
    "puzzles with a valid sample": text("with_any"),
}


def _parts(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Rows of empty boards, and of puzzles with several solutions."""
    empty, several = ([row for row in rows if row["what"] == part] for part in ("empty", "several"))
    return empty, several


def _tables(rows: list[Row]) -> list[Table]:
    """Empty boards; then puzzles with several solutions, all samples and by their number."""
    empty, several = _parts(rows)
    tables = VALID(empty) if empty else []
    if several:
        most = max(row["samples"] for row in several)
        every = [row for row in several if row["samples"] == most]
        caption = "Puzzles with 2 to 50 solutions, all of them known"
        note = measured(every, "puzzles", "samples", "seed", "nfe", "loops", "remask")
        tables += [listed(caption, every, SPREAD, note), *COVERAGE(several)]
    return tables


def _figures(rows: list[Row], colours: Mapping[str, str]) -> plots.Figures:
    """Validity by NFE from empty boards, and coverage by samples."""
    named = [{**row, "sampler": f"{row['policy']}, T = {row['temperature']:g}"} for row in rows]
    return {
        name: plots.lines(
            part, panel="set", x=x, style="sampler", colours=colours, y=y,
            xlabel=xlabel, ylabel=ylabel,
        )
        for part, (name, x, y, xlabel, ylabel) in zip(
            _parts(named),
            (
                ("empty.png", "nfe", "share", "denoiser calls (NFE)", "valid grids"),
                ("coverage.png", "samples", "mean", "samples", "share of all solutions found"),
            ),
            strict=True,
        )
        if part
    }  # fmt: skip


SECTION = Section(
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
    _tasks,
    _tables,
    _figures,
)
