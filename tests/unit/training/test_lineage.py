"""The ledger is whole, the lock does not outlive its process, the pack unpacks with tar."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from vmd_solver.errors import VmdError
from vmd_training import lineage, session
from vmd_training.files import write_lines
from vmd_training.lineage import Lineage


def row(**more: Any) -> dict[str, Any]:
    """A row as far as the picture reads it."""
    after = {"minimal": {"1": 0.5, "4": 0.75}}
    total = {"minutes": 1.0, "puzzle_calls": 10}
    return {"after": after, "set": "a", "total": total, **more}


def test_the_ledger_comes_back(tmp_path: Path) -> None:
    place = Lineage(tmp_path / "new")
    assert place.rows() == []
    write_lines(place.ledger, [row(), row(score=1)])
    assert place.rows() == [row(), row(score=1)]
    assert [path.name for path in place.folder.iterdir()] == ["ledger.jsonl"]


def test_a_line_that_is_no_row_is_reported(tmp_path: Path) -> None:
    (tmp_path / "ledger.jsonl").write_text('{}\n{"half')
    with pytest.raises(VmdError, match="line 2: no row of a ledger"):
        Lineage(tmp_path).rows()


def test_two_slices_do_not_run_at_once(tmp_path: Path) -> None:
    place = Lineage(tmp_path)
    with place.locked(), pytest.raises(VmdError, match="runs already"), place.locked():
        pass
    with place.locked():
        pass


def test_nothing_to_end(tmp_path: Path) -> None:
    place = Lineage(tmp_path / "none")
    assert not place.end()
    with place.locked():
        pass
    place.lock.write_text("1\n")  # as a process that was killed leaves it: nobody is sent a signal
    assert not place.end()


HOLDS = """
import signal, sys
from pathlib import Path
from vmd_training.lineage import Lineage
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
with Lineage(Path(sys.argv[1])).locked():
    signal.sigwait([signal.SIGTERM])
    Path(sys.argv[1], "ended").touch()
"""


def test_end_waits_for_the_one_that_runs(tmp_path: Path) -> None:
    root = Path(lineage.__file__).resolve().parents[1]
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(tmp_path)], cwd=root) as running:
        place = Lineage(tmp_path)
        until(lambda: place.lock.is_file() and place.lock.read_text(), running)
        assert place.end()
        assert (tmp_path / "ended").exists()
    assert running.returncode == 0


def test_a_pack_brings_back_what_a_slice_left(tmp_path: Path) -> None:
    place = Lineage(tmp_path / "l")
    write_lines(place.ledger, [row()])
    place.checkpoint.write_bytes(b"weights")
    ships = tmp_path / "exported" / "grids"
    ships.mkdir(parents=True)
    (ships / "denoiser.onnx").write_bytes(b"graph")
    place.pack(tmp_path / "out" / "slice.tar", ships)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["slice.tar"]
    with tarfile.open(tmp_path / "out" / "slice.tar") as tar:
        tar.extractall(tmp_path / "checkout", filter="data")
    found = {
        path.relative_to(tmp_path / "checkout").as_posix(): path.read_bytes()
        for path in (tmp_path / "checkout").rglob("*.*") if path.is_file()
    }  # fmt: skip
    assert set(found) == {
        "training/lineage/checkpoint.pt", "training/lineage/ledger.jsonl",
        "exported/grids/denoiser.onnx",
    }  # fmt: skip
    assert found["training/lineage/checkpoint.pt"] == b"weights"


def test_the_picture_shows_sets_that_came_later(tmp_path: Path) -> None:
    place = Lineage(tmp_path)
    later = row(set="b")
    later["after"] = {**later["after"], "forum": {"1": 0.1, "4": 0.2}}
    write_lines(place.ledger, [row(), later])
    place.draw()
    assert place.picture.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_there_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Lineage(tmp_path)
    write_lines(place.ledger, [row()])
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    place.draw()
    assert not place.picture.exists()


def test_a_checkout_has_its_own_lineage_and_models() -> None:
    """Whatever the current folder is: a slice continues them, and promotes into them."""
    root = Path(__file__).resolve().parents[3]
    assert root / "training" / "lineage" == lineage.LINEAGE
    assert root / "exported" == session.EXPORTED
    assert (session.EXPORTED / "grids" / "config.json").is_file()
