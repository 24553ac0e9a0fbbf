"""The networks of `model` as ONNX graphs, written node by node; `export.parity` compares them.

torch's own exporter takes half a minute of processor time for these graphs, because every size in
them is free, and leaves source paths behind. Written this way a file holds every weight once.
Sums over ragged lists are gathers from padded tables: ONNX Runtime loses some of what it adds by
ScatterND, unless every row is added to but once. Those over the arcs of automata, which are single
numbers, are by ScatterElements, which adds them one after another. Letters as in `model` and
`vmd_solver.denoiser.rules`, and M for the most nodes of a factor, K for the most factors of a node,
J and H as much for supports; what is passed around are the names of tensors.
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

WIDTH = 4
"""Members that most lists have at most: the factors of a node on a plain Sudoku, and the nodes of
nine factors in ten."""
HUGE = 1e9
"""What is taken from whatever is to be nothing once it is rectified."""

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

    def array(self, name: str, array: npt.NDArray[Any]) -> str:
        """A tensor made of trained ones, by a name of its own."""
        return self._constant(name, array)

    def linear(self, name: str, x: str) -> str:
        """`nn.Linear` of that name: x W' + b."""
        weight = self._constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        product, bias = self.MatMul(x, weight), f"{name}.bias"
        return self.Add(product, self.weight(bias)) if bias in self.weights else product

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


class Sums:
    """Sums of rows by the lists of a table (F, M), which `end`, how many rows there are, fills: [1]
    int64. One more row, of zeros, comes after these, and one more list, an empty one, after the
    lists.

    The first members are gathered one after another and added, which is three times as fast as a
    table of them that is reduced. Only what longer lists have beside goes by such a table, and from
    there to their own sums, one addition each.
    """

    def __init__(self, o: Ops, table: str, end: str) -> None:
        here = o.Cast(o.Less(table, end), to=FLOAT)
        self.size = o.Pad(o.ReduceSum(here, [1], keepdims=1), [0, 0, 1, 0])  # (F + 1, 1)
        filled = o.Pad(table, [0, 0, 1, WIDTH + 1], o.Squeeze(end))
        self.columns = [o.Gather(filled, at, axis=1) for at in range(WIDTH)]
        self.long = o.Transpose(o.NonZero(o.Less(o.Gather(filled, WIDTH, axis=1), end)))  # (R, 1)
        rest = o.Slice(filled, [WIDTH], [-WIDTH - 1], [1])
        self.rest = o.Gather(rest, o.Squeeze(self.long, [1]), axis=0)

    def __call__(self, o: Ops, x: str) -> str:
        """Sums (F + 1, c) of the rows of x (N + 1, c)."""
        total = o.Sum(*(o.Gather(x, column, axis=0) for column in self.columns))
        more = o.ReduceSum(o.Gather(x, self.rest, axis=0), [1], keepdims=0)
        return o.ScatterND(total, self.long, more, reduction="add")


class Folded:
    """The weights of a `Block` as its graph multiplies with them.

    The state that goes round has the bias of `out` in it, which spares adding that. Nodes send of
    [h ; p ; is it the last], and p goes through beside it, being positive; of the last nothing is
    sent. A factor's own layer is applied before the sum.
    """

    def __init__(self, weights: Mapping[str, npt.NDArray[Any]], name: str) -> None:
        def linear(part: str) -> tuple[Any, Any]:
            return weights[f"{name}.{part}.weight"], weights[f"{name}.{part}.bias"]

        def sending(weight: Any, bias: Any) -> tuple[Any, Any]:
            channels, d = weight.shape
            matrix = np.zeros((d + 2, channels + 1), np.float32)
            matrix[:d, :channels], matrix[d, channels], matrix[d + 1] = weight.T, 1, -HUGE
            return matrix, np.append(bias - weight @ self.shift, np.float32(0))

        (out, self.shift), (factor, of_factor), (update, of_update) = map(
            linear, ("out", "factor", "update")
        )
        d, messages = len(out), len(factor)
        self.out = out.T
        self.send, self.send_bias = sending(*linear("send"))
        if f"{name}.tell.bias" in weights:
            self.tell, self.tell_bias = sending(*linear("tell"))
            self.rules = weights[f"{name}.rules.weight"].T / np.float32(RANGE)
        self.factor = np.eye(messages + 1, dtype=np.float32)
        self.factor[:, :messages] = factor[:, : messages + 1].T
        self.facts = np.pad(factor[:, messages + 1 :].T, ((0, 0), (0, 1)))
        self.facts_bias = np.append(of_factor, np.float32(0))
        own, received, p = np.split(update, (d, d + messages + 1), axis=1)
        self.own = np.concatenate((own, p, 0 * p), axis=1).T
        self.received = received.T
        self.given = of_update - own @ self.shift - received[:, -1]  # of a mass 1 is taken
        self.norm, of_norm = linear("norm")
        self.norm_bias = of_norm + self.shift


class Rules:
    """Relations and automata, `Heard` of the nodes; of these the last one counts as given."""

    def __init__(self, o: Ops, links: int, N: str, last: str) -> None:
        self.links, self.last = links, last
        S = o.Shape("supports", start=0, end=1)
        self.to_supports, self.to_hearers = Sums(o, "supports", N), Sums(o, "heard", S)
        self.support = o.Pad(o.Expand(1.0, o.Concat(S, [1], axis=0)), [0, 0, 1, 0])  # (S + 1, 1)
        columns = (o.Gather("arcs", at, axis=1) for at in range(4))
        self.before, self.place, self.after, self.reading = columns  # (A,) each
        self.node, self.accepts = (o.Gather("readings", at, axis=1) for at in range(2))
        self.starts, self.ends = (o.Gather("ends", at, axis=1) for at in range(2))
        self.depth = o.Sub(o.Shape("layers", start=0, end=1), [1])
        self.of_readings = o.Expand(0.0, o.Add(o.Shape("readings", start=0, end=1), [1]))
        self.nothing = o.Expand(0.0, o.Add(N, [1]))

    def told(self, o: Ops, sent: str) -> str:
        """`Heard.told`: what relations say to each node (N + 1, links + 1)."""
        sums = self.to_supports(o, sent)
        message, mass = (
            o.Slice(sums, [start], [end], [-1])
            for start, end in ((0, self.links), (self.links, self.links + 1))
        )
        sure = o.Mul(o.Log(o.Add(mass, SMOOTHING)), self.support)
        return self.to_hearers(o, o.Concat(message, sure, axis=-1))

    def belief(self, o: Ops, p: str) -> str:
        """`Heard.belief`: what automata say to each node (N + 1, 1)."""
        known = o.Squeeze(o.Max(o.Add(p, SMOOTHING), self.last), [1])
        weight = o.Gather(known, self.place)

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
        belief = o.ScatterElements(self.nothing, self.node, ratio, axis=0, reduction="add")
        return o.Unsqueeze(belief, [1])


class Block:
    """One loop of a network, by its name: what `model.Block` is in torch."""

    def __init__(self, o: Ops, network: Networks, name: str, inputs: str = "") -> None:
        self.network, self.name, self.of = network, name, Folded(o.weights, name)
        facts = o.Gemm(network.facts, self.weight(o, "facts"), self.weight(o, "facts_bias"))
        self.facts = o.Pad(facts, [0, 0, 1, 0], -HUGE)  # (F + 1, messages + 1)
        self.given = self.weight(o, "given")  # a row, or (N + 1, hidden)
        if inputs:  # (N, i)
            weight = o.array(f"{name}.inputs", o.weights[f"{name}.inputs.weight"].T)
            self.given = o.Gemm(o.Pad(inputs, [0, 0, 1, 0]), weight, self.given)
        self.shift = self.weight(o, "shift")

    def weight(self, o: Ops, part: str) -> str:
        return o.array(f"{self.name}.{part}.folded", getattr(self.of, part))

    def sent(self, o: Ops, part: str, state: str) -> str:
        return o.Relu(o.Gemm(state, self.weight(o, part), self.weight(o, f"{part}_bias")))

    def __call__(self, o: Ops, h: str, p: str, rules: Rules | None) -> str:
        """The next state (N + 1, d), shifted as h."""
        network, given = self.network, self.given
        state = o.Concat(h, p, network.last, axis=-1)
        sent = o.MatMul(self.sent(o, "send", state), self.weight(o, "factor"))
        message = o.Relu(o.Add(network.to_factors(o, sent), self.facts))
        received = o.Mul(network.to_nodes(o, message), network.share)
        if rules is not None:
            told = rules.told(o, self.sent(o, "tell", state))
            heard = o.Concat(told, rules.belief(o, p), axis=-1)
            given = o.Gemm(heard, self.weight(o, "rules"), given)
        inner = o.Gemm(state, self.weight(o, "own"), given)
        inner = o.Relu(o.Gemm(received, self.weight(o, "received"), inner))
        after = o.Gemm(inner, self.weight(o, "out"), h)
        scale, shift = self.weight(o, "norm"), self.weight(o, "norm_bias")
        return o.LayerNormalization(after, scale, shift, axis=-1, epsilon=1e-5)


class Networks:
    """The networks over the candidate graph, of which they read some things once a call.

    After the nodes and the factors comes one more, for tables to be filled with: it is in no cell,
    and sends nothing.
    """

    def __init__(self, o: Ops, config: ModelConfig) -> None:
        self.links = config.links
        self.N, F = o.Shape("factors", start=0, end=1), o.Shape("nodes", start=0, end=1)
        self.to_factors, self.to_nodes = Sums(o, "nodes", self.N), Sums(o, "factors", F)
        self.share, size = (
            o.Div(1.0, o.Max(sums.size, 1.0)) for sums in (self.to_nodes, self.to_factors)
        )  # (N + 1, 1) and (F + 1, 1)
        self.facts = o.Concat(o.Slice(size, [0], [-1]), "kinds", axis=-1)  # (F, FACTS)
        is_cell = o.Gather("kinds", 0, axis=1)
        self.cells = o.Gather("nodes", o.Squeeze(o.NonZero(is_cell), [0]), axis=0)  # (C, M)
        number = o.Sub(o.CumSum(o.Cast(is_cell, to=INT), 0), 1)
        own = o.Gather(number, o.Gather("factors", 0, axis=1))
        self.cell = o.Pad(own, [0, 1])  # (N + 1,) the number of the node's cell
        self.more = o.Add(self.N, [1])
        self.last = o.Pad(o.Expand(0.0, o.Concat(self.N, [1], axis=0)), [0, 0, 1, 0], 1.0)
        self.real = o.Sub(1.0, o.Squeeze(self.last, [1]))  # (N + 1,)

    def either(self, o: Ops, make: Callable[[Ops, Rules | None], tuple[str, str]]) -> Any:
        """`make` with rules where there are any, so that puzzles without them cost nothing more."""
        if not self.links:
            return make(o, None)

        def branch(o: Ops, holds: bool) -> tuple[str, str]:
            return make(o, Rules(o, self.links, self.N, self.last) if holds else None)

        return o.either(o.Greater(o.Add(o.Size("supports"), o.Size("arcs")), 0), branch)

    def softmax(self, o: Ops, logits: str) -> str:
        """The share of each node in its cell: (N + 1, 1) of logits (N + 1,)."""
        weight = o.Exp(logits)
        known = o.Mul(weight, self.real)
        total = o.ReduceSum(o.Gather(known, self.cells), [1], keepdims=0)
        return o.Unsqueeze(o.Div(weight, o.Gather(total, self.cell)), [1])

    def denoiser(self, o: Ops, config: ModelConfig) -> tuple[str, str]:
        """`Denoiser.think`: logits (N,) after the last loop, and the new state (N, d)."""
        block = Block(o, self, "denoiser.block", "" if config.latent == "none" else "z")
        head, bias = (f"denoiser.head.{part}" for part in ("weight", "bias"))
        of_head = o.weights[head]
        bias_of = o.weights[bias] - of_head @ block.of.shift
        column = o.array(head, of_head.T / CAP), o.array(bias, bias_of / CAP)

        def read(o: Ops, h: str) -> str:
            # Of one axis: a column is multiplied with a number one by one.
            return o.Mul(CAP, o.Tanh(o.Squeeze(o.Gemm(h, *column), [1])))

        def loops(o: Ops, rules: Rules | None) -> tuple[str, str]:
            def one_loop(o: Ops, logits: str, h: str) -> tuple[str, str]:
                h = block(o, h, self.softmax(o, logits), rules)
                return read(o, h), h

            return o.repeat("loops", one_loop, read(o, begin), begin)

        begin = o.Pad(o.Add("h", block.shift), [0, 0, 1, 0])
        logits, h = (o.Slice(x, [0], [-1], [0]) for x in self.either(o, loops))
        return logits, o.Sub(h, block.shift)

    def gaussian(self, o: Ops, config: ModelConfig, role: str) -> tuple[str, str]:
        """`LatentNet.think` of the encoder or the prior: mean and log variance (N, k)."""
        inputs = o.Unsqueeze("answer", [-1]) if role == "encoder" else ""
        block = Block(o, self, f"{role}.block", inputs)
        p = self.softmax(o, o.Expand(0.0, self.more))
        begin = o.Expand(block.shift, o.Concat(self.more, [config.latent_d], axis=0))

        def loops(o: Ops, rules: Rules | None) -> tuple[str, str]:
            h = begin
            for _ in range(config.latent_loops):
                h = block(o, h, p, rules)
            h = o.Sub(o.Slice(h, [0], [-1], [0]), block.shift)
            return o.halves(o.linear(f"{role}.head", h), config.k)

        mean, log_var = self.either(o, loops)
        return mean, log_var


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
