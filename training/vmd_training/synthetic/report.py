"""What the studies found: tables in Markdown, figures, the report of both, everything for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import product
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vmd_training.files import write_text
from vmd_training.plots import save
from vmd_training.synthetic.data import Joint
from vmd_training.synthetic.sampling import Plan
from vmd_training.synthetic.studies import (
    CHEAP,
    ELBO,
    GIBBS,
    LEARNED,
    MDM,
    NARROW,
    REMASKED,
    TRUTH,
    VMD,
    Results,
)  # fmt: skip
from vmd_training.tables import Row, markdown, range_cell, write_json

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
    model, calls, *anew = heading.split(", ")
    return MODELS[model], Plan(int(calls[0]), anew=bool(anew))


def certain(results: Results) -> list[Joint]:
    """The data of four tokens whose dependence is complete."""
    return [joint for joint in results.joints if joint.p == 1 and joint.length == 4]


def dependence(results: Results, study: str, *names: str) -> str:
    """KL(true || sampled) against p."""
    headings = COLUMNS[study]
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
            found = [latent for latent in of_joint if latent.model == model]
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
            if estimates := results.of(joint, model, Plan(1)):
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
    for joint, plan in product(certain(results), (*map(Plan, (1, 2, 4)), *REMASKED)):
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
    toys = [joint for joint in results.joints if joint.p is None]
    plans, models = (Plan(1), Plan(2), GIBBS), (TRUTH, MDM.name, VMD.name)
    rows = []
    for joint, plan, model in product(toys, plans, models):
        terms = f"{joint.entropy_nats:.3f}", f"{joint.total_correlation_nats:.3f}"
        for e in results.of(joint, model, plan):
            measures = (f"{x:.3f}" for x in (e.in_support, e.total_variation, e.kl_nats))
            rows.append((joint.name, *terms, model, plan.nfe, *measures))
    head = ("data", "entropy", "mutual information", "model", "calls", "in the support",
            "total variation", "KL")  # fmt: skip
    return markdown(head, rows)


SECTIONS = {
    "two": (("Two tokens: KL(true || sampled), nats",
             lambda results: dependence(results, "two", "pair", "rising pair")),),
    "four": (("Four tokens: KL(true || sampled), nats",
              lambda results: dependence(results, "four", "D1", "D2")),),
    "blocks": (
        ("Four tokens at p = 1, in one block and in two", in_blocks),
        ("Four tokens at p = 1, remasked", remasking),
    ),
    "draws": (("Four tokens at p = 1 in one call, one draw of z", one_draw),),
    "toy2d": (("Points of the plane, a token a coordinate", plane),),
}  # fmt: skip
"""The tables of each study: a heading, and what makes it."""


def two(results: Results) -> Figure:
    """KL and what z carries, against the dependence of two tokens."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    joints = _against_p(left, results, "pair", (
        "MDM, 1 call", "VMD of 1 draw, 1 call", "VMD, 1 call", "MDM, 2 calls", "VMD, 2 calls",
    ))  # fmt: skip
    left.set_title("two tokens")
    ps = [joint.p for joint in joints]
    information = [joint.total_correlation_nats for joint in joints]
    right.plot(ps, information, "k--", lw=1, label="mutual information")
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
    joints = [joint for joint in results.joints if joint.name == name]
    joints.sort(key=lambda joint: joint.p or 0.0)
    ps = [joint.p or 0.0 for joint in joints]
    highest = [joint.total_correlation_nats for joint in joints]
    axes.plot(ps, highest, color="k", lw=5, alpha=0.15, label="total correlation")
    for heading in headings:
        model, plan = asked(heading)
        colour, kls = COLOUR[model], [results.kls(joint, model, plan) for joint in joints]
        means = [np.mean(kl) for kl in kls]
        axes.plot(ps, means, LINE[plan.nfe], ms=4, color=colour, label=heading)
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
        for share in results.shares(joint, model, Plan(nfe)) if nfe else ():
            title = f"{model}, {_calls(nfe)}: {share:.2f}"
        axes.set_title(title, fontsize="medium")
        ends = (0, joint.values + 1)
        axes.set(xticks=[], yticks=[], aspect="equal", xlim=ends, ylim=ends)
    return figure


PICTURES = {"two": two, "four": four, "blocks": blocks, "toy2d": toy2d}


def write(results: Results, studies: Sequence[str], folder: Path, facts: Row) -> str:
    """report.md, results.json and the figures of the studies; returns the tables of the report."""
    chosen = [section for study in studies for section in SECTIONS[study]]
    chosen.append(("The bound with everything masked, nats a sequence", latents))
    tables = "\n".join(f"## {title}\n\n{table(results)}" for title, table in chosen)
    used = sum(facts["processor_seconds"].values())
    page = (
        f"# Synthetic studies\n\n{READING}\n"
        f"Seed {facts['seed']}, {facts['steps']} steps, {facts['rows']:,} sampled rows, one thread,"
        f" {used / 60:.1f} minutes of processor time, torch {facts['torch']}.\n\n{tables}\n"
    )
    for study in (study for study in PICTURES if study in studies):
        name = f"synthetic_{study}"
        save(PICTURES[study](results), folder / f"{name}.png")
        page += f"![{name}]({name}.png)\n"
    write_text(folder / "report.md", page)
    write_json(folder / "results.json", document(results, facts), allow_nan=True)
    return tables


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
    latents = [*map(asdict, results.latents)]
    return {**facts, "data": data, "estimates": estimates, "latents": latents, "limits": limits}
