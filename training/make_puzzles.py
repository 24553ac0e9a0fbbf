"""The included puzzles: `python -m training.make_puzzles FOLDER` makes them anew, and their page.

A table says which file holds what and how it is made. Each file has a seed of its own, so that a
new one changes no other; the bytes are the same with llvmlite (minutes) and without (much longer).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Literal

import click
import numpy as np
import numpy.typing as npt

from vmd_solver import generation
from vmd_solver.csp.candidates import initial_masks, masks_to_allowed, propagate
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import grid, sudoku
from vmd_solver.csp.generate import dig, full_grids, loosen, minimal_puzzles
from vmd_solver.csp.puzzle import Board, Puzzle
from vmd_solver.csp.rating import rate
from vmd_solver.csp.ruled import CAGES, CELLS, CLUES, LINES, SIGNS
from vmd_solver.formats import write_all
from vmd_solver.generation import PuzzleSpec
from vmd_solver.techniques import Level
from vmd_training.boards import draw

Rng = np.random.Generator
Maker = Callable[[Rng], list[Puzzle]]

COMMENTS = {"line": "# ", "grid": "# ", "vmd": "# ", "hodoku": "# ", "sdk": "#D "}
"""How a remark begins, in the forms that other programs read with remarks as well."""

MOST_GUESSES, RATED_GUESSES = 300, 2000
"""Of one search while digging a large board, where a clue that needs more stays; for a rating."""
ORDERS = 32
"""Searches that a rating is the mean of: with few, the hardest of many would be a lucky draw."""
MANY = 500
"""Solutions that are counted at most."""


@dataclass(frozen=True)
class Sample:
    """One file: its form (of `vmd_solver.formats`), what it shows, how it is made from its seed,
    and how many solutions each of its puzzles has."""

    file: str
    form: str
    seed: int
    shows: str
    make: Maker
    solutions: Literal["one", "several", "none"] = "one"

    def puzzles(self) -> list[Puzzle]:
        """The puzzles, the same on every call."""
        return self.make(np.random.default_rng(self.seed))

    def text(self, puzzles: Iterable[Puzzle]) -> str:
        """The file that holds them: a remark where the form has any, then the puzzles."""
        head = f"{COMMENTS[self.form]}{self.shows}\n" if self.form in COMMENTS else ""
        return head + "".join(write_all(puzzles, self.form))


def dug(
    board: Board | str, pool: int = 1, keep: int = 1, place: float = 1.0, givens: int = 0,
    max_guesses: int | None = None,
) -> Maker:  # fmt: skip
    """Puzzles with one solution: `keep` of a `pool`, the easiest at place 0 and the hardest at 1;
    the board is given, or drawn by name; `givens` and `max_guesses` as in `dig`."""

    def make(rng: Rng) -> list[Puzzle]:
        drawn = draw(board, rng) if isinstance(board, str) else board
        solutions = full_grids(drawn, pool, rng)
        rows = dig(drawn, solutions, rng, givens, max_guesses=max_guesses)
        order = np.argsort(rated(drawn, rows, rng), kind="stable")
        start = round(place * (pool - keep))
        return [puzzle_of(drawn, rows[at]) for at in order[start : start + keep]]

    return make


def with_rules(
    *families: str, size: int = 6, level: Level | None = None, **sizes: int
) -> Maker:  # fmt: skip
    """A puzzle of each of these families with rules, under its name; of a `size`, but for some."""

    def make(rng: Rng) -> list[Puzzle]:
        puzzles = []
        for family in families:
            rows = sizes.get(family.replace("-", "_"), size)
            made = generation.make(
                PuzzleSpec(family, rows, level=level, seed=int(rng.integers(1000)))
            )
            assert made is not None, family
            puzzles.append(replace(made.puzzle, name=family))
        return puzzles

    return make


def loosened(rng: Rng) -> list[Puzzle]:
    """Two minimal 9x9 without one of their clues, with two solutions and with most of them, and
    the empty 4x4."""
    puzzles, _ = minimal_puzzles(sudoku(), 100, rng)
    rows = loosen(puzzles, 1, rng)
    counts = solve_batch(sudoku(), rows, MANY).counts
    chosen = [int(np.argmin(counts)), int(np.argmax(np.where(counts < MANY, counts, 0)))]
    found = [puzzle_of(sudoku(), rows[at], f"{counts[at]} solutions") for at in chosen]
    return [*found, replace(sudoku(2, 2).empty(), name="288 solutions")]


def refuted(rng: Rng) -> list[Puzzle]:
    """A puzzle with one solution and a wrong clue beside, the hardest to refute: no two givens
    clash, and singles do not show at once that anything is wrong."""
    board = sudoku()
    puzzles, solutions = minimal_puzzles(board, 60, rng)
    masks, _ = propagate(board, initial_masks(board, puzzles))
    wrong = masks_to_allowed(masks, board.D)
    np.put_along_axis(wrong, solutions[..., None] - np.int64(1), False, axis=2)
    at, cell, value = wrong.nonzero()
    rows = puzzles[at]
    rows[np.arange(len(rows)), cell] = value + 1
    return [puzzle_of(board, rows[np.argmax(rated(board, rows, rng))])]


def together(makers: dict[str, Maker]) -> Maker:
    """Puzzles of several kinds in one file, each under the name of its kind."""
    kinds = makers.items()
    return lambda rng: [replace(one, name=name) for name, make in kinds for one in make(rng)]


def rated(board: Board, rows: npt.ArrayLike, seed: int | Rng) -> npt.NDArray[np.float64]:
    """How hard each of the puzzles (B, n) is: `rate` so that it tells them well apart."""
    return rate(board, rows, seed, ORDERS, RATED_GUESSES)


def puzzle_of(board: Board, givens: npt.NDArray[np.int8], name: str = "") -> Puzzle:
    """A puzzle of givens (n,)."""
    return Puzzle(board, tuple(givens.tolist()), name=name)


def butterfly() -> Board:
    """Four 9x9 boards that overlap on 12x12 cells, three cells apart.

    >>> butterfly().n, butterfly().D, len(butterfly().units)
    (144, 9, 64)
    """
    units = [
        tuple(corner + cell // 9 * 12 + cell % 9 for cell in unit)
        for corner in (0, 3, 36, 39)
        for unit in sudoku().units
    ]
    return grid(12, 12, 9, list(dict.fromkeys(units)))


def queens(order: int) -> Board:
    """A square of which no row, column or diagonal of any length repeats a value."""
    units: dict[tuple[str, int], list[int]] = {}
    for cell in range(order * order):
        row, col = divmod(cell, order)
        for key in (("row", row), ("column", col), ("up", row + col), ("down", row - col)):
            units.setdefault(key, []).append(cell)
    return grid(order, order, order, [unit for unit in units.values() if len(unit) > 1])


def coloured(rng: Rng) -> list[Puzzle]:
    """The squares of a 5x5 board, of five colours, those a queen's move apart of different ones."""
    pairs = dict.fromkeys(pair for unit in queens(5).units for pair in combinations(unit, 2))
    return [grid(1, 25, 5, sorted(pairs)).empty()]


KILLER = with_rules("killer", "killer", size=9, level="medium")
MEDIUM = dug("sudoku-3x3", pool=200, place=0.5)
PLAIN: dict[str, Maker] = {
    "sudoku": dug("sudoku-3x3", pool=20),
    "sudoku-x": dug("sudoku-x-3x3", pool=20, place=0.5),
    "windoku": dug("windoku-3x3", pool=20, place=0.5),
    "latin": dug("latin-7", pool=20),
    "sudoku of 2x3 boxes": dug("sudoku-2x3", pool=20),
    "sudoku of 2x4 boxes": dug("sudoku-2x4", pool=20),
}
RANDOM: dict[str, Maker] = {
    "jigsaw": dug("jigsaw-7", pool=20, place=0.5),
    "jigsaw-x": dug("jigsaw-x-7", pool=20, place=0.5),
    "grid": dug("grid-5x5", pool=20, place=0.5),
}

SAMPLES = (
    Sample("easy.txt", "grid", 1, "An easy 9x9 sudoku: singles solve it.",
           dug("sudoku-3x3", pool=20, place=0.0, givens=36)),
    Sample("medium.txt", "grid", 2,
           "A 9x9 sudoku of middling difficulty, with no clue to spare.", MEDIUM),
    Sample("hard.txt", "grid", 3,
           "A hard 9x9 sudoku: the hardest of 5000 for a search by singles.",
           dug("sudoku-3x3", pool=5000)),
    Sample("hard-100.sdm", "sdm", 4,
           "A hundred hard 9x9 sudokus, a line each: the hardest of 10000.",
           dug("sudoku-3x3", pool=10_000, keep=100)),
    Sample("4x4.txt", "grid", 5, "A 4x4 sudoku.", dug("sudoku-2x2", pool=50)),
    Sample("6x6.txt", "grid", 6, "A 6x6 sudoku, its boxes two rows by three columns.",
           dug("sudoku-2x3", pool=100)),
    Sample("12x12.txt", "grid", 7, "A 12x12 sudoku: the values are 1-9 and A-C.",
           dug("sudoku-3x4", pool=20, place=0.5)),
    Sample("16x16.txt", "grid", 8, "A 16x16 sudoku: the values are 1-9 and A-G.",
           dug("sudoku-4x4", pool=10, place=0.8, givens=110, max_guesses=MOST_GUESSES)),
    Sample("25x25.txt", "grid", 9, "A 25x25 sudoku: the values are 1-9 and A-P.",
           dug("sudoku-5x5", pool=5, place=0.5, givens=325, max_guesses=20)),
    Sample("x.txt", "vmd", 10, "A Sudoku X: the two diagonals are units too.",
           dug("sudoku-x-3x3", pool=100, place=0.8)),
    Sample("windoku.txt", "vmd", 11, "A windoku: four windows between the boxes are units too.",
           dug("windoku-3x3", pool=100, place=0.8)),
    Sample("jigsaw-6.txt", "vmd", 12, "A 6x6 jigsaw: pieces of any shape in place of boxes.",
           dug("jigsaw-6", pool=100)),
    Sample("jigsaw-9.txt", "vmd", 13, "A 9x9 jigsaw.", dug("jigsaw-9", pool=100, place=0.8)),
    Sample("jigsaw-x.txt", "vmd", 14, "A 9x9 jigsaw with both diagonals.",
           dug("jigsaw-x-9", pool=100, place=0.1)),
    Sample("latin-9.txt", "vmd", 15, "A Latin square with holes: rows and columns only.",
           dug("latin-9", pool=50)),
    Sample("latin-12.pls", "pls", 16,
           "A Latin square of order 12 with holes, in the form of lsencode.",
           dug("latin-12", pool=10, place=0.5)),
    Sample("grid.txt", "vmd", 17,
           "A free-form grid: units of any cells, some with fewer cells than there are values.",
           dug("grid-6x6", pool=20, place=0.5)),
    Sample("butterfly.txt", "vmd", 18, "A free-form grid: four 9x9 sudokus that overlap.",
           dug(butterfly(), pool=20, place=0.5)),
    Sample("queens.txt", "vmd", 19,
           "A free-form grid: no row, column or diagonal of any length repeats a value.",
           dug(queens(7), pool=20, place=0.5)),
    Sample("several.txt", "vmd", 20,
           "Puzzles with several solutions: two, a few hundred, and all the 4x4 grids there are.",
           loosened, "several"),
    Sample("none.txt", "grid", 21,
           "A 9x9 sudoku without a solution: no two givens clash, a search has to find out.",
           refuted, "none"),
    Sample("batch.csv", "csv", 22, "A table of puzzles of several families and sizes.",
           together(PLAIN)),
    Sample("batch.jsonl", "jsonl", 23, "An object a line, one puzzle of every family and more.",
           together(PLAIN | RANDOM)),
    *(Sample(file, form, 2, f"The puzzle of medium.txt, in the form of {whose}.", MEDIUM)
      for file, form, whose in (
          ("medium.sdk", "sdk", "SadMan Sudoku"),
          ("medium.ss", "ss", "Simple Sudoku"),
          ("medium-hodoku.txt", "hodoku", "HoDoKu's library"),
          ("medium-exchange.txt", "exchange", "the Sudoku Exchange puzzle bank"),
          ("medium.opensudoku", "opensudoku", "OpenSudoku"),
      )),
    Sample("killer.txt", "vmd", 24, "Killer sudokus: cages with sums.", KILLER),
    *(Sample(f"killer-{form}.{ending}", form, 24, f"The puzzles of killer.txt, {how}.", KILLER)
      for form, ending, how in (
          ("iss", "txt", "as constraint strings of Interactive Sudoku Solver"),
          ("fpuzzles", "json", "as JSON of f-puzzles"),
          ("link", "txt", "as links to f-puzzles"),
          ("sudokupad", "txt", "as links to SudokuPad"),
          ("sgt", "txt", "as game ids of Simon Tatham's collection"),
      )),
    Sample("graph.col", "dimacs", 34, "A graph to be coloured: the queens of a 5x5 board.",
           coloured, "several"),
    Sample("kakuro.txt", "vmd", 25, "Kakuro: runs with sums between holes.",
           with_rules("kakuro", "kakuro", size=8)),
    Sample("mixed.txt", "vmd", 26, "Sudokus with rules of four kinds each.",
           with_rules("mixed", "mixed", size=9, level="medium")),
    Sample("rules-boards.txt", "vmd", 27,
           "Puzzles that are no sudoku: KenKen, futoshiki, skyscrapers, takuzu and queens.",
           with_rules("kenken", "futoshiki", "skyscraper", "takuzu", "queens", queens=10)),
    Sample("rules-whole.txt", "vmd", 28, "Sudokus with a rule for the whole board, each named.",
           with_rules("anti-knight", "anti-king", "anti-taxicab", "non-consecutive", "diagonal",
                      "disjoint-groups", "global-entropy", "magic-square", "negative-kropki",
                      "negative-xv", size=9, level="medium")),
    Sample("rules-cells.txt", "vmd", 29, "Sudokus with a rule for single cells or groups of them.",
           with_rules(*CELLS)),
    Sample("rules-signs.txt", "vmd", 30, "Sudokus with signs between neighbours.",
           with_rules("kropki", "xv", *SIGNS)),
    Sample("rules-cages.txt", "vmd", 31, "Sudokus with cages of each kind.", with_rules(*CAGES)),
    Sample("rules-lines.txt", "vmd", 32, "Sudokus with lines of each kind.",
           with_rules(*LINES, pill_arrow=9)),
    Sample("rules-clues.txt", "vmd", 33, "Sudokus with clues outside of each kind.",
           with_rules(*CLUES, level="medium")),
)  # fmt: skip
"""Every included file, in the order of the page."""

PAGE = """\
# Puzzles that ship

Every family and every rule, easy to hard, 4x4 to 25x25; `vmd-solve` recognises the form of each.
The package carries them, and `vmd-solve --info` tells where. All are made with our own generator:
`python -m training.make_puzzles puzzles` makes them anew, byte for byte, this page included.

The rating is the number of guesses that a search by singles needs until it knows every solution
(at most two of them), averaged over 32 random orders; 0 means that singles suffice. Puzzles have
one solution unless the table says otherwise.

| file | family | size | givens | rating | what it shows |
|---|---|---|---|---|---|
"""


def row(sample: Sample, puzzles: list[Puzzle]) -> str:
    """The file's line in the page's table."""
    boards = [one.board for one in puzzles]
    families = ", ".join(dict.fromkeys(board.family for board in boards))
    sizes = ", ".join(dict.fromkeys(f"{board.rows}x{board.cols}" for board in boards))
    givens = span(sum(map(bool, one.givens)) - len(one.board.holes) for one in puzzles)
    rating = span(round(float(rated(one.board, [one.givens], 0)[0]), 1) for one in puzzles)
    name = f"[{sample.file}]({sample.file})"
    return f"| {name} | {families} | {sizes} | {givens} | {rating} | {sample.shows} |\n"


def span(numbers: Iterable[float]) -> str:
    """The least and the greatest, or the one where they are equal.

    >>> span([3, 2.5, 4]), span([7, 7])
    ('2.5 to 4', '7')
    """
    ordered = sorted(numbers)
    return " to ".join(dict.fromkeys(f"{end:g}" for end in (ordered[0], ordered[-1])))


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write the included puzzles, and the page about them, into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)

    def write(name: str, text: str) -> None:
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        click.echo(name)

    rows = []
    for sample in SAMPLES:
        puzzles = sample.puzzles()
        rows.append(row(sample, puzzles))
        write(sample.file, sample.text(puzzles))
    write("README.md", PAGE + "".join(rows))


if __name__ == "__main__":
    main()
