"""Addresses that hold the cells, and those that do not."""

from __future__ import annotations

import pytest

from vmd_solver import formats
from vmd_solver.csp.families import latin, sudoku
from vmd_solver.csp.puzzle import Puzzle

LINE = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
ZEROS = LINE.replace(".", "0")
PUZZLE = Puzzle(sudoku(), tuple(map(int, ZEROS)))


def shortened(digits: str) -> str:
    """Each digit with the zeros after it, five at most, as one character."""
    signs, found, at = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwx", "", 0
    while at < len(digits):
        zeros = len(digits[at + 1 : at + 6]) - len(digits[at + 1 : at + 6].lstrip("0"))
        found += signs[int(digits[at]) + 10 * zeros]
        at += 1 + zeros
    return found


def base36(number: int) -> str:
    signs = "0123456789abcdefghijklmnopqrstuvwxyz"
    return signs[number // 36] + signs[number % 36]


def base32(number: int) -> str:
    signs = "0123456789abcdefghijklmnopqrstuv"
    return signs[number // 32] + signs[number % 32]


NEW = "S9B" + "".join(base36(int(cell) if cell != "0" else 18 + 0b101) for cell in ZEROS)
OLD = "".join(base32(2 ** int(cell) + 1 if cell != "0" else 0b1010) for cell in ZEROS)
WIKI, EXCHANGE = "https://www.sudokuwiki.org/sudoku.htm?bd=", "https://sudokuexchange.com/play/?s="

ADDRESSES = [
    f"{WIKI}{ZEROS}",
    f"{WIKI}{LINE}",
    f"http://sudokuwiki.org/sudoku.htm?x=1&bd={ZEROS}",
    f"www.sudokuwiki.org/sudoku.htm?bd={ZEROS}",
    f"{EXCHANGE}{ZEROS}",
    f"{EXCHANGE}{LINE}&r=1",
    f"https://sudokuexchange.com/?s={shortened(ZEROS)}",
    f"https://sudoku.coach/en/play/{ZEROS}",
    f"sudoku.coach/de/play/{LINE}/",
    f"https://sudokupad.app/classic{shortened(ZEROS)}",
    f"https://sudokupad.app/?puzzleid=classic{shortened(ZEROS)}",
    f"https://app.crackingthecryptic.com/sudoku/classic{shortened(ZEROS)}",
]


@pytest.mark.parametrize("address", ADDRESSES)
def test_cells_of_an_address_are_read(address: str) -> None:
    (entry,) = formats.read(address)
    assert (entry.puzzle, entry.notes) == (PUZZLE, ())
    assert formats.parse(address, family="latin") == Puzzle(latin(9), PUZZLE.givens)


def test_the_older_ids_of_sudokupad_count_open_cells() -> None:
    runs = "".join(part if part != "." else chr(ord("A") + length) for part, length in _runs(LINE))
    assert formats.parse(f"https://sudokupad.app/classic{runs}") == PUZZLE


def _runs(line: str) -> list[tuple[str, int]]:
    """The digits of a line, and `.` with a length for the open cells between them."""
    found: list[tuple[str, int]] = []
    for cell in line:
        if cell == "." and found and found[-1][0] == ".":
            found[-1] = (".", found[-1][1] + 1)
        else:
            found.append((cell, 1))
    return found


@pytest.mark.parametrize("position", [f"{WIKI}{NEW}", f"{WIKI}{OLD}", NEW])
def test_the_clues_of_a_position_are_the_puzzle(position: str) -> None:
    (entry,) = formats.read(position)
    assert entry.puzzle == PUZZLE
    assert entry.notes == ("left out: the candidates that the position has left",)


def test_placed_cells_of_a_position_are_counted() -> None:
    new = NEW.replace(base36(18 + 0b101), base36(9 + 7), 3)
    codes = [OLD[at : at + 2] for at in range(0, 162, 2)]
    for at in [at for at, code in enumerate(codes) if code == base32(0b1010)][:3]:
        codes[at] = base32(0b1000)
    for position in (new, f"{WIKI}{''.join(codes)}"):
        (entry,) = formats.read(position)
        assert entry.puzzle == PUZZLE
        assert "3 cells that were placed" in entry.notes[0]


def test_a_difficulty_is_a_rating() -> None:
    (entry,) = formats.read(f"{EXCHANGE}{ZEROS}&d=3")
    assert entry.rating == 3.0


REFUSED = {
    f"{WIKI}{ZEROS[1:]}": (1, "expected an address with 81 cells, got 80"),
    f"{WIKI}{ZEROS[1:]}y": (122, "unexpected 'y'"),
    f"{WIKI}{NEW[:-1]}": (1, "expected 162 characters after S9B, got 161"),
    f"{WIKI}S9B{'zz' * 81}": (1, "no position of SudokuWiki"),
    f"{WIKI}{'07' * 81}": (1, "no position of SudokuWiki"),
    f"https://www.sudokuwiki.org/killersudoku.htm?bd={ZEROS}": (1, "the address holds no cells"),
    f"https://www.sudokuwiki.org/sudoku.htm?n={ZEROS}": (1, "sudoku.htm?bd=..., or the puzzle"),
    f"{EXCHANGE}12": (1, "expected an address with 81 cells, got 2"),
    f"{EXCHANGE}{'?' * 80}": (1, "expected an address with 81 cells, got 0"),
    "https://sudokuexchange.com/": (1, "https://sudokuexchange.com/play/?s=..."),
    "https://sudoku.coach/en/campaign": (1, "https://sudoku.coach/en/play/..."),
    "https://sudokupad.app/classic12": (1, "an id that stands for 81 cells"),
    f"https://sudokupad.app/classic{'?' * 81}": (1, "an id that stands for 81 cells"),
    "https://sudokupad.app/abc": (1, "a short id stands for a puzzle"),
    "sudokupad.app/abc": (1, "a short id stands for a puzzle"),
    f"https://example.org/?puzzle={ZEROS}": (1, "copy the puzzle itself, such as its 81 digits"),
    "http://[": (1, "copy"),
}


@pytest.mark.parametrize("address", REFUSED)
def test_every_other_address_says_what_to_do(address: str) -> None:
    column, message = REFUSED[address]
    good, entry = formats.read(f"{WIKI}{ZEROS}\n{address}", "f")
    assert good.puzzle == PUZZLE
    assert str(entry.error).startswith(f"f:2:{column}: ")
    assert message in str(entry.error)
