"""The denoiser, encoder and prior as ONNX Runtime sessions, behind the `Denoiser` protocol."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.denoiser.manifest import check_digests, check_metadata, read_config
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal
from vmd_solver.errors import ManifestMismatch, ModelError, RuntimeUnavailable

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
FLOAT, INT = "tensor(float)", "tensor(int64)"
_GRID = {"x_t": (INT, 2), "allowed": (FLOAT, 3), "units": (FLOAT, 3), "complete": (FLOAT, 2)}
"""Inputs that every graph has: type and number of dimensions."""


class OnnxDenoiser:
    """A model folder written by `training.export`, opened for one device.

    Digests and manifest are checked at once, the sessions are opened at the first call, which is
    when `device_note` says where `auto` fell back. Raises ModelError and its kin.
    """

    def __init__(self, folder: Path, device: str = "auto", threads: int | None = None) -> None:
        if not folder.is_dir():
            raise ModelError(f"no model folder at {folder}; give a folder made by vmd-train")
        check_digests(folder)
        self.folder = folder
        self.manifest = read_config(folder)
        self.name = self.manifest.name
        self.loops = self.manifest.loops
        self.latent: LatentKind = self.manifest.latent
        self.threads = threads
        self.device = device
        self.device_note: str | None = None
        self._sessions: dict[str, Any] = {}
        require_runtime(device)

    def start(self, board: Board, B: int) -> Floats:
        """Zeros (B, n, D, d)."""
        return np.zeros((B, board.n, board.D, self.manifest.d), dtype=np.float32)

    def draw(
        self,
        board: Board,
        x_t: Ints,
        allowed: Floats,
        rng: Randomness,
        learned: bool = True,
    ) -> Floats:
        """z from the prior, (B, n, D, k), or (B, patterns) of a global latent."""
        if self.latent == "none":
            return np.zeros((len(x_t), 0), dtype=np.float32)
        noise = self._noise(allowed, rng)
        if not learned:
            return noise
        return self._sample("prior", self._grid(board, x_t, allowed), noise)

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        """z from the encoder, shaped as `draw` does."""
        if self.latent == "none":
            return np.zeros((len(x_t), 0), dtype=np.float32)
        feed = {**self._grid(board, x_t, allowed), "x0": x0.astype(np.int64)}
        return self._sample("encoder", feed, self._noise(allowed, rng))

    def __call__(
        self,
        board: Board,
        x_t: Ints,
        allowed: Floats,
        z: Floats,
        h: Floats,
        loops: int | None = None,
    ) -> tuple[Floats, Floats]:
        """One call of so many loops, by default `self.loops`."""
        feed = {**self._grid(board, x_t, allowed), "h": h, "loops": np.array(loops or self.loops)}
        if self.latent != "none":
            feed["z"] = z
        logits, h_out = self._run("denoiser", feed, {"logits": allowed.shape, "h_out": h.shape})
        return logits, h_out

    def _noise(self, allowed: Floats, rng: Randomness) -> Floats:
        facts = self.manifest
        shape: tuple[int, ...] = (*allowed.shape, facts.k)
        if self.latent == "global":
            shape = (len(allowed), facts.patterns)
        return standard_normal(rng, shape)

    def _sample(self, role: str, feed: dict[str, Any], noise: Floats) -> Floats:
        mean, log_var = self._run(role, feed, {"mean": noise.shape, "log_var": noise.shape})
        with np.errstate(over="ignore"):  # what comes of it in the denoiser is looked at
            z: Floats = mean + np.exp(0.5 * log_var) * noise
        return z

    def _run(
        self, role: str, feed: dict[str, Any], due: dict[str, tuple[int, ...]]
    ) -> list[Floats]:
        """The outputs of a graph, by the names and of the shapes that are `due`, without NaN."""
        if role not in self._sessions:  # opened when needed: many runs need one of the three
            self._sessions[role] = self._open(role)
        return run_graph(self._sessions[role], self.folder / f"{role}.onnx", feed, due)

    @staticmethod
    def _grid(board: Board, x_t: Ints, allowed: Floats) -> dict[str, Any]:
        B, U = len(x_t), len(board.units)
        units = np.broadcast_to(board.incidence.astype(np.float32), (B, U, board.n))
        complete = np.broadcast_to(board.complete.astype(np.float32), (B, U))
        return {
            "x_t": np.ascontiguousarray(x_t, dtype=np.int64),
            "allowed": allowed,
            "units": np.ascontiguousarray(units),
            "complete": np.ascontiguousarray(complete),
        }

    def _open(self, role: str) -> Any:
        path = self.folder / f"{role}.onnx"
        session, note = open_graph(path, self.device, self.threads)
        self.device_note = note or self.device_note
        check_metadata(session.get_modelmeta().custom_metadata_map, self.manifest, role, str(path))
        check_signature(session, role, self.latent, str(path))
        return session


def open_graph(path: Path, device: str, threads: int | None) -> tuple[Any, str | None]:
    """A session for an ONNX file, and a note where `auto` fell back to the CPU.

    Raises ModelError where the file is none, RuntimeUnavailable where a device named is not there.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    # Threads that spin between calls take the processor from the search beside them.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.intra_op_num_threads = threads or min(4, os.cpu_count() or 1)
    wanted = [CPU] if device == "cpu" or CUDA not in providers() else [CUDA, CPU]
    try:
        session = onnxruntime.InferenceSession(path, options, providers=wanted)
    except Exception as error:  # ONNX Runtime raises its own classes, not exported by name
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path} is not a usable ONNX model: {reason}") from error
    if CUDA not in wanted or CUDA in session.get_providers():
        return session, None
    note = "CUDA could not be used (no device, or its libraries are missing)"
    if device == "cuda":
        raise RuntimeUnavailable(f"{note}; use --device cpu")
    return session, f"{note}; running on the CPU"


def run_graph(
    session: Any, path: Path, feed: dict[str, Any], due: Mapping[str, tuple[int, ...]]
) -> list[Floats]:
    """The outputs of a graph, by the names and of the shapes that are `due`, without NaN.

    Raises ModelError where the graph gives anything else.
    """
    try:
        found: list[Floats] = session.run(list(due), feed)
    except Exception as error:  # as in `open_graph`
        reason = str(error).splitlines()[0]
        raise ModelError(f"{path} cannot be run: {reason}") from error
    for (name, shape), values in zip(due.items(), found, strict=True):
        if values.shape != shape:
            raise ModelError(f"{path} gives {name} of shape {values.shape}, expected {shape}")
        if np.isnan(values).any():
            raise ModelError(f"{path} gives {name} that are no numbers; export it again")
    return found


def check_signature(session: Any, role: str, latent: LatentKind, where: str) -> None:
    """Raise ManifestMismatch unless a graph has the inputs and outputs of the contract."""
    of_latent = {"none": {}, "global": {"z": (FLOAT, 2)}, "candidate": {"z": (FLOAT, 4)}}[latent]
    inputs: Nodes
    outputs: Nodes
    inputs, outputs = _GRID, dict.fromkeys(("mean", "log_var"), of_latent.get("z"))
    if role == "denoiser":
        inputs = {**_GRID, "h": (FLOAT, 4), "loops": (INT, 0), **of_latent}
        outputs = {"logits": (FLOAT, 3), "h_out": (FLOAT, 4)}
    elif role == "encoder":
        inputs = {**_GRID, "x0": (INT, 2)}
    check_nodes(session, inputs, outputs, where)


Nodes = Mapping[str, tuple[str, int] | None]
"""Type and number of dimensions of inputs or outputs, by name."""


def check_nodes(session: Any, inputs: Nodes, outputs: Nodes, where: str) -> None:
    """Raise ManifestMismatch unless a graph has these inputs and outputs, and no others."""
    for found, due in ((session.get_inputs(), inputs), (session.get_outputs(), outputs)):
        told = {node.name: (node.type, len(node.shape)) for node in found}
        for name in sorted(told.keys() | due.keys()):
            if told.get(name) != due.get(name):
                raise ManifestMismatch(
                    f"{where} has {_described(name, told)}, expected {_described(name, due)}"
                )


def _described(name: str, nodes: Nodes) -> str:
    node = nodes.get(name)
    return f"no {name!r}" if node is None else f"{name!r} as {node[0]} of {node[1]} dimensions"


def require_runtime(device: str) -> None:
    """Raise RuntimeUnavailable unless ONNX Runtime, and the device if one was named, are there."""
    if find_spec("onnxruntime") is None:
        raise RuntimeUnavailable(
            "ONNX Runtime is not installed; install vmd-solver[cpu], or vmd-solver[gpu] for CUDA"
        )
    if device == "cuda" and CUDA not in providers():
        raise RuntimeUnavailable(
            "ONNX Runtime has no CUDA provider here; install vmd-solver[gpu], or use --device cpu"
        )


def providers() -> list[str]:
    """The execution providers of the ONNX Runtime that is installed."""
    import onnxruntime

    found: list[str] = onnxruntime.get_available_providers()
    return found
