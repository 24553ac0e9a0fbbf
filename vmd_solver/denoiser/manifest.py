"""What a model says of itself, and whether this version can trust it.

`config.json` and the metadata of every ONNX file carry the same keys. A `vmd.*` key that is unknown
here, or a newer contract, is refused: the model may mean something this version would get wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Self

from vmd_solver.denoiser.protocol import LatentKind
from vmd_solver.errors import DigestMismatch, ManifestMismatch, ModelError

UNLISTED = ("README.md", "SHA256SUMS")
"""Files that SHA256SUMS need not list: no program reads a card, and whoever has it may edit it."""

CONTRACT = 4
"""Version of the inputs, outputs and metadata described in docs/ARCHITECTURE.md."""


@dataclass(frozen=True)
class ModelManifest:
    """The must-understand facts of a model of any kind, in the order that config.json has them."""

    KIND: ClassVar[str]
    COMMAND: ClassVar[str]
    """What runs such a model."""
    CONTRACT: ClassVar[int]
    RANGES: ClassVar[Mapping[str, tuple[int, int]]]
    """Whole numbers, and what a model may ask for: far more than any has, and less than takes all
    the memory or time."""
    LATENTS: ClassVar[tuple[str, ...]]

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str) -> Self:
        """The manifest in `values` (keys without `vmd.`). Raises ManifestMismatch."""
        kind, contract = values.get("kind", "grids"), values.get("contract")
        if kind != cls.KIND and "contract" in values:
            raise ManifestMismatch(
                f"{where} is of a model for {kind}, expected one for {cls.KIND}, which is what "
                f"{cls.COMMAND} runs"
            )
        if not (str(contract).isascii() and str(contract).isdigit()):
            raise ManifestMismatch(f"{where} does not say its model contract; is it a vmd model?")
        if str(contract) != str(cls.CONTRACT):
            raise ManifestMismatch(
                f"{where} has model contract {contract}, this version reads {cls.CONTRACT}; "
                "install the matching vmd-solver, or train the model again"
            )
        due = {field.name for field in fields(cls)}
        known = {*due, "role", "kind"}
        unknown = sorted(key for key in values if key not in known and not key.startswith("info."))
        missing = sorted(due - values.keys())
        if unknown or missing:
            what = f"unknown vmd.{unknown[0]}" if unknown else f"no vmd.{missing[0]}"
            raise ManifestMismatch(f"{where} has {what}; install the version it was made for")
        try:
            numbers = {key: int(values[key]) for key in ("contract", *cls.RANGES)}
        except (TypeError, ValueError, OverflowError) as error:
            message = f"{where} has a manifest that is not numbers: {error}"
            raise ManifestMismatch(message) from error
        for key, (least, most) in cls.RANGES.items():
            if not least <= numbers[key] <= most:
                raise ManifestMismatch(
                    f"{where} has {key} {numbers[key]:.6g}, expected {least} to {most}"
                )
        latent = values["latent"]
        if latent not in cls.LATENTS:
            raise ManifestMismatch(f"{where} has latent {latent!r}, expected one of {cls.LATENTS}")
        return cls(**numbers, latent=latent, name=str(values["name"]))  # type: ignore[call-arg]

    def to_config(self) -> dict[str, Any]:
        """The manifest as the `vmd` part of config.json; a model without a kind is one of grids."""
        kind = {} if self.KIND == "grids" else {"kind": self.KIND}
        return {"vmd": {**kind, **asdict(self)}}

    def to_metadata(self, role: str) -> dict[str, str]:
        """The metadata of the ONNX file with this role (denoiser, encoder or prior)."""
        facts = {f"vmd.{key}": str(value) for key, value in self.to_config()["vmd"].items()}
        return {**facts, "vmd.role": role, "vmd.info.producer": "vmd-train"}

    def check_metadata(self, metadata: Mapping[str, str], role: str, where: str) -> None:
        """Raise ManifestMismatch unless an ONNX file's metadata is `role` of this manifest."""
        values = {key[4:]: text for key, text in metadata.items() if key.startswith("vmd.")}
        if self.of(values, where) != self or values.get("role") != role:
            raise ManifestMismatch(
                f"{where} is not the {role} that config.json beside it describes"
            )


@dataclass(frozen=True)
class Manifest(ModelManifest):
    """The must-understand facts of a model of grids."""

    KIND, COMMAND, CONTRACT = "grids", "vmd-solve", CONTRACT
    RANGES: ClassVar = {"k": (0, 64), "patterns": (0, 65_536), "d": (1, 4096), "loops": (1, 4096),
                        "links": (0, 4096)}  # fmt: skip
    LATENTS = ("none", "global", "candidate")

    contract: int
    k: int
    """Latent channels on each candidate."""
    patterns: int
    """Length of z of a global latent."""
    d: int
    """Width of the state of a node."""
    loops: int
    """Loops of one call, unless the caller asks for another number."""
    links: int
    """Width of what travels through a relation; 0: the model reads neither relations nor automata.
    """
    latent: LatentKind
    name: str


def read_config(folder: Path) -> Manifest:
    """The manifest in a model folder's config.json. Raises ModelError."""
    return Manifest.of(read_values(folder)["vmd"], str(folder / "config.json"))


def read_values(folder: Path) -> dict[str, Any]:
    """A model folder's config.json; its "vmd" is a dict. Raises ModelError."""
    path = folder / "config.json"
    try:
        config: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(config["vmd"], dict):
            raise TypeError("no facts under vmd")
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ManifestMismatch(f"{path} is not the configuration of a vmd model") from error
    return config


def check_digests(folder: Path) -> None:
    """Raise DigestMismatch unless the folder holds what SHA256SUMS lists, unchanged, and no more: a
    file that is not listed might be read. Hidden ones never are, nor is the card."""
    path = folder / "SHA256SUMS"
    try:
        lines = _bytes_of(path).decode().splitlines()
        here = {file.name for file in folder.iterdir() if not file.name.startswith(".")}
    except (OSError, UnicodeDecodeError) as error:
        raise DigestMismatch(f"{path} cannot be read; export the model again") from error
    listed = {name.strip(): digest for digest, _, name in (line.partition(" ") for line in lines)}
    if not {"denoiser.onnx", "config.json"} <= listed.keys():
        raise DigestMismatch(f"{path} does not list denoiser.onnx and config.json")
    for name in sorted(here - listed.keys() - {*UNLISTED}):
        raise DigestMismatch(f"{folder / name} is not listed in SHA256SUMS; remove it")
    for name, digest in listed.items():
        file = folder / Path(name).name
        try:
            found = hashlib.sha256(_bytes_of(file)).hexdigest()
        except OSError as error:
            raise DigestMismatch(f"{file} is listed in SHA256SUMS but cannot be read") from error
        if found != digest:
            raise DigestMismatch(
                f"{file} was changed since it was exported (SHA-256 differs); restore or export it"
            )


def _bytes_of(file: Path) -> bytes:
    """The content of a regular file: of a pipe or a device there may be no end. Raises OSError."""
    if not file.is_file():
        raise OSError(f"{file} is no file")
    return file.read_bytes()
