"""`vmd-train slice` as a command: what it says, and what it refuses."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from vmd_training import cli, slices
from vmd_training.commands import slice as command


@pytest.fixture
def vmd_train(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """The command on a lineage of its own: exit code and all that it printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["vmd-train", "slice", "--lineage", "lineage", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code, "".join(capfd.readouterr())

    return run


Ran = Callable[..., tuple[int, str]]


def test_there_is_nothing_to_end(vmd_train: Ran) -> None:
    assert vmd_train("--end") == (0, "no slice runs here\n")


def test_a_plan_is_printed_and_nothing_written(vmd_train: Ran, tmp_path: Path) -> None:
    code, said = vmd_train("--recipe", "drill", "--count", "1", "--dry-run", "--threads", "1")
    assert code == 0
    for part in ("device  cpu", "so far none", "drill, 2 loops a call", "100% sudoku-4x4: batch 4",
                 "30.0 minutes for everything", "s a step here"):  # fmt: skip
        assert part in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is there")
def test_a_plan_for_a_device_that_is_not_here(vmd_train: Ran) -> None:
    code, said = vmd_train("--device", "cuda", "--dry-run")
    assert code == 0
    assert "full, 12 loops a call" in said
    assert "bfloat16 where the device has it\n" in said
    assert "unknown: no cuda here" in said
    assert vmd_train("--device", "cuda")[0] == 3


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--time", "soon"), 2, "'soon' is not a duration"),
        (("--recipe", "soup"), 2, "no recipe 'soup'; there are sudoku"),
        (("--recipe", "drill", "--time", "1s", "--count", "1"), 2, "--time 1s is too short"),
        (("--recipe", "drill", "--init", "."), 3, "no checkpoint at"),
        (("--data", "nowhere"), 2, "'nowhere' does not exist"),
        (("--name", "../up"), 2, "cannot name a folder"),
    ],
)
def test_a_wrong_call_gets_one_line_and_a_code(
    vmd_train: Ran, arguments: tuple[str, ...], code: int, message: str
) -> None:
    got, said = vmd_train(*arguments, "--no-promote", "--quiet", "--threads", "1")
    assert got == code
    assert message in said
    assert "Traceback" not in said


def test_options_reach_the_slice(
    vmd_train: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[Any] = []

    def run_slice(place: Any, options: Any, plan: Any, *_: Any) -> None:
        orders.append((options, plan))

    monkeypatch.setattr(slices, "run_slice", run_slice)
    (tmp_path / "d.npz").touch()
    (tmp_path / "lists").mkdir()
    code, said = vmd_train(
        "--recipe", "drill", "--time", "9m", "--lr", "0.5", "--train-loops", "3",
        "--data", "d.npz", "--data", "lists", "--save-every", "30s", "--keep", "9s",
        "--no-promote", "--pack", "out.tar", "--seed", "4",
    )  # fmt: skip
    assert code == 0 and "ended before the first step" in said
    ((options, plan),) = orders
    assert options.budget_s == 540 and options.finish_s == 9 and options.exported is None
    config = options.config
    assert (config.lr, config.loops, config.seed, config.data) == (0.5, 3, 4, "d.npz")
    assert config.checkpoint_every_s == 30 and options.real == Path("lists")
    assert options.pack == Path("out.tar") and plan.device.type == "cpu"


def test_an_interrupted_slice_says_so(vmd_train: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(slices, "run_slice", interrupted)
    code, said = vmd_train("--recipe", "drill", "--no-promote")
    assert code == 130 and "interrupted and saved, without a row" in said


def test_tensorboard_gets_the_numbers(
    vmd_train: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"step": 3, "lr": 0.5, "groups": {"tiny": {"loss": 1.5, "kl_channels": [1]}}}
    assert command.scalars(row) == [("step", 3.0), ("lr", 0.5), ("groups/tiny/loss", 1.5)]
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    code, said = vmd_train("--recipe", "drill", "--tensorboard", "log", "--no-promote")
    assert code == 3 and "--tensorboard needs" in said
