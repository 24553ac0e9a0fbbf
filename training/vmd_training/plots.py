"""Rows into figures: a panel for each set, a colour for each model, a line style for the rest.

A model has the same colour in every figure of a report. matplotlib is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import ceil
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vmd_training.tables import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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

    def line_of(row: Row) -> tuple[str, Any]:
        return row["model"], row[style] if style else None

    styles = list(dict.fromkeys(row[style] for row in rows)) if style else [None]
    present = {line_of(row) for row in rows}
    pairs = [pair for pair in product(colours, styles) if pair in present]
    panels = list(dict.fromkeys(row[panel] for row in rows))
    figure, axes = _panels(len(panels), xlabel, ylabel)
    for ax, name in zip(axes, panels, strict=True):
        mine = [row for row in rows if row[panel] == name]
        for number, pair in enumerate(pairs):
            model, kind = pair
            apart = APART ** (number - (len(pairs) - 1) / 2)
            look = {
                "color": colours[model],
                "label": model if kind is None else f"{model}, {kind}",
                **STYLES[styles.index(kind) % len(STYLES)],
            }
            _line(ax, [row for row in mine if line_of(row) == pair], x, y, apart, look)
        _dress(ax, str(name), sorted({row[x] for row in mine}))
    _legend(figure, axes)
    return figure


def _panels(count: int, xlabel: str, ylabel: str) -> tuple[Figure, list[Axes]]:
    """So many axes of one scale, named at the left and at the bottom."""
    from matplotlib.figure import Figure

    across = min(ACROSS, max(1, count))
    down = max(1, ceil(count / across))
    figure = Figure(figsize=(3.4 * across + 1.8, 3.0 * down + 0.4), layout="constrained")
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).flatten()
    for at, ax in enumerate(axes):
        ax.set_visible(at < count)
        if at + across >= count:
            ax.set_xlabel(xlabel)
            ax.tick_params(labelbottom=True)
        if at % across == 0:
            ax.set_ylabel(ylabel)
    return figure, list(axes[:count])


def _line(
    ax: Axes, series: Sequence[Row], x: str, y: str, apart: float, look: Mapping[str, Any]
) -> None:
    """A line with its intervals as bars, moved by a factor so that bars do not hide each other."""
    if not series:
        return
    xs, ys = [row[x] * apart for row in series], [row[y] for row in series]
    bars = ([row[y] - row["low"] for row in series], [row["high"] - row[y] for row in series])
    ax.errorbar(xs, ys, np.maximum(bars, 0), ms=4, lw=1.6, elinewidth=0.9, capsize=2, **look)


def _dress(ax: Axes, title: str, ticks: Sequence[float]) -> None:
    ax.set_title(title, fontsize=10)
    ax.set_xscale("log")
    ax.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    ax.grid(alpha=0.25)
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
