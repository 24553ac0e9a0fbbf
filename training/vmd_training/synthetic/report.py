"""What the studies found: tables in Markdown, figures, the report of both, everything for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vmd_training.synthetic.data import Joint
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
)  # fmt: skip
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

MODELS = {"MDM": MDM.name, "VMD": VMD.name, "VMD of 1 draw": ELBO.name, TRUTH: TRUTH}
PLANS = {"1 call": ONE, "2 calls": TWO, "2 calls, z anew": TWO_ANEW,
         "4 calls": FOUR, "4 calls, z anew": FOUR_ANEW}  # fmt: skip
COLUMNS = {
    "two": ("MDM, 1 call", "VMD, 1 call", "VMD of 1 draw, 1 call", "MDM, 2 calls", "VMD, 2 calls",
            "VMD, 2 calls, z anew"),
    "four": ("MDM, 1 call", "VMD, 1 call", "MDM, 2 calls", "true conditionals, 2 calls",
             "VMD, 2 calls", "VMD, 2 calls, z anew", "MDM, 4 calls", "VMD, 4 calls",
             "VMD, 4 calls, z anew"),
}  # fmt: skip
"""The headings of a study's table: each a model and a plan, as `asked` reads them."""

COLOUR = {MDM.name: "#c44e52", VMD.name: "#2a6fb0", ELBO.name: "#7fb3dd"}
LINE = {1: "-o", 2: "--s", 4: ":^"}


def asked(heading: str) -> tuple[str, Plan]:
    """The model and the plan of a heading such as `VMD, 2 calls, z anew`."""
    model, _, plan = heading.partition(", ")
    return MODELS[model], PLANS[plan]


def certain(results: Results) -> list[Joint]:
    """The data of four tokens whose dependence is complete."""
    return [joint for joint in results.joints if joint.p == 1 and joint.length == 4]


def dependence(results: Results, names: Iterable[str], headings: Sequence[str]) -> str:
    """KL(true || sampled) against p."""
    rows = [
        (joint.name, f"{joint.p:g}", f"{joint.total_correlation_nats:.3f}",
         *(range_cell(results.kls(joint, *asked(heading))) for heading in headings))
        for name in names for joint in results.joints if joint.name == name
    ]  # fmt: skip
    return markdown(("data", "p", "total correlation", *headings), rows)


def latents(results: Results) -> str:
    """The terms of the bound and what z carries, beside the data's entropy."""
    rows = []
    for joint in results.joints:
        p = "-" if joint.p is None else f"{joint.p:g}"
        of_joint = [x for x in results.latents if (x.data, x.p) == (joint.name, joint.p)]
        for model in dict.fromkeys(latent.model for latent in of_joint):
            found = results.latents_of(joint, model)
            terms = zip(*((x.bound, x.cross_entropy, x.kl) for x in found), strict=True)
            cells = (f"{joint.entropy_nats:.3f}", *map(range_cell, terms))
            rows.append((joint.name, p, model, *cells))
    head = ("data", "p", "model", "entropy", "bound", "cross-entropy", "KL of z")
    return markdown(head, rows)


def in_blocks(results: Results) -> str:
    """Share of right sequences and KL, in one block and in two, beside the paper's."""
    joints = {joint.name: joint for joint in results.joints if joint.p == 1}
    rows = []
    for (name, blocks, nfe), theirs in PAPER.items():
        row = [name, str(blocks), str(nfe)]
        for models, paper in (((MDM,), theirs[:2]), ((ELBO, VMD), theirs[2:])):
            for of, figure in zip((results.shares, results.kls), paper, strict=True):
                ours = (of(joints[name], model.name, Plan(nfe), blocks) for model in models)
                row += [*map(range_cell, ours), figure]
        rows.append(row)
    groups = (("MDM", "MDM, paper"), ("VMD of 1 draw", "VMD of 8", "VMD, paper"))
    heads = (f"{model} {of}" for group in groups for of in ("right", "KL") for model in group)
    return markdown(("data", "blocks", "calls", *heads), rows)


def one_draw(results: Results) -> str:
    """Share of right sequences and KL in one call, for models of one draw of z and of eight, and at
    best for one draw."""
    rows: list[tuple[str, ...]] = []
    for joint in certain(results):
        for model in (ELBO.name, LEARNED.name, NARROW.name, CHEAP.name, VMD.name):
            if estimates := results.of(joint, model, ONE):
                gaps = [x.bound - joint.entropy_nats for x in results.latents_of(joint, model)]
                measures = zip(*((e.in_support, e.likeliest, e.kl_nats) for e in estimates),
                               strict=True)  # fmt: skip
                rows.append((joint.name, model, *map(range_cell, (*measures, gaps))))
        for (name, k, beta), best in results.limits.items():
            if name == joint.name:
                kind = f"perfect denoiser, 1 draw, k {k}, beta {beta:g}"
                rows.append((name, kind, f"{best.share:.3f}", "-", f"{best.kl_nats:.3f}",
                             f"{best.gap_nats:.3f}"))  # fmt: skip
        _, _, share, kl = PAPER[joint.name, 1, 1]
        rows.append((joint.name, "paper", share, "-", kl, "-"))
    head = ("data", "model", "right", "right, likeliest tokens", "KL", "bound less entropy")
    return markdown(head, rows)


def remasking(results: Results) -> str:
    """Share of right sequences and KL when tokens are given back and redrawn."""
    rows = []
    for joint, plan in product(certain(results), (ONE, TWO, FOUR, *REMASKED)):
        way = "all at once" if plan.nfe == 1 else f"{4 // plan.nfe} tokens a call"
        if plan.rounds:
            way = f"all at once, then {plan.given_back} {plan.remask} token a call anew"
        found = [of(joint, model.name, plan)
                 for model in (MDM, VMD) for of in (results.shares, results.kls)]  # fmt: skip
        if all(found):
            rows.append((joint.name, plan.nfe, way, *map(range_cell, found)))
    head = ("data", "calls", "way", "MDM right", "MDM KL", "VMD right", "VMD KL")
    return markdown(head, rows)


def plane(results: Results) -> str:
    """The two-dimensional toys."""
    plans = ((ONE, (TRUTH, MDM.name, VMD.name)), (TWO, (TRUTH, MDM.name, VMD.name)),
             (GIBBS, (MDM.name, VMD.name)))  # fmt: skip
    rows = []
    for joint, (plan, models) in product((j for j in results.joints if j.p is None), plans):
        terms = f"{joint.entropy_nats:.3f}", f"{joint.total_correlation_nats:.3f}"
        for model in models:
            for e in results.of(joint, model, plan):
                measures = (f"{x:.3f}" for x in (e.in_support, e.total_variation, e.kl_nats))
                rows.append((joint.name, *terms, model, plan.nfe, *measures))
    head = ("data", "entropy", "mutual information", "model", "calls", "in the support",
            "total variation", "KL")  # fmt: skip
    return markdown(head, rows)


SECTIONS = {
    "two": (
        ("Two tokens: KL(true || sampled), nats",
         lambda results: dependence(results, ("pair", "rising pair"), COLUMNS["two"])),
    ),
    "four": (
        ("Four tokens: KL(true || sampled), nats",
         lambda results: dependence(results, ("D1", "D2"), COLUMNS["four"])),
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


def save(results: Results, studies: Iterable[str], folder: Path) -> list[Path]:
    """Every figure of the studies; returns where they are."""
    paths = []
    for study, picture in PICTURES.items():
        if study in studies:
            paths.append(folder / f"synthetic_{study}.png")
            picture(results).savefig(paths[-1], dpi=100)
    return paths


def two(results: Results) -> Figure:
    """KL and what z carries, against the dependence of two tokens."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    joints = _against_p(left, results, "pair", (
        "MDM, 1 call", "VMD of 1 draw, 1 call", "VMD, 1 call", "MDM, 2 calls", "VMD, 2 calls",
    ))  # fmt: skip
    left.set_title("two tokens")
    ps = [joint.p for joint in joints]
    right.plot(ps, [joint.total_correlation_nats for joint in joints], "k--", lw=1,
               label="mutual information")  # fmt: skip
    for model in (ELBO.name, VMD.name):
        carried = [np.mean([x.kl for x in results.latents_of(joint, model)]) for joint in joints]
        right.plot(ps, carried, marker="o", ms=4, color=COLOUR[model], label=model)
    right.set(
        title="what z carries", xlabel="dependence p", ylabel="KL( q(z | x0, x_t) || p(z) ), nats"
    )
    right.legend(fontsize="small", frameon=False)
    return figure


def four(results: Results) -> Figure:
    """KL against the dependence of four tokens, for both kinds."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    headings = [f"{model}, {_calls(nfe)}" for model in ("MDM", "VMD") for nfe in (1, 2, 4)]
    titles = {"D1": "D1: a chain of four", "D2": "D2: two pairs"}
    for axes, (name, title) in zip(figure.subplots(1, 2), titles.items(), strict=True):
        _against_p(axes, results, name, headings)
        axes.set_title(title)
    return figure


def _calls(nfe: int) -> str:
    return f"{nfe} call{'s' * (nfe > 1)}"


def _against_p(axes: Axes, results: Results, name: str, headings: Sequence[str]) -> list[Joint]:
    """KL of the data of this name, which are returned in the order of p."""
    joints = sorted((joint for joint in results.joints if joint.name == name),
                    key=lambda joint: joint.p or 0.0)  # fmt: skip
    ps = [joint.p or 0.0 for joint in joints]
    axes.plot(ps, [joint.total_correlation_nats for joint in joints], color="k", lw=5, alpha=0.15,
              label="total correlation")  # fmt: skip
    for heading in headings:
        model, plan = asked(heading)
        kls = [results.kls(joint, model, plan) for joint in joints]
        colour = COLOUR[model]
        axes.plot(ps, [np.mean(kl) for kl in kls], LINE[plan.nfe], ms=4, color=colour,
                  label=heading)  # fmt: skip
        axes.fill_between(ps, [*map(min, kls)], [*map(max, kls)], color=colour, alpha=0.2, lw=0)
    axes.set(xlabel="dependence p", ylabel="KL(true || sampled), nats")
    axes.legend(fontsize="small", frameon=False)
    return joints


def blocks(results: Results) -> Figure:
    """Share of right sequences in one block and in two, beside the paper's."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, joint in zip(figure.subplots(1, 2, sharey=True), certain(results), strict=True):
        cases = [(b, nfe) for data, b, nfe in PAPER if data == joint.name][::-1]
        for offset, model, column in ((-0.2, MDM.name, 0), (0.2, VMD.name, 2)):
            ours = [np.mean(results.shares(joint, model, Plan(nfe), b)) for b, nfe in cases]
            theirs = [float(PAPER[joint.name, b, nfe][column]) for b, nfe in cases]
            places = np.arange(len(cases)) + offset
            axes.bar(places, ours, 0.38, color=COLOUR[model], label=f"{model}, here")
            axes.plot(places, theirs, "k_", ms=16, label="paper" if offset > 0 else None)
        names = [f"{b} block{'s' * (b > 1)}\n{_calls(nfe)}" for b, nfe in cases]
        axes.set_xticks(range(len(cases)), names)
        axes.set_title(joint.name)
    figure.axes[0].set_ylabel("share of right sequences")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), fontsize="small", frameon=False,
                  loc="outside right upper")  # fmt: skip
    return figure


def toy2d(results: Results) -> Figure:
    """Samples of the two-dimensional toys."""
    joints = [joint for joint in results.joints if (joint.name, TRUTH, 0) in results.points]
    columns = [(TRUTH, 0), (MDM.name, 1), (VMD.name, 1), (MDM.name, 2), (VMD.name, 2)]
    figure = Figure(figsize=(10, 2.15 * len(joints)), layout="constrained")
    panels = figure.subplots(len(joints), len(columns), squeeze=False)
    for axes, (joint, (model, nfe)) in zip(panels.flat, product(joints, columns), strict=True):
        tokens = results.points[joint.name, model, nfe]
        axes.scatter(*tokens.T, s=1.2, color=COLOUR.get(model, "#444444"), alpha=0.5, lw=0)
        title = "data"
        if nfe:
            (share,) = results.shares(joint, model, Plan(nfe))
            title = f"{model}, {_calls(nfe)}: {share:.2f}"
        axes.set_title(title, fontsize="medium")
        ends = (0, joint.values + 1)
        axes.set(xticks=[], yticks=[], aspect="equal", xlim=ends, ylim=ends)
    return figure


PICTURES = {"two": two, "four": four, "blocks": blocks, "toy2d": toy2d}


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
    limits = [{"data": name, "k": k, "beta": beta, **asdict(best)}
              for (name, k, beta), best in results.limits.items()]  # fmt: skip
    terms = [*map(asdict, results.latents)]
    return {**facts, "data": data, "estimates": estimates, "latents": terms, "limits": limits}
