"""Addresses that hold the cells of a 9x9 puzzle: of SudokuWiki, Sudoku Exchange and sudoku.coach.

SudokuWiki keeps a position too, two characters a cell, as its page on sudoku strings defines them:
the clues are the puzzle, the rest is of whoever solves it. Sudoku Exchange, and SudokuPad after
`classic`, shorten 81 digits: a character is a digit and the zeros that follow it. Of old, SudokuPad
wrote digits, and a character for the open cells between them.
"""

from __future__ import annotations

import re
from string import ascii_lowercase, ascii_uppercase, digits
from urllib.parse import parse_qs, urlsplit

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.cells import Cells, puzzle_of
from vmd_solver.formats.entry import Found, number_in
from vmd_solver.formats.rows import cells_of

SITES = {
    "sudokuwiki.org": "https://www.sudokuwiki.org/sudoku.htm?bd=...",
    "sudokuexchange.com": "https://sudokuexchange.com/play/?s=...",
    "sudoku.coach": "https://sudoku.coach/en/play/...",
}
"""The sites, each with an address that holds a puzzle."""

_SHORTENED = digits + ascii_uppercase + ascii_lowercase[:24]
_RUNS = ascii_uppercase + ascii_lowercase + "()[]-.~:@!$&'*,;=_"
_NEW = re.compile(r"S9B[0-9a-z]{162}")
_OLD = re.compile(r"[0-9a-v]{162}")
_FULL = 511


def host_of(text: str) -> str:
    """The site of an address, without `www.`; empty where it is none."""
    try:
        return (urlsplit(text).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def parse(text: str, family: str) -> Found:
    """The puzzle of an address of one of SITES, or of a position of SudokuWiki without it."""
    if text.startswith("S9B"):
        return _wiki(text, text, family)
    host, parts = host_of(text), urlsplit(text)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if host == "sudokuwiki.org" and re.fullmatch(r"/sudoku\.html?", parts.path) and "bd" in query:
        return _wiki(query["bd"], text, family)
    if host == "sudokuexchange.com" and "s" in query:
        symbols = query["s"]
        if len(symbols) < 81:
            symbols = lengthened(re.sub("[_.-]", "0", symbols))
        return _puzzle(symbols, text, family)._replace(rating=number_in(query.get("d")))
    if host == "sudoku.coach" and (match := re.fullmatch(r"/[a-z]{2}/play/([^/]+)/?", parts.path)):
        return _puzzle(match.group(1), text, family)
    raise PuzzleSyntaxError(
        f"the address holds no cells: expected one such as {SITES[host]}, or the puzzle itself"
    )


def classic(text: str, family: str) -> Found:
    """The puzzle of an id of SudokuPad after `classic`, in whichever way it gives 81 cells."""
    runs = ""
    if all(sign in _RUNS or sign in "123456789" for sign in text):
        runs = "".join(sign if sign in digits else "0" * _RUNS.index(sign) for sign in text)
    found = {cells for cells in (lengthened(text), runs) if len(cells) == 81}
    if len(found) != 1:
        raise PuzzleSyntaxError(
            "this id of SudokuPad has two readings: open it there, and copy the puzzle itself"
            if found
            else "expected an id that stands for 81 cells: copy the whole link again"
        )
    return puzzle_of(cells_of(found.pop()), family)


def lengthened(text: str) -> str:
    """The digits of a shortened puzzle; empty where a character stands for none.

    >>> lengthened("5A0k"), lengthened("5?")
    ('500060000', '')
    """
    if not all(sign in _SHORTENED for sign in text):
        return ""
    return "".join(str(n % 10) + "0" * (n // 10) for n in map(_SHORTENED.index, text))


def _puzzle(symbols: str, text: str, family: str) -> Found:
    """The puzzle of 81 cells; an error has its column where the address has them as they are."""
    if len(symbols) != 81:
        got = f"{len(symbols)}: copy the whole link again"
        raise PuzzleSyntaxError(f"expected an address with 81 cells, got {got}")
    start = text.find(symbols)
    return puzzle_of(cells_of(symbols, None if start < 0 else start + 1), family)


def _wiki(given: str, text: str, family: str) -> Found:
    """A puzzle of SudokuWiki: digits, or the clues of a position."""
    if _NEW.fullmatch(given):
        codes = [int(given[at : at + 2], 36) for at in range(3, 165, 2)]
        clues = [code if code <= 9 else 0 for code in codes]
        fine = all(code <= 18 + _FULL for code in codes)
        placed = sum(9 < code <= 18 for code in codes)
    elif _OLD.fullmatch(given):
        codes = [int(given[at : at + 2], 32) for at in range(0, 162, 2)]
        clues = [(code >> 1).bit_length() if code & 1 else 0 for code in codes]
        fine = all((code >> 1).bit_count() == 1 for code in codes if code & 1)
        placed = sum((code >> 1).bit_count() == 1 for code in codes if not code & 1)
    elif given.startswith("S9B"):
        raise PuzzleSyntaxError(f"expected 162 characters after S9B, got {len(given) - 3}")
    else:
        return _puzzle(given, text, family)
    if not fine:
        raise PuzzleSyntaxError("no position of SudokuWiki: copy the link again")
    entered = f"{placed} cells that were placed and " if placed else ""
    notes = (f"left out: {entered}the candidates that the position has left",)
    return puzzle_of(Cells([str(clue) for clue in clues]), family)._replace(notes=notes)
