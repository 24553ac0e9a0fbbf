"""Alphabets: text as tokens and back, and which tokens may follow which so that text stays whole.

A token is a string of bytes, so one mechanism serves letters, bytes and subwords: text is cut into
the longest tokens that fit, from the left. Tokens are numbered 1..V, and 0 is the mask. This module
knows nothing of models.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from vmd_solver.errors import ManifestMismatch, TextError

Ints = npt.NDArray[np.int64]

BYTES = tuple(bytes([value]) for value in range(256))
LETTERS = " abcdefghijklmnopqrstuvwxyz"
"""The alphabet of text8 (mattmahoney.net/dc/textdata)."""


@dataclass(frozen=True)
class Alphabet:
    """The tokens of a model: `tokens[i]` is token i + 1."""

    name: str
    tokens: tuple[bytes, ...]

    @property
    def V(self) -> int:
        """How many tokens there are."""
        return len(self.tokens)

    def encode(self, text: str, replace: bool = False) -> Ints:
        """Tokens (m,) int64 in 1..V of the text.

        With `replace`, unknown characters become lower case where that helps, else spaces. Raises
        TextError, with the place, for a character that no token begins with.
        """
        data = text.encode()
        if self.tokens == BYTES:
            return np.frombuffer(data, dtype=np.uint8).astype(np.int64) + 1
        found = self._pattern.findall(data)
        if sum(map(len, found)) != len(data):
            known = self._number
            if not replace:
                place = next(i for i, letter in enumerate(text) if letter.encode() not in known)
                raise TextError(
                    f"{text[place]!r} (character {place + 1}) is not among the {self.V} tokens of"
                    f" the model's alphabet {self.name!r}; leave it out, or add --replace"
                )
            lowered = (a if a.encode() in known else a.lower() for a in text)
            nearest = "".join(a if a.encode() in known else " " for a in lowered)
            found = self._pattern.findall(nearest.encode())
        return np.array([self._number[token] for token in found], dtype=np.int64)

    def encode_gaps(self, text: str, gap: str, replace: bool = False) -> Ints:
        """As `encode`, with one masked token, 0, for each `gap` in the text."""
        given = [np.append(self.encode(part, replace), 0) for part in text.split(gap)]
        return np.concatenate(given)[:-1]

    def join(self, tokens: Ints) -> bytes:
        """The bytes of tokens (m,), none of them masked."""
        return b"".join(self.tokens[token - 1] for token in tokens.tolist())

    def decode(self, tokens: Ints, blank: str = "_") -> str:
        """The text of tokens (m,): `blank` for a masked one, and for each byte of a character that
        is not all there."""
        pieces: list[str] = []
        whole = bytearray()
        for token in [*tokens.tolist(), 0]:
            if token:
                whole += self.tokens[token - 1]
                continue
            # Every byte that is no part of a whole character comes as one of these.
            broken = dict.fromkeys(range(0xDC80, 0xDD00), blank)
            pieces += (whole.decode("utf-8", "surrogateescape").translate(broken), blank)
            whole.clear()
        return "".join(pieces[:-1])

    def to_config(self) -> dict[str, Any]:
        """As plain values. Only subwords are listed."""
        listed = self.name not in KNOWN
        tokens = [token.decode("utf-8") for token in self.tokens] if listed else None
        return {"name": self.name, "tokens": tokens}

    @cached_property
    def _number(self) -> dict[bytes, int]:
        return {token: number for number, token in enumerate(self.tokens, start=1)}

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        longest_first = sorted(self.tokens, key=len, reverse=True)
        return re.compile(b"|".join(re.escape(token) for token in longest_first), re.DOTALL)


KNOWN = {
    "text8": Alphabet("text8", tuple(letter.encode() for letter in LETTERS)),
    "bytes": Alphabet("bytes", BYTES),
}
"""The alphabets that need no training."""


def from_config(values: Any, where: str) -> Alphabet:
    """The alphabet in a model's configuration. Raises ManifestMismatch."""
    try:
        name, tokens = values["name"], values["tokens"]
        if tokens is None:
            return KNOWN[name]
        listed = tuple(str(token).encode() for token in tokens)
    except (KeyError, TypeError, UnicodeEncodeError) as error:
        raise ManifestMismatch(f"{where} describes no alphabet; export the model again") from error
    if not all(listed) or len(set(listed)) != len(listed):
        raise ManifestMismatch(f"{where} has an alphabet with empty or equal tokens")
    return Alphabet(str(name), listed)
