"""When are two puzzles the same but for a symmetry of their boards and the names of values?

`canonical` answers exactly, for any board, by a form that equivalent puzzles share and no others;
`signatures` answer quickly and for whole batches, with numbers that equivalent puzzles share and
others hardly ever.

A puzzle is a graph of cells, units and values. Colours are 64-bit numbers made only of what a
symmetry keeps, so they never depend on the order of cells; two colours that come out equal by
chance make the search longer and the form no less exact. Source: colour refinement and
individualisation after McKay, Practical Graph Isomorphism (1981); the layout is ours.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vmd_solver.csp.puzzle import Board, Puzzle

Colours = npt.NDArray[np.uint64]

ROUNDS = 5
"""Rounds of a signature. Refinement continues until nothing changes."""

CHUNK_CELLS = 1 << 16
"""Cells, times values, that are hashed at a time: bounds memory."""

_CELL, _UNIT, _VALUE, _CHOSEN = (np.uint64(2**61 + odd) for odd in (1, 15, 31, 63))


def canonical(puzzle: Puzzle) -> bytes:
    """The form of a puzzle: equal for two puzzles exactly where they are equivalent.

    That is where some renaming of cells and values takes the units of one board to those of the
    other, and givens to givens. A 9x9 puzzle takes about a millisecond, an empty 9x9 board less
    than a tenth of a second; very regular large boards take longer.

    >>> from vmd_solver.csp.families import latin
    >>> one, other, third = ((1, 2, 0, 0), (0, 1, 0, 2), (1, 0, 0, 2))
    >>> forms = [canonical(Puzzle(latin(2), givens)) for givens in (one, other, third)]
    >>> forms[0] == forms[1], forms[0] == forms[2]
    (True, False)
    """
    return _Search(puzzle).form()


def signatures(board: Board, givens: npt.ArrayLike) -> Colours:
    """A number for each puzzle (B, n): equal where puzzles are equivalent, hardly ever elsewhere.

    Comparable between boards: (B,) uint64.
    """
    rows = np.asarray(givens, dtype=np.int8)
    step = max(1, CHUNK_CELLS // (board.n * board.D))
    found = np.zeros(len(rows), dtype=np.uint64)
    for part in (slice(at, at + step) for at in range(0, len(rows), step)):
        colours = np.zeros(rows[part].shape, dtype=np.uint64)
        for _ in range(ROUNDS):
            colours = _round(board, rows[part], colours)
        found[part] = _mix(_mix(colours).sum(axis=1) + np.uint64(board.D))
    return found


class Known:
    """A set of puzzles, on any boards, that finds their equivalents among others."""

    def __init__(self) -> None:
        self._forms: dict[int, list[Puzzle | bytes]] = {}
        self._sizes: set[tuple[int, int]] = set()

    def add(self, board: Board, givens: npt.ArrayLike) -> None:
        """Take in puzzles (B, n)."""
        rows = np.asarray(givens, dtype=np.int8)
        self._sizes.add((board.n, board.D))
        for key, row in zip(signatures(board, rows).tolist(), rows.tolist(), strict=True):
            self._forms.setdefault(key, []).append(Puzzle(board, tuple(row)))

    def holds(self, board: Board, givens: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Which of the puzzles (B, n) are equivalent to one that was taken in: (B,) bool."""
        rows = np.asarray(givens, dtype=np.int8)
        held = np.zeros(len(rows), dtype=np.bool_)
        if (board.n, board.D) in self._sizes:
            for at, key in enumerate(signatures(board, rows).tolist()):
                if key in self._forms:
                    held[at] = canonical(Puzzle(board, tuple(rows[at].tolist()))) in self._exact(
                        key
                    )
        return held

    def _exact(self, key: int) -> list[Puzzle | bytes]:
        """The forms of the puzzles with this signature; made when first asked for."""
        forms = self._forms[key] = [
            canonical(one) if isinstance(one, Puzzle) else one for one in self._forms[key]
        ]
        return forms


class _Search:
    """The tree of ways to distinguish the cells of one puzzle, and its least leaf.

    At each node the cells of one colour are made different one by one, which of them is a choice.
    Of the choices only those with the least digest are followed; a leaf equal to the least one so
    far shows a symmetry, and what that maps to a choice already followed need not be.
    """

    def __init__(self, puzzle: Puzzle) -> None:
        self.board, self.givens = puzzle.board, puzzle.to_array().astype(np.int8)
        self.symmetries: list[list[int]] = []
        self.least: tuple[bytes, list[int], list[int]] | None = None

    def form(self) -> bytes:
        """The least leaf."""
        nothing = np.zeros((1, self.board.n), np.uint64)
        self._visit(_refined(self.board, self.givens, nothing)[0], [])
        assert self.least is not None
        return self.least[0]

    def _visit(self, colours: Colours, path: list[int]) -> int:
        """Visit the node that distinguishes the cells of `path`; the depth to continue from.

        It branches on the cells of the colour that fewest share, of those that several do.
        """
        found, counts = np.unique(colours, return_counts=True)
        shared = counts > 1
        if not shared.any():
            return self._leaf(np.argsort(colours), path)
        cells = np.flatnonzero(colours == found[shared][np.argmin(counts[shared])])
        children = np.tile(colours, (len(cells), 1))
        children[np.arange(len(cells)), cells] += _CHOSEN
        children = _refined(self.board, self.givens, children)
        digests = _mix(children).sum(axis=1)
        followed: list[int] = []
        for choice in np.flatnonzero(digests == digests.min()).tolist():
            cell = int(cells[choice])
            if cell not in self._images(followed, path):
                depth = self._visit(children[choice], [*path, cell])
                if depth < len(path):
                    return depth
                followed.append(cell)
        return len(path)

    def _leaf(self, order: npt.NDArray[np.intp], path: list[int]) -> int:
        # The whole puzzle with its cells in that order, and values named as they come.
        names = {0: 0}
        renamed = bytes(names.setdefault(v, len(names)) for v in self.givens[order].tolist())
        incidence = _incidence(self.board)[:, order] > 0
        units = sorted(map(bytes, np.packbits(incidence, axis=1)))
        size = self.board.n.to_bytes(4), self.board.D.to_bytes(1)
        form, cells = b"".join([*size, renamed, *units]), order.tolist()
        if self.least is None or form < self.least[0]:
            self.least = form, cells, path
        elif form == self.least[0]:
            _, others, other_path = self.least
            symmetry = dict(zip(others, cells, strict=True))
            self.symmetries.append([symmetry[cell] for cell in range(len(cells))])
            # All from where the paths part is the image of what has been seen.
            return next(at for at, cell in enumerate(path) if cell != other_path[at])
        return len(path)

    def _images(self, cells: list[int], path: list[int]) -> set[int]:
        """Where the symmetries known that keep every cell of `path` take the cells."""
        keeping = [s for s in self.symmetries if all(s[cell] == cell for cell in path)]
        reached, new = set(cells), list(cells)
        while new:
            cell = new.pop()
            images = {symmetry[cell] for symmetry in keeping} - reached
            reached |= images
            new += images
        return reached


def _refined(board: Board, givens: npt.NDArray[np.int8], colours: Colours) -> Colours:
    """Colours (B, n) of one puzzle, refined until their number no longer grows, row by row."""
    colours = colours.copy()
    distinct = _distinct(colours)
    going = np.arange(len(colours))
    while len(going):
        colours[going] = _round(board, givens[None], colours[going])
        before, distinct[going] = distinct[going], _distinct(colours[going])
        going = going[distinct[going] > before]
    return colours


def _distinct(colours: Colours) -> npt.NDArray[np.intp]:
    """How many colours each row of (B, n) has: (B,)."""
    differ: npt.NDArray[np.intp] = (np.diff(np.sort(colours, axis=1), axis=1) != 0).sum(axis=1)
    return differ


def _round(board: Board, givens: npt.NDArray[np.int8], colours: Colours) -> Colours:
    """One step of refinement: colours (B, n) that say more; givens (B, n) or (1, n).

    Units and values get their colours from their cells, then cells from their units and values.
    """
    incidence = _incidence(board)
    mixed = _mix(colours * _CELL)
    units = _mix(mixed @ incidence.T * _UNIT)
    shown = (givens[..., None] == np.arange(1, board.D + 1, dtype=np.int8)).astype(np.uint64)
    values = _mix((mixed[:, None] @ shown)[:, 0] * _VALUE)
    named = np.concatenate([np.zeros((len(colours), 1), np.uint64), values], axis=1)
    places = np.broadcast_to(givens.astype(np.intp), colours.shape)
    return _mix(colours + units @ incidence + np.take_along_axis(named, places, axis=1))


@lru_cache(maxsize=256)  # boards may be drawn by the thousand
def _incidence(board: Board) -> Colours:
    """Unit incidence (U, n) of the units that bind anything, each once."""
    units = sorted({tuple(sorted(unit)) for unit in board.units if len(unit) > 1})
    table = np.zeros((len(units), board.n), dtype=np.uint64)
    for number, unit in enumerate(units):
        table[number, list(unit)] = 1
    return table


def _mix(words: Colours) -> Colours:
    """Words mixed so that sums of them distinguish multisets (splitmix64)."""
    words = words + np.uint64(0x9E3779B97F4A7C15)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Colours = words ^ (words >> np.uint64(31))
    return mixed
