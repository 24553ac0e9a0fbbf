"""The models that ship solve what their cards say, as far as chance allows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from vmd_solver import assets
from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import load
from vmd_solver.formats import read_path
from vmd_solver.play.demonstrations import DEMONSTRATIONS, Demonstration
from vmd_solver.play.player import FIRST, record
from vmd_solver.play.replay import Frame, Replay
from vmd_solver.sampling import Settings, Solver
from vmd_training import fixed
from vmd_training.generate import held_out
from vmd_training.recipes import RECIPES

MODELS = ("grids", "grids-none")
COUNT = 60
"""Puzzles of each set."""
FALSE_ALARM = 1e-3


def stated(name: str) -> dict[str, dict[str, float]]:
    """The solve rates of a model's card, by set, then by calls."""
    metrics = json.loads((assets.model_path(name) / "metrics.json").read_text())
    rates: dict[str, dict[str, float]] = metrics["solve_rate"]
    return rates


def by_chance(k: int, n: int, p: float) -> bool:
    """Whether k of n are within what a share p gives, both tails together but FALSE_ALARM."""
    chances = [math.comb(n, x) * p**x * (1 - p) ** (n - x) for x in range(n + 1)]
    return min(sum(chances[: k + 1]), sum(chances[k:])) > FALSE_ALARM / 2


def solved(name: str, boards: Sequence[Board], givens: npt.NDArray[np.int8], calls: int) -> int:
    """How many a model solves alone, as its card was measured: nothing committed, z drawn anew."""
    settings = Settings("neural", nfe=calls, policy="last", z="redraw")
    rows = zip(cycle(boards), givens.tolist(), strict=False)  # one board, or one for each
    puzzles = [Puzzle(board, tuple(row)) for board, row in rows]
    found = Solver(settings, load(name, "cpu", 1)).stream(puzzles)
    return sum(solution.status == "solved" for solution in found)


def last(one: Demonstration, name: str, latents: int) -> tuple[Frame, Frame]:
    """The frames after the first call and at the end of a demonstration with a model."""
    replay = Replay(one.puzzle)
    asked = replace(FIRST, **one.settings, latents=latents)
    record(one.puzzle, asked, load(name, "cpu", 1), replay.add)
    first = next(frame for frame in replay.frames if frame.event == "Called")
    return first, replay.frames[-1]


@pytest.mark.parametrize("one", DEMONSTRATIONS[:2], ids=lambda one: one.name)
def test_where_solutions_differ_latents_choose_and_without_one_cells_contradict(
    one: Demonstration,
) -> None:
    first, end = last(one, "grids", FIRST.latents)
    solved = {layer.values for layer in end.layers if layer.solved}
    assert len(solved) >= 2, "the latents end in different solutions"
    alone, _ = last(one, "grids-none", 1)
    assert len(alone.layers[0].conflicts) > max(len(layer.conflicts) for layer in first.layers)


def test_chance_has_bounds() -> None:
    assert by_chance(58, 60, 0.985) and by_chance(12, 60, 0.3)
    assert not by_chance(52, 60, 0.985) and not by_chance(40, 60, 0.4)


@pytest.mark.parametrize("one", fixed.sets(COUNT), ids=lambda one: one.name)
def test_grids_solves_what_its_card_says(one: fixed.FixedSet) -> None:
    share = stated("grids")[one.name]["10x16 loops, best of 1"]
    assert by_chance(solved("grids", one.boards, one.givens, 10), len(one.givens), share)


@pytest.mark.parametrize("calls", [1, 4])
def test_grids_none_solves_what_its_card_says(calls: int) -> None:
    group = next(group for group in RECIPES["grids"].groups if group.name == "sudoku-9x9")
    (pack,) = held_out(group, COUNT, 0)
    share = stated("grids-none")[group.name][f"{calls}x16"]
    assert by_chance(solved("grids-none", [sudoku(3, 3)], pack.givens, calls), COUNT, share)


def test_the_latent_makes_grids_from_nothing() -> None:
    def share(name: str, temperature: float) -> float:
        settings = Settings("neural", nfe=1, temperature=temperature)
        found = Solver(settings, load(name, "cpu", 1)).stream([sudoku(2, 2).empty()] * 60)
        return sum(solution.status == "solved" for solution in found) / 60

    # z is the source of variety; without it there is none but drawing values.
    assert share("grids", 0.0) > share("grids-none", 1.0) + 0.4


def test_guided_ends_every_shipped_9x9_as_it_should() -> None:
    solver = Solver(Settings(nfe=4), load(None, "cpu", 1))
    for name, status in (("easy", "solved"), ("hard", "solved"), ("none", "unsatisfiable")):
        (entry,) = read_path(str(assets.puzzle_path(name)))
        assert entry.puzzle is not None
        assert solver.solve(entry.puzzle).status == status


@pytest.mark.parametrize("name", MODELS)
def test_the_files_say_what_they_are(name: str) -> None:
    folder = assets.model_path(name)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert 0 < metrics["score"] <= 1
    assert max(metrics["parity"].values()) < 5e-3
    assert f"\n# {name}\n" in (folder / "README.md").read_text()
    for file in folder.glob("*.onnx"):
        text = file.read_bytes()
        assert b".py" not in text
        assert str(Path.home()).encode() not in text
