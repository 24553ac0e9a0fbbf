"""Puzzles as PDF: a sound file, a text for each symbol, everything on its page."""

from __future__ import annotations

import re
import zlib

import pytest

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import latin, sudoku_x
from vmd_solver.generation import Wish, make
from vmd_solver.generation.page import Solved
from vmd_solver.generation.pdf import pdf


def made(**asked: object) -> Solved:
    found = make(Wish(**asked))
    assert found is not None
    return found.puzzle, found.solution


def pages(document: bytes) -> list[str]:
    """What is drawn on each page."""
    streams = re.findall(rb"/Length (\d+)>>\nstream\n", document)
    bodies = document.split(b">>\nstream\n")[1:]
    return [
        zlib.decompress(body[: int(length)]).decode()
        for length, body in zip(streams, bodies, strict=True)
    ]


def texts(page: str) -> list[str]:
    return [bytes.fromhex(text).decode("cp1252") for text in re.findall(r"<(.*)> Tj", page)]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_every_object_is_where_the_table_says(count: int) -> None:
    document = pdf([made(size=4)] * count)
    start = int(document.split(b"startxref\n")[1].split()[0])
    assert document[start:].startswith(b"xref")
    places = re.findall(rb"(\d{10}) 00000 n ", document[start:])
    for number, place in enumerate(places, 1):
        assert document[int(place) :].startswith(b"%d 0 obj\n" % number)
    assert document.count(b"/Type/Page/") == len(pages(document)) == max(1, -(-count // 4))
    assert b"/Count %d/" % max(1, -(-count // 4)) in document


def test_symbols_are_the_givens_and_then_the_solution() -> None:
    puzzle, solution = made(size=4, seed=1)
    asked, answer = pages(pdf([(puzzle, solution)], solutions=True))
    given = [str(value) for value in puzzle.givens if value]
    assert texts(asked) == [f"1. {puzzle.name}", *given]
    assert texts(answer) == ["Solution 1", *map(str, solution)]
    assert answer.count("/B ") == len(given) and asked.count("/B ") == 0


def test_diagonals_are_shaded_and_drawings_stay_on_the_page() -> None:
    for per_page in (1, 2, 6, 30):
        (page,) = pages(pdf([(sudoku_x().empty(), ())] * per_page, per_page))
        assert page.count(" re f") == 17 * per_page
        scales = re.findall(r"q (\S+) 0 0 \S+ (\S+) (\S+) cm", page)[1::2]
        for scale, left, top in scales:
            side = 9 * 36 * float(scale)
            assert float(left) + side <= 595 - 39 and float(top) - side >= 39


def test_names_may_hold_anything() -> None:
    named = Puzzle(latin(2), (1, 0, 0, 0), name="(\\) \N{GREEK SMALL LETTER PI} \N{EURO SIGN}")
    assert texts(pages(pdf([(named, (1, 2, 2, 1))]))[0])[0] == "1. (\\) ? \N{EURO SIGN}"
