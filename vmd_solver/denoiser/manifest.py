"""What a model says of itself, and whether this version can trust it.

`config.json` and the metadata of every ONNX file carry the same keys. A `vmd.*` key that is unknown
here, or a newer contract, is refused: the model may mean something this version would get wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vmd_solver.denoiser.protocol import LatentKind
from vmd_solver.errors import DigestMismatch, ManifestMismatch, ModelError

CONTRACT = 2
"""Version of the inputs, outputs and metadata described in docs/ARCHITECTURE.md."""

INTEGERS = ("contract", "k", "patterns", "d", "loops")
STRINGS = ("latent", "name")
RANGES = {"k": (0, 64), "patterns": (0, 65_536), "d": (1, 4096), "loops": (1, 4096)}
"""What a model may ask for: far more than any has, and less than takes all the memory or time."""
LATENTS = ("none", "global", "candidate")


@dataclass(frozen=True)
class Manifest:
    """The must-understand facts of a model."""

    contract: int
    name: str
    latent: LatentKind
    k: int
    """Latent channels on each candidate."""
    patterns: int
    """Length of z of a global latent."""
    d: int
    """Width of the hidden state of a (cell, value)."""
    loops: int
    """Loops of one call, unless the caller asks for another number."""

    def to_config(self) -> dict[str, Any]:
        """The manifest as the `vmd` part of config.json."""
        return {"vmd": {key: getattr(self, key) for key in (*INTEGERS, *STRINGS)}}

    def to_metadata(self, role: str) -> dict[str, str]:
        """The metadata of the ONNX file with this role (denoiser, encoder or prior)."""
        facts = {f"vmd.{key}": str(getattr(self, key)) for key in (*INTEGERS, *STRINGS)}
        return {**facts, "vmd.role": role, "vmd.info.producer": "vmd-train"}


def from_values(values: Mapping[str, Any], where: str) -> Manifest:
    """The manifest in `values` (keys without `vmd.`). Raises ManifestMismatch."""
    contract = values.get("contract")
    if not (str(contract).isascii() and str(contract).isdigit()):
        raise ManifestMismatch(f"{where} does not say its model contract; is it a vmd model?")
    if str(contract) != str(CONTRACT):
        raise ManifestMismatch(
            f"{where} has model contract {contract}, this version reads {CONTRACT}; "
            "install the matching vmd-solver, or export the model again"
        )
    known = {*INTEGERS, *STRINGS, "role"}
    unknown = sorted(key for key in values if key not in known and not key.startswith("info."))
    missing = sorted({*INTEGERS, *STRINGS} - set(values))
    if unknown or missing:
        what = f"unknown vmd.{unknown[0]}" if unknown else f"no vmd.{missing[0]}"
        raise ManifestMismatch(f"{where} has {what}; install the version it was made for")
    try:
        numbers = {key: int(values[key]) for key in INTEGERS}
    except (TypeError, ValueError, OverflowError) as error:
        raise ManifestMismatch(f"{where} has a manifest that is not numbers: {error}") from error
    for key, (least, most) in RANGES.items():
        if not least <= numbers[key] <= most:
            raise ManifestMismatch(
                f"{where} has {key} {numbers[key]:.6g}, expected {least} to {most}"
            )
    if values["latent"] not in LATENTS:
        raise ManifestMismatch(
            f"{where} has latent {values['latent']!r}, expected one of {LATENTS}"
        )
    return Manifest(**numbers, latent=values["latent"], name=str(values["name"]))


def read_config(folder: Path) -> Manifest:
    """The manifest in a model folder's config.json. Raises ModelError."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        values = config["vmd"]
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ManifestMismatch(f"{path} is not the configuration of a vmd model") from error
    if not isinstance(values, dict):
        raise ManifestMismatch(f"{path} is not the configuration of a vmd model")
    return from_values(values, str(path))


def check_metadata(metadata: Mapping[str, str], manifest: Manifest, role: str, where: str) -> None:
    """Raise ManifestMismatch unless an ONNX file's metadata is `role` of this manifest."""
    values = {key[4:]: text for key, text in metadata.items() if key.startswith("vmd.")}
    found = from_values(values, where)
    if found != manifest or values.get("role") != role:
        raise ManifestMismatch(f"{where} is not the {role} that config.json beside it describes")


def check_digests(folder: Path) -> None:
    """Raise DigestMismatch unless every file listed in SHA256SUMS is there and unchanged."""
    path = folder / "SHA256SUMS"
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DigestMismatch(f"{path} cannot be read; export the model again") from error
    listed = [(digest, name.strip()) for digest, _, name in (line.partition(" ") for line in lines)]
    names = {name for _, name in listed}
    if "denoiser.onnx" not in names or "config.json" not in names:
        raise DigestMismatch(f"{path} does not list denoiser.onnx and config.json")
    for digest, name in listed:
        file = folder / Path(name).name
        try:
            found = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            raise DigestMismatch(f"{file} is listed in SHA256SUMS but cannot be read") from error
        if found != digest:
            raise DigestMismatch(
                f"{file} was changed since it was exported (SHA-256 differs); restore or export it"
            )
