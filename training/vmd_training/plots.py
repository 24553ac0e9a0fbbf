"""Rows into figures: a panel for each set, a colour for each model, a line style for the rest.

A model has the same colour in every figure of a report. matplotlib is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vmd_training.files import replacing
from vmd_training.tables import Row

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Figures: TypeAlias = "dict[str, Figure]"
"""Figures by file name."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Colours that people with any colour vision can tell apart (Okabe and Ito 2008)."""

STYLES: tuple[dict[str, Any], ...] = (
    {"linestyle": "-", "marker": "o"},
    {"linestyle": "--", "marker": "s"},
    {"linestyle": ":", "marker": "^"},
    {"linestyle": "-.", "marker": "D"},
)
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
    colours: Mapping[str, str],
    xlabel: str,
    ylabel: str,
    style: str | None = None,
    y: str = "share",
) -> Figure:
    """Shares with 95% intervals over a doubling x, one panel for each value of `panel`.

    A line is a model, or with `style` a model and a value of that key. The legend stands once,
    beside the panels.
    """

    from matplotlib.figure import Figure

    def line_of(row: Row) -> tuple[str, Any]:
        return row["model"], row[style] if style else None

    styles = list(dict.fromkeys(row[style] for row in rows)) if style else [None]
    present = {line_of(row) for row in rows}
    pairs = [pair for pair in product(colours, styles) if pair in present]
    panels = list(dict.fromkeys(row[panel] for row in rows))
    across = min(ACROSS, max(1, len(panels)))
    down = max(1, ceil(len(panels) / across))
    figure = Figure(figsize=(3.4 * across + 1.8, 3.0 * down + 0.4), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).flatten()
    named: dict[str, Any] = {}
    for at, ax in enumerate(grid):
        if at + across >= len(panels):  # one scale for all, named at the left and at the bottom
            ax.set_xlabel(xlabel)
            ax.tick_params(labelbottom=True)
        if at % across == 0:
            ax.set_ylabel(ylabel)
        if at >= len(panels):
            ax.set_visible(False)
            continue
        mine = [row for row in rows if row[panel] == panels[at]]
        for number, (model, kind) in enumerate(pairs):
            series = [row for row in mine if line_of(row) == (model, kind)]
            if series:
                look = {
                    "color": colours[model],
                    "label": model if kind is None else f"{model}, {kind}",
                    **STYLES[styles.index(kind) % len(STYLES)],
                }
                # Apart, so that the bars of two lines do not hide each other.
                apart = APART ** (number - (len(pairs) - 1) / 2)
                xs, ys = [row[x] * apart for row in series], [row[y] for row in series]
                bars = np.array([(row[y] - row["low"], row["high"] - row[y]) for row in series])
                named.setdefault(look["label"], ax.errorbar(
                    xs, ys, np.maximum(bars.T, 0), ms=4, lw=1.6, elinewidth=0.9, capsize=2, **look
                ))  # fmt: skip
        ticks = sorted({row[x] for row in mine})
        ax.set_title(str(panels[at]), fontsize=10)
        ax.set_xscale("log")
        ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        ax.minorticks_off()
        ax.grid(alpha=0.25)
        ax.set_ylim(-0.03, 1.03)
        ax.spines[["top", "right"]].set_visible(False)
    if named:
        figure.legend(
            named.values(), named.keys(), loc="outside right upper", fontsize="small",
            frameon=False,
        )  # fmt: skip
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write a figure as a PNG, whole."""
    with replacing(path) as partial:
        figure.savefig(partial, dpi=110, format="png")
