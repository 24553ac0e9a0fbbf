"""The networks of `text.model` as ONNX graphs, written node by node as those of the grids.

A graph takes one block a row. What finished blocks left comes in as keys and values, and what this
one leaves goes out; the denoiser called with `finished` 1 on a finished block is `finish`. Letters
as in the model; what is passed around are the names of tensors.
"""

from __future__ import annotations

import onnx

from vmd_training.graphs import FLOAT, INT, Ops, Signature, closed
from vmd_training.sequence import LOG_VAR
from vmd_training.text.model import TextConfig, TextVMD

BLOCK: Signature = {"x_t": (INT, ("B", "L")), "start": (INT, ())}
"""Inputs of every graph: tokens, 0 where masked, and the place of the first one in the text."""


def build(model: TextVMD, role: str) -> onnx.ModelProto:
    """The ONNX model of one role: denoiser, encoder or prior."""
    config, o = model.config, Ops.of(model)

    def kept(tokens: str) -> tuple[int, tuple[str | int, ...]]:
        return FLOAT, (config.layers, "B", config.heads, tokens, config.d // config.heads)

    inputs: Signature = {**BLOCK, "keys": kept("m"), "values": kept("m")}
    if role == "denoiser":
        inputs["finished"] = (INT, ())
        if config.latent != "none":
            inputs["z"] = (FLOAT, ("B", config.k))
        outputs: Signature = {
            "logits": (FLOAT, ("B", "L", config.vocabulary)),
            "keys_out": kept("L"),
            "values_out": kept("L"),
        }
        return closed(o, role, inputs, outputs, denoiser(o, config))
    if role == "encoder":
        inputs["x0"] = (INT, ("B", "L"))
    outputs = dict.fromkeys(("mean", "log_var"), (FLOAT, ("B", config.k)))
    return closed(o, role, inputs, outputs, gaussian(o, config, role))


def denoiser(o: Ops, config: TextConfig) -> tuple[str, ...]:
    """`TextDenoiser.forward`, or `finish` where `finished` is 1."""
    places = o.Slice(o.weight("denoiser.place.weight"), [0], length(o), [0])
    h = o.Add(o.Gather(o.weight("denoiser.token.weight"), "x_t"), places)
    c = o.Gather(o.weight("denoiser.kind"), "finished")
    if config.latent != "none":
        denoising = o.Sub(1.0, o.Cast("finished", to=FLOAT))
        read = o.Unsqueeze(o.linear("denoiser.z", "z"), [1])
        at_place = o.linear("denoiser.told", o.silu(o.Add(read, places)))
        h = o.Add(h, o.Mul(at_place, denoising))
        c = o.Add(c, o.Mul(read, denoising))
    h, keys, values = trunk(o, config, "denoiser", config.layers, h, o.silu(c))
    return o.linear("denoiser.head", h), keys, values


def gaussian(o: Ops, config: TextConfig, role: str) -> tuple[str, str]:
    """`TextLatent.forward`, or `NormalPrior.forward`: mean and log variance."""
    if role == "prior" and config.prior == "normal":
        return o.standard_normal(o.Shape("x_t", start=0, end=1), config.k)
    L = length(o)
    places = o.Slice(o.weight(f"{role}.place.weight"), [0], L, [0])
    h = o.Add(o.Gather(o.weight(f"{role}.token.weight"), "x_t"), places)
    if role == "encoder":
        h = o.Add(h, o.Gather(o.weight("encoder.answer.weight"), "x0"))
    h, _, _ = trunk(o, config, role, config.latent_layers, h, None)
    gate = o.Slice(o.weight(f"{role}.gate.weight"), [0], L, [0])
    summed = o.ReduceSum(o.Mul(o.silu(o.linear(f"{role}.pool", h)), gate), [1], keepdims=0)
    both = o.linear(f"{role}.head", o.Div(summed, o.Sqrt(o.Cast(L, to=FLOAT))))
    mean, log_var = o.halves(both, config.k)
    return mean, o.Mul(LOG_VAR, o.Tanh(o.Div(log_var, LOG_VAR)))


def trunk(
    o: Ops, config: TextConfig, role: str, layers: int, h: str, c: str | None
) -> tuple[str, str, str]:
    """`Trunk.forward`: the states, and keys and values of all layers."""
    c_per_head = config.d // config.heads
    position = o.Cast(o.Add("start", o.Range(0, o.Squeeze(length(o), [0]), 1)), to=FLOAT)
    half = c_per_head // 2
    turns = o.Exp(o.Mul(-9.0, o.Div(o.Cast(o.Range(0, half, 1), to=FLOAT), float(half))))
    angle = o.Mul(o.Unsqueeze(position, [1]), turns)
    cos, sin = o.Cos(angle), o.Sin(angle)

    def rotate(x: str) -> str:
        a, b = o.halves(x, half)
        turned = o.Sub(o.Mul(a, cos), o.Mul(b, sin))
        return o.Concat(turned, o.Add(o.Mul(a, sin), o.Mul(b, cos)), axis=-1)

    def norm(name: str, h: str) -> str:
        """`AdaNorm.forward`."""
        normed = o.layer_norm(f"{role}.trunk.{name}.norm", h)
        if c is None:
            return normed
        scale, shift = o.halves(o.linear(f"{role}.trunk.{name}.read", c), config.d)
        return o.Add(o.Mul(normed, o.Add(1.0, scale)), shift)

    left = []
    for number in range(layers):
        layer = f"layers.{number}"
        name = f"{role}.trunk.{layer}"
        qkv = o.linear(f"{name}.qkv", norm(f"{layer}.before_attention", h))
        split = o.Reshape(qkv, [0, 0, 3, config.heads, c_per_head])
        split = o.Transpose(split, perm=[2, 0, 3, 1, 4])
        q, k, v = (o.Gather(split, part) for part in range(3))
        q, k = rotate(q), rotate(k)
        left.append((k, v))
        keys, values = (
            o.Concat(o.Gather(past, number), now, axis=2)
            for past, now in (("keys", k), ("values", v))
        )
        scores = o.MatMul(q, o.Transpose(keys, perm=[0, 1, 3, 2]))
        weights = o.Softmax(o.Div(scores, c_per_head**0.5), axis=-1)
        attended = o.Transpose(o.MatMul(weights, values), perm=[0, 2, 1, 3])
        h = o.Add(h, o.linear(f"{name}.out", o.Reshape(attended, [0, 0, config.d])))
        inner = o.silu(o.linear(f"{name}.up", norm(f"{layer}.before_update", h)))
        h = o.Add(h, o.linear(f"{name}.down", inner))
    keys, values = (
        o.Concat(*(o.Unsqueeze(one[part], [0]) for one in left), axis=0) for part in range(2)
    )
    return norm("last", h), keys, values


def length(o: Ops) -> str:
    """(1,) int64: L."""
    return o.Shape("x_t", start=1, end=2)
