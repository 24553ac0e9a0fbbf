"""Specifications of new puzzles, as a player states them."""

from __future__ import annotations

import pytest
from fakes import undecided

from vmd_solver.cli.make import command as vmd_make
from vmd_solver.generation import (
    FAMILIES,
    Grid,
    ModelGrids,
    PuzzleSpec,
    exact_grid,
    make,
    usual_size,
)
from vmd_solver.play.opening import READY, command, generate, origin, progress, sizes

SPECS = (
    *READY,
    PuzzleSpec("jigsaw-x", 6, symmetry="diagonal", minimal=True, seed=5),
    PuzzleSpec("latin", 5, level="beyond", clues=7),
)


@pytest.mark.parametrize("spec", SPECS, ids=command)
@pytest.mark.parametrize("neural", [False, True])
def test_the_command_makes_the_same_puzzle(spec: PuzzleSpec, neural: bool) -> None:
    order = vmd_make.main(command(spec, neural).split()[1:], standalone_mode=False).args[0]
    assert order.spec == spec
    assert order.mode == ("neural" if neural else "exact")


def test_every_family_is_offered_in_sizes_that_it_has() -> None:
    for family in FAMILIES:
        assert usual_size(family) in sizes(family), "the size that a change of family falls back on"
    assert 7 in sizes("jigsaw") and 7 not in sizes("windoku")


def test_what_is_generated_is_what_make_gives_and_grids_are_reported() -> None:
    told: list[Grid] = []
    spec = PuzzleSpec(size=4, seed=3)
    made = generate(spec, exact_grid, told.append)
    assert made == make(spec)
    assert made is not None and [grid.by_model for grid in told] == [None]
    assert origin(made) == "" and progress(made.drawn, 200) == "grid 1 of 200 at most"


def test_grids_of_a_model_are_distinguished_from_those_of_search() -> None:
    told: list[Grid] = []
    made = generate(PuzzleSpec(size=9, seed=3), ModelGrids(undecided(), nfe=1), told.append)
    assert made is not None and not told[0].by_model
    assert "search, in place of the model; 0 of 1 grid" in origin(made)


def test_what_is_not_wanted_any_more_is_not_made() -> None:
    told: list[Grid] = []
    assert generate(PuzzleSpec(size=4), exact_grid, told.append, lambda: bool(told)) is None
    assert len(told) == 1
