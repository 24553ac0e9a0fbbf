"""The denoiser, encoder and prior as ONNX Runtime sessions, behind the `Denoiser` protocol."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.denoiser.graph import CandidateGraph
from vmd_solver.denoiser.latent import bounded, gathered, spread
from vmd_solver.denoiser.manifest import (
    Manifest,
    ModelManifest,
    check_digests,
    check_metadata,
    read_config,
)
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal
from vmd_solver.errors import ManifestMismatch, ModelError, RuntimeUnavailable

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
FLOAT, INT = "tensor(float)", "tensor(int64)"

Nodes = Mapping[str, tuple[str, int]]
"""Type and number of dimensions of inputs or outputs, by name."""
Shapes = Mapping[str, tuple[int, ...]]

GAUSSIAN: Nodes = {"mean": (FLOAT, 2), "log_var": (FLOAT, 2)}
_GRAPH: Nodes = {"nodes": (INT, 2), "factors": (INT, 2), "kinds": (FLOAT, 2)}
"""Inputs that every file has."""


class OnnxModel:
    """A model folder opened for one device: `manifest`, and the outputs of its files.

    Digests are checked at once, the sessions are opened at their first call, which is when
    `device_note` says where `auto` fell back. Raises ModelError and its kin.
    """

    manifest: ModelManifest

    def __init__(self, folder: Path, device: str, threads: int | None, made_by: str) -> None:
        if not folder.is_dir():
            raise ModelError(f"no model folder at {folder}; give a folder made by {made_by}")
        check_digests(folder)
        self.folder, self.device, self.threads = folder, device, threads
        self.device_note: str | None = None
        self._sessions: dict[str, Any] = {}

    def signature(self, role: str) -> tuple[Nodes, Nodes]:
        """The inputs and outputs that the contract gives a file."""
        raise NotImplementedError

    def run(self, role: str, feed: dict[str, Any], due: Shapes) -> list[Floats]:
        """The outputs of a file, by the names and of the shapes that are `due`, without NaN."""
        path = self.folder / f"{role}.onnx"
        if role not in self._sessions:  # opened when needed: many runs need one of the three
            session, note = open_graph(path, self.device, self.threads)
            self.device_note = note or self.device_note
            metadata = session.get_modelmeta().custom_metadata_map
            check_metadata(metadata, self.manifest, role, str(path))
            check_nodes(session, *self.signature(role), str(path))
            self._sessions[role] = session
        return run_graph(self._sessions[role], path, feed, due)


class OnnxDenoiser(OnnxModel):
    """A model folder written by `vmd_training.export`, opened for one device."""

    manifest: Manifest

    def __init__(self, folder: Path, device: str = "auto", threads: int | None = None) -> None:
        super().__init__(folder, device, threads, "vmd-train")
        self.manifest = read_config(folder)
        self.name = self.manifest.name
        self.loops = self.manifest.loops
        self.latent: LatentKind = self.manifest.latent
        require_runtime(device)

    def start(self, board: Board, B: int) -> Floats:
        """Zeros (B, n, D, d)."""
        return np.zeros((B, board.n, board.D, self.manifest.d), dtype=np.float32)

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        """z from the prior, (B, n, D, k), or (B, patterns) of a global latent."""
        if self.latent == "none":
            return np.zeros((len(x_t), 0), dtype=np.float32)
        noise = self._noise(allowed, rng)
        if not learned:
            return noise
        graph = CandidateGraph.of(board, x_t, allowed)
        return self._sample("prior", graph, {}, noise)

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        """z from the encoder, shaped as `draw` does."""
        if self.latent == "none":
            return np.zeros((len(x_t), 0), dtype=np.float32)
        graph = CandidateGraph.of(board, x_t, allowed)
        answer = np.asarray(x0)[..., None] == np.arange(1, board.D + 1)
        feed = {"answer": answer.reshape(-1)[graph.index].astype(np.float32)}
        return self._sample("encoder", graph, feed, self._noise(allowed, rng))

    def __call__(
        self,
        board: Board,
        x_t: Ints,
        allowed: Floats,
        z: Floats,
        h: Floats,
        loops: int | None = None,
    ) -> tuple[Floats, Floats]:
        """One call of this many loops, by default `self.loops`."""
        graph = CandidateGraph.of(board, x_t, allowed)
        state = graph.gather(h)
        feed = {"h": state, "loops": np.array(loops or self.loops)}
        if self.latent != "none":
            facts = self.manifest
            over = spread(z, board.n, board.D, facts.k) if self.latent == "global" else z
            feed["z"] = graph.gather(over)
        due = {"logits": (len(graph),), "h_out": state.shape}
        logits, after = self._run("denoiser", graph, feed, due)
        return graph.logits(logits), graph.scatter(after, h)

    def _noise(self, allowed: Floats, rng: Randomness) -> Floats:
        facts = self.manifest
        shape: tuple[int, ...] = (*allowed.shape, facts.k)
        if self.latent == "global":
            shape = (len(allowed), facts.patterns)
        return standard_normal(rng, shape)

    def _sample(
        self, role: str, graph: CandidateGraph, feed: dict[str, Any], noise: Floats
    ) -> Floats:
        """z from the Gaussian of a network; standard normal where a candidate is not open."""
        k = self.manifest.k
        due = {"mean": (len(graph), k), "log_var": (len(graph), k)}
        nothing = np.zeros((*graph.shape, k), dtype=np.float32)
        mean, log_var = (
            graph.scatter(found, nothing) for found in self._run(role, graph, feed, due)
        )
        if self.latent == "global":
            mean, log_var = gathered(mean, log_var, self.manifest.patterns)
        z: Floats = mean + np.exp(0.5 * bounded(log_var)) * noise
        return z

    def _run(
        self, role: str, graph: CandidateGraph, feed: dict[str, Any], due: Shapes
    ) -> list[Floats]:
        """`run` on the graph, zeros where it is empty."""
        if not len(graph):  # nothing is masked, or nothing is left of what is
            return [np.zeros(shape, dtype=np.float32) for shape in due.values()]
        return self.run(role, {**graph.feed(), **feed}, due)

    def signature(self, role: str) -> tuple[Nodes, Nodes]:
        """The inputs and outputs of the contract."""
        if role == "denoiser":
            of_latent: Nodes = {} if self.latent == "none" else {"z": (FLOAT, 2)}
            inputs: Nodes = {**_GRAPH, "h": (FLOAT, 2), "loops": (INT, 0), **of_latent}
            return inputs, {"logits": (FLOAT, 1), "h_out": (FLOAT, 2)}
        answer: Nodes = {"answer": (FLOAT, 1)} if role == "encoder" else {}
        return {**_GRAPH, **answer}, GAUSSIAN


def open_graph(path: Path, device: str, threads: int | None) -> tuple[Any, str | None]:
    """A session for an ONNX file, and a note where `auto` fell back to the CPU.

    Raises ModelError for a file that is no model, RuntimeUnavailable for a missing device.
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


def run_graph(session: Any, path: Path, feed: dict[str, Any], due: Shapes) -> list[Floats]:
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


def check_nodes(session: Any, inputs: Nodes, outputs: Nodes, where: str) -> None:
    """Raise ManifestMismatch unless a graph has these inputs and outputs, and no others."""
    for found, due in ((session.get_inputs(), inputs), (session.get_outputs(), outputs)):
        actual = {node.name: (node.type, len(node.shape)) for node in found}
        for name in sorted(actual.keys() | due.keys()):
            if actual.get(name) != due.get(name):
                raise ManifestMismatch(
                    f"{where} has {_described(name, actual)}, expected {_described(name, due)}"
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
