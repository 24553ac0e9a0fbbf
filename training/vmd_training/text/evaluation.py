"""What `vmd-train eval-text` measures: bounds on held-out text, and samples before a judge.

Samples come from the exported model by the sampler of vmd-text, each after a stretch of held-out
text; the judge has counted n-grams on the training text alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from vmd_solver.text.denoiser import OnnxText
from vmd_solver.text.sampler import TextSettings, extend
from vmd_training.checkpoint import built
from vmd_training.tables import Row, number, rows_table, text
from vmd_training.text import corpus as corpora
from vmd_training.text.card import CALLS, bounds_table, measured
from vmd_training.text.judge import Judge, quality, words
from vmd_training.text.model import TextConfig, TextVMD

PROMPT, NEW = 64, 128
"""Characters of held-out text before a sample, and tokens of the sample."""


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
    alphabet = model.alphabet
    with tempfile.TemporaryDirectory() as temporary:
        corpora.write(setting.corpus, Path(temporary), alphabet, setting.held_out)
        data = corpora.read(Path(temporary), alphabet, model.length)
        train, held_out = (
            alphabet.decode(np.asarray(part, dtype=np.int64) + 1)
            for part in (data.train, data.held_out)
        )
        weights = built(TextVMD, TextConfig.from_dict, folder)
        bounds = measured(weights, data, alphabet, setting.lengths, setting.how.seed, setting.rows)
    judge, known = Judge(train), set(words(train))
    starts = np.linspace(PROMPT, len(held_out) - NEW, setting.samples).astype(int).tolist()
    prompts = [held_out[start - PROMPT : start] for start in starts]
    true = [
        (before, held_out[start : start + NEW])
        for start, before in zip(starts, prompts, strict=True)
    ]
    rows: list[Row] = [{"block": "", "calls": "", "temperature": ""}]
    rows[0] |= asdict(quality(judge, known, true))
    for facts, settings in _plans(setting):
        found = [
            (prompt, _new(model, prompt, replace(settings, seed=settings.seed + number)))
            for number, prompt in enumerate(prompts)
        ]
        rows.append({**facts, **asdict(quality(judge, known, found)), "first": found[0][1]})
        say(f"{folder}: {rows[-1]}")
    return {"bounds": bounds, "quality": rows}


def _plans(setting: Setting) -> Iterator[tuple[Row, TextSettings]]:
    """By block length, calls and temperature."""
    for L in setting.lengths:
        for temperature in setting.temperatures:
            for calls in (calls for calls in CALLS if calls <= L):
                how = replace(setting.how, nfe=calls, block_length=L, temperature=temperature)
                yield {"block": L, "calls": calls, "temperature": temperature}, how


def _new(model: OnnxText, prompt: str, settings: TextSettings) -> str:
    given = model.alphabet.encode(prompt)
    sample = extend(model, given, NEW, settings)
    return sample.text[len(prompt) :]


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
