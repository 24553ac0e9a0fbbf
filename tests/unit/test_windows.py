"""What is different on Windows, its parts simulated: nothing here has run there."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vmd_solver import assets, console, files
from vmd_solver.batch import pool
from vmd_solver.cli import output
from vmd_solver.denoiser.onnx import is_installed

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")


class Console(io.BytesIO):
    """A console: its number takes nothing that can be read, the raw stream little at a time."""

    encoding = "utf-8"

    def __init__(self) -> None:
        super().__init__()
        self.raw, self.pieces = self, list[int]()

    @property
    def buffer(self) -> Any:
        return self

    def isatty(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(len(data))
        return super().write(data[:1000])


def test_a_lock_takes_a_byte_that_nobody_reads(
    windows: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    locked = list[tuple[int, int, int]]()

    def locking(descriptor: int, how: int, count: int) -> None:
        locked.append((os.lseek(descriptor, 0, os.SEEK_CUR), how, count))
        if len(locked) > 1:
            raise PermissionError

    fake = SimpleNamespace(locking=locking, LK_NBLCK=2)
    monkeypatch.setitem(sys.modules, "msvcrt", fake)
    with (tmp_path / "file").open("wb") as stream:
        stream.write(b"some text")
        stream.flush()
        assert files.lock(stream.fileno())
        assert not files.lock(stream.fileno())
        assert stream.tell() == 9
    assert locked == [(1 << 40, 2, 1)] * 2


def test_files_are_written_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked = list[int]()
    opened = os.open
    monkeypatch.setattr(os, "O_BINARY", 0x8000, raising=False)

    def remember(path: str, flags: int, mode: int = 0o777) -> int:
        asked.append(flags)
        return opened(path, flags & ~0x8000, mode)

    monkeypatch.setattr(os, "open", remember)
    with output.Output(str(tmp_path / "file")) as out:
        out.write(b"a\nb\n")
    assert asked[0] & 0x8000
    assert (tmp_path / "file").read_bytes() == b"a\nb\n"


def test_a_console_gets_whole_records(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console()
    record = "┌─┐".encode() * 1000
    monkeypatch.setattr(sys, "stdout", shown)
    monkeypatch.setattr(shown, "fileno", lambda: 1, raising=False)
    output.Output(None).write(record)
    assert shown.getvalue() == record
    assert len(shown.pieces) == 9


def test_a_console_gets_messages(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console()
    monkeypatch.setattr(sys, "stderr", shown)
    console.narrate("größer")
    assert shown.getvalue().decode() == "größer\n"


def test_a_reader_that_went_away_is_known(windows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(descriptor: int, data: Any) -> int:
        raise OSError(errno.EINVAL, "invalid argument")

    reader, writer = os.pipe()
    try:
        monkeypatch.setattr(
            sys,
            "stdout",
            SimpleNamespace(fileno=lambda: writer, isatty=lambda: False, encoding="utf-8"),
        )
        out = output.Output(None)
        monkeypatch.setattr(os, "write", write)
        with pytest.raises(BrokenPipeError):
            out.write(b"record")
    finally:
        os.close(reader)
        os.close(writer)


def test_names_with_backslashes_are_those_of_included_puzzles(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "sep", "\\")
    assert assets.shipped("puzzles\\hard.txt") == str(assets.path("puzzles/hard.txt"))
    assert assets.model_folder("models\\mine") == Path("models\\mine")
    assert assets.model_folder("grids") == assets.model_path("grids")


COMMANDS = {
    "solve": ["--mode", "exact", "puzzles/hard.txt", "-o", "one.jsonl", "--trace", "trace.jsonl"],
    "make": ["--size", "4", "--seed", "1", "-f", "html", "-o", "one.html"],
    "play": ["--export", "one.svg", "puzzles/4x4.txt"],
    "text": ["--length", "4", "ROMEO:"],
    "train": ["data", "--puzzles", "4", "--jobs", "1", "--quiet", "--out", "data.npz"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_file_is_opened_in_the_encoding_of_the_system(command: str, tmp_path: Path) -> None:
    """That is not UTF-8 everywhere. Ruff finds what it can see, and this the rest."""
    if command in ("play", "text") and not is_installed():
        pytest.skip("needs ONNX Runtime")
    program = (
        "import sys, warnings; "
        "warnings.filterwarnings('error', category=EncodingWarning, module='vmd_'); "
        f"from vmd_solver import scripts; scripts.{command}()"
    )
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "-c", program, *COMMANDS[command]],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "training")])},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_workers_ignore_interrupts_where_none_can_be_blocked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A console of Windows interrupts every process that it shows."""
    monkeypatch.delattr(signal, "pthread_sigmask")
    before = signal.getsignal(signal.SIGINT)
    try:
        with pool.sigint_masked():
            ours, theirs = Pipe()
        ours.close()
        pool.serve(theirs)
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_interrupt_comes_once_where_there_are_no_alarms(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("SIGALRM", "setitimer", "getitimer"):
        monkeypatch.delattr(signal, name)
    before = signal.getsignal(signal.SIGINT)
    console.install()
    assert signal.getsignal(signal.SIGINT) == before

    def interrupted() -> int:
        raise KeyboardInterrupt

    assert console.guard(interrupted) == console.ExitCode.INTERRUPTED
