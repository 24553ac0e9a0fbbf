"""The network behind one narrow interface. Nothing here knows of search."""

from __future__ import annotations

from pathlib import Path

from vmd_solver.denoiser.protocol import Denoiser

__all__ = ["Denoiser", "load"]


def load(
    model: str | Path | None = None, device: str = "auto", threads: int | None = None
) -> Denoiser:
    """The model in a folder, or the shipped one of that name (None: the default).

    Raises AssetNotFound, ManifestMismatch, DigestMismatch, RuntimeUnavailable or ModelError.
    """
    from vmd_solver import assets
    from vmd_solver.denoiser.onnx import OnnxDenoiser

    named = model is None or ("/" not in str(model) and not Path(model).exists())
    folder = assets.model_path(None if model is None else str(model)) if named else Path(str(model))
    return OnnxDenoiser(folder, device, threads)
