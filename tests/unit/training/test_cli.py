"""`vmd-train` from start to exported model, and what it says to a wrong call."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from disk import limited_files

from vmd_solver import hub
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import load
from vmd_training import checkpoint, cli, evaluate, grids, session
from vmd_training import export as exporting
from vmd_training.model import ModelConfig
from vmd_training.recipes import RECIPES, Group, Recipe
from vmd_training.session import DURATION, promote_better

Command = Callable[..., int]

WIDTHS = {"d": 8, "messages": 8, "hidden": 8, "patterns": 5, "latent_d": 4, "latent_loops": 2}


@pytest.fixture
def vmd_train(group: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in a folder of its own, with a tiny model, recipe and evaluation."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(RECIPES, "sudoku", Recipe((group,), WIDTHS))
    monkeypatch.setattr(evaluate, "FINAL_PUZZLES", 8)
    monkeypatch.setattr(evaluate, "EMPTY_GRIDS", 4)
    monkeypatch.setattr(exporting, "PARITY_BATCHES", (2,))
    monkeypatch.setattr(session, "EXPORTED", tmp_path / "exported")

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["vmd-train", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


def test_a_run_leaves_every_file_and_a_model_that_loads(
    vmd_train: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert vmd_train("sudoku", "--time", "0.5s", "--loops", "2", "--out", "run") == 0
    out, err = capfd.readouterr()
    run = tmp_path / "run"
    assert {path.name for path in run.iterdir()} == {
        "checkpoint.pt", "metrics.jsonl", "report.md", "curve.png", "export",
    }  # fmt: skip
    assert (run / "curve.png").read_bytes().startswith(b"\x89PNG")
    report, card = (run / "report.md").read_text(), (run / "export/sudoku/README.md").read_text()
    for text in (report, card):
        assert "| latent | candidate, k = 2 |" in text
        assert "| tiny | 8 |" in text
    assert "vmd-solve --model run/export/sudoku PUZZLE" in out
    assert re.search(r"device  cpu: .*(float32|bfloat16)", err)
    assert re.search(r"step +\d+ .*loss tiny", err)
    assert "\r" not in err  # no terminal, no rewriting

    metrics = json.loads((run / "export/sudoku/metrics.json").read_text())
    assert metrics["run"]["recipe"] == "sudoku"
    assert set(metrics["solve_rate"]["tiny"]) == {"1x2", "4x2", "10x2"}
    denoiser, board = load(run / "export" / "sudoku"), sudoku(2, 2)
    x_t, allowed = np.zeros((1, 16), np.int64), np.ones((1, 16, 4), np.float32)
    z = denoiser.draw(board, x_t, allowed, np.random.default_rng(0))
    logits, _ = denoiser(board, x_t, allowed, z, denoiser.start(board, 1))
    assert logits.shape == (1, 16, 4)


def test_a_run_continues_with_the_options_it_had(
    vmd_train: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = ("--time", "0.3s", "--latent", "none", "--lr", "0.01", "--out", "run", "--no-promote")
    assert vmd_train("sudoku", *first, "--loops", "2", "--quiet") == 0
    assert capfd.readouterr().err == ""
    assert vmd_train("sudoku", "--resume", "--out", "run", "--dry-run") == 0
    err = capfd.readouterr().err
    assert re.search(r"resumed  after \d+ steps in \d+\.\d minutes", err)
    assert "latent none" in err
    assert "lr 0.01" in err
    assert "0.0 minutes, until" in err
    log = tmp_path / "run/metrics.jsonl"
    enough = json.loads(log.read_text().splitlines()[-1])["elapsed_s"] + 0.5
    longer = ("--resume", "--out", "run", "--time", f"{enough}s", "--loops", "2", "--no-promote")
    assert vmd_train("sudoku", *longer) == 0
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)
    assert rows[0]["elapsed_s"] < enough <= rows[-1]["elapsed_s"]
    capfd.readouterr()
    assert vmd_train("sudoku", "--resume", "--out", "run", "--latent", "candidate") == 2
    assert "holds a run with --latent none" in capfd.readouterr().err


def test_a_run_is_cut_into_slices(
    vmd_train: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = ("--steps", "4000", "--slice", "0.3s", "--loops", "1", "--out", "run", "--no-promote")
    assert vmd_train("sudoku", *first) == 0
    out, err = capfd.readouterr()
    assert "saved; continue with: vmd-train sudoku --resume --out run" in out
    assert "steps  4,000, then evaluation" in err
    assert not (tmp_path / "run" / "export").exists()
    done = checkpoint.load(tmp_path / "run/checkpoint.pt")["step"]
    last = ("--resume", "--out", "run", "--steps", str(done + 5), "--loops", "1", "--no-promote")
    assert vmd_train("sudoku", *last, "--quiet") == 0
    assert checkpoint.load(tmp_path / "run/checkpoint.pt")["step"] == done + 5
    assert (tmp_path / "run" / "export" / "sudoku").is_dir()


def test_a_recipe_brings_its_own_model_and_schedule(
    vmd_train: Command, monkeypatch: pytest.MonkeyPatch, group: Group,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    wide = Recipe((group,), model={"d": 16}, train={"steps": 77, "lr": 0.5})
    monkeypatch.setitem(RECIPES, "wide", wide)
    for options, parts in (
        ((), ("d 16", "steps  77,", "lr 0.5")),
        (("--lr", "0.1", "--time", "9m"), ("d 16", "time  9.0 minutes", "lr 0.1")),
    ):
        assert vmd_train("sudoku", "--recipe", "wide", *options, "--dry-run") == 0
        err = capfd.readouterr().err
        assert all(part in err for part in parts), err


def test_the_transformer_trains_beside_the_graph(
    vmd_train: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    nine = Group("nine", 81, 9, 27, 1.0, 2, ("sudoku-3x3",), 0.2, 0.1, symmetry=(3, 3))
    monkeypatch.setitem(RECIPES, "sudoku", Recipe((nine,)))
    monkeypatch.setattr(evaluate, "FINAL_PUZZLES", 2)
    options = ("--backbone", "transformer", "--latent", "none", "--steps", "2", "--loops", "1")
    assert vmd_train("sudoku", *options) == 0
    assert "not exported: the transformer" in capfd.readouterr().out
    model = checkpoint.load_model(tmp_path / "runs/sudoku-transformer")
    assert model.config.backbone == "transformer"


def test_a_run_starts_from_another(vmd_train: Command, tmp_path: Path) -> None:
    quick = ("--time", "0.2s", "--loops", "1", "--no-promote", "--quiet")
    assert vmd_train("sudoku", *quick, "--latent", "none", "--out", "trunk") == 0
    for source in ("trunk", "trunk/checkpoint.pt", "trunk/export/sudoku"):
        assert vmd_train("sudoku", "--init", source, "--dry-run") == 0


def test_a_dry_run_prints_the_plan_and_writes_nothing(
    vmd_train: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert vmd_train("sudoku", "--dry-run", "--time", "90m", "--latent", "global") == 0
    err = capfd.readouterr().err
    for part in (
        r"device  cpu: neither CUDA nor MPS is there; (float32|bfloat16)",
        r"model  [\d,]+ parameters, latent global",
        r"data  100% tiny: batch 4, 50% free grids",
        r"time  90.0 minutes, until (\d{4}-\d\d-\d\d )?\d\d:\d\d",
        r"folder  runs/sudoku-global",
        r"speed  [\d.e-]+ s a step here, so about [\d,]+ steps",
    ):
        assert re.search(part, err), part
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_run_says_how_to_continue(
    vmd_train: Command, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(grids, "train", interrupted)
    assert vmd_train("sudoku", "--out", "run") == 130
    assert "continue with: vmd-train sudoku --resume --out run" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--time", "soon"), 2, "'soon' is not a duration; write 90s, 30m or 2h"),
        (("--time", "0"), 2, "'0' is not a duration"),
        (("--resume",), 2, "no run in runs/sudoku-candidate; start one without --resume"),
        (("--resume", "--out", "old", "--init", "old"), 2, "--init starts one: choose one"),
        (("--out", "old"), 2, "old holds a run already; use --resume, or another --out"),
        (("--out", "old/checkpoint.pt"), 2, "is a file"),
        (("--device", "tpu"), 2, "'tpu' is not one of"),
        (("--init", "nowhere"), 2, "'nowhere' does not exist"),
        (("--init", "."), 3, "no checkpoint at checkpoint.pt"),
        (("--init", "old"), 3, "old/checkpoint.pt is damaged, or no checkpoint of vmd-train"),
        (("--init", "wide.pt"), 3, "has d 32, messages 8, hidden 8, latent_d 4, this model d 8"),
        (("--name", "../up"), 2, "cannot name a folder"),
        (("--latent", "some"), 2, "'some' is not one of"),
        (("--batch-scale", "0"), 2, "0.0 is not in the range"),
        (("--recipe", "soup"), 2, "no recipe 'soup'; there are sudoku, grids"),
        (("--rules", "sandwich"), 2, "no kind 'sandwich'; there are thermo, "),
        (("--recipe", "rules", "--rules", "none"), 3, "rules has nothing but puzzles with rules"),
        (("--rules", "entropic", "--recipe", "rules"), 2, "no puzzles on"),
        (("--only-rules", "--links", "3"), 2, "all other weights as --init has them: add it"),
        (("--only-rules", "--init", "old"), 2, "nothing to train: the network hears no rules"),
        (("--links", "-1"), 2, "-1 is not in the range"),
        (("--slice", "soon"), 2, "'soon' is not a duration"),
        (("--steps", "0"), 2, "0 is not in the range"),
        (("--backbone", "transformer"), 3, "without latent; add --latent none"),
    ],
)
def test_a_wrong_call_gets_one_line_and_a_code(
    vmd_train: Command,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/checkpoint.pt").write_text("not one")
    wide = {
        **{key: {} for key in ("model", "ema", "optimizer")},
        **dict.fromkeys(("step", "elapsed_s", "puzzle_calls"), 0),
        "model_config": asdict(ModelConfig(**{**WIDTHS, "d": 32})),
        "train_config": {"recipe": "sudoku"},
    }
    checkpoint.save(tmp_path / "wide.pt", wide)
    assert vmd_train("sudoku", *arguments) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    said = [line for line in err.splitlines() if line.startswith(("Error: ", "vmd-train: "))]
    assert len(said) == 1
    assert err.endswith(said[0] + "\n")
    assert not (tmp_path / "runs").exists()


@pytest.fixture
def exported(vmd_train: Command, tmp_path: Path) -> Path:
    """A model that a run has exported."""
    assert vmd_train("sudoku", "--steps", "1", "--loops", "1", "--out", "run", "--quiet") == 0
    return tmp_path / "run" / "export" / "sudoku"


@pytest.mark.parametrize("spoilt", ["altered", "unlisted", "endless"])
def test_a_model_that_is_not_as_exported_is_not_exported_again(
    spoilt: str, exported: Path, vmd_train: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor started from, or evaluated: what is written would bear new digests and old figures."""
    path, sums = exported / "weights.safetensors", exported / "SHA256SUMS"
    if spoilt == "altered":
        path.write_bytes(path.read_bytes()[:-1] + b"\x7f")
    elif spoilt == "unlisted":
        lines = sums.read_text().splitlines(keepends=True)
        sums.write_text("".join(line for line in lines if path.name not in line))
    else:
        path.unlink()
        os.mkfifo(path)
    before = sums.read_text()
    capfd.readouterr()
    for command in (
        ("export", str(exported)),
        ("export", str(exported), "--out", "again"),
        ("sudoku", "--init", str(exported), "--out", "new", "--quiet"),
        ("eval", str(exported), "--out", "new", "--quick", "--only", "rates"),
    ):
        assert vmd_train(*command) == 3
        err = capfd.readouterr().err
        assert err.startswith(f"vmd-train: {path} ") and err.count("\n") == 1
    assert sums.read_text() == before and not Path("again").exists() and not Path("new").exists()


def test_a_full_disk_is_one_line_and_leaves_the_checkpoint(
    vmd_train: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    sliced = ("sudoku", "--out", "run", "--steps", "9000", "--slice", "0.3s", "--quiet")
    assert vmd_train(*sliced) == 0
    path = tmp_path / "run" / "checkpoint.pt"
    before = path.read_bytes()
    capfd.readouterr()
    with limited_files(len(before) // 2):
        assert vmd_train(*sliced, "--resume") == 2
    assert capfd.readouterr().err == "vmd-train: run/checkpoint.pt: file too large\n"
    assert path.read_bytes() == before
    assert vmd_train(*sliced, "--resume") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("sudoku", "--data", "pipe"),
        ("sudoku", "--init", "pipe"),
        ("export", "pipe"),
        ("text", "--corpus", "pipe"),
        ("data", "--out", "d.npz", "--exclude", "pipe"),
    ],
)
def test_a_pipe_is_no_file_to_learn_from(
    arguments: tuple[str, ...], vmd_train: Command, tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Nobody writes into it: to read it would take for ever."""
    os.mkfifo(tmp_path / "pipe")
    assert vmd_train(*arguments) == 2
    err = capfd.readouterr().err
    assert "'pipe' is no regular file" in err and err.count("\n") == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="CUDA is there")
def test_cuda_that_is_not_there_is_reported(
    vmd_train: Command, capfd: pytest.CaptureFixture[str]
) -> None:
    assert vmd_train("sudoku", "--device", "cuda") == 3
    assert capfd.readouterr().err == "vmd-train: no CUDA device found; use --device cpu, or auto\n"


def test_a_folder_that_cannot_be_written_is_reported(
    vmd_train: Command, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert vmd_train("sudoku", "--out", "file/run", "--time", "1s") == 2
    assert capfd.readouterr().err.endswith("vmd-train: file/run: not a directory\n")


def test_a_run_starts_from_a_model_on_hugging_face(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "folder", lambda model, note: tmp_path if model == "hf:a/b" else None)
    assert session.MODEL.convert("hf:a/b", None, None) == tmp_path
    assert session.MODEL.convert(str(tmp_path), None, None) == tmp_path
    with pytest.raises(click.BadParameter, match="does not exist"):
        session.MODEL.convert("absent", None, None)
    for module, name in (("grids", "command"), ("slice", "command"), ("eval", "text")):
        command = getattr(import_module(f"vmd_training.commands.{module}"), name)
        types = [option.type for option in command.params]
        assert any(isinstance(kind, session.ModelPath) for kind in types), name


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), (" 3 h ", 10800)],
)
def test_durations(text: str, expected: float) -> None:
    assert DURATION.convert(text, None, None) == expected


def test_every_option_is_described() -> None:
    """The reference of commands is made of this: docs/COMMANDS.md."""
    page = (Path(__file__).resolve().parents[3] / "docs" / "TRAINING.md").read_text()
    context = click.Context(cli.command)
    for name in cli.command.list_commands(context):
        command = cli.command.get_command(context, name)
        assert command is not None and command.help
        assert f"vmd-train {name}" in page
        options = [one for one in command.params if isinstance(one, click.Option)]
        assert [one.name for one in options if not one.help] == []


def test_every_recipe_is_described() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "TRAINING.md").read_text()
    named = re.findall(r"`([\w-]+)`", "".join(re.findall(r"^    \| (.*?) \|", page, re.MULTILINE)))
    assert {*RECIPES} - {"tiny"} == {name for name in named if not name.startswith("vmd")}


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """An export, as far as promotion looks at it."""
    folder = tmp_path / "run" / "grids"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text('{"score": 0.6}')
    return folder


def scored(folder: Path) -> float:
    """What a model in use scores."""
    return float(json.loads((folder / "metrics.json").read_text())["score"])


def test_only_a_better_model_is_promoted(
    tmp_path: Path, candidate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = tmp_path / "exported"
    monkeypatch.setattr(session, "EXPORTED", exported)
    assert "no checkout" in promote_better(candidate, 0.6, scored)
    exported.mkdir()
    assert "no model grids ships" in promote_better(candidate, 0.6, scored)
    assert list(exported.iterdir()) == [], "a newcomer's run leaves the checkout as it was"
    (exported / "grids").mkdir()
    (exported / "grids/metrics.json").write_text('{"score": 0.6}')
    (exported / "grids/old-file").touch()
    assert promote_better(candidate, 0.6, scored).startswith("not promoted")
    assert (exported / "grids/old-file").exists()
    assert "0.7000 over 0.6000" in promote_better(candidate, 0.7, scored)
    assert [path.name for path in (exported / "grids").iterdir()] == ["metrics.json"]
    assert [path.name for path in exported.iterdir()] == ["grids"]
