"""What --info prints: versions, runtime, model and places.

Knows where to ask, and judges nothing itself.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import click

from vmd_solver import __version__, assets
from vmd_solver.batch.request import Request
from vmd_solver.console.exits import ExitCode
from vmd_solver.denoiser import load
from vmd_solver.denoiser.onnx import providers
from vmd_solver.errors import AssetNotFound, VmdError

_ABSENT = "not installed"


def show(request: Request) -> int:
    """Print what is there; MODEL where the model of the request cannot be used."""
    for name, value in _versions():
        click.echo(f"{name:<12}{value}")
    try:
        facts = list(_model(request))
        code = ExitCode.SOLVED
    except VmdError as error:
        facts = [("model", f"cannot be used: {error}")]
        code = ExitCode.MODEL
    for name, value in (*facts, *_places()):
        click.echo(f"{name:<12}{value}")
    return code


def _versions() -> Iterator[tuple[str, str]]:
    yield "vmd-solver", __version__
    yield "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    yield "numpy", _version("numpy")
    yield "numba", _version("numba")
    runtime = _version("onnxruntime", "onnxruntime-gpu")
    yield "onnxruntime", runtime
    if runtime != _ABSENT:
        yield "providers", ", ".join(providers())


def _version(*names: str) -> str:
    """Version of the first of these that is installed."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return _ABSENT


def _model(request: Request) -> Iterator[tuple[str, str]]:
    """What is known of the model. Raises as `load` does."""
    model = load(request.model, request.device, request.threads)
    yield "model", f"{model.name}, {model.latent} latent, {model.loops} loops a call"
    folder = getattr(model, "folder", None)
    if folder is not None:
        yield "folder", str(folder)
        yield "digests", "as exported"
        yield "parameters", _parameters(folder / "config.json")


def _parameters(config: Path) -> str:
    count = json.loads(config.read_text(encoding="utf-8")).get("parameters")
    return f"{count:,}" if isinstance(count, int) else "unknown"


def _places() -> Iterator[tuple[str, str]]:
    yield "models", _place("exported")
    yield "puzzles", _place("puzzles")


def _place(name: str) -> str:
    try:
        return str(assets.path(name))
    except AssetNotFound as error:
        return f"not found, looked in {' and '.join(error.tried)}"
