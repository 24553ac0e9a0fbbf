"""Where and how training runs, with the reason, so that nobody has to guess."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

import torch

from vmd_solver.errors import RuntimeUnavailable


@dataclass(frozen=True)
class Plan:
    """A device and the number format of its matrix products."""

    device: torch.device
    dtype: torch.dtype
    reason: str

    @property
    def workers(self) -> int:
        """Processes that make puzzles; on a CPU training wants the cores for itself."""
        return 1 if self.device.type == "cpu" else max(1, (os.cpu_count() or 2) - 1)

    @property
    def compile(self) -> bool:
        """torch.compile pays on CUDA; on CPUs it was measured slower than eager (docs/LOG.md)."""
        return self.device.type == "cuda"


def memory_mib(plan: Plan) -> float:
    """Most memory used so far: on the device of CUDA, else by this process. Nothing waits for it."""
    if plan.device.type == "cuda":
        return torch.cuda.max_memory_allocated(plan.device) / 2**20
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def choose(name: str = "auto") -> Plan:
    """The plan for `--device auto|cpu|cuda|mps`. Raises RuntimeUnavailable."""
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        name = "cuda" if cuda else "mps" if mps else "cpu"
        why = {"cuda": "a CUDA device is there", "mps": "no CUDA, but MPS is there"}
        reason = why.get(name, "neither CUDA nor MPS is there")
    else:
        reason = "asked for"
    if name.startswith("cuda") and not cuda:
        raise RuntimeUnavailable("no CUDA device found; use --device cpu, or auto")
    if name == "mps" and not mps:
        raise RuntimeUnavailable("MPS is not available here; use --device cpu, or auto")
    bf16 = name.startswith("cuda") and torch.cuda.is_bf16_supported()
    dtype = torch.bfloat16 if bf16 else torch.float32
    number = "bfloat16: the device has it" if bf16 else "float32: no fast bfloat16 here"
    return Plan(torch.device(name), dtype, f"{reason}; {number}")
