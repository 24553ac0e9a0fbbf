"""Questions about puzzles with rules, each on a board of its own: relations, automata, no search.

What does the model alone solve, of rules that were trained and of others, how much of it does it
owe to hearing the rules, and do its samples differ where there are several solutions?
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import chain

import numpy as np

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import latin
from vmd_solver.csp.ruled import VARIANTS
from vmd_solver.generation import PuzzleSpec
from vmd_solver.sampling import Settings
from vmd_solver.sampling.neural import unheard
from vmd_training import intervals
from vmd_training.evaluation import sets
from vmd_training.evaluation.bench import Bench, Case, Section, Source, Task, across
from vmd_training.evaluation.boards import (
    CALLS,
    COVERAGE,
    DRAWN,
    SAMPLER,
    SPREAD,
    from_empty,
    from_several,
    sampled,
    valid_and_distinct,
)
from vmd_training.evaluation.models import Model
from vmd_training.evaluation.sets import PuzzleSet
from vmd_training.evaluation.solving import within
from vmd_training.ruled import TRAINED
from vmd_training.tables import Row, Table, by_set, share_cell

MOST_LATENTS, MOST_CALLS = 16, 20
"""What a puzzle on a board of its own is worth: it shares its calls with no other."""

USUAL = 4
"""Latents where only one number is looked at: as `vmd-solve --mode neural` has it."""

SIZE = 6
"""Rows of the boards made here, where the family has such."""

MIXED = "mixed"
"""The family of which each puzzle has rules of several kinds."""

HEARD = {
    "trained": "Families whose rules are trained",
    "partly": "Families some of whose rules are trained",
    "zero-shot": "Families whose rules are never trained",
    "plain": "Families that come to units and given marks, which every model knows",
}
"""What training knows of the relations and automata of a set, and the caption of its table."""

WHAT = ("sets", "families", "empty", "several")
"""What a row is of."""

SIGNED = {"4x4": (latin(4), 4), "6x6": (latin(6), 6)}
"""Boards without givens, by size, and how many signs of inequality they have."""


def heard(puzzles: Iterable[Puzzle]) -> str:
    """Which of HEARD holds for the rules of these puzzles."""
    names = {name for puzzle in puzzles for name in unheard(puzzle.board)}
    if names <= set(TRAINED):
        return "trained" if names else "plain"
    return "zero-shot" if names.isdisjoint(TRAINED) else "partly"


def _rules(bench: Bench) -> Iterator[Task]:
    """Sets by latents and calls; families; then boards with several solutions."""
    few, families = bench.scale.few, {name: _family(bench, name) for name in VARIANTS}
    first = [
        Source(
            of.name, len(of.puzzles), partial(PuzzleSet, of.name, of.puzzles), of.puzzles[0].board
        )
        for path in bench.ruled
        for of in sets.kinds(path, few)
    ]
    first.append(families.pop(MIXED))
    deaf = [model.deaf for model in bench.models if model.deaf is not None]
    every = {USUAL, *(K for K in bench.scale.latents if K <= MOST_LATENTS)}
    calls = [nfe for nfe in bench.scale.calls if nfe <= MOST_CALLS]
    yield from bench.tasks(first, partial(_solved, "sets", sorted(every), calls))
    yield from bench.tasks(first, partial(_solved, "sets", [USUAL], calls), deaf)
    for models in (bench.models, deaf):
        made = partial(_solved, "families", [USUAL], [bench.scale.budget])
        yield from bench.tasks(families.values(), made, models)
    yield from _dependency(bench)


def _family(bench: Bench, name: str) -> Source:
    variant, few, seed = VARIANTS[name], bench.scale.few, bench.seed
    spec = PuzzleSpec(name, SIZE if SIZE in variant.sizes else variant.usual)
    board = spec.board(np.random.default_rng(0))
    return Source(name, few, partial(sets.ruled, spec, few, seed), board)


def _solved(what: str, latents: list[int], calls: list[int], model: Model) -> Iterator[Case]:
    """A run with the most calls for each number of latents."""
    for K in latents if model.latent != "none" else (1,):
        settings = [Settings.usual(mode="neural", latents=K, nfe=nfe) for nfe in calls]
        yield Case((f"K = {K}",), K * max(calls), partial(_by_calls, what, settings))


def _by_calls(
    what: str, every: list[Settings], bench: Bench, model: Model, of: PuzzleSet
) -> list[Row]:
    """A row for each number of calls, and what propagation and training know of the set."""
    if not of.puzzles:
        return []
    alone = intervals.share(of.propagated, len(of.puzzles))
    facts = {"what": what, "heard": heard(of.puzzles), "propagation": alone}
    return [{**row, **facts} for row in within(every, bench, model, of)]


def _dependency(bench: Bench) -> Iterator[Task]:
    """A board with a few signs, then boards with so many that they have 2 to SEVERAL solutions."""
    scale, few, seed = bench.scale, bench.scale.few, bench.seed
    one, some = [], []
    for size, (board, signs) in SIGNED.items():
        name = f"{size}, {signs} signs"
        make = partial(sets.with_signs, name, board, signs, scale.empties, seed)
        one.append(Source(name, scale.empties, make, board))
        name = f"{size}, signs"
        make = partial(sets.several_with_signs, name, board, few, seed)
        some.append(Source(name, few, make, board))
    alike = [model.of_one_z for model in bench.models if model.latent != "none"]
    calls = {from_empty: sum(scale.sampled), from_several: max(scale.latents) * CALLS}
    for run, sources in ((from_empty, one), (from_several, some)):
        yield from bench.tasks(sources, partial(sampled, run, calls[run]))
        drawn = Case((f"T = {DRAWN.temperature:g}",), calls[run], partial(run, DRAWN))
        yield from bench.tasks(sources, partial(_only, drawn), alike)


def _only(case: Case, model: Model) -> list[Case]:
    return [case]


def _summed(rows: list[Row]) -> list[Row]:
    """The rows, and for each model one of all their puzzles together."""
    every = list(rows)
    for model in dict.fromkeys(row["model"] for row in rows):
        mine = [row for row in rows if row["model"] == model]
        puzzles = sum(row["puzzles"] for row in mine)
        alone = intervals.share(sum(row["propagation"]["solved"] for row in mine), puzzles)
        solved = intervals.share(sum(row["solved"] for row in mine), puzzles)
        every.append({**mine[0], "set": "all", **solved, "propagation": alone})
    return every


def _beside(rows: list[Row]) -> list[Row]:
    """The rows with what propagation alone solves as it is shown."""
    return [{**row, "alone": share_cell(row["propagation"])} for row in rows]


SETS = across(
    "Solved of each set by NFE",
    {
        "puzzles": "set", "rules": "heard", "sample size": "puzzles", "propagation alone": "alone",
        "model": "model", "K": "latents",
    },
    "nfe",
    "seed loops policy z",
    label="{} NFE".format,
)  # fmt: skip

SPARSE = across(
    "Valid grids of a board with a few signs of inequality, and how many of them differ",
    {"board": "set", "model": "model", **SAMPLER},
    "nfe",
    "puzzles seed latents loops remask",
    valid_and_distinct,
    "{} NFE".format,
)


def _tables(rows: list[Row]) -> list[Table]:
    """Sets by calls and latents; families by what is trained of them; what has many solutions."""
    beside = list(chain.from_iterable(by_set(rows).values()))
    of = {what: [row for row in beside if row["what"] == what] for what in WHAT}
    tables = SETS(_beside(of["sets"])) if of["sets"] else []
    for kind, caption in HEARD.items():
        mine = [row for row in of["families"] if row["heard"] == kind]
        index = {"family": "set", "sample size": "puzzles", "propagation alone": "alone"}
        if mine:
            table = across(caption, index, "model", "latents seed nfe loops policy z")
            tables += table(_beside(_summed(mine)))
    if of["empty"]:
        tables += SPARSE(of["empty"])
    if of["several"]:
        samples = max(row["samples"] for row in of["several"])
        tables += SPREAD([row for row in of["several"] if row["samples"] == samples])
        tables += COVERAGE(of["several"])
    return tables


RULES = Section(
    "rules",
    "Puzzles with rules",
    "Neural mode as it ships: z is drawn again for each call, and a valid grid of any of K latents"
    " ends the puzzle; a model without latent has K = 1. Every puzzle has rules of its own. They"
    " reach the model as belief; `deaf` is the same model but that what it hears of relations and"
    f" automata has no weight. Sets by name are read from files; `{MIXED}` and the families are"
    f" made here, at {SIZE}x{SIZE} if there is such a board, from seeds that training never draws;"
    " each puzzle has one solution. `propagation alone` solves what needs no guess, and no model"
    " has a part in it. Rules are `trained` where training draws all that come to relations or"
    " automata, `partly` where it draws some, `zero-shot` where it draws none, and `plain` where"
    " none comes to any. Boards with signs of inequality have no givens: a plain sampler is asked"
    " for one solution of many, as in the section on dependency. At T = 0 all variety comes from z;"
    " with `one z` all samples of a board share theirs, and only drawn values differ.",
    _rules,
    _tables,
)
