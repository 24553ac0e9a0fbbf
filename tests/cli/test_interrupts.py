"""Ctrl-C, a reader that goes away, and streams: whole lines, in order, as they come."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
Start = Callable[..., "subprocess.Popen[bytes]"]
EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
EMPTY = "." * 625
COUNT = ("--mode", "exact", "--count", "--limit", "100000000", "." * 81)
"""More solutions than anyone can wait for."""


@pytest.mark.parametrize("arguments", [COUNT, ("--mode", "exact", "-")], ids=["busy", "waiting"])
def test_an_interrupt_ends_it_quietly(arguments: tuple[str, ...], start: Start) -> None:
    options: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with start(*arguments, **options) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == b"" and err.strip() == b""


def test_an_interrupt_that_is_swallowed_comes_again() -> None:
    code = """
import contextlib, os, signal, time
from vmd_solver.console.interrupt import install
install()
with contextlib.suppress(KeyboardInterrupt):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("again")
    signal.setitimer(signal.ITIMER_REAL, 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"again\n", b"")


def test_an_interrupt_lost_in_a_callback_is_silent_and_comes_again() -> None:
    code = """
import ctypes, os, signal, time
from vmd_solver.console.interrupt import install, stop_repeating
install()
ctypes.CFUNCTYPE(None)(lambda: (os.kill(os.getpid(), signal.SIGINT), time.sleep(60)))()
try:
    time.sleep(60)
except KeyboardInterrupt:
    print("again")
    stop_repeating()
ctypes.CFUNCTYPE(None)(lambda: 1 / 0)()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, cwd=ROOT)
    assert (done.returncode, done.stdout) == (0, b"again\n")
    assert b"ZeroDivisionError" in done.stderr and b"KeyboardInterrupt" not in done.stderr


def test_an_interrupt_leaves_whole_rows(start: Start, tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text(f"{EASY}\n" * 100_000)
    output = tmp_path / "o.jsonl"
    arguments = ("--mode", "exact", "--stats", "-o", "o.jsonl", "p.txt")
    with start(*arguments, stderr=subprocess.PIPE) as process:
        while not (output.exists() and output.stat().st_size):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    text = output.read_text()
    assert text.endswith("\n")
    rows = [json.loads(line) for line in text.splitlines()]
    assert 0 < len(rows) < 100_000
    # The one in hand may have been counted, and not written.
    counted = int(err.split()[0].replace(b",", b""))
    assert len(rows) <= counted <= len(rows) + 1


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
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err == b"vmd-solve: standard output: no space left on device\n"
