"""The symbols of cells: blanks, alphabets, and which of them a text is written in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from string import ascii_uppercase, digits

from vmd_solver.csp.puzzle import Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError

BLANKS = ".0-_*?"
"""Symbols of an open cell; `0` only where the alphabet has no such value."""


@cache
def alphabets(D: int) -> tuple[tuple[str, ...], ...]:
    """The alphabets that text without a stated one may be written in, likeliest first.

    1-9 and A-Z; decimal numbers; letters from A. `infer` decides whether 0 is a value.
    """
    numbers = tuple(str(value) for value in range(1, D + 1))
    letters = (tuple(ascii_uppercase[:D]),) if len(ascii_uppercase) >= D else ()
    return tuple(dict.fromkeys((default_alphabet(D), numbers, *letters)))


@cache
def zero_based(D: int) -> tuple[str, ...] | None:
    """The alphabet 0-9, A-Z cut to D symbols, where that is usual (10 to 36 values)."""
    return tuple((digits + ascii_uppercase)[:D]) if 10 <= D <= 36 else None


@lru_cache(maxsize=64)
def values_of(alphabet: tuple[str, ...]) -> dict[str, int]:
    """Value of each symbol, with blanks (0), lower case letters and digits padded to `07`."""
    table = dict.fromkeys((*BLANKS, "00"), 0)
    table.update((symbol, value) for value, symbol in enumerate(alphabet, 1))
    for value, symbol in enumerate(alphabet, 1):
        table.setdefault(symbol.lower(), value)
        if symbol in "123456789":
            table.setdefault(f"0{symbol}", value)
    return table


def infer(cells: Iterable[str], D: int) -> tuple[str, ...]:
    """The alphabet that `cells` are written in.

    The first of `alphabets` that holds every symbol; but from 10 values on, where a blank other
    than 0 marks the open cells and 0 occurs as well, 0 is a value.

    >>> infer(".0F", 16)[:3], infer(".1G", 16)[:3], infer(".XY", 25)[:3]
    (('0', '1', '2'), ('1', '2', '3'), ('A', 'B', 'C'))
    """
    used = set(cells)
    zeros = zero_based(D)
    if zeros and "0" in used and used & set(BLANKS) != {"0"} and used <= values_of(zeros).keys():
        return zeros
    fitting = (alphabet for alphabet in alphabets(D) if used <= values_of(alphabet).keys())
    return next(fitting, default_alphabet(D))


def unexpected(cell: str, alphabet: tuple[str, ...]) -> str:
    """The message for a symbol that is not in the alphabet."""
    if "\ufffd" in cell:
        return "bytes that are not UTF-8: save the file as UTF-8 text"
    blanks = " ".join(blank for blank in BLANKS if blank not in alphabet)
    return f"unexpected {shown(cell)}: expected {spell(alphabet)}, or an open cell ({blanks})"


def spell(alphabet: tuple[str, ...]) -> str:
    """An alphabet in a few words.

    >>> spell(tuple("123456789ABC")), spell(tuple("abc"))
    ('1-9 A-C', 'a b c')
    """
    D = len(alphabet)
    if alphabet == default_alphabet(D) and 10 < D <= 35:
        return f"1-9 A-{alphabet[-1]}"
    if alphabet == zero_based(D) and D > 11:
        return f"0-9 A-{alphabet[-1]}"
    if len(alphabet) > 8 or (alphabet == default_alphabet(D) and D > 2):
        return f"{alphabet[0]}-{alphabet[-1]}"
    return " ".join(alphabet)


def encode(puzzle: Puzzle, values: Sequence[int] | None = None) -> list[str]:
    """Symbol of each cell, `.` where open. Raises PuzzleError at a value outside the alphabet."""
    D = puzzle.board.D
    chosen = puzzle.givens if values is None else values
    for cell, value in enumerate(chosen):
        if not 0 <= value <= D:
            where = puzzle.board.cell_name(cell)
            raise PuzzleError(f"value {value} at {where} cannot be written: expected 0 to {D}")
    symbols = (".", *puzzle.alphabet)
    return [symbols[value] for value in chosen]


def shown(value: object) -> str:
    """Any value for a message: short, on one line, printable."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 24 else f"{text[:20]}..."
