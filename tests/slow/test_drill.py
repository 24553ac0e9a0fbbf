"""A slot on a lent machine, rehearsed: a bare clone, nothing installed, killed in the middle.

The command is that of docs/TRAINING.md, with the recipe `drill` on the processor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from waiting import until

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

BLOCKED = ("matplotlib", "textual", "platformdirs", "psutil", "tensorboard")
"""What such a machine may lack."""

BARE = f"""
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {BLOCKED}:
            raise ModuleNotFoundError(f"no module named {{name}}", name=name)

sys.meta_path.insert(0, Blocked())
"""
"""Comes before everything in the processes of the drill, as their sitecustomize."""

COMMAND = (
    "-m", "vmd_training.cli", "slice", "--recipe", "drill", "--device", "cpu", "--threads", "1",
    "--count", "1", "--save-every", "1s", "--keep", "5s", "--pack", "out/slice.tar",
)  # fmt: skip

Begin = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The checkout as it is committed, but for what is changed in it."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    target = tmp_path / "clone"
    for step in (
        ("git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(target)),
        ("git", "-C", str(target), "rm", "-r", "-q", "--ignore-unmatch", "training/lineage"),
        ("git", "-C", str(target), "-c", "user.name=drill", "-c", "user.email=drill@localhost",
         "commit", "-q", "--allow-empty", "-m", "without a lineage"),
    ):  # fmt: skip
        subprocess.run(step, check=True, capture_output=True)
    listed = subprocess.run(
        ("git", "-C", str(ROOT), "ls-files", "-mo", "--exclude-standard", "training", "vmd_solver",
         ":!training/lineage"),
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((ROOT / name).read_bytes())
    return target


@pytest.fixture
def begin(clone: Path, tmp_path: Path) -> Begin:
    """Starts a command in the clone, without the checkout and the blocked modules."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(BARE)
    env = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{clone / 'training'}",
        "OMP_NUM_THREADS": "1",
    }

    def start(*arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            (sys.executable, *arguments), cwd=clone, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    return start


def test_a_slot_is_killed_run_again_and_ended(clone: Path, begin: Begin) -> None:
    folder = clone / "training" / "lineage"
    checkpoint, ledger = folder / "checkpoint.pt", folder / "ledger.jsonl"

    with begin(*COMMAND, "--time", "1h") as killed:
        until(checkpoint.exists, killed)
        until((clone / "out" / "slice.tar").exists, killed)  # what is saved is packed as well
        killed.kill()
    assert not ledger.exists()
    survived = checkpoint.read_bytes()

    with begin(*COMMAND, "--time", "1h") as again:
        until(lambda: checkpoint.read_bytes() != survived, again)
        with begin("-m", "vmd_training.cli", "slice", "--end") as end:
            said, _ = end.communicate()
        output, _ = again.communicate()
    assert again.returncode == end.returncode == 0, output + said
    assert "continues after" in output
    (row,) = (json.loads(line) for line in ledger.read_text().splitlines())
    assert row["ended"] == "on request" and row["device"] == "cpu"
    assert row["steps"] == row["total"]["steps"] > 0
    assert f"after {row['steps']:,} steps" in said

    listed = subprocess.run(
        ("tar", "-tf", "out/slice.tar"), cwd=clone, check=True, capture_output=True, text=True
    ).stdout.split()
    assert {"training/lineage/checkpoint.pt", "training/lineage/ledger.jsonl"} <= set(listed)
    changed = subprocess.run(
        ("git", "status", "--porcelain", "-uall", "training/lineage"),
        cwd=clone, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert {Path(name).name for name in changed if "/" in name} == {"checkpoint.pt", "ledger.jsonl"}
