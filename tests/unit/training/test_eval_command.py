"""`vmd-train eval` from start to report, and what it says to a wrong call."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vmd_training import cli
from vmd_training import export as exporting
from vmd_training.export import export
from vmd_training.model import VMD

Command = Callable[..., int]


@pytest.fixture
def vmd_train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["vmd-train", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert isinstance(ended.value.code, int)
        return ended.value.code

    return run


@pytest.fixture
def models(
    tmp_path: Path, model_of: Callable[[str], VMD], monkeypatch: pytest.MonkeyPatch
) -> tuple[str, str]:
    """Two tiny exported models, with a latent and without."""
    monkeypatch.setattr(exporting, "PARITY_BATCHES", (1,))
    for latent in ("candidate", "none"):
        export(model_of(latent), tmp_path / latent, latent, 2, {})
    return str(tmp_path / "candidate"), str(tmp_path / "none")


def test_one_command_leaves_one_report(
    vmd_train: Command,
    models: tuple[str, str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "p.txt").write_text(("53..7....6..195....98....6.8...6...34..8.3..17...2...6"
                                     ".6....28....419..5....8..79\n") * 2)  # fmt: skip
    arguments = ["eval", models[0], "--baseline", models[1], "--quick", "--count", "2",
                 "--device", "cpu", "--sets", "p.txt", "--only", "rates,loops"]  # fmt: skip
    assert vmd_train(*arguments) == 0
    out, err = capfd.readouterr()
    folder = tmp_path / "runs" / "eval-candidate"
    assert "report: runs/eval-candidate/report.md" in out
    assert "min left  loops: p.txt, none" in err
    assert {path.name for path in folder.iterdir()} == {
        "report.json", "report.md", "rates.png", "policies.png", "loops.png",
    }  # fmt: skip
    text = (folder / "report.md").read_text()
    assert "| candidate | threshold | 2 |" in text
    assert "| none | threshold | 2 |" in text
    assert "sample size 2; seed 0; latents 1; digest" in text
    rows = json.loads((folder / "report.json").read_text())["sections"]["rates"]
    assert {row["puzzles"] for task in rows.values() for row in task} == {2}

    assert vmd_train(*arguments) == 2
    assert "holds a report already; use --resume" in capfd.readouterr().err
    assert vmd_train(*arguments[:-1], "rates,loops,guided", "--resume", "--quiet") == 0
    out, err = capfd.readouterr()
    assert err == ""
    assert "## Guided mode" in (folder / "report.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere"], 3, "no model at nowhere"),
        (["MODEL", "--only", "rates,luck"], 2, "no section 'luck'; there are rates, latents"),
        (["MODEL", "--data", "nowhere"], 2, "'nowhere' does not exist"),
        (["MODEL", "--data", "."], 2, "has none of the folders sudoku, variants, rules"),
        (["MODEL", "--sets", "hradest"], 2, "no set or file hradest"),
        (["MODEL", "--count", "0"], 2, "--count"),
        (["MODEL", "--baseline", "."], 3, "no checkpoint at"),
    ],
)
def test_a_wrong_call_is_one_line_and_a_code(
    vmd_train: Command,
    models: tuple[str, str],
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    message: str,
) -> None:
    named = [models[0] if argument == "MODEL" else argument for argument in arguments]
    assert vmd_train("eval", *named) == code
    err = capfd.readouterr().err
    assert message in err
    assert "Traceback" not in err
