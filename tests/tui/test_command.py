"""The command `vmd-play` in a process, up to where it would need a terminal, and once in one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from waiting import HANG_S, shown_on, until

from vmd_solver.play.game import Content
from vmd_solver.play.library import from_data

ROOT = Path(__file__).resolve().parents[2]

ASKED = {"family": "sudoku", "rows": 4, "cols": 4, "values": 4, "givens": [1, 2, *[0] * 14]}
TRACE = json.dumps({"event": "Began", "puzzle": 0, "asked": ASKED})


def play(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "vmd_solver.tui.command", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.txt"], "missing.txt: cannot be read"),
        (["bad.txt"], "bad.txt:1:1"),
        (["-n", "101", "puzzles/hard-100.sdm"], "no puzzle 101: the file has 100"),
        (["-n", "0", "puzzles/hard-100.sdm"], "range"),
        (["--nonsense"], "--nonsense"),
        (["puzzles/easy.txt"], "a terminal is needed"),
        ([], "a terminal is needed"),
        (["--daily"], "a terminal is needed"),
        (["--daily", "puzzles/easy.txt"], "--daily goes without FILE"),
        (["--daily", "--resume"], "--daily goes without FILE"),
        (["--daily", "--watch"], "--daily goes without FILE"),
        (["--watch"], "a terminal is needed"),
        (["--watch", "puzzles/easy.txt"], "a terminal is needed"),
        (["--watch", "torn.trace"], "torn.trace:1: no line of a trace"),
        (["--export", "out.svg"], "--export needs a FILE"),
        (["--port", "9000"], "--host, --port, --pages and --folder go with --serve"),
        (["--folder", "."], "go with --serve"),
        (["puzzles/easy.txt", "--export", "out.gif"], "ends in .svg or .cast"),
        (["whole.trace", "--export", "nowhere/out.svg"], "cannot be written"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(
    tmp_path: Path, arguments: list[str], words: str
) -> None:
    (tmp_path / "bad.txt").write_text("hello\n")
    (tmp_path / "torn.trace").write_text('{"event": "Beg')
    (tmp_path / "whole.trace").write_text(TRACE)
    done = play(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.startswith("vmd-play: ")
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_help_and_version_come_without_textual(tmp_path: Path) -> None:
    assert "--resume" in play("--help", cwd=tmp_path).stdout
    assert play("--version", cwd=tmp_path).stdout.startswith("vmd-play ")
    loads = "import sys, vmd_solver.tui.command; print('textual' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", loads], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


def test_a_trace_is_exported_without_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "whole.trace").write_text(TRACE)
    for name in ("out.svg", "out.cast"):
        done = play("whole.trace", "--export", name, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert "the puzzle" in (tmp_path / name).read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell of POSIX")
@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_terminal(tmp_path: Path, closed: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m vmd_solver.tui.command {closed}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2 and done.stdout == ""
    assert len(done.stderr.splitlines()) == ("2>" not in closed)


@contextmanager
def game_in_a_terminal(
    cwd: Path, file: str = "puzzles/4x4.txt", paths: tuple[Path, ...] = (ROOT,)
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A game that is shown, and the other end of its terminal."""
    import pty

    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "vmd_solver.tui.command", "--data-dir", "mine", file],
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "TERM": "xterm-256color",
        },
        stdin=child,
        stdout=child,
        stderr=child,
    ) as process:
        os.close(child)
        try:
            shown_on(parent, b"Puzzles")
            yield process, parent
        finally:
            process.kill()
            os.close(parent)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("end", [b"q", signal.SIGINT, signal.SIGTERM])
def test_a_game_in_a_terminal_is_saved_on_quitting(
    tmp_path: Path, end: bytes | signal.Signals
) -> None:
    with game_in_a_terminal(tmp_path) as (process, terminal):
        os.write(terminal, b"c")
        until(lambda: list((tmp_path / "mine" / "games").glob("*.json")), process)
        if isinstance(end, bytes):
            os.write(terminal, end)
        else:
            process.send_signal(end)
            process.send_signal(end)
        shown = shown_on(terminal, None)
        assert process.wait(HANG_S) == (0 if isinstance(end, bytes) else 128 + end)
    assert b"Traceback" not in shown
    (game,) = (tmp_path / "mine" / "games").glob("*.json")
    assert len(json.loads(game.read_text())["moves"]) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_game_needs_no_extra(tmp_path: Path) -> None:
    """Nor do its hints."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; sys.modules |= dict.fromkeys(('llvmlite', 'onnxruntime', 'pysat'))",
        encoding="utf-8",
    )
    with game_in_a_terminal(tmp_path, paths=(tmp_path, ROOT)) as (process, terminal):
        os.write(terminal, b"h")
        shown_on(terminal, b"single")
        os.write(terminal, b"q")
        assert b"Traceback" not in shown_on(terminal, None)
        assert process.wait(HANG_S) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_game_that_could_not_be_saved_is_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "games").write_text("")
    with game_in_a_terminal(tmp_path) as (process, terminal):
        os.write(terminal, b"cq")
        shown_on(terminal, b"unsaved")
        os.write(terminal, b"q")
        last = shown_on(terminal, None).splitlines()[-1]
        assert process.wait(HANG_S) == 2
    assert re.search(rb"vmd-play: mine/games/\w+.json: could not be saved: file exists", last)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_keys_that_come_at_once_are_taken_in_their_order(tmp_path: Path) -> None:
    """Values and arrows, marks and commands: none overtakes another."""
    (tmp_path / "empty.txt").write_text("\n".join(["." * 6] * 6))
    values = [(row + col) % 6 + 1 for row in range(6) for col in range(6)]
    right, down = b"\x1b[C", b"\x1b[B"
    rows = [values[at : at + 6] for at in range(0, 36, 6)]
    typed = down.join(b"".join(b"%d" % value + right for value in row) for row in rows)
    with game_in_a_terminal(tmp_path, "empty.txt") as (process, terminal):
        os.write(terminal, typed + down + b"0m13mz4z" + right + b"q")
        shown_on(terminal, None)
        assert process.wait(HANG_S) == 0
    (saved,) = (tmp_path / "mine" / "games").glob("*.json")
    game = from_data(json.loads(saved.read_text()))
    assert game.values == [0, *values[1:]]
    assert game.cells[0] == Content(0, 0b101, 0b1000)
    assert game.cursor == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_that_is_gone_ends_the_game(tmp_path: Path) -> None:
    with game_in_a_terminal(tmp_path) as (process, terminal):
        os.write(terminal, b"c")
        until(lambda: list((tmp_path / "mine" / "games").glob("*.json")), process)
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(
            nowhere, terminal
        )  # what closes the terminal, which the end of the test closes again
        os.close(nowhere)
        assert process.wait(HANG_S) == 129
