"""Models of Hugging Face, pushed and fetched by the real client, from a hub on loopback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest
from hub import TOKEN, Hub, Repository, serving
from waiting import HANG_S

if find_spec("huggingface_hub") is None or find_spec("onnxruntime") is None:
    pytest.skip("needs huggingface_hub and onnxruntime", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
PATH = os.pathsep.join((str(ROOT), str(ROOT / "training")))
EXPORTED = ROOT / "exported"
PUZZLE = "1..4............"
WITHOUT = """import sys; sys.modules["huggingface_hub"] = None
from importlib import import_module; import_module(sys.argv.pop(1)).main()"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of a model folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def hub() -> Iterator[Hub]:
    """A hub that has a model, `somebody/model`: grids-none."""
    with serving() as hub:
        repository = hub.repositories["somebody/model"] = Repository()
        repository.commit(files_of(EXPORTED / "grids-none"))
        yield hub


@pytest.fixture
def run(hub: Hub, tmp_path: Path) -> Run:
    """Runs a command of ours with a home of its own; `changes` of the environment."""

    def start(
        command: str, *arguments: str, call: tuple[str, ...] = ("-m",), **changes: str
    ) -> subprocess.CompletedProcess[str]:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("HF_")}
        own = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "PYTHONPATH": PATH}
        return subprocess.run(
            [sys.executable, *call, command, *arguments],
            cwd=tmp_path,
            env={**kept, **own, **changes},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=HANG_S,
        )

    return start


@pytest.fixture
def solve(run: Run) -> Run:
    """`vmd-solve --model` with one puzzle."""

    def start(model: str, *more: str, **how: str) -> subprocess.CompletedProcess[str]:
        return run("vmd_solver.cli.solve", "--model", model, *more, PUZZLE, **how)

    return start


@pytest.fixture
def push(run: Run) -> Run:
    """`vmd-train push` with the token of the account."""

    def start(*arguments: str, **how: str) -> subprocess.CompletedProcess[str]:
        return run("vmd_training.cli", "push", *arguments, **{"HF_TOKEN": TOKEN, **how})

    return start


@pytest.fixture
def nowhere() -> Iterator[str]:
    """An address at which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # not listening
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def refused(done: subprocess.CompletedProcess[str], code: int, *words: str) -> None:
    """One line that says why, and the code."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n"), done.stderr
    for word in words:
        assert word in done.stderr


def test_what_is_pushed_is_fetched(hub: Hub, push: Run, solve: Run, run: Run) -> None:
    done = push(str(EXPORTED / "grids"), "somebody/new", "--message", "a first one")
    assert done.returncode == 0, done.stderr
    new = hub.repositories["somebody/new"]
    assert f"{hub.address}/somebody/new/commit/{new.refs['main']}" in done.stdout
    assert "vmd-solve --model hf:somebody/new" in done.stdout
    theirs = dict(new.commits[new.refs["main"]])
    assert theirs.pop(".gitattributes")
    assert theirs == files_of(EXPORTED / "grids")
    ours, found = solve("grids", "--stats"), solve("hf:somebody/new", "--stats")
    assert (found.returncode, found.stdout) == (0, ours.stdout), found.stderr
    drawn = [
        run(
            "vmd_solver.cli.make",
            "--mode",
            "neural",
            "--size",
            "4",
            "--seed",
            "1",
            "--model",
            model,
        )
        for model in ("grids", "hf:somebody/new")
    ]
    assert [one.returncode for one in drawn] == [0, 0], drawn[1].stderr
    assert drawn[0].stdout == drawn[1].stdout


def test_a_model_of_text_too(hub: Hub, push: Run, run: Run) -> None:
    done = push(str(EXPORTED / "text"), "hf:somebody/writes", "--private")
    assert "vmd-text --model hf:somebody/writes" in done.stdout, done.stderr
    assert hub.repositories["somebody/writes"].private
    arguments = ("-n", "4", "--nfe", "1", "--model", "hf:somebody/writes", "To be")
    refused(run("vmd_solver.cli.text", *arguments), 3, "no such repository")
    done = run("vmd_solver.cli.text", *arguments, HF_TOKEN=TOKEN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("To be")


def test_a_push_leaves_nothing_of_the_model_before(hub: Hub, push: Run, solve: Run) -> None:
    for name in ("grids", "grids-none", "grids-none"):
        assert push(str(EXPORTED / name), "somebody/new").returncode == 0
    new = hub.repositories["somebody/new"]
    assert len(new.commits) > 2
    left = new.commits[new.refs["main"]].keys() - {".gitattributes"}
    assert left == files_of(EXPORTED / "grids-none").keys()
    assert solve("hf:somebody/new").returncode == 0


def test_it_is_fetched_once(hub: Hub, solve: Run, nowhere: str) -> None:
    assert solve("hf:somebody/model").returncode == 0
    hub.asked.clear()
    again = solve("hf:somebody/model", "--jobs", "2", PUZZLE)
    assert (again.returncode, again.stderr) == (0, "")
    assert {method for method, _, _ in hub.asked} == {"GET"}
    assert not [path for _, path, _ in hub.asked if "resolve" in path]
    hub.asked.clear()
    offline = solve("hf:somebody/model", HF_HUB_OFFLINE="1")
    assert (offline.returncode, offline.stderr, hub.asked) == (0, "", [])
    away = solve("hf:somebody/model", HF_ENDPOINT=nowhere)
    assert away.returncode == 0
    commit = hub.repositories["somebody/model"].refs["main"]
    assert away.stderr.count("\n") == 1 and "refused" in away.stderr
    assert f"takes what was fetched before, commit {commit[:12]}" in away.stderr
    quiet = solve("hf:somebody/model", "--quiet", HF_ENDPOINT=nowhere)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    pinned = solve(f"hf:somebody/model@{commit}", HF_ENDPOINT=nowhere)
    assert (pinned.returncode, pinned.stderr) == (0, "")


def test_in_python_it_is_a_model_as_any(run: Run, nowhere: str) -> None:
    code = f"import vmd_solver as v; print(v.solve({PUZZLE!r}, model='hf:somebody/model').status)"
    first, away = run(code, call=("-c",)), run(code, call=("-c",), HF_ENDPOINT=nowhere)
    assert (first.stdout, first.stderr) == ("solved\n", "")
    assert away.stdout == "solved\n"
    assert "UserWarning: hf:somebody/model: the connection failed" in away.stderr


def test_a_revision_is_a_tag_a_branch_or_a_commit(hub: Hub, solve: Run) -> None:
    repository = hub.repositories["somebody/model"]
    old = repository.refs["v1"] = repository.refs["main"]
    new = repository.commit(files_of(EXPORTED / "grids"))
    for revision, commit in (("", new), ("@v1", old), ("@main", new), (f"@{old}", old)):
        done = solve(f"hf:somebody/model{revision}", "--info")
        assert done.returncode == 0, done.stdout
        assert f"snapshots/{commit}\n" in done.stdout
    refused(solve("hf:somebody/model@v2"), 3, "no such revision", "--mode exact needs no model")


def test_what_was_changed_is_not_opened(hub: Hub, solve: Run) -> None:
    repository = hub.repositories["somebody/model"]
    files = files_of(EXPORTED / "grids-none")
    repository.commit({**files, "denoiser.onnx": files["denoiser.onnx"] + b" "})
    refused(solve("hf:somebody/model"), 3, "denoiser.onnx was changed")
    repository.commit({**files, "README.md": b"# Another card\n"})
    assert solve("hf:somebody/model").returncode == 0, "a card may be edited"


def test_only_files_of_a_model_are_fetched(hub: Hub, solve: Run, tmp_path: Path) -> None:
    files = files_of(EXPORTED / "grids-none")
    others = {"setup.py": b"raise", "more/README.md": b"", "weights.pkl": b""}
    hub.repositories["somebody/model"].commit({**files, **others})
    done = solve("hf:somebody/model")
    assert (done.returncode, done.stderr) == (0, "")
    fetched = {path.name for path in tmp_path.rglob("snapshots/*/*")}
    assert fetched == files.keys()


def test_what_cannot_be_fetched_is_said_in_a_line(hub: Hub, solve: Run, nowhere: str) -> None:
    hub.repositories["somebody/gated"] = Repository(gated=True)
    hub.repositories["somebody/gated"].commit(files_of(EXPORTED / "grids-none"))
    hub.repositories["somebody/else"] = Repository()
    hub.repositories["somebody/else"].commit({"config.json": b"{}"})
    refused(solve("hf:somebody/none"), 3, "no such repository")
    refused(solve("hf:somebody/gated"), 3, "access must be granted")
    refused(solve("hf:somebody/model", HF_TOKEN="hf_wrong"), 3, "401", "hf auth login")
    refused(solve("hf:somebody/else"), 3, "no model of vmd-train")
    refused(solve("hf:somebody/model", HF_ENDPOINT=nowhere), 3, "nor is it cached", "refused")
    refused(solve("hf:somebody/model", HF_HUB_OFFLINE="1"), 3, "HF_HUB_OFFLINE is set")
    hub.asked.clear()
    refused(solve("hf:model"), 3, "owner/name")
    assert solve("hf:somebody/model", "--mode", "exact").returncode == 0
    assert hub.asked == []


def test_a_file_that_was_cut_is_fetched_again(hub: Hub, solve: Run) -> None:
    hub.cut = 100
    refused(solve("hf:somebody/model"), 3, "should be of size")
    refused(solve("hf:somebody/model", HF_HUB_OFFLINE="1"), 3, "nor is it cached")
    hub.cut = None
    assert solve("hf:somebody/model").returncode == 0


def test_a_model_of_any_size_is_not_fetched(hub: Hub, run: Run) -> None:
    code = "from vmd_solver import hub; hub.LARGEST = 1000; hub.folder('hf:somebody/model')"
    done = run(code, call=("-c",))
    assert "expected at most 1,000" in done.stderr
    assert not [path for _, path, _ in hub.asked if "resolve" in path]


def test_without_the_extra_a_line_says_what_to_install(run: Run, hub: Hub) -> None:
    call = ("-c", WITHOUT)
    done = run("vmd_solver.cli.solve", "--model", "hf:somebody/model", PUZZLE, call=call)
    refused(done, 3, "install vmd-solver[hub]")
    arguments = ("push", str(EXPORTED / "grids"), "somebody/new")
    refused(run("vmd_training.cli", *arguments, call=call), 3, "install vmd-solver[hub]")
    assert run("vmd_training.cli", *arguments, "--dry-run", call=call).returncode == 0
    assert hub.asked == []


def test_a_dry_push_sends_nothing(hub: Hub, push: Run) -> None:
    done = push(str(EXPORTED / "grids"), "somebody/new", "--dry-run", HF_TOKEN="")
    assert (done.returncode, done.stderr, hub.asked) == (0, "", [])
    for name in ("somebody/new", *files_of(EXPORTED / "grids")):
        assert name in done.stdout


def test_what_cannot_be_pushed_is_said_in_a_line(
    hub: Hub, push: Run, nowhere: str, tmp_path: Path
) -> None:
    folder = str(EXPORTED / "grids-none")
    refused(push(folder, "somebody/new", HF_TOKEN=""), 3, "no token", "hf auth login")
    refused(push(folder, "somebody/new", HF_TOKEN="hf_wrong"), 3, "401", "hf auth login")
    refused(push(folder, "nobody/new"), 3, "403", "no rights under nobody")
    refused(push(folder, "somebody/model", "--private"), 3, "public")
    refused(push(folder, "somebody/new", HF_ENDPOINT=nowhere), 3, "connection", "refused")
    refused(push(folder, "somebody/new", HF_HUB_OFFLINE="1"), 3, "HF_HUB_OFFLINE is set")
    assert hub.repositories.keys() == {"somebody/model"}
    hub.asked.clear()
    refused(push(folder, "new"), 2, "no owner/name")
    refused(push(str(ROOT / "docs"), "somebody/new"), 2, "no model of vmd-train")
    refused(push("absent", "somebody/new"), 2, "does not exist")
    for name, data in files_of(EXPORTED / "grids-none").items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "README.md").write_text("---\n- a list\n---\n")
    refused(push(".", "somebody/new"), 3, "README.md", "the facts are no mapping")
    hub.asked.clear()
    (tmp_path / "notes.txt").write_text("mine")
    refused(push(".", "somebody/new"), 3, "notes.txt is not listed")
    with (tmp_path / "SHA256SUMS").open("a") as sums:
        sums.write(f"{sha256(b'mine').hexdigest()}  notes.txt\n")
    refused(push(".", "somebody/new"), 2, "notes.txt is no file of a model")
    (tmp_path / "notes.txt").unlink()
    refused(push(".", "somebody/new"), 3, "notes.txt is listed in SHA256SUMS but cannot be read")
    assert hub.asked == []
