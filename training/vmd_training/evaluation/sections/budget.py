"""What is the same work best spent on: calls, loops, latents, or refining z?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import product

from vmd_solver.csp.families import sudoku
from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import Between, PolicyName
from vmd_training.evaluation.bench import HARDEST, STOPS, Bench, Row, Section, Table, Task, cost
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.tables import by_set, measured, pivot, share_cell

LOOPS = 16
MOST_LATENTS = 4
SHAPES = (
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
NAMES = (HARDEST, "top95")
"""The sets, of those that are there; or else the first two."""


def tasks(bench: Bench) -> Iterator[Task]:
    """One for each set, model, shape and way."""
    there = [name for name in NAMES if name in bench.set_names] or bench.set_names[:2]
    work = bench.scale.budget * MOST_LATENTS * STOPS
    for name, model in product(there, bench.readers()):
        if model.latent != "none" and model.network.config.backbone == "candidate-graph":
            for shape, (policy, z) in product(SHAPES, WAYS):
                calls, loops, latents = shape
                yield Task(
                    f"{name}, {model.name}, {calls} x {loops} x {latents}, {policy}, {z}",
                    cost(sudoku(3, 3), bench.scale.count, work),
                    partial(_solve, bench, model, name, shape, policy, z),
                )


def _solve(
    bench: Bench, model: Model, name: str, shape: tuple[float, float, float],
    policy: PolicyName, z: Between,
) -> list[Row]:  # fmt: skip
    calls, loops, latents = shape
    settings = Settings(
        "neural", policy, nfe=int(calls * bench.scale.budget), loops=int(loops * LOOPS),
        latents=int(latents), z=z,
    )  # fmt: skip
    row = bench.row(model, bench.set(name), settings)
    spent = f"{settings.nfe} calls, {row['loops']} loops, K = {settings.latents}"
    return [{**row, "spent": spent}]


def tables(rows: list[Row]) -> list[Table]:
    """One for each set: ways across."""
    rows = [{**row, "way": f"{row['policy']}, {row['z']}"} for row in rows]
    return [
        pivot(
            f"Solved of `{name}`",
            mine,
            {"model": "model", "spent on": "spent"},
            "way",
            share_cell,
            note=measured(mine, "puzzles", "seed"),
        )
        for name, mine in by_set(rows).items()
    ]


SECTION = Section(
    "budget",
    "The same work, spent in different ways",
    "Calls x loops x latents is the same in every row, but for puzzles that a valid grid ends early"
    " (grids are checked after each call). Across: the policy, and what becomes of z between"
    " calls.",
    tasks,
    tables,
)
