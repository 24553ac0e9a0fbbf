"""The networks of `training.model` as ONNX graphs, written node by node.

torch's own exporter takes half a minute of processor time for these graphs, because every size in
them is free, and leaves source paths behind. Written this way a file holds what is said here and no
more: every weight once, and one body for all loops. The price is a second account of the forward
pass, which `training.export.parity` compares with the first at every export.

Letters as in `training.model`; what is passed around are the names of tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.model import CLOSED_LOGIT, VMD, ModelConfig, waves

OPSET = 20
IR_VERSION = 9
"""The one that came with opset 20: what reads the one reads the other."""

FLOAT, INT, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL
Signature = dict[str, tuple[int, tuple[str | int, ...] | None]]
"""Type and sizes of tensors by name; a size that is a name is free, and None says nothing."""

GRID: Signature = {
    "x_t": (INT, ("B", "n")),
    "allowed": (FLOAT, ("B", "n", "D")),
    "units": (FLOAT, ("B", "U", "n")),
    "complete": (FLOAT, ("B", "U")),
}
"""Inputs of every graph, as in `training.model.Grid`."""

Arrays = Mapping[str, npt.NDArray[Any]]
Step = Callable[["Ops", str, str], tuple[str, str]]
Operand = str | int | float | list[int] | npt.NDArray[Any]


@dataclass
class Ops:
    """Nodes under construction: `ops.Relu(x)` adds one and returns the name of its output.

    Numbers, lists of sizes and arrays become constants, shared by the graph and its loops.
    """

    weights: Arrays
    prefix: str = ""
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def __getattr__(self, kind: str) -> Callable[..., str]:
        if not kind[0].isupper():
            raise AttributeError(kind)

        def add(*inputs: Operand, **attributes: Any) -> str:
            name = f"{self.prefix}{kind.lower()}_{len(self.nodes)}"
            names = [self.name_of(value) for value in inputs]
            self.nodes.append(helper.make_node(kind, names, [name], **attributes))
            return name

        return add

    def name_of(self, value: Operand) -> str:
        """The tensor's own name, or that of a constant with this value."""
        if isinstance(value, str):
            return value
        kind = np.float32 if isinstance(value, float) else None
        array = np.asarray(value, dtype=kind)
        if array.size > 4:
            return self._constant(f"constant_{len(self.constants)}", array)
        shown = "_".join(str(number) for number in array.ravel().tolist())
        return self._constant(f"{array.dtype}_{array.ndim}_{shown}", array)

    def weight(self, name: str) -> str:
        """A trained tensor, by its name in the state dict."""
        return self._constant(name, self.weights[name])

    def linear(self, name: str, x: str) -> str:
        """`nn.Linear` of that name: x W' + b."""
        weight = self._constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        product = self.MatMul(x, weight)
        bias = f"{name}.bias"
        return self.Add(product, self.weight(bias)) if bias in self.weights else product

    def repeat(self, times: str, step: Step, first: str, second: str) -> tuple[str, str]:
        """A loop that carries two tensors: `step` adds the nodes that make their next values.

        `times` is an int64 scalar.
        """
        body = Ops(self.weights, "loop_", constants=self.constants)
        before: Signature = {
            "loop_number": (INT, ()),
            "loop_go_on": (BOOL, ()),
            "loop_first": (FLOAT, None),
            "loop_second": (FLOAT, None),
        }
        one, two = step(body, "loop_first", "loop_second")
        after: Signature = {"loop_goes_on": (BOOL, ()), one: (FLOAT, None), two: (FLOAT, None)}
        body.nodes.append(helper.make_node("Identity", ["loop_go_on"], ["loop_goes_on"]))
        graph = helper.make_graph(body.nodes, "loop", _declared(before), _declared(after))
        last = ("last_first", "last_second")
        inputs = [times, "", first, second]
        self.nodes.append(helper.make_node("Loop", inputs, last, body=graph))
        return last

    def _constant(self, name: str, array: npt.NDArray[Any]) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name


class Facts(NamedTuple):
    """What the networks read off their inputs, once a call."""

    fixed: str
    """(B, n, D)"""
    masked: str
    """(B, n, 1)"""
    open_: str
    """(B, n, D)"""
    units: str
    """(B, U, n)"""
    cells: str
    """(B, n, U)"""
    complete: str
    """(B, U, D, 1)"""
    peers: str
    """(B, 1, n, n), for a network with attention"""
    values: str
    """(D,) int64: 1..D"""
    sizes: str
    """(3,) int64: B, n, D"""
    n: str
    """(1,) int64"""
    D: str
    """(1,) int64"""

    @classmethod
    def of(cls, o: Ops) -> Facts:
        """As `Grid` and `Graph` of the model."""
        D = o.Shape("allowed", start=2, end=3)
        cell = o.Unsqueeze("x_t", [-1])
        values = o.Range(1, o.Add(o.Squeeze(D, [0]), 1), 1)
        fixed = o.Cast(o.Equal(cell, values), to=FLOAT)
        masked = o.Cast(o.Equal(cell, 0), to=FLOAT)
        degree = o.Max(o.ReduceSum("units", [1], keepdims=1), 1.0)
        complete = o.Expand(o.Unsqueeze("complete", [2, 3]), o.Concat([1, 1], D, [1], axis=0))
        peers = ""
        if any(".attention." in name for name in o.weights):
            shared = o.MatMul(o.Transpose("units", perm=[0, 2, 1]), "units")
            peers = o.Unsqueeze(o.Min(shared, 1.0), [1])
        return cls(
            fixed,
            masked,
            o.Max(fixed, o.Mul("allowed", masked)),
            "units",
            o.Transpose(o.Div("units", degree), perm=[0, 2, 1]),
            complete,
            peers,
            values,
            o.Shape("allowed"),
            o.Shape("allowed", start=1, end=2),
            D,
        )

    def features(self, o: Ops, *more: str) -> str:
        """(B, n, D, 3 + ...): as `Grid.features` of the model, with `more` (B, n, D, c) behind."""
        masked = o.Expand(self.masked, self.sizes)
        shared = (o.Unsqueeze(one, [-1]) for one in (self.fixed, masked, self.open_))
        return o.Concat(*shared, *more, axis=-1)


def through(o: Ops, table: str, x: str, channels: int) -> str:
    """Sums of x (B, i, D, channels) by the rows of `table` (B, j, i)."""
    summed = o.MatMul(table, o.Reshape(x, [0, 0, -1]))
    return o.Reshape(summed, [0, 0, -1, channels])


def block(o: Ops, name: str, h: str, features: str, p: str, facts: Facts) -> str:
    """`Block.forward`: the next state."""
    messages = len(o.weights[f"{name}.to_unit.bias"])
    mass = through(o, facts.units, p, 1)
    sent = through(o, facts.units, o.Relu(o.linear(f"{name}.to_unit", h)), messages)
    told = o.Relu(o.linear(f"{name}.unit", o.Concat(sent, mass, facts.complete, axis=-1)))
    heard = through(o, facts.cells, o.Concat(told, mass, axis=-1), messages + 1)
    across = o.ReduceSum(o.Relu(o.linear(f"{name}.to_cell", h)), [2], keepdims=1)
    state = o.linear(f"{name}.update", o.Concat(h, heard, p, features, axis=-1))
    inner = o.Add(state, o.linear(f"{name}.cell", across))
    if f"{name}.attention.peers" in o.weights:
        inner = o.Add(inner, attention(o, f"{name}.attention", h, across, facts))
    inner = o.Relu(inner)
    after = o.Add(h, o.linear(f"{name}.out", inner))
    scale, shift = o.weight(f"{name}.norm.weight"), o.weight(f"{name}.norm.bias")
    return o.LayerNormalization(after, scale, shift, axis=-1, epsilon=1e-5)


def attention(o: Ops, name: str, h: str, across: str, facts: Facts) -> str:
    """`Attention.forward`: what was heard (B, n, D, hidden)."""
    heads = len(o.weights[f"{name}.peers"])
    channels = len(o.weights[f"{name}.carry.weight"]) // heads

    def of_heads(x: str) -> str:
        return o.Transpose(o.Reshape(x, [0, 0, heads, channels]), perm=[0, 2, 1, 3])

    asked = o.linear(f"{name}.ask", o.Div(o.Squeeze(across, [2]), o.Cast(facts.D, to=FLOAT)))
    query, key = (
        of_heads(o.Slice(asked, [at], [at + heads * channels], [-1]))
        for at in (0, heads * channels)
    )
    scores = o.Div(o.MatMul(query, o.Transpose(key, perm=[0, 1, 3, 2])), channels**0.5)
    bonus = o.Mul(o.weight(f"{name}.peers"), facts.peers)
    shares = o.Softmax(o.Add(scores, bonus), axis=-1)
    apart = o.Concat([0, 0], facts.D, [heads, channels], axis=0)
    carried = o.Transpose(o.Reshape(o.linear(f"{name}.carry", h), apart), perm=[0, 3, 1, 2, 4])
    flat = o.Concat([0, heads], facts.n, [-1], axis=0)
    heard = o.MatMul(shares, o.Reshape(carried, flat))
    back = o.Concat([0, heads], facts.n, facts.D, [channels], axis=0)
    told = o.Transpose(o.Reshape(heard, back), perm=[0, 2, 3, 1, 4])
    return o.linear(f"{name}.out", o.Reshape(told, [0, 0, 0, heads * channels]))


def denoiser(o: Ops, config: ModelConfig) -> tuple[str, str]:
    """`Denoiser.forward`: logits (B, n, D) after the last loop, and the new state (B, n, D, d)."""
    facts = Facts.of(o)
    latent = () if config.latent == "none" else (spread(o, config, facts),)
    features = facts.features(o, *latent)
    open_ = o.Greater(facts.open_, 0.0)

    def read(o: Ops, h: str) -> str:
        return o.Where(open_, o.Squeeze(o.linear("denoiser.head", h), [-1]), CLOSED_LOGIT)

    def one_loop(o: Ops, logits: str, h: str) -> tuple[str, str]:
        p = o.Unsqueeze(o.Softmax(logits, axis=-1), [-1])
        h = block(o, "denoiser.block", h, features, p, facts)
        return read(o, h), h

    return o.repeat("loops", one_loop, read(o, "h"), "h")


def spread(o: Ops, config: ModelConfig, facts: Facts) -> str:
    """`VMD.spread`: z as the denoiser reads it (B, n, D, k)."""
    z = "z"
    if config.latent == "global":
        mixed = o.Einsum(z, wave_patterns(o, facts, config.patterns), equation="bp,cvp->bcv")
        scaled = o.Div(o.Unsqueeze(mixed, [-1]), config.patterns**0.5)
        z = o.Expand(scaled, [1, 1, 1, config.k])
    return o.Mul(z, o.Unsqueeze(facts.masked, [-1]))


def gaussian(o: Ops, config: ModelConfig, role: str) -> tuple[str, str]:
    """`LatentNet.forward` of the encoder or the prior: mean and log variance of z."""
    facts = Facts.of(o)
    answer: tuple[str, ...] = ()
    if role == "encoder":
        same = o.Equal(o.Unsqueeze("x0", [-1]), facts.values)
        answer = (o.Unsqueeze(o.Cast(same, to=FLOAT), [-1]),)
    features = facts.features(o, *answer)
    among = o.Max(o.ReduceSum(facts.open_, [-1], keepdims=1), 1.0)
    p = o.Unsqueeze(o.Div(facts.open_, among), [-1])
    h = o.Expand(0.0, o.Concat(facts.sizes, [config.latent_d], axis=0))
    for _ in range(config.latent_loops):
        h = block(o, f"{role}.block", h, features, p, facts)
    both = o.linear(f"{role}.head", h)
    mean = o.Slice(both, [0], [config.k], [-1])
    log_var = o.Slice(both, [config.k], [2 * config.k], [-1])
    if config.latent == "global":
        basis, n = wave_patterns(o, facts, config.patterns), o.Cast(facts.n, to=FLOAT)
        onto, power = "bcvk,cvp->bp", o.Mul(basis, basis)
        mean = o.Div(o.Einsum(mean, basis, equation=onto), n)
        log_var = o.Div(o.Einsum(log_var, power, equation=onto), n)
    return mean, o.Mul(3.0, o.Tanh(o.Div(log_var, 3.0)))


def wave_patterns(o: Ops, facts: Facts, count: int) -> str:
    """`training.model.wave_patterns`: (n, D, count)."""
    number, along_cells, along_values = (part.numpy() for part in waves(count))
    cells, values = (
        o.Unsqueeze(o.Cast(o.Range(0, o.Squeeze(size, [0]), 1), to=FLOAT), axes)
        for size, axes in ((facts.n, [1, 2]), (facts.D, [0, 2]))
    )
    angle = o.Add(o.Mul(cells, along_cells), o.Mul(values, along_values))
    return o.Mul(2**0.5, o.Sin(o.Add(angle, number)))


def build(model: VMD, role: str) -> onnx.ModelProto:
    """The ONNX model of one role: denoiser, encoder or prior."""
    config = model.config
    candidate, state = ("B", "n", "D", config.k), ("B", "n", "D", config.d)
    z = ("B", config.patterns) if config.latent == "global" else candidate
    o = Ops({name: weight.detach().cpu().numpy() for name, weight in model.state_dict().items()})
    inputs: Signature = dict(GRID)
    if role == "denoiser":
        inputs |= {"h": (FLOAT, state), "loops": (INT, ())}
        if config.latent != "none":
            inputs["z"] = (FLOAT, z)
        outputs: Signature = {"logits": (FLOAT, ("B", "n", "D")), "h_out": (FLOAT, state)}
        results = denoiser(o, config)
    else:
        if role == "encoder":
            inputs["x0"] = (INT, ("B", "n"))
        outputs = {"mean": (FLOAT, z), "log_var": (FLOAT, z)}
        results = gaussian(o, config, role)
    return closed(o, role, inputs, outputs, results)


def closed(
    o: Ops, role: str, inputs: Signature, outputs: Signature, results: Sequence[str]
) -> onnx.ModelProto:
    """The checked ONNX model of the nodes so far; `results` become the `outputs`, in order."""
    for result, output in zip(results, outputs, strict=True):
        o.nodes.append(helper.make_node("Identity", [result], [output]))
    graph = helper.make_graph(
        o.nodes, role, _declared(inputs), _declared(outputs), list(o.constants.values())
    )
    opset = helper.make_opsetid("", OPSET)
    built = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    onnx.checker.check_model(built, full_check=True)
    return built


def _declared(tensors: Signature) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in tensors.items()
    ]
