"""How many operations do the matrix products of an ONNX graph take?

Knows nothing of the network in the file. A second graph is made from it that gives, in place of
the results, the sizes of what each product multiplies, and is run on the same inputs for one loop;
every loop counts the same. An operation is a multiplication or an addition, so a product of (M, K)
by (K, N) takes 2 M K N. Whatever is no product counts nothing: sums by gathering and scattering,
softmax, norms, copies. A dense table multiplied by hidden states is a product and counts.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
from onnx import TensorProto, helper

from vmd_solver.denoiser import onnx as runtime

UNKNOWN = {
    "Attention", "Conv", "ConvInteger", "ConvTranspose", "GRU", "LSTM", "MatMulInteger",
    "QLinearConv", "QLinearMatMul", "RNN",
}  # fmt: skip
"""Nodes that multiply matrices in a way that is not counted here: a graph with one is refused."""

Feed = Mapping[str, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Product:
    """One matrix product, as it was run."""

    kind: str
    """MatMul, Gemm or Einsum."""
    shapes: tuple[Shape, Shape]
    equation: str = ""
    """Of an Einsum."""
    transposed: tuple[bool, bool] = (False, False)
    """Of a Gemm."""
    looped: bool = False
    """Whether it is run once a loop, or once a call."""
    times: int = 1
    """How often it is run then."""

    @property
    def operations(self) -> int:
        """Multiplications and additions of running it once.

        >>> Product("MatMul", ((8, 81, 9, 32), (32, 16))).operations == 2 * 8 * 81 * 9 * 32 * 16
        True
        >>> Product("Einsum", ((3, 5), (7, 2, 5)), "bp,cvp->bcv").operations == 2 * 3 * 5 * 7 * 2
        True
        """
        if self.kind == "Einsum":
            terms = self.equation.replace(" ", "").split("->")[0].split(",")
            sizes = dict(zip("".join(terms), sum(self.shapes, ()), strict=True))
            return 2 * math.prod(sizes.values())
        (a, b), (turn_a, turn_b) = self.shapes, self.transposed
        rows, inner = (a[-1], a[-2]) if turn_a else (a[-2] if len(a) > 1 else 1, a[-1])
        columns = b[-2] if turn_b else b[-1] if len(b) > 1 else 1
        return 2 * math.prod(np.broadcast_shapes(a[:-2], b[:-2])) * rows * inner * columns


class Counter:
    """The products of one ONNX file, for any inputs.

    Raises ValueError where the file has nodes whose operations cannot be counted.
    """

    def __init__(self, path: Path) -> None:
        import onnxruntime

        model = onnx.load(path)
        self._found: list[tuple[onnx.NodeProto, bool]] = []
        names = _instrument(model.graph, self._found, looped=False)
        del model.graph.output[:]
        model.graph.output.extend(_sizes(name) for name in names)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 1
        self._names = names
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=[runtime.CPU]
        )
        self._known: dict[tuple[tuple[str, Shape], ...], list[Product]] = {}

    def products(self, feed: Feed) -> list[Product]:
        """All products of a call with these inputs, one loop of them.

        Runs the graph once for each new set of input shapes: sizes inside have to follow from them.
        """
        shapes = tuple((name, np.shape(values)) for name, values in sorted(feed.items()))
        if shapes not in self._known:
            self._known[shapes] = self._run(feed)
        return self._known[shapes]

    def operations(self, feed: Feed) -> int:
        """Of a call with these inputs, all its loops."""
        loops = int(feed.get("loops", 1))
        return sum(
            one.operations * one.times * (loops if one.looped else 1) for one in self.products(feed)
        )

    def _run(self, feed: Feed) -> list[Product]:
        if not self._names:
            return []
        once = {**feed, "loops": np.array(1)} if "loops" in feed else dict(feed)
        sizes = self._session.run(self._names, once)
        # A loop gives them stacked, one row each time that it is run.
        stacked = [np.atleast_2d(one).tolist() for one in sizes]
        pairs = zip(stacked[::2], stacked[1::2], self._found, strict=True)
        return [
            _product(node, (tuple(a[0]), tuple(b[0])), looped, len(a))
            for a, b, (node, looped) in pairs
        ]


def _product(
    node: onnx.NodeProto, shapes: tuple[Shape, Shape], looped: bool, times: int
) -> Product:
    facts = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    transposed = bool(facts.get("transA")), bool(facts.get("transB"))
    equation = facts.get("equation", b"").decode()
    return Product(node.op_type, shapes, equation, transposed, looped, times)


def _instrument(
    graph: onnx.GraphProto, found: list[tuple[onnx.NodeProto, bool]], looped: bool
) -> list[str]:
    """Add nodes that give the sizes of what each product multiplies; the names of their outputs.

    Appends to `found` each product, in the order of the names, two names a product.
    """
    names: list[str] = []
    for node in list(graph.node):
        if node.op_type in UNKNOWN:
            raise ValueError(f"operations of {node.op_type} ({node.name}) cannot be counted")
        if node.op_type in ("MatMul", "Gemm", "Einsum"):
            kept = onnx.NodeProto()
            kept.CopyFrom(node)
            found.append((kept, looped))
            for side, name in zip("ab", node.input[:2], strict=True):
                output = f"sizes_{side}_{'loop_' if looped else ''}{len(found)}"
                graph.node.append(helper.make_node("Shape", [name], [output]))
                names.append(output)
        for attribute in node.attribute:
            if attribute.HasField("g"):
                names += _within(node, attribute.g, found, looped)
    return names


def _within(
    node: onnx.NodeProto,
    body: onnx.GraphProto,
    found: list[tuple[onnx.NodeProto, bool]],
    looped: bool,
) -> list[str]:
    """`_instrument` for the body of a loop, whose sizes become results of the loop."""
    inner = _instrument(body, found, looped=True)
    if inner and (looped or node.op_type != "Loop"):
        raise ValueError(f"products within {node.op_type} ({node.name}) cannot be counted")
    body.output.extend(_sizes(name) for name in inner)
    given = [f"{name}_all" for name in inner]
    node.output.extend(given)
    return given


def _sizes(name: str) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.INT64, None)


@dataclass
class Count:
    """What was counted."""

    operations: int = 0
    seconds: float = 0.0
    """Processor time that the counting itself took."""
    products: list[Product] = field(default_factory=list)
    """All that were run, each loop's once a call."""
    counters: dict[Path, Counter] = field(default_factory=dict)
    """By ONNX file."""


@contextmanager
def counting() -> Iterator[Count]:
    """Counts every ONNX graph of a grid model that is run within the block.

    Its time, apart from that of the graphs, is kept in `seconds`, to be taken off.
    """
    count, run = Count(), runtime.OnnxModel.run

    def counted(model: runtime.OnnxModel, role: str, feed: dict[str, Any], due: Any) -> Any:
        started, path = time.process_time(), model.folder / f"{role}.onnx"
        if path not in count.counters:
            count.counters[path] = Counter(path)
        count.operations += count.counters[path].operations(feed)
        count.products += count.counters[path].products(feed)
        count.seconds += time.process_time() - started
        return run(model, role, feed, due)

    with patch.object(runtime.OnnxModel, "run", counted):
        yield count
