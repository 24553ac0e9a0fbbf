"""Questions that differ in the engine's settings alone, asked of 9x9 puzzles.

How many does the model solve, by calls, policy and latents, and by what becomes of z and of wrong
cells? Each is a list of cases, solved on some sets, and a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Literal

from vmd_solver.csp.verify import verify
from vmd_solver.sampling import Settings
from vmd_solver.sampling.settings import Between, PolicyName, Remask, Select
from vmd_training import plots
from vmd_training.evaluation.bench import (
    HARDEST,
    STOPS,
    Bench,
    Case,
    Section,
    Task,
    across,
    each,
    lines,
    outcome,
)
from vmd_training.evaluation.models import LOOPS, Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.intervals import share
from vmd_training.tables import Row, Table, number, share_cell, text

POLICIES: tuple[PolicyName, ...] = ("threshold", "last", "random", "top", "margin")

ONE_RUN = ("threshold", "last")
"""Their first N of many calls are what N calls would have been (where a valid grid ends it)."""


def _rates(bench: Bench) -> Iterator[Task]:
    cases = []
    for policy in POLICIES:
        settings = [Settings("neural", policy, nfe=nfe) for nfe in bench.scale.calls]
        once = Case((policy,), max(bench.scale.calls) * STOPS, partial(within, settings))
        cases.append(once if policy in ONE_RUN else each((policy,), *settings))
    return bench.tasks(bench.sets, lambda model: cases)


def within(every: list[Settings], bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """A row for each of these settings, all from one run with the most calls."""
    solutions, rows = bench.solve(model, of, max(every, key=lambda one: one.nfe)), []
    for settings in every:
        nfe = settings.nfe
        failed = partial(replace, status="unsolved", values=None, verified=False, nfe=nfe)
        cut = [one if one.nfe <= nfe else failed(one) for one in solutions]
        rows.append({**bench.facts(model, of, settings), **outcome(cut)})
    return rows


def _rate_tables(rows: list[Row]) -> list[Table]:
    """Loops in all stand beside the calls where one call is as many for all models."""
    loops = {row["loops"] for row in rows}

    def label(nfe: int) -> str:
        return f"{nfe} NFE, {nfe * max(loops)} loops" if len(loops) == 1 else f"{nfe} NFE"

    index = {"model": "model", "policy": "policy", "loops a call": "loops"}
    note = "puzzles seed latents digest"
    return across("Solved of `{set}` by NFE", index, "nfe", note, label=label)(rows)


RATES = Section(
    "rates",
    "Solve rate by calls and policy",
    "Neural mode: the model alone, one latent, drawn once from the learned prior. After every call"
    " the proposed grid is checked, and a valid one ends the puzzle; committed cells that break a"
    " rule are masked again. `threshold` commits all cells above 0.95, `last` none before the last"
    " call, the other policies an equal share of the cells a call, in their order. NFE times the"
    " loops a call are the loops in all.",
    _rates,
    _rate_tables,
    lambda rows, colours: {
        name: plots.lines(
            [row for row in rows if row[key] == value],
            panel="set", x="nfe", style=style, colours=colours,
            xlabel="denoiser calls (NFE)", ylabel="solved",
        )
        for name, key, value, style in (
            ("rates.png", "policy", "threshold", None),
            ("policies.png", "model", next(iter(colours)), "policy"),
        )
    },
)  # fmt: skip

LATENT_CALLS = 5
"""NFE of each latent."""

HOW = ("any is valid", "by margin, no verifier", "by validity")


def _latents(bench: Bench) -> Iterator[Task]:
    """For each set and model the K grids that nothing checks, and then those that are."""
    every = bench.scale.latents

    def cases(model: Model) -> list[Case]:
        # Where variety comes from: z at temperature 0; without a latent values drawn at 1.
        T = 1.0 if model.latent == "none" else 0.0
        checked = [Settings("neural", nfe=LATENT_CALLS, latents=K, temperature=T) for K in every]
        unchecked = replace(checked[-1], latents=max(every), remask="none", select="margin")
        return [
            Case(("unchecked",), max(every) * LATENT_CALLS, partial(_unchecked, unchecked)),
            each(("checked",), *checked, how=HOW[2]),
        ]

    return bench.tasks([one.first(bench.scale.few) for one in bench.core], cases)


def _unchecked(settings: Settings, bench: Bench, model: Model, of: PuzzleSet) -> list[Row]:
    """The first K of as many grids as the largest K: whether any is valid, and the surest one."""
    solutions = bench.solve(model, of, settings)
    valid = [[bool(verify(s.puzzle, p.values)) for p in s.proposals] for s in solutions]
    facts, rows = bench.facts(model, of, settings), []
    for K in bench.scale.latents:
        surest = [max(range(K), key=lambda at: s.proposals[at].margin) for s in solutions]
        any_valid = sum(any(good[:K]) for good in valid)
        sure_valid = sum(good[at] for good, at in zip(valid, surest, strict=True))
        for how, k in zip(HOW, (any_valid, sure_valid), strict=False):
            rows.append({**facts, "how": how, "latents": K, **share(k, len(valid))})
    return rows


LATENTS = Section(
    "latents",
    "K latents",
    "K grids of each puzzle, one for each latent; a model without latent draws its values at"
    " temperature 1 instead. `any is valid` is what a perfect choice among the K would reach;"
    " `by margin` takes the grid whose values led by most when they were chosen, and looks at no"
    " rule at any time; `by validity` checks after every call, stops at the first valid grid, and"
    " masks again what breaks a rule.",
    _latents,
    across(
        "Solved of `{set}` by K", {"model": "model", "grid chosen": "how"}, "latents",
        "puzzles seed nfe loops policy digest", label="K = {}".format,
    ),
    lambda rows, colours: {
        "latents.png": plots.lines(
            [{**row, "panel": f"{row['set']}: {row['how']}"} for row in rows],
            panel="panel", x="latents", colours=colours, xlabel="latents (K)", ylabel="solved",
        )
    },
)  # fmt: skip

PRIORS: tuple[Literal["learned", "normal"], ...] = ("learned", "normal")
STEPS: tuple[Between, ...] = ("keep", "redraw", "refine")


def _z(bench: Bench) -> Iterator[Task]:
    nfe = bench.scale.budget
    cases = [
        each((prior, step), Settings("neural", nfe=nfe, prior=prior, z=step))
        for prior, step in product(PRIORS, STEPS)
    ]
    return bench.tasks(bench.further, lambda model: cases if model.latent != "none" else ())


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
    _z,
    across(
        "Solved by where z comes from",
        {"model": "model", "prior": "prior", "z between calls": "z"},
        "set",
        "puzzles seed nfe loops latents policy",
    ),
)

REMASKS: tuple[Remask, ...] = ("none", "doubt", "rules")
REMASK_POLICIES: tuple[PolicyName, ...] = ("threshold", "top")
CHECKED: dict[Select, str] = {"margin": "never", "valid": "after every call"}


def _remask(bench: Bench) -> Iterator[Task]:
    nfe, cases = bench.scale.budget, []
    for policy, remask, select in product(REMASK_POLICIES, REMASKS, CHECKED):
        settings = Settings("neural", policy, nfe=nfe, remask=remask, select=select)
        cases.append(each((policy, remask, select), settings, checked=CHECKED[select]))
    return bench.tasks(bench.further[:-1], lambda model: cases)


REMASK = Section(
    "remask",
    "Self-correction",
    "After a call committed cells are kept (none); or the three quarters of them that the model was"
    " least sure of are masked again and asked again (doubt: no rule is looked at); or those that"
    " break a rule are (rules). With grids checked `never`, a puzzle takes all its calls and meets"
    " the verifier only then, so that with none and doubt the model works without any rule; `after"
    " every call` ends it at the first valid grid.",
    _remask,
    across(
        "Solved by what is masked again",
        {"model": "model", "policy": "policy", "grids checked": "checked", "remasked": "remask"},
        "set",
        "puzzles seed nfe loops latents z",
    ),
)

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


def _budget(bench: Bench) -> Iterator[Task]:
    budget, cases = bench.scale.budget, []
    for (calls, loops, latents), (policy, z) in product(SHARES, WAYS):
        settings = Settings(
            "neural", policy, nfe=calls * budget, loops=int(loops * LOOPS), latents=latents, z=z
        )
        spent = f"{settings.nfe} calls, {settings.loops} loops, K = {settings.latents}"
        cases.append(each((f"{calls} x {loops} x {latents}", policy, z), settings, spent=spent))
    return bench.tasks(
        bench.among(HARDEST, "top95"),
        lambda model: cases if model.latent != "none" and model.looped else (),
    )


BUDGET = Section(
    "budget",
    "The same work, spent in different ways",
    "Calls x loops x latents is the same in every row, but for puzzles that a valid grid ends early"
    " (grids are checked after each call). Across: the policy, and what becomes of z between"
    " calls.",
    _budget,
    lambda rows: across(
        "Solved of `{set}`", {"model": "model", "spent on": "spent"}, "way", "puzzles seed"
    )([{**row, "way": f"{row['policy']}, {row['z']}"} for row in rows]),
)


GUIDED = Section(
    "guided",
    "Guided mode",
    "Elimination narrows, the model commits, and a complete search in its order settles what is"
    " open: everything is solved in the end; what is compared are the calls and guesses it takes.",
    lambda bench: bench.tasks(
        bench.sets, lambda model: [each((), Settings("guided", nfe=bench.scale.budget))]
    ),
    lines(
        "Solved and verified with a complete search behind the model",
        {
            "puzzles": text("set"),
            "model": text("model"),
            "sample size": text("puzzles"),
            "solved": share_cell,
            "mean NFE": number("nfe_mean"),
            "mean guesses": number("guesses_mean"),
        },
        "seed nfe loops latents policy",
    ),
)

PLAIN = Settings("neural", "top", remask="none", select="margin")
"""A sampler and nothing else: no rule is looked at, no call is saved."""

PLAIN_POLICIES: tuple[PolicyName, ...] = ("top", "margin")


def _plain(bench: Bench) -> Iterator[Task]:
    cases = []
    for policy in PLAIN_POLICIES:
        alone = [replace(PLAIN, policy=policy, nfe=nfe) for nfe in bench.scale.calls if nfe > 1]
        cases.append(each((policy,), *alone))
    return bench.tasks(bench.core, lambda model: cases)


CALLS_ALONE = Section(
    "plain",
    "Calls alone, as the papers sample Sudoku",
    "Neural mode and no rule: an equal share of the masked cells is committed a call, the surest"
    " first (`top`: by the top probability, `margin`: by its lead over the second), and stays. z is"
    " drawn once. The tables of arXiv 2502.06768 and 2510.23606 are of this kind.",
    _plain,
    across(
        "Solved of `{set}` by calls alone",
        {"model": "model", "policy": "policy"},
        "nfe",
        "puzzles seed loops latents digest",
        label="{} NFE".format,
    ),
)
