"""Two processes train one model: they stay equal, see different puzzles, and write once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from waiting import HANG_S

pytestmark = pytest.mark.slow

SCRIPT = """
import sys
from pathlib import Path

import torch

from vmd_training import device
from vmd_training.recipes import Group
from vmd_training.device import choose
from vmd_training.grids import train
from vmd_training.model import ModelConfig
from vmd_training.recipes import RECIPES, Recipe
from vmd_training.run import Run, TrainConfig

torch.set_num_threads(1)
RECIPES["tiny"] = Recipe((Group("tiny", 16, 4, 12, 1.0, 4, ("sudoku-2x2",), 0.5, 0.2),))
sizes = {"d": 8, "messages": 8, "hidden": 8, "latent_d": 4, "latent_loops": 2}
if __name__ == "__main__":
    folder, world = Path(sys.argv[1]), device.join()
    config = TrainConfig("tiny", steps=12, loops=2, log_every_s=1e-3)
    run = Run(folder, config, ModelConfig(**sizes), choose("cpu"), world)
    train(run, lambda row: None)
    drawn = torch.rand(8)
    torch.save((run.model.state_dict(), run.step, drawn), folder / f"rank{world.rank}.pt")
    device.leave()
"""


def test_two_processes_train_one_model(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node=2", str(tmp_path / "script.py"), str(tmp_path)],
        capture_output=True, text=True, timeout=HANG_S, check=False,
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, "PYTHONPATH": f".{os.pathsep}training", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    one, other = (torch.load(tmp_path / f"rank{rank}.pt") for rank in (0, 1))
    assert one[1] == other[1] == 12
    for name, weight in one[0].items():
        assert torch.equal(weight, other[0][name]), name
    assert not torch.equal(one[2], other[2])  # each draws its own rows
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["step"] == 12
    logged = [row["step"] for row in rows if "groups" in row]
    assert len(logged) == len(set(logged))  # the leader's alone
    assert [row["puzzle_calls"] for row in rows if "groups" in row][-1] == 12 * 4 * 2
