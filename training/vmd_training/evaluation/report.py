"""A report: measures the chosen sections, saves each measurement at once, and writes it all.

`report.json` holds everything; `report.md` and the figures are made from it alone, so that a report
that was interrupted continues where it stopped.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver import __version__
from vmd_solver.errors import VmdError
from vmd_training import plots
from vmd_training.evaluation.bench import Bench, Section
from vmd_training.evaluation.boards import DEPENDENCY, FAMILIES
from vmd_training.evaluation.network import KL, LOOPS
from vmd_training.evaluation.rules import RULES
from vmd_training.evaluation.solving import BUDGET, CALLS_ALONE, GUIDED, LATENTS, RATES, REMASK, Z
from vmd_training.files import write_text
from vmd_training.tables import Row, markdown, write_json

PACE_S = 0.01
"""Seconds of a 9x9 row on one core, before any was measured."""

ORDER = (
    RATES, LATENTS, Z, DEPENDENCY, KL, FAMILIES, RULES, LOOPS, REMASK, BUDGET, GUIDED, CALLS_ALONE,
)  # fmt: skip
SECTIONS = {section.name: section for section in ORDER}
"""The questions, in the order they are answered."""


@dataclass
class Measurements:
    """What was measured so far, by section and task, and what it was measured on."""

    folder: Path
    about: dict[str, Any]
    rows: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.path = self.folder / "report.json"

    def save(self) -> None:
        """Write report.json, whole or not at all."""
        write_json(self.path, {"version": 1, "about": self.about, "sections": self.rows})


def opened(folder: Path, bench: Bench, resume: bool) -> Measurements:
    """A new report, or with `resume` the one in the folder. Raises VmdError where they clash."""
    about = {
        "models": [model.facts() for model in bench.models],
        "seed": bench.seed,
        "scale": json.loads(json.dumps(asdict(bench.scale))),
        "sets": [one.name for one in bench.sets],
        "variants": [path.name for path in (*bench.variants, *bench.ruled)],
        "versions": {
            "vmd-solver": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "machine": f"{platform.processor() or platform.machine()}, {platform.system()}",
    }
    report = Measurements(folder, about)
    if not report.path.exists():
        return report
    if not resume:
        raise VmdError(f"{folder} holds a report already; use --resume, or another --out")
    no_report = f"{report.path} is no report of vmd-train eval; use another --out"
    try:
        document = json.loads(report.path.read_text("utf-8"))
        kept, report.rows = document["about"], document["sections"]
    except (OSError, ValueError, KeyError) as error:
        raise VmdError(no_report) from error
    for part in ("models", "seed", "scale", "sets", "variants"):
        if kept.get(part) != about[part]:
            raise VmdError(
                f"{report.path} was measured with other {part}; use the options and models it had,"
                " or another --out"
            )
    return report


def measure(
    report: Measurements,
    bench: Bench,
    sections: Sequence[Section],
    progress: Callable[[str, float], None],
) -> None:
    """Run every task of these sections that the report does not have, and keep its rows.

    `progress` is called with what is being measured, and the seconds left.
    """
    left = [
        (section.name, task)
        for section in sections
        for task in section.tasks(bench)
        if task.key not in report.rows.get(section.name, {})
    ]
    due, done, started = sum(task.cost for _, task in left), 0.0, time.perf_counter()
    for name, task in left:
        pace = (time.perf_counter() - started) / done if done else PACE_S
        progress(f"{name}: {task.key}", (due - done) * pace)
        report.rows.setdefault(name, {})[task.key] = task.run()
        report.save()
        done += task.cost


def write(report: Measurements, sections: Sequence[Section]) -> Path:
    """report.md and its figures, of all sections that were measured; returns the path."""
    about = report.about
    heads = [{"name": "model", "loops": "loops a call"}.get(key, key) for key in about["models"][0]]
    models = markdown(heads, (list(model.values()) for model in about["models"]))
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    parts = [
        f"# Evaluation of {about['models'][0]['name']}\n\n{models}\n"
        f"Seed {about['seed']}; {about['machine']}; {versions}. A call of the denoiser (NFE) is the"
        " number of loops above. Numbers in brackets are 95% intervals: Wilson's for shares, normal"
        " ones for means of nats. A puzzle counts as solved only where the independent verifier"
        " accepts the grid, and where a puzzle has several solutions any counts. All models are"
        " asked the same puzzles, with the same seeds.\n"
    ]
    colours = plots.colours_of([model["name"] for model in about["models"]])
    for section in sections:
        rows = [row for task in report.rows.get(section.name, {}).values() for row in task]
        if not rows:
            continue
        parts.append(f"## {section.title}\n\n{section.question}\n")
        parts += [table.markdown() for table in section.tables(rows)]
        for name, figure in section.figures(rows, colours).items():
            plots.save(figure, report.folder / name)
            parts.append(f"![{section.title}: {name}]({name})\n")
    path = report.folder / "report.md"
    write_text(path, "\n".join(parts))
    return path
