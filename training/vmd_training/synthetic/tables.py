"""What the studies found: tables in Markdown, the report of them, and everything for JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

from vmd_training.synthetic.data import Joint
from vmd_training.synthetic.estimate import Estimate
from vmd_training.synthetic.sampling import Plan
from vmd_training.synthetic.studies import (
    CHEAP,
    ELBO,
    FOUR,
    FOUR_ANEW,
    GIBBS,
    LEARNED,
    MDM,
    NARROW,
    ONE,
    REMASKED,
    TRUTH,
    TWO,
    TWO_ANEW,
    VMD,
    Results,
)
from vmd_training.tables import Row, markdown, range_cell

PAPER = {
    ("D1", 2, 4): ("0.994", "0.007", "1.000", "0.012"),
    ("D1", 2, 2): ("0.101", "2.298", "0.942", "0.068"),
    ("D1", 1, 4): ("0.993", "0.010", "1.000", "0.033"),
    ("D1", 1, 1): ("0.001", "9.422", "0.873", "0.165"),
    ("D2", 2, 4): ("0.993", "0.018", "1.000", "0.018"),
    ("D2", 2, 2): ("0.011", "7.656", "0.886", "0.148"),
    ("D2", 1, 4): ("0.991", "0.015", "1.000", "0.475"),
    ("D2", 1, 1): ("0.011", "7.493", "0.800", "0.268"),
}
"""Share right and KL of MDM, then of VMD, by data, blocks and NFE: arXiv 2510.23606, the table on
four tokens. How its KL is estimated is not stated there."""

READING = """\
KL is of the true joint to the model's, estimated from the probabilities of the last call, averaged
over the sampled rows: no counting, and for one call of MDM exact. One row even over all sequences
is added, and the bias of the estimate, to first order, subtracted (results.json states how much).
Total correlation is the KL to the product of the true marginals: what MDM cannot beat in one call.
Where there are several seeds, the mean and the range. The bound is on minus log p(x0): with as many
draws of z as training had, its KL weighed by 1 even where training weighed it less.
"""


@dataclass(frozen=True)
class Column:
    """A kind of model under a plan, and what to call it."""

    heading: str
    model: str
    plan: Plan


def found(
    results: Results, joint: Joint, model: str, plan: Plan, blocks: int = 1
) -> list[Estimate]:
    """The estimates of every seed."""
    wanted = (joint.name, joint.p, model, plan, blocks)
    return [
        estimate
        for s, estimate in results.estimates.items()
        if (s.data, s.p, s.model, s.plan, s.blocks) == wanted
    ]


def kls(results: Results, joint: Joint, column: Column, blocks: int = 1) -> list[float]:
    """KL(true || model) of every seed, nats."""
    return [e.kl_nats for e in found(results, joint, column.model, column.plan, blocks)]


def shares(results: Results, joint: Joint, column: Column, blocks: int = 1) -> list[float]:
    """Mass on sequences that count as right, of every seed."""
    return [e.in_support for e in found(results, joint, column.model, column.plan, blocks)]


MODELS = {"MDM": MDM.name, "VMD": VMD.name, "VMD of 1 draw": ELBO.name, "true conditionals": TRUTH}


def _columns(*headings: str) -> tuple[Column, ...]:
    """The columns of headings such as `VMD, 2 calls, z anew`."""
    plans = {"1 call": ONE, "2 calls": TWO, "2 calls, z anew": TWO_ANEW,
             "4 calls": FOUR, "4 calls, z anew": FOUR_ANEW}  # fmt: skip
    parts = [heading.partition(", ") for heading in headings]
    return tuple(
        Column(heading, MODELS[model], plans[plan])
        for heading, (model, _, plan) in zip(headings, parts, strict=True)
    )


TWO_COLUMNS = _columns(
    "MDM, 1 call", "VMD, 1 call", "VMD of 1 draw, 1 call", "MDM, 2 calls", "VMD, 2 calls",
    "VMD, 2 calls, z anew",
)  # fmt: skip
FOUR_COLUMNS = _columns(
    "MDM, 1 call", "VMD, 1 call", "MDM, 2 calls", "true conditionals, 2 calls", "VMD, 2 calls",
    "VMD, 2 calls, z anew", "MDM, 4 calls", "VMD, 4 calls", "VMD, 4 calls, z anew",
)  # fmt: skip


def dependence(results: Results, names: Iterable[str], columns: Sequence[Column]) -> str:
    """KL(true || sampled) against p."""
    rows = [
        (joint.name, f"{joint.p:g}", f"{joint.total_correlation_nats:.3f}",
         *(range_cell(kls(results, joint, column)) for column in columns))
        for name in names for joint in results.joints if joint.name == name
    ]  # fmt: skip
    return markdown(("data", "p", "total correlation", *(c.heading for c in columns)), rows)


def latents(results: Results) -> str:
    """The terms of the bound and what z carries, beside the data's entropy."""
    rows = []
    for joint in results.joints:
        of_joint = [x for x in results.latents if (x.data, x.p) == (joint.name, joint.p)]
        for model in dict.fromkeys(latent.model for latent in of_joint):
            found = [latent for latent in of_joint if latent.model == model]
            terms = ([x.bound for x in found], [x.cross_entropy for x in found],
                     [x.kl for x in found])  # fmt: skip
            p = "-" if joint.p is None else f"{joint.p:g}"
            rows.append((joint.name, p, model, f"{joint.entropy_nats:.3f}",
                         *map(range_cell, terms)))  # fmt: skip
    head = ("data", "p", "model", "entropy", "bound", "cross-entropy", "KL of z")
    return markdown(head, rows)


def certain(results: Results) -> list[Joint]:
    """The data of four tokens whose dependence is complete."""
    return [joint for joint in results.joints if joint.p == 1 and joint.length == 4]


def in_blocks(results: Results) -> str:
    """Share of right sequences and KL, in one block and in two, beside the paper's."""
    joints = {joint.name: joint for joint in results.joints if joint.p == 1}
    rows = []
    for (name, blocks, nfe), theirs in PAPER.items():
        row = [name, str(blocks), str(nfe)]
        for models, paper in (((MDM.name,), theirs[:2]), ((ELBO.name, VMD.name), theirs[2:])):
            for of, figure in zip((shares, kls), paper, strict=True):
                columns = (Column("", model, Plan(nfe)) for model in models)
                row += [range_cell(of(results, joints[name], c, blocks)) for c in columns]
                row.append(figure)
        rows.append(tuple(row))
    groups = (("MDM", "MDM, paper"), ("VMD of 1 draw", "VMD of 8", "VMD, paper"))
    heads = (f"{model} {of}" for group in groups for of in ("right", "KL") for model in group)
    return markdown(("data", "blocks", "calls", *heads), rows)


def one_draw(results: Results) -> str:
    """Share of right sequences and KL in one call, for models of one draw of z and of eight, and at
    best for one draw."""
    rows: list[tuple[str, ...]] = []
    for joint in certain(results):
        for model in (ELBO.name, LEARNED.name, NARROW.name, CHEAP.name, VMD.name):
            estimates = found(results, joint, model, ONE)
            gaps = [x.bound - joint.entropy_nats for x in results.latents
                    if (x.data, x.p, x.model) == (joint.name, joint.p, model)]  # fmt: skip
            measures = ([e.in_support for e in estimates], [e.likeliest for e in estimates],
                        [e.kl_nats for e in estimates], gaps)  # fmt: skip
            if estimates:
                rows.append((joint.name, model, *map(range_cell, measures)))
        for (name, k, beta), best in results.limits.items():
            if name == joint.name:
                rows.append((name, f"perfect denoiser, 1 draw, k {k}, beta {beta:g}",
                             f"{best.share:.3f}", "-", f"{best.kl_nats:.3f}",
                             f"{best.gap_nats:.3f}"))  # fmt: skip
        _, _, share, kl = PAPER[joint.name, 1, 1]
        rows.append((joint.name, "paper", share, "-", kl, "-"))
    head = ("data", "model", "right", "right, likeliest tokens", "KL", "bound less entropy")
    return markdown(head, rows)


def remasking(results: Results) -> str:
    """Share of right sequences and KL when tokens are given back and redrawn."""
    rows = []
    for joint, plan in product(certain(results), (ONE, TWO, FOUR, *REMASKED)):
        columns = [Column("", model, plan) for model in (MDM.name, VMD.name)]
        if all(found(results, joint, column.model, plan) for column in columns):
            cells = [range_cell(of(results, joint, c)) for c in columns for of in (shares, kls)]
            rows.append((joint.name, plan.nfe, _way(plan), *cells))
    head = ("data", "calls", "way", "MDM right", "MDM KL", "VMD right", "VMD KL")
    return markdown(head, rows)


def _way(plan: Plan) -> str:
    if plan.rounds:
        return f"all at once, then {plan.given_back} {plan.remask} token a call anew"
    return "all at once" if plan.nfe == 1 else f"{4 // plan.nfe} tokens a call"


def plane(results: Results) -> str:
    """The two-dimensional toys."""
    cases = (
        (TRUTH, ONE), (MDM.name, ONE), (VMD.name, ONE), (TRUTH, TWO), (MDM.name, TWO),
        (VMD.name, TWO), (MDM.name, GIBBS), (VMD.name, GIBBS),
    )  # fmt: skip
    rows = []
    for joint, (model, plan) in product((j for j in results.joints if j.p is None), cases):
        terms = f"{joint.entropy_nats:.3f}", f"{joint.total_correlation_nats:.3f}"
        for e in found(results, joint, model, plan):
            measures = (f"{x:.3f}" for x in (e.in_support, e.total_variation, e.kl_nats))
            rows.append((joint.name, *terms, model, plan.nfe, *measures))
    head = ("data", "entropy", "mutual information", "model", "calls", "in the support",
            "total variation", "KL")  # fmt: skip
    return markdown(head, rows)


SECTIONS: dict[str, tuple[tuple[str, Callable[[Results], str]], ...]] = {
    "two": (
        ("Two tokens: KL(true || sampled), nats",
         lambda results: dependence(results, ("pair", "rising pair"), TWO_COLUMNS)),
    ),
    "four": (
        ("Four tokens: KL(true || sampled), nats",
         lambda results: dependence(results, ("D1", "D2"), FOUR_COLUMNS)),
    ),
    "blocks": (
        ("Four tokens at p = 1, in one block and in two", in_blocks),
        ("Four tokens at p = 1, remasked", remasking),
    ),
    "draws": (("Four tokens at p = 1 in one call, one draw of z", one_draw),),
    "toy2d": (("Points of the plane, a token a coordinate", plane),),
}  # fmt: skip
"""The tables of each study: a heading, and what makes it."""


def tables(results: Results, studies: Iterable[str]) -> str:
    """Every table of the studies, under a heading each."""
    chosen = [section for study in studies for section in SECTIONS[study]]
    chosen.append(("The bound with everything masked, nats a sequence", latents))
    return "\n".join(f"## {title}\n\n{table(results)}" for title, table in chosen)


def page(tables: str, facts: Row, pictures: Iterable[Path]) -> str:
    """report.md: the tables, what they mean, the figures, and how they were made."""
    used = sum(facts["processor_seconds"].values())
    return (
        f"# Synthetic studies\n\n{READING}\n"
        f"Seed {facts['seed']}, {facts['steps']} steps, {facts['rows']:,} sampled rows, one thread,"
        f" {used / 60:.1f} minutes of processor time, torch {facts['torch']}.\n\n"
        f"{tables}\n" + "".join(f"![{path.stem}]({path.name})\n" for path in pictures)
    )


def document(results: Results, facts: Row) -> Row:
    """Everything that was measured."""
    data = [
        {"data": joint.name, "p": joint.p, "entropy_nats": joint.entropy_nats,
         "total_correlation_nats": joint.total_correlation_nats}
        for joint in results.joints
    ]  # fmt: skip
    estimates = [asdict(setting) | asdict(e) for setting, e in results.estimates.items()]
    terms = [asdict(latent) for latent in results.latents]
    limits = [{"data": name, "k": k, "beta": beta, **asdict(best)}
              for (name, k, beta), best in results.limits.items()]  # fmt: skip
    return {**facts, "data": data, "estimates": estimates, "latents": terms, "limits": limits}
