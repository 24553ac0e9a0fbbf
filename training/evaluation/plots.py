"""Rows into figures: a panel for each set, a colour for each model, a line style for the rest.

A model has the same colour in every figure of a report. matplotlib is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np

from training.evaluation.bench import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that people with any colour vision can tell apart (Okabe and Ito 2008)."""

STYLES = (("-", "o"), ("--", "s"), (":", "^"), ("-.", "D"), ((0, (1, 3)), "v"))
"""Line and marker."""

APART = 1.03
"""Factor between the places of two lines at one x."""

ACROSS = 3
"""Most panels side by side."""


def colours_of(models: Sequence[str]) -> dict[str, str]:
    """The colour of each model, in their order."""
    return {name: PALETTE[at % len(PALETTE)] for at, name in enumerate(models)}


def lines(
    rows: Sequence[Row],
    *,
    panel: str,
    x: str,
    colour: str,
    colours: Mapping[str, str],
    xlabel: str,
    ylabel: str,
    style: str | None = None,
    y: str = "share",
    titles: Mapping[str, str] | None = None,
    unit: bool = True,
) -> Figure:
    """Lines with 95% intervals over a doubling x, one panel for each value of `panel`.

    `unit` says that y is a share, from 0 to 1. The legend stands once, beside the panels.
    """
    from matplotlib.figure import Figure

    panels = list(dict.fromkeys(row[panel] for row in rows))
    styles = list(dict.fromkeys(row[style] for row in rows)) if style else [None]
    across = min(ACROSS, max(1, len(panels)))
    down = max(1, ceil(len(panels) / across))
    figure = Figure(figsize=(3.4 * across + 1.8, 3.0 * down + 0.4), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=unit).flatten()
    for ax, name in zip(axes, panels, strict=False):
        mine = [row for row in rows if row[panel] == name]
        pairs = list(product(colours, styles))
        for number, (model, kind) in enumerate(pairs):
            series = [
                row
                for row in mine
                if row[colour] == model and (style is None or row[style] == kind)
            ]
            label = str(model) if kind is None else f"{model}, {kind}"
            apart = APART ** (number - (len(pairs) - 1) / 2)
            look = STYLES[styles.index(kind) % len(STYLES)]
            _line(ax, series, x, y, label, colours[model], look, apart)
        _dress(ax, titles[name] if titles else str(name), sorted({row[x] for row in mine}), unit)
    for ax in axes[len(panels) :]:
        ax.set_visible(False)
    for at, ax in enumerate(axes[: len(panels)]):
        if at + across >= len(panels):
            ax.set_xlabel(xlabel)
            ax.tick_params(labelbottom=True)
        if at % across == 0:
            ax.set_ylabel(ylabel)
    _legend(figure, list(axes[: len(panels)]))
    return figure


def _line(
    ax: Axes,
    series: Sequence[Row],
    x: str,
    y: str,
    label: str,
    colour: str,
    style: tuple[Any, str],
    apart: float,
) -> None:
    """A line with its intervals as bars, moved by a factor so that bars do not hide each other."""
    if not series:
        return
    xs, ys = [row[x] * apart for row in series], [row[y] for row in series]
    below = [row[y] - row["low"] for row in series]
    above = [row["high"] - row[y] for row in series]
    ax.errorbar(
        xs, ys, yerr=np.maximum((below, above), 0), linestyle=style[0], marker=style[1], ms=4,
        lw=1.6, elinewidth=0.9, capsize=2, color=colour, label=label,
    )  # fmt: skip


def _dress(ax: Axes, title: str, ticks: Sequence[float], unit: bool) -> None:
    ax.set_title(title, fontsize=10)
    ax.set_xscale("log")
    ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(alpha=0.25)
    if unit:
        ax.set_ylim(-0.03, 1.03)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """What the lines are, each once."""
    named: dict[str, Any] = {}
    for ax in axes:
        for handle, label in zip(*ax.get_legend_handles_labels(), strict=True):
            named.setdefault(label, handle)
    if named:
        figure.legend(
            named.values(), named.keys(), loc="outside right upper", fontsize="small",
            frameon=False,
        )  # fmt: skip
