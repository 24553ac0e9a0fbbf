"""The denoiser, encoder and prior as ONNX Runtime sessions, behind the `Denoiser` protocol."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.denoiser.graph import CandidateGraph, cells_of
from vmd_solver.denoiser.latent import bounded, gathered, spread
from vmd_solver.denoiser.manifest import Manifest, ModelManifest, check_digests, read_config
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind, Randomness, standard_normal
from vmd_solver.errors import ManifestMismatch, ModelError, RuntimeUnavailable

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
FLOAT, INT = "tensor(float)", "tensor(int64)"
MUCH = 1 << 20
"""Bytes of inputs that may need more memory than there is."""
CHUNK = 12_000
"""Candidates, open or not, that each thread takes at a time: what a loop of some fifteen 9x9 boards
passes around stays in the processor's cache."""
NOT_INSTALLED = "ONNX Runtime is not installed (pip install 'vmd-solver[cpu]'; [gpu] for CUDA)"
FATAL = 4
"""The highest severity of ONNX Runtime's own log."""

Nodes = Mapping[str, tuple[str, int]]
"""Type and number of dimensions of inputs or outputs, by name."""
Shapes = Mapping[str, tuple[int, ...]]

GAUSSIAN: Nodes = {"mean": (FLOAT, 2), "log_var": (FLOAT, 2)}
_GRAPH: Nodes = {"nodes": (INT, 2), "factors": (INT, 2), "kinds": (FLOAT, 2)}
"""Inputs that every file has."""
_RULES: Nodes = {"supports": (INT, 2), "heard": (INT, 2), "arcs": (INT, 2), "layers": (INT, 1),
                 "readings": (INT, 2), "ends": (FLOAT, 2)}  # fmt: skip
"""Those of models that read rules."""


class OnnxModel:
    """A model folder opened for one device: `manifest`, and the outputs of its files.

    Digests are checked at once, the sessions are opened at their first call, which is when
    `device_note` says where `auto` fell back. Raises ModelError and its kin.
    """

    manifest: ModelManifest
    files: Mapping[str, tuple[Nodes, Nodes]]
    """The inputs and outputs that the contract gives each file, by its role."""

    def __init__(self, folder: Path, device: str, threads: int | None, made_by: str) -> None:
        if not folder.is_dir():
            raise ModelError(f"no model folder at {folder}; give a folder made by {made_by}")
        check_digests(folder)
        self.folder, self.device = folder, device
        self.threads = threads or min(4, os.cpu_count() or 1)
        self.device_note: str | None = None
        self._sessions: dict[str, Any] = {}

    def run(self, role: str, feed: dict[str, Any], due: Shapes) -> list[Floats]:
        """The outputs of a file, by the names and of the shapes that are `due`, without NaN.

        Raises ModelError where the file gives anything else, MemoryError where there is no room.
        """
        path = self.folder / f"{role}.onnx"
        if role not in self._sessions:  # opened when needed: many runs need one of the three
            self._sessions[role] = self._open(role, path)
        try:
            found: list[Floats] = self._sessions[role].run(list(due), feed)
        except Exception as error:  # as in `_open`
            reason = str(error).splitlines()[0]
            # In its own words, and those of C++; with little to read it is the model's fault.
            if "alloc" in reason and sum(part.nbytes for part in feed.values()) > MUCH:
                raise MemoryError(reason) from error
            raise ModelError(f"{path} cannot be run: {reason}") from error
        for (name, shape), values in zip(due.items(), found, strict=True):
            if values.shape != shape:
                raise ModelError(f"{path} gives {name} of shape {values.shape}, expected {shape}")
            if np.isnan(values).any():
                raise ModelError(f"{path} gives {name} that are no numbers; export it again")
        return found

    @cached_property
    def _wanted(self) -> list[str]:
        """The execution providers that the device means, the first choice first."""
        return [CPU] if self.device == "cpu" or CUDA not in providers() else [CUDA, CPU]

    def _open(self, role: str, path: Path) -> Any:
        """A session for a file that is what the manifest and the contract say.

        Raises ModelError for a file that is not, RuntimeUnavailable for a missing device.
        """
        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        # Threads that spin between calls take the processor from the search beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.intra_op_num_threads = self.threads
        try:
            session = onnxruntime.InferenceSession(path, options, providers=self._wanted)
        except Exception as error:  # ONNX Runtime raises its own classes, not exported by name
            reason = str(error).splitlines()[0]
            raise ModelError(f"{path} is not a usable ONNX model: {reason}") from error
        if CUDA in self._wanted and CUDA not in session.get_providers():
            note = "CUDA could not be used (no device, or its libraries are missing)"
            if self.device == "cuda":
                raise RuntimeUnavailable(f"{note}; use --device cpu")
            self.device_note = f"{note}; running on the CPU"
        metadata = session.get_modelmeta().custom_metadata_map
        self.manifest.check_metadata(metadata, role, str(path))
        nodes = (session.get_inputs(), session.get_outputs())
        for found, due in zip(nodes, self.files[role], strict=True):
            actual = {node.name: (node.type, len(node.shape)) for node in found}
            for name in sorted(actual.keys() | due.keys()):
                has, expected = (
                    f"{name!r} as {node[0]} of {node[1]} dimensions" if node else f"no {name!r}"
                    for node in (actual.get(name), due.get(name))
                )
                if has != expected:
                    raise ManifestMismatch(f"{path} has {has}, expected {expected}")
        return session


class OnnxDenoiser(OnnxModel):
    """A model folder written by `vmd_training.export`, opened for one device: a `Denoiser`.

    z is (B, n, D, k), or (B, patterns) of a global latent; h is (B, n, D, d).
    """

    manifest: Manifest

    def __init__(self, folder: Path, device: str = "auto", threads: int | None = None) -> None:
        super().__init__(folder, device, threads, "vmd-train")
        self.manifest = read_config(folder)
        self.name, self.loops = self.manifest.name, self.manifest.loops
        self.latent: LatentKind = self.manifest.latent
        z: Nodes = {} if self.latent == "none" else {"z": (FLOAT, 2)}
        self.ruled = self.manifest.links > 0
        graph: Nodes = {**_GRAPH, **(_RULES if self.ruled else {})}
        inputs: Nodes = {**graph, "h": (FLOAT, 2), "loops": (INT, 0), **z}
        self.files = {
            "denoiser": (inputs, {"logits": (FLOAT, 1), "h_out": (FLOAT, 2)}),
            "encoder": ({**graph, "answer": (FLOAT, 1)}, GAUSSIAN),
            "prior": (graph, GAUSSIAN),
        }
        require_runtime(device)

    def start(self, board: Board, B: int) -> Floats:
        return np.zeros((B, self._cells(board), board.D, self.manifest.d), dtype=np.float32)

    def draw(
        self, board: Board, x_t: Ints, allowed: Floats, rng: Randomness, learned: bool = True
    ) -> Floats:
        noise = self._noise(board, len(allowed), rng)
        return self._sample(board, x_t, allowed, noise) if learned else noise

    def infer(self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: Randomness) -> Floats:
        return self._sample(board, x_t, allowed, self._noise(board, len(allowed), rng), x0)

    def __call__(
        self, board: Board, x_t: Ints, allowed: Floats, z: Floats, h: Floats, loops: int = 0
    ) -> tuple[Floats, Floats]:
        rows = max(1, CHUNK * self.threads // (board.n * board.D))
        if len(x_t) > rows and CUDA not in self._wanted:
            parts = [
                self(
                    board, x_t[at:][:rows], allowed[at:][:rows], z[at:][:rows], h[at:][:rows], loops
                )
                for at in range(0, len(x_t), rows)
            ]
            logits, after = map(np.concatenate, zip(*parts, strict=True))
            return logits, after
        graph = CandidateGraph.of(board, x_t, allowed, self.ruled)
        state = graph.gather(h)
        feed = {"h": state, "loops": np.array(loops or self.loops)}
        if self.latent != "none":
            k = self.manifest.k
            over = spread(z, *graph.shape[1:], k) if self.latent == "global" else z
            feed["z"] = graph.gather(over)
        due = {"logits": (len(graph),), "h_out": state.shape}
        logits, after = self._run("denoiser", graph, feed, due)
        return graph.logits(logits)[:, : board.n], graph.scatter(after, h)

    def _cells(self, board: Board) -> int:
        return cells_of(board) if self.ruled else board.n

    def _noise(self, board: Board, B: int, rng: Randomness) -> Floats:
        facts = self.manifest
        of_row = {"none": (0,), "global": (facts.patterns,)}
        of_cells = (self._cells(board), board.D, facts.k)
        return standard_normal(rng, (B, *of_row.get(self.latent, of_cells)))

    def _sample(
        self, board: Board, x_t: Ints, allowed: Floats, noise: Floats, x0: Ints | None = None
    ) -> Floats:
        """z of the prior, or of the encoder of x0; standard normal where a candidate is closed."""
        if self.latent == "none":
            return noise
        k, graph = self.manifest.k, CandidateGraph.of(board, x_t, allowed, self.ruled)
        role, feed = "prior", dict[str, Floats]()
        if x0 is not None:
            known = np.pad(x0, ((0, 0), (0, graph.shape[1] - board.n)))  # not of hidden cells
            answer = known[..., None] == np.arange(1, board.D + 1)
            role, feed = "encoder", {"answer": answer.reshape(-1)[graph.index].astype(np.float32)}
        found = self._run(role, graph, feed, dict.fromkeys(GAUSSIAN, (len(graph), k)))
        nothing = np.zeros((*graph.shape, k), dtype=np.float32)
        mean, log_var = (graph.scatter(of_nodes, nothing) for of_nodes in found)
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
        return self.run(role, {**graph.inputs(), **feed}, due)


def is_installed() -> bool:
    """Whether ONNX Runtime is installed; it is not imported to find out."""
    return find_spec("onnxruntime") is not None


def require_runtime(device: str) -> None:
    """Raise RuntimeUnavailable unless ONNX Runtime, and the device if one was named, are there."""
    if not is_installed():
        raise RuntimeUnavailable(NOT_INSTALLED)
    if device == "cuda" and CUDA not in providers():
        raise RuntimeUnavailable(
            "ONNX Runtime has no CUDA provider here: pip install 'vmd-solver[gpu]', or use "
            "--device cpu"
        )


def providers() -> list[str]:
    """The execution providers of the ONNX Runtime that is installed."""
    found: list[str] = runtime().get_available_providers()
    return found


def runtime() -> Any:
    """ONNX Runtime, silent, its telemetry off. Only here is it imported.

    From 1.31 on it keeps an identity and events in the user's cache folder and sends them, unless
    the variable is set before it is loaded. Raises RuntimeUnavailable where it cannot be loaded.
    """
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        with _standard_error_lost():
            import onnxruntime
    except ImportError as error:
        reason = str(error).partition("\n")[0]
        raise RuntimeUnavailable(f"ONNX Runtime cannot be loaded: {reason}") from error
    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(FATAL)
    return onnxruntime


@contextmanager
def _standard_error_lost() -> Iterator[None]:
    """What is written to standard error, by code in C too, is lost in the block.

    ONNX Runtime looks for devices while it is loaded, and warns of what it finds odd, before its
    severity can be set. Not where another thread may be drawing on a terminal meanwhile.
    """
    try:
        kept = os.dup(2) if threading.current_thread() is threading.main_thread() else None
    except OSError:  # it is closed already
        kept = None
    if kept is None:
        yield
        return
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
