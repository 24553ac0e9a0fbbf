"""`vmd-train text` from corpus to exported model, resumed on the way; and its refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner

from vmd_solver.denoiser.manifest import check_digests
from vmd_solver.errors import TextError
from vmd_solver.text.denoiser import CONTRACT, OnnxText, TextManifest
from vmd_solver.text.sampler import TextSettings, extend
from vmd_training import checkpoint
from vmd_training.cli import command as cli

TEXT = "the cat sat on the mat and the rat sat on the cat " * 40
SMALL = ["--length", "16", "--width", "16", "--heads", "2", "--channels", "4", "--layers", "1",
         "--rows", "4", "--device", "cpu", "--threads", "1"]  # fmt: skip


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    file = tmp_path / "corpus.txt"
    file.write_text(TEXT, "utf-8")
    return file


def run(*options: object, name: str = "text") -> None:
    result = CliRunner().invoke(cli, [name, *map(str, options)], standalone_mode=False)
    if result.exception:
        raise result.exception


def state(folder: Path) -> dict[str, Any]:
    return checkpoint.load(folder / "checkpoint.pt")


def test_a_run_learns_exports_and_writes(corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    run(
        "--corpus", corpus, "--alphabet", "text8", "--steps", 40, "--lr", 0.01, "--out", out, *SMALL
    )
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    last = rows[-1]["held_out"]["1"]
    assert 0 < last["kl_bits"] < last["bits"] < 4.4, "an even guess among 27 letters costs 4.75"
    folder = out / "export" / "text"
    check_digests(folder)
    metrics = json.loads((folder / "metrics.json").read_text())
    assert max(metrics["parity"].values()) < 1e-3
    assert metrics["bounds"][0]["encoder"]["kl"] > 0
    assert "corpus.txt" in (folder / "README.md").read_text()
    assert str(tmp_path) not in (folder / "README.md").read_text()
    model = OnnxText(folder, "cpu", 1)
    sample = extend(model, model.alphabet.encode("the "), 30, TextSettings(block_length=4))
    assert len(sample.text) == 34


def test_evaluation_gives_bounds_and_judged_samples(corpus: Path, tmp_path: Path) -> None:
    run("--corpus", corpus, "--steps", 2, "--out", tmp_path / "run", *SMALL)
    folder, out = tmp_path / "run" / "export" / "text", tmp_path / "eval"
    few = ("--block-length", 4, "--samples", 2, "--rows", 2, "--out", out)
    run(folder, "--corpus", corpus, *few, name="eval-text")
    found = json.loads((out / "results.json").read_text())[str(folder)]
    assert [row["calls"] for row in found["bounds"]] == [1, 2, 4]
    truth, *sampled = found["quality"]
    assert len(sampled) == 3 and truth["real_words"] == 1.0
    assert all(row["judge_bits"] > truth["judge_bits"] for row in sampled)
    assert "held-out text" in (out / "report.md").read_text()


def test_a_resumed_run_goes_the_way_of_one_never_stopped(corpus: Path, tmp_path: Path) -> None:
    plan = ("--corpus", corpus, "--latent", "block", "--steps", 8, "--seed", 3, *SMALL)
    run(*plan, "--out", tmp_path / "whole")
    run(*plan, "--out", tmp_path / "parts", "--slice", "0.001s")
    assert 0 < state(tmp_path / "parts")["step"] < 8
    run("--resume", "--out", tmp_path / "parts", "--device", "cpu", "--threads", 1)
    whole, parts = (state(tmp_path / name) for name in ("whole", "parts"))
    assert whole["step"] == parts["step"] == 8
    for name, weight in whole["ema"].items():
        assert torch.equal(weight, parts["ema"][name]), name


def test_a_model_with_a_normal_prior_is_exported_and_writes(corpus: Path, tmp_path: Path) -> None:
    run("--corpus", corpus, "--prior", "normal", "--steps", 2, "--out", tmp_path / "run", *SMALL)
    folder = tmp_path / "run" / "export" / "text"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["run"]["prior"] == "normal"
    assert metrics["parity"]["prior.mean"] == 0
    model = OnnxText(folder, "cpu", 1)
    assert not any(model.prior(np.zeros((3, 4), np.int64), model.begin(3))[0].flat)
    assert extend(model, model.alphabet.encode("the "), 5, TextSettings(block_length=4)).text


def test_the_baseline_has_no_latent(corpus: Path, tmp_path: Path) -> None:
    run("--corpus", corpus, "--latent", "none", "--steps", 2, "--out", tmp_path / "run", *SMALL)
    folder = tmp_path / "run" / "export" / "text"
    assert not (folder / "encoder.onnx").exists()
    assert "encoder" not in json.loads((folder / "metrics.json").read_text())["bounds"][0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "no corpus"),
        (["--blocks", "3"], "cannot be cut into 3 blocks"),
        (["--block-length", "5"], "cannot be cut into blocks of 5"),
        (["--blocks", "2", "--block-length", "8"], "say the same"),
        (["--resume"], "no run in"),
    ],
)
def test_calls_that_make_no_sense(
    options: list[str], message: str, corpus: Path, tmp_path: Path
) -> None:
    given = ["--corpus", corpus] if options and "--resume" not in options else []
    with pytest.raises(click.UsageError, match=message):
        run(*given, *options, "--out", tmp_path / "run", *SMALL)


def test_a_corpus_that_is_no_text_leaves_no_run(tmp_path: Path) -> None:
    bad = tmp_path / "bad.txt"
    bad.write_bytes(b"ok \xff")
    with pytest.raises(TextError, match=r"bad\.txt is not UTF-8: byte 3"):
        run("--corpus", bad, "--steps", 1, "--out", tmp_path / "run", *SMALL)
    assert not (tmp_path / "run" / "checkpoint.pt").exists()


def test_a_letter_outside_of_the_alphabet_is_named(tmp_path: Path) -> None:
    bad = tmp_path / "capitals.txt"
    bad.write_text("the Cat")
    with pytest.raises(TextError, match=r"capitals\.txt: 'C'"):
        run("--corpus", bad, "--alphabet", "text8", "--out", tmp_path / "run", *SMALL)


def test_the_manifest_keeps_its_order_so_that_files_come_out_byte_for_byte() -> None:
    manifest = TextManifest(CONTRACT, "text", "block", 32, 96, 4, 3, 128, 256)
    assert list(manifest.to_config()["vmd"]) == [
        "kind", "contract", "name", "latent", "k", "d", "heads", "layers", "length", "vocabulary",
    ]  # fmt: skip
    assert list(manifest.to_metadata("prior"))[:4] == [
        "vmd.kind", "vmd.contract", "vmd.name", "vmd.latent",
    ]  # fmt: skip
