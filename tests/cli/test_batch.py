"""Batches: the bulk path against the engine, workers, and runs that are stopped and go on."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waiting import HANG_S, Feed, until

from vmd_solver.batch import pipeline, pool, run
from vmd_solver.batch.outcome import Report, joined
from vmd_solver.batch.parts import Part, entries_in, parts
from vmd_solver.batch.pipeline import Pipeline
from vmd_solver.batch.pool import Process, Task, WorkerPool
from vmd_solver.batch.records import FORMATS, JsonLines, Lines
from vmd_solver.batch.request import Request
from vmd_solver.batch.resume import done_in
from vmd_solver.batch.run import TaskSize, tasks, worker_pool
from vmd_solver.csp import Board
from vmd_solver.csp.candidates import Masks
from vmd_solver.csp.compiled import available, machine
from vmd_solver.csp.exact import Batch
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import ResumeError, WorkersUnavailable
from vmd_solver.formats import Entry, Piece
from vmd_solver.formats.columns import columns
from vmd_solver.sampling import Settings, bulk
from vmd_solver.sampling.bulk import Bulk
from vmd_solver.sampling.settings import Mode

Solve = Callable[..., Any]
Start = Callable[..., "subprocess.Popen[bytes]"]

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
FULL = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
MIXED = (
    EASY, FULL, HARD, EASY.replace(".", "0"), "", "# remark", f"{EASY} {FULL}", EASY[:-1],
    "55" + EASY[2:], FULL[:-1] + "8", EASY.replace("5", "x", 1), "1...............", "." * 81,
    "5" + "." * 70 + "55........", "12........3...4.", "A" + "." * 255,
)  # fmt: skip
"""Common lines of two lengths, and everything else that a line may be."""


def request(path: Path, **changes: Any) -> Request:
    asked = {"mode": "exact", "solutions": 1} | changes.pop("settings", {})
    return Request((str(path),), Settings(**asked), **changes)


def found(asked: Request) -> Iterator[Part]:
    return parts(asked.files, None, "sudoku")


def written(asked: Request, form: str, bulk: bool) -> Report:
    """What a pipeline makes of it, with its bulk stage or one puzzle at a time."""
    with pytest.MonkeyPatch.context() as patch:
        if not bulk:
            patch.setattr(pipeline, "columns", lambda piece: None)
        return Pipeline(FORMATS[form](asked))(found(asked))


def timeless(report: Report, form: str) -> list[Any]:
    """The records without their seconds."""
    lines = report.data.decode().splitlines()
    if form == "jsonl":
        return [{**json.loads(line), "seconds": 0} for line in lines]
    if form == "csv":
        return [re.sub(r"(?<=,)\d+\.[\de-]+(?=,)|\d+e-\d+", "s", line) for line in lines]
    return lines


ASKED: tuple[tuple[str, int], ...] = (("one", 1), ("unique", 2), ("count", 5), ("all", 3))


@pytest.mark.parametrize("form", ["jsonl", "csv", "line"])
@given(
    lines=st.lists(st.sampled_from(MIXED), min_size=1, max_size=20),
    asked=st.sampled_from(ASKED),
    most=st.sampled_from([None, 0, 20]),
)
@settings(max_examples=15)
def test_bulk_writes_what_the_solver_writes(
    form: str,
    lines: list[str],
    asked: tuple[str, int],
    most: int | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("bulk") / "p.txt"
    path.write_text("\n".join([EASY, *lines]))
    wanted = request(path, asked=asked[0], settings={"solutions": asked[1], "max_guesses": most})
    fast, slow = written(wanted, form, True), written(wanted, form, False)
    assert timeless(fast, form) == timeless(slow, form)
    assert fast.messages == slow.messages
    assert fast.tally.statuses == slow.tally.statuses
    assert fast.tally.summary(1.0)[:2] == slow.tally.summary(1.0)[:2]
    if form == "jsonl":
        assert [list(json.loads(line)) for line in fast.data.splitlines()] == [
            list(json.loads(line)) for line in slow.data.splitlines()
        ]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_bulk_writes_the_same_bytes(form: str, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("puzzle,solution\n" + f"{EASY},{FULL}\n{HARD},\n{EASY},{EASY}\n{FULL},\n")
    fast, slow = (written(request(path), form, bulk).data for bulk in (True, False))
    strip = re.compile(rb'"seconds": [\d.e-]+|(?<=,)[\d.]+(e-\d+)?(?=,,,,\n)')
    assert strip.sub(b"", fast) == strip.sub(b"", slow)
    assert len(strip.findall(fast)) == 4 - (form == "csv")


def test_most_is_settled_in_bulk(tmp_path: Path) -> None:
    """One report for a run of puzzles is the sign of it."""
    path = tmp_path / "p.txt"
    path.write_text(f"{EASY}\n" * 300 + f"{EASY}1\n" + f"{EASY}\n" * 300)
    reports = list(Pipeline(Lines(request(path))).reports(found(request(path))))
    assert [report.tally.done for report in reports] == [300, 1, 300]
    assert joined(reports, b"").data == (f"{FULL}\n" * 300 + "\n" + f"{FULL}\n" * 300).encode()


def test_bulk_settles_nothing_that_the_verifier_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def filled(board: Board, masks: Masks) -> tuple[Masks, npt.NDArray[np.bool_]]:
        return np.ones_like(masks), np.ones(len(masks), np.bool_)

    def solved(board: Board, givens: npt.NDArray[np.int8], *_: Any, **__: Any) -> Batch:
        once = np.ones(len(givens), np.int64)
        return Batch(np.ones_like(givens), once, once, once > 0)

    monkeypatch.setattr(bulk, "propagate", filled)
    monkeypatch.setattr(bulk, "solve_batch", solved)
    path = tmp_path / "p.txt"
    path.write_text(f"{EASY}\n" * 9)
    assert written(request(path), "line", True).data == f"{FULL}\n".encode() * 9


def test_guesses_of_any_number_of_digits_stand_in_a_row(tmp_path: Path) -> None:
    guesses, settled = np.array([0, 12, 7, 2000]), np.zeros((4, 81), np.int8)
    path = tmp_path / "p.txt"
    path.write_text(f"{EASY}\n" * 4)
    ((_, piece),) = found(request(path))
    assert isinstance(piece, Piece)
    read = columns(piece)
    assert read is not None
    told = bulk.Settled(np.arange(4), settled, guesses, 0.5, {})
    data, ends = JsonLines(request(path)).record_many(read, told)
    rows = [json.loads(data[start:end]) for start, end in pairwise(ends)]
    assert [row["guesses"] for row in rows] == guesses.tolist()
    assert {row["puzzle"] for row in rows} == {EASY}


@pytest.mark.parametrize("mode", ["guided", "exact"])
def test_threads_settle_the_same(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [[int(symbol.replace(".", "0")) for symbol in line] for line in (EASY, HARD, FULL)]
    givens = np.array(rows * 7, np.int8)
    monkeypatch.setattr(bulk, "ROWS", 2)
    asked = Settings(mode=mode)
    alone, shared = (
        Bulk(asked, threads).settle(sudoku(), givens, np.arange(len(givens))) for threads in (1, 3)
    )
    machine(available())  # plain Python has no use for threads
    for found in (shared, Bulk(asked, 3).settle(sudoku(), givens, np.arange(len(givens)))):
        assert found.rows.tolist() == alone.rows.tolist()
        assert found.values.tolist() == alone.values.tolist()
        assert found.guesses.tolist() == alone.guesses.tolist()
        assert found.propagated.keys() == alone.propagated.keys()


@pytest.mark.parametrize(("cost", "kept"), [(run.FEED_S / 2, 100), (1.0, 3)])
def test_a_process_goes_on_alone_where_workers_would_wait_for_it(
    cost: float, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(run, "perf_counter", lambda: clock[0])
    found: list[Part] = [(at, Entry(None, "", None, at)) for at in range(100)]
    taken = 0
    for _ in run._for_a_while(iter(found), TaskSize()):
        clock[0] += cost
        taken += 1
    assert taken == kept


def test_tasks_hold_everything_once(tmp_path: Path) -> None:
    path, other = tmp_path / "p.txt", tmp_path / "g.txt"
    path.write_text(f"{EASY}\n" * 1000)
    other.write_text("family: sudoku\ngivens:\n1...\n....\n....\n....\n---\n" * 50)
    size, numbers = TaskSize(), []
    asked = replace(request(path), files=(str(path), str(other), str(path)))
    for task in tasks(found(asked), size):
        assert task.size == sum(entries_in(part) for _, part in task.payload)
        for number, part in task.payload:
            numbers += range(number, number + entries_in(part))
        size.learn(task.size, 0.0)
    assert numbers == list(range(2050))
    assert size.entries > 500
    size.learn(size.entries, 2.0)
    assert size.entries <= 2048


def test_parts_that_are_not_too_large_stay_whole(tmp_path: Path) -> None:
    path, size = tmp_path / "p.txt", TaskSize()
    path.write_text(f"{EASY}\n" * (size.entries - 1))
    held = list(tasks(found(replace(request(path), files=(str(path),) * 4)), size))
    assert [len(task.payload) for task in held] == [2, 2]
    assert {entries_in(part) for task in held for _, part in task.payload} == {size.entries - 1}


LIGHT = (EASY, *[FULL] * 9, "", EASY[:-1], "55" + EASY[2:], "1...............")


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Light work, in several tasks, with all kinds of lines among it."""
    path = tmp_path / "p.txt"
    path.write_text("\n".join([*LIGHT * 30, *MIXED, *LIGHT * 30]) + "\n")
    return path


def test_workers_write_the_same(many: Path) -> None:
    asked = request(many, jobs=2)
    alone = written(asked, "jsonl", True)
    size = TaskSize()
    with worker_pool(JsonLines(asked)) as workers:
        reports = list(workers.map(tasks(found(asked), size), size.learn))
        assert len(workers.workers) == 2
    assert len(reports) > 3
    assert timeless(joined(reports, b""), "jsonl") == timeless(alone, "jsonl")
    assert [one for report in reports for one in report.messages] == [*alone.messages]


def test_a_worker_that_dies_is_replaced(many: Path) -> None:
    asked = request(many, jobs=2)
    size = TaskSize()
    with worker_pool(JsonLines(asked)) as workers:
        reports, killed = [], 0
        for report in workers.map(tasks(found(asked), size), size.learn):
            reports.append(report)
            at_work = [one.process for one in workers.workers if isinstance(one, Process)]
            # Those killed before are replaced only when their reports are asked for.
            alive = [process for process in at_work if process.is_alive()]
            if killed < 3 and alive:
                alive[0].kill()
                alive[0].join()
                killed += 1
    assert killed
    alone = written(asked, "jsonl", True)
    assert timeless(joined(reports, b""), "jsonl") == timeless(alone, "jsonl")


def test_a_task_that_kills_every_worker_is_given_up(
    many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "serve", os._exit)
    with (
        pytest.raises(WorkersUnavailable, match=r"died over puzzles 1 to \d+ \(the last with exit"),
        worker_pool(JsonLines(request(many, jobs=1))) as workers,
    ):
        list(workers.map(tasks(found(request(many)), TaskSize())))


def test_what_goes_wrong_while_a_worker_begins_is_raised_here() -> None:
    """Not printed there, nor taken for a worker that died."""
    spawn = partial(Process, partial(int, "one"))
    with WorkerPool(spawn, 1) as workers, pytest.raises(ValueError, match="'one'"):
        list(workers.map([Task(1, "puzzle 1")]))


STOPPED = ("--mode", "exact", "--jobs", "2", "-o", "o.jsonl", "p.txt")


STATUSES = [*["solved"] * 10, "invalid", "invalid", "solved"]


LINES = "\n".join(LIGHT) + "\n"


def stop(start: Start, tmp_path: Path, number: int) -> tuple[int, int]:
    """Start a run, and stop it by a signal once it has written rows.

    It cannot end before: its input goes on, as `p.txt` is a pipe at first. Then it becomes a file,
    of what was read and perhaps more. The exit code, and how often LINES are in the file.
    """
    path, output = tmp_path / "p.txt", tmp_path / "o.jsonl"
    path.symlink_to("/dev/stdin")
    options: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with start(*STOPPED, **options, start_new_session=True) as process:
        assert process.stdin is not None
        feed = Feed(LINES, process.stdin.fileno())
        until(lambda: output.exists() and output.read_bytes().count(b"\n") > 1, process, feed)
        process.send_signal(number)
        code = process.wait(HANG_S)
    path.unlink()
    times = max(feed.times, 100)
    path.write_text(LINES * times)
    return code, times


def rows_of(text: str) -> list[dict[str, Any]]:
    return [{**json.loads(line), "seconds": 0} for line in text.splitlines()]


@pytest.mark.parametrize("torn", [b"", b'{"puzzle": "53..7....6.', b'{"puzzle": "1"}'])
def test_a_killed_run_continues(torn: bytes, start: Start, solve: Solve, tmp_path: Path) -> None:
    output, note = tmp_path / "o.jsonl", tmp_path / "o.jsonl.run"
    code, times = stop(start, tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    due = len(STATUSES) * times
    assert note.exists()
    whole = output.read_bytes()
    kept = whole[: whole.rfind(b"\n", 0, len(whole) // 2) + 1]
    output.write_bytes(kept + torn)
    done = solve("--resume", *STOPPED, "--stats")
    rows = rows_of(output.read_text())
    assert output.read_bytes().startswith(kept)
    assert (done.code, len(rows), note.exists()) == (2, due, False)
    assert f"\n{due - kept.count(bytes([10])):,} puzzles: " in f"\n{done.err}"
    assert [row["status"] for row in rows] == STATUSES * times
    assert [row["line"] for row in rows if "line" in row][-1] == len(LIGHT) * times - 1


def test_an_interrupt_stops_the_workers(start: Start, tmp_path: Path) -> None:
    code, times = stop(start, tmp_path, signal.SIGINT)
    assert code == 130
    text = (tmp_path / "o.jsonl").read_text()
    assert text.endswith("\n")
    assert 0 < len(rows_of(text)) <= len(STATUSES) * times
    assert (tmp_path / "o.jsonl.run").exists()


CHANGES = (
    (("--resume", "--mode", "exact", "-o", "o.jsonl", "q.txt"), "files was"),
    (("--resume", "--mode", "exact", "-o", "o.jsonl", "--unique", "p.txt"), "asked was"),
    (("--resume", "--mode", "exact", "-o", "o.jsonl", "--seed", "3", "p.txt"), "seed was 0 and is"),
    (("--resume", "--mode", "exact", "-o", "o.jsonl", "-f", "csv", "p.txt"), "format was"),
    (("--resume", "--mode", "exact", "-o", "n.jsonl", "p.txt"), "is not the output of a run"),
    (("--resume", "--mode", "exact", "-o", "o.txt", "p.txt"), "--resume needs --output FILE"),
    (("--resume", "--mode", "exact", "-o", "o.html", "p.txt"), "--resume needs --output FILE"),
    (("--resume", "--mode", "exact", "p.txt"), "--resume needs --output FILE"),
    (("--resume", "--mode", "exact", "-o", "o.jsonl", "--trace", "t", "p.txt"), "--trace excludes"),
    (("--ray", "auto", "--mode", "exact", "--trace", "t", "p.txt"), "--trace excludes"),
    (("--jobs", "2", "--mode", "exact", "--trace", "t", "p.txt"), "--trace excludes"),
)


@pytest.mark.parametrize(("arguments", "says"), CHANGES, ids=lambda value: str(value)[-24:])
def test_what_cannot_go_on_is_refused(
    arguments: tuple[str, ...], says: str, start: Start, solve: Solve, tmp_path: Path
) -> None:
    assert stop(start, tmp_path, signal.SIGKILL)[0] == -signal.SIGKILL
    for name in ("p.txt", "q.txt", "n.jsonl"):
        (tmp_path / name).write_text(f"{EASY}\n")
    before = (tmp_path / "o.jsonl").read_bytes()
    done = solve(*arguments)
    assert (done.code, done.err.count("\n"), done.out) == (2, 1, "")
    assert says in done.err
    assert (tmp_path / "o.jsonl").read_bytes() == before


def test_rows_of_another_input_are_refused(start: Start, solve: Solve, tmp_path: Path) -> None:
    output = tmp_path / "o.jsonl"
    code, times = stop(start, tmp_path, signal.SIGKILL)
    assert code == -signal.SIGKILL
    whole = output.read_bytes()
    (tmp_path / "p.txt").write_text(f"{HARD}\n" * len(STATUSES) * times)
    done = solve("--resume", *STOPPED)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "cannot resume: row " in done.err and "the input has another there" in done.err
    (tmp_path / "p.txt").write_text(f"{EASY}\n")
    assert "the input ends before" in solve("--resume", *STOPPED).err
    assert output.read_bytes() == whole


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_done_is_read_off_the_rows(form: str, tmp_path: Path) -> None:
    """Wherever the file was torn."""
    path, output = tmp_path / "p.jsonl", tmp_path / "o"
    lines = [json.dumps({"puzzle": EASY}), json.dumps({"puzzle": '",\n"'}), '"status": "solved"']
    path.write_text("\n".join([*lines, '1,"2']))
    rows = FORMATS[form](request(path))
    head = rows.head.encode()
    records = [report.data for report in Pipeline(rows).reports(found(request(path)))]
    data = head + b"".join(records)
    for size in range(len(data) + 1):
        output.write_bytes(data[:size])
        done = done_in(output, rows)
        whole = [head + b"".join(records[:count]) for count in range(5)]
        expected = max((len(text) for text in whole if len(text) <= size), default=0)
        assert done.size == expected
        assert done.count == (whole.index(data[:expected]) if expected else 0)
    assert done.statuses == {"solved": 1, "invalid": 3}


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_row_is_known_again_whatever_it_is_about(form: str, tmp_path: Path) -> None:
    """Also where a cell of CSV is written otherwise than it was read."""
    path = tmp_path / "p.jsonl"
    lines = [json.dumps({"puzzle": EASY}), '{"a\x1b\x9b', '{"puzzle": "=1"}', "=1+1", "'b", "-1"]
    path.write_text("\n".join(lines))
    rows = FORMATS[form](request(path))
    for size in range(1, len(lines) + 1):
        reports = list(Pipeline(rows).reports(found(request(path))))[:size]
        (tmp_path / "o").write_bytes(rows.head.encode() + b"".join(one.data for one in reports))
        done = done_in(tmp_path / "o", rows)
        left = sum(entries_in(body) for _, body in done.rest(found(request(path))))
        assert (done.count, left) == (size, len(lines) - size)


def test_a_file_of_something_else_is_not_cut(tmp_path: Path) -> None:
    for text in (b"puzzle,what\n1,2\n", b"hello\n", b"[]\n", b"{}\n", b"\xff\n"):
        (tmp_path / "o").write_bytes(text)
        for form in ("csv", "jsonl"):
            with pytest.raises(ResumeError, match="cannot resume"):
                done_in(tmp_path / "o", FORMATS[form](request(tmp_path)))
