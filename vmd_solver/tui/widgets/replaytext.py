"""What a frame of a replay shows: the boards in it, and how cells look by their state.

Knows no widget.
"""

from __future__ import annotations

from collections.abc import Sequence

from vmd_solver.drawing.slides import Role, SlideCell
from vmd_solver.drawing.text import CONFLICT_SIGN
from vmd_solver.play.replay import Cell, Frame, State

ROLES = {
    State.GIVEN: Role("'", "given", "1", bold=True),
    State.NOW: Role("+", "committed now", "1;7;32", "#0b4a12", "#cdeac0", bold=True),
    State.EARLIER: Role(" ", "committed earlier", "36", "#1257a0"),
    State.REMASKED: Role("-", "masked again", "9;33", "#a34a00", "#fbe3c8"),
    State.PROPOSED: Role("?", "proposed only", "2;3", "#767676"),
    State.VERIFIED: Role("*", "verified", "1;32", "#2c7a1f", bold=True),
}
"""How each state looks in exported files, in the order of the legend."""

BROKEN = Role(CONFLICT_SIGN, "breaks a rule", "1;4;31", "#b3261e")
_OPEN = Role(" ", "", "2")

Key = tuple[int, int]
"""The number of a replay among those watched together, and that of a latent in it."""


def title_of(key: Key) -> str:
    """What to call a board: a second replay is that of the model without latent."""
    replay, latent = key
    return "no latent" if replay else f"latent {latent + 1}"


def boards_of(frames: Sequence[Frame]) -> list[Key]:
    """Every board of a frame: each replay's latents."""
    return [(replay, k) for replay, frame in enumerate(frames) for k in range(len(frame.layers))]


def slide_cell(cell: Cell, broken: bool, symbols: Sequence[str]) -> SlideCell:
    """A cell as it is drawn."""
    symbol = symbols[cell.value - 1] if cell.value else ""
    percent = "" if cell.probability is None else f"{100 * cell.probability:.0f}"
    return SlideCell(symbol, ROLES.get(cell.state, _OPEN), broken, percent)
