"""Replays as files: pictures of frames, or all as an asciicast; the name's ending says which.

Knows no screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vmd_solver.csp import Puzzle
from vmd_solver.drawing.slides import Slide, SlideBoard, Slideshow, cast, storyboard
from vmd_solver.errors import SaveError
from vmd_solver.play.library import kind_of
from vmd_solver.play.player import Player
from vmd_solver.play.replay import Frame, Replay
from vmd_solver.tui.widgets.keyboard import legible
from vmd_solver.tui.widgets.replaytext import BROKEN, ROLES, Key, boards_of, slide_cell, title_of

MOST_FRAMES = 48
"""Frames on a picture of a whole replay; of a longer one this many are chosen, evenly spaced."""


def require_ending(path: Path) -> None:
    """Raise SaveError where the name of a file does not say what it is to hold."""
    if path.suffix not in (".svg", ".cast"):
        raise SaveError(f"{path.name}: a name that ends in .svg or .cast expected")


def export(
    path: Path,
    replays: Sequence[Replay],
    frames: Sequence[Frame] | None = None,
    speed: float = 2.0,
) -> None:
    """Write replays that are watched together; as a picture only this `frames` of them, if any.

    Raises SaveError if the name gives no format, or the file cannot be written.
    """
    require_ending(path)
    player, puzzle = Player(*replays), replays[0].puzzle
    if path.suffix == ".cast":
        text = cast(slideshow(puzzle, player.timeline), 1 / speed, puzzle.name or kind_of(puzzle))
    else:
        timeline = chosen(player.timeline) if frames is None else [frames]
        text = storyboard(slideshow(puzzle, timeline))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveError(f"{path}: cannot be written: {error.strerror or error}") from None


def chosen(timeline: Sequence[Sequence[Frame]]) -> list[Sequence[Frame]]:
    """At most MOST_FRAMES, the first and the last among them."""
    last, most = len(timeline) - 1, MOST_FRAMES - 1
    return (
        list(timeline) if last <= most else [timeline[at * last // most] for at in range(most + 1)]
    )


def slideshow(puzzle: Puzzle, timeline: Sequence[Sequence[Frame]]) -> Slideshow:
    """Replays that are watched together, as they are drawn at each frame."""
    symbols = legible(puzzle.alphabet)
    slides = [_slide(frames, symbols) for frames in timeline]
    return Slideshow(puzzle.board, max(map(len, symbols)), slides, [*ROLES.values()], BROKEN)


def _slide(frames: Sequence[Frame], symbols: Sequence[str]) -> Slide:
    frame = frames[0]
    head = f"{frame.step}    calls {frame.nfe}  loops {frame.loops}  guesses {frame.guesses}"
    return Slide(head, tuple(_board(frames, key, symbols) for key in boards_of(frames)))


def _board(frames: Sequence[Frame], key: Key, symbols: Sequence[str]) -> SlideBoard:
    frame, layer = frames[key[0]], frames[key[0]].layers[key[1]]
    cells = (
        slide_cell(cell, at in layer.conflicts, symbols) for at, cell in enumerate(layer.cells)
    )
    return SlideBoard(title_of(key), frame.step, tuple(cells))
