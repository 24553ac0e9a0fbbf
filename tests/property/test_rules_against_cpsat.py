"""Random puzzles with rules: as many solutions as CP-SAT finds, and each of them verified.

VMD_MIXES=5000 asks for that many; `benchmarks/answers.py --rules` asks the commands as well.
"""

from __future__ import annotations

import os
from collections import Counter
from itertools import islice

import pytest

pytest.importorskip("ortools")

from benchmarks.mixes import disagreement, mixes
from vmd_solver.csp.rules import RULES

NUMBER = int(os.environ.get("VMD_MIXES", 200))


def test_the_kernel_and_cp_sat_count_the_same() -> None:
    solutions: Counter[int] = Counter()
    rules: Counter[str] = Counter()
    for puzzle in islice(mixes(seed=0), NUMBER):
        found, problem = disagreement(puzzle, limit=50)
        assert not problem, f"{problem}: {puzzle}"
        solutions[found] += 1
        rules.update(rule.name for rule in puzzle.board.rules)
    assert min(solutions[number] for number in (0, 1, 50)) > NUMBER // 20, "none, one and many"
    assert rules.keys() == RULES.keys()
