"""A slice goes on from what is there, keeps to its time, and leaves a row."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from vmd_solver.csp.families import sudoku
from vmd_solver.errors import DigestMismatch, ModelError, VmdError
from vmd_training import checkpoint, fixed, loop, slices
from vmd_training import export as exporting
from vmd_training.device import choose
from vmd_training.export import write_digests
from vmd_training.fixed import FixedSet
from vmd_training.lineage import Lineage
from vmd_training.model import ModelConfig
from vmd_training.recipes import Group
from vmd_training.run import Run, TrainConfig, kl_weight
from vmd_training.slices import Ships, Slice, SliceOptions, Stop, run_slice

Config = Callable[[str], ModelConfig]
PLAN = choose("cpu")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, group: Group) -> Iterator[None]:
    """Two puzzles to score on, of two given cells each."""
    givens = np.zeros((2, 16), np.int8)
    givens[:, :2] = 1, 2
    chosen = (FixedSet("tiny", (sudoku(2, 2),), givens, True),)
    monkeypatch.setattr(fixed, "sets", lambda *_: chosen)
    monkeypatch.setattr(fixed, "LOOPS", 2)
    monkeypatch.setattr(exporting, "PARITY_BATCHES", (2,))
    yield


@pytest.fixture
def place(tmp_path: Path) -> Lineage:
    return Lineage(tmp_path / "lineage")


@pytest.fixture
def options(config_of: Config, tmp_path: Path) -> SliceOptions:
    """A slice whose time is long: its tests end it."""
    config = TrainConfig("tiny", loops=2, warmup=3, decay=1.0, evaluations=0, log_every_s=0.01)
    return SliceOptions(
        3600.0, time.perf_counter(), config, config_of("candidate"), name="tiny", finish_s=0.0,
        pack=tmp_path / "slice.tar",
    )  # fmt: skip


def after_steps(place: Lineage, options: SliceOptions, more: int = 3, **changes: Any) -> Any:
    """Run a slice that is asked to end at the first log row after so many steps."""
    stop, first = Stop(), []

    def report(row: dict[str, Any]) -> None:
        first.append(row["step"])
        stop.asked = row["step"] - first[0] >= more

    return run_slice(place, options, changes.get("plan", PLAN), report, lambda _: None, stop)


def begun(place: Lineage, options: SliceOptions, said: list[str] | None = None) -> Slice:
    """A slice that has taken what it starts from."""
    one = Slice(place, options, PLAN, ([] if said is None else said).append)
    one.begin()
    return one


def test_slices_add_up(place: Lineage, options: SliceOptions) -> None:
    one = after_steps(place, options)
    assert one["before"] is None and one["ended"] == "on request"
    assert set(one["after"]["tiny"]) == {"1", "4"}
    assert one["steps"] == one["total"]["steps"] > 3
    assert one["groups"]["tiny"]["loss"] > 0
    two = after_steps(place, options)
    assert place.rows() == [one, two]
    assert two["before"] == one["after"]
    assert two["steps"] == two["total"]["steps"] - one["total"]["steps"] > 3
    state = checkpoint.load(place.checkpoint)
    assert state["step"] == two["total"]["steps"]
    assert state["puzzle_calls"] == 4 * state["step"]
    lines = (place.folder / "metrics.jsonl").read_text().splitlines()
    logged = [json.loads(line)["step"] for line in lines]
    assert min(logged) > one["total"]["steps"], "the log is of the newest slice"
    assert options.pack is not None and options.pack.is_file()


def test_a_slice_ends_as_planned(
    place: Lineage, options: SliceOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rate at its lowest, however much of its time set-up took."""
    seconds = count(step=8.0)
    clock = SimpleNamespace(perf_counter=lambda: next(seconds))  # advances when it is read
    for module in (slices, loop):
        monkeypatch.setattr(module, "time", clock)
    planned = replace(options, budget_s=1000.0, started=0.0, finish_s=1.0)
    row = run_slice(place, planned, PLAN, lambda _: None, lambda _: None)
    assert row is not None and row["ended"] == "as planned"
    last = Run(place.folder, options.config, options.model_config, PLAN).rows()[-1]
    assert last["progress"] == 1 and last["lr"] < 0.5 * options.config.lr
    assert last["memory_mib"] > 0 and last["step_ms"] > 0


def test_a_time_that_is_too_short_is_reported(place: Lineage, options: SliceOptions) -> None:
    with pytest.raises(VmdError, match=r"--time 1s is too short: set-up took"):
        run_slice(place, replace(options, budget_s=1.0), PLAN, lambda _: None, lambda _: None)
    assert not place.checkpoint.exists()


def test_short_memory_means_smaller_batches(
    place: Lineage, options: SliceOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def train(run: Run, *_: Any) -> None:
        sizes.append(run.config.batch_scale)
        run.step += 1
        run.elapsed_s += 1
        if len(sizes) < 3:
            raise torch.OutOfMemoryError

    monkeypatch.setattr(slices, "train", train)
    row = run_slice(place, options, PLAN, lambda _: None, lambda _: None)
    assert sizes == [1, 0.5, 0.25]
    assert row is not None and row["steps"] == 3


def test_memory_that_is_too_short_for_any_batch_is_an_error(
    place: Lineage, options: SliceOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train(*_: Any) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(slices, "train", train)
    with pytest.raises(torch.OutOfMemoryError):
        run_slice(place, options, PLAN, lambda _: None, lambda _: None)


def test_a_slice_continues_after_a_save_without_a_row(
    place: Lineage, options: SliceOptions
) -> None:
    """As after kill -9: the next row counts what the unfinished slice trained."""
    one = after_steps(place, options)
    run = begun(place, options)
    run.step += 100
    run.elapsed_s += 60
    run.save()
    two = after_steps(place, options)
    assert two["steps"] > 100 and two["minutes"] >= 1 > two["trained_minutes"]
    assert len(place.rows()) == 2 and two["before"] == one["after"]


def test_another_model_takes_what_fits(place: Lineage, options: SliceOptions) -> None:
    after_steps(place, options)
    said: list[str] = []
    wide = replace(
        options.model_config, d=16, messages=16, hidden=16, latent_d=options.model_config.latent_d
    )
    run = begun(place, replace(options, model_config=wide), said)
    assert any("the model changes" in line for line in said)
    assert run.step == place.rows()[-1]["total"]["steps"]
    assert run.model.denoiser.head.weight.shape == (1, 16)


def test_the_lineage_keeps_its_model_unless_it_is_to_widen(
    place: Lineage, options: SliceOptions
) -> None:
    theirs = ModelConfig()
    assert slices.configs(place, "tiny", {})[1] == theirs
    begun(place, options).save()
    assert slices.configs(place, "tiny", {})[1] == options.model_config != theirs
    assert slices.configs(place, "tiny", {}, widen=True)[1] == theirs


def test_an_optimizer_of_another_kind_restarts(place: Lineage, options: SliceOptions) -> None:
    after_steps(place, options)
    state = checkpoint.load(place.checkpoint)
    checkpoint.save(place.checkpoint, {**state, "optimizer": {"muon": {}}})
    said: list[str] = []
    begun(place, options, said)
    assert any("the optimizer starts again" in line for line in said)


def test_a_lineage_begins_with_other_weights(
    place: Lineage, options: SliceOptions, tmp_path: Path
) -> None:
    other = Lineage(tmp_path / "other")
    after_steps(other, options)
    given = replace(options, init=other.checkpoint)
    row = after_steps(place, given)
    assert row["before"]["tiny"].keys() == {"1", "4"}
    assert checkpoint.load(place.checkpoint)["earlier"][0]["steps"] > 0
    said: list[str] = []
    begun(place, given, said)
    assert any("--init is not used" in line for line in said)


def test_what_is_as_good_ships(
    place: Lineage, options: SliceOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed, "score", lambda *_: 0.25)
    shipping = replace(options, exported=tmp_path / "exported")
    (tmp_path / "exported").mkdir()
    one = after_steps(place, shipping)
    assert one["promoted"] and one["ships"]["note"] == "nothing ships under this name"
    target = tmp_path / "exported" / "tiny"
    stated = json.loads((target / "metrics.json").read_text())
    assert stated["score"] == one["score"] and stated["run"]["recipe"] == "tiny"
    assert "2 loops, best of 4" in (target / "README.md").read_text()
    assert checkpoint.load_model(target).config == options.model_config
    two = after_steps(place, shipping)
    assert two["promoted"], "what ships was scored on this set before, and is not scored again"
    assert two["ships"] == {"score": 0.25, "note": "as it states, of this fixed set"}
    other = (target / "metrics.json").read_text().replace(stated["set"], "another")
    (target / "metrics.json").write_text(other)
    with pytest.raises(DigestMismatch, match=r"metrics\.json was changed"):
        after_steps(place, shipping)
    write_digests(target)
    three = after_steps(place, shipping)
    assert three["promoted"] and three["ships"] == {"score": 0.25, "note": "measured"}
    assert not (place.folder / "export").exists()


@pytest.mark.parametrize(
    ("score", "ships", "better"),
    [
        (0.5, Ships(None, "nothing"), True),
        (0.0, Ships(None, "nothing"), False),
        (0.0, Ships(0.0, "measured"), False),
        (0.5, Ships(0.5, "measured"), True),
        (0.4, Ships(0.5, "measured"), False),
        (0.5, Ships(0.5, slices.UNLIKE), False),
        (0.6, Ships(0.5, slices.UNLIKE), True),
    ],
)
def test_the_gate(score: float, ships: Ships, better: bool) -> None:
    assert ships.allows(score) is better


def test_a_model_that_cannot_be_built_counts_by_what_it_states(
    place: Lineage, options: SliceOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path) -> None:
        raise ModelError("another version's")

    monkeypatch.setattr(checkpoint, "load_model", fails)
    (tmp_path / "tiny").mkdir()
    for name in ("config.json", "denoiser.onnx"):
        (tmp_path / "tiny" / name).touch()
    write_digests(tmp_path / "tiny")
    one = begun(place, replace(options, exported=tmp_path))
    found = one.ships(0.0, None)
    assert found is not None and found.score is None
    (tmp_path / "tiny" / "metrics.json").write_text('{"score": 0.7}')
    with pytest.raises(DigestMismatch, match=r"metrics\.json is not listed"):
        one.ships(0.0, None)
    write_digests(tmp_path / "tiny")
    found = one.ships(0.0, None)
    assert found is not None and found.score == 0.7 and "stated" in found.note


def test_weights_are_scored_once_where_the_fixed_set_changes(
    place: Lineage, options: SliceOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ships is what the slice starts from: one measurement serves both, and one the end."""
    (tmp_path / "exported").mkdir()
    shipping = replace(options, exported=tmp_path / "exported")
    score = fixed.score
    monkeypatch.setattr(fixed, "score", lambda *_: 0.25)
    assert after_steps(place, shipping)["promoted"]
    monkeypatch.setattr(fixed, "score", score)
    other = tuple(one._replace(name="another") for one in fixed.sets())
    monkeypatch.setattr(fixed, "sets", lambda *_: other)
    measure, calls = fixed.measure, []

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return measure(*arguments)

    monkeypatch.setattr(fixed, "measure", counted)
    row = after_steps(place, shipping)
    assert len(calls) == 2
    assert row["ships"] == {"score": score(row["before"], other), "note": "measured"}


@pytest.mark.parametrize(("latent", "is_grown"), [("candidate", True), ("none", False)])
def test_a_lineage_begun_from_a_trained_latent_has_grown(
    place: Lineage,
    options: SliceOptions,
    config_of: Config,
    tmp_path: Path,
    latent: str,
    is_grown: bool,
) -> None:
    run = Run(tmp_path / "other", options.config, config_of(latent), PLAN)
    run.save()

    def grown(init: Path | None) -> bool:
        """Whether the whole KL is charged from the start."""
        return slices.configs(place, "tiny", {}, init)[0].beta == 1.0

    assert not grown(None)
    assert grown(run.checkpoint_path) is is_grown
    begun(place, options).save()
    assert grown(None)


def test_what_takes_too_long_is_not_scored(
    place: Lineage, options: SliceOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fixed, "score", lambda *_: 0.25)
    shipping = replace(options, exported=tmp_path / "exported")
    (tmp_path / "exported").mkdir()
    after_steps(place, shipping)
    monkeypatch.setattr(fixed, "most_seconds", lambda *_: 0.41 * 3600)
    said: list[str] = []
    other = tuple(one._replace(name="another") for one in fixed.sets())
    monkeypatch.setattr(fixed, "sets", lambda *_: other)
    run = begun(Lineage(tmp_path), shipping, said)
    assert run.ships(0.0, None) is None
    run.step = 1
    assert run.before(0.0) is None
    assert sum("no time to score" in line for line in said) == 2


def test_the_first_signal_asks_and_the_second_interrupts() -> None:
    stop, before = Stop(), signal.getsignal(signal.SIGTERM)
    with stop.on_signals():
        assert not stop.asked
        os.kill(os.getpid(), signal.SIGTERM)
        assert stop.asked
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_slice_that_is_ended_before_it_trains_leaves_nothing(
    place: Lineage, options: SliceOptions
) -> None:
    stop = Stop()
    stop.asked = True
    assert run_slice(place, options, PLAN, lambda _: None, lambda _: None, stop) is None
    assert not place.checkpoint.exists() and place.rows() == []


def test_the_options_of_a_slice(place: Lineage, options: SliceOptions, group: Group) -> None:
    config, model = slices.configs(place, "tiny", {"lr": 0.5, "beta": None, "seed": 3})
    assert (config.lr, config.beta, config.seed) == (0.5, TrainConfig.beta, 3)
    assert (config.warmup, config.decay, config.evaluations) == (30, 1.0, 0)
    assert model == ModelConfig()
    full, _ = slices.configs(place, "full", {"loops": 4})
    assert full.steps is None and full.loops == 4
    with pytest.raises(VmdError, match="no recipe 'soup'"):
        slices.configs(place, "soup", {})
    begun(place, options).save()
    grown, _ = slices.configs(place, "tiny", {})
    assert kl_weight(grown, 0.01) == grown.beta == 1


def test_a_plan_without_the_device(place: Lineage, options: SliceOptions) -> None:
    if torch.cuda.is_available():
        pytest.skip("CUDA is there")
    text = slices.plan_text(place, options, choose("cuda", assume=True))
    assert "cuda: assumed" in text and "unknown: no cuda here" in text
    here = slices.plan_text(place, options, PLAN)
    assert "s a step here" in here and "the last" in here
    assert not place.folder.exists()
