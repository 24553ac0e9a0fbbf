"""What a run leaves for people: a learning curve, a short report, a model card."""

from __future__ import annotations

from pathlib import Path

from vmd_training.export import roles
from vmd_training.files import write_text
from vmd_training.grids import groups_of
from vmd_training.model import parameter_count
from vmd_training.plots import save
from vmd_training.run import Run
from vmd_training.tables import Row, markdown


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
    return {
        "recipe": run.config.recipe,
        "latent": run.model.config.latent,
        "steps": run.step,
        "puzzle_calls": run.puzzle_calls,
        "minutes": round(run.elapsed_s / 60, 1),
        "seed": run.config.seed,
        "earlier": run.earlier,
        "boards": sorted({name for group in groups_of(run.config) for name in group.boards}),
    }


def facts(run: Run) -> str:
    """What the run was, as a Markdown table."""
    config, model = run.config, run.model.config
    minutes = [stage["minutes"] for stage in run.earlier]
    earlier = f", after {sum(minutes):.1f} in {len(minutes)} earlier runs" if minutes else ""
    throughput = f"{run.puzzle_calls / run.elapsed_s:.0f} puzzle calls a second"
    keys = ("mfu", "share_of_peak")  # which older runs call it
    if shares := [row[key] for row in run.rows() for key in keys if key in row]:
        throughput += f", {shares[-1]:.0%} of the device's peak"
    rows = [
        ("recipe", config.recipe),
        ("latent", f"{model.latent}, k = {model.k}" if model.latent != "none" else "none (MDM)"),
        ("parameters", f"{parameter_count(run.model):,}"),
        ("device", f"{run.plan.device} ({run.plan.reason})"),
        ("time", f"{run.elapsed_s / 60:.1f} minutes{earlier}"),
        ("steps", f"{run.step:,} of {config.loops} loops each"),
        ("puzzle calls", f"{run.puzzle_calls:,}"),
        ("throughput", throughput),
        ("seed", str(config.seed)),
    ]
    return markdown(("what", "value"), rows)


def results(metrics: Row) -> str:
    """The final evaluation as a Markdown table."""
    rates = metrics["solve_rate"]
    calls = next(iter(rates.values()))
    head = ("held out", "puzzles", *(c if "loops" in c else f"{c} loops" for c in calls))
    rows = (
        (group, metrics["puzzles"][group], *(f"{rate:.3f}" for rate in row.values()))
        for group, row in rates.items()
    )
    empty = "".join(
        f"\nFrom an empty {name} board, one call: {share:.3f} of {metrics['empty_grids']} valid.\n"
        for name, share in metrics["valid_empty"].items()
    )
    return markdown(head, rows) + empty


def write_report(run: Run, metrics: Row) -> Path:
    """report.md and curve.png in the run's folder; returns the report's path."""
    plot(run.rows(), run.folder / "curve.png")
    path = run.folder / "report.md"
    write_text(
        path,
        f"# Training report\n\n{facts(run)}\n"
        f"## What it solves\n\n{results(metrics)}\n"
        "Nothing is committed and no rule is checked in these figures: `CxL` is C calls of L\n"
        "loops, z drawn once from the prior, the most probable grid compared with the solution.\n\n"
        "![learning curve](curve.png)\n",
    )
    return path


def card(run: Run, metrics: Row, name: str, loops: int) -> str:
    """The model card."""
    latent, groups = run.model.config.latent, groups_of(run.config)
    total = sum(group.weight for group in groups)
    head = ("group", "share of steps", "boards", "free grids", "several solutions", "mined")
    data = (
        (group.name, f"{group.weight / total:.0%}", ", ".join(dict.fromkeys(group.boards)),
         f"{group.free:.0%}", f"{group.several:.0%}", f"{group.mined:.0%}")
        for group in groups
    )  # fmt: skip
    files = ", ".join(f"`{role}.onnx`" for role in roles(run.model))
    ruled = run.model.config.links > 0
    puzzles = "puzzles with any rules" if ruled else "all-different puzzles"
    kinds = dict.fromkeys(kind for group in groups for kind in group.rules)
    named = f"Rules that it was trained on, in groups `rules-*`: {', '.join(kinds)}.\n\n"
    return (
        f"# {name}\n\n"
        f"A candidate-graph denoiser for {puzzles}, trained with `vmd-train "
        f"{run.config.recipe} --latent {latent}`. Files: {files}; one call is {loops} loops.\n\n"
        f"{facts(run)}\n"
        f"## Measured\n\n{results(metrics)}\n"
        "`CxL` is C calls of L loops with nothing committed and no rule checked.\n\n"
        "## Data\n\nPuzzles from the generator and the miner of this repository, nothing else;\n"
        "the figures above are on puzzles that training never draws.\n\n"
        f"{markdown(head, data)}\n{named if ruled and kinds else ''}"
        "## Use and limits\n\nMeant to propose values to a search that verifies them"
        " (`vmd-solve --mode guided`), and to study\nmasked diffusion with a latent. Its own"
        " answers (`--mode neural`) can be wrong; a wrong grid is\nnever reported as a solution,"
        " because a verifier checks it. Boards larger than it was trained on\nwork, less well.\n"
    )
