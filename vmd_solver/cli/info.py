"""What --info prints: versions, runtime, model and places."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version

import click

from vmd_solver import __version__, assets
from vmd_solver.batch.request import Request
from vmd_solver.console import ExitCode
from vmd_solver.denoiser import load
from vmd_solver.denoiser.onnx import providers
from vmd_solver.errors import AssetNotFound, VmdError, printable

_ABSENT = "not installed"


def show(request: Request) -> int:
    """Print what is there; MODEL where the model of the request cannot be used."""
    code, runtime = ExitCode.SOLVED, _version("onnxruntime", "onnxruntime-gpu")
    facts = [
        ("vmd-solver", __version__),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("numpy", _version("numpy")),
        ("numba", _version("numba")),
        ("onnxruntime", runtime),
    ]
    if runtime != _ABSENT:
        facts.append(("providers", ", ".join(providers())))
    try:
        model = load(request.model, request.device, request.threads)
        facts.append(("model", f"{model.name}, {model.latent} latent, {model.loops} loops a call"))
        if folder := getattr(model, "folder", None):
            config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
            count = config.get("parameters")
            parameters = f"{count:,}" if isinstance(count, int) else "unknown"
            facts += [("folder", str(folder)), ("digests", "as exported")]
            facts.append(("parameters", parameters))
    except VmdError as error:
        facts.append(("model", f"cannot be used: {error}"))
        code = ExitCode.MODEL
    for name, folder in (("models", "exported"), ("puzzles", "puzzles")):
        try:
            facts.append((name, str(assets.path(folder))))
        except AssetNotFound as error:
            facts.append((name, f"not found, looked in {' and '.join(error.tried)}"))
    for name, value in facts:
        click.echo(printable(f"{name:<12}{value}"))
    return code


def _version(*names: str) -> str:
    """Version of the first of these that is installed."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return _ABSENT
