"""Formats: parse after write is the identity, and no text whatever makes a reader raise."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vmd_solver import formats
from vmd_solver.csp.families import grid, jigsaw, latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.puzzle import Board, Puzzle, default_alphabet
from vmd_solver.errors import PuzzleError
from vmd_solver.formats.boards import default_box
from vmd_solver.formats.entry import one_line
from vmd_solver.formats.symbols import alphabets, zero_based

SIZES = (4, 6, 8, 9, 10, 12, 16, 20, 25)
CLASSIC = ("sdk", "sdm", "ss", "exchange", "hodoku", "opensudoku")
NAMES = tuple(format.name for format in formats.FORMATS)
UNLIKE = ("sdm", "dimacs")
"""Formats whose text is read as another, or holds graphs only."""

PAGE = (Path(__file__).parents[2] / "docs" / "FORMATS.md").read_text(encoding="utf-8")
EXAMPLES = [text for _, text in re.findall(r"^```text (\w+)\n(.*?)^```", PAGE, re.M | re.DOTALL)]
PARTLY = [("sgt", "jigsaw"), ("sgt", "jigsaw-x"), ("sgt", "grid"), ("dimacs", "grid")]
PARTLY += [("iss", family) for family in formats.format_named("iss").families]
"""Families of which a format holds some boards only: pieces, graphs, takuzu, at most 16x16."""
# A link packs what fpuzzles writes.
HELD = [
    (format.name, family)
    for format in formats.FORMATS
    for family in format.families
    if format.write and format.name != "link" and (format.name, family) not in PARTLY
]


def boards(family: str, sizes: tuple[int, ...] = SIZES, any_box: bool = False) -> st.SearchStrategy:
    """Boards of a family; with `any_box`, of box shapes other than the customary one too."""
    if family == "latin":
        return st.sampled_from((1, 2, 3, 5, 7, *sizes, 36, 40)).map(latin)
    if family in ("jigsaw", "jigsaw-x"):
        return jigsaws(family == "jigsaw-x")
    if family == "grid":
        return grids()
    make: Callable[[int, int], Board] = {
        "sudoku": sudoku,
        "sudoku-x": sudoku_x,
        "windoku": windoku,
    }[family]
    shapes = [default_box(size) or (1, size) for size in sizes]
    if any_box:
        shapes += [(3, 2), (2, 4), (4, 3), (5, 2), (1, 5), (6, 1), (7, 9)]
    return st.sampled_from(shapes).map(lambda shape: make(*shape))


@st.composite
def jigsaws(draw: st.DrawFn, diagonal: bool) -> Board:
    """Boards with regions scattered at will: a format must not care whether they hang together."""
    order = draw(st.sampled_from((2, 3, 4, 6, 9, 12, 16, 63)))
    regions = [cell // order for cell in range(order * order)]
    random.Random(draw(st.integers(0, 99))).shuffle(regions)
    return jigsaw(regions, diagonal)


@st.composite
def grids(draw: st.DrawFn) -> Board:
    rows, cols = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    cells = st.integers(0, rows * cols - 1)
    units = st.lists(st.lists(cells, min_size=1, max_size=9, unique=True), max_size=6)
    return grid(rows, cols, draw(st.sampled_from((1, 2, 4, 9, 10, 12, 30, 40, 63))), draw(units))


@st.composite
def puzzles(
    draw: st.DrawFn, board: st.SearchStrategy[Board], alphabet: str = "usual", name: bool = False
) -> Puzzle:
    """Puzzles with givens at will, so that most contradict themselves: text must not care."""
    chosen = draw(board)
    symbols = default_alphabet(chosen.D)
    if alphabet == "customary":
        zeros = zero_based(chosen.D)
        symbols = draw(st.sampled_from((*alphabets(chosen.D), *((zeros,) if zeros else ()))))
    elif alphabet == "any":
        letters = st.text(st.sampled_from("abcXYZ019éß中"), min_size=1, max_size=3)
        symbols = (
            draw(
                st.just(symbols)
                | st.permutations(symbols).map(tuple)
                | st.lists(letters, min_size=chosen.D, max_size=chosen.D, unique=True).map(tuple)
            )
            if chosen.D <= 12
            else symbols
        )
    source = random.Random(draw(st.integers(0, 2**32)))
    share = draw(st.sampled_from((0.0, 0.2, 0.5, 0.9, 1.0)))
    givens = tuple(
        source.randint(1, chosen.D) if source.random() < share else 0 for _ in range(chosen.n)
    )
    return Puzzle(chosen, givens, symbols, draw(st.text(max_size=9)) if name else "")


def back(text: str, puzzle: Puzzle, format: str | None) -> Puzzle:
    """What the text parses to, told the family where the format does not state it."""
    family = puzzle.board.family if puzzle.board.family in formats.BARE else "sudoku"
    return formats.parse(text, format=format, family=family)


@pytest.mark.parametrize(("name", "family"), HELD)
@given(data=st.data())
def test_parse_after_write_is_the_identity(name: str, family: str, data: st.DataObject) -> None:
    sizes = (9,) if name in CLASSIC else SIZES
    board = boards(family, sizes)
    if name in CLASSIC:
        board = st.just(latin(9)) if family == "latin" else board
    puzzle = data.draw(puzzles(board))
    assert back(formats.write(puzzle, name), puzzle, name) == puzzle


@pytest.mark.parametrize("name", ["vmd", "jsonl"])
@pytest.mark.parametrize("family", ["sudoku", "sudoku-x", "windoku", "jigsaw", "latin", "grid"])
@given(data=st.data())
def test_full_formats_keep_every_box_alphabet_and_name(
    name: str, family: str, data: st.DataObject
) -> None:
    puzzle = data.draw(puzzles(boards(family, any_box=True), "any", name=True))
    parsed = formats.parse(formats.write(puzzle, name))
    assert parsed == puzzle
    assert parsed.name == one_line(puzzle.name)


@pytest.mark.parametrize("name", NAMES)
@given(data=st.data())
def test_what_a_format_cannot_tell_is_refused_not_changed(name: str, data: st.DataObject) -> None:
    family = data.draw(st.sampled_from(("sudoku", "windoku", "jigsaw", "latin", "grid")))
    puzzle = data.draw(puzzles(boards(family, any_box=True), "customary"))
    try:
        text = formats.write(puzzle, name)
    except PuzzleError as error:
        assert "format" in str(error)
    else:
        assert back(text, puzzle, name) == puzzle


@pytest.mark.parametrize(
    "name", [form.name for form in formats.FORMATS if form.write and form.name not in UNLIKE]
)
@given(data=st.data())
def test_a_file_of_many_puzzles_is_recognised_and_read_in_order(
    name: str, data: st.DataObject
) -> None:
    board = st.just(latin(9) if name == "pls" else sudoku())
    expected = data.draw(st.lists(puzzles(board), min_size=1, max_size=4))
    text = "".join(formats.write_all(expected, name))
    ends = data.draw(st.sampled_from(("\n", "\r\n", "\r")))
    stream = io.StringIO(text.replace("\n", ends), newline=None)
    assert [entry.puzzle for entry in formats.read(stream)] == expected


SAMPLES = [
    formats.write(Puzzle(board, tuple(cell % (board.D + 1) for cell in range(board.n))), name)
    for name, family in HELD
    for board in (
        {
            "sudoku": sudoku(),
            "sudoku-x": sudoku_x(),
            "windoku": windoku(),
            "jigsaw": jigsaw([0, 0, 0, 1, 1, 0, 1, 1, 2, 2, 2, 3, 2, 3, 3, 3]),
            "jigsaw-x": jigsaw([0, 0, 0, 1, 1, 0, 1, 1, 2, 2, 2, 3, 2, 3, 3, 3], True),
            "latin": latin(9),
            "grid": grid(2, 3, 4, [(0, 1, 2), (2, 5)]),
        }[family],
    )
]
SAMPLES += EXAMPLES
PIECES = (
    *SAMPLES[:20],
    *("<opensudoku>", "</opensudoku>", "<game data='", '"/>', "<ksudoku><game>", "<!ENTITY a 'b'>"),
    *(
        "&a;",
        "<?xml version='1.0'?>",
        "start=[|",
        "|];",
        "n=3;",
        "% ",
        "array2d(1..9,",
        "_",
        "[[",
        "]]",
    ),
    *(
        "https://sudokuexchange.com/play/?s=",
        "https://www.sudokuwiki.org/sudoku.htm?bd=S9B",
        "0z" * 81,
    ),
    *(
        "sudoku.coach/en/play/" + "1" * 81,
        "https://sudokupad.app/classic",
        "http://[",
        "},",
        "null",
    ),
    *(
        '{"grid":[[',
        '{"cells":[[',
        "https://f-puzzles.com/?load=N4Ig",
        "scl",
        "4:0L,",
        "3x3k:zzzc,",
        "4:/",
    ),
    *("c colors 3", "p edge 2 1", "e 1 2", '"arrow":[{"lines":[["R1C1"'),
    *("\n", "\r", "\0", "\ufffd", "\ufeff", "\ud800", "---", "family:", "givens:", "units:", " | "),
    *("{", "[" * 3000, '"', "9" * 5000, "1e999", "NaN", "null", "order -1", "order 9", "[Puzzle]"),
    *("puzzle,solution", ":0000:x:", "#", "size: 999999x999999", "values: 0", "box: 0x0", "٣", "²"),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A good text with pieces taken out, doubled or put in."""
    text = draw(st.sampled_from(SAMPLES))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 20)))
        new = draw(st.text(max_size=4) | st.sampled_from(PIECES) | st.just(text[start:end] * 2))
        text = text[:start] + new + text[end:]
    return text


@given(
    text=damaged() | st.text(max_size=200) | st.lists(st.sampled_from(PIECES)).map("".join),
    format=st.none() | st.sampled_from(NAMES),
    family=st.sampled_from(formats.BARE),
)
@settings(max_examples=400)
def test_no_text_makes_a_reader_raise(text: str, format: str | None, family: str) -> None:
    entries = list(formats.read(text, "file", format, family))
    assert entries
    for entry in entries:
        assert (entry.puzzle is None) != (entry.error is None)
        assert 1 <= entry.line <= text.count("\n") + text.count("\r") + 1
        if entry.error is not None:
            assert str(entry.error).startswith("file:")
            assert str(entry.error).isprintable()
            assert len(str(entry.error)) < 400
        if entry.puzzle is not None:
            entry.puzzle.status()


@given(text=st.binary(max_size=300))
def test_no_bytes_raise_anything(text: bytes) -> None:
    """And no text is passed over: each gives an entry, be it an error."""
    found: list[formats.Entry | formats.Remark] = []
    for part in formats.parts(io.BytesIO(text), "file"):
        found += part.entries(range(len(part))) if isinstance(part, formats.Piece) else [part]
    assert any(isinstance(part, formats.Entry) for part in found)


STRAY = (
    "Easy 1", "Level 1", "S1", "1.", "3", "% by hand", "<sudoku>", "Number of Givens: 25",
    "Difficulty: Simple", "Time: 12345.678 milliseconds", "// end",
)  # fmt: skip


@given(
    blocks=st.lists(st.integers(0, 8) | st.sampled_from(STRAY), min_size=1, max_size=8),
    form=st.sampled_from(["line", "grid", "ss"]),
    blank=st.booleans(),
)
def test_what_stands_between_puzzles_swallows_none(
    blocks: list[int | str], form: str, blank: bool
) -> None:
    """Each is read, whatever lines that are none are around it, and each of those is told."""
    text, expected = "", []
    for block in blocks:
        if isinstance(block, str):
            text += f"{block}\n"
        else:
            expected.append(Puzzle(sudoku(), (0,) * block + (5,) + (0,) * (80 - block)))
            text += formats.write(expected[-1], form)
        text += "\n" * blank
    assume(expected)
    parts = list(formats.parts(io.BytesIO(text.encode())))
    skipped = [part.text for part in parts if isinstance(part, formats.Remark)]
    assert skipped == [block for block in blocks if isinstance(block, str)]
    assert [entry.puzzle for entry in formats.read(text)] == expected
