"""What --info prints: versions, runtime, model and places."""

from __future__ import annotations

import json
import platform
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version

import click

from vmd_solver import __version__, assets
from vmd_solver.batch.request import Request
from vmd_solver.console import ExitCode
from vmd_solver.csp.rules import RULES
from vmd_solver.denoiser import load
from vmd_solver.denoiser.onnx import providers
from vmd_solver.errors import (
    AssetNotFound,
    PuzzleSyntaxError,
    RuntimeUnavailable,
    VmdError,
    printable,
)
from vmd_solver.formats import (
    FORMATS,
    Piece,
    Remark,
    forms_of_path,
    literal_format,
    parts_of_path,
)

_ABSENT = "not installed"


def show(request: Request) -> int:
    """Print what is there; MODEL where the model of the request cannot be used."""
    code, runtime = ExitCode.SOLVED, _version("onnxruntime", "onnxruntime-gpu")
    facts = [
        ("vmd-solver", __version__),
        ("python", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        ("numpy", _version("numpy")),
        ("llvmlite", _version("llvmlite")),
        ("onnxruntime", runtime),
    ]
    if runtime != _ABSENT:
        try:
            facts.append(("providers", ", ".join(providers())))
        except RuntimeUnavailable as error:
            facts.append(("providers", str(error)))
            code = ExitCode.MODEL
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
    facts.append(("formats", ", ".join(form.name for form in FORMATS)))
    facts.append(("rules", ", ".join(RULES)))
    for name in request.files:
        facts += _read(name, request) if name != "-" else ()
    for name, value in facts:
        click.echo(printable(f"{name:<12}{value}"))
    return code


def _read(name: str, request: Request) -> Iterator[tuple[str, str]]:
    """How each text of a file is read and why, what it holds, and what is skipped or refused."""
    if literal := literal_format(name):
        yield "argument", f"{name.strip()}: {literal}"
        return
    path = assets.shipped(name)
    try:
        forms = dict(forms_of_path(path))
    except PuzzleSyntaxError as error:
        yield "file", str(error)
        return
    counts: dict[str, Counter[str]] = {text: Counter() for text in forms}
    for part in parts_of_path(path, request.input_format, request.family):
        for entry in part.entries(range(len(part))) if isinstance(part, Piece) else (part,):
            count = counts.setdefault(str(entry.source), Counter())
            if isinstance(entry, Remark):
                count["lines skipped" if entry.skips else f"note: {entry.message}"] += 1
            elif entry.puzzle is None:
                count["refused"] += 1
            else:
                board = entry.puzzle.board
                count[f"{board.family} {board.rows}x{board.cols}"] += 1
    for text, how in forms.items():
        asked = f"{request.input_format} (as asked)" if request.input_format else how
        held = ", ".join(f"{n:,} {what}" for what, n in counts[text].most_common())
        yield "file", f"{text}: {asked}: {held}"


def _version(*names: str) -> str:
    """Version of the first of these that is installed."""
    for name in names:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return _ABSENT
