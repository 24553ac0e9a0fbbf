"""b. What do K latents buy, and does the model know which of its grids is right?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from vmd_solver.csp.verify import verify
from vmd_solver.sampling import Settings, Solution
from vmd_training import plots
from vmd_training.evaluation.bench import (
    NINE,
    STOPS,
    Bench,
    Case,
    Section,
    Task,
    cost,
    solve_tasks,
)
from vmd_training.evaluation.models import Model
from vmd_training.intervals import share
from vmd_training.tables import Row, Table, by_set, measured, pivot

CALLS = 5
"""NFE of each latent."""

HOW = ("any is valid", "by margin, no verifier", "by validity")


def tasks(bench: Bench) -> Iterator[Task]:
    """For each set and model the K grids that nothing checks, and then those that are."""
    rows = bench.scale.few
    for name in bench.core_names:
        for model in bench.readers():
            yield Task(
                f"{name}, {model.name}, unchecked",
                cost(NINE, rows * max(bench.scale.latents), CALLS),
                partial(_unchecked, bench, model, name),
            )
            yield from solve_tasks(bench, [name], [model], [_checked(bench, model)], rows)


def temperature(model: Model) -> float:
    """Where variety comes from: z at temperature 0; without a latent values drawn at 1."""
    return 1.0 if model.latent == "none" else 0.0


def _unchecked(bench: Bench, model: Model, name: str) -> list[Row]:
    """The first K of as many grids as the largest K: whether any is valid, and the surest one."""
    settings = Settings(
        "neural", nfe=CALLS, latents=max(bench.scale.latents), remask="none", select="margin",
        temperature=temperature(model),
    )  # fmt: skip
    part = bench.set(name).first(bench.scale.few)
    solutions = bench.solve(model, part.puzzles, settings)
    valid = [[bool(verify(s.puzzle, p.values)) for p in s.proposals] for s in solutions]
    rows = []
    for K in bench.scale.latents:
        surest = [_surest(solution, K) for solution in solutions]
        by = {
            HOW[0]: sum(any(good[:K]) for good in valid),
            HOW[1]: sum(good[at] for good, at in zip(valid, surest, strict=True)),
        }
        facts = bench.facts(model, part, settings)
        rows += [
            {**facts, "how": how, "latents": K, **share(k, len(valid))} for how, k in by.items()
        ]
    return rows


def _surest(solution: Solution, K: int) -> int:
    return max(range(K), key=lambda at: solution.proposals[at].margin)


def _checked(bench: Bench, model: Model) -> Case:
    """The verifier after every call, and rules in remasking, as people have it."""
    every = tuple(
        Settings("neural", nfe=CALLS, latents=K, temperature=temperature(model))
        for K in bench.scale.latents
    )
    rows = sum(bench.scale.latents) * CALLS * STOPS / 2
    return Case(("checked",), every, rows, {"how": HOW[2]})


def tables(rows: list[Row]) -> list[Table]:
    """One for each set."""
    return [
        pivot(
            f"Solved of `{name}` by K", mine, {"model": "model", "grid chosen": "how"}, "latents",
            label="K = {}".format,
            note=measured(mine, "puzzles", "seed", "nfe", "loops", "policy", "digest"),
        )
        for name, mine in by_set(rows).items()
    ]  # fmt: skip


def figures(rows: list[Row], colours: Mapping[str, str]) -> plots.Figures:
    """Share by K, a panel for each set and way to choose."""
    titled = [{**row, "panel": f"{row['set']}: {row['how']}"} for row in rows]
    return {
        "latents.png": plots.lines(
            titled, panel="panel", x="latents", colours=colours,
            xlabel="latents (K)", ylabel="solved",
        )
    }  # fmt: skip


SECTION = Section(
    "latents",
    "K latents",
    "K grids of each puzzle, one for each latent; a model without latent draws its values at"
    " temperature 1 instead. `any is valid` is what a perfect choice among the K would reach;"
    " `by margin` takes the grid whose values led by most when they were chosen, and looks at no"
    " rule at any time; `by validity` checks after every call, stops at the first valid grid, and"
    " masks again what breaks a rule.",
    tasks,
    tables,
    figures,
)
