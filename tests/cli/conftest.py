"""The installed command, run in a subprocess from a temporary folder; and models to run it with."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from waiting import HANG_S

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(sys.executable).parent / "vmd-solve"
PLAIN = ("NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "PYTHONDEVMODE", "PYTHONWARNINGS")


@dataclass(frozen=True)
class Done:
    """What a run left: exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def rows(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.lines]


def command() -> list[str]:
    """The script that is installed beside this interpreter, or else the module it calls."""
    return [str(SCRIPT)] if SCRIPT.exists() else [sys.executable, "-m", "vmd_solver.cli.solve"]


def environment(**changes: str) -> dict[str, str]:
    """That of this process without what changes colours or encodings; `changes` come on top."""
    kept = {name: value for name, value in os.environ.items() if name not in PLAIN}
    path = {} if SCRIPT.exists() else {"PYTHONPATH": str(ROOT)}
    return {**kept, "TERM": "xterm", **path, **changes}


@pytest.fixture
def solve(tmp_path: Path) -> Callable[..., Done]:
    """Runs `vmd-solve` in `tmp_path`: arguments, then `stdin` and variables of the environment."""

    def run(*arguments: str, stdin: str | bytes = "", **changes: str) -> Done:
        done = subprocess.run(
            [*command(), *arguments],
            cwd=tmp_path,
            env=environment(**changes),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            check=False,
            timeout=HANG_S,
        )
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


CONFIG = {
    "contract": 4,
    "name": "tiny",
    "latent": "none",
    "k": 0,
    "patterns": 0,
    "d": 1,
    "loops": 2,
    "links": 0,
}


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[bytes]]:
    """Starts `vmd-solve` in `tmp_path`, with the keyword arguments of Popen."""

    def begin(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
        command_line = [*command(), *arguments]
        return subprocess.Popen(command_line, cwd=tmp_path, env=environment(), **options)

    return begin


@pytest.fixture
def on_terminal(tmp_path: Path) -> Callable[..., Done]:
    """Runs `vmd-solve` with standard input, and `stream`, on a pseudo-terminal."""

    def run(*arguments: str, stream: str = "stdout", **changes: str) -> Done:
        ours, theirs = pty.openpty()
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: theirs}
        with (
            subprocess.Popen(
                [*command(), *arguments],
                cwd=tmp_path,
                env=environment(**changes),
                stdin=theirs,
                **streams,
            ) as process,
            ThreadPoolExecutor() as readers,
        ):
            os.close(theirs)
            shown = readers.submit(_read_terminal, ours)
            piped = process.stderr if stream == "stdout" else process.stdout
            assert piped is not None
            texts = {stream: shown.result(), "": piped.read().decode()}
        os.close(ours)
        return Done(process.returncode, texts.get("stdout", ""), texts.get("stderr", texts[""]))

    return run


def _read_terminal(descriptor: int) -> str:
    """All that is shown, until nothing has the terminal open any more."""
    data = b""
    with contextlib.suppress(OSError):
        while piece := os.read(descriptor, 4096):
            data += piece
    return data.decode().replace("\r\n", "\n")


@pytest.fixture
def write_model(tmp_path: Path, uniform: bytes) -> Callable[..., None]:
    """Writes a model folder: its name, the denoiser, and changes to its configuration."""

    def write(name: str, /, onnx: bytes = uniform, **changes: object) -> None:
        folder = tmp_path / name
        folder.mkdir()
        config = json.dumps({"vmd": {**CONFIG, **changes}, "parameters": 1234}).encode()
        sums = ""
        for file, data in (("denoiser.onnx", onnx), ("config.json", config)):
            (folder / file).write_bytes(data)
            sums += f"{hashlib.sha256(data).hexdigest()}  {file}\n"
        (folder / "SHA256SUMS").write_text(sums)

    return write


@pytest.fixture(scope="session")
def uniform() -> bytes:
    """An ONNX denoiser that finds every candidate equally likely; it keeps h as it is, zeros."""
    helper = pytest.importorskip("onnx.helper")
    inputs = [
        helper.make_tensor_value_info(name, kind, shape)
        for name, kind, shape in (
            ("nodes", 7, ["F", "M"]),
            ("factors", 7, ["N", "K"]),
            ("kinds", 1, ["F", 2]),
            ("h", 1, ["N", "d"]),
            ("loops", 7, []),
        )
    ]
    outputs = [
        helper.make_tensor_value_info("logits", 1, ["N"]),
        helper.make_tensor_value_info("h_out", 1, ["N", "d"]),
    ]
    nodes = [
        helper.make_node("ReduceSum", ["h", "width"], ["logits"], keepdims=0),
        helper.make_node("Identity", ["h"], ["h_out"]),
    ]
    width = helper.make_tensor("width", 7, [1], [1])
    graph = helper.make_graph(nodes, "uniform", inputs, outputs, [width])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    facts = {f"vmd.{key}": str(value) for key, value in CONFIG.items()}
    helper.set_model_props(model, {**facts, "vmd.role": "denoiser"})
    data: bytes = model.SerializeToString()
    return data
