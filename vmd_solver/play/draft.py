"""A text being written together with a model: what is given, masked, sampled and locked.

A text is cells. Most are a character; a masked one is a token, and a sampled one the few tokens
that make a character, or the token that makes a few of them. Every state can be had again. Masked
cells are filled by the sampler of `vmd_solver.text`. Knows no screen.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Container, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from itertools import groupby, islice, takewhile

import numpy as np

from vmd_solver.errors import TextError
from vmd_solver.text.alphabet import Alphabet, Ints
from vmd_solver.text.denoiser import TextDenoiser
from vmd_solver.text.sampler import Chosen, Committed, Event, Remasked, Sample, TextSettings, fill

MOST = 5000
"""Cells that a text may have."""
STEPS = 1000
"""Edits that can be undone."""


class Kind(Enum):
    """Where a cell's text is from."""

    GIVEN = "given"
    LOCKED = "locked"
    SAMPLED = "sampled"
    MASKED = "masked"


@dataclass(frozen=True)
class Cell:
    """A piece of the text: `text` is empty where masked."""

    kind: Kind
    text: str = ""
    tokens: int = 1  # how many masked ones it becomes when it is masked again

    @property
    def wordy(self) -> bool:
        """Whether it is part of a word; a masked token is."""
        return self.kind is Kind.MASKED or any(a.isalnum() or a in "'-" for a in self.text)


Cells = tuple[Cell, ...]
Past = list[tuple[Cells, int]]
"""Cells and cursors as they were."""

MASK = Cell(Kind.MASKED)


class Draft:
    """Cells, a cursor before one of them or at the end, and where a selection began."""

    def __init__(self) -> None:
        self.cells: Cells = ()
        self.cursor = 0
        self.anchor: int | None = None
        self._done: Past = []
        self._undone: Past = []

    @property
    def text(self) -> str:
        """The text, `_` for each masked token."""
        return "".join(cell.text or "_" for cell in self.cells)

    def count(self, kind: Kind) -> int:
        """How many cells are of this kind."""
        return sum(cell.kind is kind for cell in self.cells)

    @property
    def chosen(self) -> slice:
        """The cells that are selected, maybe none."""
        ends = sorted((self.cursor, self.cursor if self.anchor is None else self.anchor))
        return slice(*ends)

    @property
    def reach(self) -> slice:
        """What a command is about: the selection, or the word or the one cell at the cursor."""
        chosen, first, last = self.chosen, self.cursor, self.cursor
        if chosen.start < chosen.stop:
            return chosen
        while last < len(self.cells) and self.cells[last].wordy:
            last += 1
        while last > self.cursor and first and self.cells[first - 1].wordy:
            first -= 1
        return slice(first, max(last, min(self.cursor + 1, len(self.cells))))

    def go(self, to: int, select: bool = False) -> None:
        """Put the cursor before a cell; with `select` everything on the way is selected."""
        begun = self.cursor if self.anchor is None else self.anchor
        self.anchor = begun if select else None
        self.cursor = min(max(to, 0), len(self.cells))

    # Edits

    def insert(self, text: str) -> bool:
        """Write given text in place of the selection; False where it had to be cut.

        Line ends become one character; other controls are left out.
        """
        lines = text.replace("\r\n", "\n").replace("\r", "\n")
        kept = (a for a in lines if a in "\n\t" or unicodedata.category(a) not in ("Cc", "Cs"))
        return self._insert(tuple(Cell(Kind.GIVEN, letter) for letter in kept))

    def delete(self, step: int) -> None:
        """Delete the selection, or the cell before the cursor (-1) or after it (1)."""
        chosen = self.chosen
        if chosen.start == chosen.stop:
            self.anchor = min(max(self.cursor + step, 0), len(self.cells))
        self._insert(())

    def mask(self) -> bool:
        """Mask what is in reach; on a space or a mask, or at the end, put a masked token there.

        False where there is no room.
        """
        reach, chosen = self.reach, self.chosen
        inside, here = self.cells[reach], self.cells[self.cursor : self.cursor + 1]
        if chosen.start == chosen.stop and all(a == MASK or a.text.isspace() for a in here):
            return self._insert((MASK,))
        self.anchor, self.cursor = reach.start, reach.stop
        return self._insert(_masked(inside, tuple(Kind)))

    def write_on(self, count: int) -> bool:
        """Put masked tokens at the end; False where there is room for fewer."""
        self.go(len(self.cells))
        return self._insert((MASK,) * count)

    def lock(self) -> bool:
        """Lock what was sampled in reach; where all is locked, lock no longer.

        False where nothing in reach was sampled.
        """
        reach = self.reach
        inside = self.cells[reach]
        kinds, old, new = {cell.kind for cell in inside}, Kind.SAMPLED, Kind.LOCKED
        if old not in kinds:
            old, new = new, old
        if old in kinds:
            turned = (replace(cell, kind=new) if cell.kind is old else cell for cell in inside)
            self.put((*self.cells[: reach.start], *turned, *self.cells[reach.stop :]))
        return old in kinds

    def _insert(self, new: Cells) -> bool:
        """These cells in place of the selection, the cursor behind them; False if they were cut."""
        chosen = self.chosen
        before, after = self.cells[: chosen.start], self.cells[chosen.stop :]
        fitting = new[: max(0, MOST - len(before) - len(after))]
        self.anchor = None
        if fitting or chosen.start < chosen.stop:
            self._keep()
            self.cells = (*before, *fitting, *after)
            self.cursor = len(before) + len(fitting)
        return len(fitting) == len(new)

    # Sampling

    def again(self) -> Cells:
        """The cells with all that was sampled and not locked masked again."""
        return _masked(self.cells, (Kind.SAMPLED,))

    def put(self, cells: Cells) -> None:
        """Have these cells instead; the cursor stays at its place in the text."""
        self._keep()
        self.amend(cells)

    def amend(self, cells: Cells) -> None:
        """As `put`, as part of the edit before it."""
        place = sum(cell.tokens for cell in self.cells[: self.cursor])
        self.cells, self.anchor, self.cursor = cells, None, 0
        while place > 0 and self.cursor < len(cells):
            place -= cells[self.cursor].tokens
            self.cursor += 1

    # Back and forth

    def undo(self) -> bool:
        """Take the last edit back; False where there is none."""
        return self._step(self._done, self._undone)

    def redo(self) -> bool:
        """Do again what was undone last; False where there is nothing."""
        return self._step(self._undone, self._done)

    def _keep(self) -> None:
        self._done = [*self._done[1 - STEPS :], (self.cells, self.cursor)]
        self._undone.clear()

    def _step(self, kept: Past, back: Past) -> bool:
        """Put the last of `kept` in place, and what it replaces behind the last of `back`."""
        if not kept:
            return False
        back.append((self.cells, self.cursor))
        (self.cells, self.cursor), self.anchor = kept.pop(), None
        return True


def _masked(cells: Cells, kinds: Container[Kind]) -> Cells:
    """The cells, those of these kinds masked: as many tokens as they were."""
    parts = ((MASK,) * cell.tokens if cell.kind in kinds else (cell,) for cell in cells)
    return tuple(every for part in parts for every in part)


def fill_in(
    cells: Cells,
    model: TextDenoiser,
    settings: TextSettings,
    changed: Callable[[Cells], None],
) -> Sample:
    """Fill what is masked, and hand over the cells whenever some are: of the first of K texts, in
    the end of the chosen one. What `changed` raises ends the run.

    Raises TextError for a character that the model lacks, or more masks than it fills.
    """
    alphabet = model.alphabet
    x_t = tokens_of(cells, alphabet)
    x = np.repeat(x_t[None], settings.latents, axis=0)

    def observe(event: Event) -> None:
        if isinstance(event, Committed):
            x[event.latent, list(event.places)] = event.tokens
        elif isinstance(event, Remasked):
            x[event.latent, list(event.places)] = 0
        shown = getattr(event, "latent", 0)
        if shown == 0 or isinstance(event, Chosen):
            changed(filled(cells, x[shown][x_t == 0], alphabet))

    return fill(model, x_t, settings, observe)


def tokens_of(cells: Cells, alphabet: Alphabet) -> Ints:
    """The cells as tokens (m,), 0 where masked. Raises TextError with the place of a character."""
    for place, cell in enumerate(cells, start=1):
        try:
            alphabet.encode(cell.text)
        except TextError as error:
            lacks = f"lacks {cell.text!r}, character {place}: mask it, or write another."
            raise TextError(f"The model's alphabet {alphabet.name!r} {lacks}") from error
    parts = [np.zeros(0, dtype=np.int64)]
    for masked, run in groupby(cells, key=lambda cell: cell.kind is Kind.MASKED):
        texts = [cell.text for cell in run]
        parts.append(np.zeros(len(texts), int) if masked else alphabet.encode("".join(texts)))
    return np.concatenate(parts)


def filled(cells: Cells, new: Ints, alphabet: Alphabet) -> Cells:
    """The cells with tokens `new` in place of the masked ones; some of them may be masked still."""
    found: list[Cell] = []
    rest = iter(new.tolist())
    for masked, run in groupby(cells, key=lambda cell: cell.kind is Kind.MASKED):
        every = list(run)
        found += _sampled([*islice(rest, len(every))], alphabet) if masked else every
    return tuple(found)


def _sampled(tokens: list[int], alphabet: Alphabet) -> Iterator[Cell]:
    """Tokens as cells: whole characters, and masks for what is not all there yet."""
    at = 0
    while at < len(tokens):
        # A character has four bytes at most, and so four tokens.
        cell, known = MASK, np.array([*takewhile(bool, tokens[at : at + 4])])
        for count in range(1, len(known) + 1):
            with suppress(UnicodeDecodeError):
                cell = Cell(Kind.SAMPLED, alphabet.join(known[:count]).decode(), count)
                break
        yield cell
        at += cell.tokens
