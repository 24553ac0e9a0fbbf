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
    here: bool = True
    """False of a device that is only planned for."""

    @property
    def workers(self) -> int:
        """Processes that make puzzles; on a CPU training wants the cores for itself."""
        return 1 if self.device.type == "cpu" else max(1, (os.cpu_count() or 2) - 1)


def memory_mib(plan: Plan) -> float:
    """Most memory used so far: on the device of CUDA, else by this process. Waits for nothing."""
    if plan.device.type == "cuda":
        return torch.cuda.max_memory_allocated(plan.device) / 2**20
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return 0.0
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**20 if sys.platform == "darwin" else 2**10)


def device_name(plan: Plan) -> str:
    """What kind of device it is, with the model of a card."""
    if plan.device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(plan.device)})"
    return plan.device.type


def choose(name: str = "auto", assume: bool = False) -> Plan:
    """The plan for `--device auto|cpu|cuda|mps`.

    Raises RuntimeUnavailable where the device is missing, unless it is to be assumed.
    """
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if assume and ((name == "cuda" and not cuda) or (name == "mps" and not mps)):
        return _assumed(name)
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
    bf16 = torch.cuda.is_bf16_supported() if name.startswith("cuda") else _cpu_bf16(name)
    dtype = torch.bfloat16 if bf16 else torch.float32
    number = "bfloat16: the device has it" if bf16 else "float32: no fast bfloat16 here"
    return Plan(torch.device(name), dtype, f"{reason}; {number}")


def _cpu_bf16(name: str) -> bool:
    """Whether this is a processor that multiplies bfloat16 itself; others take longer for it."""
    has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return name == "cpu" and has is not None and bool(has())


def _assumed(name: str) -> Plan:
    """What is planned for a device that is not here; nothing can be timed."""
    cuda = name == "cuda"
    dtype = torch.bfloat16 if cuda else torch.float32
    number = "bfloat16 where the device has it" if cuda else "float32"
    return Plan(torch.device(name), dtype, f"assumed, it is not here; {number}", here=False)
