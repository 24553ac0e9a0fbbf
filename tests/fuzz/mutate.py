"""Damages real texts of every form, and looks for a crash, or for a line that is passed over.

    python -m tests.fuzz.mutate COUNT [SEED] [FILE ...]

COUNT texts: pieces of the included puzzles, of the examples of docs/FORMATS.md, of what is pasted
(tests/cli/test_pasted.py) and of the files that are named, each damaged in up to eight places. A
text that fails is kept in the working folder. Each has to give an entry; and where it is read line
by line or row by row, every line has to be in one, or in a remark that it is skipped.
"""

from __future__ import annotations

import io
import random
import re
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

from tests.cli.test_pasted import CASES
from vmd_solver import formats
from vmd_solver.formats import Entry, Piece, Remark
from vmd_solver.formats.grid import is_title
from vmd_solver.formats.registry import Prefix, recognised
from vmd_solver.formats.rows import is_rule

ROOT = Path(__file__).resolve().parents[2]
PIECE = 2500
JUNK = (
    b"\n", b"\n\n", b"Level 1\n", b"#", b"|", b",", b";", b"\t", b'"', b"'", b" ", b"0", b".", b"-",
    b"-1", b"x", b"+", b"9", b"12", b"\x1a", b"\x1b[1m", b"\xe9", b"\xff", b"{", b"}", b"[", b"]",
    b"<", b">", b":", b"=", b"r1c1=5", b"---\n", b"A", b"a", b"\r", b"\r\n", b"\0", b'{"puzzle":',
    b"puzzle,solution\n", b"<game data='", b"n = 3;\n",
)  # fmt: skip
UNEVEN = frozenset(b"\0\x1a\x1b\r\x0b\x0c\x1c\x1d\x1e\x1f")
"""Bytes that end lines for some, or are taken away."""


def texts(files: list[str], rng: random.Random) -> list[bytes]:
    """The texts before they are damaged."""
    found = [text.encode() if isinstance(text, str) else text for text, *_ in CASES.values()]
    page = (ROOT / "docs" / "FORMATS.md").read_text(encoding="utf-8")
    found += [text.encode() for text in re.findall(r"```text \w+\n(.*?)```", page, re.DOTALL)]
    for path in (*(ROOT / "puzzles").iterdir(), *map(Path, files)):
        data = path.read_bytes()
        start = rng.randrange(max(1, len(data) - PIECE))
        found += [data[:PIECE], data[data.find(b"\n", start) + 1 :][:PIECE]]
    return found


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """The text with up to eight of its places changed."""
    found = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8))):
        at, length = rng.randrange(len(found) + 1), rng.choice((1, 1, 1, 3, 9, 10, 81, 200))
        piece = found[at : at + length]
        match rng.randrange(7):
            case 0:
                del found[at : at + length]
            case 1:
                found[at:at] = rng.choice(JUNK)
            case 2:
                found[at : at + length] = rng.choice(JUNK)
            case 3:
                found[at:at] = piece
            case 4:
                found[at : at + 1] = bytes([rng.randrange(256)])
            case 5:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                found[at:at] = other[start : start + length]
            case _:
                lines = bytes(found).split(b"\n")
                lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
                found = bytearray(b"\n".join(lines))
    return bytes(found)


def checked(data: bytes) -> Counter[str]:
    """What the text held. Raises AssertionError where something of it is passed over."""
    found: list[Entry | Remark] = []
    for part in formats.parts(io.BytesIO(data), "f"):
        found += part.entries(range(len(part))) if isinstance(part, Piece) else [part]
    entries = [part for part in found if isinstance(part, Entry)]
    assert entries, "no entry"
    for entry in entries:
        assert (entry.puzzle is None) != (entry.error is None)
        assert entry.error is None or str(entry.error).isprintable()
    counts = Counter("refused" if entry.error else "read" for entry in entries)
    counts["skipped"] = len(found) - len(entries)
    if data.isascii() and UNEVEN.isdisjoint(data):
        counts += accounted(data.decode(), found)
    return counts


def accounted(text: str, found: list[Entry | Remark]) -> Counter[str]:
    """Whether every line of a text in lines or rows is in an entry or a remark."""
    lines = [
        (number, line)
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    form = recognised(Prefix(iter(lines)))
    if form is None or form[0].name not in ("line", "grid"):
        return Counter()
    told = set(chain.from_iterable(part.text.split("\n") for part in found))
    told = {line.strip() for line in told}
    for number, line in lines:
        drawn = form[0].name == "grid" and (is_rule(line) or is_title(line))
        assert drawn or line.strip() in told, f"line {number} is passed over: {line!r}"
    return Counter({"texts whose lines are all told of": 1})


def explore(count: int, seed: int = 0, *files: str) -> int:
    """Look at so many texts. The number of those that failed."""
    rng = random.Random(seed)
    plain = texts([*files], rng)
    counts: Counter[str] = Counter()
    for number in range(count):
        data = damaged(rng.choice(plain), plain, rng)
        try:
            counts += checked(data)
        except Exception as error:
            counts["failed"] += 1
            name = f"failed-{seed}-{number}.txt"
            Path(name).write_bytes(data)
            print(f"{name}: {type(error).__name__}: {error}")
    print(", ".join(f"{n:,} {what}" for what, n in counts.items()))
    return counts["failed"]


if __name__ == "__main__":
    sys.exit(bool(explore(*map(int, sys.argv[1:3]), *sys.argv[3:])))
