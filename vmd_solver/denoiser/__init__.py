"""The network behind one narrow interface. Nothing here knows of search."""

from __future__ import annotations

from pathlib import Path

from vmd_solver.assets import model_folder
from vmd_solver.denoiser.protocol import Denoiser

__all__ = ["Denoiser", "load"]


def load(
    model: str | Path | None = None, device: str = "auto", threads: int | None = None
) -> Denoiser:
    """The model in a folder, or the shipped one of that name (None: the default).

    Raises AssetNotFound, ManifestMismatch, DigestMismatch, RuntimeUnavailable or ModelError.
    """
    from vmd_solver.denoiser.onnx import OnnxDenoiser

    return OnnxDenoiser(model_folder(model), device, threads)
