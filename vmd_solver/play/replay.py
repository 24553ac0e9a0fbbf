"""A run of the solver as a replay: frame by frame what each latent's board showed.

Made from rows of the event stream (`sampling.job.Event`), as they happen or from a trace file.
A frame is what one call proposed, what was committed after it, or what was masked again; latents
that work side by side share it. Knows neither the engine at work nor any screen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import repeat
from pathlib import Path
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.errors import PuzzleError, SaveError
from vmd_solver.formats import parse
from vmd_solver.play.game import Rules, mask_values

MOST_REPLAYS, MOST_LATENTS = 100, 1024
"""Puzzles of a trace that are offered; latents of one, more are taken for a damaged file."""

Row = dict[str, Any]


class State(IntEnum):
    """What a cell is in a frame."""

    OPEN = 0
    GIVEN = 1
    PROPOSED = 2  # masked; shown is the value that the last call finds most probable
    NOW = 3  # committed after the last call
    EARLIER = 4  # committed after an earlier one
    REMASKED = 5  # committed, and masked again after the last call; shown is the value it lost
    VERIFIED = 6  # part of the full grid that the verifier accepted


_COMMITTED = (State.NOW, State.EARLIER)
_SETTLED = (*_COMMITTED, State.GIVEN, State.VERIFIED)


@dataclass(frozen=True)
class Cell:
    """One cell of one latent's board, and what the call that proposed its value said of it.

    That is the value's probability, None where no call proposed it; where the run tells so much,
    also the likeliest values with theirs, the likeliest first, and the entropy in nats.
    """

    state: State
    value: int = 0
    probability: float | None = None
    likeliest: tuple[tuple[int, float], ...] = ()
    entropy: float | None = None


@dataclass(frozen=True)
class Layer:
    """The board of one latent, and its cells whose value breaks a rule."""

    cells: tuple[Cell, ...]
    conflicts: frozenset[int] = frozenset()

    @property
    def values(self) -> tuple[int, ...]:
        """The value shown in each cell, 0 where none is."""
        return tuple(cell.value for cell in self.cells)

    @property
    def solved(self) -> bool:
        """Whether it shows a full grid that breaks no rule."""
        return not self.conflicts and all(self.values)

    def count(self, *states: State) -> int:
        """How many cells are in one of these states."""
        return sum(cell.state in states for cell in self.cells)

    def differing(self, others: Iterable[Layer]) -> frozenset[int]:
        """The cells that show another value than any of the others does, where both show one."""
        own = self.values
        shown = (pair for other in others for pair in enumerate(other.values))
        return frozenset(at for at, value in shown if value and own[at] not in (0, value))


@dataclass(frozen=True)
class Frame:
    """A frame of the replay. `step` names it, and `event` the kind of step, "" at the beginning;
    counters are totals since then, and `status` says how the run ended, "" before that."""

    step: str
    layers: tuple[Layer, ...]
    event: str = ""
    nfe: int = 0
    loops: int = 0
    remasked: int = 0
    guesses: int = 0
    status: str = ""


Change = Callable[[int, Cell], Cell]
"""What becomes of a cell, by its number."""


class Replay:
    """The frames of one puzzle's run, growing with each row that is added."""

    def __init__(self, puzzle: Puzzle, latents: int = 1) -> None:
        """With the boards of so many latents from the beginning; a row may bring more."""
        self.puzzle = puzzle
        self._rules = Rules(puzzle.board)
        cells = tuple(Cell(State.GIVEN if v else State.OPEN, v) for v in puzzle.givens)
        self._blank = Layer(cells)
        self.frames = [Frame("the puzzle", (self._blank,) * latents)]

    @property
    def ended(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.frames[-1].status)

    def candidates(self, layer: Layer, cell: int) -> tuple[int, ...]:
        """The values of an open cell that no given and no committed peer holds."""
        held = [shown.value if shown.state in _SETTLED else 0 for shown in layer.cells]
        return tuple(mask_values(self._rules.candidates(held)[cell]))

    def add(self, row: Row) -> None:
        """Add one row. Raises SaveError where it makes no sense for this puzzle."""
        takers = {
            "Propagated": self._propagated,
            "DrewLatent": self._drew,
            "Called": self._called,
            "Committed": self._committed,
            "Remasked": self._remasked,
            "Searched": self._searched,
            "Verified": self._verified,
            "Finished": self._finished,
        }
        try:
            if row["event"] == "Began":  # who holds the replay knows of what
                return
            take = takers[row["event"]]
        except (KeyError, TypeError):
            raise SaveError(f"not an event of a trace: {row!r:.40}") from None
        if self.ended:
            raise SaveError(f"{row['event']} after the end of its puzzle")
        self._event = row["event"]
        try:
            take(row)
        except (LookupError, TypeError, ValueError) as error:
            message = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise SaveError(f"{row['event']} makes no sense: {message}") from None

    # One event each

    def _propagated(self, row: Row) -> None:
        self._change("propagation", row.get("latent", 0), self._now(row, repeat(None)))

    def _drew(self, row: Row) -> None:
        self._show(-1, _whole(row["latent"], "latent", 0, MOST_LATENTS), lambda at, cell: cell)

    def _called(self, row: Row) -> None:
        n, grid, chances = self.puzzle.board.n, row["grid"], row["probabilities"]
        if not len(grid) == len(chances) == n:
            raise ValueError(f"{n} cells expected, got {len(grid)} and {len(chances)}")
        values, chances = [*map(self._value, grid)], [*map(_chance, chances)]
        told = row.get("likeliest", [()] * n), row.get("entropies", [None] * n)
        likeliest, entropies = [*map(self._ranked, told[0])], [*map(_nats, told[1])]
        if not len(likeliest) == len(entropies) == n:
            raise ValueError(f"{n} cells expected, got {len(likeliest)} and {len(entropies)}")

        def asked(at: int, cell: Cell) -> Cell:
            """Committed cells are closed to the call, others show what it says."""
            if cell.state in _COMMITTED:
                return replace(cell, state=State.EARLIER)
            given = cell.state is State.GIVEN
            told = values[at], chances[at], likeliest[at], entropies[at]
            return cell if given else Cell(State.PROPOSED, *told)

        counts = _counts(row, "nfe", "loops")
        self._change(f"call {counts['nfe']}", row["latent"], asked, **counts)

    def _committed(self, row: Row) -> None:
        changed = self._now(row, map(_chance, row["probabilities"]))
        self._change(f"commit after call {self.frames[-1].nfe}", row["latent"], changed)

    def _remasked(self, row: Row) -> None:
        cells, frame = [*map(self._cell, row["cells"])], self.frames[-1]

        def masked(at: int, cell: Cell) -> Cell:
            return replace(cell, state=State.REMASKED) if at in cells else cell

        step, count = f"remask after call {frame.nfe}", frame.remasked + len(cells)
        self._change(step, row["latent"], masked, remasked=count)

    def _searched(self, row: Row) -> None:
        self._append("search", **_counts(row, "guesses"))

    def _verified(self, row: Row) -> None:
        values, n = tuple(map(self._value, row["values"])), self.puzzle.board.n
        if len(values) != n:
            raise ValueError(f"{n} values expected, got {len(values)}")

        def verified(at: int, cell: Cell) -> Cell:
            if cell.state is State.GIVEN:
                return cell
            asked = cell.value == values[at]
            return (
                replace(cell, state=State.VERIFIED) if asked else Cell(State.VERIFIED, values[at])
            )

        # The grid of a search is no latent's: then it is shown on every board.
        layers = self.frames[-1].layers
        own = [at for at, layer in enumerate(layers) if layer.values == values]
        self._append("verified")
        for latent in own or range(len(layers)):
            self._show(-1, latent, verified)

    def _finished(self, row: Row) -> None:
        counts, status = _counts(row, "nfe", "loops", "guesses"), str(row["status"])
        if not status:
            raise ValueError("an empty status")
        self._append(status, status=status, **counts)

    # What they share

    def _append(self, step: str, **changes: Any) -> None:
        self.frames.append(replace(self.frames[-1], step=step, event=self._event, **changes))

    def _change(self, step: str, latent: Any, change: Change, **counts: Any) -> None:
        """Change a latent's board in the frame of a step, unless others took it a new one."""
        number = _whole(latent, "latent", 0, MOST_LATENTS)
        near = [frame.step for frame in self.frames[-3:]]
        if step in near:
            self.frames[-1] = replace(self.frames[-1], **counts)
        else:
            self._append(step, **counts)
        self._show(near.index(step) - len(near) if step in near else -1, number, change)

    def _show(self, since: int, latent: int, change: Change) -> None:
        """Change a latent's board in the frames from number `since`, counted from the end."""
        layers = self.frames[since].layers
        before = layers[latent] if latent < len(layers) else self._blank
        after = Layer(tuple(change(at, cell) for at, cell in enumerate(before.cells)))
        after = replace(after, conflicts=self._rules.conflicts(after.values))
        for at in range(since, 0):
            held = self.frames[at].layers
            held += (self._blank,) * (latent + 1 - len(held))
            held = (*held[:latent], after, *held[latent + 1 :])
            self.frames[at] = replace(self.frames[at], layers=held)

    def _now(self, row: Row, chances: Iterable[float | None]) -> Change:
        """Commits the cells of a row."""
        cells, values = row["cells"], row["values"]
        if len(cells) != len(values):
            raise ValueError(f"{len(cells)} cells, {len(values)} values")
        changes = {
            self._cell(cell): (State.NOW, self._value(value), chance)
            for cell, value, chance in zip(cells, values, chances, strict=False)
        }

        def now(at: int, cell: Cell) -> Cell:
            said = cell.likeliest, cell.entropy
            return Cell(*changes[at], *said) if at in changes else cell

        return now

    def _cell(self, cell: Any) -> int:
        at = _whole(cell, "cell", 0, self.puzzle.board.n)
        if self.puzzle.givens[at]:
            raise ValueError(f"cell {at} is given")
        return at

    def _ranked(self, pairs: Any) -> tuple[tuple[int, float], ...]:
        return tuple((self._value(value), _chance(p)) for value, p in pairs)

    def _value(self, value: Any) -> int:
        return _whole(value, "value", 1, self.puzzle.board.D + 1)


def _whole(number: Any, name: str, least: int = 0, below: int = 1 << 62) -> int:
    if type(number) is not int or not least <= number < below:
        raise ValueError(f"no {name} {number!r:.40}")
    return number


def _counts(row: Row, *names: str) -> dict[str, int]:
    return {name: _whole(row[name], name) for name in names}


def _chance(p: Any) -> float:
    if type(p) not in (int, float) or not 0 <= p <= 1:
        raise ValueError(f"no probability {p!r:.40}")
    return float(p)


def _nats(number: Any) -> float | None:
    if number is None:
        return None
    if type(number) not in (int, float) or not -1e-3 <= number < math.inf:
        raise ValueError(f"no entropy {number!r:.40}")
    return max(0.0, float(number))


def read_trace(path: Path) -> list[Replay]:
    """The replays of a file that `vmd-solve --trace` wrote, at most MOST_REPLAYS.

    Raises SaveError, with file and line, where it is no such file or a damaged one.
    """
    replays: dict[int, Replay] = {}
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                number += 1
                _add(replays, json.loads(line))
    except OSError as error:
        raise SaveError(f"{path.name}: cannot be read: {error.strerror or error}") from None
    except (SaveError, PuzzleError) as error:
        raise SaveError(f"{path.name}:{number}: {error}") from None
    except (ValueError, RecursionError):
        where = f"{path.name}:{number}"
        raise SaveError(f"{where}: no line of a trace; one JSON event a line expected") from None
    if not replays:
        raise SaveError(f"{path.name}: it holds no puzzle; write one with vmd-solve --trace")
    return list(replays.values())


def is_trace(path: Path) -> bool:
    """Whether a file begins as a trace does; not whether it is sound."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip().startswith(b'{"event":')
    except OSError:
        return False


def _add(replays: dict[int, Replay], row: Any) -> None:
    if not isinstance(row, dict) or type(row.get("puzzle")) is not int:
        raise SaveError(f"an event with the number of its puzzle expected, got {row!r:.40}")
    number = row["puzzle"]
    if row.get("event") == "Began":
        if number in replays:
            raise SaveError(f"puzzle {number} began twice")
        if len(replays) < MOST_REPLAYS:
            replays[number] = Replay(parse(json.dumps(row.get("asked")), format="jsonl"))
    elif number in replays:
        replays[number].add(row)
    elif len(replays) < MOST_REPLAYS:
        raise SaveError(f"puzzle {number} has not begun; write the trace again with this version")
