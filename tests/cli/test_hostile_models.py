"""Model folders that nobody exported: each refused in one clear line, with the code for models."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

helper = pytest.importorskip("onnx.helper")
onnx = pytest.importorskip("onnx")

Solve = Callable[..., Any]
WriteModel = Callable[..., None]
OPEN = "." * 16
FLOAT, INT, DOUBLE = 1, 7, 11
SECRET = "../secret.bin"


def spoilt(model: Any, change: Callable[[Any], None]) -> bytes:
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    change(copy.graph)
    data: bytes = copy.SerializeToString()
    return data


def rename(graph: Any) -> None:
    graph.input[0].name = "x_t"


def retype(graph: Any) -> None:
    graph.input[3].type.tensor_type.elem_type = DOUBLE
    for value in graph.output:
        value.type.tensor_type.elem_type = DOUBLE


def reshape(graph: Any) -> None:
    for value in (graph.input[3], graph.output[1]):
        value.type.tensor_type.shape.dim.add().dim_param = "more"


def extra(graph: Any) -> None:
    graph.input.append(helper.make_tensor_value_info("more", FLOAT, ["N"]))


def no_output(graph: Any) -> None:
    del graph.output[1]


def constant(graph: Any, values: Any) -> None:
    """Add a constant to the logits."""
    graph.node[0].output[0] = "before"
    graph.node.append(helper.make_node("Add", ["before", "constant"], ["logits"]))
    graph.initializer.append(values)


def not_a_number(graph: Any) -> None:
    constant(graph, onnx.numpy_helper.from_array(np.array(np.nan, np.float32), "constant"))


def wider(graph: Any) -> None:
    values = np.zeros((2, 1), np.float32)
    constant(graph, onnx.numpy_helper.from_array(values, "constant"))


def longer(graph: Any) -> None:
    """Two logits for every candidate."""
    graph.node[0].output[0] = "before"
    graph.node.append(helper.make_node("Concat", ["before", "before"], ["logits"], axis=0))


def misfit(graph: Any) -> None:
    constant(graph, onnx.numpy_helper.from_array(np.zeros(7, np.float32), "constant"))


def huge(graph: Any) -> None:
    """A tensor of 10^14 numbers, made as it runs."""
    shape = onnx.numpy_helper.from_array(np.array([10**14], np.int64), "shape")
    graph.initializer.append(shape)
    graph.node.insert(0, helper.make_node("ConstantOfShape", ["shape"], ["constant"]))
    graph.node[1].output[0] = "before"
    graph.node.append(helper.make_node("Add", ["before", "constant"], ["logits"]))


def outside(graph: Any, place: str = SECRET) -> None:
    values = onnx.TensorProto(name="constant", data_type=FLOAT, dims=[1])
    values.data_location = onnx.TensorProto.EXTERNAL
    values.external_data.add(key="location", value=place)
    constant(graph, values)


HOSTILE: tuple[tuple[Callable[[Any], None], str], ...] = (
    (rename, "has no 'nodes', expected 'nodes' as tensor(int64)"),
    (retype, "has 'h' as tensor(double)"),
    (reshape, "has 'h' as tensor(float) of 3 dimensions, expected 'h' as tensor(float) of 2"),
    (extra, "has 'more' as tensor(float) of 1 dimensions, expected no 'more'"),
    (no_output, "has no 'h_out'"),
    (not_a_number, "gives logits that are no numbers"),
    (wider, "denoiser.onnx "),
    (longer, "gives logits of shape (128,), expected (64,)"),
    (misfit, "cannot be run: "),
    (huge, "cannot be run: "),
    (outside, "denoiser.onnx is not a usable ONNX model: "),
)


@pytest.mark.parametrize(
    ("change", "says"), HOSTILE, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_hostile_graph_is_refused(
    change: Callable[[Any], None],
    says: str,
    uniform: bytes,
    solve: Solve,
    write_model: WriteModel,
    tmp_path: Path,
) -> None:
    (tmp_path / "secret.bin").write_bytes(np.zeros(1, np.float32).tobytes())
    write_model("model", onnx=spoilt(onnx.load_from_string(uniform), change))
    done = solve("--model", "./model", "--device", "cpu", OPEN)
    assert (done.code, done.out, done.err.count("\n")) == (3, "", 1), done.err
    assert says in done.err
    assert len(done.err) < 600


def test_a_bottomless_configuration_is_refused(
    solve: Solve, write_model: WriteModel, tmp_path: Path
) -> None:
    from hashlib import sha256

    write_model("model")
    config = json.dumps("x").encode() + b"[" * 100_000
    (tmp_path / "model" / "config.json").write_bytes(config)
    sums = tmp_path / "model" / "SHA256SUMS"
    first = sums.read_text().splitlines()[0]
    sums.write_text(f"{first}\n{sha256(config).hexdigest()}  config.json\n")
    done = solve("--model", "./model", "--device", "cpu", OPEN)
    assert (done.code, done.err.count("\n")) == (3, 1)
    assert "is not the configuration of a vmd model" in done.err
