"""What `vmd-train eval-text` measures: bounds on held-out text, and samples before a judge.

The judge knows nothing of networks: it has counted n-grams of characters on the training text alone
and interpolates them (Witten and Bell 1991, as in Chen and Goodman 1999, section 2.6).
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from math import log2
from pathlib import Path

import numpy as np

from vmd_solver.text.denoiser import OnnxText
from vmd_solver.text.sampler import TextSettings, extend
from vmd_training.checkpoint import built
from vmd_training.tables import Row, number, rows_table, text
from vmd_training.text import corpus as corpora
from vmd_training.text.bound import CALLS, bounds, bounds_table
from vmd_training.text.model import TextConfig, TextVMD

PROMPT, NEW = 64, 128
"""Characters of held-out text before a sample, and tokens of the sample."""
ORDER = 6
"""Of the judge: the longest n-grams it counts."""
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

    def bits(self, text: str, before: str = "") -> float:
        """Bits a character of a text that follows `before`."""
        whole, bits, even = before + text, 0.0, 1 / (len(self._next[""]) + 1)
        for i in range(len(before), len(whole)):
            p = even
            for m in range(min(self.order, i + 1)):
                counts = self._next.get(whole[i - m : i])
                if counts is None:
                    break
                kinds, total = len(counts), self._total[whole[i - m : i]]
                p = (counts[whole[i]] + kinds * p) / (total + kinds)
            bits -= log2(p)
        return bits / len(text)


def words(text: str) -> list[str]:
    """Words in lower case, without those cut off at both ends."""
    return [word.lower() for word in WORD.findall(text)[1:-1]]


def quality(judge: Judge, known: set[str], samples: list[tuple[str, str]]) -> dict[str, float]:
    """Of pairs of a prompt and the new text after it: bits a character under the judge (too low is
    dull), the share of words of three letters and more that the corpus has, and the share of
    different ones among all runs of eight characters (low is repetitive)."""
    found = [word for _, text in samples for word in words(text) if len(word) > 2]
    runs = [text[i : i + 8] for _, text in samples for i in range(len(text) - 7)]
    return {
        "judge_bits": sum(judge.bits(text, before) for before, text in samples) / len(samples),
        "real_words": sum(word in known for word in found) / max(len(found), 1),
        "distinct": len(set(runs)) / max(len(runs), 1),
    }


@dataclass(frozen=True)
class Setting:
    """What to measure."""

    corpus: tuple[Path, ...]
    held_out: float
    lengths: tuple[int, ...]
    """Of blocks."""
    temperatures: tuple[float, ...]
    samples: int
    rows: int
    """Windows behind a bound."""
    how: TextSettings
    """All else of sampling."""


def evaluate(folder: Path, model: OnnxText, setting: Setting, say: Callable[[str], None]) -> Row:
    """Bounds and samples of the exported model in a folder."""
    alphabet, how = model.alphabet, setting.how
    with tempfile.TemporaryDirectory() as temporary:
        corpora.write(setting.corpus, Path(temporary), alphabet, setting.held_out)
        data = corpora.read(Path(temporary), alphabet, model.length)
        train, held_out = (
            alphabet.decode(np.asarray(part, dtype=np.int64) + 1)
            for part in (data.train, data.held_out)
        )
        weights = built(TextVMD, TextConfig, folder)
        bits = bounds(weights, data, alphabet, setting.lengths, how.seed, setting.rows)
    judge, known = Judge(train), set(words(train))
    starts = np.linspace(PROMPT, len(held_out) - NEW, setting.samples).astype(int).tolist()
    prompts = [held_out[start - PROMPT : start] for start in starts]
    true = [held_out[start : start + NEW] for start in starts]
    rows: list[Row] = [{"block": "", "calls": "", "temperature": ""}]
    rows[0] |= quality(judge, known, list(zip(prompts, true, strict=True)))
    for L, temperature, calls in product(setting.lengths, setting.temperatures, CALLS):
        if calls > L:
            continue
        found = []
        for seed, prompt in enumerate(prompts, how.seed):
            settings = replace(how, nfe=calls, block_length=L, temperature=temperature, seed=seed)
            sample = extend(model, alphabet.encode(prompt), NEW, settings)
            found.append((prompt, sample.text[len(prompt) :]))
        facts = {"block": L, "calls": calls, "temperature": temperature}
        rows.append({**facts, **quality(judge, known, found), "first": found[0][1]})
        say(f"{folder}: {rows[-1]}")
    return {"bounds": bits, "quality": rows}


def page(found: Row) -> str:
    """Markdown of what `evaluate` found."""
    columns = {
        "block": lambda row: str(row["block"] or "held-out text"),
        "calls": text("calls"),
        "temperature": text("temperature"),
        "judge, bits": number("judge_bits"),
        "real words": number("real_words"),
        "distinct": number("distinct"),
    }
    return f"{bounds_table(found['bounds'])}\n\n{rows_table(columns, found['quality'])}"
