"""Pieces of a text hold the entries that `read` finds; columns hold what is common in them."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vmd_solver import formats
from vmd_solver.formats import Entry, Piece, Remark, source
from vmd_solver.formats.columns import columns
from vmd_solver.formats.entry import MAX_LINE
from vmd_solver.formats.source import Even

PUZZLE = "1..4............"
SOLUTION = "1234341221434321"
LINES = (
    PUZZLE, PUZZLE.replace(".", "0"), f"{PUZZLE} {SOLUTION}", f"  {PUZZLE}\t", PUZZLE[:-1],
    PUZZLE.replace("4", "x"), "." * 81, "A" + "." * 255, "", "   ", "# remark", " # remark",
    f"\ufeff{PUZZLE}", "é" + PUZZLE[1:], "é" * 8, "\x1c", "\x0b", "x" * 50,
)  # fmt: skip
ROWS = (
    f"{PUZZLE},{SOLUTION},1", f"{PUZZLE},,1", f"{PUZZLE},{PUZZLE},1", f"{PUZZLE},{SOLUTION}",
    f'"{PUZZLE}",{SOLUTION},1', f"{PUZZLE},{SOLUTION[:-1]},1", f" {PUZZLE} ,{SOLUTION},name",
    f"{PUZZLE[:-1]}x,{SOLUTION},1", f"{PUZZLE},{SOLUTION},1,1", ",,", "", "#", '"', "é,é,é",
)  # fmt: skip
EVEN = (
    PUZZLE, SOLUTION, " " * 16, "# remark, so long", "1234, 1234, 1234", "é" * 16, "x" * 16,
    " " * 15 + "1", '"' * 16, "\x1b[1m1..4........", "\t" * 16,
)  # fmt: skip
"""Lines of one length."""
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


def texts(lines: tuple[str, ...], head: tuple[str, ...] = ()) -> st.SearchStrategy[bytes]:
    body = st.lists(st.sampled_from(lines), max_size=12)
    last = st.booleans()
    return st.builds(
        lambda body, end, ended: (end.join([*head, *body]) + end * ended).encode(),
        body, ENDS, last,
    )  # fmt: skip


def entries(parts: Iterator[Piece | Entry | Remark]) -> list[Entry]:
    found: list[Entry] = []
    for part in parts:
        if isinstance(part, Piece):
            found += part.entries(range(len(part)))
        elif isinstance(part, Entry):
            found.append(part)
    return found


def same(text: bytes, form: str | None, block: int) -> None:
    """That pieces, however small the blocks, give what `read` gives."""
    stream = io.TextIOWrapper(io.BytesIO(text), "utf-8-sig", errors="replace")
    expected = [repr(entry) for entry in formats.read(stream, "file", form)]
    usual, source.BLOCK = source.BLOCK, block
    try:
        found = entries(formats.parts(io.BytesIO(text), "file", form))
    finally:
        source.BLOCK = usual
    assert [repr(entry) for entry in found] == expected


@given(texts(LINES), st.sampled_from([None, "line"]), st.sampled_from([1, 7, 64, 1 << 18]))
def test_pieces_of_lines(text: bytes, form: str | None, block: int) -> None:
    same(text, form, block)


@given(
    texts(ROWS, ("puzzle,solution,id",)),
    st.sampled_from([None, "csv"]),
    st.sampled_from([3, 64, 1 << 18]),
)
def test_pieces_of_a_table(text: bytes, form: str | None, block: int) -> None:
    same(text, form, block)


@given(
    texts(EVEN) | texts(EVEN, ("puzzle",)),
    st.sampled_from([None, "line", "csv"]),
    st.sampled_from([34, 51, 1 << 18]),
)
def test_pieces_of_lines_of_one_length(text: bytes, form: str | None, block: int) -> None:
    same(text, form, block)


def test_lines_of_one_length_stay_one_text() -> None:
    (piece,) = formats.parts(io.BytesIO(f"{PUZZLE}\n".encode() * 5), None, "line")
    assert isinstance(piece, Piece)
    first, rest = piece.cut(2)
    for part, count in ((piece, 5), (first, 2), (rest, 3)):
        assert isinstance(part.lines, Even)
        assert (part.text, len(part)) == (f"{PUZZLE}\n" * count, count)
        assert [*part.lines] == [PUZZLE] * count == [part.lines[-1]] * count
    assert rest.numbers == range(3, 6)


@given(
    st.text(st.characters(exclude_characters="\0\ufeff", codec="utf-8"), max_size=200),
    st.sampled_from([None, "csv", "jsonl", "grid"]),
)
def test_pieces_of_anything(text: str, form: str | None) -> None:
    same(text.encode(), form, 16)


@pytest.mark.parametrize(
    "name", [form.name for form in formats.FORMATS if form.write and form.name != "dimacs"]
)
def test_pieces_of_every_form(name: str) -> None:
    family = "latin" if name == "pls" else "sudoku"
    puzzle = formats.parse("." * 80 + "1", family=family)
    text = "".join(formats.write_all([puzzle] * 5, name)).encode()
    same(text, None if name != "sdm" else name, 40)


def test_a_long_line_is_cut_in_pieces_too() -> None:
    text = f"{PUZZLE}\n{'.' * (MAX_LINE + 5)}\n{PUZZLE}\n{'.' * (3 * MAX_LINE)}"
    same(text.encode(), "line", 1 << 18)


def test_a_line_that_came_does_not_wait_for_the_next() -> None:
    class Slow(io.RawIOBase):
        """A pipe into which somebody types."""

        taken = 0

        def readable(self) -> bool:
            return True

        def readinto(self, room: bytearray) -> int:  # type: ignore[override]
            self.taken += 1
            room[:82] = b"." * 81 + b"\n"
            return 82

    slow = Slow()
    parts = formats.parts(slow)  # type: ignore[arg-type]
    for count in range(1, 9):
        assert len(next(parts)) == 1  # type: ignore[arg-type]
        assert slow.taken <= count


@given(texts(LINES, (PUZZLE,)) | texts(ROWS, ("puzzle,solution,id",)))
def test_columns_hold_what_the_readers_find(text: bytes) -> None:
    for part in formats.parts(io.BytesIO(text)):
        if not isinstance(part, Piece) or (found := columns(part)) is None:
            continue
        common = list(part.entries(found.places.tolist()))
        assert len(common) == len(found.givens)
        for entry, givens in zip(common, found.givens.tolist(), strict=True):
            assert entry.puzzle is not None
            assert entry.puzzle.givens == tuple(givens)
            assert entry.puzzle.board == found.layout.board
            assert entry.puzzle.alphabet == found.layout.alphabet


def test_a_table_may_tell_its_families() -> None:
    lines = [f"{PUZZLE},{family}" for family in ("latin", "latin", "sudoku", "", "sudko")]
    (piece,) = formats.parts(io.BytesIO("\n".join(["puzzle,family", *lines, ""]).encode()))
    assert isinstance(piece, Piece)
    found = columns(piece)
    assert found is not None and found.layout.board.family == "latin"
    assert found.places.tolist() == [0, 1]


def test_most_lines_are_common() -> None:
    (piece,) = formats.parts(
        io.BytesIO(f"{PUZZLE}\n{PUZZLE[1:]}\n{PUZZLE}\n".encode()), None, "line"
    )
    assert isinstance(piece, Piece)
    found = columns(piece)
    assert found is not None and found.places.tolist() == [0, 2]
    first, rest = piece.cut(1)
    assert (*first.lines, *rest.numbers) == (PUZZLE, 2, 3)
