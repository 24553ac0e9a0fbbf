"""A draft filled by the sampler of `vmd_solver.text`, seen token by token. Knows no screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import groupby, islice, takewhile

import numpy as np

from vmd_solver.errors import TextError
from vmd_solver.play.draft import MASK, Cell, Cells, Kind
from vmd_solver.text import events
from vmd_solver.text.alphabet import Alphabet, Ints
from vmd_solver.text.denoiser import TextDenoiser
from vmd_solver.text.sampler import Sample, fill
from vmd_solver.text.settings import TextSettings

_LONGEST = 4
"""Tokens of a character: bytes of UTF-8."""


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

    def observe(event: events.Event) -> None:
        if isinstance(event, events.Committed):
            x[event.latent, list(event.places)] = event.tokens
        elif isinstance(event, events.Remasked):
            x[event.latent, list(event.places)] = 0
        shown = getattr(event, "latent", 0)
        if shown == 0 or isinstance(event, events.Chosen):
            changed(filled(cells, x[shown][x_t == 0], alphabet))

    return fill(model, x_t, settings, observe)


def tokens_of(cells: Cells, alphabet: Alphabet) -> Ints:
    """The cells as tokens (m,), 0 where masked. Raises TextError with the place of a character."""
    parts = [np.zeros(0, dtype=np.int64)]
    for masked, run in groupby(cells, key=lambda cell: cell.kind is Kind.MASKED):
        texts = [cell.text for cell in run]
        try:
            parts.append(np.zeros(len(texts), int) if masked else alphabet.encode("".join(texts)))
        except TextError as error:
            raise TextError(_foreign(cells, alphabet)) from error
    return np.concatenate(parts)


def _foreign(cells: Cells, alphabet: Alphabet) -> str:
    """What to say of the first character that the alphabet lacks."""
    for place, cell in enumerate(cells, start=1):
        try:
            alphabet.encode(cell.text)
        except TextError:
            lacks = f"lacks {cell.text!r}, character {place}: mask it, or write another."
            return f"The model's alphabet {alphabet.name!r} {lacks}"
    raise AssertionError("a part was refused, and none of its characters")


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
        cell, known = MASK, np.array([*takewhile(bool, tokens[at : at + _LONGEST])])
        for count in range(1, len(known) + 1):
            with suppress(UnicodeDecodeError):
                cell = Cell(Kind.SAMPLED, alphabet.join(known[:count]).decode(), count)
                break
        yield cell
        at += cell.tokens
