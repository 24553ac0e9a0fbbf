"""Records of many settled puzzles at once, byte for byte those of the form's own writer.

The writer is shown one made-up outcome; what it makes of it, with the parts that differ from puzzle
to puzzle taken out, is the template for all. Knows no form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import repeat

import numpy as np
import numpy.typing as npt

from vmd_solver.cli.outcomes import Outcome
from vmd_solver.cli.request import Request
from vmd_solver.cli.rows import Form
from vmd_solver.csp import Puzzle
from vmd_solver.formats import Entry
from vmd_solver.formats.plain import Layout
from vmd_solver.sampling.bulk import Settled, solution_of

_GUESSES = 987_654_321_987_654_321
"""Occurs in no other part of a record."""


def records(
    form: Form,
    request: Request,
    layout: Layout,
    givens: npt.NDArray[np.int8],
    settled: Settled,
) -> list[bytes]:
    """The record of each settled row of `givens` (B, n)."""
    n = layout.board.n
    symbols = ("." + "".join(layout.alphabet)).encode().ljust(256)
    varying: dict[bytes, Iterable[bytes]] = {
        b"." * n: _texts(givens[settled.rows], symbols),
        layout.alphabet[0].encode() * n: _texts(settled.values, symbols),
        b"%d" % _GUESSES: map(b"%d".__mod__, settled.guesses.tolist()),
    }
    example = _example(form, request, layout, settled.seconds)
    parts = re.split(b"(" + b"|".join(map(re.escape, varying)) + b")", example)
    columns = [varying.get(part, repeat(part, len(settled.rows))) for part in parts]
    return list(map(b"".join, zip(*columns, strict=True)))


def _example(form: Form, request: Request, layout: Layout, seconds: float) -> bytes:
    """The record of an empty puzzle, with value 1 in every cell of its solution."""
    board = layout.board
    puzzle = Puzzle(board, (0,) * board.n, layout.alphabet)
    solution = solution_of(puzzle, (1,) * board.n, request.settings, _GUESSES, seconds)
    record = form.record(Outcome(Entry(puzzle, "", None, 1), solution), request)
    return record.encode(form.encoding)


def _texts(values: npt.NDArray[np.int8], symbols: bytes) -> list[bytes]:
    """The cells of each row (B, n) as text."""
    n = values.shape[1]
    text = values.tobytes().translate(symbols)
    return [text[start : start + n] for start in range(0, len(text), n)]
