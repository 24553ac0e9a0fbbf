"""`vmd-text` as it is called: output, exit codes, one line for every mistake."""

from __future__ import annotations

import io
import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from vmd_solver import console
from vmd_solver.cli import text as command

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "exported" / "text"
FEW = ("--nfe", "2", "--threads", "1")


@dataclass(frozen=True)
class Done:
    """What a call left."""

    code: int
    out: str
    err: str


@pytest.fixture
def vmd_text(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    """Calls the command in this process, from an empty standard input."""

    def call(*arguments: str, piped: bytes | None = None) -> Done:
        monkeypatch.setattr(sys, "argv", ["vmd-text", *FEW, *arguments])
        monkeypatch.setattr(console, "install", lambda: None)
        stdin = io.TextIOWrapper(io.BytesIO(piped or b""), "utf-8")
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit) as ended:
            command.main()
        written = capfd.readouterr()
        return Done(int(ended.value.code or 0), written.out, written.err)

    return call


def test_a_prompt_is_continued(vmd_text) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text("ROMEO: é", "--length", "20")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("ROMEO: é") and len(done.out.encode()) == len("ROMEO: é") + 1 + 21
    assert vmd_text("ROMEO: é", "--length", "20").out == done.out, "the seed decides"
    assert vmd_text("ROMEO: é", "--length", "20", "--seed", "1").out != done.out


def test_standard_input_is_a_prompt(vmd_text) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text("-n", "4", piped="Once é\n".encode())
    assert done.out.startswith("Once é") and len(done.out.encode()) == 7 + 4 + 1


def test_gaps_are_filled_and_the_rest_stays(vmd_text) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text("--fill", "To __ or ___ to bé", "--json", "--latents", "2")
    row = json.loads(done.out)
    assert row["text"][:3] + row["text"][5:9] + row["text"][12:] == "To  or  to bé"
    assert row["given"] == "To __ or ___ to bé" and row["nfe"] == 2 and row["nats"] > 0


def test_a_text_with_gaps_may_come_from_standard_input(vmd_text) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text("--fill", "-", piped="日本 __ é\n".encode())
    assert done.out.startswith("日本 ") and done.out.endswith(" é\n") and "_" not in done.out


def test_blocks_are_a_length(vmd_text) -> None:  # type: ignore[no-untyped-def]
    row = json.loads(vmd_text("--blocks", "3", "--block-length", "4", "--json").out)
    assert row["tokens"] == 12 and row["nfe"] == 6


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--fill", "no gap"), 2, "nothing to fill"),
        (("--fill", "_" * 129), 2, "up to 128 tokens together, got 129"),
        (("--fill", "a_", "prompt"), 2, "exclude one another"),
        (("--fill", "a_", "--gap", "__"), 2, "expects one character"),
        (("--block-length", "65"), 2, "at most 64 tokens with model 'text'"),
        (("--temperature", "nan"), 2, "temperature"),
        (("--nfe", "0"), 2, "nfe must be at least 1"),
        (("--policy", "best"), 2, "policy"),
        (("--model", "grids"), 3, "a model for grids, expected one for text"),
        (("--model", "nowhere/at/all"), 3, "no model folder"),
        (("--model", "nothing"), 3, "expected the shipped exported/nothing"),
        (("--device", "cuda"), 3, "CUDA"),
        (("a\udcff",), 2, "not UTF-8: character 2"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_a_code(vmd_text, arguments, code, message) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text(*arguments)
    assert (done.code, done.out) == (code, "")
    assert message in done.err and done.err.count("\n") == 1 and "Traceback" not in done.err


def test_standard_input_that_is_not_utf8(vmd_text) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text(piped=b"ab\xff")
    assert done.code == 2 and "standard input is not UTF-8: byte 2" in done.err


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """An exported model of 27 letters, untrained."""
    torch = pytest.importorskip("torch")
    from vmd_solver.text.alphabet import KNOWN
    from vmd_training.text.export import export
    from vmd_training.text.model import TextConfig, TextVMD

    torch.manual_seed(0)
    config = TextConfig(27, length=8, d=8, layers=1, heads=2, k=2)
    return export(TextVMD(config), tmp_path / "letters", "letters", KNOWN["text8"], {})


def test_foreign_characters_are_reported_and_replaced_only_if_asked(vmd_text, letters) -> None:  # type: ignore[no-untyped-def]
    call = ("To be?", "-n", "4", "--block-length", "4", "--model", str(letters))
    done = vmd_text(*call)
    assert done.code == 2 and "'T' (character 1)" in done.err and "--replace" in done.err
    assert vmd_text(*call, "--replace").out.startswith("to be ")


def test_a_changed_model_is_refused(vmd_text, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    changed = tmp_path / "text"
    shutil.copytree(MODEL, changed)
    with (changed / "denoiser.onnx").open("ab") as file:
        file.write(b"\0")
    done = vmd_text("--model", str(changed))
    assert done.code == 3 and "was changed since it was exported" in done.err


def test_watching_without_a_terminal_is_noted(vmd_text) -> None:  # type: ignore[no-untyped-def]
    done = vmd_text("Hey", "-n", "4", "--watch")
    assert done.code == 0 and "--watch needs a terminal" in done.err and done.out.startswith("Hey")


def test_on_a_terminal_the_text_appears_in_place() -> None:
    """In a process of its own, which loads neither torch nor Textual."""
    ours, theirs = pty.openpty()
    code = (
        "import sys\nfrom vmd_solver.cli.text import run, command\n"
        "o = command.make_context('vmd-text', sys.argv[1:]).params\nrun(o)\n"
        "sys.exit(9 if {'torch', 'textual', 'llvmlite', 'training'} & set(sys.modules) else 0)"
    )
    call = [sys.executable, "-c", code, "Hey", "-n", "4", "--watch", "--threads", "1"]
    done = subprocess.run(
        call, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
    )
    os.close(theirs)
    assert done.returncode == 0, done.stderr.decode()
    shown = os.read(ours, 65536).decode()
    frames = shown.split("\x1b[J")
    assert "Hey····" in frames[1] and "·" not in frames[-1] and frames[-1].startswith("Hey")


def test_a_terminal_shows_what_a_model_writes_and_obeys_none_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Here the prompt, which is written with it; to a file it goes as it is."""
    code = (
        "import sys\nfrom vmd_solver.cli.text import run, command\n"
        "run(command.make_context('vmd-text', sys.argv[1:]).params)"
    )
    hostile = "Hey\x1b[2J\x9b\tyou\n"
    call = [sys.executable, "-c", code, hostile, "-n", "1", "--threads", "1", "--nfe", "1"]
    plain = subprocess.run(call, cwd=ROOT, capture_output=True, check=True)
    assert plain.stdout.decode().startswith(hostile)
    for more in ([], ["--watch"], ["--json"]):
        ours, theirs = pty.openpty()
        subprocess.run([*call, *more], cwd=ROOT, stdout=theirs, check=True)
        os.close(theirs)
        shown = os.read(ours, 65536).decode()
        os.close(ours)
        assert "[2J" in shown and "\x1b[2J" not in shown and "\x9b" not in shown
