"""An independent judge of text: counts of n-grams of characters, interpolated (Witten and Bell).

It knows nothing of networks, of blocks or of latents. Source: Witten and Bell 1991, as in Chen and
Goodman 1999, section 2.6: what follows a context is worth its count, and the number of different
characters seen there is the weight of the shorter context.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from math import log2

ORDER = 6
WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class Judge:
    """p(character | up to ORDER - 1 characters before it), from the text it has read."""

    def __init__(self, text: str, order: int = ORDER) -> None:
        self.order = order
        self._next: dict[str, Counter[str]] = defaultdict(Counter)
        for i, letter in enumerate(text):
            for m in range(min(order, i + 1)):
                self._next[text[i - m : i]][letter] += 1
        self._total = {context: counts.total() for context, counts in self._next.items()}
        self._even = 1 / (len(self._next[""]) + 1)

    def bits(self, text: str, before: str = "") -> float:
        """Bits a character of a text that follows `before`."""
        whole = before + text
        places = range(len(before), len(whole))
        return -sum(log2(self._p(whole, i)) for i in places) / len(text)

    def _p(self, text: str, i: int) -> float:
        p = self._even
        for m in range(min(self.order, i + 1)):
            counts = self._next.get(text[i - m : i])
            if counts is None:
                break
            kinds, total = len(counts), self._total[text[i - m : i]]
            p = (counts[text[i]] + kinds * p) / (total + kinds)
        return p


@dataclass(frozen=True)
class Quality:
    """What samples are like, each as a share or a mean over all of them."""

    judge_bits: float
    """Bits a character under the judge: low is likely, and too low is dull."""
    real_words: float
    """Share of words of three letters and more that the corpus has."""
    distinct: float
    """Share of different ones among all runs of eight characters: low is repetitive."""


def words(text: str) -> list[str]:
    """Words in lower case, without those cut off at both ends."""
    return [word.lower() for word in WORD.findall(text)[1:-1]]


def quality(judge: Judge, known: set[str], samples: list[tuple[str, str]]) -> Quality:
    """Of samples, pairs of a prompt and the new text after it."""
    found = [word for _, text in samples for word in words(text) if len(word) > 2]
    runs = [text[i : i + 8] for _, text in samples for i in range(len(text) - 7)]
    return Quality(
        judge_bits=sum(judge.bits(text, before) for before, text in samples) / len(samples),
        real_words=sum(word in known for word in found) / max(len(found), 1),
        distinct=len(set(runs)) / max(len(runs), 1),
    )
