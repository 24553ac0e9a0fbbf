"""Replays made from the engine's events, live and from trace files."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fakes import FakeDenoiser, adversary, oracle, undecided

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import SaveError
from vmd_solver.play.replay import Cell, Layer, Replay, State, read_trace
from vmd_solver.sampling import Settings, Solver
from vmd_solver.sampling.job import Event

SOLUTION = (1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1)
OPEN = (1, 3, 4, 6, 9, 11, 12, 14)
PUZZLE = Puzzle(sudoku(2, 2), tuple(0 if c in OPEN else v for c, v in enumerate(SOLUTION)))


def rows_of(denoiser: FakeDenoiser, puzzle: Puzzle = PUZZLE, **settings: Any) -> list[Any]:
    told: list[Event] = []
    Solver(Settings(mode="neural", **settings), denoiser, told.append).solve(puzzle)
    return [json.loads(json.dumps(event)) for event in told]


def replay_of(rows: list[Any], puzzle: Puzzle = PUZZLE) -> Replay:
    replay = Replay(puzzle)
    for row in rows[1:]:
        replay.add(row)
    return replay


def states(replay: Replay, at: int, latent: int = 0) -> list[State]:
    return [replay.frames[at].layers[latent].cells[cell].state for cell in OPEN]


def test_a_call_then_a_commit_then_the_next_call() -> None:
    rows = rows_of(oracle(np.array(SOLUTION)), policy="random", nfe=4, select="margin")
    replay = replay_of(rows)
    assert [frame.step for frame in replay.frames[:4]] == [
        "the puzzle",
        "call 1",
        "commit after call 1",
        "call 2",
    ]
    assert set(states(replay, 0)) == {State.OPEN}
    assert set(states(replay, 1)) == {State.PROPOSED}
    assert replay.frames[1].layers[0].values == SOLUTION
    now = [at for at, state in enumerate(states(replay, 2)) if state is State.NOW]
    assert 0 < len(now) < len(OPEN)
    assert [states(replay, 3)[at] for at in now] == [State.EARLIER] * len(now)
    assert replay.frames[2].layers[0].cells[OPEN[now[0]]].probability == pytest.approx(1, abs=0.01)
    assert replay.frames[-1].status == "solved"
    assert set(states(replay, -1)) == {State.VERIFIED}


def test_what_breaks_a_rule_is_counted_and_masked_again() -> None:
    replay = replay_of(
        rows_of(adversary(np.array(SOLUTION)), nfe=4, policy="margin", threshold=0.01)
    )
    steps = [frame.step for frame in replay.frames]
    at = steps.index("remask after call 1")
    assert State.REMASKED in states(replay, at)
    assert replay.frames[at].layers[0].conflicts
    assert replay.frames[at].remasked == states(replay, at).count(State.REMASKED)
    assert replay.frames[-1].status == "unsolved"
    assert {frame.layers[0].cells[0].state for frame in replay.frames} == {State.GIVEN}


def test_what_a_call_says_of_a_cell_stays_with_the_value_it_proposed() -> None:
    rows = rows_of(undecided(), policy="random", nfe=4, select="margin", remask="none")
    replay = replay_of(rows)
    called = next(row for row in rows if row["event"] == "Called")
    for at in OPEN:
        cell = replay.frames[1].layers[0].cells[at]
        assert cell.likeliest == tuple(map(tuple, called["likeliest"][at]))
        assert cell.likeliest[0] == (cell.value, cell.probability)
        chances = [chance for _, chance in cell.likeliest]
        assert chances == sorted(chances, reverse=True) and 0.5 < sum(chances) <= 1.001
        assert cell.entropy == called["entropies"][at] and 0 < cell.entropy <= math.log(4)
    (at, *_) = next(row["cells"] for row in rows if row["event"] == "Committed")
    later = [frame.layers[0].cells[at] for frame in replay.frames[1:4]]
    assert [cell.state for cell in later] == [State.PROPOSED, State.NOW, State.EARLIER]
    assert len({(cell.likeliest, cell.entropy) for cell in later}) == 1


def test_a_trace_that_tells_only_the_likeliest_value_is_taken_as_it_is() -> None:
    rows = rows_of(undecided(), nfe=2)
    older = [{k: v for k, v in row.items() if k not in ("likeliest", "entropies")} for row in rows]
    frame = replay_of(older).frames[1]
    assert {frame.layers[0].cells[at].likeliest for at in OPEN} == {()}
    assert {frame.layers[0].cells[at].entropy for at in OPEN} == {None}
    assert all(frame.layers[0].cells[at].probability for at in OPEN)


def test_where_layers_differ() -> None:
    def layer(*values: int) -> Layer:
        return Layer(tuple(Cell(State.PROPOSED, value) for value in values))

    one = layer(1, 2, 3, 0)
    assert one.differing([layer(1, 2, 3, 4)]) == frozenset(), "an open cell differs from nothing"
    assert one.differing([layer(1, 3, 3, 4), layer(1, 2, 1, 4), one]) == {1, 2}


def test_latents_share_the_frames_of_a_step() -> None:
    replay = replay_of(rows_of(undecided(), latents=3, nfe=3, policy="random", seed=1))
    steps = [frame.step for frame in replay.frames]
    assert len(set(steps)) == len(steps)
    assert all(len(frame.layers) == 3 for frame in replay.frames[1:])
    at = steps.index("commit after call 1")
    assert all(State.NOW in states(replay, at, latent) for latent in range(3))


def test_a_search_shows_its_grid_on_every_board() -> None:
    told: list[Event] = []
    puzzle = Puzzle(sudoku(2, 2), (1,) + (0,) * 15)
    solution = Solver(Settings(latents=2), adversary(np.array(SOLUTION)), told.append).solve(puzzle)
    replay = replay_of(told, puzzle)
    last = replay.frames[-1]
    assert last.guesses == solution.guesses
    assert any(layer.values == solution.values for layer in last.layers)


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_trace_gives_the_film_of_the_run(tmp_path: Path) -> None:
    rows = rows_of(undecided(), latents=2, nfe=3)
    (replay,) = read_trace(write(tmp_path / "run.trace", rows))
    assert replay.puzzle.givens == PUZZLE.givens
    assert replay.frames == replay_of(rows).frames


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[1:], "run.trace:1: puzzle 0 has not begun"),
        (lambda rows: [], "holds no puzzle"),
        (lambda rows: [rows[0], rows[0]], "run.trace:2: puzzle 0 began twice"),
        (lambda rows: [7], "run.trace:1: an event"),
        (lambda rows: [{**rows[0], "asked": 3}], "run.trace:1: "),
        (lambda rows: [*rows, rows[1]], "after the end"),
        (lambda rows: [rows[0], {"event": "Exploded", "puzzle": 0}], "not an event of a trace"),
        (lambda rows: [rows[0], {"event": "Searched", "puzzle": 0}], "no 'guesses'"),
        (lambda rows: [rows[0], {**rows[2], "grid": [1]}], "16 cells expected, got 1"),
        (lambda rows: [rows[0], {**rows[2], "grid": [9] * 16}], "no value 9"),
        (lambda rows: [rows[0], {**rows[2], "latent": 10**9}], "no latent 1000000000"),
        (lambda rows: [rows[0], {**rows[2], "probabilities": [2] * 16}], "no probability 2"),
        (lambda rows: [rows[0], {**rows[2], "likeliest": [[[9, 1]]] * 16}], "no value 9"),
        (lambda rows: [rows[0], {**rows[2], "likeliest": []}], "16 cells expected, got 0"),
        (lambda rows: [rows[0], {**rows[2], "entropies": [-1] * 16}], "no entropy -1"),
        (
            lambda rows: [
                rows[0],
                {"event": "Remasked", "puzzle": 0, "latent": 0, "cells": [0]},
            ],
            "cell 0 is given",
        ),
    ],
)
def test_a_damaged_trace_is_reported_in_one_line(tmp_path: Path, change: Any, words: str) -> None:
    rows = rows_of(undecided(), nfe=2)
    assert rows[2]["event"] == "Called"
    path = write(tmp_path / "run.trace", change(rows))
    with pytest.raises(SaveError) as caught:
        read_trace(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"hello\n", b"\xff\xfe\n", b'{"event": "Beg', b"[" * 100_000])
def test_a_file_that_is_no_trace(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.trace"
    path.write_bytes(content)
    with pytest.raises(SaveError, match=r"run\.trace:\d: no line of a trace"):
        read_trace(path)
