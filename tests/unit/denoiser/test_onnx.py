"""A model folder behind the `Denoiser` protocol: what it gives, and what it refuses to open."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import load
from vmd_solver.denoiser.graph import CLOSED_LOGIT, open_candidates
from vmd_solver.denoiser.onnx import CUDA, OnnxDenoiser, providers
from vmd_solver.errors import (
    AssetNotFound,
    DigestMismatch,
    ManifestMismatch,
    ModelError,
    RuntimeUnavailable,
)
from vmd_training.export import export, write_digests
from vmd_training.model import VMD, ModelConfig

BOARD = sudoku(2, 2)
X0 = np.array([[1, 2, 3, 4, 3, 4, 1, 2, 2, 1, 4, 3, 4, 3, 2, 1]] * 2)
X_T = np.where(np.arange(16) < 5, X0, 0)
ALLOWED = np.ones((2, 16, 4), np.float32)
SHAPES = {"none": (2, 0), "global": (2, 5), "candidate": (2, 16, 4, 2)}


def _export(folder: Path, latent: str) -> Path:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = ModelConfig(latent, d=8, messages=8, hidden=8, patterns=5, latent_d=4, latent_loops=2)  # type: ignore[arg-type]
    model = VMD(config).eval()
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vmd_training.export.PARITY_BATCHES", (1,))
        return export(model, folder / latent, latent, 2, {})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model with each latent; to be left as they are."""
    place = tmp_path_factory.mktemp("models")
    return {latent: _export(place, latent) for latent in SHAPES}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tiny model to be spoilt."""
    return _export(tmp_path, "candidate")


def opened(folder: Path) -> OnnxDenoiser:
    return OnnxDenoiser(folder, "cpu", threads=1)


@pytest.mark.parametrize("latent", SHAPES)
def test_what_it_says_and_gives(folders: dict[str, Path], latent: str) -> None:
    denoiser = opened(folders[latent])
    assert (denoiser.name, denoiser.latent, denoiser.loops) == (latent, latent, 2)
    rng = np.random.default_rng(0)
    h = denoiser.start(BOARD, 2)
    assert h.shape == (2, 16, 4, 8)
    assert not h.any()
    for z in (
        denoiser.draw(BOARD, X_T, ALLOWED, rng),
        denoiser.draw(BOARD, X_T, ALLOWED, rng, learned=False),
        denoiser.infer(BOARD, X0, X_T, ALLOWED, rng),
    ):
        assert z.shape == SHAPES[latent]
        assert z.dtype == np.float32
        logits, after = denoiser(BOARD, X_T, ALLOWED, z, h)
        assert logits.shape == (2, 16, 4)
        assert after.shape == h.shape
        assert logits.dtype == after.dtype == np.float32


def test_unmasked_cells_and_closed_values_stay_so(folders: dict[str, Path]) -> None:
    denoiser = opened(folders["candidate"])
    allowed = ALLOWED.copy()
    allowed[:, 10, 0] = 0  # and its column has a 3, in cell 2
    z = denoiser.draw(BOARD, X_T, allowed, np.random.default_rng(0))
    logits, _ = denoiser(BOARD, X_T, allowed, z, denoiser.start(BOARD, 2))
    assert (logits[:, :5].argmax(-1) + 1 == X_T[:, :5]).all()
    assert (logits[:, 10, [0, 2]] == CLOSED_LOGIT).all()
    assert (np.abs(logits[:, 10, [1, 3]]) < 30).all()


@pytest.mark.parametrize("latent", SHAPES)
@pytest.mark.parametrize("full", [True, False], ids=["nothing is masked", "nothing is allowed"])
def test_where_no_candidate_is_open_no_graph_is_run(
    folders: dict[str, Path], latent: str, full: bool, tmp_path: Path
) -> None:
    """Nor could it be: its files are gone."""
    shutil.copytree(folders[latent], tmp_path / "model")
    denoiser = opened(tmp_path / "model")
    for file in (tmp_path / "model").glob("*.onnx"):
        file.unlink()
    x_t = X0 if full else np.zeros_like(X0)
    allowed = np.full_like(ALLOWED, full)
    for z in (
        denoiser.draw(BOARD, x_t, allowed, np.random.default_rng(0)),
        denoiser.infer(BOARD, X0, x_t, allowed, np.random.default_rng(0)),
    ):
        noise = np.random.default_rng(0).standard_normal(SHAPES[latent], dtype=np.float32)
        assert np.array_equal(z, noise)
    h = np.ones_like(denoiser.start(BOARD, 2))
    logits, after = denoiser(BOARD, x_t, allowed, z, h)
    assert np.array_equal(after, h)
    expected = np.where(x_t[..., None] == np.arange(1, 5), 0, CLOSED_LOGIT)
    assert np.array_equal(logits, expected)


def test_z_is_standard_normal_where_a_candidate_is_not_open(folders: dict[str, Path]) -> None:
    denoiser = opened(folders["candidate"])
    noise = np.random.default_rng(1).standard_normal(SHAPES["candidate"], dtype=np.float32)
    open_ = open_candidates(BOARD, X_T, ALLOWED)
    for z in (
        denoiser.draw(BOARD, X_T, ALLOWED, np.random.default_rng(1)),
        denoiser.infer(BOARD, X0, X_T, ALLOWED, np.random.default_rng(1)),
    ):
        assert (z[~open_] == noise[~open_]).all()
        assert (z[open_] != noise[open_]).all()


@pytest.mark.parametrize("latent", ["global", "candidate"])
def test_draws_follow_from_the_seed(folders: dict[str, Path], latent: str) -> None:
    denoiser = opened(folders[latent])
    one, two, other = (
        denoiser.draw(BOARD, X_T, ALLOWED, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert (one == two).all()
    assert (one != other).all()
    plain = denoiser.draw(BOARD, X_T, ALLOWED, np.random.default_rng(1), learned=False)
    expected = np.random.default_rng(1).standard_normal(SHAPES[latent], dtype=np.float32)
    assert (plain == expected).all()
    assert not np.allclose(plain, one)


def test_the_encoder_sees_x0(folders: dict[str, Path]) -> None:
    denoiser = opened(folders["candidate"])
    one, other = (
        denoiser.infer(BOARD, x0, X_T, ALLOWED, np.random.default_rng(0)) for x0 in (X0, X0 % 4 + 1)
    )
    assert not np.allclose(one, other)


def test_rows_do_not_know_of_one_another(folders: dict[str, Path]) -> None:
    denoiser = opened(folders["candidate"])
    x_t = np.stack([X_T[0], np.zeros(16, np.int64)])
    z = denoiser.draw(BOARD, x_t, ALLOWED, np.random.default_rng(0))
    h = denoiser.start(BOARD, 2)
    both, _ = denoiser(BOARD, x_t, ALLOWED, z, h)
    alone, _ = denoiser(BOARD, x_t[1:], ALLOWED[1:], z[1:], h[1:])
    np.testing.assert_allclose(both[1:], alone, rtol=0, atol=1e-5)


def test_rows_go_in_chunks_that_the_cache_holds(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    denoiser = opened(folders["candidate"])
    x_t, allowed = np.tile(X_T, (4, 1)), np.tile(ALLOWED, (4, 1, 1))
    z = denoiser.draw(BOARD, x_t, allowed, np.random.default_rng(0), learned=False)
    h = denoiser.start(BOARD, 8)
    whole = denoiser(BOARD, x_t, allowed, z, h)
    monkeypatch.setattr("vmd_solver.denoiser.onnx.CHUNK", 3 * 16 * 4)
    runs = []
    run = denoiser.run
    monkeypatch.setattr(denoiser, "run", lambda *call: runs.append(call[0]) or run(*call))
    for together, apart in zip(whole, denoiser(BOARD, x_t, allowed, z, h), strict=True):
        np.testing.assert_allclose(apart, together, rtol=0, atol=1e-4)
    assert runs == ["denoiser"] * 3


def test_threads_lose_nothing_of_what_they_add(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vmd_solver.denoiser.onnx.CHUNK", 1 << 30)
    board, B = sudoku(3, 3), 64
    x_t, allowed = np.zeros((B, board.n), np.int64), np.ones((B, board.n, board.D), np.float32)
    z = np.random.default_rng(0).standard_normal((B, board.n, board.D, 2)).astype(np.float32)
    answers = []
    for threads in (1, 4, 4):
        denoiser = OnnxDenoiser(folders["candidate"], "cpu", threads=threads)
        answers += [denoiser(board, x_t, allowed, z, denoiser.start(board, B), loops=3)[0]]
    np.testing.assert_allclose(answers[1], answers[0], rtol=0, atol=1e-4)
    np.testing.assert_array_equal(answers[2], answers[1])


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model folder"):
        opened(tmp_path / "nothing")
    with pytest.raises(AssetNotFound):
        load("no-such-model", "cpu")


def test_a_folder_opens_by_its_path(folders: dict[str, Path]) -> None:
    assert load(folders["global"], "cpu").name == "global"
    assert load(str(folders["none"]), "cpu").latent == "none"


def test_a_changed_file_is_refused_before_anything_runs(folder: Path) -> None:
    weights = folder / "denoiser.onnx"
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(DigestMismatch, match="was changed since it was exported"):
        opened(folder)


def test_graphs_in_each_others_place_are_refused(folder: Path) -> None:
    prior, encoder = folder / "prior.onnx", folder / "encoder.onnx"
    content = prior.read_bytes()
    prior.write_bytes(encoder.read_bytes())
    encoder.write_bytes(content)
    write_digests(folder)
    with pytest.raises(ManifestMismatch, match=r"is not the (prior|encoder)"):
        opened(folder).draw(BOARD, X_T, ALLOWED, np.random.default_rng(0))


def test_graphs_of_another_model_are_refused(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config["vmd"]["loops"] = 16
    (folder / "config.json").write_text(json.dumps(config))
    write_digests(folder)
    with pytest.raises(ManifestMismatch, match=r"config\.json beside it"):
        opened(folder).draw(BOARD, X_T, ALLOWED, np.random.default_rng(0))


@pytest.mark.parametrize("content", [b"", b"not onnx", None])
def test_a_file_that_is_no_graph_is_refused(folder: Path, content: bytes | None) -> None:
    path = folder / "prior.onnx"
    path.write_bytes(path.read_bytes()[:-100] if content is None else content)
    write_digests(folder)
    with pytest.raises(ModelError, match=r"prior\.onnx is not a usable ONNX model") as caught:
        opened(folder).draw(BOARD, X_T, ALLOWED, np.random.default_rng(0))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(CUDA in providers(), reason="ONNX Runtime has CUDA here")
def test_cuda_that_is_not_there_is_refused_and_auto_does_without(folders: dict[str, Path]) -> None:
    with pytest.raises(RuntimeUnavailable, match="--device cpu"):
        OnnxDenoiser(folders["none"], "cuda")
    denoiser = OnnxDenoiser(folders["none"], "auto", threads=1)
    z = denoiser.draw(BOARD, X_T, ALLOWED, np.random.default_rng(0))
    denoiser(BOARD, X_T, ALLOWED, z, denoiser.start(BOARD, 2))
    assert denoiser.device_note is None


def test_noise_of_a_row_is_its_own(folders: dict[str, Path]) -> None:
    """Rows of one puzzle from one generator, and rows of several from theirs, are the same."""
    denoiser = OnnxDenoiser(folders["candidate"], "cpu", threads=1)
    allowed = np.concatenate([ALLOWED] * 2)
    x_t = np.concatenate([X_T] * 2)
    one, other = (np.random.default_rng(seed) for seed in (1, 2))
    together = denoiser.draw(BOARD, x_t, allowed, [one, one, other, other])
    for seed, drawn in ((1, together[:2]), (2, together[2:])):
        alone = denoiser.draw(BOARD, X_T, ALLOWED, np.random.default_rng(seed))
        np.testing.assert_allclose(drawn, alone, rtol=0, atol=1e-6)
    assert not np.allclose(together[0], together[2])
