"""What people paste: for each text the puzzles that are read, what is said, and the exit code."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from vmd_solver.cli.solve import command
from vmd_solver.console import guard

E = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
S = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
H = "4.....8.5.3..........7......2.....6.....8.4......1.......6.3.7.5..2.....1.4......"
ROWS = [E[at : at + 9] for at in range(0, 81, 9)]
GRID = "\n".join(ROWS)
OTHER = "\n".join(H[at : at + 9] for at in range(0, 81, 9))
ZEROS = E.replace(".", "0")
TABLE = [[int(c) for c in row.replace(".", "0")] for row in ROWS]
BARE = [row.replace(".", "_") for row in ROWS]
WORDS = E.translate(str.maketrans("123456789", "QWRTYUISO")).replace("Y", "S", 1)
WORDS_GRID = "\n".join(WORDS[at : at + 9] for at in range(0, 81, 9))
NO_NINE = E.replace("9", ".")
FOUR = "1..4............"


def rows(between: str, blank: str = ".") -> str:
    """The grid with its cells apart, and another sign of an open cell."""
    return "\n".join(between.join(blank if c == "." else c for c in row) for row in ROWS)


def barred(blank: str, pad: str = " ") -> str:
    """The grid with bars between boxes and lines above and below them."""
    rule = "+".join(["", *["-" * (7 if pad else 3)] * 3, ""])
    lines = [rule]
    for number, row in enumerate(ROWS, 1):
        cells = [pad.join(row[at : at + 3]).replace(".", blank) for at in (0, 3, 6)]
        lines.append(f"|{pad}{f'{pad}|{pad}'.join(cells)}{pad}|")
        lines += [rule] if number % 3 == 0 else []
    return "\n".join(lines)


def zipped(*texts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number}.txt", text)
    return file.getvalue()


CANDIDATES = "".join("123456789" if c == "." else c.rjust(int(c), ".").ljust(9, ".") for c in E)
PENCIL = "\n".join(" ".join("123456789" if c == "." else c for c in row) for row in ROWS)
BARRED_PENCIL = "\n".join(
    "| " + " | ".join(" ".join(PENCIL.split("\n")[at].split()[k : k + 3]) for k in (0, 3, 6)) + " |"
    for at in range(9)
)
SKIPPED = ", which has no cells"

CASES: dict[str, tuple[str | bytes, Sequence[str], str, int]] = {
    # Lines that are no puzzle are skipped with a line, and swallow nothing.
    "titles": (f"Easy 1\n{GRID}\nEasy 2\n{OTHER}", [E, H], f":11: skipped 'Easy 2'{SKIPPED}", 0),
    "levels": (f"Level 1\n\n{GRID}\n\nLevel 2\n\n{OTHER}", [E, H], "1: skipped 'Level 1'", 0),
    "short titles": (f"S1\n{GRID}\nS2\n{OTHER}", [E, H], "skipped 'S2'", 0),
    "numbers": (f"1.\n{GRID}\n2.\n{OTHER}", [E, H], "skipped '2.'", 0),
    "per cent": (f"% by hand\n{E}\n% by hand\n{H}", [E, H], "skipped '% by hand'", 0),
    "tags": (f"<sudoku>\n{GRID}\n</sudoku>\n{OTHER}", [E, H], "skipped '</sudoku>'", 0),
    "statistics between lines": (
        f"{E}\nNumber of Givens: 30\nTime: 12345.678 milliseconds\n{H}",
        [E, H],
        ":2: skipped 'Number of Givens: 30', which has no cells, and 1 more lines",
        0,
    ),
    "statistics between grids": (
        f"{GRID}\n\nNumber of Givens: 30\nDifficulty: Easy\n\n{OTHER}",
        [E, H],
        "skipped 'Number of Givens: 30'",
        0,
    ),
    "a count": (f"2\n{E}\n{H}", [E, H], ":1: skipped '2'", 0),
    "a count of grids": (f"2\n{GRID}\n{OTHER}", [E, H], ":1: skipped '2'", 0),
    "Ctrl-Z": (f"{E}\n\x1a", [E], "", 0),
    "many titles": ("".join(f"{n}.\n{E}\n" for n in range(99)), [E] * 99, "and 78 more lines", 0),
    "grids and lines": (f"{GRID}\n{H}\n{H}\n\n{GRID}\n", [E, H, H, E], "", 0),
    "a date": (f"2024-01-15\n{GRID}\n", [E], ":1:1: expected 10 rows of 10 cells, got 1", 2),
    "a title above a table": (f"Mine\npuzzle,solution\n{E},{S}\n", [E], "skipped 'Mine'", 0),
    "a title above HoDoKu": (f"Library\n:0000:x:{E}:::\n", [E], "skipped 'Library'", 0),
    "a ragged row": (f"{GRID[:-1]}\n\n{OTHER}", [H], ":9:9: expected 9 cells in the row", 2),
    "a ragged row in a run": (f"{GRID}\n{GRID[1:]}\n{OTHER}", [E, H], ":10:9: expected 9 cel", 2),
    "nothing else": ("Call me Ishmael", [], "not a puzzle in any known format", 2),
    # The message names the trouble.
    "symbols of no alphabet": (f"{E}\n{WORDS}\n{H}", [E, H], ":2:1: unexpected 'S'", 2),
    "a grid of such symbols": (f"{GRID}\n\n{WORDS_GRID}\n", [E], ":11:1: unexpected 'S'", 2),
    "a row alone": (E[:9], [], "expected 9 rows of 9 cells, got 1", 2),
    "a short line": (f"{E}\n{E[:9]}", [E], ":2:10: expected 81 cells (or 16, 36, 64, 100,", 2),
    "all sizes": (E + ".", [], "100, 144, 196, 225, 256,", 2),
    # What may be read in two ways is, with a note, in the likelier.
    "two blanks": (NO_NINE.replace(".", "0", 9), [NO_NINE], "", 0),
    "digits from 0": (
        "0" + "." * 79 + "8",
        ["0" + "." * 79 + "8"],
        "0 is read as a value, one of 0-8: 9 does not occur, and another sign marks open cells",
        0,
    ),
    "digits from 0 in vmd": (
        "givens:\n0...\n..3.\n....\n....",
        ["0.....3........."],
        "0 is read as a value, one of 0-3",
        0,
    ),
    "two blanks and a nine": (E.replace(".", "0", 20), [E], "", 0),
    "16 lines of 16": (
        "\n".join([FOUR] * 16),
        [FOUR] * 16,
        "16 lines of 16 cells of 4 values are read as puzzles of 4x4; --input-format grid reads",
        0,
    ),
    "16 rows of 16": (
        "\n".join(("." * at + str(at % 4 + 1) * (at != 3)).ljust(16, ".") for at in range(16)),
        ["".join(("." * at + str(at % 4 + 1) * (at != 3)).ljust(16, ".") for at in range(16))],
        "",
        0,
    ),
    "17 lines of 16": ("\n".join([FOUR] * 17), [FOUR] * 17, "", 0),
    "a wrong solution": (f"{E} {S[::-1]}", [E], "the solution that the text states is wrong", 0),
    "a wrong one in a table": (f"puzzle,solution\n{E},{S[::-1]}", [E], "states is wrong: r1c", 0),
    "a right solution": (f"{E} {S}", [E], "", 0),
    # Rows as spreadsheets and other programs write them.
    "commas": (rows(","), [E], "", 0),
    "empty between commas": (rows(",", ""), [E], "", 0),
    "empty between semicolons": (rows(";", ""), [E], "", 0),
    "empty between tabs": (rows("\t", ""), [E], "", 0),
    "quoted cells": (rows(",", "").replace("5", '"5"'), [E], "", 0),
    "commas in one line": (",".join(E.replace(".", "0")), [E], "", 0),
    "empty in one line": (",".join(c.replace(".", "") for c in E), [E], "", 0),
    "minus one": (rows(" ", "-1"), [E], "", 0),
    "minus one and commas": (rows(",", "-1"), [E], "", 0),
    "_": (rows("", "_"), [E], "", 0),
    "x": (rows("", "x"), [E], "", 0),
    "X": (rows(" ", "X"), [E], "", 0),
    "-": (rows("", "-"), [E], "", 0),
    "- and spaces": (rows(" ", "-"), [E], "", 0),
    "- in an empty row": ("---------\n" * 8 + "--------1", ["." * 80 + "1"], "", 0),
    "?": (rows("", "?"), [E], "", 0),
    "*": (rows("", "*"), [E], "", 0),
    "spaces": (rows("", " "), [E], "", 0),
    "spaces in one line": (E.replace(".", " "), [E], "", 0),
    "bars and spaces": (barred(" "), [E], "", 0),
    "tight bars and spaces": (barred(" ", ""), [E], "", 0),
    "bars and dots": (barred("."), [E], "", 0),
    "bars and dashes": (barred("-"), [E], "", 0),
    "a bar beside each cell": ("\n".join(f"|{'|'.join(r)}|" for r in ROWS), [E], "", 0),
    "a bar beside each space": (
        "\n".join(f"| {' | '.join(r.replace('.', ' '))} |" for r in ROWS),
        [E],
        "",
        0,
    ),
    "groups of nine": (" ".join(ROWS), [E], "", 0),
    "pencil marks": (PENCIL, [E], "", 0),
    "pencil marks and bars": (BARRED_PENCIL, [E], "", 0),
    "729 candidates": (CANDIDATES, [E], "", 0),
    "a cell without candidates": ("." * 9 + CANDIDATES[9:], [], "r1c1 has no candidate", 2),
    "placed with a plus": (E.replace(".", "+4", 1), [E], "after a +, placed while solving", 0),
    "cells and places": ("r1c1=5 r1c2=3, r2c1=6", ["53" + "." * 7 + "6" + "." * 71], "", 0),
    "a contrary cell": ("r1c1=5 r1c1=3", [], ":1:8: r1c1 is 5 and 3: state one value", 2),
    # Lines with more than cells.
    "count and solution": (f"{E}:1:{S}", [E], "", 0),
    "bars in a line": (f"{E}|{S}|easy", [E], "", 0),
    "quoted": (f'"{E}","{S}"', [E], "", 0),
    "indexed": (f"1 {E}\n2 {H}", [E, H], "", 0),
    "indexed with a colon": (f"1: {E}\n2: {H}", [E, H], "", 0),
    "a table without a header": (f"1,{E},{S}\n2,{H},", [E, H], "", 0),
    "a field of several lines": (f'id,puzzle\n1,"{GRID}"\n2,"{OTHER}"\n', [E, H], "", 0),
    "an open quote": (f'id,puzzle\n"1,{E}\n2,{H}\n', [H], ":2:", 2),
    # Files and addresses of other programs.
    "OpenSudoku": (
        f"<opensudoku><name>Mine</name>\n<game data='{ZEROS}'/>\n<game data='12'/></opensudoku>",
        [E],
        ":3:1: expected 81 cells",
        2,
    ),
    "XML bomb": ('<!DOCTYPE x [<!ENTITY a "aa">]>\n<opensudoku/>', [], "declares entities", 2),
    "KSudoku": (
        '<ksudoku><game><puzzle><graph order="4" type="sudoku"/>'
        f"<values>b__e{'_' * 12}</values></puzzle></game></ksudoku>",
        ["1..........." + "4..."],
        "",
        0,
    ),
    "dzn": (f"n = 3;\nstart = [| {' | '.join(', '.join(r) for r in BARE)} |];", [E], "", 0),
    "MiniZinc JSON": (json.dumps({"n": 3, "start": TABLE}), [E], "", 0),
    "JSON rows": (json.dumps({"givens": TABLE}), [E], "", 0),
    "JSON of an array": (json.dumps([{"quizzes": E}, {"sudoku": H}, 7]), [E, H], ":1:", 2),
    "JSON of one grid": (json.dumps(TABLE, indent=1), [E], "", 0),
    "JSON over lines": (json.dumps({"board": E, "solution": S}, indent=2), [E], "", 0),
    "JSON keys": (
        "".join(json.dumps({key: E}) + "\n" for key in ("question", "quizzes", "unsolved")),
        [E, E, E],
        "",
        0,
    ),
    "JSON with a wrong solution": (json.dumps({"puzzle": E, "answer": S[::-1]}), [E], "wrong", 0),
    "SudokuWiki": (f"https://www.sudokuwiki.org/sudoku.htm?bd={ZEROS}", [E], "", 0),
    "Sudoku Exchange": (f"https://sudokuexchange.com/play/?s={ZEROS}", [E], "", 0),
    "SudokuPad": ("https://sudokupad.app/abc", [], "a short id stands for a puzzle that only", 2),
    "an address": ("https://sudoku.coach/en/campaign", [], "the address holds no cells", 2),
    # Our own output.
    "numbers from 0": (
        "0231310210232310",
        ["0231310210232310"],
        "0 is read as a value, one of 0-3: 4 does not occur, and so the grid is full",
        0,
    ),
    # Bytes.
    "colours": (f"\x1b[1m{E}\x1b[0m", [E], "", 0),
    "UTF-16": (f"{E}\n{H}".encode("utf-16"), [E, H], "", 0),
    "UTF-16 unmarked": (f"{E}\n{H}".encode("utf-16-be"), [E, H], "", 0),
    "Latin-1 at the start": (b"caf\xe9\n" + E.encode(), [E], "1: read as Windows-1252", 0),
    "Latin-1 at the end": (E.encode() + b" caf\xe9", [E], "1: read as Windows-1252", 0),
    "Latin-1 in a cell": (b"\xe9" + E[1:].encode(), [], "1:1: unexpected '\xe9'", 2),
    "gzip": (gzip.compress(f"{E}\n{H}".encode()), [E, H], "", 0),
    "xz": (lzma.compress(f"{E}\n{H}".encode()), [E, H], "", 0),
    "bzip2": (bz2.compress(f"{E}\n{H}".encode()), [E, H], "", 0),
    "zip": (zipped(E, OTHER), [E, H], "", 0),
    "a torn gzip": (
        gzip.compress(f"{E}\n".encode())[:-9],
        [E],
        "cannot be unpacked",
        2,
    ),
    "a zip with a picture": (zipped(E, "\0\1\2\3" * 9, H), [E, H], "/1.txt: is a binary file", 2),
    "a zip without its start": (zipped(E)[9:], [], "is a binary file", 2),
    "a zip without its end": (zipped(E)[:-30], [], "cannot be unpacked, it is damaged", 2),
    "a zip with a hole": (zipped(E)[:-60] + zipped(E)[-25:], [], "cannot be unpacked", 2),
    "binary": (b"\x7fELF\0\0\1\0\2\0\0\0\0\0", [], "is a binary file", 2),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("piped", [False, True], ids=["file", "pipe"])
def test_what_is_pasted(
    case: str,
    piped: bool,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text, expected, says, code = CASES[case]
    data = text.encode() if isinstance(text, str) else text
    path = tmp_path / "p.txt"
    path.write_bytes(data)
    if piped:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))
    found = solved("-" if piped else str(path), capfd)
    assert [row["puzzle"] for row in found.rows if row["status"] != "invalid"] == [*expected]
    assert found.code == code, found.err
    assert says in found.err and "Traceback" not in found.err
    if not says:
        assert found.err == ""


class Solved:
    """The exit code, rows and messages of a run in this process."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.rows, self.err = code, [json.loads(line) for line in out.splitlines()], err


def solved(argument: str, capfd: pytest.CaptureFixture[str], *options: str) -> Solved:
    arguments = ["--mode", "exact", "--jobs", "1", "--format", "jsonl", *options, argument]

    def run() -> int:
        asked = command.main(arguments, standalone_mode=False)
        return int(asked() if callable(asked) else asked)

    code = guard(run)
    return Solved(code, *capfd.readouterr())


@pytest.mark.parametrize("argument", ["-" * 15 + "1", "--1" + "." * 13, "1--4............"])
def test_a_puzzle_may_begin_with_a_dash(argument: str, capfd: pytest.CaptureFixture[str]) -> None:
    found = solved(argument, capfd)
    assert (found.code, found.err) == (0, "")
    assert [row["puzzle"] for row in found.rows] == [argument.replace("-", ".")]


@pytest.mark.parametrize("form", ["line", "grid", "pretty"])
@pytest.mark.parametrize("name", ["easy.txt", "12x12.txt", "16x16.txt", "25x25.txt", "6x6.txt"])
def test_what_is_written_is_read(
    form: str, name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = solved(f"puzzles/{name}", capfd)
    out = tmp_path / "out.txt"
    solved(f"puzzles/{name}", capfd, "--format", form, "--output", str(out))
    again = solved(str(out), capfd)
    assert again.code == 0
    cells = "puzzle" if form == "pretty" else "solution"
    assert [row["puzzle"] for row in again.rows] == [row[cells] for row in first.rows]
    assert [row["solution"] for row in again.rows] == [row["solution"] for row in first.rows]


def test_numbers_are_read_back(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path, out = tmp_path / "p.txt", tmp_path / "out.txt"
    path.write_text("family: latin\nnumbers: 10-13\ngivens:\n10 . . .\n. 11 . .\n. . 12 .\n. . . .")
    (row,) = solved(str(path), capfd).rows
    solved(str(path), capfd, "--format", "line", "--output", str(out))
    again = solved(str(out), capfd, "--family", "latin")
    assert [row["puzzle"] for row in again.rows] == [row["solution"]]
