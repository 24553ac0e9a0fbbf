"""Each command where the package is installed without extras: it works, or one line says how to."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ABSENT = (
    "aiohttp",
    "huggingface_hub",
    "llvmlite",
    "onnxruntime",
    "pysat",
    "ray",
    "textual_serve",
    "torch",
    "yaml",
)
"""What extras bring. An entry of None in `sys.modules` is a module that cannot be found."""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


def run(folder: Path, command: str, *arguments: str) -> Done:
    """A command in an interpreter that finds nothing of any extra."""
    program = (
        f"import sys; sys.modules |= dict.fromkeys({ABSENT}); sys.path[:0] = {PATHS}; "
        f"sys.argv[0] = 'vmd-{command}'; "
        f"from vmd_solver import scripts; scripts.{command}()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


PATHS = [str(ROOT), str(ROOT / "training")]
EXTRA = "pip install 'vmd-solver[cpu]'"


def test_a_puzzle_is_solved_by_exact_mode_and_one_line_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "solve", "-f", "jsonl", "puzzles/hard.txt")
    assert done.code == 0
    assert '"status": "solved"' in done.out
    assert '"mode": "exact"' in done.out
    assert len(done.err.splitlines()) == 1
    assert EXTRA in done.err
    assert "--mode exact" in done.err


def test_quiet_takes_the_line_away(tmp_path: Path) -> None:
    done = run(tmp_path, "solve", "-q", "puzzles/hard.txt")
    assert (done.code, done.err, len(done.out)) == (0, "", 82)


def test_nothing_is_said_where_no_model_is_asked_for(tmp_path: Path) -> None:
    assert run(tmp_path, "solve", "--mode", "exact", "puzzles/hard.txt").err == ""
    assert run(tmp_path, "solve", "--version").err == ""


@pytest.mark.parametrize(
    "asked",
    [("--mode", "guided"), ("--mode", "neural"), ("--model", "grids"), ("--device", "cpu")],
    ids=" ".join,
)
def test_a_model_that_is_asked_for_is_an_error(tmp_path: Path, asked: tuple[str, str]) -> None:
    done = run(tmp_path, "solve", *asked, "puzzles/hard.txt")
    assert (done.code, done.out, len(done.err.splitlines())) == (3, "", 1)
    assert EXTRA in done.err


def test_info_says_what_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "solve", "--info")
    assert done.code == 3
    assert EXTRA in done.out


def test_puzzles_are_made(tmp_path: Path) -> None:
    done = run(tmp_path, "make", "--size", "4", "--seed", "1")
    assert (done.code, done.out, done.err) == (0, ".1.........3.21.\n", "")


@pytest.mark.parametrize(
    ("command", "arguments", "code", "said"),
    [
        ("make", ("--mode", "neural"), 3, EXTRA),
        ("text", ("ROMEO:",), 3, EXTRA),
        ("play", ("--export", "run.svg", "puzzles/hard.txt"), 3, EXTRA),
        ("play", ("--serve",), 2, "pip install 'vmd-solver[web]'"),
        ("train", ("sudoku", "--dry-run"), 3, "pip install 'vmd-solver[train]'"),
        ("solve", ("--model", "hf:a/b", "puzzles/hard.txt"), 3, "pip install 'vmd-solver[hub]'"),
        (
            "solve",
            ("--ray", "local", "--jobs", "2", "puzzles/hard.txt"),
            3,
            "pip install 'vmd-solver[ray]'",
        ),
    ],
)
def test_one_line_names_the_extra(
    tmp_path: Path, command: str, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run(tmp_path, command, *arguments)
    assert done.code == code
    assert said in done.err.splitlines()[-1]
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["make", "play", "solve", "text", "train"])
def test_help_needs_none(tmp_path: Path, command: str) -> None:
    done = run(tmp_path, command, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"Usage: vmd-{command} ")
