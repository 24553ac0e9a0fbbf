"""Every kind of model is opened under its own name, with its loops and what it was trained on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from vmd_solver import hub
from vmd_solver.csp.families import sudoku
from vmd_solver.errors import ModelError
from vmd_training import checkpoint
from vmd_training import export as exporting
from vmd_training.evaluation.models import open_all
from vmd_training.export import export, write_digests
from vmd_training.model import VMD, ModelConfig
from vmd_training.recipes import RECIPES


@pytest.fixture
def exported(
    tmp_path: Path, model_of: Callable[[str], VMD], monkeypatch: pytest.MonkeyPatch
) -> Path:
    """An exported model of 3 loops."""
    monkeypatch.setattr(exporting, "PARITY_BATCHES", (1,))
    metrics = {"run": {"recipe": "sudoku"}}
    return export(model_of("candidate"), tmp_path / "exported" / "tiny", "tiny", 3, metrics)


def saved(model: VMD, path: Path) -> Path:
    """A checkpoint of a run with this model."""
    state = dict.fromkeys(("step", "elapsed_s", "puzzle_calls"), 0) | {
        **{key: {} for key in ("model", "optimizer")},
        "model_config": asdict(model.config),
        "train_config": {"recipe": "grids"},
        "ema": model.state_dict(),
    }
    checkpoint.save(path, state)
    return path


def test_an_exported_model_runs_over_onnx_unless_torch_is_asked_for(exported: Path) -> None:
    (onnx,) = open_all([str(exported)], device="cpu")
    (own,) = open_all([str(exported)], runtime="torch", device="cpu", loops=7)
    assert (onnx.name, onnx.runtime, onnx.denoiser.loops) == ("tiny", "ONNX Runtime, cpu", 3)
    assert (own.name, own.runtime, own.denoiser.loops) == ("tiny", "torch, cpu", 7)
    assert onnx.digest == own.digest
    assert onnx.trained_on == tuple(RECIPES["sudoku"].groups[0].boards)
    facts = onnx.facts()
    assert (facts["latent"], facts["recipe"], facts["loops"]) == ("candidate", "sudoku", 3)


def test_a_model_on_hugging_face_has_its_own_name(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def folder(model: str, note: Callable[[str], None]) -> Path:
        asked.append(model)
        return exported.rename(exported.with_name("0123456789abcdef"))

    monkeypatch.setattr(hub, "folder", folder)
    (model,) = open_all(["hf:owner/name@v1"], device="cpu")
    assert (model.name, asked) == ("tiny", ["hf:owner/name@v1"])


def test_a_run_and_a_checkpoint_hold_the_same_averaged_weights(
    tmp_path: Path, model_of: Callable[[str], VMD]
) -> None:
    path = saved(model_of("none"), tmp_path / "run" / "checkpoint.pt")
    by_folder, by_file = open_all([str(path.parent), str(path)], device="cpu")
    assert by_folder.digest == by_file.digest
    assert {by_folder.name, by_file.name} == {str(path.parent), str(path)}  # names must differ
    assert by_file.runtime == "torch, cpu"
    assert by_file.denoiser.loops == 16
    assert by_file.recipe == "grids"


def test_what_a_model_says_itself_goes_before_its_recipe(exported: Path) -> None:
    (exported / "metrics.json").write_text(json.dumps({"run": {"boards": ["latin-9"]}}))
    write_digests(exported)
    (model,) = open_all([str(exported)], device="cpu")
    assert model.trained_on == ("latin-9",)
    assert replace(model, boards=None).trained_on is None


def test_a_deaf_model_differs_in_what_it_hears_of_rules_alone(
    tmp_path: Path, model_of: Callable[[str], VMD]
) -> None:
    hears = VMD(replace(model_of("candidate").config, links=3)).eval()
    for parameter in hears.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    (model,) = open_all([str(saved(hears, tmp_path / "hears" / "checkpoint.pt"))], device="cpu")
    deaf = model.deaf
    assert deaf is not None
    assert (deaf.name, deaf.runtime, deaf.denoiser.loops) == ("hears, deaf", "torch, cpu", 16)
    kept, own = deaf.network.state_dict(), model.network.state_dict()
    changed = {name for name in own if not torch.equal(kept[name], own[name])}
    parts, weights = ("denoiser", "encoder", "prior"), ("rules.weight", "tell.weight", "tell.bias")
    assert changed == {f"{part}.block.{weight}" for part in parts for weight in weights}
    assert not any(kept[name].any() for name in changed)
    path = saved(model_of("candidate"), tmp_path / "plain" / "checkpoint.pt")
    assert open_all([str(path)], device="cpu")[0].deaf is None


def test_one_z_is_that_of_every_row_and_every_puzzle(exported: Path) -> None:
    (model,) = open_all([str(exported)], device="cpu")
    board, one = sudoku(2, 2), model.of_one_z.denoiser
    x_t, allowed = np.zeros((3, 16), np.int64), np.ones((3, 16, 4), np.float32)
    z = one.draw(board, x_t, allowed, np.random.default_rng(1))
    assert z.shape == model.denoiser.draw(board, x_t, allowed, np.random.default_rng(1)).shape
    assert (z == z[:1]).all()
    again = one.draw(board, x_t[:1], allowed[:1], np.random.default_rng(2))
    assert np.array_equal(again, z[:1])
    h = one.start(board, 3)
    for own, other in zip(
        one(board, x_t, allowed, z, h), model.denoiser(board, x_t, allowed, z, h), strict=True
    ):
        assert np.array_equal(own, other)


def test_the_transformer_reads_one_size_and_has_no_loops(tmp_path: Path) -> None:
    config = ModelConfig("none", backbone="transformer")
    path = saved(VMD(config), tmp_path / "checkpoint.pt")
    (model,) = open_all([str(path)], device="cpu", loops=64)
    assert model.denoiser.loops == 1
    assert model.reads(sudoku(3, 3))
    assert not model.reads(sudoku(2, 2))


@pytest.mark.parametrize("place", ["nowhere", "./nowhere/at/all"])
def test_no_model_is_a_model_error(place: str) -> None:
    with pytest.raises(ModelError, match=r"no model at .*nowhere"):
        open_all([place])


def test_onnx_needs_an_exported_model(tmp_path: Path, model_of: Callable[[str], VMD]) -> None:
    path = saved(model_of("none"), tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match="is not exported"):
        open_all([str(path)], runtime="onnx")
