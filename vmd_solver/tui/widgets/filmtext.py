"""A cell in a frame of a film as text. Knows no widget and no colour.

A sign after the value tells without colour what colour repeats; where a cell has three lines, the
third is the probability in percent.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmd_solver.play.film import Cell, Frame, State
from vmd_solver.tui.widgets.geometry import Drawing

SIGNS = {
    State.GIVEN: ("'", "given"),
    State.NOW: ("+", "committed now"),
    State.EARLIER: (" ", "committed earlier"),
    State.REMASKED: ("-", "masked again"),
    State.PROPOSED: ("?", "proposed only"),
    State.VERIFIED: ("*", "verified"),
}
"""The sign of each state, and what the legend calls it."""

CONFLICT_SIGN = "!"

Key = tuple[int, int]
"""The number of a film among those watched together, and that of a latent in it."""


def title_of(key: Key) -> str:
    """What to call a board: a second film is that of the model without latent."""
    film, latent = key
    return "no latent" if film else f"latent {latent + 1}"


def boards_of(moment: Sequence[Frame]) -> list[Key]:
    """Every board of a moment: each film's latents."""
    return [(film, k) for film, frame in enumerate(moment) for k in range(len(frame.layers))]


def caption(moment: Sequence[Frame], key: Key) -> str:
    """What stands above a board outside of a screen: the step, and whose it is if not alone."""
    step = moment[key[0]].step
    return f"{step}, {title_of(key)}" if len(boards_of(moment)) > 1 else step


def cell_line(
    cell: Cell, conflict: bool, drawing: Drawing, symbols: Sequence[str], line: int
) -> str:
    """One line of a cell: its value in the middle, its probability below."""
    width, height = drawing.cell_width, drawing.cell_height
    middle = (height - 1) // 2
    if line == middle:
        value = symbols[cell.value - 1] if cell.value else "·"
        shown = value + SIGNS.get(cell.state, (" ", ""))[0]
        room = width - len(shown)
        before = CONFLICT_SIGN if conflict and room else ""
        return (" " * ((room + 1) // 2 - len(before)) + before + shown).ljust(width)
    percent = "" if cell.probability is None else f"{100 * cell.probability:.0f}"
    below = line == middle + 1 and height >= 3 and len(percent) < width
    return (percent if below else "").center(width)
