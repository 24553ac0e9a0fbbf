"""The parts of the command that a subprocess cannot show: order, memory, doubt, precedence."""

from __future__ import annotations

import array
import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import termios
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from disk import limited_files
from hypothesis import given
from hypothesis import strategies as st
from waiting import until

from vmd_solver.batch import pipeline
from vmd_solver.batch.outcome import STEP, Outcome, Report, Spread, Tally, require_verified
from vmd_solver.batch.parts import Part
from vmd_solver.batch.pipeline import Pipeline
from vmd_solver.batch.records import FORMATS, JsonLines, Lines, row_of
from vmd_solver.batch.request import Request
from vmd_solver.cli import run
from vmd_solver.cli.output import Output
from vmd_solver.cli.render import Pretty
from vmd_solver.console import ExitCode, code_of, guard
from vmd_solver.errors import (
    AssetNotFound,
    DigestMismatch,
    InvalidPuzzle,
    ManifestMismatch,
    ModelError,
    PuzzleSyntaxError,
    RuntimeUnavailable,
    SearchError,
    VmdError,
    WorkersUnavailable,
)
from vmd_solver.formats import Entry, literal_format, read
from vmd_solver.sampling import Settings, Solution, Solver
from vmd_solver.sampling.solver import Numbered

LINE = "1..4............"
GRID = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
WRONG = (1,) * 16
BAD = "1..4.......y...."


class Fake(Solver):
    """Answers `window` puzzles at a time with the same outcome."""

    def __init__(self, solution: Solution, window: int = 3) -> None:
        self.solution, self.window = solution, window

    def numbered(self, puzzles: Iterable[Numbered]) -> Iterator[Solution]:
        source = iter(puzzles)
        while held := list(islice(source, self.window)):
            yield from (self.solution for _ in held)


def solved(**changes: object) -> Solution:
    puzzle = next(read([LINE])).puzzle
    assert puzzle is not None
    facts = {"values": GRID, "verified": True, "solutions": (GRID,), "count": 1, **changes}
    return Solution(puzzle, "solved", "exact", **facts)  # type: ignore[arg-type]


def request(**changes: object) -> Request:
    return Request(("-",), Settings(mode="exact"), **changes)  # type: ignore[arg-type]


def asked(lines: Iterable[str]) -> Iterator[Part]:
    return enumerate(read(lines, format="line"))


def reports(parts: Iterable[Part], fake: Solver) -> Iterator[Report]:
    """What a pipeline with this solver reports, a row of JSON for each part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "Solver", lambda *_: fake)
        yield from Pipeline(JsonLines(request())).reports(parts)


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.integers(1, 9), st.integers(1, 9))
def test_outcomes_come_in_input_order(good: list[bool], window: int, waiting: int) -> None:
    """However far the solver reads ahead, and however much may wait."""
    lines = [LINE if one else f"{BAD[:-3]}{place:03}" for place, one in enumerate(good)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "MOST_WAITING", waiting)
        found = list(reports(asked(lines), Fake(solved(), window)))
    rows = [json.loads(report.data) for report in found]
    assert [row["puzzle"] for row in rows] == lines
    assert [row["status"] == "solved" for row in rows] == good


def test_endless_bad_lines_do_not_pile_up() -> None:
    """A row comes out for each bad line before a further one is read, solver or no solver."""
    taken = []

    def lines() -> Iterator[str]:
        for number in range(1000):
            taken.append(number)
            yield BAD

    next(reports(asked(lines()), Fake(solved())))
    assert len(taken) < 10


@pytest.mark.parametrize("changes", [{"verified": False}, {"values": None}])
def test_what_is_not_verified_is_not_solved(changes: dict[str, object]) -> None:
    (report,) = reports(asked([LINE]), Fake(solved(**changes)))
    assert json.loads(report.data)["status"] == "unsolved"
    outcome = Outcome(next(read([LINE])), require_verified(solved(**changes)))
    assert outcome.status == "unsolved"
    assert row_of(outcome, request())["solution"] is None
    assert Lines(request(asked="all")).record(outcome) == "\n"
    text = Pretty(request()).record(outcome)
    assert "verified" not in text
    assert "does not mean there is no solution" in text


@pytest.mark.parametrize("status", ["unsolved", "unsatisfiable", "timeout"])
def test_a_grid_that_may_be_wrong_is_never_shown(status: str) -> None:
    """`best` of a search that did not succeed breaks rules."""
    puzzle = solved().puzzle
    solution = Solution(puzzle, status, "neural", best=WRONG)  # type: ignore[arg-type]
    outcome = Outcome(next(read([LINE])), solution)
    for form in FORMATS.values():
        assert "1111" not in form(request()).record(outcome).replace(" ", "")
    text = Pretty(request()).record(outcome)
    assert text.count("1") <= 2 and "verified" not in text


@given(st.lists(st.sampled_from(["solved", "unsolved", "unsatisfiable", "invalid", "timeout"])))
def test_the_code_of_a_batch_is_that_of_its_gravest_outcome(statuses: list[str]) -> None:
    order = [(2, "invalid"), (4, "timeout"), (1, "unsolved"), (20, "unsatisfiable")]
    expected = next((code for code, status in order if status in statuses), 0)
    assert code_of(statuses) == expected


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PuzzleSyntaxError("?"), 2),
        (InvalidPuzzle("?"), 2),
        (SearchError("?"), 2),
        (click.UsageError("?"), 2),
        (PermissionError(13, "Permission denied", "out.txt"), 2),
        (AssetNotFound("?"), 3),
        (ModelError("?"), 3),
        (ManifestMismatch("?"), 3),
        (DigestMismatch("?"), 3),
        (RuntimeUnavailable("?"), 3),
        (BrokenPipeError(), 1),
        (KeyboardInterrupt(), 130),
        (VmdError("?"), 2),
        (WorkersUnavailable("?"), 3),
        (MemoryError(), 3),
        (ZeroDivisionError("a\ndefect"), 70),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_error_has_its_code_and_one_line(
    error: BaseException, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail() -> int:
        raise error

    assert guard(fail) == code
    quiet = isinstance(error, BrokenPipeError | KeyboardInterrupt)
    assert capfd.readouterr().err.count("\n") == (0 if quiet else 1)


def test_every_error_of_the_package_is_known() -> None:
    def kinds(kind: type[VmdError]) -> set[type[VmdError]]:
        return {kind}.union(*map(kinds, kind.__subclasses__()))

    ours = {kind for kind in kinds(VmdError) if kind.__module__.startswith("vmd_solver.")}

    def fail(kind: type[VmdError]) -> int:
        raise kind("?")

    codes = {kind: guard(lambda kind=kind: fail(kind)) for kind in ours}
    assert ExitCode.INTERNAL not in codes.values()


def test_a_record_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    """A limit on the size of files cuts a write short, as a disk does that is nearly full."""
    path = tmp_path / "out.txt"
    with (
        Output(str(path)) as output,
        limited_files(100),
        pytest.raises(OSError, match=r"out\.txt"),
    ):
        for _ in range(9):
            output.write(b"thirty characters in each row\n")
    assert path.read_bytes() == b"thirty characters in each row\n" * 3


def test_an_interrupt_waits_for_the_record() -> None:
    """The interrupt comes after its first bytes: the rest waits, as a pipe takes 64 KiB."""
    program = (
        "from vmd_solver.cli.output import Output\n"
        "try:\n"
        "    with Output(None) as output: output.write(b'x' * 999_999 + b'\\n')\n"
        "except KeyboardInterrupt: raise SystemExit(130)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None
        pipe = process.stdout.fileno()
        until(lambda: _waiting(pipe), process)
        process.send_signal(signal.SIGINT)
        data = process.stdout.read()
    assert process.returncode == 130
    assert len(data) == 1_000_000 and data.endswith(b"\n")


def _waiting(pipe: int) -> int:
    """The bytes that wait in a pipe to be read."""
    count = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, count)
    return count[0]


@pytest.mark.parametrize(
    ("argument", "format"),
    [
        (LINE, "line"),
        (LINE[:-1] + ".1", "line"),  # a cell too many: the reader says so
        ("1..4 .... .... ....", "line"),
        ("." * 81, "line"),
        ("A" + "." * 255, "line"),
        ("https://f-puzzles.com/?load=N4Ig", "link"),
        ("https://sudokupad.app/sclN4Ig", "sudokupad"),
        ("6x6:AbeHECibaa", "sgt"),
        ("4://///3//2/4//////4/", "sgt"),
        ("4#12345", "sgt"),
        ("1..4", None),
        ("puzzles/hard.txt.gz", None),
        ("20240101123456.txt", None),
        ("2024-01-01-0900.txt", None),
        ("/missing/folder/puzzle", None),
        ("C:\\puzzles\\hard.txt", None),
        ("12:30", None),
    ],
)
def test_puzzles_are_distinguished_from_names(argument: str, format: str | None) -> None:
    assert literal_format(argument) == format


def test_a_file_is_read_even_if_its_name_is_a_puzzle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(LINE).write_text("", encoding="utf-8")
    assert literal_format(LINE) is None


@given(st.lists(st.floats(1e-6, 9), min_size=1), st.floats(0.01, 1), st.integers(0, 9))
def test_quantiles_bound_their_share(values: list[float], share: float, at: int) -> None:
    """To a hundredth, of values that were counted in two parts."""
    spread, rest = Spread(), Spread()
    for place, value in enumerate(values):
        (spread if place < at else rest).add(value)
    spread.update(rest)
    bound = spread.quantile(share)
    assert sum(value <= bound * 1.0001 for value in values) >= share * len(values) - 1e-9
    assert sum(value * STEP < bound * 0.9999 for value in values) < share * len(values) + 1e-9


@pytest.mark.parametrize("quiet", [False, True])
def test_falling_back_to_the_cpu_is_reported_once(
    quiet: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    note = "CUDA could not be used; running on the CPU"
    model = SimpleNamespace(device_note=note, ruled=True)
    monkeypatch.setattr(pipeline, "load", lambda *_: model)
    monkeypatch.setattr(pipeline, "Solver", lambda *_: Fake(solved()))
    (tmp_path / "p.txt").write_text(f"{LINE}\n{LINE}\n")
    asked = replace(request(quiet=quiet), files=(str(tmp_path / "p.txt"),), settings=Settings())
    assert run.run(replace(asked, output=str(tmp_path / "o.txt"))) == 0
    assert capfd.readouterr().err == ("" if quiet else f"vmd-solve: {note}\n")


def test_a_tally_counts_what_came() -> None:
    tally = Tally()
    puzzle = solved().puzzle
    entry = Entry(puzzle, LINE, "p.txt", 1)
    for seconds in (0.1, 0.2, 0.3):
        tally.add(Outcome(entry, solved(seconds=seconds, nfe=2, guesses=1)))
    tally.add(Outcome(entry))
    first, second, third = tally.summary(rate=7.0)
    assert first == "4 puzzles: 3 solved, 1 invalid"
    assert second == "mean NFE 2.00, guesses 3 in all, 1.00 a puzzle"
    assert re.fullmatch(
        r"seconds a puzzle: median 0.20\d\d, p90 0.30\d\d; 7.0 puzzles a second", third
    )
