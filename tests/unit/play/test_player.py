"""A replay being played, and the making of one."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import oracle, undecided

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.play.player import FIRST, MOST_LATENTS, SPEEDS, Player, record, varied
from vmd_solver.play.replay import Replay, Row

SOLUTION = np.array((1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1))
PUZZLE = Puzzle(sudoku(2, 2), (1,) + (0,) * 15)


def recorded() -> Replay:
    replay = Replay(PUZZLE)
    record(PUZZLE, FIRST, oracle(SOLUTION), replay.add)
    return replay


def test_a_film_plays_to_its_end_and_again() -> None:
    player = Player(recorded())
    steps = 0
    while player.tick():
        steps += 1
    assert steps == len(player.replay.frames) - 1
    assert player.frame.status == "solved" and not player.playing
    player.toggle()
    assert player.playing and player.at == 0


def test_a_film_in_the_making_is_waited_for() -> None:
    replay = Replay(PUZZLE)
    player = Player(replay)
    assert not player.tick() and player.playing
    replay.add({"event": "Searched", "puzzle": 0, "guesses": 3})
    assert player.tick() and player.frame.guesses == 3


def test_steps_pause_and_stay_within_the_replay() -> None:
    player = Player(recorded())
    player.go(1)
    assert not player.tick() and player.at == 1
    player.go(-5)
    assert player.at == 0
    player.go(10**6)
    assert player.frame.status


def test_speed_has_bounds() -> None:
    player = Player(Replay(PUZZLE))
    for step, speed in ((99, SPEEDS[-1]), (-99, SPEEDS[0])):
        player.faster(step)
        assert player.speed == speed and player.delay_s == 1 / speed


def test_settings_change_by_steps() -> None:
    assert varied(FIRST, "latents", -1).latents == FIRST.latents // 2
    many = FIRST
    for _ in range(20):
        many = varied(many, "latents", 1)
    assert many.latents == MOST_LATENTS
    assert varied(FIRST, "seed", -1).seed == 0 and varied(FIRST, "seed", 1).seed == 1
    assert varied(varied(FIRST, "policy", 1), "policy", -1) == FIRST
    assert varied(FIRST, "policy", 1) != FIRST


class Unwanted(Exception):
    """Whoever watches has seen enough."""


def test_a_run_ends_at_the_event_where_its_observer_raises() -> None:
    rows: list[Row] = []
    fake, before = undecided(), 2 + FIRST.latents

    def first_call(row: Row) -> None:
        if len(rows) == before:
            raise Unwanted
        rows.append(row)

    with pytest.raises(Unwanted):
        record(PUZZLE, FIRST, fake, first_call)
    assert len(rows) == before and rows[-1]["event"] == "Called" and fake.calls == 1


def told(*rows: Row) -> Replay:
    replay = Replay(PUZZLE)
    for row in rows:
        replay.add({"puzzle": 0, **row})
    return replay


def called(nfe: int) -> Row:
    grid, chances = [1] * 16, [0.5] * 16
    return {
        "event": "Called",
        "nfe": nfe,
        "loops": nfe,
        "latent": 0,
        "grid": grid,
        "probabilities": chances,
    }


def committed(cell: int) -> Row:
    return {
        "event": "Committed",
        "latent": 0,
        "cells": [cell],
        "values": [1],
        "probabilities": [0.5],
    }


def test_films_are_watched_together_call_by_call() -> None:
    one = told(called(1), committed(5), called(2), called(3))
    other = told(called(1), called(2), committed(5), committed(6))
    player = Player(one, other)
    steps = [tuple(frame.step for frame in frames) for frames in player.timeline]
    assert steps == [
        ("the puzzle", "the puzzle"),
        ("call 1", "call 1"),
        ("commit after call 1", "call 1"),
        ("call 2", "call 2"),
        ("call 2", "commit after call 2"),
        ("call 3", "commit after call 2"),
    ]
    player.go(2)
    assert player.at == 2 and player.count == len(steps)
    other.add({"puzzle": 0, **called(3)})
    assert player.at == 2 and player.frames[1].step == "call 1"


def test_a_film_that_grows_before_the_moment_that_is_seen_does_not_move_it() -> None:
    slow = told(called(1))
    player = Player(told(called(1), called(2)), slow)
    player.go(2)
    slow.add({"puzzle": 0, **committed(5)})
    assert player.frame.step == "call 2" and player.at == 3


def test_a_film_whose_calls_run_backwards_is_shown_in_its_own_order() -> None:
    player = Player(told(called(2), called(1), called(3)))
    assert [frames[0].step for frames in player.timeline] == [
        "the puzzle",
        "call 2",
        "call 1",
        "call 3",
    ]
