"""The kernel on both machines: singles, the search's order, stopping and going on."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vmd_solver.csp import Board, compiled, kernel, memory
from vmd_solver.csp.candidates import initial_masks, masks_to_values
from vmd_solver.csp.compiled import Machine, machine
from vmd_solver.csp.families import grid, latin, sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.errors import TooLarge

PLENTY = 1 << 40
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=[False, True], ids=["plain", "compiled"])
def use(request: pytest.FixtureRequest) -> Machine:
    """Each machine in turn."""
    if request.param:
        pytest.importorskip("numba")
    return machine(request.param)


def narrowed(use: Machine, board: Board, givens: list[int]) -> list[int]:
    """Masks of one puzzle after propagation; zeros where it contradicts itself."""
    words = use.give(initial_masks(board, [givens]))
    use.propagate_many(use.tables(board), use.state(board), words)
    return [int(word) for word in words[0]]


def begun(use: Machine, board: Board, givens: list[int], stored: int = 1) -> kernel.State:
    """A search about to start."""
    plain = machine(False)
    state = plain.state(board, stored)
    kernel.load(plain.tables(board), state, plain.give(initial_masks(board, givens)))
    return use.adopt(state) if use.compiled else state


def run(use: Machine, board: Board, state: kernel.State, limit: int, budget: int) -> bool:
    """Go on with a search, unsteered."""
    return bool(use.search(use.tables(board), state, use.give(np.zeros(0), float), limit, budget))


def test_naked_singles_follow_one_another(use: Machine) -> None:
    assert narrowed(use, grid(1, 3, 3, [(0, 1), (0, 2), (1, 2)]), [1, 2, 0]) == [1, 2, 4]


def test_hidden_singles_are_placed_in_complete_units(use: Machine) -> None:
    # Value 2 has one cell left in unit (0, 1, 2), which still has three candidates.
    board = grid(1, 5, 3, [(0, 1, 2), (1, 3), (2, 4)])
    assert narrowed(use, board, [0, 0, 0, 2, 2])[0] == 0b010


def test_incomplete_units_have_no_hidden_singles(use: Machine) -> None:
    # The same with a fourth value: now 2 need not occur in the unit at all.
    board = grid(1, 5, 4, [(0, 1, 2), (1, 3), (2, 4)])
    assert narrowed(use, board, [0, 0, 0, 2, 2]) == [0b1111, 0b1101, 0b1101, 0b10, 0b10]


@pytest.mark.parametrize(
    ("board", "givens"),
    [
        (grid(1, 2, 2, [(0, 1)]), [1, 1]),
        (grid(1, 3, 2, [(0, 1), (1, 2), (0, 2)]), [1, 0, 0]),
        (grid(1, 4, 3, [(0, 1, 2), (0, 3), (1, 3), (2, 3)]), [0, 0, 0, 1]),
    ],
    ids=["repeated given", "no candidate", "value without a cell"],
)
def test_contradictions_leave_no_candidates(use: Machine, board: Board, givens: list[int]) -> None:
    assert narrowed(use, board, givens) == [0] * board.n


def test_two_values_hidden_in_one_cell_are_a_contradiction(use: Machine) -> None:
    board = grid(1, 5, 3, [(0, 1, 2), (1, 3), (2, 3), (1, 4), (2, 4)])
    assert narrowed(use, board, [0, 0, 0, 2, 3]) == [0] * board.n


def test_the_largest_alphabet_keeps_its_last_value(use: Machine) -> None:
    board = grid(7, 9, 63, [range(63)])
    assert narrowed(use, board, [*range(1, 63), 0])[-1] == 1 << 62
    assert narrowed(use, board, [0, 0, *range(3, 64)])[:2] == [3, 3]
    state = begun(use, board, [0, 0, *range(3, 64)])
    assert run(use, board, state, 9, PLENTY)
    assert int(state.progress[1]) == 2


def test_more_than_63_complete_units_are_all_seen(use: Machine) -> None:
    """Order 35 has 70 units; singles alone must fill a Latin square with a few cells gone."""
    order = 35
    full = [(row + col) % order + 1 for row in range(order) for col in range(order)]
    holes = {col * order + col for col in range(order)} | {order - 1, order * (order - 1)}
    givens = [0 if cell in holes else value for cell, value in enumerate(full)]
    words = np.array([narrowed(use, latin(order), givens)])
    assert masks_to_values(words)[0].tolist() == full


def test_search_stops_and_continues_guess_for_guess(use: Machine) -> None:
    board = sudoku(2, 3)
    whole, parts = (begun(use, board, [0] * board.n, stored=40) for _ in range(2))
    assert run(use, board, whole, 40, PLENTY)
    budget = 0
    while not run(use, board, parts, 40, budget):
        assert int(parts.progress[2]) == budget
        budget += 3
    assert np.array_equal(parts.progress, whole.progress)
    assert np.array_equal(parts.found, whole.found)


def test_a_search_goes_on_with_a_deeper_stack(use: Machine) -> None:
    board = sudoku(2, 3)
    whole, narrow = (begun(use, board, [0] * board.n, stored=40) for _ in range(2))
    assert run(use, board, whole, 40, PLENTY)
    narrow = narrow._replace(stack=narrow.stack[:2])
    grown = 0
    while not run(use, board, narrow, 40, PLENTY):
        assert int(narrow.progress[0]) == len(narrow.stack)
        narrow = use.deeper(narrow)
        grown += 1
    assert grown >= 2
    assert np.array_equal(narrow.progress, whole.progress)
    assert np.array_equal(narrow.found, whole.found)


def test_a_stack_that_memory_cannot_hold_is_refused(
    use: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = sudoku(2, 3)
    use.tables(board)  # made for good, with the usual limit
    monkeypatch.setattr(memory, "MOST", 4 * 8 * board.n)
    state = use.state(board)
    assert len(state.stack) == 4
    with pytest.raises(TooLarge, match="too large: a search of 5 guesses in a row takes about"):
        use.deeper(state)


def test_search_continues_to_the_end_after_a_limit(use: Machine) -> None:
    board = sudoku(2, 2)
    state = begun(use, board, [0] * 16)
    for limit in (1, 2, 287):
        assert run(use, board, state, limit, PLENTY)
        assert int(state.progress[1]) == limit
    assert run(use, board, state, 1000, PLENTY)
    assert int(state.progress[1]) == 288, "there are 288 grids of 4x4"


def test_a_search_moves_from_plain_to_compiled() -> None:
    pytest.importorskip("numba")
    board, plain, fast = sudoku(2, 3), machine(False), machine(True)
    stay, go = (begun(plain, board, [0] * board.n, stored=500) for _ in range(2))
    run(plain, board, go, 500, 100)
    go = fast.adopt(go)
    assert run(fast, board, go, 500, PLENTY) and run(plain, board, stay, 500, PLENTY)
    assert np.array_equal(go.progress, stay.progress)
    assert np.array_equal(go.found, stay.found)


def test_scores_pick_cell_and_value(use: Machine) -> None:
    """Three cells tie; the one with the greatest margin goes first, to its best value."""
    board = grid(1, 3, 3, [(0, 1)])
    scores = [[3.0, 2.0, 1.0], [0.0, 9.0, 7.5], [5.0, 5.0, 5.0]]
    first: list[list[int]] = []
    state = begun(use, board, [0, 0, 0], stored=18)
    use.search(use.tables(board), state, use.give(np.ravel(scores), float), 18, PLENTY)
    first = masks_to_values(np.array(state.found)).tolist()
    assert first[0][:2] == [1, 2]
    assert [row[1] for row in first] == [2] * 6 + [3] * 6 + [1] * 6
    assert len({tuple(row) for row in first}) == 18


def test_digging_many_at_a_time_is_digging_one_at_a_time(use: Machine) -> None:
    """What is left is minimal, and the greedy result of the order: each clue tried in turn."""
    board = sudoku(2, 3)
    _, (solution,) = minimal_puzzles(board, 1, 5, compiled=False)
    order = np.random.default_rng(1).permutation(board.n)
    words = initial_masks(board, [solution])
    puzzles = use.give(words)
    empty = use.give(np.zeros(0), float)
    use.dig_many(
        use.tables(board), use.state(board), use.give(words), use.give([order]), empty, 0, PLENTY,
        puzzles,
    )  # fmt: skip
    greedy = solution.copy()
    for cell in order:
        without = greedy.copy()
        without[cell] = 0
        state = begun(use, board, without.tolist())
        run(use, board, state, 2, PLENTY)
        if int(state.progress[1]) == 1:
            greedy = without
    assert masks_to_values(np.array(puzzles))[0].tolist() == greedy.tolist()


def test_without_numba_everything_runs_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "available", lambda: False)
    assert not machine(None, cells=PLENTY).compiled


def test_small_work_does_not_import_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    assert not machine(None, cells=81).compiled
    assert "numba" not in sys.modules


def test_a_broken_numba_is_slower_and_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "numba.py").write_text("raise ImportError('numba needs another numpy')\n")
    program = f"""
import subprocess
import sys
sys.path[:0] = {str(tmp_path)!r}, {str(ROOT)!r}
from vmd_solver.csp.compiled import available, machine
assert available() and not machine(None, cells={PLENTY}).compiled
machine(True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.stderr.endswith(b"ImportError: numba needs another numpy\n")


def test_without_a_place_for_the_cache_numba_still_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    numba = pytest.importorskip("numba")
    real = numba.njit

    def njit(*args: Any, **options: Any) -> Any:
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(*args, **options)

    monkeypatch.setattr(numba, "njit", njit)

    def double(x: int) -> int:
        return 2 * x

    assert compiled.compile_entry(double)(4) == 8


def pigeons(count: int) -> Board:
    """So many cells, each two different, and one value too few."""
    return grid(1, count, count - 1, list(combinations(range(count), 2)))


def test_a_search_that_restarts_still_proves(use: Machine) -> None:
    board = pigeons(8)
    state = begun(use, board, [0] * 8)
    assert run(use, board, state, 1, PLENTY)
    assert int(state.progress[1]) == 0
    assert int(state.progress[4]) > kernel.FIRST_RUN


def test_both_machines_restart_alike() -> None:
    pytest.importorskip("numba")
    board, ended = pigeons(8), []
    for use in (machine(False), machine(True)):
        state = begun(use, board, [0] * 8)
        assert run(use, board, state, 1, PLENTY)
        ended.append([*map(int, state.progress), *map(int, state.weights)])
    assert ended[0] == ended[1]


def test_restarting_finds_all_there_is_once(monkeypatch: pytest.MonkeyPatch) -> None:
    board, use = sudoku(3, 3), machine(False)
    puzzles, _ = minimal_puzzles(board, 8, 3)
    for puzzle in puzzles[::2]:
        puzzle[np.flatnonzero(puzzle)[0]] = 0  # now with several solutions
    anew = 0
    for givens in puzzles.tolist():
        found = []
        for first_run in (PLENTY, 1):
            monkeypatch.setattr(kernel, "FIRST_RUN", first_run)
            state = begun(use, board, givens, stored=3000)
            assert run(use, board, state, 3000, PLENTY)
            found.append(sorted(map(tuple, state.found[: state.progress[1]])))
        anew += int(state.progress[4]) > 1
        assert found[0] == found[1]
        assert len(set(found[0])) == len(found[0])
    assert anew
