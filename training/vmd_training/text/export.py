"""From a trained model of text to the folder that `vmd_solver.text` loads: figures, card, graphs.

As for the grids, graphs are written node by node, and nothing is left behind unless ONNX Runtime
agrees with torch. A graph takes one block a row: what finished blocks left comes in as keys and
values, and what this one leaves goes out; the denoiser called with `finished` 1 is `finish`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import onnx
import torch

from vmd_solver.text.alphabet import Alphabet
from vmd_solver.text.denoiser import CONTRACT, OnnxText, TextManifest
from vmd_training import card as cards
from vmd_training.export import Differences, write_model
from vmd_training.graphs import FLOAT, INT, Ops, Signature, closed
from vmd_training.sequence import LOG_VAR
from vmd_training.tables import Row
from vmd_training.text.bound import ROWS, bounds, bounds_table
from vmd_training.text.corpus import Corpus
from vmd_training.text.loop import BLOCK, TextRun
from vmd_training.text.model import TextConfig, TextVMD, masked_blocks

TOLERANCE = 1e-3
"""Largest difference between torch and ONNX Runtime, in nats of a logit or units of z."""
PARITY_CASES = ((1, 1), (2, 4), (3, 2))
"""Rows and blocks."""
OUTPUTS = ("logits", "encoder.mean", "encoder.log_var", "prior.mean", "prior.log_var")

SMALL = 10_000_000
"""Parameters below which a model of text is said to be a toy."""


class Known(NamedTuple):
    """A corpus whose licence is known."""

    dataset: str
    """Its name on Hugging Face."""
    what: str


KNOWN = {
    "tiny_shakespeare.txt": Known(
        "karpathy/tiny_shakespeare", "Shakespeare's plays, which are in the public domain"
    )
}
"""By the name of the file. The licence of a model of any other text is for its maker to state."""

TOKENS: Signature = {"x_t": (INT, ("B", "L")), "start": (INT, ())}
"""Inputs of every graph: tokens, 0 where masked, and the place of the first one in the text."""


def figures(run: TextRun, corpus: Corpus, alphabet: Alphabet) -> Row:
    """What goes into metrics.json: the run, and bounds on held-out text."""
    config = run.model.config
    L = BLOCK if config.length % BLOCK == 0 else config.length
    found = bounds(run.ema.cpu(), corpus, alphabet, (L,), run.config.seed)
    return {
        "score": round(1 / min(row["bits"] for row in found), 4),
        "bounds": found,
        "run": {
            "corpus": list(run.config.corpus),
            "latent": config.latent,
            "held_out": run.config.held_out,
            "block_lengths": list(run.config.block_lengths),
            "rows": run.config.rows,
            "beta": run.config.beta,
            "device": f"{run.plan.device} ({run.plan.reason})",
            **({"prior": config.prior} if run.model.prior is not None else {}),
            "steps": run.step,
            "characters": run.puzzle_calls * config.length,
            "minutes": round(run.elapsed_s / 60, 1),
            "seed": run.config.seed,
        },
    }


def card(config: Row, metrics: Row) -> str:
    """The card of a model of text."""
    model, run, rows = config["model"], metrics.get("run", {}), metrics.get("bounds", ())
    names = run.get("corpus", ())
    known = [KNOWN[name] for name in names if name in KNOWN]
    free = bool(names) and len(known) == len(names)
    task = {"type": "text-generation", "name": "text, block by block"}
    bits = {f"block {row['block']}, calls {row['calls']}": round(row["bits"], 4) for row in rows}
    held_out = {"type": "held-out", "name": f"held-out text of {', '.join(names)}"}
    found = [cards.measured(task, held_out, bits, "bits_per_character")] if bits else []
    head = cards.front_matter({
        "license": "mit" if free else "unknown",
        "library_name": cards.LIBRARY,
        "pipeline_tag": "text-generation",
        "language": "en" if free else None,
        "tags": ["text", "block-diffusion", *cards.TAGS],
        "datasets": [one.dataset for one in known],
        "model-index": cards.index(config["vmd"]["name"], found),
    })  # fmt: skip
    licence = (
        f"MIT, as vmd-solver. Trained on nothing but {', '.join(one.what for one in known)}."
        if free
        else "Not stated: that of the text it was trained on decides. State it before you share it."
    )
    how = "a latent for each block" if model["latent"] != "none" else "no latent, for comparison"
    return cards.page(
        head,
        config["vmd"]["name"],
        cards.paragraph(
            f"A model of text of {config['parameters']:,} parameters: masked diffusion block by"
            f" block, with {how}. vmd-text continues a text with it, or fills gaps.",
            "It is small, and a toy." if config["parameters"] < SMALL else "",
            f"The method follows {cards.PAPER}; docs/TEXT.md of vmd-solver describes it.",
        ),
        cards.use("vmd-text", "'To be'"),
        f"## Training\n\n{_facts(config, run)}",
        "## Measured\n",
        cards.paragraph(
            f"Held-out text, {ROWS} windows of {model['length']} tokens: bounds in bits a character"
            " on samplers that make this many calls a block."
            if rows
            else "Nothing."
        ),
        bounds_table(rows) if rows else "",
        f"## Licence\n\n{cards.paragraph(licence)}",
        "## Limits\n",
        cards.paragraph(
            f"It has seen {run['characters']:,} characters, with repetition, of the texts named"
            " above, and writes in their manner."
            if "characters" in run
            else "",
            "It knows no facts, and what it writes means nothing. No more than the last"
            f" {model['length']} tokens bear on what comes next.",
        ),
    )


def _facts(config: Row, run: Row) -> str:
    """A network and its run, as a Markdown table; without what the run does not say."""
    model, names, blocks = config["model"], run.get("corpus", ()), run.get("block_lengths", ())
    read = f", but for the last {run['held_out']:.0%} of each" if "held_out" in run else ""
    prior = f", {run['prior']} prior" if "prior" in run else ""
    latent = f"one for each block, k = {model['k']}{prior}"
    rows: list[tuple[str, object]] = [
        ("trained on", f"{', '.join(names)}{read}" if names else None),
        ("latent", latent if model["latent"] != "none" else "none (MDM)"),
        ("parameters", f"{config['parameters']:,}"),
        ("window", f"{model['length']} tokens, {config['alphabet']['name']}"),
        ("blocks", f"of {', '.join(map(str, blocks))}" if blocks else None),
        ("beta", f"{run['beta']:g} in the end" if "beta" in run else None),
        ("device", run.get("device")),
        ("time", f"{run['minutes']:.1f} minutes" if "minutes" in run else None),
        ("steps", f"{run['steps']:,} of {run['rows']} windows" if "rows" in run else None),
        ("seed", run.get("seed")),
    ]
    return cards.known(rows)


def export(
    model: TextVMD, folder: Path, name: str, alphabet: Alphabet, metrics: dict[str, Any]
) -> Path:
    """Write a model of text to `folder`, as `write_model` does. Raises ModelError."""
    config = model.config
    manifest = TextManifest(
        CONTRACT, name, config.latent, config.k, config.d, config.heads, config.layers,
        config.length, config.vocabulary,
    )  # fmt: skip
    described = {"alphabet": alphabet.to_config()}
    return write_model(model, folder, manifest, described, build, parity, metrics, card)


@torch.no_grad()
def parity(model: TextVMD, folder: Path) -> dict[str, float]:
    """Largest absolute differences between torch, all blocks at once as in training, and ONNX
    Runtime, block by block. Raises ModelError where one is above TOLERANCE."""
    onnx_model = OnnxText(folder, "cpu", torch.get_num_threads())
    found = Differences()
    for B, b in PARITY_CASES:
        L = max(1, model.config.length // (2 * b))
        rng = torch.Generator().manual_seed(B)
        x0 = torch.randint(1, model.config.vocabulary + 1, (B, b, L), generator=rng)
        z = torch.randn(B, b, model.config.k, generator=rng)
        x_t = masked_blocks(x0, 0.3, rng)
        seen, memory = model.seen(x0), onnx_model.begin(B)
        want = [model.denoiser(x_t, z, seen)]
        if model.encoder is not None and model.prior is not None:
            want += [*model.encoder(x_t, seen, x0), *model.prior(x_t, seen)]
        for block in range(b):
            now, then = x_t[:, block].numpy(), x0[:, block].numpy()
            have = [onnx_model(now, z[:, block].numpy(), memory)]
            if model.encoder is not None:
                have += [*onnx_model.encode(then, now, memory), *onnx_model.prior(now, memory)]
            for label, one, other in zip(OUTPUTS, want, have, strict=False):
                found.add(label, one[:, block], other)
            memory = onnx_model.finish(then, memory)
    return found.within(TOLERANCE)


def build(model: TextVMD, role: str) -> onnx.ModelProto:
    """The ONNX model of one role: denoiser, encoder or prior."""
    config, o = model.config, Ops.of(model)

    def kept(tokens: str) -> tuple[int, tuple[str | int, ...]]:
        return FLOAT, (config.layers, "B", config.heads, tokens, config.d // config.heads)

    inputs: Signature = {**TOKENS, "keys": kept("m"), "values": kept("m")}
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
    c_per_head, half = config.d // config.heads, config.d // config.heads // 2
    position = o.Cast(o.Add("start", o.Range(0, o.Squeeze(length(o), [0]), 1)), to=FLOAT)
    turns = o.Exp(o.Mul(-9.0, o.Div(o.Cast(o.Range(0, half, 1), to=FLOAT), float(half))))
    angle = o.Mul(o.Unsqueeze(position, [1]), turns)
    cos, sin = o.Cos(angle), o.Sin(angle)

    def rotate(x: str) -> str:
        a, b = o.halves(x, half)
        turned = o.Sub(o.Mul(a, cos), o.Mul(b, sin))
        return o.Concat(turned, o.Add(o.Mul(a, sin), o.Mul(b, cos)), axis=-1)

    def norm(name: str, h: str) -> str:
        """`AdaNorm.forward`."""
        of = f"{role}.trunk.{name}.norm"
        scale, shift = o.weight(f"{of}.weight"), o.weight(f"{of}.bias")
        normed = o.LayerNormalization(h, scale, shift, axis=-1, epsilon=1e-5)
        if c is None:
            return normed
        scale, shift = o.halves(o.linear(f"{role}.trunk.{name}.read", c), config.d)
        return o.Add(o.Mul(normed, o.Add(1.0, scale)), shift)

    left = []
    for number in range(layers):
        layer, name = f"layers.{number}", f"{role}.trunk.layers.{number}"
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
