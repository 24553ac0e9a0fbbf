"""Frames of a replay as they are drawn, and replays as files: pictures, or all as an asciicast.

Knows no screen and no widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vmd_solver.csp import Puzzle
from vmd_solver.drawing.slides import (
    DIFFERENT_SIGN,
    Role,
    Slide,
    SlideBoard,
    SlideCell,
    Slideshow,
    cast,
    storyboard,
)
from vmd_solver.drawing.text import CONFLICT_SIGN
from vmd_solver.errors import SaveError
from vmd_solver.play.library import kind_of
from vmd_solver.play.player import Player
from vmd_solver.play.replay import Cell, Frame, Replay, State
from vmd_solver.tui.widgets.keyboard import legible

MOST_FRAMES = 48
"""Frames on a picture of a whole replay; of a longer one this many are chosen, evenly spaced."""

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
DIFFERS = Role(DIFFERENT_SIGN, "latents differ here", "48;5;54", "#5b3fa0", "#e6dffa")
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


def slide_cell(
    cell: Cell, broken: bool, differs: bool, symbols: Sequence[str], nats: bool = False
) -> SlideCell:
    """A cell as it is drawn, below it the probability of its value or, with `nats`, the entropy."""
    symbol = symbols[cell.value - 1] if cell.value else ""
    percent = "" if cell.probability is None else f"{100 * cell.probability:.0f}"
    below = percent if not nats else "" if cell.entropy is None else f"{cell.entropy:.1f}"
    return SlideCell(symbol, ROLES.get(cell.state, _OPEN), broken, below, differs)


def require_ending(path: Path) -> None:
    """Raise SaveError where the name of a file does not say what it is to hold."""
    if path.suffix not in (".svg", ".cast"):
        raise SaveError(f"{path.name}: a name that ends in .svg or .cast expected")


def export(
    path: Path,
    replays: Sequence[Replay],
    frames: Sequence[Frame] | None = None,
    speed: float = 2.0,
    replace: bool = True,
) -> None:
    """Write replays that are watched together; as a picture only this `frames` of them, if any.

    Raises SaveError if the name gives no format, the file cannot be written, or is there already
    and not to be replaced.
    """
    require_ending(path)
    player, puzzle = Player(*replays), replays[0].puzzle
    if path.suffix == ".cast":
        text = cast(slideshow(puzzle, player.timeline), 1 / speed, puzzle.name or kind_of(puzzle))
    else:
        timeline = chosen(player.timeline) if frames is None else [frames]
        text = storyboard(slideshow(puzzle, timeline))
    save(path, text, str(path), replace)


def save(path: Path, text: str, name: str, replace: bool = False) -> None:
    """Write a file of this `name`, as the user knows it, over no other unless `replace`.

    Raises SaveError where that fails.
    """
    try:
        with path.open("w" if replace else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise SaveError(f"{path.name} is there already: choose another name") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SaveError(f"{name}: cannot be written: {why}") from None


def chosen(timeline: Sequence[Sequence[Frame]]) -> list[Sequence[Frame]]:
    """At most MOST_FRAMES, the first and the last among them."""
    last, most = len(timeline) - 1, MOST_FRAMES - 1
    places = range(last + 1) if last <= most else (at * last // most for at in range(most + 1))
    return [timeline[at] for at in places]


def slideshow(puzzle: Puzzle, timeline: Sequence[Sequence[Frame]]) -> Slideshow:
    """Replays that are watched together, as they are drawn at each frame."""
    symbols = legible(puzzle.alphabet)
    slides = []
    for frames in timeline:
        boards = []
        for key in boards_of(frames):
            frame, layer = frames[key[0]], frames[key[0]].layers[key[1]]
            marked = layer.differing(frames[0].layers[:1])
            cells = (
                slide_cell(cell, at in layer.conflicts, at in marked, symbols)
                for at, cell in enumerate(layer.cells)
            )
            boards.append(SlideBoard(title_of(key), frame.step, tuple(cells)))
        first = frames[0]
        figures = f"calls {first.nfe}  loops {first.loops}  guesses {first.guesses}"
        slides.append(Slide(f"{first.step}    {figures}", tuple(boards)))
    marks = [*ROLES.values()], BROKEN, DIFFERS
    return Slideshow(puzzle.board, max(map(len, symbols)), slides, *marks)
