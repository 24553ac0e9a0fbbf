"""The public functions: what `import vmd_solver` offers, and what it raises."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from fakes import oracle

import vmd_solver
from vmd_solver import api
from vmd_solver.csp.verify import verify
from vmd_solver.errors import AssetNotFound, PuzzleSyntaxError, SearchError

FOUR = ".1...3....2...1."
OPEN = "." * 16


def test_the_package_offers_every_public_name() -> None:
    assert vmd_solver.__all__ == api.__all__
    assert all(getattr(vmd_solver, name) is getattr(api, name) for name in api.__all__)
    assert set(vmd_solver.__all__) < set(dir(vmd_solver))
    with pytest.raises(AttributeError, match="no attribute 'solver'"):
        vmd_solver.solver  # noqa: B018


def test_a_file_gives_its_puzzles_in_order(tmp_path: Path) -> None:
    file = tmp_path / "two.txt"
    file.write_text(f"{FOUR}\n{OPEN}\n")
    assert vmd_solver.load(file) == (vmd_solver.parse(FOUR), vmd_solver.parse(OPEN))
    assert vmd_solver.load(str(file), family="latin")[0].board.family == "latin"


def test_included_puzzles_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(vmd_solver.load("puzzles/hard-100.sdm")) == 100


@pytest.mark.parametrize("text", [f"{FOUR}\n1y..............\n", ""])
def test_a_file_with_a_bad_puzzle_raises_where_it_is(tmp_path: Path, text: str) -> None:
    file = tmp_path / "bad.txt"
    file.write_text(text)
    with pytest.raises(PuzzleSyntaxError, match=r"bad\.txt"):
        vmd_solver.load(file)
    with pytest.raises(PuzzleSyntaxError, match="missing"):
        vmd_solver.load(tmp_path / "missing.txt")


def test_all_modes_solve_a_puzzle_or_its_text() -> None:
    puzzle = vmd_solver.parse(FOUR)
    exact = vmd_solver.solve(FOUR, mode="exact")
    assert exact.values is not None and verify(puzzle, exact.values)
    model = oracle(np.array(exact.values))
    for given in (puzzle, FOUR):
        neural = vmd_solver.solve(given, "neural", model, latents=1)
        assert (neural.values, neural.nfe) == (exact.values, 1)
        assert vmd_solver.solve(given, model=model).values == exact.values


def test_settings_reach_the_search() -> None:
    assert vmd_solver.solve(OPEN, "exact", solutions=2).unique is False
    with pytest.raises(SearchError, match="latents must be at least 1"):
        vmd_solver.solve(FOUR, "exact", latents=0)
    with pytest.raises(TypeError, match="latent_count"):
        vmd_solver.solve(FOUR, "exact", latent_count=1)


def test_a_model_that_is_not_there_is_an_error() -> None:
    with pytest.raises(AssetNotFound, match="no-such-model"):
        vmd_solver.solve(FOUR, model="no-such-model")


def test_counting_stops_at_its_limit() -> None:
    assert [vmd_solver.count(OPEN, limit) for limit in (1, 2, 1000)] == [1, 2, 288]
    assert vmd_solver.count("1..1" + OPEN[4:]) == 0


def test_an_explanation_ends_at_the_solution_where_techniques_reach_it() -> None:
    path = vmd_solver.explain(FOUR)
    assert path.state.values == vmd_solver.solve(FOUR, "exact").values
    assert not vmd_solver.explain(OPEN).solved


def test_made_puzzles_have_one_solution_and_are_the_same_for_a_seed() -> None:
    puzzle = vmd_solver.make("jigsaw", 5, seed=3)
    assert vmd_solver.count(puzzle) == 1 and puzzle == vmd_solver.make("jigsaw", 5, seed=3)
    assert vmd_solver.make(size=4, minimal=True) != vmd_solver.make(size=4, clues=12)
    with pytest.raises(SearchError, match="try another seed"):
        vmd_solver.make(size=4, level="expert", tries=2)


def test_a_drawing_is_an_svg_file_that_notebooks_show() -> None:
    solution = vmd_solver.solve(FOUR, "exact")
    puzzle, solved = vmd_solver.draw(FOUR), vmd_solver.draw(solution)
    assert puzzle == vmd_solver.draw(vmd_solver.parse(FOUR))
    assert puzzle.svg.count("<text") == 4 and solved.svg.count("<text") == 16
    assert solved == vmd_solver.draw(FOUR, solution.values)
    assert solved._repr_svg_() == solved.svg and len(repr(solved)) < 60
    ElementTree.fromstring(solved.svg)
    with pytest.raises(ValueError, match="16 values expected, got 2"):
        vmd_solver.draw(FOUR, [1, 2])
