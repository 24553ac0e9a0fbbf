"""The denoiser, encoder and prior as ONNX Runtime sessions, behind the `Denoiser` protocol."""

from __future__ import annotations

import os
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver.csp import Board
from vmd_solver.denoiser.manifest import check_digests, check_metadata, read_config
from vmd_solver.denoiser.protocol import Floats, Ints, LatentKind
from vmd_solver.errors import ModelError, RuntimeUnavailable

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"


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
        require_runtime(device)

    def start(self, board: Board, B: int) -> Floats:
        """Zeros (B, n, D, d)."""
        return np.zeros((B, board.n, board.D, self.manifest.d), dtype=np.float32)

    def draw(
        self,
        board: Board,
        x_t: Ints,
        allowed: Floats,
        rng: np.random.Generator,
        learned: bool = True,
    ) -> Floats:
        """z from the prior, (B, n, D, k), or (B, patterns) of a global latent."""
        if self.latent == "none":
            return np.zeros((len(x_t), 0), dtype=np.float32)
        noise = self._noise(allowed, rng)
        if not learned:
            return noise
        return self._sample("prior", self._grid(board, x_t, allowed), noise)

    def infer(
        self, board: Board, x0: Ints, x_t: Ints, allowed: Floats, rng: np.random.Generator
    ) -> Floats:
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
        logits, h_out = self._sessions["denoiser"].run(["logits", "h_out"], feed)
        return logits, h_out

    def _noise(self, allowed: Floats, rng: np.random.Generator) -> Floats:
        facts = self.manifest
        shape: tuple[int, ...] = (*allowed.shape, facts.k)
        if self.latent == "global":
            shape = (len(allowed), facts.patterns)
        return rng.standard_normal(shape, dtype=np.float32)

    def _sample(self, role: str, feed: dict[str, Any], noise: Floats) -> Floats:
        mean, log_var = self._sessions[role].run(["mean", "log_var"], feed)
        z: Floats = mean + np.exp(0.5 * log_var) * noise
        return z

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

    @cached_property
    def _sessions(self) -> dict[str, Any]:
        roles = ("denoiser",) if self.latent == "none" else ("denoiser", "encoder", "prior")
        return {role: self._open(role) for role in roles}

    def _open(self, role: str) -> Any:
        import onnxruntime

        path = self.folder / f"{role}.onnx"
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        # Threads that spin between calls take the processor from the search beside them.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.intra_op_num_threads = self.threads or min(4, os.cpu_count() or 1)
        wanted = [CPU] if self.device == "cpu" or CUDA not in providers() else [CUDA, CPU]
        try:
            session = onnxruntime.InferenceSession(path, options, providers=wanted)
        except Exception as error:  # ONNX Runtime raises its own classes, not exported by name
            reason = str(error).splitlines()[0]
            raise ModelError(f"{path} is not a usable ONNX model: {reason}") from error
        if CUDA in wanted and CUDA not in session.get_providers():
            self._fall_back()
        check_metadata(session.get_modelmeta().custom_metadata_map, self.manifest, role, str(path))
        return session

    def _fall_back(self) -> None:
        """ONNX Runtime took the CPU although it was built for CUDA."""
        note = "CUDA could not be used (no device, or its libraries are missing)"
        if self.device == "cuda":
            raise RuntimeUnavailable(f"{note}; use --device cpu")
        self.device_note = f"{note}; running on the CPU"


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
