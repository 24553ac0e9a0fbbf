"""How many operations do the matrix products of an ONNX graph take?

A second graph is made from the file that gives the sizes of what each product multiplies, and is
run on the same inputs for one loop; every loop counts the same. A product of (M, K) by (K, N) takes
2 M K N; whatever is no product (sums, softmax, copies) takes nothing.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnx
from onnx import TensorProto, helper

from vmd_solver.denoiser.onnx import CPU, OnnxModel, runtime

UNKNOWN = {
    "Attention", "Conv", "ConvInteger", "ConvTranspose", "GRU", "LSTM", "MatMulInteger",
    "QLinearConv", "QLinearMatMul", "RNN",
}  # fmt: skip
"""Nodes that multiply matrices in a way that is not counted here: a graph with one is refused."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Product:
    """One matrix product, as it was run."""

    kind: str  # MatMul, Gemm or Einsum
    shapes: tuple[Shape, Shape] = ((), ())
    equation: str = ""  # of an Einsum
    transposed: tuple[bool, bool] = (False, False)  # of a Gemm
    looped: bool = False  # run once a loop, or once a call
    times: int = 1  # how often it is run then

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

    def __init__(self, path: Path, ruled: bool = False) -> None:
        model = onnx.load(path)
        del model.graph.output[:]
        _decide(model.graph, ruled)
        self._found: list[Product] = []
        self._names = _instrument(model.graph, self._found, looped=False)
        onnxruntime = runtime()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=[CPU]
        )
        self._known: dict[tuple[tuple[str, Shape], ...], list[Product]] = {}

    def products(self, feed: Mapping[str, Any]) -> list[Product]:
        """All products of a call with these inputs, one loop of them.

        Runs the graph once for each new set of input shapes: sizes inside have to follow from them.
        """
        shapes = tuple((name, np.shape(values)) for name, values in sorted(feed.items()))
        if shapes not in self._known:
            once = {**feed, "loops": np.array(1)} if "loops" in feed else feed
            sizes = self._session.run(self._names, once) if self._names else []
            # A loop gives them stacked, one row each time that it is run.
            stacked = [np.atleast_2d(one).tolist() for one in sizes]
            self._known[shapes] = [
                replace(one, shapes=(tuple(a[0]), tuple(b[0])), times=len(a))
                for one, a, b in zip(self._found, stacked[::2], stacked[1::2], strict=True)
            ]
        return self._known[shapes]

    def operations(self, feed: Mapping[str, Any]) -> int:
        """Of a call with these inputs, all its loops."""
        loops = int(feed.get("loops", 1))
        return sum(
            one.operations * one.times * (loops if one.looped else 1) for one in self.products(feed)
        )


def _decide(graph: onnx.GraphProto, holds: bool) -> None:
    """Put the branch of every If in its place that is taken where its condition holds, or not."""
    for at, node in reversed(list(enumerate(graph.node))):
        if node.op_type == "If":
            label = "then_branch" if holds else "else_branch"
            branch = next(one.g for one in node.attribute if one.name == label)
            ends = zip(branch.output, node.output, strict=True)
            named = [helper.make_node("Identity", [one.name], [other]) for one, other in ends]
            nodes = [*graph.node[:at], *branch.node, *named, *graph.node[at + 1 :]]
            del graph.node[:]
            graph.node.extend(nodes)


def _instrument(graph: onnx.GraphProto, found: list[Product], looped: bool) -> list[str]:
    """Add outputs that give the sizes of what each product multiplies; returns their names.

    Appends to `found` each product, in the order of the names, two names a product.
    """
    names: list[str] = []
    for node in list(graph.node):
        facts = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        if node.op_type in UNKNOWN:
            raise ValueError(f"operations of {node.op_type} ({node.name}) cannot be counted")
        if node.op_type in ("MatMul", "Gemm", "Einsum"):
            transposed = bool(facts.get("transA")), bool(facts.get("transB"))
            equation = facts.get("equation", b"").decode()
            found.append(Product(node.op_type, ((), ()), equation, transposed, looped))
            for side, name in zip("ab", node.input[:2], strict=True):
                output = f"sizes_{side}_{'loop_' if looped else ''}{len(found)}"
                graph.node.append(helper.make_node("Shape", [name], [output]))
                names.append(output)
        for body in (one for one in facts.values() if isinstance(one, onnx.GraphProto)):
            inner = _instrument(body, found, looped=True)
            if inner and (looped or node.op_type != "Loop"):
                raise ValueError(f"products within {node.op_type} ({node.name}) cannot be counted")
            results = [f"{name}_all" for name in inner]
            node.output.extend(results)
            names += results
    graph.output.extend(
        helper.make_tensor_value_info(one, TensorProto.INT64, None) for one in names
    )
    return names


@dataclass
class Count:
    """What was counted, and the processor seconds that the counting itself took."""

    operations: int = 0
    seconds: float = 0.0
    products: list[Product] = field(default_factory=list)  # each loop's once a call


@contextmanager
def counting() -> Iterator[Count]:
    """Counts every ONNX graph of a grid model that is run within the block.

    Its time, apart from that of the graphs, is kept in `seconds`, to be taken off.
    """
    count, run = Count(), OnnxModel.run
    counters: dict[tuple[Path, bool], Counter] = {}

    def counted(model: OnnxModel, role: str, feed: dict[str, Any], due: Any) -> Any:
        started, path = time.process_time(), model.folder / f"{role}.onnx"
        ruled = any(len(feed.get(name, ())) for name in ("arcs", "supports"))
        if (path, ruled) not in counters:
            counters[path, ruled] = Counter(path, ruled)
        count.operations += counters[path, ruled].operations(feed)
        count.products += counters[path, ruled].products(feed)
        count.seconds += time.process_time() - started
        return run(model, role, feed, due)

    with patch.object(OnnxModel, "run", counted):
        yield count
