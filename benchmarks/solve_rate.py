"""How many puzzles does the model solve, with what help, and what does the latent buy?

Three tables, each with the same puzzles, seed and settings for the model and for its baseline
without latent (same backbone, same training budget):

- rates: unseen minimal 9x9 puzzles made here, and every .txt file of --data, in neural mode (the
  first --count of each) and guided mode (all), with NFE and loops;
- families: puzzles of every size and family, made here, and those of --data/variants;
- empty: valid grids from an empty board, by NFE: what cells filled in together know of each other.

Shares come with their 95% Wilson interval. The last line is one JSON document.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import time
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from vmd_solver import __version__, formats
from vmd_solver.csp import Board, Puzzle
from vmd_solver.csp.families import latin, sudoku, sudoku_x, windoku
from vmd_solver.csp.generate import jigsaw_board, minimal_puzzles
from vmd_solver.denoiser import Denoiser, load
from vmd_solver.sampling import Settings, Solution, Solver

Row = dict[str, Any]


def wilson(k: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """95% interval of a share k / n."""
    if not n:
        return 0.0, 1.0
    center = (k + z * z / 2) / (n + z * z)
    half = z * math.sqrt(k * (n - k) / n + z * z / 4) / (n + z * z)
    return center - half, center + half


def made(board: Board, count: int, seed: int) -> list[Puzzle]:
    """Minimal puzzles with one solution from a seed that training does not use."""
    guesses = 10 if board.D > 9 else None  # what a proof of minimality may cost on large boards
    givens, _ = minimal_puzzles(
        board, count, np.random.default_rng((seed, 0xBE7C)), max_guesses=guesses
    )
    return [Puzzle(board, tuple(int(v) for v in row)) for row in givens]


def read(path: Path) -> list[Puzzle]:
    """The puzzles of a file."""
    return [entry.puzzle for entry in formats.read_path(str(path)) if entry.puzzle is not None]


def digest(puzzles: Iterable[Puzzle]) -> str:
    """Names a set of puzzles."""
    return sha256(repr([puzzle.givens for puzzle in puzzles]).encode()).hexdigest()[:12]


def measure(name: str, puzzles: list[Puzzle], model: Denoiser, settings: Settings) -> Row:
    """One line of a table."""
    started = time.perf_counter()
    solutions: list[Solution] = list(Solver(settings, model).stream(puzzles))
    seconds = time.perf_counter() - started
    solved = [s for s in solutions if s.status == "solved"]
    assert all(s.verified for s in solved)
    low, high = wilson(len(solved), len(solutions))
    return {
        "set": name,
        "model": model.name,
        "mode": settings.mode,
        "policy": settings.policy,
        "latents": settings.latents,
        "temperature": settings.temperature,
        "puzzles": len(solutions),
        "solved": len(solved),
        "share": round(len(solved) / len(solutions), 4),
        "interval": [round(low, 4), round(high, 4)],
        "nfe_budget": settings.nfe,
        "nfe_mean": round(float(np.mean([s.nfe for s in solutions])), 2),
        "loops_mean": round(float(np.mean([s.loops for s in solutions])), 1),
        "guesses_mean": round(float(np.mean([s.guesses for s in solutions])), 2),
        "distinct": len({s.values for s in solved}),
        "seconds": round(seconds, 1),
        "digest": digest(puzzles),
    }


HEAD = (
    "set", "model", "mode", "policy", "latents", "temperature", "puzzles", "share", "interval",
    "nfe_budget", "nfe_mean", "loops_mean", "guesses_mean", "distinct", "seconds",
)  # fmt: skip


def show(row: Row, head: bool = False) -> None:
    """Print a line as part of a Markdown table."""
    if head:
        print("| " + " | ".join(HEAD) + " |")
        print("|" + " --- |" * len(HEAD))
    cells = (row[name] for name in HEAD)
    print("| " + " | ".join(str(cell).replace(",", " -") for cell in cells) + " |", flush=True)


def rates(options: argparse.Namespace, models: list[Denoiser]) -> Iterable[Row]:
    """Neural and guided solve rates on made and on given 9x9 puzzles."""
    sets = {"minimal 9x9, made here": made(sudoku(3, 3), options.count, options.seed)}
    if options.data:
        files = sorted((options.data / "sudoku").glob("*.txt"))
        sets |= {file.name: read(file) for file in files}
    for name, puzzles in sets.items():
        for model in models:
            for policy in options.policies:
                for k in options.latents if model.latent != "none" else [1]:
                    settings = Settings("neural", policy, nfe=options.nfe, latents=k)
                    yield measure(name, puzzles[: options.count], model, settings)
    for name, puzzles in sets.items():
        for model in models:
            yield measure(name, puzzles, model, Settings("guided"))


def families(options: argparse.Namespace, models: list[Denoiser]) -> Iterable[Row]:
    """Every size and family: which of them neural mode solves, and that guided solves them all."""
    rng = np.random.default_rng(options.seed)
    boards = {
        "4x4": sudoku(2, 2), "6x6": sudoku(2, 3), "9x9": sudoku(3, 3), "12x12": sudoku(3, 4),
        "16x16": sudoku(4, 4), "X 9x9": sudoku_x(3, 3), "windoku 9x9": windoku(3, 3),
        "jigsaw 6x6": jigsaw_board(6, rng), "jigsaw 9x9": jigsaw_board(9, rng),
        "latin 9x9": latin(9),
    }  # fmt: skip
    few = max(1, options.count // 10)
    sets = {f"{name}, made here": made(board, few, options.seed) for name, board in boards.items()}
    if options.data:
        for file in sorted((options.data / "variants").glob("*.jsonl")):
            sets[file.name] = read(file)[:few]
    for name, puzzles in sets.items():
        for mode in ("neural", "guided"):
            for model in models:
                settings = Settings(mode, nfe=options.nfe)
                yield measure(name, puzzles, model, settings)


def empty(options: argparse.Namespace, models: list[Denoiser]) -> Iterable[Row]:
    """Valid grids from nothing: the most probable values, and values drawn from p(x0 | x_t, z)."""
    for name, board in (("4x4", sudoku(2, 2)), ("9x9", sudoku(3, 3))):
        puzzles = [board.empty()] * options.count
        for model in models:
            for temperature in (0.0, 1.0):
                for nfe in (1, 2, 4, 8):
                    settings = Settings(
                        "neural", "top", nfe=nfe, temperature=temperature, remask="none"
                    )
                    yield measure(f"empty {name}", puzzles, model, settings)


TABLES = {"rates": rates, "families": families, "empty": empty}


def main() -> None:
    """Parse options, print the tables, end with JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], default=list(TABLES))
    parser.add_argument("--model", default=None, help="folder or name of the model")
    parser.add_argument("--baseline", default="grids-none", help="the same without latent")
    parser.add_argument("--data", type=Path, help="folder with sudoku/*.txt and variants/*.jsonl")
    parser.add_argument("--count", type=int, default=500, help="puzzles of a set")
    parser.add_argument("--nfe", type=int, default=10)
    parser.add_argument("--latents", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--policies", nargs="+", default=["threshold"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=None)
    options = parser.parse_args()
    models = [load(name, "cpu", options.threads) for name in (options.model, options.baseline)]
    document: Row = {
        "benchmark": "solve_rate",
        "version": __version__,
        "machine": f"{platform.processor() or platform.machine()}, {platform.system()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "seed": options.seed,
        "threads": options.threads,
        "loops_a_call": {model.name: model.loops for model in models},
    }
    for name in options.tables:
        print(f"\n## {name}\n")
        document[name] = []
        for row in TABLES[name](options, models):
            show(row, head=not document[name])
            document[name].append(row)
    print(json.dumps(document))


if __name__ == "__main__":
    main()
