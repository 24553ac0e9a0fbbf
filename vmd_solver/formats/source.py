"""From a file to numbered lines, or to pieces of them that any process can read, in any order.

Encoding, line ends, comments, and limits on memory. Knows nothing of puzzles.
"""

from __future__ import annotations

import codecs
import errno
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, TypeGuard, overload

from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats.entry import MAX_LINE, Context, Entry, Format, Lines, Remark
from vmd_solver.formats.registry import format_named
from vmd_solver.formats.rows import all_plain

_PEEK = 1 << 16
_SHORTEST = 16
"""Bytes from which on zeros in every other one tell of UTF-16."""

BLOCK = 1 << 18
"""Bytes that are read at a time; less than MAX_LINE."""

MOST_JOINED = 200
"""Lines that a field in quotes may take: more than the rows of any board, and its solution's."""

_PACKED = {rb"\x1f\x8b": "gzip", rb"\xfd7zXZ\0": "lzma", rb"BZh[1-9]1AY&SY": "bz2"}
"""What packed data begins with, and the module that unpacks it as it is read."""

_NO_FILES = "__MACOSX/"
"""Where a zip of macOS keeps what it knows of the files."""

_USUAL = bytes({*range(32, 127), *b"\n"} - {*b'#"'})
"""What may be in lines of a table that need no closer look: no comments, quotes or codes."""
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
_ESCAPED = re.compile(r"[\udc80-\udcff]")

Block = tuple[int, Iterable[str]]
"""Lines without their ends, and the number of the first."""


class Even(Sequence[str]):
    """The lines of `text`, which all have the same length: held as they were read, in one string.

    >>> list(Even("ab\\ncd\\n", 2)[1:])
    ['cd']
    """

    def __init__(self, text: str, width: int) -> None:
        self.text, self.width = text, width

    def __len__(self) -> int:
        return len(self.text) // (self.width + 1)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> Even: ...
    def __getitem__(self, at: int | slice) -> str | Even:
        if isinstance(at, slice):
            start, stop, _ = at.indices(len(self))
            return Even(self.text[start * (self.width + 1) : stop * (self.width + 1)], self.width)
        start = range(len(self))[at] * (self.width + 1)
        return self.text[start : start + self.width]

    def __iter__(self) -> Iterator[str]:
        return iter(self.text.split("\n")[:-1])


def split(text: str) -> Sequence[str]:
    """The lines of a text, which has some."""
    if text.endswith("\n"):
        width = text.index("\n")
        ends = text[width :: width + 1]
        if ends.count("\n") == len(ends) == text.count("\n"):
            return Even(text, width)
    return text.removesuffix("\n").split("\n")


@dataclass(frozen=True)
class Piece:
    """Lines that hold one entry each; `numbers` are theirs in the file, `header` is its first.

    `format` is its name. As large as what is read at a time, with no object but a string for each
    line.
    """

    format: str
    context: Context
    header: str | None
    numbers: Sequence[int]
    lines: Sequence[str]

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def text(self) -> str:
        """The lines, each with its end."""
        return self.lines.text if isinstance(self.lines, Even) else "\n".join((*self.lines, ""))

    def cut(self, at: int) -> tuple[Piece, Piece]:
        """The first `at` entries, and the others."""
        first = replace(self, numbers=self.numbers[:at], lines=self.lines[:at])
        return first, replace(self, numbers=self.numbers[at:], lines=self.lines[at:])

    def entries(self, places: Iterable[int]) -> Iterator[Entry]:
        """The entries at these places among the lines, in the order of the places."""
        chosen = ((self.numbers[place], self.lines[place]) for place in places)
        head = () if self.header is None else ((1, self.header),)
        found = format_named(self.format).read(chain(head, chosen), self.context)
        return (entry for entry in found if isinstance(entry, Entry))


def in_pieces(
    blocks: Iterable[Block], format: Format, context: Context
) -> Iterator[Piece | Remark]:
    """The lines of a text in a format that is `per_line`; blank ones are left out.

    A remark on a line that is skipped comes in its place.
    """
    header: str | None = None
    waiting: list[tuple[int, str]] = []
    for block in chain(blocks, (None,)):
        if block and not waiting and _is_plain(block[1], format, header):
            numbers = range(block[0], block[0] + len(block[1]))
            yield Piece(format.name, context, header, numbers, block[1])
            continue
        lines = [(n, text) for n, text in lines_of(block) if text.strip()] if block else []
        lines, waiting = joined([*waiting, *lines], block is None) if format.joined else (lines, [])
        kept: list[tuple[int, str]] = []
        texts = [text for _, text in lines]
        plain = not format.headed and all_plain("".join(texts), min(map(len, texts), default=0))
        for number, text in [] if plain else lines:
            headless = format.headed and header is None
            if headless and format.recognise([text]):
                header = text
            elif headless or format.stray(text, context.family):
                if kept:
                    yield _piece(format, context, header, kept)
                yield context.skipped(number, text)
                kept = []
            else:
                kept.append((number, text))
        if kept := lines if plain else kept:
            yield _piece(format, context, header, kept)


def _is_plain(lines: Iterable[str], format: Format, header: str | None) -> TypeGuard[Even]:
    """Whether each line holds an entry, as can be seen of all at once."""
    if not isinstance(lines, Even) or " " * lines.width + "\n" in lines.text:
        return False
    if format.headed:
        return header is not None and not lines.text.encode().translate(None, _USUAL)
    return all_plain(lines.text, lines.width)


def _piece(
    format: Format, context: Context, header: str | None, kept: list[tuple[int, str]]
) -> Piece:
    numbers, lines = zip(*kept, strict=True)
    return Piece(format.name, context, header, numbers, lines)


def joined(
    lines: list[tuple[int, str]], last: bool
) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Lines of a table, a line end in quotes as a space; and those that wait for more lines.

    A quote that is not closed within MOST_JOINED lines, or at the end, opens nothing.
    """
    kept: list[tuple[int, str]] = []
    start = 0
    while start < len(lines):
        number, text = lines[start]
        end = start + 1
        while text.count('"') % 2 and end < min(len(lines), start + MOST_JOINED):
            text, end = f"{text} {lines[end][1]}", end + 1
        if text.count('"') % 2:
            if end < start + MOST_JOINED and not last:
                return kept, lines[start:]
            text, end = lines[start][1], start + 1
        kept.append((number, text))
        start = end
    return kept, []


Text = tuple[str | None, BinaryIO | PuzzleSyntaxError]
"""The name of a text and its bytes, or what is wrong with it."""


def texts(stream: BinaryIO, source: str | None) -> Iterator[Text]:
    """The texts that a stream holds: itself, unpacked, or the files of a zip.

    Raises PuzzleSyntaxError where it is no text, or what is packed is damaged.
    """
    with naming_damage(source):
        packed: Any
        packed = stream if hasattr(stream, "peek") else io.BufferedReader(stream)
        head = packed.peek(_PEEK)
        if head.startswith(b"PK\x03\x04"):
            yield from _of_zip(packed, source)
            return
        name = next((name for magic, name in _PACKED.items() if re.match(magic, head)), None)
        with import_module(name).open(packed) if name else nullcontext(packed) as text:
            _require_text(text.peek(_PEEK), source)
            yield source, text


def _of_zip(packed: BinaryIO, source: str | None) -> Iterator[Text]:
    import shutil
    import tempfile
    import zipfile

    with ExitStack() as stack:
        if not packed.seekable():
            copy = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(packed, copy)
            packed = copy
        archive = stack.enter_context(zipfile.ZipFile(packed))
        for member in archive.infolist():
            if member.is_dir() or member.filename.startswith(_NO_FILES):
                continue
            name = f"{source}/{member.filename}"
            try:
                with naming_damage(name):
                    text: Any = stack.enter_context(archive.open(member))
                    _require_text(text.peek(_PEEK), name)
            except PuzzleSyntaxError as error:
                yield name, error
            else:
                yield name, text


@contextmanager
def naming_damage(source: str | None) -> Iterator[None]:
    """Whatever a reader of packed data raises becomes PuzzleSyntaxError, of this source."""
    try:
        yield
    except (PuzzleSyntaxError, MemoryError):
        raise
    except Exception as error:  # of every kind, and zipfile does not say which
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise unreadable(error, source) from None
        message = f"cannot be unpacked, it is damaged or locked ({error}): pack it again"
        raise PuzzleSyntaxError(message, source=source) from None


def open_bytes(path: str | Path) -> BinaryIO:
    """The bytes of a puzzle file.

    Raises PuzzleSyntaxError, with the file as its source, where it cannot be opened.
    """
    try:
        return Path(path).open("rb", buffering=_PEEK)
    except IsADirectoryError:
        message = "is a directory: expected a puzzle file"
        raise PuzzleSyntaxError(message, source=str(path)) from None
    except (OSError, ValueError) as error:
        raise unreadable(error, str(path)) from None


def unreadable(error: Exception, source: str | None) -> PuzzleSyntaxError:
    """The error of a file that the operating system does not let us read."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return PuzzleSyntaxError(f"cannot be read: {reason}", source=source)


def blocks_of(lines: Iterable[str]) -> Iterator[Block]:
    """Blocks of a line each, from a text stream or any iterable of lines.

    A text stream is read in pieces, so that a line without an end cannot fill the memory: of a line
    longer than MAX_LINE only the first MAX_LINE + 1 characters come through.
    """
    source = _bounded(lines) if isinstance(lines, io.TextIOBase) else lines
    for number, line in enumerate(source, 1):
        yield number, (line.rstrip("\r\n"),)


def _bounded(stream: io.TextIOBase) -> Iterator[str]:
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith("\n"):
            line = stream.readline(MAX_LINE + 1)


def blocks(
    stream: BinaryIO, source: str | None = None, odd: list[int] | None = None
) -> Iterator[Block]:
    """The lines of a text as they come: each block is what one read of the stream brings.

    UTF-8 or UTF-16, any line ends. So a large file comes fast, and a line that a pipe brings does
    not wait for the next one. Long lines are cut as by `blocks_of`. Lines that are no UTF-8 are
    read as Windows-1252; `odd` gathers their numbers. Raises PuzzleSyntaxError where packed data is
    damaged.
    """
    encoding = _encoding(stream.peek(_PEEK))  # type: ignore[attr-defined]
    errors = "surrogateescape" if encoding == "utf-8-sig" else "replace"
    text_of = codecs.getincrementaldecoder(encoding)(errors)
    decoder = io.IncrementalNewlineDecoder(text_of, translate=True)
    number, rest, data = 1, "", b"begin"
    while data:
        with naming_damage(source):
            data = stream.read1(BLOCK)  # type: ignore[attr-defined]
        text = rest + decoder.decode(data, final=not data)
        end = text.rfind("\n") + 1 if data else len(text)
        whole, rest = text[:end], text[end : end + MAX_LINE + 1]
        if not whole.isascii() and _ESCAPED.search(whole):
            whole = _mended(whole, number, [] if odd is None else odd)
        if whole:
            lines = split(whole)
            if len(lines[0]) > MAX_LINE:  # no other can be longer than a block
                lines = [lines[0][: MAX_LINE + 1], *lines[1:]]
            yield number, lines
            number += len(lines)


def lines_of(block: Block) -> Lines:
    """The lines of a block with their numbers, without comment lines and codes for colours."""
    start, lines = block
    for number, line in enumerate(lines, start):
        text = line.removeprefix("\ufeff") if number == 1 else line
        if "\x1b" in text or "\x1a" in text:  # \x1a ends a file of DOS
            text = _COLORS.sub("", text).rstrip("\x1a")
        if "#" not in text or not text.lstrip().startswith("#"):
            yield number, text


def _mended(text: str, start: int, odd: list[int]) -> str:
    """The lines from number `start` on, those that are no UTF-8 read as Windows-1252."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if _ESCAPED.search(line):
            odd.append(start + at)
            lines[at] = line.encode("utf-8", "surrogateescape").decode("cp1252", "replace")
    return "\n".join(lines)


def _encoding(head: bytes) -> str:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    zeros = [head[first::2].count(0) for first in (0, 1)]  # every other byte, of plain text
    if len(head) >= _SHORTEST and max(zeros) * 3 > len(head) and min(zeros) == 0:
        return "utf-16-le" if zeros[1] else "utf-16-be"
    return "utf-8-sig"


def _require_text(head: bytes, source: str | None) -> None:
    """Raise PuzzleSyntaxError where the first bytes of a file are no text."""
    if b"\0" in head and _encoding(head) == "utf-8-sig":
        raise PuzzleSyntaxError("is a binary file: expected a text of puzzles", source=source)
