"""Operations counted from an ONNX file: by hand, for the model that ships, and in a solve rate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from fakes import undecided
from onnx import TensorProto, helper, numpy_helper

from benchmarks.operations import Counter, counting
from benchmarks.solve_rate import measure, table
from vmd_solver import assets
from vmd_solver.csp.families import sudoku
from vmd_solver.denoiser import load
from vmd_solver.errors import VmdError
from vmd_solver.sampling import Settings
from vmd_training.evaluation.sets import PuzzleSet, read

FLOAT, INT = TensorProto.FLOAT, TensorProto.INT64


def saved(folder: Path, body_product: str = "MatMul") -> Path:
    """A file that multiplies x (M, 3) by a weight (3, 5) once, and by one (3, 3) in each loop."""
    body = helper.make_graph(
        [
            helper.make_node(body_product, ["carried", "square"], ["next"]),
            helper.make_node("Identity", ["go_on"], ["goes_on"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("number", INT, ()),
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("carried", FLOAT, None),
        ],
        [
            helper.make_tensor_value_info("goes_on", TensorProto.BOOL, ()),
            helper.make_tensor_value_info("next", FLOAT, None),
        ],
    )
    weights = {"square": np.eye(3, dtype=np.float32), "wide": np.ones((5, 3), np.float32)}
    graph = helper.make_graph(
        [
            helper.make_node("Loop", ["loops", "", "x"], ["last"], body=body),
            helper.make_node("Gemm", ["last", "wide"], ["y"], transB=1),
        ],
        "small",
        [
            helper.make_tensor_value_info("x", FLOAT, ("M", 3)),
            helper.make_tensor_value_info("loops", INT, ()),
        ],
        [helper.make_tensor_value_info("y", FLOAT, ("M", 5))],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    path = folder / "small.onnx"
    onnx.save(model, path)
    return path


@pytest.mark.parametrize("product", ["MatMul", "Gemm"])
@pytest.mark.parametrize(("M", "loops"), [(1, 1), (7, 1), (7, 4)])
def test_products_count_by_their_shapes_and_those_of_a_loop_by_its_loops(
    tmp_path: Path, product: str, M: int, loops: int
) -> None:
    counter = Counter(saved(tmp_path, product))
    feed = {"x": np.ones((M, 3), np.float32), "loops": np.array(loops)}
    assert counter.operations(feed) == 2 * M * 3 * 5 + loops * 2 * M * 3 * 3


def test_a_product_that_cannot_be_counted_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="MatMulInteger"):
        Counter(saved(tmp_path, "MatMulInteger"))


@pytest.fixture(scope="module")
def counted() -> Callable[[int, int], int]:
    """Operations of one call of the model that ships, by rows and loops."""
    denoiser, board = load(None, "cpu", 1), sudoku()

    def of(rows: int, loops: int) -> int:
        x_t = np.zeros((rows, board.n), dtype=np.int64)
        allowed = np.ones((rows, board.n, board.D), dtype=np.float32)
        z = denoiser.draw(board, x_t, allowed, np.random.default_rng(0))
        h = denoiser.start(board, rows)
        with counting() as count:
            denoiser(board, x_t, allowed, z, h, loops)
        return count.operations

    return of


def test_a_loop_of_the_shipped_model_always_counts_the_same(
    counted: Callable[[int, int], int],
) -> None:
    once, twice, five = (counted(1, loops) for loops in (1, 2, 5))
    assert twice > once
    assert five - twice == 3 * (twice - once)


def test_more_rows_of_the_shipped_model_count_in_proportion(
    counted: Callable[[int, int], int],
) -> None:
    assert counted(4, 2) == pytest.approx(4 * counted(1, 2), rel=0.05)


def hardest(count: int) -> PuzzleSet:
    """Some of the puzzles that ship."""
    return read(assets.path("puzzles/hard-100.sdm"), count)


def test_a_solve_rate_says_what_a_puzzle_took() -> None:
    settings = Settings.usual(mode="neural", nfe=2, latents=2, select="margin")
    with counting() as count:
        row = measure(load(None, "cpu", 1), hardest(2), settings, count)
    assert (row["puzzles"], row["nfe"], row["rows"]) == (2, 2, 4)
    assert row["operations"] == round(count.operations / 2)
    assert row["low"] <= row["share"] <= row["high"]
    rows = [{**row, "set": "s", "latents": 2, "model": "m", "select": "margin"}]
    assert "| s | 2 | m |" in table(rows)


def test_a_run_that_is_not_counted_is_no_result() -> None:
    settings = Settings.usual(mode="neural", nfe=1, latents=1)
    with counting() as count, pytest.raises(VmdError, match="counted"):
        measure(undecided(), hardest(1), settings, count)
