"""`vmd-train data`: the same file however it is made, interrupted or not, and clear refusals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from waiting import HANG_S, until

from vmd_solver.csp import Puzzle
from vmd_solver.csp.canonical import Known
from vmd_solver.csp.exact import solve_batch
from vmd_solver.csp.families import sudoku
from vmd_solver.formats import write_all
from vmd_training import cli
from vmd_training.dataset import joined, read
from vmd_training.generate import make_part, plan
from vmd_training.workers import PartsFolder

ROOT = Path(__file__).resolve().parents[3]
Command = Callable[..., tuple[int, str, str]]

FEW = ("--recipe", "sudoku", "--puzzles", "30", "--seed", "7", "--jobs", "1")
MANY = ("--recipe", "grids", "--puzzles", "60", "--seed", "3")


@pytest.fixture
def data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """The command in a folder of its own: exit code, stdout, stderr."""
    pytest.importorskip("llvmlite")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["vmd-train", "data", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, *capfd.readouterr()

    return run


def test_a_dataset_holds_what_was_asked_for(data: Command, tmp_path: Path) -> None:
    code, out, err = data("--out", "made/d.npz", *FEW)
    assert code == 0
    assert re.search(r"^sudoku-9x9 +1 +30 +\d+ +\d+ +\d", out, re.MULTILINE)
    assert out.endswith("dataset: made/d.npz\n")
    assert err.startswith("0 puzzles, 0 of 1 parts\n") and "30 puzzles, 1 of 1 parts" in err
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["d.npz"]
    made = read(tmp_path / "made" / "d.npz")
    stated = {name: made.header[name] for name in ("recipe", "puzzles", "mine", "seed", "exclude")}
    assert stated == {"recipe": "sudoku", "puzzles": 30, "mine": 0, "seed": 7, "exclude": []}
    (section,) = made.sections
    counts = solve_batch(sudoku(), section.givens, limit=1000).counts
    assert np.array_equal(counts, section.count) and 1 in counts


def test_an_interrupted_dataset_continues_and_is_the_same(data: Command, tmp_path: Path) -> None:
    """Its first part cannot be written, into a pipe that nobody reads, and all others are."""
    folder = PartsFolder(tmp_path / "d.npz")
    folder.begin({"recipe": "grids", "puzzles": 60, "mine": 0, "seed": 3, "exclude": []})
    parts = plan("grids", 60, 0, 3)
    pipe = folder.part(0).with_name(f"{folder.part(0).name}.partial")
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "vmd_training.cli", "data", "--out", str(folder.out)]
    with subprocess.Popen(
        [*command, "--resume", "--jobs", "2"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        until(lambda: folder.missing(parts) == [0], process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HANG_S)
    pipe.unlink()
    assert (process.returncode, out) == (130, b"")
    hint = err.decode().splitlines()[-1]
    assert hint == f"interrupted; continue with: vmd-train data --resume --out {folder.out}"
    assert folder.missing(parts) == [0] and len(parts) > 1
    assert data("--resume", "--out", "d.npz", "--jobs", "1", "--quiet")[0] == 0
    made = read(folder.out)
    assert sum(map(len, made.sections)) == 60 and len(made.sections) > 8
    for section in made.sections:
        whole = joined([make_part(part) for part in parts if part.maker.section == section.name])
        assert np.array_equal(section.givens, whole.givens)
        assert np.array_equal(section.rating, whole.rating, equal_nan=True)
        assert section.boards == whole.boards


def test_what_is_excluded_is_left_out_turned_and_renamed(data: Command, tmp_path: Path) -> None:
    assert data("--out", "all.npz", *FEW)[0] == 0
    section = read(tmp_path / "all.npz").section("sudoku-9x9")
    names = np.array([0, 2, 3, 1, 9, 8, 7, 4, 5, 6], dtype=np.int8)
    turned = names[section.givens[:4].reshape(4, 9, 9).swapaxes(1, 2)].reshape(4, 81)
    board = sudoku()
    text = write_all([Puzzle(board, tuple(row)) for row in turned.tolist()], "line")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "known.txt").write_text("".join(text) + "1...\n")
    code, out, err = data("--out", "less.npz", *FEW, "--exclude", "folder")
    assert code == 0 and "\n4 left out that are, up to symmetry, in the files excluded\n" in out
    assert "not excluded: " in err and "known.txt:5" in err
    less = read(tmp_path / "less.npz")
    assert less.header["exclude"] == ["known.txt"] and less.header["excluded"] == 4
    assert np.array_equal(less.sections[0].givens, section.givens[4:])
    known = Known()
    known.add(board, turned)
    assert not known.holds(board, less.sections[0].givens).any()


def test_nothing_is_overwritten_or_begun_twice(data: Command, tmp_path: Path) -> None:
    (tmp_path / "there.npz").write_text("mine")
    code, _, err = data("--out", "there.npz", *FEW)
    assert code == 2 and "there.npz exists" in err
    PartsFolder(tmp_path / "d.npz").begin({"recipe": "sudoku", "puzzles": 5, "mine": 0, "seed": 1})
    code, _, err = data("--out", "d.npz", *FEW)
    assert code == 2 and "holds parts; use --resume" in err
    code, _, err = data("--out", "d.npz", "--resume", "--seed", "2")
    assert code == 2 and "begun with --seed 1, not 2" in err


def test_wrong_calls_are_refused_in_a_line(data: Command, tmp_path: Path) -> None:
    code, _, err = data("--out", "d.npz", "--puzzles", "0")
    assert code == 2 and "nothing to make" in err
    code, _, err = data("--out", "d.npz", "--resume")
    assert code == 2 and "holds no parts to continue" in err and "Traceback" not in err
    code, _, err = data("--out", "d.npz", "--exclude", "missing.txt")
    assert code == 2 and "missing.txt" in err
    assert not list(tmp_path.iterdir())


def test_a_worker_that_fails_ends_the_command(data: Command, tmp_path: Path) -> None:
    folder = PartsFolder(tmp_path / "d.npz")
    options = {"recipe": "sudoku", "puzzles": 5, "mine": 0, "seed": 1, "exclude": []}
    folder.begin(options)
    (folder.path / "000000.npz.partial").mkdir()
    code, _, err = data("--out", "d.npz", "--resume", "--jobs", "1")
    assert code == 2 and "Traceback" not in err
    assert err.splitlines()[1:] == [
        "vmd-train: d.npz.parts/000000.npz: is a directory; continue with --resume"
    ]
    assert json.loads((folder.path / "plan.json").read_text()) == options


def test_a_damaged_part_is_named(data: Command, tmp_path: Path) -> None:
    folder = PartsFolder(tmp_path / "d.npz")
    folder.begin({"recipe": "sudoku", "puzzles": 5, "mine": 0, "seed": 1, "exclude": []})
    folder.part(0).write_text("half of a fi")
    code, _, err = data("--out", "d.npz", "--resume")
    assert code == 2 and "000000.npz is damaged" in err
