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
from vmd_training.evaluation.bench import Bench, Section, Task
from vmd_training.tables import Row, markdown, write_json

VERSION = 1

Progress = Callable[[str, float], None]
"""Called with what is being measured, and the seconds left."""

PACE_S = 0.01
"""Seconds of a 9x9 row on one core, before any was measured."""


@dataclass
class Measurements:
    """What was measured so far, by section and task, and what it was measured on."""

    folder: Path
    about: dict[str, Any]
    rows: dict[str, dict[str, list[Row]]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where everything is kept."""
        return self.folder / "report.json"

    def has(self, section: Section, task: Task) -> bool:
        """Whether this was measured."""
        return task.key in self.rows.get(section.name, {})

    def add(self, section: Section, task: Task, rows: list[Row]) -> None:
        """Keep the rows of a task, on disk as well."""
        self.rows.setdefault(section.name, {})[task.key] = rows
        self.save()

    def of(self, section: Section) -> list[Row]:
        """All rows of a section."""
        return [row for rows in self.rows.get(section.name, {}).values() for row in rows]

    def save(self) -> None:
        """Write report.json, whole or not at all."""
        document = {"version": VERSION, "about": self.about, "sections": self.rows}
        write_json(self.path, document)


def about(bench: Bench) -> dict[str, Any]:
    """What a report is about: two with the same hold the same figures."""
    return {
        "models": [model.facts() for model in bench.models],
        "seed": bench.seed,
        "scale": json.loads(json.dumps(asdict(bench.scale))),
        "sets": bench.set_names,
        "variants": [path.name for path in bench.variants],
        "versions": {
            "vmd-solver": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "machine": f"{platform.processor() or platform.machine()}, {platform.system()}",
    }


def opened(folder: Path, bench: Bench, resume: bool) -> Measurements:
    """A new report, or with `resume` the one in the folder. Raises VmdError where they clash."""
    report = Measurements(folder, about(bench))
    if not report.path.exists():
        return report
    if not resume:
        raise VmdError(f"{folder} holds a report already; use --resume, or another --out")
    try:
        document = json.loads(report.path.read_text("utf-8"))
        kept, rows = document["about"], document["sections"]
    except (OSError, ValueError, KeyError) as error:
        raise VmdError(
            f"{report.path} is no report of vmd-train eval; use another --out"
        ) from error
    for part in ("models", "seed", "scale", "sets", "variants"):
        if kept.get(part) != report.about[part]:
            raise VmdError(
                f"{report.path} was measured with other {part}; use the options and models it had,"
                " or another --out"
            )
    return Measurements(folder, report.about, rows)


def measure(
    report: Measurements, bench: Bench, sections: Sequence[Section], progress: Progress
) -> None:
    """Run every task of these sections that the report does not have."""
    tasks = [(section, task) for section in sections for task in section.tasks(bench)]
    open_ = [(section, task) for section, task in tasks if not report.has(section, task)]
    left, done, started = sum(task.cost for _, task in open_), 0.0, time.perf_counter()
    for section, task in open_:
        pace = (time.perf_counter() - started) / done if done else PACE_S
        progress(f"{section.name}: {task.key}", left * pace)
        report.add(section, task, task.run())
        left, done = left - task.cost, done + task.cost


def write(report: Measurements, sections: Sequence[Section]) -> Path:
    """report.md and its figures, of all sections that were measured; returns the path."""
    colours = plots.colours_of([model["name"] for model in report.about["models"]])
    parts = [_head(report)]
    for section in sections:
        rows = report.of(section)
        if not rows:
            continue
        parts.append(f"## {section.title}\n\n{section.question}\n")
        parts += [table.markdown() for table in section.tables(rows)]
        for name, figure in section.figures(rows, colours).items():
            figure.savefig(report.folder / name, dpi=120)
            parts.append(f"![{section.title}: {name}]({name})\n")
    path = report.folder / "report.md"
    path.write_text("\n".join(parts), "utf-8")
    return path


def _head(report: Measurements) -> str:
    about = report.about
    keys = ("name", "latent", "backbone", "parameters", "loops", "recipe", "runtime", "digest")
    names = ("model", *keys[1:4], "loops a call", *keys[5:])
    models = markdown(names, ([model[key] for key in keys] for model in about["models"]))
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"# Evaluation of {about['models'][0]['name']}\n\n{models}\n"
        f"Seed {about['seed']}; {about['machine']}; {versions}. A call of the denoiser (NFE) is the"
        " number of loops above. Numbers in brackets are 95% intervals: Wilson's for shares, normal"
        " ones for means of nats. A puzzle counts as solved only where the independent verifier"
        " accepts the grid, and where a puzzle has several solutions any counts. All models are"
        " asked the same puzzles, with the same seeds.\n"
    )
