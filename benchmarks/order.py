"""Does the order of the model shorten the search for a solution?

Each file of puzzles, in any format, or each file of a folder, is a family. Of a puzzle that
propagation leaves open one solution is sought in three ways: in the search's own order; in that of
the model, after --calls calls on what propagation left; and by guided mode as it ships, which
decides itself whether it asks. Seconds are of the processor, at one thread, of all the puzzles of a
row together; a search ends at --limit guesses, and those count. `long` are the puzzles of all
families with more than LONG guesses in the search's own order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.families import families
from benchmarks.harness import end, options_of, show
from benchmarks.solve_rate import opened
from vmd_solver.csp import Puzzle, exact
from vmd_solver.csp.candidates import masks_to_allowed, masks_to_values
from vmd_solver.denoiser import Denoiser
from vmd_solver.denoiser.protocol import Floats
from vmd_solver.sampling import Settings, Solver
from vmd_solver.sampling.policy import softmax
from vmd_training.evaluation.sets import propagated
from vmd_training.tables import Cell, Row, number

LONG = 50
"""Guesses."""


def predicted(denoiser: Denoiser, puzzle: Puzzle, calls: int) -> Floats:
    """p (n, D) after so many calls on what propagation leaves, with one z of the learned prior."""
    board, masks = puzzle.board, propagated(puzzle)
    x_t = masks_to_values(masks).astype(np.int64)
    allowed = masks_to_allowed(masks, board.D).astype(np.float32)
    z, h = denoiser.draw(board, x_t, allowed, np.random.default_rng(0)), denoiser.start(board, 1)
    for _ in range(calls):
        logits, h = denoiser(board, x_t, allowed, z, h)
    p: Floats = softmax(logits)[0]
    return p


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What comes of it, and the seconds of the processor that it takes."""
    started = time.process_time()
    return work(), time.process_time() - started


def of_puzzle(denoiser: Denoiser, puzzle: Puzzle, calls: int, limit: int) -> Row:
    """Guesses and seconds of each way."""
    search = partial(exact.count, puzzle, 1, max_guesses=limit)
    guided = Solver(Settings("guided", max_guesses=limit), denoiser)
    own, own_s = timed(search)
    p, calls_s = timed(partial(predicted, denoiser, puzzle, calls))
    led, model_s = timed(partial(search, scores=p))
    (shipped,), guided_s = timed(lambda: list(guided.stream([puzzle])))
    return {
        "own": own.guesses,
        "model": led.guesses,
        "guided": shipped.guesses,
        "calls": shipped.nfe,
        "own_s": own_s,
        "calls_s": calls_s,
        "model_s": model_s,
        "guided_s": guided_s,
    }


def summed(name: str, rows: list[Row]) -> Row:
    """Of a family."""
    total = {key: sum(row[key] for row in rows) for key in rows[0]}
    ratios = [(row["model"] + 1) / (row["own"] + 1) for row in rows]
    fewer = sum(row["model"] < row["own"] for row in rows)
    more = sum(row["model"] > row["own"] for row in rows)
    mean = float(np.exp(np.log(ratios).mean()))
    return {"family": name, "open": len(rows), **total, "ratio": mean, "fewer": fewer, "more": more}


COLUMNS: dict[str, str | Cell] = {
    "family": "family",
    "open": "open",
    "guesses": number("own", ",.0f"),
    "by the model": number("model", ",.0f"),
    "times as many": number("ratio", ".2f"),
    "fewer": "fewer",
    "more": "more",
    "search s": number("own_s", ".3f"),
    "by the model s": number("model_s", ".3f"),
    "its calls s": number("calls_s", ".3f"),
    "guided s": number("guided_s", ".3f"),
    "guided calls": "calls",
}


def main() -> None:
    """A row for each family, then one for the long searches of all."""
    options = options_of(
        __doc__,
        rest="files of puzzles, or folders of them",
        model=(str, "name or folder; default: the usual"),
        count=(50, "puzzles of a file, at most"),
        calls=(4, "of the model before its order is used"),
        limit=(30_000, "guesses of a search"),
    )
    denoiser, head = opened(options.model)
    every: list[Row] = []

    def asked(puzzle: Puzzle) -> Row:
        return of_puzzle(denoiser, puzzle, options.calls, options.limit)

    def rows() -> Iterator[Row]:
        for name, entries in families(options.arguments, options.count):
            puzzles = [entry.puzzle for entry in entries if entry.puzzle]
            left = [one for one in puzzles if (masks_to_values(propagated(one)) == 0).any()]
            for one in left[:1]:
                asked(one)  # what only the first costs
            found = list(map(asked, left))
            every.extend(found)
            if found:
                yield summed(name, found)
        if long := [row for row in every if row["own"] > LONG]:
            yield summed("long", long)

    end("order", **head, families=show(rows(), COLUMNS), options=vars(options))


if __name__ == "__main__":
    main()
