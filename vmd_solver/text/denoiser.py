"""The networks of text behind one narrow interface, over ONNX Runtime; what a model says of itself.

What finished blocks left, their keys and values, is a `Memory`, which a caller hands from block to
block: a call costs the tokens of one block, however much text there is. Nothing here knows how text
is sampled.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from vmd_solver import assets
from vmd_solver.denoiser.manifest import ModelManifest, read_values
from vmd_solver.denoiser.onnx import FLOAT, GAUSSIAN, INT, Nodes, OnnxModel, require_runtime
from vmd_solver.denoiser.protocol import Floats, Ints
from vmd_solver.errors import AssetNotFound, ManifestMismatch, ModelError
from vmd_solver.text.alphabet import Alphabet, from_config

CONTRACT = 1
"""Version of the inputs and outputs described in docs/TEXT.md."""

DEFAULT_MODEL = "text"
"""The included model."""


class Memory(NamedTuple):
    """What finished tokens left for later ones.

    `start` is the place in the text of the token that comes next; `keys` and `values` are
    (layers, B, heads, m, d / heads), of the last m tokens.
    """

    start: int
    keys: Floats
    values: Floats


class Gaussian(NamedTuple):
    """A diagonal Gaussian over z, (B, k)."""

    mean: Floats
    log_var: Floats


class TextDenoiser(Protocol):
    """p(x0 | x_t, z) of a block of L tokens given finished ones, with encoder and prior.

    Shapes: x_t and x0 (B, L) int64, 1..V, 0 is the mask; z (B, k), where k is 0 without latent.
    """

    name: str
    alphabet: Alphabet
    length: int
    """Longest block."""

    def begin(self, B: int) -> Memory:
        """The memory of B empty texts."""

    def finish(self, x0: Ints, memory: Memory) -> Memory:
        """The memory with a block more, which has no mask left."""

    def __call__(self, x_t: Ints, z: Floats, memory: Memory) -> Floats:
        """Logits (B, L, V) in nats, unnormalised."""

    def prior(self, x_t: Ints, memory: Memory) -> Gaussian:
        """p(z | x_t) of a block."""

    def encode(self, x0: Ints, x_t: Ints, memory: Memory) -> Gaussian:
        """q(z | x0, x_t) of a block."""


@dataclass(frozen=True)
class TextManifest(ModelManifest):
    """The must-understand facts of a model of text."""

    KIND, COMMAND, CONTRACT = "text", "vmd-text", CONTRACT
    RANGES: ClassVar = {
        "k": (0, 1024), "d": (1, 4096), "heads": (1, 256), "layers": (1, 256),
        "length": (1, 65_536), "vocabulary": (1, 65_535),
    }  # fmt: skip
    LATENTS = ("none", "block")

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


class OnnxText(OnnxModel):
    """A model folder written by `vmd_training.text.export`, opened for one device.

    A `TextDenoiser`. Without latent its Gaussians are of no numbers.
    """

    manifest: TextManifest

    def __init__(self, folder: Path, device: str = "auto", threads: int | None = None) -> None:
        super().__init__(folder, device, threads, "vmd-train text")
        config, where = read_values(folder), str(folder / "config.json")
        self.manifest = TextManifest.of(config["vmd"], where)
        self.alphabet = from_config(config.get("alphabet"), where)
        self.name, self.length = self.manifest.name, self.manifest.length
        if (due := self.manifest.vocabulary) != self.alphabet.V:
            raise ManifestMismatch(
                f"{where} lists {self.alphabet.V} tokens, expected {due}; export it again"
            )
        memory: Nodes = {"start": (INT, 0), "keys": (FLOAT, 5), "values": (FLOAT, 5)}
        block: Nodes = {"x_t": (INT, 2), **memory}
        z: Nodes = {} if self.manifest.latent == "none" else {"z": (FLOAT, 2)}
        kept: Nodes = {"keys_out": (FLOAT, 5), "values_out": (FLOAT, 5)}
        self.files = {
            "denoiser": ({**block, "finished": (INT, 0), **z}, {"logits": (FLOAT, 3), **kept}),
            "encoder": ({**block, "x0": (INT, 2)}, GAUSSIAN),
            "prior": (block, GAUSSIAN),
        }
        require_runtime(device)

    def begin(self, B: int) -> Memory:
        empty = np.zeros(self._kept(B, 0), dtype=np.float32)
        return Memory(0, empty, empty)

    def finish(self, x0: Ints, memory: Memory) -> Memory:
        """The last tokens that fit into the model's length beside a block as long as this one."""
        B, L = x0.shape
        z = np.zeros((B, self.manifest.k), dtype=np.float32)
        _, *new = self._call(x0, z, memory, finished=1)
        first = max(memory.keys.shape[3] + L - max(self.length - L, 0), 0)
        keys, values = (
            np.concatenate(pair, axis=3)[:, :, :, first:]
            for pair in zip(memory[1:], new, strict=True)
        )
        return Memory(memory.start + L, keys, values)

    def __call__(self, x_t: Ints, z: Floats, memory: Memory) -> Floats:
        return self._call(x_t, z, memory, finished=0)[0]

    def prior(self, x_t: Ints, memory: Memory) -> Gaussian:
        return self._gaussian("prior", x_t, memory)

    def encode(self, x0: Ints, x_t: Ints, memory: Memory) -> Gaussian:
        return self._gaussian("encoder", x_t, memory, x0=x0)

    def _kept(self, B: int, tokens: int) -> tuple[int, ...]:
        facts = self.manifest
        return (facts.layers, B, facts.heads, tokens, facts.d // facts.heads)

    def _call(self, x_t: Ints, z: Floats, memory: Memory, finished: int) -> list[Floats]:
        feed = {**_feed(x_t, memory), "finished": np.array(finished)}
        if self.manifest.latent != "none":
            feed["z"] = z
        B, L = x_t.shape
        due = dict.fromkeys(("keys_out", "values_out"), self._kept(B, L))
        return self.run("denoiser", feed, {"logits": (B, L, self.manifest.vocabulary), **due})

    def _gaussian(self, role: str, x_t: Ints, memory: Memory, **answer: Ints) -> Gaussian:
        B = len(x_t)
        if self.manifest.latent == "none":
            return Gaussian(*np.zeros((2, B, 0), dtype=np.float32))
        due = dict.fromkeys(GAUSSIAN, (B, self.manifest.k))
        return Gaussian(*self.run(role, {**_feed(x_t, memory), **answer}, due))


def _feed(x_t: Ints, memory: Memory) -> dict[str, Any]:
    block = np.ascontiguousarray(x_t, dtype=np.int64)
    return {"x_t": block, **memory._asdict(), "start": np.array(memory.start)}


def about(model: str | None = None) -> str:
    """What a model was trained on, and what to expect of it, a line each, from the files of its
    folder; "" where they do not tell."""
    with suppress(OSError, ValueError, KeyError, TypeError, AssetNotFound, ModelError):
        folder = assets.model_folder(model, DEFAULT_MODEL)
        parameters = read_values(folder)["parameters"]
        run = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["run"]
        names = ", ".join(Path(name).stem.replace("_", " ") for name in run["corpus"])
        read, size = (f"{count / 1e6:.1f} million" for count in (run["characters"], parameters))
        return (
            f"Trained on {names}: {read} characters read, {size} parameters.\n"
            "It writes in that manner. It knows no facts, and what it writes means nothing."
        )
    return ""


def load(model: str | None = None, device: str = "auto", threads: int | None = None) -> OnnxText:
    """The model in a folder, or the shipped one of that name (None: the default).

    Raises AssetNotFound or ModelError and its kin.
    """
    return OnnxText(assets.model_folder(model, DEFAULT_MODEL), device, threads)
