"""Puzzles as links, ids and JSON of f-puzzles and SudokuPad: one a line, or JSON over several.

A link holds the whole puzzle, packed by lz-string in base64. What it unpacks to says whose puzzle
it is, so that all three formats read the same, and differ in what they write. Links of other sites,
which hold the cells themselves, are read by `addresses`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from urllib.parse import unquote

from vmd_solver.csp.puzzle import Puzzle
from vmd_solver.errors import PuzzleSyntaxError
from vmd_solver.formats import addresses, fpuzzles, sudokupad
from vmd_solver.formats.boards import require_same
from vmd_solver.formats.entry import (
    Context,
    Entry,
    Format,
    Found,
    Lines,
    Match,
    Recogniser,
    require_short,
)
from vmd_solver.formats.fpuzzles import Object
from vmd_solver.formats.symbols import shown

_LONGEST = 50_000
"""Characters of base64 that are unpacked: a short text may stand for an immense one."""

_PACKED = re.compile(r"(fpuzzles|fpuz|scl|ctc)?(N[0-9A-Za-z+/]{15,}=*)")
_QUERY = re.compile(r"[?&](?:load|puzzleid)=([^&#]*)")
_PATH = re.compile(r"https?://[^/]*/(?:sudoku/|puzzle/)?\??([^?#]*)")
_SITES = ("sudokupad.app", "crackingthecryptic.com", "f-puzzles.com")
_BARE = re.compile(
    rf"(www\.)?([\w-]+\.)*({'|'.join(map(re.escape, (*_SITES, *addresses.SITES)))})/"
)
_SHORT = (
    "a short id stands for a puzzle that only its site has: open it there, and copy the link that "
    "holds the whole puzzle"
)
_OTHER = "the address holds no puzzle: open it, and copy the puzzle itself, such as its 81 digits"


def _payload(text: str) -> str:
    """What a link says after the address of the site, or an id as it is."""
    if re.match("https?://", text):
        match = _QUERY.search(text) or _PATH.match(text)
        text = match.group(1) if match else ""
    return unquote(text).replace(" ", "+")


def unpacked(payload: str, short: str = _SHORT) -> str:
    """The text that an id holds. Raises PuzzleSyntaxError, such as `short`, where it holds none."""
    from lzstring import LZString

    match = _PACKED.fullmatch(payload)
    if match is None:
        if re.fullmatch(r"(scl|ctc|fpuz|N4I)\S{24,}", payload):
            wrong = re.search(r"[^0-9A-Za-z+/=]", payload)
            raise PuzzleSyntaxError(
                f"{shown(wrong.group())} is not base64: copy the whole link again"
                if wrong
                else "the link is cut short: copy all of it"
            )
        raise PuzzleSyntaxError(short)
    if len(payload) > _LONGEST:
        raise PuzzleSyntaxError(f"the link is longer than {_LONGEST:,} characters: give the JSON")
    try:
        found = LZString().decompressFromBase64(match.group(2).rstrip("="))
    except (IndexError, KeyError, TypeError):
        found = None
    if not isinstance(found, str) or not found.lstrip().startswith("{"):
        raise PuzzleSyntaxError(
            "the link does not unpack: it is cut short or changed, copy it again"
        )
    return found


def _packed(text: str) -> str:
    from lzstring import LZString

    packed: str = LZString().compressToBase64(text)
    return packed


def _loaded(text: str, number: int | None) -> Object:
    """The object of a JSON text, in the short form of SudokuPad too.

    An error is placed where the text stands in lines from `number` on.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        try:
            found = sudokupad.unzipped(text)
        except (ValueError, RecursionError):
            message = f"not JSON ({error.msg}): expected the object of a puzzle"
            line = number and number + error.lineno - 1
            raise PuzzleSyntaxError(message, line=line, column=number and error.colno) from None
    except (ValueError, RecursionError):
        raise PuzzleSyntaxError("not a puzzle: the JSON nests or counts without end") from None
    if not isinstance(found, dict):
        raise PuzzleSyntaxError("expected a JSON object: {...}")
    return found


def _parse(given: tuple[int, str], family: str) -> Found:
    number, text = given
    require_short(text)
    if _BARE.match(text):
        text = f"https://{text}"
    host = addresses.host_of(text)
    if host in addresses.SITES or text.startswith("S9B"):
        return addresses.parse(text, family)
    if text.startswith("{"):
        found = _loaded(text, number)
    else:
        payload = _payload(text)
        if payload.startswith("classic"):
            return addresses.classic(payload.removeprefix("classic"), family)
        known = not host or host.endswith(_SITES)
        found = _loaded(unpacked(payload, _SHORT if known else _OTHER), None)
    if "grid" in found:
        return fpuzzles.puzzle_of(found)
    if "cells" in found:
        return sudokupad.puzzle_of(found)
    raise PuzzleSyntaxError("neither of f-puzzles nor of SudokuPad: expected 'grid' or 'cells'")


def _read(lines: Lines, context: Context) -> Iterator[Entry]:
    for number, text in lines:
        row = text.strip()
        if row.startswith("{") and not row.endswith("}"):
            row = "\n".join((text, *(line for _, line in lines))).strip()
        if row:
            yield context.entry(number, row, _parse, (number, row))


def _recognise(first: str, key: str) -> Recogniser:
    """Whether a text begins with what matches `first`, or with JSON that has rows under `key`."""

    def recognise(lines: Iterable[str]) -> Match | None:
        begin = next(iter(lines), "").lstrip()
        if not begin.startswith("{"):
            return Match(1.0, "a link, or what one holds") if re.match(first, begin) else None
        rows = rf"[\"']?\b({key})[\"']?\s*:\s*\[\s*\[\s*[{{,\]]"
        whole = begin.rstrip().endswith("}")  # do not wait for more
        found = re.search(rows, begin if whole else "".join(lines))
        return Match(1.0, "JSON of the site") if found else None

    return recognise


def _writer(name: str, site: ModuleType, form: str) -> Callable[[Puzzle], str]:
    """Writes an object in a form such as `scl{packed}`, once it is seen to be the same puzzle."""

    def write(puzzle: Puzzle) -> str:
        found = site.object_of(puzzle)
        require_same(puzzle, site.puzzle_of(found)[0], name)
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        return (form.format(packed=_packed(text)) if form else text) + "\n"

    return write


def _format(
    name: str, summary: str, site: ModuleType, form: str, first: str, key: str, *more: str
) -> Format:
    return Format(
        name=name,
        summary=summary,
        recognise=_recognise(first, key),
        read=_read,
        write=_writer(name, site, form),
        families=("sudoku", "jigsaw", "latin", *more),
        bare=False,
        ruled=True,
        literal=True,
    )


SUDOKUPAD = _format(
    "sudokupad",
    "SudokuPad, as JSON or links",
    sudokupad,
    "https://sudokupad.app/scl{packed}",
    r"(scl|ctc)N|https?://\S*?[/=](scl|ctc)N",
    "cells|ce",
)
FPUZZLES = _format(
    "fpuzzles", "f-puzzles, as JSON", fpuzzles, "", "(?!)", "grid", "sudoku-x", "jigsaw-x"
)
LINK = _format(
    "link",
    "f-puzzles, as links",
    fpuzzles,
    "https://f-puzzles.com/?load={packed}",
    rf"https?://|{_BARE.pattern}|fpuz|S9B[0-9a-z]{{30}}|N4I[0-9A-Za-z+/=%]{{30}}",
    "(?!)",
    "sudoku-x",
    "jigsaw-x",
)
