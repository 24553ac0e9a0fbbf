"""Candidate masks of whole batches: bit v - 1 of a cell's word is set where value v is possible.

Words have 64 bits, or, for more values than that, any number (objects of Python, and slower).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.compiled import machine
from vmd_solver.csp.puzzle import Board
from vmd_solver.csp.tables import full_mask

Masks = npt.NDArray[np.uint64]
Allowed = npt.NDArray[np.bool_]


def words_of(D: int) -> npt.DTypeLike:
    """The type of masks of D values."""
    return np.uint64 if D < 64 else np.object_


def initial_masks(board: Board, givens: npt.ArrayLike) -> Masks:
    """Masks (..., n) of givens (..., n) of 0..D: one bit where given, every value where open."""
    full = full_mask(board)
    bits = [full, *(full & 1 << value for value in range(board.D))]
    table = np.array(bits, dtype=words_of(board.D))
    masks: Masks = table[np.asarray(givens, dtype=np.int8)]
    if board.rules:
        masks &= np.array(board.constraints.domains[: board.n], dtype=words_of(board.D))
    return masks


def masks_to_allowed(masks: npt.NDArray[np.integer], D: int) -> npt.NDArray[np.bool_]:
    """Which values each cell may take: (..., n, D) bool of masks (..., n)."""
    words = masks if masks.dtype == np.object_ else masks.astype(np.uint64)
    allowed: Allowed = (words[..., None] >> np.arange(D, dtype=words.dtype) & 1) != 0
    return allowed


def allowed_to_masks(allowed: Allowed) -> Masks:
    """Masks (..., n) of allowed (..., n, D) bool: the way back from `masks_to_allowed`."""
    D = allowed.shape[-1]
    bits = np.array([1 << value for value in range(D)], dtype=words_of(D))
    masks: Masks = np.where(allowed, bits, 0).sum(axis=-1)
    return masks


def masks_to_values(masks: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]:
    """Values (..., n) of masks (..., n): the candidate where there is just one, otherwise 0."""
    words = masks if masks.dtype == np.object_ else masks.astype(np.uint64)
    below = np.bitwise_count(words - 1)  # v - 1 bits below the only one; 64 below none
    values: npt.NDArray[np.int8] = ((below + 1) * (np.bitwise_count(words) == 1)).astype(np.int8)
    return values


def propagate(
    board: Board, masks: npt.ArrayLike, compiled: bool | None = None, singles: bool = False
) -> tuple[Masks, npt.NDArray[np.bool_]]:
    """Masks (B, n) narrowed by the kernel's propagation until it yields no more; which rows live.

    Returns the masks and `consistent` (B,) bool. A row that contradicts itself comes back as
    zeros. No value of any solution within the masks given is ever struck. With `singles` units
    yield no more than these.

    >>> from vmd_solver.csp.families import latin
    >>> puzzle = initial_masks(latin(2), [[1, 0, 0, 0], [1, 1, 0, 0]])
    >>> narrowed, consistent = propagate(latin(2), puzzle)
    >>> masks_to_values(narrowed).tolist(), consistent.tolist()
    ([[1, 2, 2, 1], [0, 0, 0, 0]], [True, False])
    """
    rows = np.asarray(masks, dtype=words_of(board.D))
    use = machine(compiled if board.D < 64 else False, rows.size)
    words, ungiven = use.give(rows), use.give([], np.int8)
    use.propagate_many(
        use.tables(board, singles), use.room(board, levels=1), len(rows), ungiven, words
    )
    narrowed: Masks = np.array(words, dtype=rows.dtype).reshape(rows.shape)
    return narrowed, np.asarray((narrowed > 0).all(axis=1))
