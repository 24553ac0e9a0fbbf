"""Nothing phones, and nothing keeps an identity: what commands that run a model open and leave.

ONNX Runtime keeps a device id and events in the user's cache folder, and sends them, unless told
not to. Each command runs with a home of its own, in a network of its own, under strace.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest
from hub import Repository, serving
from waiting import HANG_S

if find_spec("onnxruntime") is None:
    pytest.skip("there is no ONNX Runtime", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join((str(ROOT), str(ROOT / "training")))
HARD = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
RUNS = (
    ("vmd_solver.cli.solve", HARD),
    ("vmd_solver.cli.solve", "--jobs", "2", HARD, HARD),
    ("vmd_solver.cli.solve", "--info"),
    ("vmd_solver.cli.make", "--mode", "neural", "--size", "4", "--seed", "1"),
    ("vmd_solver.cli.text", "-n", "4", "--nfe", "1", "To be"),
    ("vmd_solver.tui.command", "--export", "replay.svg", "puzzles/4x4.txt"),
    ("vmd_training.cli", "export", str(ROOT / "exported" / "grids-none"), "--out", "model"),
)


def usable(*prefix: str) -> tuple[str, ...]:
    """The prefix of a command, if it can be used here."""
    if shutil.which(prefix[0]) is None:
        return ()
    done = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return prefix if done.returncode == 0 else ()


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run[0])
def test_a_model_is_run_without_a_trace(run: Sequence[str], tmp_path: Path) -> None:
    home, work, trace = (tmp_path / name for name in ("home", "work", "trace"))
    home.mkdir()
    work.mkdir()
    watched = usable("strace", "-f", "-e", "trace=network", "-o", str(trace))
    done = subprocess.run(
        [*watched, *usable("unshare", "-rn"), sys.executable, "-m", *run],
        cwd=work,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": PATH},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [str(path) for path in home.rglob("*")] == []
    if watched:
        assert re.findall(r".*AF_INET.*", trace.read_text()) == []


def test_a_model_on_hugging_face_is_asked_for_and_nothing_else_is(tmp_path: Path) -> None:
    """Nor is it said who asks, but for the version of the client and of Python."""
    pytest.importorskip("huggingface_hub")
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    exported = ROOT / "exported" / "grids-none"
    watched = usable("strace", "-f", "-e", "trace=network", "-o", str(trace))
    with serving() as hub:
        model = hub.repositories["somebody/model"] = Repository()
        model.commit({path.name: path.read_bytes() for path in exported.iterdir()})
        environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("HF_")},
            **{"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": PATH},
            # What the client would tell of, and where it would ask what else there is.
            **{"HF_ENDPOINT": hub.address, "CLAUDECODE": "1", "AI_AGENT": "some", "CI": "1"},
        }

        def run(*prefix: str, **changes: str) -> None:
            done = subprocess.run(
                [*prefix, sys.executable, "-m", *RUNS[0], "--model", "hf:somebody/model"],
                env={**environment, **changes},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=HANG_S,
            )
            assert (done.returncode, done.stderr) == (0, "")

        run(*watched)
        assert hub.asked
        for method, path, headers in hub.asked:
            assert method in ("GET", "HEAD")
            assert path.startswith(("/api/models/somebody/model", "/somebody/model/resolve/"))
            agent = {name.lower(): text for name, text in headers.items()}["user-agent"]
            assert re.fullmatch(r"unknown/None; hf_hub/[\d.]+; python/[\d.]+", agent)
        if watched:
            port = hub.address.rpartition(":")[2]
            calls = re.findall(r"connect\(.*AF_INET.*", trace.read_text())
            assert calls and all(f"htons({port})" in call for call in calls)
        assert {path.name for path in home.iterdir()} == {"huggingface"}
        kept = {path.name for path in (home / "huggingface").iterdir()}
        assert kept <= {"hub", "xet"}
        hub.asked.clear()
        run(*usable("unshare", "-rn"), HF_HUB_OFFLINE="1")
        assert hub.asked == []


def test_what_the_runtime_finds_odd_while_it_is_loaded_is_no_line_of_ours(tmp_path: Path) -> None:
    """A machine whose list of graphics devices cannot be read, of which ONNX Runtime warns."""
    private = usable("unshare", "-rm")
    odd = "mount -t tmpfs none /sys && mkdir /sys/class && touch /sys/class/drm"
    if not private or subprocess.run([*private, "sh", "-c", odd], check=False).returncode:
        pytest.skip("needs a mount namespace")
    command = f'{odd} && exec "$@"'
    done = subprocess.run(
        [*private, "sh", "-c", command, "sh", sys.executable, "-m", "vmd_solver.cli.solve", HARD],
        env={**os.environ, "PYTHONPATH": PATH},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("closed", [False, True])
def test_standard_error_is_as_before_once_the_runtime_is_loaded(closed: bool) -> None:
    code = (
        "from vmd_solver.denoiser.onnx import runtime; import os; runtime(); os.write(2, b'ours')"
    )
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {"2>&-" if closed else ""}', "sh", sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": PATH},
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_S,
    )
    assert done.stderr == ("" if closed else "ours")
    assert (done.returncode == 0) != closed, done.stderr
