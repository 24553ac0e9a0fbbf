"""An export is whole, says what it is, and is refused where ONNX Runtime and torch disagree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper
from safetensors.torch import load_file

from vmd_solver.denoiser.manifest import check_digests, read_config
from vmd_solver.errors import DigestMismatch, ModelError
from vmd_training import export as exporting
from vmd_training.export import PARITY_BATCHES, PARITY_BOARDS, export, parity, write_digests
from vmd_training.graphs import OPSET
from vmd_training.model import VMD, ModelConfig, parameter_count

Make = Callable[[str], VMD]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parity at all sizes is what tests/parity is for."""
    assert PARITY_BATCHES == (1, 2, 7, 64)
    assert [make().n for make in PARITY_BOARDS] == [16, 81, 256, 16]
    assert PARITY_BOARDS[-1]().linked
    monkeypatch.setattr(exporting, "PARITY_BATCHES", (2,))
    monkeypatch.setattr(exporting, "PARITY_BOARDS", PARITY_BOARDS[:1])


@pytest.fixture
def folder(tmp_path: Path, model_of: Make) -> Path:
    """A tiny model with a candidate latent, exported."""
    return export(model_of("candidate"), tmp_path / "tiny", "tiny", 2, {"score": 0.5})


@pytest.mark.parametrize(
    ("latent", "graphs"),
    [
        ("none", {"denoiser.onnx"}),
        ("global", {"denoiser.onnx", "encoder.onnx", "prior.onnx"}),
        ("candidate", {"denoiser.onnx", "encoder.onnx", "prior.onnx"}),
    ],
)
def test_the_folder_is_whole(tmp_path: Path, model_of: Make, latent: str, graphs: set[str]) -> None:
    model = model_of(latent)
    folder = export(model, tmp_path / "out" / "tiny", "tiny", 2, {"score": 0.5})
    others = {"weights.safetensors", "config.json", "metrics.json", "README.md", "SHA256SUMS"}
    assert {path.name for path in folder.iterdir()} == graphs | others
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]
    check_digests(folder)
    config = json.loads((folder / "config.json").read_text())
    assert ModelConfig(**config["model"]) == model.config
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["score"] == 0.5
    assert max(metrics["parity"].values()) < 1e-4
    weights = load_file(folder / "weights.safetensors")
    assert all(torch.equal(weights[name], weight) for name, weight in model.state_dict().items())
    for path in folder.iterdir():
        assert path.stat().st_mode & 0o444 == 0o444


def test_a_normal_prior_is_written_without_its_weights_and_not_counted(tmp_path: Path) -> None:
    sizes = {"d": 8, "messages": 8, "hidden": 8, "latent_d": 4, "latent_loops": 2}
    learned, normal = (
        VMD(ModelConfig(prior=prior, **sizes))  # type: ignore[arg-type]
        for prior in ("learned", "normal")
    )
    assert learned.prior is not None
    prior = sum(weight.numel() for weight in learned.prior.parameters())
    assert parameter_count(normal) == parameter_count(learned) - prior
    assert parameter_count(normal.requires_grad_(False)) == parameter_count(learned) - prior
    folder = export(normal, tmp_path / "normal", "normal", 2, {})
    assert not onnx.load(folder / "prior.onnx").graph.initializer[0].name.startswith("prior.")
    assert json.loads((folder / "metrics.json").read_text())["parity"]["prior.mean"] == 0


def test_digests_are_those_of_sha256sum(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert len(lines) == 6, "all files but the card and the list itself"
    for line in lines:
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("role", ["denoiser", "encoder", "prior"])
def test_a_graph_says_what_it_is_and_nothing_of_the_machine(folder: Path, role: str) -> None:
    path = folder / f"{role}.onnx"
    model = onnx.load(path, load_external_data=False)
    metadata = {prop.key: prop.value for prop in model.metadata_props}
    read_config(folder).check_metadata(metadata, role, "here")
    assert [(opset.domain, opset.version) for opset in model.opset_import] == [("", OPSET)]
    assert OPSET == 20
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    assert not model.functions
    content = path.read_bytes()
    for trace in (str(ROOT), str(Path.home()), "site-packages", ".py", "File ", "torch"):
        assert trace.encode() not in content


@pytest.mark.parametrize("role", ["denoiser", "encoder", "prior"])
def test_every_size_of_a_graph_is_free(folder: Path, role: str) -> None:
    graph = onnx.load(folder / f"{role}.onnx").graph
    named = {
        value.name: [size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    expected = {
        "nodes": ["F", "M"], "factors": ["N", "K"], "kinds": ["F", 2], "answer": ["N"],
        "logits": ["N"], "h": ["N", 8], "h_out": ["N", 8], "z": ["N", 2], "mean": ["N", 2],
        "log_var": ["N", 2], "loops": [],
    }  # fmt: skip
    assert named == {name: expected[name] for name in named}


def test_the_same_weights_give_the_same_bytes(tmp_path: Path, model_of: Make, folder: Path) -> None:
    torch.manual_seed(0)
    again = export(model_of("candidate"), tmp_path / "again", "tiny", 2, {"score": 0.5})
    for name in ("denoiser.onnx", "encoder.onnx", "prior.onnx", "weights.safetensors"):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("role", ["denoiser", "encoder", "prior"])
def test_parity_notices_a_changed_weight(folder: Path, model_of: Make, role: str) -> None:
    torch.manual_seed(0)
    model = model_of("candidate")
    assert max(parity(model, folder).values()) < 1e-4
    path = folder / f"{role}.onnx"
    proto = onnx.load(path)
    tensor = next(t for t in proto.graph.initializer if t.name == f"{role}.head.weight")
    changed = numpy_helper.to_array(tensor) + np.float32(0.1)
    tensor.CopyFrom(numpy_helper.from_array(changed, tensor.name))
    onnx.save_model(proto, path)
    with pytest.raises(DigestMismatch):
        check_digests(folder)
    with pytest.raises(ModelError, match="torch"):
        parity(model, folder)


def test_a_different_choice_is_refused_even_within_the_tolerance() -> None:
    logits = np.array([[0.0, 1.0], [0.0, 0.001]], dtype=np.float32)
    close = logits[:, ::-1].copy()
    exporting.same_choice(logits[1:], close[1:])
    with pytest.raises(ModelError, match="choose different values"):
        exporting.same_choice(logits, close)


def test_a_refused_export_leaves_what_was_there(
    folder: Path, model_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    monkeypatch.setattr(exporting, "LOGIT_TOLERANCE", -1.0)
    with pytest.raises(ModelError, match="not exported"):
        export(model_of("none"), folder, "tiny", 2, {})
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_an_export_replaces_the_one_before(folder: Path, model_of: Make) -> None:
    export(model_of("none"), folder, "tiny", 3, {})
    assert not (folder / "prior.onnx").exists()
    assert read_config(folder).loops == 3
    check_digests(folder)


def test_digests_leave_themselves_out(folder: Path) -> None:
    before = (folder / "SHA256SUMS").read_text()
    write_digests(folder)
    assert (folder / "SHA256SUMS").read_text() == before
