"""A run of the solver as a replay: frame by frame what each latent's board showed.

Made from rows of the event stream (`sampling.job.Event`), as they happen or from a trace file.
A frame is what one call proposed, what was committed after it, or what was masked again; latents
that work side by side share it. Knows neither the engine at work nor any screen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import repeat
from pathlib import Path
from typing import Any

from vmd_solver.csp import Puzzle
from vmd_solver.errors import PuzzleError, SaveError
from vmd_solver.formats import parse
from vmd_solver.play.rules import Rules, mask_values

MOST_REPLAYS = 100
"""Puzzles of a trace that are offered; a trace may hold millions."""

MOST_LATENTS = 1024
"""Latents of one puzzle in a trace; more are taken for a damaged file."""

Row = dict[str, Any]


class State(IntEnum):
    """What a cell is in a frame."""

    OPEN = 0
    GIVEN = 1
    PROPOSED = 2
    """Masked; shown is the value that the last call finds most probable."""
    NOW = 3
    """Committed after the last call."""
    EARLIER = 4
    """Committed after an earlier one."""
    REMASKED = 5
    """Committed, and masked again after the last call; shown is the value it lost."""
    VERIFIED = 6
    """Part of the full grid that the verifier accepted."""


_COMMITTED = (State.NOW, State.EARLIER)
_SETTLED = (*_COMMITTED, State.GIVEN, State.VERIFIED)


@dataclass(frozen=True)
class Cell:
    """One cell of one latent's board."""

    state: State
    value: int = 0
    probability: float | None = None
    """That of the value in the call that proposed it; None where no call did."""


@dataclass(frozen=True)
class Layer:
    """The board of one latent."""

    cells: tuple[Cell, ...]
    conflicts: frozenset[int] = frozenset()
    """Cells whose value breaks a rule."""
    source: str = ""
    """Where its latent came from."""

    @property
    def values(self) -> tuple[int, ...]:
        """The value shown in each cell, 0 where none is."""
        return tuple(cell.value for cell in self.cells)


@dataclass(frozen=True)
class Frame:
    """A frame of the replay. `step` names it, counters are totals since the beginning."""

    step: str
    layers: tuple[Layer, ...]
    nfe: int = 0
    loops: int = 0
    remasked: int = 0
    guesses: int = 0
    status: str = ""
    """How the run ended; empty before its end."""


class Replay:
    """The frames of one puzzle's run, growing with each row that is added."""

    def __init__(self, puzzle: Puzzle) -> None:
        self.puzzle = puzzle
        self._rules = Rules(puzzle.board)
        cells = tuple(Cell(State.GIVEN if v else State.OPEN, v) for v in puzzle.givens)
        self._blank = Layer(cells)
        self.frames = [Frame("the puzzle", (self._blank,))]

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
        try:
            if row["event"] == "Began":  # who holds the replay knows of what
                return
            take = _TAKERS[row["event"]]
        except (KeyError, TypeError):
            raise SaveError(f"not an event of a trace: {_short(row)}") from None
        if self.ended:
            raise SaveError(f"{row['event']} after the end of its puzzle")
        try:
            take(self, row)
        except (LookupError, TypeError, ValueError) as error:
            message = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise SaveError(f"{row['event']} makes no sense: {message}") from None

    # One event each

    def _propagated(self, row: Row) -> None:
        changes = self._changes(row, State.NOW, repeat(None))
        self._on("elimination", row.get("latent", 0), lambda layer: _changed(layer, changes))

    def _drew(self, row: Row) -> None:
        latent = _whole(row["latent"], "latent", MOST_LATENTS)
        self._show(-1, latent, lambda layer: replace(layer, source=str(row["source"])))

    def _called(self, row: Row) -> None:
        grid, probabilities = row["grid"], row["probabilities"]
        n = self.puzzle.board.n
        if not len(grid) == len(probabilities) == n:
            raise ValueError(f"{n} cells expected, got {len(grid)} and {len(probabilities)}")
        values = [self._value(value) for value in grid]
        chances = [_chance(p) for p in probabilities]
        counts = _counts(row, "nfe", "loops")
        self._on(
            f"call {counts['nfe']}",
            row["latent"],
            lambda layer: replace(layer, cells=tuple(map(_asked, layer.cells, values, chances))),
            **counts,
        )

    def _committed(self, row: Row) -> None:
        changes = self._changes(row, State.NOW, row["probabilities"])
        step = f"commit after call {self.frames[-1].nfe}"
        self._on(step, row["latent"], lambda layer: _changed(layer, changes))

    def _remasked(self, row: Row) -> None:
        cells = [self._cell(cell) for cell in row["cells"]]
        frame = self.frames[-1]

        def mask(layer: Layer) -> Layer:
            masked = {at: replace(layer.cells[at], state=State.REMASKED) for at in cells}
            return _changed(layer, masked)

        step = f"remask after call {frame.nfe}"
        self._on(step, row["latent"], mask, remasked=frame.remasked + len(cells))

    def _searched(self, row: Row) -> None:
        guesses = _whole(row["guesses"], "guesses")
        self.frames.append(replace(self.frames[-1], step="search", guesses=guesses))

    def _verified(self, row: Row) -> None:
        values = tuple(self._value(value) for value in row["values"])
        if len(values) != self.puzzle.board.n:
            raise ValueError(f"{self.puzzle.board.n} values expected, got {len(values)}")
        frame = self.frames[-1]
        # The grid of a search is no latent's: then it is shown on every board.
        own = [layer.values == values for layer in frame.layers]
        shown = [mine or not any(own) for mine in own]
        layers = (
            self._checked(_verify(layer, values)) if show else layer
            for layer, show in zip(frame.layers, shown, strict=True)
        )
        self.frames.append(replace(frame, step="verified", layers=tuple(layers)))

    def _finished(self, row: Row) -> None:
        counts = _counts(row, "nfe", "loops", "guesses")
        status = str(row["status"])
        if not status:
            raise ValueError("an empty status")
        self.frames.append(replace(self.frames[-1], step=status, status=status, **counts))

    # What they share

    def _on(self, step: str, latent: Any, change: Callable[[Layer], Layer], **counts: Any) -> None:
        """Change a latent's board in the frame of this step: a new one, or one shared so far."""
        number = _whole(latent, "latent", MOST_LATENTS)
        at = self._frame_of(step)
        if at is None:
            at = len(self.frames)
            self.frames.append(replace(self.frames[-1], step=step, **counts))
        else:
            self.frames[-1] = replace(self.frames[-1], **counts)
        self._show(at - len(self.frames), number, change)

    def _frame_of(self, step: str) -> int | None:
        """The frame of a step that other latents take too: one of the last three, if any."""
        count = len(self.frames)
        near = range(max(0, count - 3), count)
        return next((at for at in near if self.frames[at].step == step), None)

    def _show(self, since: int, latent: int, change: Callable[[Layer], Layer]) -> None:
        """Change a latent's board in the frames from number `since`, counted from the end."""
        layers = self.frames[since].layers
        before = layers[latent] if latent < len(layers) else self._blank
        after = self._checked(change(before))
        for at in range(since, 0):
            held = self.frames[at].layers
            held += (self._blank,) * (latent + 1 - len(held))
            held = (*held[:latent], after, *held[latent + 1 :])
            self.frames[at] = replace(self.frames[at], layers=held)

    def _checked(self, layer: Layer) -> Layer:
        return replace(layer, conflicts=self._rules.conflicts(layer.values))

    def _changes(self, row: Row, state: State, probabilities: Any) -> dict[int, Cell]:
        cells, values = row["cells"], row["values"]
        if len(cells) != len(values):
            raise ValueError(f"{len(cells)} cells, {len(values)} values")
        return {
            self._cell(cell): Cell(state, self._value(value), None if p is None else _chance(p))
            for cell, value, p in zip(cells, values, probabilities, strict=False)
        }

    def _cell(self, cell: Any) -> int:
        at = _whole(cell, "cell", self.puzzle.board.n)
        if self.puzzle.givens[at]:
            raise ValueError(f"cell {at} is given")
        return at

    def _value(self, value: Any) -> int:
        if not _whole(value, "value", self.puzzle.board.D + 1):
            raise ValueError("value 0")
        return int(value)


_TAKERS: dict[str, Callable[[Replay, Row], None]] = {
    "Propagated": Replay._propagated,
    "DrewLatent": Replay._drew,
    "Called": Replay._called,
    "Committed": Replay._committed,
    "Remasked": Replay._remasked,
    "Searched": Replay._searched,
    "Verified": Replay._verified,
    "Finished": Replay._finished,
}


def _changed(layer: Layer, changes: dict[int, Cell]) -> Layer:
    cells = tuple(changes.get(at, cell) for at, cell in enumerate(layer.cells))
    return replace(layer, cells=cells)


def _asked(cell: Cell, value: int, probability: float) -> Cell:
    """The cell after another call: committed ones are closed to it, others show what it says."""
    if cell.state is State.GIVEN:
        return cell
    if cell.state in _COMMITTED:
        return replace(cell, state=State.EARLIER)
    return Cell(State.PROPOSED, value, probability)


def _verify(layer: Layer, values: tuple[int, ...]) -> Layer:
    cells = (
        cell
        if cell.state is State.GIVEN
        else Cell(State.VERIFIED, value, cell.probability if cell.value == value else None)
        for cell, value in zip(layer.cells, values, strict=True)
    )
    return replace(layer, cells=tuple(cells))


def _whole(number: Any, name: str, below: int = 1 << 62) -> int:
    if type(number) is not int or not 0 <= number < below:
        raise ValueError(f"no {name} {_short(number)}")
    return number


def _counts(row: Row, *names: str) -> Row:
    return {name: _whole(row[name], name) for name in names}


def _chance(p: Any) -> float:
    if type(p) not in (int, float) or not 0 <= p <= 1:
        raise ValueError(f"no probability {_short(p)}")
    return float(p)


def _short(found: Any) -> str:
    text = repr(found)
    return text if len(text) <= 40 else f"{text[:39]}…"


def read_trace(path: Path) -> list[Replay]:
    """The replays of a file that `vmd-solve --trace` wrote, at most MOST_REPLAYS.

    Raises SaveError, with file and line, where it is no such file or a damaged one.
    """
    replays: dict[int, Replay] = {}
    for number, row in _rows(path):
        try:
            _add(replays, row)
        except (SaveError, PuzzleError) as error:
            raise SaveError(f"{path.name}:{number}: {error}") from None
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


def _rows(path: Path) -> Iterator[tuple[int, Any]]:
    number = 0
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield number, json.loads(line)
    except OSError as error:
        raise SaveError(f"{path.name}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        where = f"{path.name}:{number}"
        raise SaveError(f"{where}: no line of a trace; one JSON event a line expected") from None


def _add(replays: dict[int, Replay], row: Any) -> None:
    if not isinstance(row, dict) or type(row.get("puzzle")) is not int:
        raise SaveError(f"an event with the number of its puzzle expected, got {_short(row)}")
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
