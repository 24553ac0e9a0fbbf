"""What a run leaves for people: a learning curve, a short report; and what a card says of it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from vmd_training.card import facts, results
from vmd_training.files import write_text
from vmd_training.grids import groups_of
from vmd_training.model import parameter_count
from vmd_training.plots import save
from vmd_training.run import Run
from vmd_training.tables import Row


def plot(rows: list[Row], path: Path) -> None:
    """Loss of every group, and held-out solve rates, against the minutes of training."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    logs = [row for row in rows if "groups" in row]
    for group in dict.fromkeys(name for row in logs for name in row["groups"]):
        of_group = [row for row in logs if group in row["groups"]]
        losses = [row["groups"][group]["loss"] for row in of_group]
        left.plot([row["elapsed_s"] / 60 for row in of_group], losses, label=group)
    left.set(xlabel="minutes", ylabel="loss, nats a masked cell", yscale="log")
    if logs:
        left.legend()
    tests = [row for row in rows if "solve_rate" in row]
    for group in dict.fromkeys(name for row in tests for name in row["solve_rate"]):
        measured = [row for row in tests if group in row["solve_rate"]]
        for calls in measured[-1]["solve_rate"][group]:
            xs = [row["elapsed_s"] / 60 for row in measured]
            ys = [row["solve_rate"][group][calls] for row in measured]
            right.plot(xs, ys, marker="o", label=f"{group}, {calls} loops")
    if tests:
        xs = [row["elapsed_s"] / 60 for row in tests]
        for board in tests[-1]["valid_empty"]:
            ys = [row["valid_empty"][board] for row in tests]
            right.plot(xs, ys, "k--", label=f"empty {board}, valid")
        right.legend(fontsize="small")
    right.set(xlabel="minutes", ylabel="share solved, held out", ylim=(0, 1.02))
    save(figure, path)


def ran(run: Run) -> Row:
    """What the run was, for metrics.json."""
    groups = groups_of(run.config)
    total = sum(group.weight for group in groups)
    return {
        "recipe": run.config.recipe,
        "latent": run.model.config.latent,
        "steps": run.step,
        "puzzle_calls": run.puzzle_calls,
        "minutes": round(run.elapsed_s / 60, 1),
        "seed": run.config.seed,
        "earlier": run.earlier,
        "device": f"{run.plan.device} ({run.plan.reason})",
        "loops": run.config.loops,
        "boards": sorted({name for group in groups for name in group.boards}),
        "rules": list(dict.fromkeys(kind for group in groups for kind in group.rules)),
        "groups": [
            {
                "name": group.name,
                "share": round(group.weight / total, 4),
                "boards": list(dict.fromkeys(group.boards)),
                "free": group.free,
                "several": group.several,
                "mined": group.mined,
            }
            for group in groups
        ],
    }


def write_report(run: Run, metrics: Row) -> Path:
    """report.md and curve.png in the run's folder; returns the report's path."""
    plot(run.rows(), run.folder / "curve.png")
    path = run.folder / "report.md"
    table = facts(asdict(run.model.config), parameter_count(run.model), ran(run))
    write_text(
        path,
        f"# Training report\n\n{table}\n"
        f"## What it solves\n\n{results(metrics)}\n"
        "Nothing is committed and no rule is checked in these figures: `CxL` is C calls of L\n"
        "loops, z drawn once from the prior, the most probable grid compared with the solution.\n\n"
        "![learning curve](curve.png)\n",
    )
    return path
