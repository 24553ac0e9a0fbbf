"""What singles, locked candidates and subsets of two and three strike, to the end, for batches.

Each of these steps stays possible whatever else is struck first, so that the end does not depend on
their order. From `sweep_many` on everything is the subset of Python that numba compiles, and runs
on both machines of the kernel. It must not know of techniques, their words or levels.
"""

from __future__ import annotations

from itertools import accumulate, chain

import numpy as np

from vmd_solver.csp.candidates import Masks, propagate
from vmd_solver.csp.compiled import Words, machine
from vmd_solver.csp.memory import kept
from vmd_solver.csp.puzzle import Board
from vmd_solver.csp.subsets import FIELDS


def closure(board: Board, masks: Masks, compiled: bool | None = None) -> Masks:
    """Masks (B, n) of puzzles that have solutions, and no rules beside units, narrowed.

    >>> from vmd_solver.csp.families import latin
    >>> closure(latin(3), np.array([[3, 3, 7, 7, 7, 7, 7, 7, 7]], np.uint64)).tolist()
    [[3, 3, 4, 7, 7, 3, 7, 7, 3]]
    """
    use = machine(compiled, masks.size)
    data, room = _flat(use.compiled, board), use.give(np.zeros(3 * board.n + 3 * board.D))
    narrowed, going = masks.copy(), np.arange(len(masks))
    while len(going):
        narrowed[going] = propagate(board, narrowed[going], use.compiled)[0]
        words, struck = use.give(narrowed[going]), use.give(np.zeros(len(going)))
        use.sweep_many(data, room, len(going), words, struck)
        narrowed[going] = np.array(words, dtype=np.uint64).reshape(len(going), board.n)
        going = going[np.array(struck) > 0]
    return narrowed


@kept(256)  # boards may be drawn by the thousand
def _flat(compiled: bool, board: Board) -> Words:
    """The words of `subsets.Units`."""
    sees = np.zeros((board.n, board.n), dtype=np.int64)
    for cell, peers in enumerate(board.peers):
        sees[cell, list(peers)] = 1
    parts: list[list[int]] = [
        list(accumulate(map(len, board.units), initial=0)),
        list(chain(*board.units)),
        [len(unit) == board.D for unit in board.units],
        list(accumulate(map(len, board.peers), initial=0)),
        list(chain(*board.peers)),
        sees.ravel().tolist(),
    ]
    room = max(board.D, *map(len, board.units))
    sizes = [board.n, board.D, len(board.units), room]
    offsets = list(accumulate(map(len, parts), initial=FIELDS))[:-1]
    return machine(compiled).give([*sizes, *offsets, *chain(*parts)])
