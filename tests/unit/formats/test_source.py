"""Files: what cannot be opened is said in one line, and nothing long is held in memory."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from vmd_solver import formats
from vmd_solver.formats.entry import MAX_LINE
from vmd_solver.formats.registry import PREFIX_LINES
from vmd_solver.formats.source import blocks_of, lines_of

LINE = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_bytes(b"\x89PNG\0\0" + bytes(200))
    (entry,) = formats.read_path(path)
    assert str(entry.error) == f"{path}: is a binary file: expected a text of puzzles"


def test_what_cannot_be_opened_is_reported(tmp_path: Path) -> None:
    for path, message in {
        tmp_path: "is a directory: expected a puzzle file",
        tmp_path / "none.txt": "cannot be read: no such file",
        Path("a\0b"): "cannot be read: embedded null",
    }.items():
        (entry,) = formats.read_path(path)
        assert str(entry.error).startswith(f"{path}: {message}")


def test_an_empty_file_says_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_bytes(b"")
    (entry,) = formats.read_path(path)
    assert "no puzzle here: expected one puzzle a line" in str(entry.error)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_marks_and_line_ends_do_not_matter(end: bytes, tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    content = b"\xef\xbb\xbf# comment" + end + LINE.encode() + end + end + LINE.encode()
    path.write_bytes(content)
    entries = list(formats.read_path(path))
    assert [entry.line for entry in entries] == [2, 4]
    assert all(entry.puzzle is not None for entry in entries)


def test_a_bad_byte_late_in_a_file_spoils_one_line_only(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    good = f"{LINE}\n".encode()
    path.write_bytes(good * 2000 + b"\xff" + good[1:] + good)
    entries = list(formats.read_path(path))
    assert len(entries) == 2002
    (error,) = (entry.error for entry in entries if entry.error is not None)
    assert (error.line, error.column) == (2001, 1)
    assert "unexpected 'ÿ'" in error.message


@pytest.mark.parametrize(
    "start", ["", "puzzle,solution\n", '{"givens":', "family: ", ":0000:x:", "|"]
)
def test_an_endless_line_is_refused_unread(start: str, tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(start + "1" * 10_000_000, encoding="utf-8")
    (entry,) = formats.read_path(path)
    assert entry.puzzle is None
    assert len(entry.text) <= MAX_LINE + 1
    assert "longer than 1,000,000 characters" in str(entry.error) or start == "|"


def test_a_long_line_does_not_stop_the_others(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text(f"{LINE}\n{'.' * 3_000_000}\n{LINE}\n", encoding="utf-8")
    assert [entry.error is None for entry in formats.read_path(path)] == [True, False, True]
    assert [entry.line for entry in formats.read_path(path)] == [1, 2, 3]


def test_a_stream_is_cut_at_the_limit_and_continues() -> None:
    stream = io.StringIO("x" * (2 * MAX_LINE + 3) + "\nnext\n# no\n last\n")
    lines = itertools.chain.from_iterable(map(lines_of, blocks_of(stream)))
    assert [(n, len(text)) for n, text in lines] == [(1, MAX_LINE + 1), (2, 4), (4, 5)]


class Counted:
    """An endless file that counts the lines taken from it."""

    def __init__(self, *lines: str) -> None:
        self.taken = 0
        self._lines = itertools.cycle(lines)

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.taken += 1
            yield line


@pytest.mark.parametrize(
    ("lines", "ahead"),
    [
        ([LINE], 0),
        ([formats.write(formats.parse(LINE), "jsonl")], 0),
        (formats.write(formats.parse(LINE), "vmd").splitlines(), 1),
        ([formats.write(formats.parse(LINE), "exchange")], 0),
        ([*formats.write(formats.parse(LINE), "grid").splitlines(), ""], PREFIX_LINES),
    ],
)
def test_entries_come_while_the_file_is_still_being_written(lines: list[str], ahead: int) -> None:
    endless = Counted(*lines)
    entries = formats.read(endless)
    for count in range(1, 20):
        assert next(entries).puzzle is not None
        assert endless.taken <= max(count * len(lines), PREFIX_LINES if ahead > 1 else 0) + ahead


def test_an_endless_text_of_no_known_form_ends_with_one_error() -> None:
    endless = Counted("once upon a time")
    (entry,) = formats.read(endless)
    assert entry.puzzle is None
    assert endless.taken <= PREFIX_LINES + 1
