"""d. Do cells that are filled in together know of each other, and is every solution found?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from vmd_solver.csp import Board
from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings, Solution
from vmd_training import plots
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import Bench, Section, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sections.settings import PLAIN
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
    Row,
    Table,
    listed,
    mean_cell,
    measured,
    number,
    pivot,
    share_cell,
    text,
)

BOARDS = {"4x4": sudoku(2, 2), "6x6": sudoku(2, 3), "9x9": sudoku(3, 3)}

CALLS = 4
"""NFE of each sample of a puzzle with several solutions."""

LATENT_FIRST = replace(PLAIN, policy="last", z="refine")
"""All calls but the last one settle the latent: it is inferred from the grid each proposes."""

SAMPLER = {"policy": "policy", "z between calls": "z", "T": "temperature"}
"""What tells samplers apart, by heading of a table."""

EMPTY, SEVERAL = "empty", "several"

MULTI = "multi"
"""The file of --data whose puzzles have several solutions."""


def samplers(model: Model) -> tuple[Settings, ...]:
    """A model without latent must draw its values to have any variety."""
    drawn = replace(PLAIN, temperature=1.0)
    return (drawn,) if model.latent == "none" else (PLAIN, LATENT_FIRST, drawn)


def tasks(bench: Bench) -> Iterator[Task]:
    """Empty boards, then puzzles with several solutions: by board, model and temperature."""
    scale = bench.scale
    for size, board in BOARDS.items():
        for model, sampler in _sampled(bench, board):
            yield Task(
                f"empty {size}, {model.name}, {_name(sampler.policy, sampler.temperature)}",
                cost(board, scale.empties, sum(scale.sampled)),
                partial(_empty, bench, model, size, sampler),
            )
    for name, board in _puzzles(bench):
        for model, sampler in _sampled(bench, board):
            yield Task(
                f"several {name}, {model.name}, {_name(sampler.policy, sampler.temperature)}",
                cost(board, scale.few * max(scale.latents), CALLS),
                partial(_several, bench, model, name, board, sampler),
            )


def _sampled(bench: Bench, board: Board) -> Iterator[tuple[Model, Settings]]:
    """Every model that reads the board, with each of its samplers."""
    for model in bench.readers(board):
        for sampler in samplers(model):
            yield model, sampler


def _name(policy: str, temperature: float) -> str:
    return f"{policy}, T = {temperature:g}"


def _puzzles(bench: Bench) -> Iterator[tuple[str, Board]]:
    """The sets of puzzles with several solutions, and their boards."""
    for size, board in BOARDS.items():
        yield f"{size}, made here", board
    if MULTI in bench.set_names and bench.data is not None:
        yield MULTI, BOARDS["9x9"]


def _empty(bench: Bench, model: Model, size: str, sampler: Settings) -> list[Row]:
    """For each NFE the share of valid grids, and how many of them differ."""
    of = PuzzleSet(size, (BOARDS[size].empty(),) * bench.scale.empties)
    rows = []
    for nfe in bench.scale.sampled:
        settings = replace(sampler, nfe=nfe)
        grids = [s.values for s in bench.solve(model, of.puzzles, settings) if s.values]
        rows.append({
            **bench.facts(model, of, settings),
            "what": EMPTY,
            **share(len(grids), bench.scale.empties),
            "distinct": len(set(grids)),
        })  # fmt: skip
    return rows


def _several(bench: Bench, model: Model, name: str, board: Board, sampler: Settings) -> list[Row]:
    """Validity, coverage and KL to the uniform distribution, averaged over puzzles."""
    K = max(bench.scale.latents)
    of = bench.made(f"several, {name}", partial(_made, bench, name, board))
    if not of.puzzles:
        return []
    settings = replace(sampler, nfe=CALLS, latents=K)
    solutions = bench.solve(model, of.puzzles, settings)
    drawn = [_drawn(s, every) for s, every in zip(solutions, of.solutions, strict=True)]
    found = [(valid, len(every)) for valid, every in zip(drawn, of.solutions, strict=True)]
    some = [(Counter(valid), m) for valid, m in found if valid]
    facts = {
        **bench.facts(model, of, settings),
        "what": SEVERAL,
        "puzzles": len(found),
        "with_any": len(some),
        "solutions_mean": sum(m for _, m in found) / len(found),
        "valid": mean_share([len(valid) / K for valid, _ in found]),
        "kl": mean([kl_to_uniform(list(c.values()), m) for c, m in some]),
        "kl_even": mean([uniform_kl(c.total(), m) for c, m in some]),
    }
    rows = []
    for first in bench.scale.latents:
        covered = [
            len(set(_drawn(s, every, first))) / len(every)
            for s, every in zip(solutions, of.solutions, strict=True)
        ]
        even = [uniform_distinct(first, m) / m for _, m in found]
        rows.append(
            {**facts, "samples": first, **mean_share(covered), "even": sum(even) / len(even)}
        )
    return rows


def _made(bench: Bench, name: str, board: Board) -> PuzzleSet:
    """Puzzles with several solutions, and all of these."""
    if name != MULTI or bench.data is None:
        return sets.several(name, board, bench.scale.few, bench.seed)
    every = sets.read(bench.data / "sudoku" / f"{MULTI}.txt", None)
    return sets.enumerated(name, every.puzzles).first(bench.scale.few)


def _drawn(
    solution: Solution, every: tuple[tuple[int, ...], ...], first: int | None = None
) -> list[tuple[int, ...]]:
    """The valid ones of the first samples of a puzzle, all of whose solutions are known."""
    known = set(every)
    return [p.values for p in solution.proposals[:first] if p.values in known]


def tables(rows: list[Row]) -> list[Table]:
    """Empty boards; then puzzles with several solutions, all samples and by their number."""
    empty = [row for row in rows if row["what"] == EMPTY]
    several = [row for row in rows if row["what"] == SEVERAL]
    shown = [_valid_table(empty)] if empty else []
    if several:
        most = max(row["samples"] for row in several)
        every = [row for row in several if row["samples"] == most]
        shown += [_spread_table(every), _coverage_table(several)]
    return shown


def _valid_table(rows: list[Row]) -> Table:
    note = measured(rows, "puzzles", "seed", "latents", "remask")
    return pivot(
        "Valid grids from an empty board, and how many of them differ",
        rows,
        {"board": "set", "model": "model", **SAMPLER, "loops a call": "loops"},
        "nfe",
        lambda row: f"{share_cell(row)}, {row['distinct']}",
        "{} NFE".format,
        f"{note} There are 288 grids of 4x4: 200 even draws hold 144 of them.",
    )


def _spread_table(rows: list[Row]) -> Table:
    return listed(
        "Puzzles with 2 to 50 solutions, all of them known",
        rows,
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
        measured(rows, "puzzles", "samples", "seed", "nfe", "loops", "remask"),
    )


def _coverage_table(rows: list[Row]) -> Table:
    return pivot(
        "Share of all solutions that were found, by samples",
        rows,
        {"puzzles": "set", "model": "model", **SAMPLER},
        "samples",
        lambda row: f"{mean_cell(row)}; even {row['even']:.2f}",
        lambda K: f"{K} sample{'s' * (K != 1)}",
        measured(rows, "puzzles", "seed", "nfe", "loops", "digest"),
    )


def figures(rows: list[Row], colours: Mapping[str, str]) -> plots.Figures:
    """Validity by NFE from empty boards, and coverage by samples."""
    named = [{**row, "sampler": _name(row["policy"], row["temperature"])} for row in rows]
    empty = [row for row in named if row["what"] == EMPTY]
    several = [row for row in named if row["what"] == SEVERAL]
    made = {}
    if empty:
        made["empty.png"] = plots.lines(
            empty, panel="set", x="nfe", style="sampler", colours=colours,
            xlabel="denoiser calls (NFE)", ylabel="valid grids",
        )  # fmt: skip
    if several:
        made["coverage.png"] = plots.lines(
            several, panel="set", x="samples", style="sampler", colours=colours,
            y="mean", xlabel="samples", ylabel="share of all solutions found",
        )  # fmt: skip
    return made


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
    tasks,
    tables,
    figures,
)
