"""Packs come from processes of their own, made or drawn from a file."""

from __future__ import annotations

import math
import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vmd_solver.csp.families import latin, sudoku
from vmd_solver.errors import ModelError
from vmd_training import workers
from vmd_training.dataset import Dataset, DatasetError, Section, write
from vmd_training.generate import make_pack, sources
from vmd_training.recipes import Group
from vmd_training.workers import Stream


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one 4x4 puzzle in section `tiny`, and a 6x6 section."""
    x0 = np.array([[1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1]], np.int8)
    tiny = Section.of("tiny", sudoku(2, 2), np.where(x0 > 2, 0, x0), x0)
    square = np.array([[(r + c) % 6 + 1 for r in range(6) for c in range(6)]], np.int8)
    six = Section.of("six", latin(6), square * (square > 3), square)
    write(tmp_path / "puzzles.npz", Dataset({}, (tiny, six)))
    return tmp_path / "puzzles.npz"


def test_a_stream_makes_packs_in_a_process_of_its_own(group: Group) -> None:
    stream = Stream((group,), seed=(0, 0))
    try:
        packs = [stream.take("tiny") for _ in range(3)]
    finally:
        stream.close()
    expected = np.random.default_rng((0, 0, 1))
    for pack in packs:
        assert (pack.givens == make_pack(group, expected).givens).all()
    assert stream.waited_s > 0
    assert not multiprocessing.active_children()


def test_a_stream_whose_maker_died_says_so(group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is seen, and not found out by waiting."""
    monkeypatch.setattr(workers, "PATIENCE_S", math.inf)
    stream = Stream((replace(group, boards=("no-such-1",)),), seed=(0, 0))
    try:
        with pytest.raises(ModelError, match="no more puzzles of tiny"):
            stream.take("tiny")
    finally:
        stream.close()


def test_a_stream_draws_from_a_file(group: Group, file: Path) -> None:
    stream = Stream((replace(group, free=0.0),), (0, 0), data=file)
    try:
        pack = stream.take("tiny")
    finally:
        stream.close()
    assert (pack.givens == [1, 2, 0, 0, 0, 0, 1, 2, 2, 1, 0, 0, 0, 0, 2, 1]).all()


def test_a_file_serves_the_groups_it_has(group: Group, file: Path) -> None:
    other = replace(group, name="other")
    made = sources((group, other), file)
    assert set(made) == {"tiny", "other"}
    assert len(make_pack(other, np.random.default_rng(0)).givens) == 64


def test_a_file_that_does_not_fit_is_refused(group: Group, file: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no section for this recipe; it has tiny, six, the"):
        sources((replace(group, name="other"),), file)
    with pytest.raises(DatasetError, match=r"section six of .* holds boards of another size"):
        sources((replace(group, name="six"),), file)
    (tmp_path / "text").write_text("no dataset")
    with pytest.raises(DatasetError, match="damaged, or no dataset"):
        sources((group,), tmp_path / "text")
