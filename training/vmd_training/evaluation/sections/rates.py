"""a. How many puzzles does the model solve alone, by calls and policy?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import PolicyName
from vmd_training import plots
from vmd_training.evaluation.bench import NINE, STOPS, Bench, Section, Task, cost, outcome
from vmd_training.evaluation.models import Model
from vmd_training.tables import Row, Table, by_set, measured, pivot

POLICIES: tuple[PolicyName, ...] = ("threshold", "last", "random", "top", "margin")

ONE_RUN = ("threshold", "last")
"""Their first N of many calls are what N calls would have been (where a valid grid ends it)."""


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each set, model and policy."""
    calls = bench.scale.calls
    for name in bench.set_names:
        for model in bench.readers():
            for policy in POLICIES:
                one_run = policy in ONE_RUN
                rows = max(calls) if one_run else sum(calls)
                yield Task(
                    f"{name}, {model.name}, {policy}",
                    cost(NINE, bench.scale.count, rows * STOPS),
                    partial(_rates, bench, model, name, policy),
                )


def _rates(bench: Bench, model: Model, name: str, policy: PolicyName) -> list[Row]:
    """A row for each NFE."""
    of, calls = bench.set(name), bench.scale.calls
    settings = Settings("neural", policy)
    if policy not in ONE_RUN:
        return [bench.row(model, of, replace(settings, nfe=nfe)) for nfe in calls]
    solutions = bench.solve(model, of.puzzles, replace(settings, nfe=max(calls)))
    rows = []
    for nfe in calls:
        within = [
            solution
            if solution.nfe <= nfe
            else replace(solution, status="unsolved", values=None, verified=False, nfe=nfe)
            for solution in solutions
        ]
        facts = bench.facts(model, of, replace(settings, nfe=nfe))
        rows.append({**facts, **outcome(within)})
    return rows


def tables(rows: list[Row]) -> list[Table]:
    """One for each set."""
    return [
        pivot(
            f"Solved of `{name}` by NFE", mine,
            {"model": "model", "policy": "policy", "loops a call": "loops"}, "nfe",
            label=partial(_calls, {row["loops"] for row in mine}),
            note=measured(mine, "puzzles", "seed", "latents", "digest"),
        )
        for name, mine in by_set(rows).items()
    ]  # fmt: skip


def _calls(loops: set[int], nfe: int) -> str:
    """The head of a column: calls, and loops in all where one call is as many for all models."""
    return f"{nfe} NFE, {nfe * max(loops)} loops" if len(loops) == 1 else f"{nfe} NFE"


def figures(rows: list[Row], colours: Mapping[str, str]) -> plots.Figures:
    """Models by colour with the usual policy, and the policies of the first model."""
    first = next(iter(colours))
    return {
        "rates.png": plots.lines(
            [row for row in rows if row["policy"] == "threshold"],
            panel="set", x="nfe", colours=colours,
            xlabel="denoiser calls (NFE)", ylabel="solved",
        ),
        "policies.png": plots.lines(
            [row for row in rows if row["model"] == first],
            panel="set", x="nfe", style="policy", colours=colours,
            xlabel="denoiser calls (NFE)", ylabel="solved",
        ),
    }  # fmt: skip


SECTION = Section(
    "rates",
    "Solve rate by calls and policy",
    "Neural mode: the model alone, one latent, drawn once from the learned prior. After every call"
    " the proposed grid is checked, and a valid one ends the puzzle; committed cells that break a"
    " rule are masked again. `threshold` commits all cells above 0.95, `last` none before the last"
    " call, the other policies an equal share of the cells a call, in their order. NFE times the"
    " loops a call are the loops in all.",
    tasks,
    tables,
    figures,
)
