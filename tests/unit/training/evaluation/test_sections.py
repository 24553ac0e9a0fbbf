"""Each section's figures, with denoisers whose right figures are known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes import FakeDenoiser, undecided

from vmd_solver.csp import exact
from vmd_solver.csp.ruled import VARIANTS
from vmd_solver.denoiser.graph import open_candidates
from vmd_solver.generation import PuzzleSpec
from vmd_solver.sampling import Settings
from vmd_training import plots
from vmd_training.evaluation import boards, network, sets
from vmd_training.evaluation.bench import Bench, Section
from vmd_training.evaluation.boards import KINDS, counterpart
from vmd_training.evaluation.report import SECTIONS
from vmd_training.evaluation.rules import heard
from vmd_training.evaluation.solving import POLICIES
from vmd_training.ruled import ZERO_SHOT
from vmd_training.tables import Row

Made = Callable[..., Bench]


def searcher(noise: float = 0.0) -> FakeDenoiser:
    """Knows a solution of any puzzle, up to noise from z that fades as cells are committed."""
    known: dict[bytes, np.ndarray] = {}

    def logits(x_t, allowed, z):  # type: ignore[no-untyped-def]
        fades = (x_t == 0).mean(axis=1)[:, None, None] ** 2
        return noise * fades * z + np.stack([_solution(board_of(x_t), row, known) for row in x_t])

    return FakeDenoiser("searcher", logits)


class Ruled(FakeDenoiser):
    """Knows a solution of any puzzle on any board, up to noise from z."""

    def __init__(self, noise: float = 0.0) -> None:
        super().__init__("ruled", lambda x_t, allowed, z: noise * z)
        self.noise, self.known = self.logits, dict[object, np.ndarray]()

    def __call__(self, board, x_t, *rest, **options):  # type: ignore[no-untyped-def]
        known = self.known.setdefault(board, {})
        right = np.stack([_solution(board, row, known) for row in x_t])
        self.logits = lambda x_t, allowed, z: right + self.noise(x_t, allowed, z)
        return super().__call__(board, x_t, *rest, **options)


def board_of(x_t: np.ndarray):  # type: ignore[no-untyped-def]
    return boards.BOARDS[{16: "4x4", 36: "6x6", 81: "9x9"}[x_t.shape[1]]]


def _solution(board, givens, known):  # type: ignore[no-untyped-def]
    key = givens.tobytes()
    if key not in known:
        found = exact.solve_batch(board, givens[None], compiled=False).solutions[0]
        known[key] = 10.0 * (found[:, None] == np.arange(1, board.D + 1))
    return known[key]


def rows_of(bench: Bench, name: str, part: str = "") -> list[Row]:
    """The rows of the tasks of a section whose name holds `part`."""
    tasks = [task for task in SECTIONS[name].tasks(bench) if part in task.key]
    assert tasks and all(task.cost > 0 for task in tasks)
    return [row for task in tasks for row in task.run()]


def shown(name: str, rows: list[Row]) -> str:
    """All that a report shows of a section; its figures are drawn as well."""
    section: Section = SECTIONS[name]
    for figure in section.figures(rows, {"fake": "#000000"}).values():
        figure.canvas.draw()
    return "\n".join(table.markdown() for table in section.tables(rows))


def test_one_run_of_the_threshold_policy_tells_every_budget(bench_of: Made) -> None:
    bench = bench_of(searcher(6.0), names=("minimal",))
    rows = rows_of(bench, "rates", "threshold")
    assert [row["nfe"] for row in rows] == [1, 2, 3]
    for row in rows:
        alone = bench.row(bench.models[0], bench.sets[0].made, Settings("neural", nfe=row["nfe"]))
        assert row == alone
    assert rows[0]["solved"] < rows[-1]["solved"]  # or else nothing was compared


def test_rates_of_one_who_knows(bench_of: Made) -> None:
    rows = rows_of(bench_of(searcher(), names=("minimal",)), "rates")
    assert [row["policy"] for row in rows[::3]] == list(POLICIES)
    assert all(row["solved"] == 4 and row["nfe_mean"] == 1 for row in rows)
    assert "| fake | margin | 1 | 1.00 (0.51-1.00) | 1.00" in shown("rates", rows)


def test_k_grids_chosen_in_three_ways(bench_of: Made) -> None:
    rows = rows_of(bench_of(searcher(5.0), names=("minimal",)), "latents")
    by = {(row["how"], row["latents"]): row["share"] for row in rows}
    assert by["any is valid", 1] == by["by margin, no verifier", 1]
    assert by["any is valid", 3] >= by["by margin, no verifier", 3]
    assert {row["puzzles"] for row in rows} == {1}
    unchecked = [row for row in rows if row["how"] != "by validity"]
    assert all(row["select"] == "margin" and row["remask"] == "none" for row in unchecked)
    assert "any is valid" in shown("latents", rows)


def test_where_z_comes_from_is_what_is_measured(bench_of: Made) -> None:
    rows = rows_of(bench_of(searcher(3.0), names=("minimal",)), "z", "minimal")
    assert [(row["prior"], row["z"]) for row in rows] == [
        (prior, z) for prior in ("learned", "normal") for z in ("keep", "redraw", "refine")
    ]
    assert "| fake | normal | refine |" in shown("z", rows)


def test_every_way_to_spend_a_budget_is_the_same_work(bench_of: Made) -> None:
    bench = bench_of(searcher(5.0), names=("minimal",))
    usual = bench.models[0].denoiser.loops
    rows = rows_of(bench, "budget")
    assert {row["nfe"] * row["loops"] * row["latents"] for row in rows} == {3 * 16 * 4}
    assert len({(row["nfe"], row["loops"], row["latents"]) for row in rows}) == 4
    assert {row["z"] for row in rows if row["policy"] == "last"} == {"keep", "redraw", "refine"}
    assert bench.models[0].denoiser.loops == usual
    assert "| fake | 12 calls, 16 loops, K = 1 |" in shown("budget", rows)


def test_calls_alone_look_at_no_rule_and_take_nothing_back(bench_of: Made) -> None:
    rows = rows_of(bench_of(searcher(5.0), names=("minimal",)), "plain")
    assert [(row["policy"], row["nfe"]) for row in rows] == [
        (policy, nfe) for policy in ("top", "margin") for nfe in (2, 3)
    ]
    assert {(row["remask"], row["select"], row["nfe_mean"]) for row in rows} == {
        ("none", "margin", float(nfe)) for nfe in (2, 3)
    }
    assert "| fake | margin |" in shown("plain", rows)


def test_one_solution_over_and_over_has_no_variety(bench_of: Made) -> None:
    """Every sample of a puzzle with m solutions is the same: coverage 1 / m, KL log m."""
    bench = bench_of(searcher())
    rows = rows_of(bench, "dependency", "4x4, made here, fake, top, T = 0")
    every = sets.several("s", boards.BOARDS["4x4"], bench.scale.few, bench.seed).solutions
    m = np.array([len(grids) for grids in every])
    for row, samples in zip(rows, (1, 3), strict=True):
        assert row["valid"]["mean"] == 1
        assert row["samples"] == samples
        assert row["mean"] == pytest.approx((1 / m).mean())
        assert row["kl"]["mean"] == pytest.approx(np.log(m).mean())
    empty = rows_of(bench, "dependency", "empty 4x4, fake, top, T = 0")
    assert [(row["nfe"], row["solved"], row["distinct"]) for row in empty] == [(1, 5, 1), (2, 5, 1)]
    text = shown("dependency", rows + empty)
    assert "1.00 (0.57-1.00), 1 |" in text


def test_a_sampler_that_knows_nothing_is_seldom_valid(bench_of: Made) -> None:
    rows = rows_of(bench_of(undecided()), "dependency", "empty 9x9")
    assert all(row["solved"] == 0 for row in rows)
    assert {row["temperature"] for row in rows} == {0.0, 1.0}


def test_nats_of_a_latent_that_says_nothing(bench_of: Made) -> None:
    """Encoder and prior of one mean and variance: no KL, and every z is as good as another."""
    bench = bench_of(undecided())
    own = bench.models[0].network
    for parameter in (*own.encoder.head.parameters(), *own.prior.head.parameters()):
        parameter.data.zero_()
    own.denoiser.head.weight.data.zero_()
    own.denoiser.head.bias.data.zero_()
    for row, kind in zip(rows_of(bench, "kl", "4x4"), network.KINDS, strict=True):
        assert (row["kl"]["mean"], row["active"]) == (0, 0)
        x_t = np.array([puzzle.givens for puzzle in network.puzzle_set(bench, "4x4", kind).puzzles])
        open_ = open_candidates(network.BOARDS["4x4"], x_t, np.ones((*x_t.shape, 4), np.float32))
        # Even logits: the logarithm of the number of open values for each masked cell.
        nats = np.log(open_.sum(axis=-1)[x_t == 0]).sum() / len(x_t)
        assert row["own"]["mean"] == pytest.approx(nats)
        assert row["own"] == row["shuffled"] == row["prior"]
    assert row["dimensions"] == 16 * 4 * own.config.k


def test_what_z_carries_is_counted_and_its_loss_costs(bench_of: Made) -> None:
    bench = bench_of(undecided())
    (row,) = rows_of(bench, "kl", "empty 4x4")
    assert row["kl"]["mean"] > 0
    assert 0 < row["active"] <= row["dimensions"]
    assert len({row[which]["mean"] for which in ("own", "shuffled", "prior")}) == 3
    assert row["least"] == pytest.approx(math.log(288))
    assert "least possible" in shown("kl", [row])


def test_puzzles_lost_to_more_loops_are_counted(bench_of: Made) -> None:
    known = searcher()
    fake = FakeDenoiser(
        "worse", lambda x_t, allowed, z: known.logits(x_t, allowed, z) * (-1) ** (fake.calls - 1)
    )
    fake.loops = 5
    bench = bench_of(fake, names=("minimal",))
    rows = rows_of(bench, "loops")
    assert [(row["thought"], row["solved"], row["lost"]) for row in rows] == [
        (16, 4, 0), (32, 0, 4),
    ]  # fmt: skip
    assert fake.loops == 5
    assert "0.00 (0.00-0.49); 4 lost" in shown("loops", rows)


def test_self_correction_and_guided_rows(bench_of: Made) -> None:
    bench = bench_of(searcher(3.0), names=("minimal",))
    rows = rows_of(bench, "remask", "minimal, fake, top")
    assert [(row["remask"], row["select"]) for row in rows] == [
        (remask, select) for remask in ("none", "doubt", "rules") for select in ("margin", "valid")
    ]
    assert "| fake | top | never | doubt |" in shown("remask", rows)
    (row,) = rows_of(bench, "guided")
    assert row["solved"] == row["puzzles"] == 4
    assert "| minimal | fake | 4 | 1.00" in shown("guided", [row])


def test_a_zero_shot_board_stands_beside_what_was_trained_on(bench_of: Made) -> None:
    bench = bench_of(searcher())
    bench.models[0].__dict__["trained_on"] = ("sudoku-3x3",)
    rows = rows_of(bench, "families", "sudoku-3x3, ") + rows_of(bench, "families", "sudoku-2x3, ")
    assert [row["trained"] for row in rows][-1] is False
    rows[-1]["counterpart"] = "sudoku-3x3"
    text = shown("families", rows)
    assert "| sudoku-2x3 | fake | zero-shot |" in text
    assert "sudoku-3x3: 1.00 (0.34-1.00)" in text


def test_every_kind_has_a_counterpart() -> None:
    for kind, nearest in KINDS.items():
        assert nearest is None or nearest in KINDS
        assert counterpart(kind, (kind,)) is None
        assert counterpart(kind, None) is None
        assert kind == "sudoku-3x3" or counterpart(kind, ("sudoku-3x3",)) == "sudoku-3x3"


def test_puzzles_with_rules_by_one_who_knows(bench_of: Made) -> None:
    bench = bench_of(Ruled())
    rows = rows_of(bench, "rules", "futoshiki") + rows_of(bench, "rules", "zipper")
    assert [(row["nfe"], row["latents"], row["solved"]) for row in rows] == [(3, 4, 1)] * 2
    mixed = rows_of(bench, "rules", "mixed")
    assert [row["latents"] for row in mixed[::3]] == [1, 3, 4]
    text = shown("rules", rows + mixed)
    assert f"| mixed | {mixed[0]['heard']} | 1 | 0.00 (0.00-0.79) | fake | 3 |" in text
    assert "**Families whose rules are trained**" in text
    assert "| zipper | 1 |" in text.partition("never trained")[2]
    assert text.count("| all | 1 |") == 2


def test_one_run_tells_every_budget_of_a_puzzle_with_rules(bench_of: Made) -> None:
    bench = bench_of(Ruled(3.0))
    bench.scale = replace(bench.scale, count=16)
    rows = rows_of(bench, "rules", "mixed, fake, K = 3")
    (source,) = {
        task.run.args[0]
        for task in SECTIONS["rules"].tasks(bench)
        if task.key.startswith("mixed, ")
    }
    for row in rows:
        settings = Settings.usual(mode="neural", latents=3, nfe=row["nfe"])
        alone = bench.row(bench.models[0], source.made, settings)
        assert {key: row[key] for key in alone} == alone
    assert rows[0]["solved"] < rows[-1]["solved"]


def test_what_is_trained_of_the_rules_of_a_family() -> None:
    made = {name: heard([PuzzleSpec(name, VARIANTS[name].usual).example()]) for name in VARIANTS}
    assert {name for name in ZERO_SHOT if made[name] != "zero-shot"} == set()
    assert (made["futoshiki"], made["kenken"], made["killer"]) == ("trained",) * 3
    assert (made["odd"], made["anti-knight"]) == ("plain",) * 2
    assert made["negative-kropki"] == "partly"


def test_sets_with_rules_are_read_and_grouped(bench_of: Made, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    ids = [
        "4:0,0,0,0,0,0L,0,0,0,0,0,0,0,0,0,0,",
        "5:0D,0,0,0L,0,0,0R,0,0,2UL,0,0,0,0,0D,5,0,0,0U,0,0,0,0,0L,0,",
    ]
    (tmp_path / "rules" / "u.txt").write_text("\n".join(ids[:1] * 5 + ids[1:] * 2) + "\n")
    bench = bench_of(Ruled(), data=tmp_path)
    assert {task.key for task in SECTIONS["rules"].tasks(bench) if task.key.startswith("u ")} == {
        f"u {kind}, fake, K = {K}"
        for kind in ("4x4 latin, greater", "5x5 latin, greater")
        for K in (1, 3, 4)
    }
    (row, *_) = rows_of(bench, "rules", "u 5x5 latin, greater")
    assert (row["puzzles"], row["solved"], row["propagation"]["solved"]) == (1, 1, 1)


def test_samples_of_a_board_with_signs(bench_of: Made) -> None:
    """One who knows one solution of each finds that one again and again."""
    bench = bench_of(Ruled())
    rows = rows_of(bench, "rules", "4x4, 4 signs, fake, top, T = 0")
    assert [(row["nfe"], row["solved"], row["distinct"]) for row in rows] == [(1, 5, 1), (2, 5, 1)]
    rows += rows_of(bench, "rules", "4x4, signs, fake, one z")
    assert rows[-1]["valid"]["mean"] == 1
    text = shown("rules", rows)
    assert "| 4x4, 4 signs | fake | top | keep | 0.0 | 1.00 (0.57-1.00), 1 |" in text
    assert "| 4x4, signs | fake, one z | top | keep | 1.0 |" in text


def test_a_model_keeps_its_colour_in_every_figure() -> None:
    colours = plots.colours_of(["one", "two"])
    rows = [
        {"set": part, "nfe": nfe, "model": model, "share": 0.5, "low": 0.4, "high": 0.6}
        for part in ("a", "b", "c", "d")
        for model in (("one", "two") if part < "c" else ("two",))
        for nfe in (1, 5)
    ]
    figure = plots.lines(rows, panel="set", x="nfe", colours=colours, xlabel="NFE", ylabel="solved")
    seen = {
        (bars.get_label(), bars.lines[0].get_color())
        for ax in figure.axes
        for bars in ax.containers
    }
    assert seen == set(colours.items())
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]


def test_puzzles_of_a_file_are_enumerated_before_they_are_counted_off(
    bench_of: Made, tmp_path: Path
) -> None:
    made = sets.several("s", boards.BOARDS["9x9"], 2, 0).puzzles
    lines = ["." * 81, *("".join(map(str, puzzle.givens)).replace("0", ".") for puzzle in made)]
    (tmp_path / "sudoku").mkdir()
    (tmp_path / "sudoku" / "multi.txt").write_text("\n".join(lines * 2) + "\n")
    bench = bench_of(searcher(), data=tmp_path)
    rows = rows_of(bench, "dependency", "several multi, fake, top, T = 0")
    assert rows[0]["puzzles"] == bench.scale.few == 1
    assert rows[0]["valid"]["mean"] == 1
