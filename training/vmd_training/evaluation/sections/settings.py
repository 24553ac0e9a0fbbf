"""Questions that differ in the engine's settings alone: z, remasking, budgets, guided mode, calls.

Each is a list of cases, solved on some sets, and a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Literal

from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import Between, PolicyName, Remask, Select
from vmd_training.evaluation.bench import (
    EMPTY,
    HARDEST,
    SEVERAL,
    STOPS,
    Bench,
    Case,
    Section,
    Task,
    solve_tasks,
)
from vmd_training.tables import (
    Row,
    Table,
    by_set,
    listed,
    measured,
    number,
    pivot,
    share_cell,
    text,
)

PLAIN = Settings("neural", "top", remask="none", select="margin")
"""A sampler and nothing else: no rule is looked at, no call is saved."""

PRIORS: tuple[Literal["learned", "normal"], ...] = ("learned", "normal")
STEPS: tuple[Between, ...] = ("keep", "redraw", "refine")


def z_tasks(bench: Bench) -> Iterator[Task]:
    """By prior and by what happens to z between calls."""
    nfe = bench.scale.budget
    cases = [
        Case((prior, step), (Settings("neural", nfe=nfe, prior=prior, z=step),), nfe * STOPS)
        for prior, step in product(PRIORS, STEPS)
    ]
    models = [model for model in bench.readers() if model.latent != "none"]
    names = (*bench.core_names, SEVERAL, EMPTY)
    return solve_tasks(bench, names, models, cases, bench.scale.some)


def z_tables(rows: list[Row]) -> list[Table]:
    """Sets across."""
    index = {"model": "model", "prior": "prior", "z between calls": "z"}
    note = measured(rows, "puzzles", "seed", "nfe", "loops", "latents", "policy")
    return [pivot("Solved by where z comes from", rows, index, "set", note=note)]


Z = Section(
    "z",
    "Where z comes from",
    "The first z is drawn from the learned prior p(z | x_t), or from the standard normal one of the"
    " paper. A model trained with the learned one has never seen the other: what it solves with it"
    " tells how much it relies on its prior, not which prior is better to train with. Between calls"
    " it is kept, redrawn, or refined: inferred by the encoder from the grid of the last call,"
    " after what breaks a rule was masked again. Neural mode, otherwise as it ships. `several"
    " solutions` are 9x9 puzzles with 2 to 50 of them, `empty` is the board without givens; any"
    " solution counts.",
    z_tasks,
    z_tables,
)

REMASKS: tuple[Remask, ...] = ("none", "doubt", "rules")
REMASK_POLICIES: tuple[PolicyName, ...] = ("threshold", "top")
CHECKED: dict[Select, str] = {"margin": "never", "valid": "after every call"}


def remask_tasks(bench: Bench) -> Iterator[Task]:
    """By policy, way to remask, and whether a valid grid ends the puzzle."""
    nfe = bench.scale.budget
    cases = [
        Case(
            (policy, remask, select),
            (Settings("neural", policy, nfe=nfe, remask=remask, select=select),),
            nfe * (STOPS if select == "valid" else 1.0),
            {"checked": CHECKED[select]},
        )
        for policy, remask, select in product(REMASK_POLICIES, REMASKS, CHECKED)
    ]
    names = (*bench.core_names, SEVERAL)
    return solve_tasks(bench, names, bench.readers(), cases, bench.scale.some)


def remask_tables(rows: list[Row]) -> list[Table]:
    """Sets across."""
    index = {"model": "model", "policy": "policy", "grids checked": "checked", "remasked": "remask"}
    note = measured(rows, "puzzles", "seed", "nfe", "loops", "latents", "z")
    return [pivot("Solved by what is masked again", rows, index, "set", note=note)]


REMASK = Section(
    "remask",
    "Self-correction",
    "After a call committed cells are kept (none); or the three quarters of them that the model was"
    " least sure of are masked again and asked again (doubt: no rule is looked at); or those that"
    " break a rule are (rules). With grids checked `never`, a puzzle takes all its calls and meets"
    " the verifier only then, so that with none and doubt the model works without any rule; `after"
    " every call` ends it at the first valid grid.",
    remask_tasks,
    remask_tables,
)

LOOPS = 16
MOST_LATENTS = 4
SHARES = (
    # calls, loops and latents, in parts of the budget's calls, LOOPS and one latent
    (MOST_LATENTS, 1, 1),
    (1, MOST_LATENTS, 1),
    (1, 1, MOST_LATENTS),
    (MOST_LATENTS, 1 / MOST_LATENTS, MOST_LATENTS),
)
"""Ways to spend MOST_LATENTS times the budget's calls of LOOPS loops on one latent."""

WAYS: tuple[tuple[PolicyName, Between], ...] = (
    ("threshold", "keep"),
    ("threshold", "redraw"),
    ("last", "keep"),
    ("last", "redraw"),
    ("last", "refine"),
)
BUDGET_SETS = (HARDEST, "top95")
"""The sets, of those that are there; or else the first two."""


def budget_tasks(bench: Bench) -> Iterator[Task]:
    """By share of calls, loops and latents, policy, and what becomes of z."""
    names = [name for name in BUDGET_SETS if name in bench.set_names] or bench.set_names[:2]
    models = [
        model for model in bench.readers()
        if model.latent != "none" and model.network.config.backbone == "candidate-graph"
    ]  # fmt: skip
    cases = [_spent(bench.scale.budget, *shares, *way) for shares, way in product(SHARES, WAYS)]
    return solve_tasks(bench, names, models, cases)


def _spent(
    budget: int, calls: float, loops: float, latents: float, policy: PolicyName, z: Between
) -> Case:
    settings = Settings(
        "neural", policy, nfe=int(calls * budget), loops=int(loops * LOOPS),
        latents=int(latents), z=z,
    )  # fmt: skip
    spent = f"{settings.nfe} calls, {settings.loops} loops, K = {settings.latents}"
    key = (f"{calls} x {loops} x {latents}", policy, z)
    return Case(key, (settings,), budget * MOST_LATENTS * STOPS, {"spent": spent})


def budget_tables(rows: list[Row]) -> list[Table]:
    """One for each set: ways across."""
    rows = [{**row, "way": f"{row['policy']}, {row['z']}"} for row in rows]
    index = {"model": "model", "spent on": "spent"}
    return [
        pivot(f"Solved of `{name}`", mine, index, "way", note=measured(mine, "puzzles", "seed"))
        for name, mine in by_set(rows).items()
    ]


BUDGET = Section(
    "budget",
    "The same work, spent in different ways",
    "Calls x loops x latents is the same in every row, but for puzzles that a valid grid ends early"
    " (grids are checked after each call). Across: the policy, and what becomes of z between"
    " calls.",
    budget_tasks,
    budget_tables,
)


def guided_tasks(bench: Bench) -> Iterator[Task]:
    """Guided mode as it ships."""
    nfe = bench.scale.budget
    case = Case((), (Settings("guided", nfe=nfe),), nfe * STOPS)
    return solve_tasks(bench, bench.set_names, bench.readers(), [case])


def guided_tables(rows: list[Row]) -> list[Table]:
    """A line for each set and model."""
    columns = {
        "puzzles": text("set"),
        "model": text("model"),
        "sample size": text("puzzles"),
        "solved": share_cell,
        "mean NFE": number("nfe_mean"),
        "mean guesses": number("guesses_mean"),
    }
    note = measured(rows, "seed", "nfe", "loops", "latents", "policy")
    caption = "Solved and verified with a complete search behind the model"
    return [listed(caption, rows, columns, note)]


GUIDED = Section(
    "guided",
    "Guided mode",
    "Elimination narrows, the model commits, and a complete search in its order settles what is"
    " open: everything is solved in the end; what is compared are the calls and guesses it takes.",
    guided_tasks,
    guided_tables,
)

PLAIN_POLICIES: tuple[PolicyName, ...] = ("top", "margin")


def plain_tasks(bench: Bench) -> Iterator[Task]:
    """By policy, with a row for each NFE."""
    calls = [nfe for nfe in bench.scale.calls if nfe > 1]
    cases = [
        Case((policy,), tuple(replace(PLAIN, policy=policy, nfe=nfe) for nfe in calls), sum(calls))
        for policy in PLAIN_POLICIES
    ]
    return solve_tasks(bench, bench.core_names, bench.readers(), cases)


def plain_tables(rows: list[Row]) -> list[Table]:
    """One for each set: NFE across."""
    index = {"model": "model", "policy": "policy"}
    return [
        pivot(
            f"Solved of `{name}` by calls alone", mine, index, "nfe", label="{} NFE".format,
            note=measured(mine, "puzzles", "seed", "loops", "latents", "digest"),
        )
        for name, mine in by_set(rows).items()
    ]  # fmt: skip


CALLS_ALONE = Section(
    "plain",
    "Calls alone, as the papers sample Sudoku",
    "Neural mode and no rule: an equal share of the masked cells is committed a call, the surest"
    " first (`top`: by the top probability, `margin`: by its lead over the second), and stays. z is"
    " drawn once. The tables of arXiv 2502.06768 and 2510.23606 are of this kind.",
    plain_tasks,
    plain_tables,
)
