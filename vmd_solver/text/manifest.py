"""What a model of text says of itself: the same keys in config.json and in every ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from vmd_solver.denoiser.manifest import Facts, checked, metadata_values, read_values
from vmd_solver.errors import ManifestMismatch
from vmd_solver.text.alphabet import Alphabet, from_config

CONTRACT = 1
"""Version of the inputs and outputs described in docs/TEXT.md."""
RANGES = {
    "k": (0, 1024), "d": (1, 4096), "heads": (1, 256), "layers": (1, 256),
    "length": (1, 65_536), "vocabulary": (1, 65_535),
}  # fmt: skip
FACTS = Facts("text", CONTRACT, RANGES, ("none", "block"), "vmd-text")


@dataclass(frozen=True)
class TextManifest:
    """The must-understand facts of a model of text."""

    contract: int
    name: str
    latent: Literal["none", "block"]
    k: int
    """Latent channels of a block."""
    d: int
    heads: int
    layers: int
    length: int
    """Tokens of the longest block, and of all that one block and those before it may hold."""
    vocabulary: int

    def to_config(self) -> dict[str, Any]:
        """The manifest as the `vmd` part of config.json."""
        return {"vmd": {"kind": FACTS.kind, **asdict(self)}}

    def to_metadata(self, role: str) -> dict[str, str]:
        """The metadata of the ONNX file with this role (denoiser, encoder or prior)."""
        facts = {f"vmd.{key}": str(value) for key, value in self.to_config()["vmd"].items()}
        return {**facts, "vmd.role": role, "vmd.info.producer": "vmd-train"}


def read_config(folder: Path) -> tuple[TextManifest, Alphabet]:
    """What config.json in a model folder tells. Raises ModelError."""
    config, where = read_values(folder), str(folder / "config.json")
    manifest = TextManifest(**checked(config["vmd"], where, FACTS))
    alphabet = from_config(config.get("alphabet"), where)
    if manifest.vocabulary != alphabet.V:
        raise ManifestMismatch(
            f"{where} lists {alphabet.V} tokens, expected {manifest.vocabulary}; export it again"
        )
    return manifest, alphabet


def check_metadata(
    metadata: Mapping[str, str], manifest: TextManifest, role: str, where: str
) -> None:
    """Raise ManifestMismatch unless an ONNX file's metadata is `role` of this manifest."""
    values = metadata_values(metadata)
    if TextManifest(**checked(values, where, FACTS)) != manifest or values.get("role") != role:
        raise ManifestMismatch(f"{where} is not the {role} that config.json beside it describes")
