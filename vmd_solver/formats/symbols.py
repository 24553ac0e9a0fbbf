"""The symbols of cells: blanks, alphabets, and which of them a text is written in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import cache, lru_cache
from string import ascii_uppercase, digits

from vmd_solver.csp.puzzle import Puzzle, default_alphabet, numerals
from vmd_solver.errors import PuzzleError

BLANKS = ".0-_*?xX"
"""Symbols of an open cell; `0`, `x` and `X` only where the alphabet has no such value."""


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
    """The alphabet 0-9, A-Z cut to D symbols, of up to 36 values."""
    return tuple((digits + ascii_uppercase)[:D]) if D <= 36 else None


@lru_cache(maxsize=64)
def values_of(alphabet: tuple[str, ...]) -> dict[str, int]:
    """Value of each symbol, with blanks (0), lower case letters and digits padded to `07`."""
    table = dict.fromkeys((*BLANKS, "00", "-1"), 0)
    table.update((symbol, value) for value, symbol in enumerate(alphabet, 1))
    for value, symbol in enumerate(alphabet, 1):
        table.setdefault(symbol.lower(), value)
        if symbol in "123456789":
            table.setdefault(f"0{symbol}", value)
    return table


def infer(cells: Iterable[str], D: int) -> tuple[str, ...]:
    """The alphabet that `cells` are written in.

    The first of `alphabets` that holds every symbol, an X at best as a value; but from 10 values
    on, where a blank other than 0 marks the open cells and 0 occurs as well, 0 is a value.

    >>> infer(".0F", 16)[:3], infer(".1G", 16)[:3], infer(".XY", 25)[:3], infer("X12", 9)[:3]
    (('0', '1', '2'), ('1', '2', '3'), ('A', 'B', 'C'), ('1', '2', '3'))
    """
    used = set(cells)
    zeros = zeros_in(used, D) if D >= 10 else None
    if zeros is not None:
        return zeros
    crosses = used & {"x", "X"}
    for blank in (set[str](), crosses):
        for alphabet in alphabets(D):
            table = values_of(alphabet)
            if used - blank <= table.keys() and all(table[cross] for cross in crosses - blank):
                return alphabet
    numbers = {int(symbol) for symbol in used if re.fullmatch("[0-9]{1,6}", symbol)}
    if len(numbers) == len(used - set(BLANKS)) and max(numbers) - min(numbers) == D - 1:
        return numerals(D, min(numbers))
    return default_alphabet(D)


def zeros_in(used: Set[str], D: int) -> tuple[str, ...] | None:
    """`zero_based`, where 0 may be a value: it occurs, and no symbol that is not one of those.

    From 10 values on it is one if another sign marks the open cells.

    >>> zeros_in(set(".012"), 9), zeros_in(set(".0129"), 9)
    (('0', '1', '2', '3', '4', '5', '6', '7', '8'), None)
    """
    zeros = zero_based(D)
    if not zeros or "0" not in used or not used <= values_of(zeros).keys():
        return None
    return zeros if used & set(BLANKS) != {"0"} or D < 10 else None


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
