"""Files of a run: none that is read or foreign is ever lost, whatever name, lock or disk is met."""

from __future__ import annotations

import json
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import HANG_S, until

Start = Callable[..., subprocess.Popen[bytes]]
Solve = Callable[..., Any]

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
OVER = "would overwrite a file that is in use"
NO_NOTE = "is no note of a run"
EXACT = ("--mode", "exact", "--jobs", "1")


@pytest.fixture
def inputs(tmp_path: Path) -> Iterator[Path]:
    """A folder of one file under several names, and of others that are no notes; none changes."""
    (tmp_path / "p.txt").write_text(f"{EASY}\n")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "p.txt")
    (tmp_path / "soft.jsonl").symlink_to("p.txt")
    (tmp_path / "y.jsonl.run").write_text(f"{EASY}\n")
    (tmp_path / "z.csv.run").symlink_to("p.txt")
    (tmp_path / "old.csv").write_text("kept\n")
    (tmp_path / "old.csv.run").write_text("")
    os.mkfifo(tmp_path / "pipe.csv.run")
    before = contents(tmp_path)
    yield tmp_path
    assert contents(tmp_path) == before


def contents(folder: Path) -> dict[str, bytes | None]:
    """What is in the files of a folder; None where that is no file, or a link."""
    return {
        path.name: path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in folder.iterdir()
    }


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("p.txt -o p.txt", OVER),
        ("p.txt -o hard.csv", OVER),
        ("p.txt -o soft.jsonl", OVER),
        ("soft.jsonl -o hard.csv", OVER),
        ("p.txt --trace hard.csv", OVER),
        ("- -o p.txt", OVER),
        ("- --trace soft.jsonl", OVER),
        ("- -o new --trace ./new", OVER),
        ("p.txt", f"standard output {OVER}"),
        ("-", f"standard output {OVER}"),
        ("y.jsonl.run -o y.jsonl", NO_NOTE),
        ("p.txt -o z.csv", NO_NOTE),
        ("p.txt -o old.csv", NO_NOTE),
        ("--resume p.txt -o old.csv", NO_NOTE),
        ("p.txt -o pipe.csv", NO_NOTE),
    ],
)
def test_what_is_read_or_foreign_stays(
    arguments: str, says: str, inputs: Path, start: Start
) -> None:
    """Standard input is `p.txt`, and standard output is appended to it under another name."""
    with (
        (inputs / "p.txt").open("rb") as stdin,
        (inputs / "hard.csv").open("ab") as stdout,
        start(
            *EXACT, *arguments.split(), stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
        ) as process,
    ):
        _, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, err.count(b"\n")) == (2, 1)
    assert says in err.decode()


def test_a_trace_in_the_place_of_the_note_is_refused(solve: Solve, tmp_path: Path) -> None:
    done = solve(*EXACT, EASY, "-o", "o.jsonl", "--trace", "o.jsonl.run")
    assert done.code == 2 and NO_NOTE in done.err


def test_the_output_of_other_formats_needs_no_note(solve: Solve, tmp_path: Path) -> None:
    (tmp_path / "y.run").write_text(f"{EASY}\n")
    assert solve(*EXACT, "y.run", "-o", "y").code == 0
    assert (tmp_path / "y.run").read_text() == f"{EASY}\n"


def test_one_run_at_a_time_writes_a_file(start: Start, solve: Solve, tmp_path: Path) -> None:
    """Under whatever name, resumed or not; the first has not read its input yet."""
    (tmp_path / "p.txt").write_text(f"{EASY}\n")
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    with start(*EXACT, "-", "-o", "o.jsonl", **options) as process:
        until((tmp_path / "o.jsonl.run").exists, process)
        note = (tmp_path / "o.jsonl.run").read_bytes()
        (tmp_path / "hard.txt").hardlink_to(tmp_path / "o.jsonl")
        for output in (("-o", "o.jsonl"), ("-o", "hard.txt"), ("--trace", "o.jsonl")):
            done = solve(*EXACT, "p.txt", *output)
            assert (done.code, done.err.count("\n")) == (2, 1)
            assert "is being written by another run" in done.err
        assert solve("--resume", *EXACT, "-", "-o", "o.jsonl").code == 2
        assert (tmp_path / "o.jsonl.run").read_bytes() == note
        out, _ = process.communicate(f"{EASY}\n".encode(), HANG_S)
    assert (process.returncode, out) == (0, b"")
    assert json.loads((tmp_path / "o.jsonl").read_text())["status"] == "solved"
    assert not (tmp_path / "o.jsonl.run").exists()


@pytest.mark.parametrize(("room", "name"), [(0, "o.jsonl.run"), (600, "o.jsonl")])
def test_a_full_disk_leaves_nothing_that_stands_in_the_way(
    room: int, name: str, start: Start, solve: Solve, tmp_path: Path
) -> None:
    """A limit on the size of files is met in the note, or by the second row; then it is lifted."""
    (tmp_path / "p.txt").write_text(f"{EASY}\n" * 3)
    if room == 0:
        (tmp_path / "o.jsonl").write_text("old\n")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    asked = (*EXACT, "p.txt", "-o", "o.jsonl")
    with start(*asked, stderr=subprocess.PIPE, preexec_fn=limit) as process:
        _, err = process.communicate(timeout=HANG_S)
    assert (process.returncode, err) == (2, f"vmd-solve: {name}: file too large\n".encode())
    if room == 0:
        assert contents(tmp_path).keys() == {"p.txt", "o.jsonl"}
        assert (tmp_path / "o.jsonl").read_text() == "old\n"
        (tmp_path / "o.jsonl").unlink()
    done = solve("--resume", *asked)
    assert (done.code, done.err) == (0, "")
    assert len((tmp_path / "o.jsonl").read_text().splitlines()) == 3


def test_a_puzzle_that_memory_cannot_hold_is_refused_alone(start: Start, tmp_path: Path) -> None:
    """Empty grids of 256x256 cells: one unit, and a unit for every row."""
    grids = [
        {"family": "grid", "rows": 256, "cols": 256, "values": values, "givens": "." * 65_536}
        for values in (4, 63)
    ]
    grids[0]["units"] = [[0, 1, 2, 3]]
    grids[1]["units"] = [list(range(at, at + 63)) for at in range(0, 65_000, 63)]
    lines = [{"puzzle": EASY}, grids[0], {"puzzle": EASY}, grids[1], {"puzzle": EASY}]
    (tmp_path / "p.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (5 << 30, 5 << 30))

    asked = (*EXACT, "--max-guesses", "5000", "-f", "jsonl", "p.jsonl")
    with start(*asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=limit) as process:
        out, err = process.communicate(timeout=HANG_S)
    rows = [json.loads(row) for row in out.splitlines()]
    assert [row["status"] for row in rows[::2]] == ["solved"] * 3
    assert rows[1]["status"] in ("solved", "unsolved", "invalid"), "by what is installed"
    assert (rows[3]["status"], process.returncode) == ("invalid", 2)
    assert "p.jsonl:4: too large: a search of " in err.decode()
