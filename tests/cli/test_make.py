"""`vmd-make` as it is run: puzzles out, words on standard error, exit codes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import HANG_S, shown_on

from vmd_solver.csp.exact import is_unique
from vmd_solver.formats import FORMATS, read

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "vmd_solver.cli.make"]
CLEAR = b"\r\x1b[K"
"""Takes a line of progress away."""


@pytest.fixture
def run_make() -> Callable[..., subprocess.CompletedProcess[str]]:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_S,
        )

    return run


Run = Callable[..., subprocess.CompletedProcess[str]]


def test_the_number_of_processes_changes_nothing(run_make: Run) -> None:
    options = ("--size", "6", "-n", "5", "--symmetry", "diagonal", "--seed", "4")
    alone, together = run_make(*options, "--stats"), run_make(*options, "--jobs", "2")
    assert alone.returncode == together.returncode == 0
    assert alone.stdout == together.stdout
    assert len(set(alone.stdout.splitlines())) == 5
    assert alone.stderr.startswith("5 made of 5 grids in ")


def test_a_seed_that_nobody_named_is_said(run_make: Run) -> None:
    """And it makes the same puzzle again; another run draws another."""
    options = ("--size", "6", "--format", "vmd")
    first, second = run_make(*options), run_make(*options)
    assert first.returncode == second.returncode == 0
    assert first.stdout != second.stdout
    found = re.fullmatch(r"vmd-make: --seed (\d+)\n", first.stderr)
    assert found and f"seed {found[1]}" in first.stdout, "as the name of the puzzle says"
    again = run_make(*options, "--seed", found[1])
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert run_make(*options, "--quiet").stderr == ""


@pytest.mark.parametrize("form", [f.name for f in FORMATS if f.write and f.families != ("grid",)])
def test_every_form_can_be_read_again(form: str, run_make: Run) -> None:
    family = "latin" if form == "pls" else "sudoku"
    done = run_make("-n", "2", "--format", form, "--clues", "45", "--family", family)
    assert done.returncode == 0, done.stderr
    puzzles = [entry.puzzle for entry in read(done.stdout, family=family)]
    assert len(puzzles) == 2
    assert all(puzzle is not None and is_unique(puzzle) for puzzle in puzzles)


def test_pages_come_out_whole(run_make: Run, tmp_path: Path) -> None:
    done = run_make("--size", "4", "-n", "2", "--format", "html", "--solutions")
    assert done.returncode == 0
    assert done.stdout.startswith("<!doctype html>")
    assert done.stdout.endswith("</html>\n")
    output = tmp_path / "out.pdf"
    assert run_make("--size", "4", "--format", "pdf", "-o", str(output)).returncode == 0
    assert output.read_bytes().startswith(b"%PDF-") and output.read_bytes().endswith(b"%%EOF\n")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--family", "grid"), 2, "cannot make"),
        (("--size", "7"), 2, "no usual boxes"),
        (("--size", "0"), 2, "size of 2 to 25"),
        (("--size", "8", "--box", "3x3"), 2, "do not fit"),
        (("--family", "jigsaw", "--format", "sdm"), 2, "cannot hold"),
        (("--family", "killer", "--format", "line"), 2, "cannot hold rules"),
        (("--format", "tiff"), 2, "expected one of"),
        (("--box", "3"), 2, "such as 3x4"),
        (("--solutions",), 2, "--format html"),
        (("--latents", "4"), 2, "--mode neural"),
        (("--mode", "neural", "--model", "nowhere"), 3, "--mode exact"),
        (
            ("--size", "4", "-d", "beyond", "--tries", "2", "--seed", "0"),
            1,
            "puzzle 1: none like it found in 2 tries: allow more --tries",
        ),
        (("--size", "4", "-d", "beyond", "--tries", "1", "--seed", "0"), 1, "found in 1 try: "),
    ],
)
def test_mistakes_are_one_line(
    arguments: tuple[str, ...], code: int, words: str, run_make: Run
) -> None:
    done = run_make(*arguments)
    assert done.returncode == code
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("vmd-make: ")
    assert words in line


@pytest.mark.parametrize(("form", "jobs"), [("jsonl", "1"), ("jsonl", "2"), ("html", "1")])
def test_an_interrupt_leaves_whole_puzzles(form: str, jobs: str, tmp_path: Path) -> None:
    """It reaches every process of the group, as from a terminal. Nobody waits for so many."""
    output = tmp_path / "out"
    options = ["-n", "1000000", "--format", form, "-o", str(output), "--jobs", jobs, "--seed", "0"]
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *options], cwd=ROOT, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        shown = shown_on(terminal, b" of 1,000,000 made, ")  # which is not said of none
        os.killpg(process.pid, signal.SIGINT)
        shown += shown_on(terminal, None)
        assert process.wait(HANG_S) == 130
    os.close(terminal)
    assert b"\n" not in shown and shown.endswith(CLEAR)
    text = output.read_text()
    if form == "jsonl":
        assert all(len(json.loads(line)["givens"]) == 81 for line in text.splitlines())
    else:
        assert text.endswith("</html>\n")


def test_a_model_draws_when_asked(
    run_make: Run, write_model: Callable[..., None], tmp_path: Path
) -> None:
    """One that finds every value equally likely draws no valid grid in one call."""
    write_model("tiny")
    model = ("--mode", "neural", "--model", str(tmp_path / "tiny"), "--nfe", "1")
    done = run_make("--size", "4", "-n", "2", "--stats", *model)
    assert done.returncode == 0, done.stderr
    assert "the model drew 0 of 2 valid (0.00), the exact fallback 2 (1.00)" in done.stderr
    assert len(done.stdout.splitlines()) == 2
