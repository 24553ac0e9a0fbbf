"""Films as files: pictures of moments, or the whole as an asciicast; the name's ending says which.

Knows no screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vmd_solver.csp import Puzzle
from vmd_solver.drawing.cast import cast
from vmd_solver.drawing.replay import Replay, ReplayBoard, Slide, storyboard
from vmd_solver.errors import SaveError
from vmd_solver.play.film import Film, Frame
from vmd_solver.play.player import Player
from vmd_solver.play.record import kind_of
from vmd_solver.tui.widgets.filmtext import BROKEN, ROLES, Key, boards_of, replay_cell, title_of
from vmd_solver.tui.widgets.keyboard import legible

MOST_MOMENTS = 48
"""Moments on a picture of a whole film; of a longer one so many are chosen, equally far apart."""


def require_ending(path: Path) -> None:
    """Raise SaveError where the name of a file does not say what it is to hold."""
    if path.suffix not in (".svg", ".cast"):
        raise SaveError(f"{path.name}: a name that ends in .svg or .cast expected")


def export(
    path: Path,
    films: Sequence[Film],
    moment: Sequence[Frame] | None = None,
    speed: float = 2.0,
) -> None:
    """Write films that are watched together; as a picture only this `moment` of them, if any.

    Raises SaveError where the name says no form, or the file cannot be written.
    """
    require_ending(path)
    player, puzzle = Player(*films), films[0].puzzle
    if path.suffix == ".cast":
        text = cast(replay(puzzle, player.reel), 1 / speed, puzzle.name or kind_of(puzzle))
    else:
        moments = chosen(player.reel) if moment is None else [moment]
        text = storyboard(replay(puzzle, moments))
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise SaveError(f"{path}: cannot be written: {error.strerror or error}") from None


def chosen(reel: Sequence[Sequence[Frame]]) -> list[Sequence[Frame]]:
    """At most MOST_MOMENTS, the first and the last among them."""
    last, most = len(reel) - 1, MOST_MOMENTS - 1
    return list(reel) if last <= most else [reel[at * last // most] for at in range(most + 1)]


def replay(puzzle: Puzzle, moments: Sequence[Sequence[Frame]]) -> Replay:
    """Films that are watched together, as they are drawn at each moment."""
    symbols = legible(puzzle.alphabet)
    slides = [_slide(moment, symbols) for moment in moments]
    return Replay(puzzle.board, max(map(len, symbols)), slides, [*ROLES.values()], BROKEN)


def _slide(moment: Sequence[Frame], symbols: Sequence[str]) -> Slide:
    frame = moment[0]
    head = f"{frame.step}    calls {frame.nfe}  loops {frame.loops}  guesses {frame.guesses}"
    return Slide(head, tuple(_board(moment, key, symbols) for key in boards_of(moment)))


def _board(moment: Sequence[Frame], key: Key, symbols: Sequence[str]) -> ReplayBoard:
    frame, layer = moment[key[0]], moment[key[0]].layers[key[1]]
    cells = (
        replay_cell(cell, at in layer.conflicts, symbols) for at, cell in enumerate(layer.cells)
    )
    return ReplayBoard(title_of(key), frame.step, tuple(cells))
