"""The maker of the included puzzles: same seed, same bytes; the easy and the hard told apart."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from training import make_puzzles as samples
from training.make_puzzles import SAMPLES, Sample, butterfly, dug, queens, rated, together
from vmd_solver.csp import compiled
from vmd_solver.csp.families import latin, sudoku
from vmd_solver.formats import parse

ROOT = Path(__file__).resolve().parents[3]
QUICK = ("4x4.txt", "6x6.txt", "grid.txt")
BY_NAME = {sample.file: sample for sample in SAMPLES}


@pytest.fixture(autouse=True)
def plain_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where llvmlite is not installed: nothing here is worth its import."""
    monkeypatch.setattr(compiled, "available", lambda: False)


@pytest.mark.parametrize("name", QUICK)
def test_a_file_comes_out_byte_for_byte_as_it_ships(name: str) -> None:
    sample = BY_NAME[name]
    assert sample.text(sample.puzzles()).encode() == (ROOT / "puzzles" / name).read_bytes()


def test_the_command_writes_the_files_and_their_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = (BY_NAME["4x4.txt"], BY_NAME["jigsaw-6.txt"])
    monkeypatch.setattr(samples, "SAMPLES", chosen)
    done = CliRunner().invoke(samples.main, [str(tmp_path / "new")])
    assert done.exit_code == 0, done.output
    names = ["4x4.txt", "jigsaw-6.txt", "README.md"]
    assert done.output.split() == names
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == sorted(names)
    for name in names[:2]:
        assert (tmp_path / "new" / name).read_bytes() == (ROOT / "puzzles" / name).read_bytes()
    page = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")
    shipped = (ROOT / "puzzles" / "README.md").read_text(encoding="utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| [")]
    assert len(lines) == 2
    assert set(lines) <= set(shipped.splitlines())


def test_another_seed_makes_another_puzzle() -> None:
    maker = dug(sudoku(2, 2))
    assert maker(np.random.default_rng(1)) == maker(np.random.default_rng(1))
    assert maker(np.random.default_rng(1)) != maker(np.random.default_rng(2))


def test_puzzles_are_kept_by_their_place_from_easy_to_hard() -> None:
    def chosen(**settings: float) -> list[tuple[int, ...]]:
        maker = dug(latin(6), pool=12, **settings)  # type: ignore[arg-type]
        return [puzzle.givens for puzzle in maker(np.random.default_rng(0))]

    everything = chosen(keep=12)
    hardness = rated(latin(6), everything, 1)
    assert hardness[0] < hardness[-1]
    assert chosen(place=0.0) == everything[:1]
    assert chosen() == everything[-1:]
    assert chosen(keep=3) == everything[-3:]


def test_givens_are_left_where_they_are_asked_for() -> None:
    (puzzle,) = dug(sudoku(2, 3), givens=20)(np.random.default_rng(0))
    assert sum(value > 0 for value in puzzle.givens) == 20


def test_puzzles_together_bear_the_names_of_their_kinds() -> None:
    maker = together({"small": dug(sudoku(2, 2)), "square": dug(latin(4), pool=2, keep=2)})
    assert [one.name for one in maker(np.random.default_rng(0))] == ["small", "square", "square"]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ("vmd", "# Four by four.\nfamily: sudoku\n"),
        ("sdk", "#D Four by four.\n[Puzzle]\n"),
        ("exchange", "5b796f4b352b "),
    ],
)
def test_files_begin_with_a_remark_where_the_form_has_any(form: str, expected: str) -> None:
    puzzle = parse((ROOT / "puzzles" / "medium.txt").read_text(encoding="utf-8"))
    sample = Sample("x", form, 0, "Four by four.", lambda rng: [])
    text = sample.text([puzzle])
    assert text.startswith(expected)
    assert parse(text) == puzzle


def test_every_nine_by_nine_of_the_butterfly_is_a_sudoku() -> None:
    units = {frozenset(unit) for unit in butterfly().units}
    assert len(units) == len(butterfly().units)
    for corner in (0, 3, 36, 39):
        for unit in sudoku().units:
            assert frozenset(corner + cell // 9 * 12 + cell % 9 for cell in unit) in units


def test_cells_share_a_unit_just_where_a_queen_attacks() -> None:
    for cell, peers in enumerate(queens(5).peers):
        row, col = divmod(cell, 5)
        attacked = {
            other
            for other in range(25)
            if other != cell
            and (
                other // 5 == row
                or other % 5 == col
                or abs(other // 5 - row) == abs(other % 5 - col)
            )
        }
        assert set(peers) == attacked


def test_the_maker_loads_neither_torch_nor_machine_code() -> None:
    command = "import sys, training.make_puzzles; print({'torch', 'llvmlite'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
