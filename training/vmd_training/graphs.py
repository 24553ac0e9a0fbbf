"""The networks of `model` as ONNX graphs, written node by node; `export.parity` compares them.

torch's own exporter takes half a minute of processor time for these graphs, because every size in
them is free, and leaves source paths behind. Written this way a file holds every weight once.
Sums over ragged lists are gathers from padded tables, since ONNX Runtime loses some of what it adds
by ScatterND; those over the arcs of automata, which are single numbers, are by ScatterElements,
which adds them one after another. Letters as in `model` and `vmd_solver.denoiser.rules`, and M for
the most nodes of a factor, K for the most factors of a node, J and H as much for supports; what is
passed around are the names of tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from vmd_training.graph import LEAST, SMOOTHING, TINY
from vmd_training.model import CAP, RANGE, VMD, ModelConfig

OPSET = 20
IR_VERSION = 9
"""The one that came with opset 20: what reads the one reads the other."""

FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
Signature = dict[str, tuple[int, tuple[str | int, ...] | None]]
"""Type and sizes of tensors by name; a size that is a name is free, and None says nothing."""

Step = Callable[["Ops", str, str], tuple[str, str]]


@dataclass
class Ops:
    """Nodes under construction: `ops.Relu(x)` adds one and returns the name of its output. Numbers
    and lists of sizes become constants, shared by the graph and its loops."""

    weights: Mapping[str, npt.NDArray[Any]]
    prefix: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)
    number: str = ""
    """Within a loop, how many times it went before: int64 scalar."""

    @classmethod
    def of(cls, model: nn.Module) -> Ops:
        """None yet, over the weights of a model."""
        return cls({name: weight.cpu().numpy() for name, weight in model.state_dict().items()})

    def __getattr__(self, kind: str) -> Callable[..., str]:
        if not kind[0].isupper():
            raise AttributeError(kind)

        def add(*inputs: str | float | list[int], **attributes: Any) -> str:
            name = f"{self.prefix}{kind.lower()}_{len(self.nodes)}"
            names = [one if isinstance(one, str) else self._number(one) for one in inputs]
            self.nodes.append(helper.make_node(kind, names, [name], **attributes))
            return name

        return add

    def _number(self, value: float | list[int]) -> str:
        """The name of the constant with this value."""
        array = np.asarray(value, dtype=np.float32 if isinstance(value, float) else None)
        if array.size > 4:
            return self._constant(f"constant_{len(self.constants)}", array)
        shown = "_".join(str(number) for number in array.ravel().tolist())
        return self._constant(f"{array.dtype}_{array.ndim}_{shown}", array)

    def _constant(self, name: str, array: npt.NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name

    def weight(self, name: str) -> str:
        """A trained tensor, by its name in the state dict."""
        return self._constant(name, self.weights[name])

    def linear(self, name: str, x: str) -> str:
        """`nn.Linear` of that name: x W' + b."""
        weight = self._constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        product, bias = self.MatMul(x, weight), f"{name}.bias"
        return self.Add(product, self.weight(bias)) if bias in self.weights else product

    def layer_norm(self, name: str, x: str) -> str:
        """`nn.LayerNorm` of that name."""
        scale, shift = self.weight(f"{name}.weight"), self.weight(f"{name}.bias")
        return self.LayerNormalization(x, scale, shift, axis=-1, epsilon=1e-5)

    def silu(self, x: str) -> str:
        """x sigmoid(x)."""
        return self.Mul(x, self.Sigmoid(x))

    def halves(self, x: str, half: int) -> tuple[str, str]:
        """The last axis cut in two."""
        return self.Slice(x, [0], [half], [-1]), self.Slice(x, [half], [2 * half], [-1])

    def standard_normal(self, rows: str, k: int) -> tuple[str, str]:
        """Mean and log variance (rows, k) of N(0, I); rows (1,) int64."""
        zeros = self.Expand(0.0, self.Concat(rows, [k], axis=0))
        return zeros, self.Identity(zeros)

    def repeat(self, times: str, step: Step, first: str, second: str) -> tuple[str, str]:
        """A loop of `times` (int64 scalar) over two tensors; `step` adds what makes the next."""
        inner = f"{self.prefix}loop_{len(self.nodes)}_"
        number, go_on, goes_on, *ends = (
            f"{inner}{name}" for name in ("number", "go_on", "goes_on", "first", "second")
        )
        body = Ops(self.weights, inner, constants=self.constants, number=number)
        before: Signature = {number: (INT, ()), go_on: (BOOL, ())}
        before |= dict.fromkeys(ends, (FLOAT, None))
        one, two = step(body, *ends)
        after: Signature = {goes_on: (BOOL, ()), one: (FLOAT, None), two: (FLOAT, None)}
        body.nodes.append(helper.make_node("Identity", [go_on], [goes_on]))
        graph = helper.make_graph(body.nodes, inner, _declared(before), _declared(after))
        last = (f"{inner}last_first", f"{inner}last_second")
        inputs = [times, "", first, second]
        self.nodes.append(helper.make_node("Loop", inputs, last, body=graph))
        return last

    def either(self, condition: str, make: Callable[[Ops, bool], tuple[str, str]]) -> Any:
        """The two tensors that `make` gives, which is told whether the condition holds."""
        branches = {}
        for holds, label in ((True, "then"), (False, "else")):
            body = Ops(self.weights, f"{self.prefix}{label}_", constants=self.constants)
            results: Signature = dict.fromkeys(make(body, holds), (FLOAT, None))
            graph = helper.make_graph(body.nodes, label, [], _declared(results))
            branches[f"{label}_branch"] = graph
        chosen = (f"{self.prefix}chosen_first", f"{self.prefix}chosen_second")
        self.nodes.append(helper.make_node("If", [condition], chosen, **branches))
        return chosen


class Networks:
    """The networks over the candidate graph, of which they read some things once a call."""

    def __init__(self, o: Ops, config: ModelConfig) -> None:
        self.links = config.links
        self.N, F = o.Shape("factors", start=0, end=1), o.Shape("nodes", start=0, end=1)
        size, self.degree = (
            o.ReduceSum(o.Cast(o.Less(table, end), to=FLOAT), [1], keepdims=1)
            for table, end in (("nodes", self.N), ("factors", F))
        )  # (F, 1) and (N, 1)
        self.facts = o.Concat(o.Div(1.0, o.Max(size, 1.0)), "kinds", axis=-1)  # (F, FACTS)
        self.cell = o.Gather("factors", 0, axis=1)  # (N,) the factor that is the node's cell
        if self.links:
            self.ruled = o.Greater(o.Add(o.Size("supports"), o.Size("arcs")), 0)
            columns = (o.Gather("arcs", at, axis=1) for at in range(4))
            self.before, self.place, self.after, self.reading = columns  # (A,) each
            self.node, self.accepts = (o.Gather("readings", at, axis=1) for at in range(2))
            self.starts, self.ends = (o.Gather("ends", at, axis=1) for at in range(2))
            self.depth = o.Sub(o.Shape("layers", start=0, end=1), [1])
            self.of_readings = o.Expand(0.0, o.Add(o.Shape("readings", start=0, end=1), [1]))

    def either(self, o: Ops, make: Callable[[Ops, bool], tuple[str, str]]) -> Any:
        """`make` with rules where there are any, so that puzzles without them cost nothing more."""
        return o.either(self.ruled, make) if self.links else make(o, False)

    def softmax(self, o: Ops, logits: str) -> str:
        """The share of each node in its cell: (N, 1) of logits (N, 1)."""
        weight = o.Exp(logits)
        return o.Div(weight, o.Gather(summed(o, "nodes", weight, 1), self.cell, axis=0))

    def told(self, o: Ops, name: str, h: str, p: str) -> str:
        """`Heard.told`: what relations say to each node (N, links + 1)."""
        told = o.Concat(o.Relu(o.linear(f"{name}.tell", h)), p, axis=-1)
        sums = summed(o, "supports", told, self.links + 1)
        message, mass = (
            o.Slice(sums, [start], [end], [-1])
            for start, end in ((0, self.links), (self.links, self.links + 1))
        )
        told = o.Concat(message, o.Log(o.Add(mass, SMOOTHING)), axis=-1)
        return summed(o, "heard", told, self.links + 1)

    def belief(self, o: Ops, p: str) -> str:
        """`Heard.belief`: what automata say to each node (N, 1)."""
        flat = o.Add(o.Squeeze(p, [-1]), SMOOTHING)
        weight = o.Gather(o.Concat(flat, o.Expand(1.0, [1]), axis=0), self.place, axis=0)

        def layer(o: Ops, state: str, number: str, source: str, target: str) -> str:
            start, end = (o.Gather("layers", at) for at in (number, o.Add(number, [1])))
            here, there, by = (o.Slice(of, start, end) for of in (source, target, weight))
            moved = o.Mul(o.Gather(state, here, axis=0), by)
            return o.ScatterElements(state, there, moved, axis=0, reduction="add")

        def both_ways(o: Ops, alpha: str, beta: str) -> tuple[str, str]:
            number = o.Unsqueeze(o.number, [0])
            alpha = layer(o, alpha, number, self.before, self.after)
            left = o.Sub(o.Sub(self.depth, [1]), number)
            return alpha, layer(o, beta, left, self.after, self.before)

        alpha, beta = o.repeat(o.Squeeze(self.depth, [0]), both_ways, self.starts, self.ends)
        ways = o.Mul(o.Gather(alpha, self.before, axis=0), o.Gather(beta, self.after, axis=0))
        ways = o.ScatterElements(self.of_readings, self.reading, ways, axis=0, reduction="add")
        ways = o.Slice(ways, [0], [-1])
        total = o.Gather(alpha, self.accepts, axis=0)
        more = o.Log(o.Add(o.Add(ways, o.Mul(LEAST, total)), TINY))
        ratio = o.Sub(more, o.Log(o.Add(total, TINY)))
        nothing = o.Expand(0.0, self.N)
        belief = o.ScatterElements(nothing, self.node, ratio, axis=0, reduction="add")
        return o.Unsqueeze(belief, [-1])

    def block(self, o: Ops, name: str, h: str, p: str, given: str, ruled: bool) -> str:
        """`Block.forward`: the next state (N, d)."""
        messages = len(o.weights[f"{name}.send.bias"])
        sent = o.Concat(o.Relu(o.linear(f"{name}.send", h)), p, axis=-1)
        sent = summed(o, "nodes", sent, messages + 1)
        message = o.Relu(o.linear(f"{name}.factor", o.Concat(sent, self.facts, axis=-1)))
        mass = o.Slice(sent, [messages], [messages + 1], [-1])
        message = o.Concat(message, o.Sub(mass, 1.0), axis=-1)
        received = summed(o, "factors", message, messages + 1)
        state = o.Concat(h, o.Div(received, self.degree), p, axis=-1)
        inner = o.linear(f"{name}.update", state)
        inner = o.Add(inner, given) if given else inner
        if ruled:
            heard = o.Concat(self.told(o, name, h, p), self.belief(o, p), axis=-1)
            inner = o.Add(inner, o.linear(f"{name}.rules", o.Div(heard, RANGE)))
        after = o.Add(h, o.linear(f"{name}.out", o.Relu(inner)))
        return o.layer_norm(f"{name}.norm", after)

    def denoiser(self, o: Ops, config: ModelConfig) -> tuple[str, str]:
        """`Denoiser.think`: logits (N,) after the last loop, and the new state (N, d)."""
        given = "" if config.latent == "none" else o.linear("denoiser.block.inputs", "z")

        def read(o: Ops, h: str) -> str:
            return o.Mul(CAP, o.Tanh(o.Div(o.linear("denoiser.head", h), CAP)))

        def loops(o: Ops, ruled: bool) -> tuple[str, str]:
            def one_loop(o: Ops, logits: str, h: str) -> tuple[str, str]:
                p = self.softmax(o, logits)
                h = self.block(o, "denoiser.block", h, p, given, ruled)
                return read(o, h), h

            return o.repeat("loops", one_loop, first, "h")

        first = read(o, "h")
        logits, h = self.either(o, loops)
        return o.Squeeze(logits, [-1]), h

    def gaussian(self, o: Ops, config: ModelConfig, role: str) -> tuple[str, str]:
        """`LatentNet.think` of the encoder or the prior: mean and log variance (N, k)."""
        given = ""
        if role == "encoder":
            given = o.linear("encoder.block.inputs", o.Unsqueeze("answer", [-1]))
        p = self.softmax(o, o.Expand(0.0, o.Concat(self.N, [1], axis=0)))
        begin = o.Expand(0.0, o.Concat(self.N, [config.latent_d], axis=0))

        def loops(o: Ops, ruled: bool) -> tuple[str, str]:
            h = begin
            for _ in range(config.latent_loops):
                h = self.block(o, f"{role}.block", h, p, given, ruled)
            return o.halves(o.linear(f"{role}.head", h), config.k)

        mean, log_var = self.either(o, loops)
        return mean, log_var


def summed(o: Ops, table: str, x: str, channels: int) -> str:
    """Sums (F, c) of the rows of x (N, c) by `nodes` (F, M), or as much the other way round."""
    nothing = o.Expand(0.0, [1, channels])  # what the padding of a table points to
    return o.ReduceSum(o.Gather(o.Concat(x, nothing, axis=0), table, axis=0), [1], keepdims=0)


def build(model: VMD, role: str) -> onnx.ModelProto:
    """The ONNX model of one role: denoiser, encoder or prior."""
    config, o = model.config, Ops.of(model)
    z, state = (FLOAT, ("N", config.k)), (FLOAT, ("N", config.d))
    # Of every file: the candidate graph, as in `vmd_solver.denoiser.graph`.
    inputs: Signature = {"nodes": (INT, ("F", "M")), "factors": (INT, ("N", "K"))}
    inputs["kinds"] = (FLOAT, ("F", 2))
    if config.links:
        inputs |= {"supports": (INT, ("S", "J")), "heard": (INT, ("N", "H"))}
        inputs |= {"arcs": (INT, ("A", 4)), "layers": (INT, ("L",))}
        inputs |= {"readings": (INT, ("V", 2)), "ends": (FLOAT, ("Q", 2))}
    if role == "denoiser":
        inputs |= {"h": state, "loops": (INT, ())}
        if config.latent != "none":
            inputs["z"] = z
        outputs: Signature = {"logits": (FLOAT, ("N",)), "h_out": state}
        return closed(o, role, inputs, outputs, Networks(o, config).denoiser(o, config))
    if role == "encoder":
        inputs["answer"] = (FLOAT, ("N",))
    outputs = {"mean": z, "log_var": z}
    if role == "prior" and config.prior == "normal":
        results = o.standard_normal(o.Shape("factors", start=0, end=1), config.k)
    else:
        results = Networks(o, config).gaussian(o, config, role)
    return closed(o, role, inputs, outputs, results)


def closed(
    o: Ops, role: str, inputs: Signature, outputs: Signature, results: Sequence[str]
) -> onnx.ModelProto:
    """The checked ONNX model of the nodes so far; `results` become the `outputs`, in order."""
    for result, output in zip(results, outputs, strict=True):
        o.nodes.append(helper.make_node("Identity", [result], [output]))
    ends, constants = (_declared(inputs), _declared(outputs)), list(o.constants.values())
    graph = helper.make_graph(o.nodes, role, *ends, constants)
    opset = helper.make_opsetid("", OPSET)
    built = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    onnx.checker.check_model(built, full_check=True)
    return built


def _declared(tensors: Signature) -> list[onnx.ValueInfoProto]:
    return [helper.make_tensor_value_info(name, *each) for name, each in tensors.items()]
