"""Runs follow their schedule, are saved whole, and go on where they stopped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from disk import limited_files
from torch import Tensor

from vmd_solver.csp.families import sudoku
from vmd_solver.errors import ModelError
from vmd_training import checkpoint, grids
from vmd_training.checkpoint import Start
from vmd_training.device import choose
from vmd_training.export import example
from vmd_training.grids import train
from vmd_training.loop import Interval
from vmd_training.model import VMD, ModelConfig
from vmd_training.recipes import RECIPES, Group, Recipe
from vmd_training.ruled import TRAINED
from vmd_training.run import Run, TrainConfig, kl_weight, rate_factor

Config = Callable[[str], ModelConfig]
TINY = TrainConfig("tiny", time_s=0.3, loops=2, anneal=0.5, log_every_s=0.1)
PLAN = choose("cpu")


def ignore(row: dict[str, Any]) -> None:
    """No report."""


def start(
    folder: Path, config_of: Config, latent: str = "candidate", config: TrainConfig = TINY
) -> Run:
    return Run(folder, config, config_of(latent), PLAN)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(weight, other[name]) for name, weight in one.items())


# Schedules


def test_the_learning_rate_warms_up_stays_and_falls() -> None:
    config = TrainConfig()
    assert rate_factor(config, 0.0, 0) == pytest.approx(0.01)
    assert rate_factor(config, 0.0, 49) == pytest.approx(0.5)
    assert rate_factor(config, 0.1, 99) == rate_factor(config, 0.5, 500) == pytest.approx(1)
    assert rate_factor(config, 0.75, 500) == pytest.approx(0.505)
    assert rate_factor(config, 1.0, 500) == pytest.approx(0.01)
    late = replace(config, decay=0.1)
    assert rate_factor(late, 0.9, 500) == pytest.approx(1)
    assert rate_factor(late, 0.95, 500) == pytest.approx(0.505)
    whole = replace(config, decay=1.0)
    assert rate_factor(whole, 0.5, 500) == pytest.approx(0.505)


def test_beta_rises_to_its_final_value() -> None:
    config = TrainConfig(beta=2.0, anneal=0.5)
    weights = [kl_weight(config, progress) for progress in (0, 0.25, 0.5, 1)]
    assert weights == pytest.approx([0.2, 1.1, 2.0, 2.0])


def test_an_interval_is_true_once_a_period() -> None:
    due = Interval(10.0, now_s=25.0)
    assert [due(now) for now in (26, 29.9, 30, 31, 39, 55, 56, 60)] == [
        False, False, True, False, False, True, False, True,
    ]  # fmt: skip


def test_the_batch_scales_and_is_never_empty(group: Group) -> None:
    sizes = [grids.groups_of(replace(TINY, batch_scale=scale))[0].batch for scale in (1, 2.5, 0.01)]
    assert sizes == [4, 10, 1]


def test_of_the_kinds_of_rules_only_those_asked_for_are_trained() -> None:
    def kinds(chosen: tuple[str, ...] | None) -> set[tuple[str, ...]]:
        config = TrainConfig("grids", rules=chosen)
        return {group.rules for group in grids.groups_of(config)}

    assert kinds(None) == {(), TRAINED}
    assert kinds(("thermo", "killer")) == {(), ("thermo", "killer")}
    assert kinds(()) == {()}


# Checkpoints


def test_a_checkpoint_is_replaced_whole_or_not_at_all(tmp_path: Path, config_of: Config) -> None:
    run = start(tmp_path, config_of)
    run.save()
    before = run.checkpoint_path.read_bytes()

    with limited_files(1000), pytest.raises(OSError, match=r"checkpoint\.pt") as caught:
        run.save()
    assert caught.value.filename == str(run.checkpoint_path)
    assert run.checkpoint_path.read_bytes() == before
    assert [path.name for path in tmp_path.rglob("checkpoint*")] == ["checkpoint.pt"]


def test_what_is_saved_comes_back(tmp_path: Path, config_of: Config) -> None:
    run = start(tmp_path, config_of)
    run.step, run.elapsed_s, run.puzzle_calls = 7, 12.5, 99
    run.model.denoiser.head.weight.data += 1
    run.save()
    state = checkpoint.load(run.checkpoint_path)
    assert set(state) == checkpoint.KEYS.keys() | {"version"}
    assert ModelConfig(**state["model_config"]) == run.model.config
    assert TrainConfig.from_dict(state["train_config"], run.checkpoint_path) == run.config
    again = start(tmp_path, config_of)
    again.resume()
    assert (again.step, again.elapsed_s, again.puzzle_calls) == (7, 12.5, 99)
    assert same(again.model.state_dict(), run.model.state_dict())
    averaged = checkpoint.load_model(run.checkpoint_path)
    assert same(averaged.state_dict(), run.ema.state_dict())


def test_a_config_of_another_version_gets_what_it_lacks() -> None:
    stored = {"recipe": "grids", "gone": 1}
    assert TrainConfig.from_dict(stored, Path("file")) == TrainConfig("grids")


@pytest.mark.parametrize("content", [b"", b"text\n", b"PK\x03\x04", b"\x80\x04N."])
def test_a_file_of_another_kind_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "checkpoint.pt"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="no checkpoint of vmd-train") as caught:
        checkpoint.load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ([1, 2], "no checkpoint of vmd-train"),
        ({"weights": 1}, "no checkpoint of vmd-train"),
        ({"version": 99}, "version 99, expected 1"),
        ({"version": 1, "model": {}}, "without elapsed_s, ema, "),
    ],
)
def test_a_foreign_checkpoint_is_refused(tmp_path: Path, state: Any, reason: str) -> None:
    torch.save(state, tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match=reason):
        checkpoint.load(tmp_path / "checkpoint.pt")


WRONG: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("step",), "many"),
    (("step",), True),
    (("elapsed_s",), None),
    (("puzzle_calls",), 1.5),
    (("earlier",), 3),
    (("earlier",), [3]),
    (("model_config",), [1]),
    (("model_config", "d"), "wide"),
    (("model_config", "d"), -8),
    (("model_config", "latent"), "some"),
    (("model_config", "unheard"), 1),
    (("train_config",), "x"),
    (("train_config", "lr"), "x"),
    (("train_config", "recipe"), 7),
    (("train_config", "rules"), [1]),
    (("train_config", "rules"), 5),
    (("model",), torch.zeros(3)),
    (("ema", "denoiser.head.weight"), "x"),
    (("ema", "denoiser.head.weight"), torch.zeros(2)),
    (("ema",), {1: torch.zeros(2)}),
    (("optimizer",), {}),
    (("optimizer",), {"each": 5}),
    (("optimizer", "each"), [{"state": 1, "param_groups": 2}] * 2),
)
"""What a checkpoint holds where something else is due."""


@pytest.mark.parametrize(("place", "value"), WRONG)
def test_a_field_of_another_type_is_refused_in_one_line(
    place: tuple[str, ...], value: Any, tmp_path: Path, config_of: Config
) -> None:
    run = start(tmp_path, config_of)
    run.save()
    state = torch.load(run.checkpoint_path, weights_only=True)
    inner = state
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    torch.save(state, run.checkpoint_path)
    with pytest.raises(ModelError, match=r"checkpoint\.pt") as caught:
        found = checkpoint.load(run.checkpoint_path)
        TrainConfig.from_dict(found["train_config"], run.checkpoint_path)
        checkpoint.load_model(run.checkpoint_path)
        run.resume()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), os.mkdir])
def test_a_checkpoint_that_is_no_regular_file_is_not_read(
    make: Callable[[Path], None], tmp_path: Path
) -> None:
    make(tmp_path / "checkpoint.pt")
    with pytest.raises(ModelError, match="no checkpoint at"):
        checkpoint.load(tmp_path / "checkpoint.pt")


def test_a_damaged_checkpoint_is_refused(tmp_path: Path, config_of: Config) -> None:
    run = start(tmp_path, config_of)
    run.save()
    content = run.checkpoint_path.read_bytes()
    run.checkpoint_path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ModelError, match="damaged"):
        run.resume()


def test_another_model_does_not_go_on(tmp_path: Path, config_of: Config) -> None:
    start(tmp_path, config_of).save()
    with pytest.raises(ModelError, match="another model"):
        start(tmp_path, config_of, "global").resume()


# Starting from another run


FIRST = {"recipe": "tiny", "steps": 7, "minutes": 1.5}


def trained(config_of: Config, latent: str) -> Start:
    """Random averaged weights to start from."""
    model = VMD(config_of(latent))
    for parameter in model.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    return Start(model.config, model.state_dict(), [FIRST])


def test_a_latent_is_put_on_a_trunk_without(
    tmp_path: Path, config_of: Config, group: Group
) -> None:
    begin = trained(config_of, "none")
    plain = VMD(config_of("none"))
    plain.load_state_dict(begin.weights)
    run = start(tmp_path, config_of)
    run.init_from(begin)
    grid, _ = example(sudoku(2, 2), 3, seed=0)
    z, h = torch.randn(run.model.z_shape(3, 16, 4)), torch.randn(run.model.start(grid).shape)
    for model in (run.model, run.ema):
        with torch.no_grad():
            expected, _ = plain.denoiser(grid, z[..., :0], h, 3)
            at_zero, _ = model.denoiser(grid, torch.zeros_like(z), h, 3)
            near, _ = model.denoiser(grid, z, h, 3)
        torch.testing.assert_close(at_zero, expected)
        assert 0 < (near - expected).abs().max() < 1


def test_a_latent_is_taken_off_again(tmp_path: Path, config_of: Config) -> None:
    begin = trained(config_of, "candidate")
    run = start(tmp_path, config_of, "none")
    run.init_from(begin)
    taken = run.model.state_dict()["denoiser.block.update.weight"]
    assert torch.equal(taken, begin.weights["denoiser.block.update.weight"])
    assert "denoiser.block.inputs.weight" not in run.model.state_dict()


def test_a_run_of_the_same_kind_gives_all_it_has(tmp_path: Path, config_of: Config) -> None:
    begin = trained(config_of, "global")
    run = start(tmp_path, config_of, "global")
    run.init_from(begin)
    assert same(run.ema.state_dict(), begin.weights)
    assert run.step == 0
    assert run.earlier == [FIRST]
    run.save()
    run.init_from(checkpoint.start(run.checkpoint_path))
    assert run.earlier == [FIRST, {"recipe": "tiny", "steps": 0, "minutes": 0.0}]


def test_a_wider_run_starts_where_a_narrow_one_stopped(tmp_path: Path, config_of: Config) -> None:
    begin = trained(config_of, "candidate")
    wide = {"d": 16, "messages": 16, "hidden": 16}
    run = Run(tmp_path, TINY, replace(begin.config, **wide), PLAN)
    run.init_from(begin)
    assert same(run.ema.state_dict(), run.model.state_dict())
    assert run.model.denoiser.head.weight.shape == (1, 16)
    assert run.ema.prior is not None
    assert torch.equal(run.ema.prior.head.weight, begin.weights["prior.head.weight"])


def test_other_widths_do_not_fit(tmp_path: Path, config_of: Config) -> None:
    run = Run(tmp_path, TINY, replace(config_of("none"), d=16), PLAN)
    with pytest.raises(
        ModelError, match="has d 8, messages 8, hidden 8, latent_d 4, this model d 16"
    ):
        run.init_from(trained(config_of, "none"))


# Training


def test_a_run_learns_is_interrupted_and_continues(
    tmp_path: Path, config_of: Config, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What interrupts it while it saves does not count."""
    run = start(tmp_path, config_of, config=replace(TINY, time_s=3600.0))
    begun = {name: weight.clone() for name, weight in run.model.state_dict().items()}

    save = run.save

    def interrupt(row: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    def save_while_interrupted() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        save()

    monkeypatch.setattr(run, "save", save_while_interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(run, interrupt)
    assert run.step > 0
    assert not same(run.model.state_dict(), begun)

    again = start(tmp_path, config_of, config=replace(TINY, time_s=run.elapsed_s + 0.3))
    again.resume()
    assert same(again.model.state_dict(), run.model.state_dict())
    assert same(again.ema.state_dict(), run.ema.state_dict())
    assert (again.step, again.puzzle_calls) == (run.step, run.puzzle_calls)
    rows: list[dict[str, Any]] = []
    train(again, rows.append)
    assert again.step > run.step
    assert again.puzzle_calls == 4 * again.step
    assert again.elapsed_s >= again.config.time_s
    logged = again.rows()
    assert [row["step"] for row in logged] == sorted(row["step"] for row in logged)
    assert logged[1:] == rows
    assert set(rows[-1]["solve_rate"]) == {"tiny"}
    groups = [row["groups"]["tiny"] for row in rows if "groups" in row]
    last = [group for group in groups if "kl_nats" in group][-1]  # z is chosen in some steps only
    assert len(last["kl_channels"]) == 2
    assert 0 <= last["active_channels"] <= 2
    assert sum(last["kl_channels"]) == pytest.approx(last["kl_nats"], abs=1e-3)


def test_a_loss_that_is_no_number_ends_the_run_and_spares_the_checkpoint(
    tmp_path: Path, config_of: Config, group: Group
) -> None:
    run = start(tmp_path, config_of)
    run.save()
    saved = run.checkpoint_path.read_bytes()
    run.model.denoiser.head.weight.data[:] = float("nan")
    with pytest.raises(
        ModelError, match=r"of tiny became nan by step \d+; resume with a lower --lr"
    ):
        train(run, ignore)
    assert run.checkpoint_path.read_bytes() == saved


def test_rows_that_no_checkpoint_kept_are_forgotten(tmp_path: Path, config_of: Config) -> None:
    run = start(tmp_path, config_of)
    for step in (1, 2, 3):
        run.record({"step": step})
    with run.metrics_path.open("a") as lines:
        lines.write('{"step": 4, "cut sho')
    run.keep_rows(2)
    assert run.rows() == [{"step": 1}, {"step": 2}]


def test_a_dry_run_times_a_step_and_changes_nothing(
    tmp_path: Path, config_of: Config, group: Group
) -> None:
    run = start(tmp_path, config_of)
    before = {name: weight.clone() for name, weight in run.model.state_dict().items()}
    assert 0 < grids.step_seconds(run) < 60
    assert same(run.model.state_dict(), before)
    assert all(parameter.grad is None for parameter in run.model.parameters())


# A latent that carries nothing


def logged(run: Run, kl_nats: float, steps: int) -> None:
    """Log rows of a whole run: much KL until beta is final, then so many steps with `kl_nats`."""
    done = run.config.anneal
    rows = [(done / 2, 100, 9.0), (done * 1.01, 200, 5.0), (0.8, 200 + steps // 2, kl_nats)]
    for progress, step, nats in (*rows, (1.0, 200 + steps, kl_nats)):
        row = {"step": step, "progress": progress}
        run.record({**row, "groups": {"tiny": {"kl_nats": nats}}})


@pytest.mark.parametrize(
    ("latent", "kl_nats", "steps", "fails"),
    [
        ("candidate", 0.02, 1000, True),
        ("global", 0.0, 1000, True),
        ("candidate", 3.0, 1000, False),
        ("candidate", 0.02, 200, False),
        ("none", 0.0, 1000, False),
    ],
)
def test_a_collapsed_latent_fails_the_run(
    tmp_path: Path,
    config_of: Config,
    group: Group,
    latent: str,
    kl_nats: float,
    steps: int,
    fails: bool,
) -> None:
    run = start(tmp_path, config_of, latent)
    logged(run, kl_nats, steps)
    run.step, run.elapsed_s = 200 + steps, run.config.time_s
    if not fails:
        train(run, ignore)
        return
    with pytest.raises(ModelError, match="the latent collapsed"):
        train(run, ignore)


def test_a_failed_run_leaves_its_checkpoint(
    tmp_path: Path, config_of: Config, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grids, "LATE_STEPS", 1)
    monkeypatch.setattr(grids, "COLLAPSED_NATS", 1e9)
    run = start(tmp_path, config_of, config=replace(TINY, steps=20, anneal=0.01, log_every_s=1e-9))
    with pytest.raises(ModelError, match="the latent collapsed"):
        train(run, ignore)
    assert checkpoint.load(run.checkpoint_path)["step"] == run.step > 1


def test_no_free_grids_no_verdict(tmp_path: Path, config_of: Config, group: Group) -> None:
    RECIPES["tiny"] = Recipe((replace(group, free=0.0),))
    run = start(tmp_path, config_of)
    logged(run, 0.0, 1000)
    grids.require_latent(run)


def test_a_metrics_line_is_one_json_document(tmp_path: Path, config_of: Config) -> None:
    run = start(tmp_path, config_of)
    run.record({"step": 1, "groups": {}})
    run.record({"step": 2})
    lines = run.metrics_path.read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2]
