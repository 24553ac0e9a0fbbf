"""The kernel on both machines: singles, the search's order, stopping and going on."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from vmd_solver.csp import Board, compiled, kernel, memory
from vmd_solver.csp.candidates import initial_masks, masks_to_values
from vmd_solver.csp.compiled import Machine, Words, machine
from vmd_solver.csp.families import grid, latin, sudoku
from vmd_solver.csp.generate import minimal_puzzles
from vmd_solver.errors import TooLarge

PLENTY = 1 << 40
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=[False, True], ids=["plain", "compiled"])
def use(request: pytest.FixtureRequest) -> Machine:
    """Each machine in turn."""
    if request.param:
        pytest.importorskip("llvmlite")
    return machine(request.param)


def narrowed(use: Machine, board: Board, givens: list[int]) -> list[int]:
    """Masks of one puzzle after propagation; zeros where it contradicts itself."""
    words = use.give(initial_masks(board, [givens]))
    nothing = use.give([], np.int8)
    use.propagate_many(use.tables(board), use.room(board), 1, nothing, words)
    return [int(word) for word in words[0]] if use.compiled else words


def begun(use: Machine, board: Board, givens: list[int], stored: int = 1) -> Words:
    """A search about to start."""
    room = use.room(board, stored)
    use.load_on(use.tables(board), room, use.give(givens, np.int8), use.give([]), -1)
    return room


def run(use: Machine, board: Board, room: Words, limit: int, budget: int) -> bool:
    """Go on with a search, unsteered."""
    done, nothing = use.give([0]), use.give([], np.float64)
    use.search_on(use.tables(board), room, nothing, -1, limit, budget, done)
    return bool(done[0])


def grids(use: Machine, board: Board, room: Words) -> list[list[int]]:
    """The solutions that a search has kept."""
    found: list[list[int]] = use.found(board, room).tolist()
    return found


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
    assert state[kernel.SOLUTIONS] == 2


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
        assert parts[kernel.GUESSES] == budget
        budget += 3
    assert parts[kernel.GUESSES] == whole[kernel.GUESSES]
    assert grids(use, board, parts) == grids(use, board, whole)


def test_a_search_goes_on_with_a_deeper_stack(use: Machine) -> None:
    board = sudoku(2, 3)
    whole, narrow = (begun(use, board, [0] * board.n, stored=40) for _ in range(2))
    assert run(use, board, whole, 40, PLENTY)
    narrow[kernel.LEVELS] = 2
    narrow = narrow[: len(narrow) - (board.n - 1) * kernel.tables(use.tables(board)).width]
    grown = 0
    while not run(use, board, narrow, 40, PLENTY):
        assert narrow[kernel.DEPTH] == narrow[kernel.LEVELS]
        narrow = use.deeper(board, narrow)
        grown += 1
    assert grown >= 2
    assert narrow[kernel.GUESSES] == whole[kernel.GUESSES]
    assert grids(use, board, narrow) == grids(use, board, whole)


def test_a_stack_that_memory_cannot_hold_is_refused(
    use: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = sudoku(2, 3)
    use.tables(board)  # made for good, with the usual limit
    width = kernel.tables(use.tables(board)).width
    monkeypatch.setattr(memory, "MOST", int(4 * 8 * width))
    state = use.room(board)
    assert state[kernel.LEVELS] == 4
    with pytest.raises(TooLarge, match="too large: a search of 5 guesses in a row takes about"):
        use.deeper(board, state)


def test_search_continues_to_the_end_after_a_limit(use: Machine) -> None:
    board = sudoku(2, 2)
    state = begun(use, board, [0] * 16)
    for limit in (1, 2, 287):
        assert run(use, board, state, limit, PLENTY)
        assert state[kernel.SOLUTIONS] == limit
    assert run(use, board, state, 1000, PLENTY)
    assert state[kernel.SOLUTIONS] == 288, "there are 288 grids of 4x4"


def test_a_search_moves_from_plain_to_compiled() -> None:
    pytest.importorskip("llvmlite")
    board, plain, fast = sudoku(2, 3), machine(False), machine(True)
    stay, go = (begun(plain, board, [0] * board.n, stored=500) for _ in range(2))
    run(plain, board, go, 500, 100)
    go = fast.give(go)
    assert run(fast, board, go, 500, PLENTY) and run(plain, board, stay, 500, PLENTY)
    assert go[kernel.GUESSES] == stay[kernel.GUESSES]
    assert grids(fast, board, go) == grids(plain, board, stay)


def test_scores_pick_cell_and_value(use: Machine) -> None:
    """Three cells tie; the one with the greatest margin goes first, to its best value."""
    board = grid(1, 3, 3, [(0, 1)])
    scores = [[3.0, 2.0, 1.0], [0.0, 9.0, 7.5], [5.0, 5.0, 5.0]]
    state = begun(use, board, [0, 0, 0], stored=18)
    steer, done = use.give(np.ravel(scores), float), use.give([0])
    use.search_on(use.tables(board), state, steer, 0, 18, PLENTY, done)
    first = grids(use, board, state)
    assert first[0][:2] == [1, 2]
    assert [row[1] for row in first] == [2] * 6 + [3] * 6 + [1] * 6
    assert len({tuple(row) for row in first}) == 18


def test_digging_many_at_a_time_is_digging_one_at_a_time(use: Machine) -> None:
    """What is left is minimal, and the greedy result of the order: each clue tried in turn."""
    board = sudoku(2, 3)
    _, (solution,) = minimal_puzzles(board, 1, 5, compiled=False)
    order = np.random.default_rng(1).permutation(board.n)
    full, puzzles = (use.give(solution, np.int8) for _ in range(2))
    empty = use.give([], float)
    use.dig_many(
        use.tables(board), use.room(board), 1, full, use.give(order), empty, 0, PLENTY, puzzles
    )
    greedy = solution.copy()
    for cell in order:
        without = greedy.copy()
        without[cell] = 0
        state = begun(use, board, without.tolist())
        run(use, board, state, 2, PLENTY)
        if state[kernel.SOLUTIONS] == 1:
            greedy = without
    assert list(puzzles) == greedy.tolist()


def test_without_llvmlite_everything_runs_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "available", lambda: False)
    assert not machine(None, cells=PLENTY).compiled


def test_small_work_loads_no_machine_code() -> None:
    program = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from vmd_solver.csp.compiled import machine
assert not machine(None, cells=81).compiled
assert "llvmlite" not in sys.modules
assert machine(None, cells={PLENTY}).compiled and machine(None, cells=81).compiled
"""
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_broken_llvmlite_is_slower_and_not_the_end(tmp_path: Path) -> None:
    (tmp_path / "llvmlite.py").write_text("raise ImportError('llvmlite needs another Python')\n")
    program = f"""
import sys
sys.path[:0] = {str(tmp_path)!r}, {str(ROOT)!r}
from vmd_solver.csp.compiled import available, machine
assert available() and not machine(None, cells={PLENTY}).compiled
machine(True)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.stderr.endswith(b"ImportError: llvmlite needs another Python\n")


def test_the_bitcode_is_made_of_the_kernel_as_it_is() -> None:
    """Otherwise: make kernel."""
    assert compiled.source_digest().encode() in llvm_source_name()


def llvm_source_name() -> bytes:
    binding = pytest.importorskip("llvmlite.binding")
    module = binding.parse_bitcode(compiled.BITCODE.read_bytes())
    return next(line for line in str(module).splitlines() if "source_filename" in line).encode()


def pigeons(count: int) -> Board:
    """So many cells, each two different, and one value too few."""
    return grid(1, count, count - 1, list(combinations(range(count), 2)))


@pytest.mark.parametrize(
    "triple",
    [
        "aarch64-unknown-linux-gnu",
        "arm64-apple-darwin",
        "x86_64-apple-darwin",
        "x86_64-pc-windows-msvc-elf",
        "x86_64-unknown-linux-gnu",
    ],
)
def test_the_bitcode_is_translated_for_every_system(triple: str) -> None:
    """That it runs is tested on this one; it calls nothing that a system might lack."""
    llvm = pytest.importorskip("llvmlite.binding")
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    module = llvm.parse_bitcode(compiled.BITCODE.read_bytes())
    module.triple = triple
    target = llvm.Target.from_triple(triple).create_target_machine(opt=3, jit=True)
    assert len(target.emit_object(module)) > 10_000
    called = [one.name for one in module.functions if one.is_declaration]
    assert [name for name in called if not name.startswith("llvm.")] == []


def test_a_search_that_restarts_still_proves(use: Machine) -> None:
    board = pigeons(8)
    state = begun(use, board, [0] * 8)
    assert run(use, board, state, 1, PLENTY)
    assert state[kernel.SOLUTIONS] == 0
    assert state[kernel.RUN] > kernel.FIRST_RUN


def test_both_machines_restart_alike() -> None:
    pytest.importorskip("llvmlite")
    board, ended = pigeons(8), []
    for use in (machine(False), machine(True)):
        state = begun(use, board, [0] * 8)
        assert run(use, board, state, 1, PLENTY)
        ended.append([int(word) for word in state[: kernel.tables(use.tables(board)).notes]])
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
            found.append(sorted(map(tuple, grids(use, board, state))))
        anew += state[kernel.RUN] > 1
        assert found[0] == found[1]
        assert len(set(found[0])) == len(found[0])
    assert anew
