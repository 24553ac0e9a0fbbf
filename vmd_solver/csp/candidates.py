"""Candidate masks of whole batches: bit v - 1 of a cell's word is set where value v is possible.

Words have 64 bits, or, for more values than that, any number (objects of Python, and slower).

A few rows go through the plain kernel and very many through the compiled one. Between them, and
wherever numba is not installed, numpy works on the whole batch at once, to the same fixpoint.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.compiled import machine
from vmd_solver.csp.memory import kept
from vmd_solver.csp.puzzle import Board

Masks = npt.NDArray[np.uint64]
Allowed = npt.NDArray[np.bool_]

CHUNK_CELLS = 1 << 15
"""Cells that numpy propagates at a time: keeps its arrays in the processor's cache."""

NUMPY_SPEED = 20
"""How much less work numpy makes of a cell than a search in plain Python does."""

FEW = 8
"""Rows up to which the plain kernel is faster than numpy."""

_ONE = np.uint64(1)


def words_of(D: int) -> npt.DTypeLike:
    """The type of masks of D values."""
    return np.uint64 if D < 64 else np.object_


def full_mask(board: Board) -> int:
    """The mask of an open cell; 0 where some unit has more cells than there are values."""
    return 0 if any(len(unit) > board.D for unit in board.units) else (1 << board.D) - 1


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
    board: Board, masks: npt.ArrayLike, compiled: bool | None = None
) -> tuple[Masks, npt.NDArray[np.bool_]]:
    """Masks (B, n) narrowed by naked and hidden singles until they yield no more; which rows live.

    Returns the masks and `consistent` (B,) bool. A row that contradicts itself comes back as
    zeros. No value of any solution within the masks given is ever struck.

    >>> from vmd_solver.csp.families import latin
    >>> puzzle = initial_masks(latin(2), [[1, 0, 0, 0], [1, 1, 0, 0]])
    >>> narrowed, consistent = propagate(latin(2), puzzle)
    >>> masks_to_values(narrowed).tolist(), consistent.tolist()
    ([[1, 2, 2, 1], [0, 0, 0, 0]], [True, False])
    """
    rows = np.asarray(masks, dtype=words_of(board.D))
    use = machine(compiled if rows.dtype == np.uint64 else False, rows.size // NUMPY_SPEED)
    padded = board.n * board.most_homes  # of a graph a cell may be in any number of units
    few = len(rows) <= FEW or rows.dtype != np.uint64
    if use.compiled or few or board.linked or padded > CHUNK_CELLS:
        words = use.give(rows)
        use.propagate_many(use.tables(board), use.state(board, levels=2), words)
        narrowed: Masks = np.array(words, dtype=rows.dtype).reshape(rows.shape)
    else:
        step, layout = max(1, CHUNK_CELLS // board.n), _layout(board)
        parts = [_propagate(layout, rows[at : at + step]) for at in range(0, len(rows), step)]
        narrowed = np.concatenate([rows[:0], *parts])
    return narrowed, np.asarray((narrowed > 0).all(axis=1))


def _propagate(layout: _Layout, rows: Masks) -> Masks:
    """One chunk. Works on columns (n, B): a unit's words for the whole batch lie side by side."""
    narrowed = np.zeros_like(rows)
    cand = np.ascontiguousarray(rows.T)
    going = np.arange(len(rows))
    while len(going):
        after, alive = _sweep(layout, cand)
        settled = (after == cand).all(axis=0)
        narrowed[going[alive & settled]] = after[:, alive & settled].T
        more = alive & ~settled
        going, cand = going[more], after[:, more]
    return narrowed


class _Layout(NamedTuple):
    """`members` (W, U): cells of each unit, n beyond its end. `homes` (R, n): units of each cell,
    U beyond. `required` (U, 1): every value for complete units, 0 for others."""

    members: npt.NDArray[np.intp]
    homes: npt.NDArray[np.intp]
    required: Masks


@kept(256)  # boards may be drawn by the thousand
def _layout(board: Board) -> _Layout:
    required = np.where(board.complete, full_mask(board), 0).astype(np.uint64)[:, None]
    members = list(zip_longest(*board.units, fillvalue=board.n))
    homes = list(zip_longest(*board.homes, fillvalue=len(board.units)))
    return _Layout(np.array(members, dtype=np.intp), np.array(homes, dtype=np.intp), required)


def _sweep(layout: _Layout, cand: Masks) -> tuple[Masks, npt.NDArray[np.bool_]]:
    """Each single that `cand` (n, B) shows, used once; and which columns (B,) stay consistent."""
    U, B = len(layout.required), cand.shape[1]
    nothing = np.zeros((1, B), dtype=np.uint64)
    words = np.concatenate([cand, nothing])
    singles = _single(words)
    once, twice, fixed, clash = np.zeros((4, U, B), dtype=np.uint64)
    for cells in layout.members:
        word, single = words[cells], singles[cells]
        twice |= once & word
        once |= word
        clash |= fixed & single
        fixed |= single
    hidden = layout.required & ~twice & ~fixed
    fixed, hidden = np.concatenate([fixed, nothing]), np.concatenate([hidden, nothing])
    struck, lone = np.zeros((2, *cand.shape), dtype=np.uint64)
    for units in layout.homes:
        struck |= fixed[units]
        lone |= hidden[units]
    after = np.where(singles[:-1] > 0, cand, cand & ~struck)
    lone &= after
    after = np.where(lone > 0, lone, after)
    wrong = (clash > 0) | (layout.required & ~once > 0)
    alive = ~wrong.any(axis=0) & (after > 0).all(axis=0) & (_single(lone) == lone).all(axis=0)
    return after, alive


def _single(words: Masks) -> Masks:
    """The words that have exactly one bit, 0 elsewhere."""
    return np.where(words & (words - _ONE), np.uint64(0), words)
