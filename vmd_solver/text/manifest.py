"""What a model of text says of itself: the same keys in config.json and in every ONNX file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from vmd_solver.denoiser.manifest import Facts, ModelManifest, read_values
from vmd_solver.errors import ManifestMismatch
from vmd_solver.text.alphabet import Alphabet, from_config

CONTRACT = 1
"""Version of the inputs and outputs described in docs/TEXT.md."""

RANGES = {
    "k": (0, 1024), "d": (1, 4096), "heads": (1, 256), "layers": (1, 256),
    "length": (1, 65_536), "vocabulary": (1, 65_535),
}  # fmt: skip


@dataclass(frozen=True)
class TextManifest(ModelManifest):
    """The must-understand facts of a model of text."""

    FACTS = Facts("text", CONTRACT, RANGES, ("none", "block"), "vmd-text")

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
        """As that of grids, in the order of the fields, so that files come out byte for byte."""
        return {"vmd": {"kind": self.FACTS.kind, **asdict(self)}}


def read_config(folder: Path) -> tuple[TextManifest, Alphabet]:
    """Manifest and alphabet in a model folder's config.json. Raises ModelError."""
    config, where = read_values(folder), str(folder / "config.json")
    manifest = TextManifest.of(config["vmd"], where)
    alphabet = from_config(config.get("alphabet"), where)
    if manifest.vocabulary != alphabet.V:
        raise ManifestMismatch(
            f"{where} lists {alphabet.V} tokens, expected {manifest.vocabulary}; export it again"
        )
    return manifest, alphabet
