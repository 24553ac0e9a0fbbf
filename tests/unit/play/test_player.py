"""A film being played, and the making of one."""

from __future__ import annotations

import numpy as np

from vmd_solver.csp import Puzzle
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser.fakes import oracle, undecided
from vmd_solver.play.film import Film, Row
from vmd_solver.play.player import FIRST, MOST_LATENTS, SPEEDS, Player, shoot, varied

SOLUTION = np.array((1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1))
PUZZLE = Puzzle(sudoku(2, 2), (1,) + (0,) * 15)


def shot() -> Film:
    film = Film(PUZZLE)
    shoot(PUZZLE, FIRST, oracle(SOLUTION), film.add)
    return film


def test_a_film_plays_to_its_end_and_again() -> None:
    player = Player(shot())
    steps = 0
    while player.tick():
        steps += 1
    assert steps == len(player.film.frames) - 1
    assert player.frame.status == "solved" and not player.playing
    player.toggle()
    assert player.playing and player.at == 0


def test_a_film_in_the_making_is_waited_for() -> None:
    film = Film(PUZZLE)
    player = Player(film)
    assert not player.tick() and player.playing
    film.add({"event": "Searched", "puzzle": 0, "guesses": 3})
    assert player.tick() and player.frame.guesses == 3


def test_steps_pause_and_stay_within_the_film() -> None:
    player = Player(shot())
    player.go(1)
    assert not player.tick() and player.at == 1
    player.go(-5)
    assert player.at == 0
    player.go(10**6)
    assert player.frame.status


def test_speed_has_bounds() -> None:
    player = Player(Film(PUZZLE))
    for step, speed in ((99, SPEEDS[-1]), (-99, SPEEDS[0])):
        player.faster(step)
        assert player.speed == speed and player.delay_s == 1 / speed


def test_settings_change_by_steps() -> None:
    assert varied(FIRST, "latents", -1).latents == 1
    many = FIRST
    for _ in range(20):
        many = varied(many, "latents", 1)
    assert many.latents == MOST_LATENTS
    assert varied(FIRST, "seed", -1).seed == 0 and varied(FIRST, "seed", 1).seed == 1
    assert varied(varied(FIRST, "policy", 1), "policy", -1) == FIRST
    assert varied(FIRST, "policy", 1) != FIRST


def test_a_run_that_is_not_wanted_ends_at_its_next_event() -> None:
    rows: list[Row] = []
    fake = undecided()
    shoot(PUZZLE, FIRST, fake, rows.append, lambda: len(rows) >= 3)
    assert len(rows) == 3 and fake.calls == 1
