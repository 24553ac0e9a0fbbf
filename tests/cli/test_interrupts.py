"""Ctrl-C, a reader that goes away, and streams: whole lines, in order, as they come."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from waiting import HANG_S, Feed, until

from vmd_solver import scripts

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., "subprocess.Popen[bytes]"]
EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
COUNT = ("--mode", "exact", "--count", "--limit", "1000000000", EASY, "." * 81)
"""The second has more solutions than anyone can wait for."""


@pytest.mark.parametrize("busy", [True, False], ids=["busy", "waiting"])
def test_an_interrupt_ends_it_quietly(busy: bool, start: Start) -> None:
    """While it counts, and while it waits for a line; what it said before stays."""
    options: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with start(*COUNT if busy else ("--mode", "exact", "-"), **options) as process:
        assert process.stdin is not None and process.stdout is not None
        if not busy:
            process.stdin.write(f"{EASY}\n".encode())
            process.stdin.flush()
        assert process.stdout.readline()
        watched = psutil.Process(process.pid)
        used_s = watched.cpu_times().user
        if busy:
            until(lambda: watched.cpu_times().user > used_s + 0.5, process)
        else:
            until(lambda: watched.status() == psutil.STATUS_SLEEPING, process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    assert out == b"" and err.strip() == b""


def test_an_interrupt_that_is_swallowed_comes_again() -> None:
    code = """
import contextlib, os, signal, time
from vmd_solver import console
console.install()
try:
    with contextlib.suppress(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)
    console.AGAIN_S = 0  # the next is the last
    time.sleep(60)
except KeyboardInterrupt:
    print("again")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=HANG_S, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"again\n", b"")


def test_an_interrupt_lost_in_a_callback_is_silent_and_comes_again() -> None:
    code = """
import ctypes, os, signal, time
from vmd_solver import console
console.install()
try:
    ctypes.CFUNCTYPE(None)(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(60)))()
    console.AGAIN_S = 0  # the next is the last
    time.sleep(60)
except KeyboardInterrupt:
    print("again")
    console.stop_repeating()
ctypes.CFUNCTYPE(None)(lambda: 1 / 0)()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=HANG_S, cwd=ROOT
    )
    assert (done.returncode, done.stdout) == (0, b"again\n")
    assert b"ZeroDivisionError" in done.stderr and b"KeyboardInterrupt" not in done.stderr


RUN = """
import os, signal, time
from vmd_solver import console
def interrupt():
    os.kill(os.getpid(), signal.SIGINT)
def run():
{}
console.install()
raise SystemExit(console.guard(run))
"""
SAVES = """
    try:
        interrupt()
        time.sleep(60)
    finally:
        interrupt()
        print("saved")
"""
SHIELDED = """
    try:
        interrupt()
        time.sleep(60)
    except KeyboardInterrupt:
        console.AGAIN_S = 1e-3
        with console.uninterrupted():
            interrupt()
            time.sleep(0.1)
            print("saved")
        raise
"""
MASKED = """
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    signal.raise_signal(signal.SIGALRM)  # as one that another thread received
    time.sleep(0.1)
    print("saved", flush=True)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    time.sleep(60)
"""
MISTAKEN = """
    try:
        interrupt()
        time.sleep(60)
    except KeyboardInterrupt:
        print("saved")
        raise ImportError("initialization failed")
"""


@pytest.mark.parametrize("body", [SAVES, SHIELDED, MASKED, MISTAKEN])
def test_an_interrupt_that_is_dealt_with_ends_it_once(body: str) -> None:
    """However many come meanwhile, and whatever a library makes of the first."""
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(body)], capture_output=True, timeout=HANG_S, cwd=ROOT
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"saved\n", b"")


def test_an_interrupt_waits_for_a_module_that_loads(tmp_path: Path) -> None:
    """Of those in C++ some abort where an exception comes out of what they load."""
    loading = """
import os, signal, time
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.1)
    print("loaded", flush=True)
except KeyboardInterrupt:
    print("broken")
"""
    (tmp_path / "module_of_library.py").write_text(loading)
    body = "    import module_of_library\n    time.sleep(60)"
    done = subprocess.run(
        [sys.executable, "-c", RUN.format(body)],
        capture_output=True,
        timeout=HANG_S,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))},
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"loaded\n", b"")


INTERRUPTED = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(60)\n"
LATE = """
import atexit, os, signal
def main():
    print("done", flush=True)
    atexit.register(os.kill, os.getpid(), signal.SIGINT)
"""


@pytest.mark.parametrize(
    ("module", "code", "out"),
    [(INTERRUPTED, 130, b""), (LATE, 0, b"done\n")],
    ids=["early", "late"],
)
def test_an_interrupt_while_a_command_loads_or_once_it_is_done_is_silent(
    module: str, code: int, out: bytes, tmp_path: Path
) -> None:
    (tmp_path / "module_of_command.py").write_text(module)
    program = "from vmd_solver import scripts; scripts.run('module_of_command')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        timeout=HANG_S,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(tmp_path)))},
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, out, b"")


def test_every_installed_script_is_one_of_these() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {
        f"vmd-{name}": f"vmd_solver.scripts:{name}"
        for name, script in sorted(vars(scripts).items())
        if isinstance(script, partial)
    }


def test_an_interrupt_leaves_whole_rows(start: Start, tmp_path: Path) -> None:
    """All that came is written and counted; the input goes on, and the run waits for it."""
    output = tmp_path / "o.jsonl"
    arguments = ("--mode", "exact", "--stats", "-o", "o.jsonl", "-")
    with start(*arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        feed = Feed(f"{EASY}\n" * 20, process.stdin.fileno())
        until(lambda: output.exists() and output.stat().st_size, process, feed)
        rows = 20 * feed.times
        until(lambda: output.read_bytes().count(b"\n") == rows, process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 130
    text = output.read_text()
    assert text.endswith("\n")
    assert len([json.loads(line) for line in text.splitlines()]) == rows
    assert err.startswith(f"{rows:,} ".encode())


def test_a_reader_may_leave(start: Start, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(f"{EASY}\n" * 20_000)
    pipes: dict[str, Any] = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    with start("--mode", "exact", "p.txt", **pipes) as process:
        assert process.stdout is not None and process.stderr is not None
        assert len(process.stdout.readline()) == 82
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (1, b"")


def test_standard_output_may_be_full(start: Start) -> None:
    with (
        Path("/dev/full").open("wb") as full,
        start("--mode", "exact", EASY, stdout=full, stderr=subprocess.PIPE) as process,
    ):
        _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 2
    assert err == b"vmd-solve: standard output: no space left on device\n"
