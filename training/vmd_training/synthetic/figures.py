"""Pictures of what the studies found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vmd_training.synthetic.data import Joint
from vmd_training.synthetic.sampling import Plan
from vmd_training.synthetic.studies import ELBO, FOUR, MDM, ONE, TRUTH, TWO, VMD, Results
from vmd_training.synthetic.tables import PAPER, Column, certain, found, kls, shares

COLOUR = {MDM.name: "#c44e52", VMD.name: "#2a6fb0", ELBO.name: "#7fb3dd"}
LINE = {1: "-", 2: "--", 4: ":"}
MARK = {1: "o", 2: "s", 4: "^"}


def save(results: Results, studies: tuple[str, ...], folder: Path) -> list[Path]:
    """Every figure of the studies; returns where they are."""
    pictures = {"two": two, "four": four, "blocks": blocks, "toy2d": toy2d}
    paths = {study: folder / f"synthetic_{study}.png" for study in pictures if study in studies}
    for study, path in paths.items():
        pictures[study](results).savefig(path, dpi=100)
    return list(paths.values())


def two(results: Results) -> Figure:
    """KL and what z carries, against the dependence of two tokens."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    joints = _joints(results, "pair")
    _against_p(left, results, joints, (
        Column("MDM, 1 call", MDM.name, ONE),
        Column("VMD of 1 draw, 1 call", ELBO.name, ONE),
        Column("VMD, 1 call", VMD.name, ONE),
        Column("MDM, 2 calls", MDM.name, TWO),
        Column("VMD, 2 calls", VMD.name, TWO),
    ))  # fmt: skip
    left.set_title("two tokens")
    ps = [joint.p or 0.0 for joint in joints]
    right.plot(ps, [joint.total_correlation_nats for joint in joints], "k--", lw=1,
               label="mutual information")  # fmt: skip
    for model in (ELBO.name, VMD.name):
        of_p = [[x.kl for x in results.latents if (x.data, x.p, x.model) == ("pair", p, model)]
                for p in ps]  # fmt: skip
        right.plot(ps, [np.mean(kl) for kl in of_p], marker="o", ms=4, color=COLOUR[model],
                   label=model)  # fmt: skip
    right.set(
        title="what z carries", xlabel="dependence p", ylabel="KL( q(z | x0, x_t) || p(z) ), nats"
    )
    right.legend(fontsize="small", frameon=False)
    return figure


def four(results: Results) -> Figure:
    """KL against the dependence of four tokens, for both kinds."""
    figure = Figure(figsize=(9, 3.8), layout="constrained")
    panels = figure.subplots(1, 2)
    titles = {"D1": "D1: a chain of four", "D2": "D2: two pairs"}
    for axes, (name, title) in zip(panels, titles.items(), strict=True):
        _against_p(axes, results, _joints(results, name), tuple(
            Column(f"{model}, {_calls(plan.nfe)}", model, plan)
            for model in (MDM.name, VMD.name) for plan in (ONE, TWO, FOUR)
        ))  # fmt: skip
        axes.set_title(title)
    return figure


def _calls(nfe: int) -> str:
    return f"{nfe} call{'s' * (nfe > 1)}"


def _joints(results: Results, name: str) -> list[Joint]:
    held = [joint for joint in results.joints if joint.name == name]
    return sorted(held, key=lambda joint: joint.p or 0.0)


def _against_p(
    axes: Axes, results: Results, joints: list[Joint], columns: tuple[Column, ...]
) -> None:
    ps = [joint.p or 0.0 for joint in joints]
    axes.plot(ps, [joint.total_correlation_nats for joint in joints], color="k", lw=5, alpha=0.15,
              label="total correlation")  # fmt: skip
    for column in columns:
        of_p = [kls(results, joint, column) for joint in joints]
        nfe, colour = column.plan.nfe, COLOUR[column.model]
        axes.plot(ps, [np.mean(values) for values in of_p], LINE[nfe], marker=MARK[nfe], ms=4,
                  color=colour, label=column.heading)  # fmt: skip
        axes.fill_between(ps, [min(values) for values in of_p], [max(values) for values in of_p],
                          color=colour, alpha=0.2, lw=0)  # fmt: skip
    axes.set(xlabel="dependence p", ylabel="KL(true || sampled), nats")
    axes.legend(fontsize="small", frameon=False)


def blocks(results: Results) -> Figure:
    """Share of right sequences in one block and in two, beside the paper's."""
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, joint in zip(figure.subplots(1, 2, sharey=True), certain(results), strict=True):
        name = joint.name
        cases = [(blocks, nfe) for data, blocks, nfe in PAPER if data == name][::-1]
        for offset, model in ((-0.2, MDM.name), (0.2, VMD.name)):
            of_case = [shares(results, joint, Column("", model, Plan(nfe)), b) for b, nfe in cases]
            places = np.arange(len(cases)) + offset
            axes.bar(places, [np.mean(values) for values in of_case], 0.38, color=COLOUR[model],
                     label=f"{model}, here")  # fmt: skip
            theirs = [float(PAPER[name, b, n][0 if model == MDM.name else 2]) for b, n in cases]
            axes.plot(places, theirs, "k_", ms=16, label="paper" if offset > 0 else None)
        names = [f"{b} block{'s' * (b > 1)}\n{_calls(nfe)}" for b, nfe in cases]
        axes.set_xticks(range(len(cases)), names)
        axes.set_title(name)
    figure.axes[0].set_ylabel("share of right sequences")
    figure.legend(*figure.axes[0].get_legend_handles_labels(), fontsize="small", frameon=False,
                  loc="outside right upper")  # fmt: skip
    return figure


def toy2d(results: Results) -> Figure:
    """Samples of the two-dimensional toys."""
    names = list(dict.fromkeys(name for name, _, _ in results.points))
    columns = [(TRUTH, 0), (MDM.name, 1), (VMD.name, 1), (MDM.name, 2), (VMD.name, 2)]
    figure = Figure(figsize=(10, 2.15 * len(names)), layout="constrained")
    panels = figure.subplots(len(names), len(columns), squeeze=False)
    for row, name in zip(panels, names, strict=True):
        joint = next(joint for joint in results.joints if joint.name == name)
        for axes, (model, nfe) in zip(row, columns, strict=True):
            tokens = results.points[name, model, nfe]
            colour = COLOUR.get(model, "#444444")
            axes.scatter(*tokens.T, s=1.2, color=colour, alpha=0.5, lw=0)
            title = "data" if model == TRUTH else f"{model}, {_calls(nfe)}"
            if nfe:
                share = found(results, joint, model, Plan(nfe))[0].in_support
                title += f": {share:.2f}"
            axes.set_title(title, fontsize="medium")
            axes.set(xticks=[], yticks=[], aspect="equal", xlim=(0, joint.values + 1),
                     ylim=(0, joint.values + 1))  # fmt: skip
    return figure
