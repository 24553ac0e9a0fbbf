"""The model card: README.md of an exported folder, made from its config.json and metrics.json.

Front matter is that of Hugging Face, which reads the rest as Markdown. Knows no run and no network,
so that the card of a model can be written anew at any time.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill
from typing import Any

import yaml

from vmd_training.tables import Row, markdown

LIBRARY = "vmd-solver"
TAGS = ("masked-diffusion", "variational-inference", "latent-variable-model", "onnx")
PAPER = "https://arxiv.org/abs/2510.23606"

LATENTS = {
    "none": "no latent, for comparison",
    "global": "one latent for the grid",
    "candidate": "a latent on each candidate",
}
"""In words."""

SETS = {
    "minimal": "`minimal`: random minimal 9x9 Sudoku.",
    "magictour-like": "`magictour-like`, `forum-like`: mined, as hard as the lists of these names.",
    "empty": "`empty`: the empty 9x9 board.",
    "rules-9x9": "`rules-NxN`: puzzles with rules of the kinds above.",
    "forum": "`forum`, `magictour`, `top95`: published lists of hard Sudoku.",
    "sgt-solo-9x9": "`sgt-GAME-NxN`: puzzles of Simon Tatham's collection.",
}
"""What the sets of the fixed set are, each with its kin."""


def front_matter(facts: Row) -> str:
    """The facts that are there as the block of YAML that a card begins with.

    >>> print(front_matter({"license": "mit", "datasets": None, "tags": ["onnx"]}), end="")
    ---
    license: mit
    tags: [onnx]
    ---
    """
    known = {name: fact for name, fact in facts.items() if fact}
    text = yaml.safe_dump(known, sort_keys=False, default_flow_style=None, width=100)
    return f"---\n{text}---\n"


def measured(task: Row, dataset: Row, values: dict[str, float], metric: str) -> Row:
    """A result of a model-index: the values of one metric on a set, by what each is of."""
    metrics = [{"type": metric, "name": name, "value": value} for name, value in values.items()]
    return {"task": {**task}, "dataset": dataset, "metrics": metrics}


def index(name: str, results: list[Row]) -> list[Row] | None:
    """A model-index of one model; None where nothing was measured."""
    return [{"name": name, "results": results}] if results else None


def paragraph(*sentences: str) -> str:
    """Sentences, those that are not empty, in lines of a page."""
    text = " ".join(filter(None, sentences))
    return fill(text, 100, break_long_words=False, break_on_hyphens=False) + "\n"


def page(head: str, title: str, *parts: str) -> str:
    """A card: front matter, title, and parts with an empty line between them."""
    return f"{head}# {title}\n\n" + "\n".join(filter(None, parts))


def use(command: str, example: str) -> str:
    """How a model is run, from where it was pushed to or from a folder."""
    model = f"{command} --model hf:OWNER/NAME {example}"
    return f"## Use\n\n```sh\npip install 'vmd-solver[cpu,hub]'\n{model}\n```\n\n" + paragraph(
        "`OWNER/NAME` is the repository that this card is in; a folder with its files does as well"
        " in its place (`--model FOLDER`). `SHA256SUMS` has the digests of all files but this one,"
        " which are checked when the model is opened."
    )


def boards(run: Row) -> str:
    """The kinds of boards that a run drew, without their sizes."""
    kinds = dict.fromkeys(name.rstrip("0123456789x").rstrip("-") for name in run.get("boards", ()))
    return ", ".join(kinds)


def facts(model: Row, parameters: int, run: Row) -> str:
    """A network and its run, as a Markdown table; without what the run does not say."""
    spent = [stage["minutes"] for stage in run.get("earlier", ())]
    earlier = f", after {sum(spent):.1f} in {len(spent)} earlier runs" if spent else ""
    each = f" of {run['loops']} loops each" if "loops" in run else ""
    latent = f"{model['latent']}, k = {model['k']}" if model["latent"] != "none" else "none (MDM)"
    rows: list[tuple[str, Any]] = [
        ("recipe", run.get("recipe")),
        ("latent", latent),
        ("parameters", f"{parameters:,}"),
        ("device", run.get("device")),
        ("time", f"{run['minutes']:.1f} minutes{earlier}" if "minutes" in run else None),
        ("steps", f"{run['steps']:,}{each}" if "steps" in run else None),
        ("puzzle calls", f"{run['puzzle_calls']:,}" if "puzzle_calls" in run else None),
        ("seed", run.get("seed")),
    ]
    return known(rows)


def known(rows: Iterable[tuple[str, object]]) -> str:
    """Facts as a Markdown table, without those that are None."""
    return markdown(("what", "value"), [row for row in rows if row[1] is not None])


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


def card(config: Row, metrics: Row) -> str:
    """The card of a model of puzzles."""
    vmd, run, rates = config["vmd"], metrics.get("run", {}), metrics.get("solve_rate", {})
    latent, name = vmd["latent"], vmd["name"]
    task = {"type": "other", "name": "constraint puzzles"}
    solved = [
        measured(
            task,
            {"type": group, "name": group},
            {f"share solved, {calls}": rate for calls, rate in row.items()},
            "accuracy",
        )
        for group, row in rates.items()
    ]
    head = front_matter({
        "license": "mit",
        "library_name": LIBRARY,
        "tags": ["constraint-satisfaction", "sudoku", *TAGS],
        "metrics": ["accuracy"] if rates else None,
        "model-index": index(name, solved),
    })  # fmt: skip
    ruled = vmd["links"] > 0
    reads = "units, whose cells all differ" + (", and other rules" if ruled else " (boxes, rows)")
    known = f", trained on {found}" if (found := boards(run)) else ""
    roles = ("denoiser",) if latent == "none" else ("denoiser", "encoder", "prior")
    return page(
        head,
        name,
        paragraph(
            f"A network of {config['parameters']:,} parameters that fills in grids such as Sudoku:"
            f" masked diffusion with {LATENTS[latent]}, on the graph of the candidates of a"
            f" puzzle. It reads {reads}, on boards of any size{known}. vmd-solver searches in the"
            f" order that it proposes, and verifies every solution. The method follows {PAPER};"
            " docs/METHOD.md of vmd-solver says how it differs.",
        ),
        use("vmd-solve", "PUZZLE"),
        paragraph(
            "`--mode neural` asks the model alone. In Python:"
            ' `vmd_solver.solve(PUZZLE, model="hf:OWNER/NAME")`.',
            f"Networks: {', '.join(f'`{role}.onnx`' for role in roles)}; one call is"
            f" {vmd['loops']} loops. `weights.safetensors` is for `vmd-train --init`.",
        ),
        f"## Training\n\n{facts(config['model'], config['parameters'], run)}",
        _data(run),
        "## Measured\n",
        results(metrics) if rates else "Nothing: the run was not finished.\n",
        _how(metrics) if rates else "",
        "## Licence\n",
        paragraph(
            "MIT, as vmd-solver. Trained on nothing but puzzles that the generator and the miner"
            " of vmd-solver made."
        ),
        "## Limits\n",
        paragraph(
            "What it fills in alone (`--mode neural`) can be wrong; a wrong grid is never reported"
            " as a solution, because a verifier checks it. It proves nothing: that there is no"
            " solution, or no other, is found by search. Boards larger than it was trained on"
            " work, less well.",
            "So do kinds of rules that it never saw." if ruled else "It hears no rules but units.",
        ),
    )


def _how(metrics: Row) -> str:
    """How the figures were measured, and on what."""
    how = (
        "a grid is valid after any call; best of 4: with one of four latents."
        if "set" in metrics
        else "the most probable grid is its solution."
    )
    return paragraph(
        "The model alone: `CxL` is C calls of L loops with nothing committed in between, and a"
        f" puzzle counts if {how} None of these puzzles is trained on.",
        *(words for name, words in SETS.items() if name in metrics["solve_rate"]),
    )


def _data(run: Row) -> str:
    """What was trained on; nothing where the run does not say."""
    rows = [
        (group["name"], f"{group['share']:.0%}", ", ".join(group["boards"]),
         f"{group['free']:.0%}", f"{group['several']:.0%}", f"{group['mined']:.0%}")
        for group in run.get("groups", ())
    ]  # fmt: skip
    if not rows:
        return ""
    head = ("group", "share of steps", "boards", "free grids", "several solutions", "mined")
    kinds = ", ".join(run.get("rules", ()))
    named = "\n" + paragraph(f"Rules, in groups `rules-*`: {kinds}.") if kinds else ""
    return markdown(head, rows) + named
