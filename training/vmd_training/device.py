"""Where and how training runs, with the reason: device and number format, and by which processes.

`torchrun` starts several processes that train one model, each on rows of its own. Gradients are
averaged after every backward pass; weights start equal and so stay equal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import nn

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


def choose(name: str = "auto", assume: bool = False) -> Plan:
    """The plan for `--device auto|cpu|cuda|mps`.

    Raises RuntimeUnavailable where the device is missing, unless it is to be assumed.
    """
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    reason = "asked for"
    if name == "auto":
        name = next((kind for kind, found in there.items() if found), "cpu")
        why = {"cuda": "a CUDA device is there", "mps": "no CUDA, but MPS is there"}
        reason = why.get(name, "neither CUDA nor MPS is there")
    if not there.get(name, True):
        if not assume:
            missing = "no CUDA device found" if name == "cuda" else "MPS is not available here"
            raise RuntimeUnavailable(f"{missing}; use --device cpu, or auto")
        dtype = torch.bfloat16 if name == "cuda" else torch.float32
        number = "bfloat16 where the device has it" if name == "cuda" else "float32"
        return Plan(torch.device(name), dtype, f"assumed, it is not here; {number}", here=False)
    if name == "cuda":
        bf16 = torch.cuda.is_bf16_supported()
    else:  # few processors multiply bfloat16 themselves; the others take longer for it
        has = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
        bf16 = name == "cpu" and has is not None and bool(has())
    dtype = torch.bfloat16 if bf16 else torch.float32
    number = "bfloat16: the device has it" if bf16 else "float32: no fast bfloat16 here"
    return Plan(torch.device(name), dtype, f"{reason}; {number}")


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


@dataclass(frozen=True)
class World:
    """Which process this is, of how many. For one alone nothing here does anything."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process writes files, evaluates and reports."""
        return self.rank == 0

    def average(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over processes: one message for all of them."""
        if self.size == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        together = torch.cat([gradient.flatten() for gradient in gradients])
        dist.all_reduce(together)
        together /= self.size
        parts = torch.split(together, [gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    def agree(self, value: float) -> float:
        """The leader's value, everywhere."""
        if self.size == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64)  # on the CPU: nobody waits for a device
        dist.broadcast(shared, src=0)
        return float(shared)


def join() -> World:
    """The world that torchrun's environment describes; alone without it."""
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        return World()
    cuda = torch.cuda.is_available()
    dist.init_process_group("cpu:gloo,cuda:nccl" if cuda else "gloo")
    if cuda:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return World(dist.get_rank(), size)


def leave() -> None:
    """The end of it."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
