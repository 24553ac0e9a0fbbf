"""The model of text that ships is alive: loose bounds on what it was measured to do."""

from __future__ import annotations

import json

import numpy as np

from vmd_solver import assets
from vmd_solver.text.denoiser import OnnxText, load

LINES = "What, shall we stand here, and not speak to the king?\nCome, let us go to him, my lord."
"""Ours, in the manner of what it was trained on; nobody's text."""


def test_one_masked_letter_is_often_found_and_z_is_read() -> None:
    model: OnnxText = load(None, "cpu", 1)
    tokens = model.alphabet.encode(LINES)
    masked = np.repeat(tokens[None], len(tokens), axis=0)
    np.fill_diagonal(masked, 0)
    memory = model.begin(len(tokens))
    prior = model.prior(masked, memory)
    logits = model(masked, prior.mean, memory)
    found = logits[np.arange(len(tokens)), np.arange(len(tokens))].argmax(axis=-1) + 1
    assert (found == tokens).mean() > 0.25, "the space alone, always guessed, is right for 0.19"
    assert np.abs(model(masked, prior.mean + 1, memory) - logits).max() > 0.1


def test_the_files_say_what_they_are() -> None:
    folder = assets.model_path("text")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert max(metrics["parity"].values()) < 1e-3
    assert "\n# text\n" in (folder / "README.md").read_text()
    assert sum(file.stat().st_size for file in folder.iterdir()) < 12e6
    for file in folder.glob("*.onnx"):
        content = file.read_bytes()
        assert b".py" not in content and b"/" + b"home" not in content
