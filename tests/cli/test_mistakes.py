"""Wrong input of every kind: one clear line on standard error, its exit code, never a traceback."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Solve = Callable[..., Any]
WriteModel = Callable[..., None]

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
TWICE = "55" + EASY[2:]
BOXED = "1....1.........."
OPEN = "." * 16
JIGSAW = "family: jigsaw\nregions:\nAAAA\nABBB\nCCCC\nDDDD\ngivens:\n1...\n....\n....\n....\n"
UNITS = "family: grid\nsize: 2x2\nvalues: 4\nunits:\nr1c1 r1c2\nr3c1 r1c1\ngivens:\n1.\n..\n"
"""Unit 2 names a cell in row 3 of two."""

RULED = "family: sudoku\nrules:\nkiller 5 r1c1-r1c3\ngivens:\n1...\n....\n....\n....\n"
CONTRARY = "family: latin\nrules:\nthermo r1c1-r1c3\ngreater r1c1 r1c3\ngivens:\n...\n...\n...\n"


@dataclass(frozen=True)
class Mistake:
    """What lies in the folder, what is called, and what has to be said about it."""

    name: str
    arguments: str
    code: int
    says: str
    content: str | bytes | None = None
    """Of the file `p.txt`."""


MISTAKES = (
    # The text is no puzzle.
    Mistake("too short", "p.txt", 2, "p.txt:1:81: expected 81 cells", EASY[:-1]),
    Mistake("foreign symbol", "p.txt", 2, "p.txt:1:3: unexpected 'y'", EASY.replace(".", "y", 1)),
    Mistake("repeated given", "--mode exact p.txt", 2, "p.txt:1: value 5 repeats in", TWICE),
    Mistake("repeated in a box", "--mode exact p.txt", 2, "repeats in box 1: r1c1, r2c2", BOXED),
    Mistake("empty", "p.txt", 2, "p.txt:1:1: no puzzle here", ""),
    Mistake("blank", "p.txt", 2, "no puzzle here", " \n\n"),
    Mistake(
        "prose", "p.txt", 2, "not a puzzle in any known format", "Dear reader, this is no puzzle.\n"
    ),
    Mistake("binary", "p.txt", 2, "is a binary file", b"\x7fELF\0\0\1"),
    Mistake("long line", "p.txt", 2, "longer than 1,000,000 characters", "." * 10_000_000),
    Mistake("broken json", "p.txt", 2, "p.txt:1:12: not JSON", '{"givens": }'),
    Mistake("small region", "p.txt", 2, ": region 1 has 5 cells, expected 4", JIGSAW),
    Mistake("no such cell", "p.txt", 2, "'r3c1' is not a cell: expected r1c1 to r2c2", UNITS),
    Mistake("no such family", "p.txt", 2, "unknown family 'sudko'", "family: sudko\ngivens:\n1\n"),
    Mistake("bad rule", "p.txt", 2, "p.txt:3:1: killer: no values in its cells can keep it", RULED),
    Mistake(
        "no such rule", "p.txt", 2, "p.txt:3:1: unknown rule 'kill'", RULED.replace("er 5", "")
    ),
    Mistake("other form", "--input-format vmd p.txt", 2, "expected 'key: value'", EASY),
    Mistake("directory", ".", 2, "is a directory"),
    Mistake("missing", "missing.txt", 2, "missing.txt: cannot be read: no such file"),
    Mistake("argument too short", EASY[:-1], 2, "argument:1:81: expected 81 cells"),
    Mistake("no solution", "--mode exact p.txt", 20, "no solution (proved)", "12........3...4."),
    Mistake("rules that contradict", "p.txt", 20, "no solution (proved)", CONTRARY),
    # The options make no sense.
    Mistake("unknown option", "--fromat line p.txt", 2, "--fromat", EASY),
    Mistake("unknown value", "--format pretyt p.txt", 2, "'pretyt' is not one of", EASY),
    Mistake("unknown mode", "--mode magic p.txt", 2, "unknown mode 'magic'", EASY),
    Mistake("unknown policy", "--policy best p.txt", 2, "unknown policy 'best'", EASY),
    Mistake("unknown family", "--family sudko p.txt", 2, "unknown family 'sudko'", EASY),
    Mistake("family with regions", "--family jigsaw p.txt", 2, "cells alone", EASY),
    Mistake("unknown form", "--input-format xml p.txt", 2, "unknown format 'xml'", EASY),
    Mistake("no calls", "--nfe 0 p.txt", 2, "nfe must be at least 1, got 0", EASY),
    Mistake("no latents", "--latents 0 p.txt", 2, "0 is not in the range 1<=x<=4096", EASY),
    Mistake("no number", "--nfe many p.txt", 2, "'many' is not a valid integer", EASY),
    Mistake("no threads", "--threads 0 p.txt", 2, "0 is not in the range", EASY),
    Mistake("cold", "--temperature=-1 p.txt", 2, "temperature cannot be negative", EASY),
    Mistake("no time", "--timeout 0 p.txt", 2, "timeout must be positive", EASY),
    Mistake("not a number", "--timeout nan p.txt", 2, "expected a number, got 'nan'", EASY),
    Mistake("threshold", "--threshold 1.5 p.txt", 2, "threshold must lie in (0, 1]", EASY),
    Mistake("negative guesses", "--max-guesses=-1 p.txt", 2, "guesses cannot be negative", EASY),
    Mistake("negative seed", "--seed=-1 p.txt", 2, "-1 is not in the range", EASY),
    Mistake("two questions", "--unique --count p.txt", 2, "exclude one another", EASY),
    Mistake("limit alone", "--limit 5 p.txt", 2, "--limit goes with --count", EASY),
    Mistake("neural count", "--mode neural --count p.txt", 2, "need a complete search", EASY),
    Mistake("empty argument", "", 2, "argument: is empty: expected the name of a file"),
    Mistake("empty output", "-o  p.txt", 2, "'': no such file", EASY),
    Mistake("empty trace", "--mode exact --trace  p.txt", 2, "'': no such file", EASY),
    Mistake("input twice", "- -", 2, "can be read once only"),
    # Files that cannot be written.
    Mistake("no folder", "--mode exact -o no/out p.txt", 2, "no/out: no such file", EASY),
    Mistake("output folder", "--mode exact -o . p.txt", 2, ".: is a directory", EASY),
    Mistake("full disk", "--mode exact -o /dev/full p.txt", 2, "/dev/full: no space left", EASY),
    Mistake("output is input", "--mode exact -o p.txt p.txt", 2, "would overwrite", EASY),
    Mistake("trace folder", "--mode exact --trace . p.txt", 2, ".: is a directory", EASY),
    Mistake("trace is output", "--mode exact -o x --trace x p.txt", 2, "would overwrite", EASY),
    Mistake("control characters", "no\nfile", 2, "no\\nfile: cannot be read"),
    Mistake("trace to output", "--mode exact --trace - p.txt", 2, "--trace needs a file", EASY),
    # Models that cannot be used.
    Mistake("no model", "--model nowhere p.txt", 3, "found nothing at", OPEN),
    Mistake("no model folder", "--model ./nowhere p.txt", 3, "no model folder at", OPEN),
    Mistake("not onnx", "--model unreadable p.txt", 3, "not a usable ONNX model", OPEN),
    Mistake("tampered", "--model tampered p.txt", 3, "was changed since it was exported", OPEN),
    Mistake("newer", "--model newer p.txt", 3, "has model contract 5, this version reads 4", OPEN),
    Mistake("no cuda", "--model good --device cuda p.txt", 3, "no CUDA provider here", OPEN),
    # Budgets that are spent.
    Mistake("time", "--model good --timeout 1e-9 p.txt", 4, "not solved within 1e-09 s", OPEN),
    Mistake("guesses", "--mode exact --max-guesses 0 p.txt", 1, "within the budget", OPEN),
)


@pytest.fixture
def models(tmp_path: Path, write_model: WriteModel) -> None:
    write_model("good")
    write_model("unreadable", onnx=b"not a model")
    write_model("newer", contract=5)
    write_model("tampered")
    with (tmp_path / "tampered" / "denoiser.onnx").open("ab") as stream:
        stream.write(b"\0")


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
@pytest.mark.usefixtures("models")
def test_a_mistake_is_reported_in_one_line(mistake: Mistake, solve: Solve, tmp_path: Path) -> None:
    content = mistake.content
    if content is not None:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "p.txt").write_bytes(data)
    if mistake.name == "no cuda" and _has_cuda():
        pytest.skip("there is CUDA")
    done = solve(*mistake.arguments.split(" "))
    assert (done.code, done.err.count("\n")) == (mistake.code, 1), done.err
    assert mistake.says in done.err
    assert "Traceback" not in done.err
    if mistake.name == "output is input":
        assert (tmp_path / "p.txt").read_text() == content


def _has_cuda() -> bool:
    from vmd_solver.denoiser.onnx import CUDA, providers

    return CUDA in providers()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
@pytest.mark.parametrize("protect", ["p.txt", "out.txt"])
def test_files_without_permission(protect: str, solve: Solve, tmp_path: Path) -> None:
    for name in ("p.txt", "out.txt"):
        (tmp_path / name).write_text(EASY)
    (tmp_path / protect).chmod(0)
    done = solve("--mode", "exact", "-o", "out.txt", "p.txt")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "permission denied" in done.err


def test_names_are_unique() -> None:
    names = [mistake.name for mistake in MISTAKES]
    assert len(names) == len(set(names)) >= 20
