"""Tables of what the studies found, in Markdown, and every figure as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vmd_training.report import table
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
    Latent,
    Results,
)

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
KL is of the true joint to the model's, estimated from the probabilities of the last call of so many
sampled rows, averaged: no counting, and for one call of MDM exact. One row even over all sequences
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


def spread(values: Sequence[float]) -> str:
    """The mean, and the range where there are several; `-` where there are none."""
    if not values:
        return "-"
    mean = f"{sum(values) / len(values):.3f}"
    if len(values) == 1:
        return mean
    return f"{mean} ({min(values):.3f} to {max(values):.3f})"


def found(
    results: Results, joint: Joint, model: str, plan: Plan, blocks: int = 1
) -> list[Estimate]:
    """The estimates of every seed."""
    asked = (joint.name, joint.p, model, plan, blocks)
    return [
        estimate
        for s, estimate in results.estimates.items()
        if (s.data, s.p, s.model, s.plan, s.blocks) == asked
    ]


def kls(results: Results, joint: Joint, column: Column, blocks: int = 1) -> list[float]:
    """KL(true || model) of every seed, nats."""
    return [e.kl_nats for e in found(results, joint, column.model, column.plan, blocks)]


def shares(results: Results, joint: Joint, column: Column, blocks: int = 1) -> list[float]:
    """Mass on sequences that count as right, of every seed."""
    return [e.in_support for e in found(results, joint, column.model, column.plan, blocks)]


TWO_COLUMNS = (
    Column("MDM, 1 call", MDM.name, ONE),
    Column("VMD, 1 call", VMD.name, ONE),
    Column("VMD of 1 draw, 1 call", ELBO.name, ONE),
    Column("MDM, 2 calls", MDM.name, TWO),
    Column("VMD, 2 calls", VMD.name, TWO),
    Column("VMD, 2 calls, z anew", VMD.name, TWO_ANEW),
)
FOUR_COLUMNS = (
    Column("MDM, 1 call", MDM.name, ONE),
    Column("VMD, 1 call", VMD.name, ONE),
    Column("MDM, 2 calls", MDM.name, TWO),
    Column("true conditionals, 2 calls", TRUTH, TWO),
    Column("VMD, 2 calls", VMD.name, TWO),
    Column("VMD, 2 calls, z anew", VMD.name, TWO_ANEW),
    Column("MDM, 4 calls", MDM.name, FOUR),
    Column("VMD, 4 calls", VMD.name, FOUR),
    Column("VMD, 4 calls, z anew", VMD.name, FOUR_ANEW),
)


def dependence(results: Results, names: Iterable[str], columns: Sequence[Column]) -> str:
    """KL(true || sampled) against p."""
    names = tuple(names)
    rows = [
        (joint.name, f"{joint.p:g}", f"{joint.total_correlation_nats:.3f}",
         *(spread(kls(results, joint, column)) for column in columns))
        for name in names for joint in results.joints if joint.name == name
    ]  # fmt: skip
    head = ("data", "p", "total correlation", *(column.heading for column in columns))
    return table(rows, head)


def latents(results: Results) -> str:
    """The terms of the bound and what z carries, beside the data's entropy."""
    rows = []
    for joint in results.joints:
        of_joint = [x for x in results.latents if (x.data, x.p) == (joint.name, joint.p)]
        for model in dict.fromkeys(latent.model for latent in of_joint):
            of_model = [latent for latent in of_joint if latent.model == model]
            rows.append((joint.name, dependence_of(joint), model, *_terms(joint, of_model)))
    head = ("data", "p", "model", "entropy", "bound", "cross-entropy", "KL of z")
    return table(rows, head)


def _terms(joint: Joint, of_model: Sequence[Latent]) -> tuple[str, ...]:
    return (
        f"{joint.entropy_nats:.3f}",
        spread([latent.bound for latent in of_model]),
        spread([latent.cross_entropy for latent in of_model]),
        spread([latent.kl for latent in of_model]),
    )


def dependence_of(joint: Joint) -> str:
    """p as text."""
    return "-" if joint.p is None else f"{joint.p:g}"


VMD_KINDS = ("VMD of 1 draw", "VMD of 8")
"""As tables of both name them."""


def in_blocks(results: Results) -> str:
    """Share of right sequences and KL, in one block and in two, beside the paper's."""
    joints = {joint.name: joint for joint in results.joints if joint.p == 1}
    rows = []
    for (name, blocks, nfe), theirs in PAPER.items():
        row = [name, str(blocks), str(nfe)]
        for models, paper in (((MDM.name,), theirs[:2]), ((ELBO.name, VMD.name), theirs[2:])):
            for of, figure in zip((shares, kls), paper, strict=True):
                columns = (Column("", model, Plan(nfe)) for model in models)
                row += [spread(of(results, joints[name], column, blocks)) for column in columns]
                row.append(figure)
        rows.append(tuple(row))
    heads = (f"{model} {of}" for models in (("MDM", "MDM, paper"), (*VMD_KINDS, "VMD, paper"))
             for of in ("right", "KL") for model in models)  # fmt: skip
    return table(rows, ("data", "blocks", "calls", *heads))


def one_draw(results: Results) -> str:
    """Share of right sequences and KL in one call, for models of one draw of z and of eight, and at
    best for one draw."""
    rows = []
    for joint in (joint for joint in results.joints if joint.p == 1 and joint.length == 4):
        for model in (ELBO.name, LEARNED.name, NARROW.name, CHEAP.name, VMD.name):
            estimates = found(results, joint, model, ONE)
            gaps = [x.bound - joint.entropy_nats for x in results.latents
                    if (x.data, x.p, x.model) == (joint.name, joint.p, model)]  # fmt: skip
            if estimates:
                rows.append((joint.name, model, *(
                    spread(values) for values in (
                        [e.in_support for e in estimates], [e.likeliest for e in estimates],
                        [e.kl_nats for e in estimates], gaps)
                )))  # fmt: skip
        for (name, k, beta), best in results.limits.items():
            if name == joint.name:
                rows.append((name, f"perfect denoiser, 1 draw, k {k}, beta {beta:g}",
                             f"{best.share:.3f}", "-", f"{best.kl_nats:.3f}",
                             f"{best.gap_nats:.3f}"))  # fmt: skip
        _, _, share, kl = PAPER[joint.name, 1, 1]
        rows.append((joint.name, "paper", share, "-", kl, "-"))
    return table(rows, ("data", "model", "right", "right, likeliest tokens", "KL",
                        "bound less entropy"))  # fmt: skip


def remasking(results: Results) -> str:
    """Share of right sequences and KL when tokens are given back and drawn anew."""
    rows = []
    for joint in (joint for joint in results.joints if joint.p == 1 and joint.length == 4):
        for plan in (ONE, TWO, FOUR, *REMASKED):
            columns = [Column("", model, plan) for model in (MDM.name, VMD.name)]
            if not all(found(results, joint, column.model, plan) for column in columns):
                continue
            rows.append((joint.name, str(plan.nfe), _way(plan), *(
                spread(of(results, joint, column)) for column in columns for of in (shares, kls)
            )))  # fmt: skip
    return table(rows, ("data", "calls", "way", "MDM right", "MDM KL", "VMD right", "VMD KL"))


def _way(plan: Plan) -> str:
    if plan.rounds:
        return f"all at once, then {plan.given_back} {plan.remask} token a call anew"
    return "all at once" if plan.nfe == 1 else f"{4 // plan.nfe} tokens a call"


def plane(results: Results) -> str:
    """The two-dimensional toys."""
    rows = []
    for joint in (joint for joint in results.joints if joint.p is None):
        for model, plan in (
            (TRUTH, ONE), (MDM.name, ONE), (VMD.name, ONE), (TRUTH, TWO), (MDM.name, TWO),
            (VMD.name, TWO), (MDM.name, GIBBS), (VMD.name, GIBBS),
        ):  # fmt: skip
            for e in found(results, joint, model, plan):
                measures = (e.in_support, e.total_variation, e.kl_nats)
                rows.append((joint.name, f"{joint.entropy_nats:.3f}",
                             f"{joint.total_correlation_nats:.3f}", model, str(plan.nfe),
                             *(f"{measure:.3f}" for measure in measures)))  # fmt: skip
    return table(rows, ("data", "entropy", "mutual information", "model", "calls",
                        "in the support", "total variation", "KL"))  # fmt: skip


def tables(results: Results, studies: Iterable[str]) -> str:
    """Every table of the studies, under a heading each."""
    made: list[tuple[str, str]] = []
    for study in studies:
        if study == "two":
            made.append(("Two tokens: KL(true || sampled), nats",
                         dependence(results, ("pair", "rising pair"), TWO_COLUMNS)))  # fmt: skip
        elif study == "four":
            made.append(("Four tokens: KL(true || sampled), nats",
                         dependence(results, ("D1", "D2"), FOUR_COLUMNS)))  # fmt: skip
        elif study == "blocks":
            made.append(("Four tokens at p = 1, in one block and in two", in_blocks(results)))
            made.append(("Four tokens at p = 1, remasked", remasking(results)))
        elif study == "draws":
            made.append(("Four tokens at p = 1 in one call, one draw of z", one_draw(results)))
        else:
            made.append(("Points of the plane, a token a coordinate", plane(results)))
    made.append(("The bound with everything masked, nats a sequence", latents(results)))
    return "\n".join(f"## {title}\n\n{body}" for title, body in made)


def page(tables: str, facts: dict[str, Any], pictures: Iterable[Path]) -> str:
    """report.md: the tables, what they mean, the figures, and how they were made."""
    used = sum(facts["processor_seconds"].values())
    return (
        f"# Synthetic studies\n\n{READING}\n"
        f"Seed {facts['seed']}, {facts['steps']} steps, {facts['rows']:,} sampled rows, one thread,"
        f" {used / 60:.1f} minutes of processor time, torch {facts['torch']}.\n\n"
        f"{tables}\n" + "".join(f"![{path.stem}]({path.name})\n" for path in pictures)
    )


def as_json(results: Results, facts: dict[str, Any]) -> str:
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
    everything = {**facts, "data": data, "estimates": estimates, "latents": terms,
                  "limits": limits}  # fmt: skip
    return json.dumps(everything, indent=1) + "\n"
