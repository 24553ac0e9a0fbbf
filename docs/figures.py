"""Writes the figures of docs/METHOD.md into docs/images/: part of `make pictures`.

The first two are arithmetic; the others are what the shipped models did, with their seeds here.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

import numpy as np

from vmd_solver.csp.families import sudoku
from vmd_solver.csp.puzzle import Board, Puzzle, conflicts
from vmd_solver.denoiser import load
from vmd_solver.denoiser.protocol import Floats
from vmd_solver.drawing.shapes import document
from vmd_solver.formats import read_path
from vmd_solver.play.replay import Cell, Frame, Replay, State
from vmd_solver.sampling.job import Event
from vmd_solver.sampling.policy import softmax
from vmd_solver.sampling.settings import Settings
from vmd_solver.sampling.solver import Solver

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "images"

INK, FAINT, BLUE, RED, GREEN = "#1f2328", "#8b949e", "#0969da", "#cf222e", "#1a7f37"
NOW, WRONG, EDGE = "#ddf4ff", "#ffd8d3", "#d0d7de"


def text(x: float, y: float, words: str, size: float = 13, colour: str = INK, **more: str) -> str:
    """Words in the middle of (x, y), unless `more` has another text-anchor."""
    given = {"text-anchor": "middle", **{key.replace("_", "-"): word for key, word in more.items()}}
    looks = "".join(f' {key}="{word}"' for key, word in given.items())
    where = f'x="{x:g}" y="{y:g}" dy=".35em" font-size="{size:g}" fill="{colour}"'
    return f"<text {where}{looks}>{escape(words)}</text>"


def box(x: float, y: float, width: float, height: float, fill: str, stroke: str = "none") -> str:
    size = f'width="{width:g}" height="{height:g}"'
    return f'<rect x="{x:g}" y="{y:g}" {size} fill="{fill}" stroke="{stroke}"/>'


def line(x0: float, y0: float, x1: float, y1: float, colour: str = FAINT, width: float = 1) -> str:
    ends = f'x1="{x0:g}" y1="{y0:g}" x2="{x1:g}" y2="{y1:g}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width:g}"/>'


def places(of: Board, left: float, top: float, side: float) -> Iterator[tuple[float, float]]:
    """The corner of each cell of a board at (left, top)."""
    for cell in range(of.n):
        row, col = divmod(cell, of.cols)
        yield left + col * side, top + row * side


def frame_of(
    of: Board, left: float, top: float, side: float, cells: tuple[int, int]
) -> Iterator[str]:
    """Thick lines around boxes of so many rows and columns."""
    right, bottom = left + of.cols * side, top + of.rows * side
    for at in range(0, of.rows + 1, cells[0]):
        yield line(left, top + at * side, right, top + at * side, INK, 1.5)
    for at in range(0, of.cols + 1, cells[1]):
        yield line(left + at * side, top, left + at * side, bottom, INK, 1.5)


def picture(width: int, height: int, parts: Iterator[str]) -> str:
    body = "\n".join(parts)
    return document(width, height, f'<g font-family="system-ui,sans-serif">\n{body}\n</g>\n')


# --- two cells ---


def two_cells() -> Iterator[str]:
    """The joint distribution of two cells that need 1 and 2; what each sampler draws from."""
    same, half = np.eye(2)[::-1] / 2, np.full((2, 2), 0.25)
    given = [np.array([[0.0, 1.0], [0.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])]
    panels = [("what is true", same), ("masked diffusion, one call", half)]
    panels += [("given z > 0", given[0]), ("given z < 0", given[1])]
    for at, (title, joint) in enumerate(panels):
        left = 36 + at * 174
        yield text(left + 56, 22, title, 13)
        for row, col in np.ndindex(2, 2):
            p = joint[row, col]
            wrong = row == col and p > 0
            x, y = left + col * 56, 58 + row * 56
            yield box(x, y, 56, 56, WRONG if wrong else NOW if p else "#fff", FAINT)
            yield text(x + 28, y + 28, f"{p:g}", 15, RED if wrong else INK if p else FAINT)
        for value in (0, 1):
            yield text(left + 28 + 56 * value, 46, str(value + 1), 12, FAINT)
            yield text(left - 12, 86 + 56 * value, str(value + 1), 12, FAINT)
    notes = [
        (92, "(1, 2) or (2, 1)"),
        (266, "half of the draws clash"),
        (527, "every draw is right"),
    ]
    for x, words in notes:
        yield text(
            x, 190, words, 12, RED if "clash" in words else GREEN if "right" in words else INK
        )


# --- the candidate graph ---


def graph() -> Iterator[str]:
    """A row with two open cells and two values left: four candidates, four factors."""
    yield text(110, 24, "a row: 3 and 4 are left", 13)
    for at, sign in enumerate("1 2 "):
        yield box(30 + at * 40, 48, 40, 40, "#fff", INK)
        if sign.strip():
            yield text(50 + at * 40, 68, sign, 18)
        else:
            yield text(42 + at * 40, 58, "3", 11, BLUE)
            yield text(58 + at * 40, 58, "4", 11, BLUE)
    for at, name in ((1, "cell A"), (3, "cell B")):
        yield text(50 + at * 40, 102, name, 11, FAINT)
    yield text(430, 24, "its graph", 13)
    nodes = [(f"{cell} = {value}", cell, value) for cell in "AB" for value in "34"]
    factors = ["cell A", "cell B", "3 in the row", "4 in the row"]
    for at, name in enumerate(factors):
        y = 58 + at * 42
        yield box(500, y - 14, 110, 28, "#fff8c5", FAINT)
        yield text(555, y, name, 12)
        for which, (_, cell, value) in enumerate(nodes):
            if name.endswith(cell) or name.startswith(value):
                yield line(349, 58 + which * 42, 500, y, FAINT, 1.3)
    for at, (name, _, _) in enumerate(nodes):
        y = 58 + at * 42
        yield f'<circle cx="330" cy="{y}" r="19" fill="{NOW}" stroke="{BLUE}"/>'
        yield text(330, y, name, 11)
    yield text(330, 222, "candidates (nodes)", 11, FAINT)
    yield text(555, 222, "exactly one each (factors)", 11, FAINT)
    yield text(110, 150, "A solution takes exactly one", 12)
    yield text(110, 168, "candidate of every factor:", 12)
    yield text(110, 190, "A = 3, B = 4   or   A = 4, B = 3", 12, GREEN)


# --- unmasking ---

CALLS, SAMPLES = 4, 100
EMPTY = sudoku(2, 3)
SAMPLERS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("masked diffusion: no latent, values drawn", "grids-none", {"temperature": 1.0}),
    ("VMD: one latent, kept from call to call", "grids", {}),
)
"""Both commit an equal share of the cells after each call, and take nothing back."""


def unmasked(model: str, more: dict[str, float]) -> tuple[list[Frame], int]:
    """What the first sample showed after each call, and how many of all are valid grids."""
    plan = {"policy": "top", "nfe": CALLS, "remask": "none", "select": "margin", **more}
    settings = Settings(mode="neural", **plan)  # type: ignore[arg-type]
    puzzle = Puzzle(EMPTY, (0,) * EMPTY.n)
    first = Replay(puzzle)

    def observe(event: Event) -> None:
        if event["puzzle"] == 0 and not first.ended:
            first.add(event)

    solver = Solver(settings, load(model, threads=1), observe)
    solved = [one.status == "solved" for one in solver.stream([puzzle] * SAMPLES)]
    # Nothing is committed after the last call, which proposes every cell that is left.
    shown = [frame for frame in first.frames if frame.event == "Committed"]
    shown += [frame for frame in first.frames if frame.event == "Called"][-1:]
    return shown, sum(solved)


def unmasking() -> Iterator[str]:
    """The same empty board filled in four calls, without and with a latent."""
    for at, (title, model, more) in enumerate(SAMPLERS):
        frames, valid = unmasked(model, more)
        top = 40 + at * 210
        yield text(16, top - 18, title, 13, text_anchor="start")
        share, most = f"{valid} of {SAMPLES} such grids are valid", valid > SAMPLES / 2
        yield text(688, top - 18, share, 13, GREEN if most else RED, text_anchor="end")
        for call, frame in enumerate(frames):
            left = 16 + call * 174
            yield from board(frame, left, top, 25, call == CALLS - 1)
            yield text(left + 75, top + 163, f"call {call + 1}", 11, FAINT)


def board(frame: Frame, left: float, top: float, side: float, last: bool) -> Iterator[str]:
    """What is committed, new values shaded, and those that break a rule red; of the `last` call
    all that it proposes is."""
    new = (State.NOW, State.PROPOSED) if last else (State.NOW,)
    cells = [cell if cell.state in (*new, State.EARLIER) else Cell(State.OPEN)
             for cell in frame.layers[0].cells]  # fmt: skip
    wrong = conflicts(EMPTY, np.array([[cell.value for cell in cells]]))[0]
    for cell, broken, (x, y) in zip(cells, wrong, places(EMPTY, left, top, side), strict=True):
        fresh = cell.state in new
        yield box(x, y, side, side, WRONG if broken else NOW if fresh else "#fff", EDGE)
        if cell.value:
            colour = RED if broken else INK
            yield text(x + side / 2, y + side / 2, str(cell.value), side * 0.55, colour)
    yield from frame_of(EMPTY, left, top, side, (2, 3))


# --- thinking time ---

CHOSEN, SEED, AFTER = "medium", 0, (2, 10, 24)


def thinking() -> Iterator[str]:
    """The candidates of a puzzle after 2, 10 and 24 loops, as large as they are probable."""
    puzzle = next(read_path(ROOT / "puzzles" / f"{CHOSEN}.txt")).puzzle
    assert puzzle is not None
    given = puzzle.to_array().astype(np.int64)
    for at, loops in enumerate(AFTER):
        left, top, side = 16 + at * 232, 36, 24
        yield text(left + 108, 18, f"after {loops} loops", 13)
        p = probabilities(puzzle, loops)
        for cell, (x, y) in enumerate(places(puzzle.board, left, top, side)):
            best = int(p[cell].argmax())
            yield box(x, y, side, side, "#fff", EDGE)
            if given[cell]:
                yield text(x + 12, y + 12, str(given[cell]), 15, INK, font_weight="bold")
            elif p[cell, best] > 0.9:
                yield text(x + 12, y + 12, str(best + 1), 15, BLUE)
            else:
                for value in np.flatnonzero(p[cell] > 0.02):
                    down, along = divmod(int(value), 3)
                    at_x, at_y = x + 4.5 + 7.5 * along, y + 4.5 + 7.5 * down
                    yield text(at_x, at_y, str(value + 1), 5.5 + 5 * p[cell, value], BLUE)
        yield from frame_of(puzzle.board, left, top, side, (3, 3))


def probabilities(puzzle: Puzzle, loops: int) -> Floats:
    """(n, D) after one call of so many loops, z from the prior."""
    model, of = load(threads=1), puzzle.board
    x_t = puzzle.to_array().astype(np.int64)[None]
    allowed = np.ones((1, of.n, of.D), dtype=np.float32)
    z = model.draw(of, x_t, allowed, np.random.default_rng(SEED))
    logits, _ = model(of, x_t, allowed, z, model.start(of, 1), loops)
    return softmax(logits[0])


FIGURES = {
    "two-cells.svg": (720, 212, two_cells),
    "graph.svg": (640, 240, graph),
    "unmasking.svg": (704, 424, unmasking),
    "thinking.svg": (712, 266, thinking),
}


def main(names: Sequence[str], folder: Path = FOLDER) -> None:
    """Write the figures of these names, or all."""
    for name in names or FIGURES:
        width, height, parts = FIGURES[name]
        (folder / name).write_text(picture(width, height, parts()), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
