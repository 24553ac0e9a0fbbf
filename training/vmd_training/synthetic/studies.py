"""The studies: which models learn what data, and by which plans they are sampled and measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator

from vmd_training.sequence import MASK, SequenceConfig, SequenceVMD
from vmd_training.synthetic import data, sampling
from vmd_training.synthetic.data import Joint
from vmd_training.synthetic.fit import Recipe, fit
from vmd_training.synthetic.sampling import Denoiser, Estimate, Limit, Plan, Trained, limit


@dataclass(frozen=True)
class Method:
    """A kind of model, and how it is trained."""

    name: str
    latent: bool
    draws: int = 1
    beta: float = 1.0
    """Weight of the KL in the end."""
    k: int = SequenceConfig.k
    """Latent channels of a block."""
    batch: int = Recipe.batch
    prior: Literal["standard", "learned"] = "standard"
    blocks: int = 1
    steps: int = 1
    """Multiplies those of the effort."""


MDM = Method("MDM", latent=False)
ELBO = Method("VMD, 1 draw", latent=True)
VMD = Method("VMD", latent=True, draws=8)
LEARNED = Method("VMD, 1 draw, learned prior", latent=True, prior="learned")
NARROW = Method("VMD, 1 draw, narrow", latent=True, batch=128, steps=2)
CHEAP = replace(NARROW, name="VMD, 1 draw, narrow, beta 0.25", beta=0.25)
"""Of NARROW and CHEAP k is the number of independent choices in the data."""
TRUTH = "true conditionals"
"""What could at best be learned without latent, beside what was."""


@dataclass(frozen=True)
class Effort:
    """How much is spent; the defaults are those of the documented figures."""

    steps: int = 1000
    seeds: int = 3
    rows: int = 20_000
    """Sampled for an estimate; a fifth of it for the terms of the bound."""
    levels: int = 64
    """V of the two-dimensional toys."""
    points: int = 4000
    """Samples of a toy that are drawn as points."""
    ps: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    limit_steps: int = 1500
    """Of the optimisation that finds the limit of the bound of one draw."""


QUICK = Effort(
    steps=60, seeds=1, rows=2000, levels=16, points=1000, ps=(0.0, 1.0), limit_steps=20
)  # fmt: skip
"""Every table and figure in a minute, from models that have hardly learned."""

ONE = Plan(1)
TWO, TWO_ANEW = Plan(2), Plan(2, anew=True)
FOUR, FOUR_ANEW = Plan(4), Plan(4, anew=True)
REMASKED = tuple(
    Plan(nfe, rounds=nfe - 1, remask=remask, given_back=1)
    for nfe in (2, 4)
    for remask in ("random", "least confident")
)  # fmt: skip
"""All at once, then one token given back and redrawn at each further call."""
GIBBS = Plan(4, rounds=2, remask="random", given_back=1)
"""Two tokens one after the other, then one given back, twice."""


@dataclass(frozen=True)
class Setting:
    """What was measured: one model under one plan."""

    data: str
    p: float | None
    model: str
    blocks: int
    seed: int
    plan: Plan


@dataclass(frozen=True)
class Latent:
    """What z carries where everything is masked; nats a sequence, on average over the data."""

    data: str
    p: float | None
    model: str
    seed: int
    cross_entropy: float
    kl: float
    """KL( q(z | x0, x_t) || p(z) )."""
    bound: float
    """On minus log p(x0), with as many draws of z as training had."""


@dataclass(frozen=True)
class Results:
    """What the studies found, in order."""

    joints: list[Joint] = field(default_factory=list)
    estimates: dict[Setting, Estimate] = field(default_factory=dict)
    latents: list[Latent] = field(default_factory=list)
    limits: dict[tuple[str, int, float], Limit] = field(default_factory=dict)
    """Of the bound of one draw, by data, k and beta."""
    points: dict[tuple[str, str, int], NDArray[np.int64]] = field(default_factory=dict)
    """Samples to look at, tokens (N, n), by data, model and NFE (0 for the truth)."""

    def of(self, joint: Joint, model: str, plan: Plan, blocks: int = 1) -> list[Estimate]:
        """The estimates of every seed."""
        wanted = Setting(joint.name, joint.p, model, blocks, 0, plan)
        return [found for s, found in self.estimates.items() if replace(s, seed=0) == wanted]

    def kls(self, joint: Joint, model: str, plan: Plan, blocks: int = 1) -> list[float]:
        """KL(true || model) of every seed, nats."""
        return [found.kl_nats for found in self.of(joint, model, plan, blocks)]

    def shares(self, joint: Joint, model: str, plan: Plan, blocks: int = 1) -> list[float]:
        """Mass on sequences that count as right, of every seed."""
        return [found.in_support for found in self.of(joint, model, plan, blocks)]

    def latents_of(self, joint: Joint, model: str) -> list[Latent]:
        """What z carries in the models of every seed."""
        wanted = (joint.name, joint.p, model)
        return [found for found in self.latents if (found.data, found.p, found.model) == wanted]


class Bench:
    """Trains what a study asks for, each set of models once, and measures it."""

    def __init__(self, effort: Effort, seed: int, say: Callable[[str], None]) -> None:
        self.effort, self.seed, self.say = effort, seed, say
        self.results = Results()
        self.trained: dict[object, list[tuple[Joint, int, SequenceVMD]]] = {}

    def truth(self, joints: Sequence[Joint], plans: Sequence[Plan]) -> None:
        """Measure the true conditionals; studies may share data."""
        for joint in joints:
            held = ((held.name, held.p) for held in self.results.joints)
            if (joint.name, joint.p) not in held:
                self.results.joints.append(joint)
            self._measure(joint, TRUTH, self.seed, sampling.TrueConditionals(joint), plans)

    def learn(
        self, method: Method, joints: Sequence[Joint], seeds: int, plans: Sequence[Plan]
    ) -> list[tuple[Joint, int, SequenceVMD]]:
        """Train a model on each joint with each seed, if there is none yet, and measure all of them
        by every plan; returns them with their data and seeds."""
        pairs = [(joint, self.seed + number) for joint in joints for number in range(seeds)]
        key = method, tuple((joint.name, joint.p, seed) for joint, seed in pairs)
        if key not in self.trained:
            self.trained[key] = self._models(method, pairs)
        for joint, seed, model in self.trained[key]:
            self._measure(joint, method.name, seed, Trained(model), plans)
        return self.trained[key]

    def _models(
        self, method: Method, pairs: list[tuple[Joint, int]]
    ) -> list[tuple[Joint, int, SequenceVMD]]:
        names = " and ".join(dict.fromkeys(joint.name for joint, _ in pairs))
        self.say(f"training {len(pairs)} of {method.name} on {names}, {method.blocks} block(s)")
        latent: Literal["none", "block"] = "block" if method.latent else "none"
        one, steps = pairs[0][0], method.steps * self.effort.steps
        config = SequenceConfig(one.values, one.length, method.blocks, latent, method.prior,
                                method.k, layers=1)  # fmt: skip
        recipe = Recipe(steps, method.batch, method.draws, beta=method.beta)
        of = [joint for joint, _ in pairs], [seed for _, seed in pairs]
        models = fit(config, *of, recipe)
        found = [(*pair, model) for pair, model in zip(pairs, models, strict=True)]
        if method.latent and method.blocks == 1:
            self.results.latents.extend(self._latent(method, *each) for each in found)
        return found

    def _latent(self, method: Method, joint: Joint, seed: int, model: SequenceVMD) -> Latent:
        rows = self.effort.rows // 5
        x0 = torch.from_numpy(joint.sample(rows, np.random.default_rng(seed)))
        generator = Generator().manual_seed(seed)
        noise = torch.randn(method.draws, rows, 1, model.config.k, generator=generator)
        with torch.no_grad():
            bound = model(x0, torch.full_like(x0, MASK), noise)
        terms = (bound.cross_entropy, bound.kl, bound.nats())
        return Latent(joint.name, joint.p, method.name, seed, *(float(x.mean()) for x in terms))

    def _measure(
        self, joint: Joint, model: str, seed: int, denoiser: Denoiser, plans: Sequence[Plan]
    ) -> None:
        for plan in plans:
            setting = Setting(joint.name, joint.p, model, denoiser.blocks, seed, plan)
            generator = Generator().manual_seed(self.seed)
            if setting not in self.results.estimates:
                found = sampling.estimate(joint, denoiser, plan, self.effort.rows, generator)
                self.results.estimates[setting] = found


def two(bench: Bench) -> None:
    """Two tokens, from independent to deterministic."""
    effort = bench.effort
    joints = [*map(data.pair, effort.ps), data.pair(1.0, data.RISING)]
    bench.truth(joints, (ONE, TWO))
    bench.learn(MDM, joints, effort.seeds, (ONE, TWO))
    bench.learn(ELBO, joints, 1, (ONE, TWO))
    bench.learn(VMD, joints, effort.seeds, (ONE, TWO, TWO_ANEW))


def four(bench: Bench) -> None:
    """Four tokens, a chain and two pairs, from independent to deterministic."""
    effort = bench.effort
    for ps, seeds in (([p for p in effort.ps if p < 1], 1), ([1.0], effort.seeds)):
        joints = [kind(p) for kind in (data.chain, data.two_pairs) for p in ps]
        bench.truth(joints, (ONE, TWO, FOUR))
        bench.learn(MDM, joints, seeds, (ONE, TWO, FOUR))
        bench.learn(VMD, joints, seeds, (ONE, TWO, FOUR, TWO_ANEW, FOUR_ANEW))


def blocks(bench: Bench) -> None:
    """Four tokens in one block and in two, with a latent for each and without; and remasking."""
    joints, seeds = [data.chain(1.0), data.two_pairs(1.0)], bench.effort.seeds
    bench.truth(joints, (ONE, TWO, FOUR))
    for method in (MDM, ELBO, VMD):
        bench.learn(method, joints, seeds, (ONE, FOUR, *(() if method == ELBO else REMASKED)))
        bench.learn(replace(method, blocks=2), joints, seeds, (TWO, FOUR))


def draws(bench: Bench) -> None:
    """Four tokens in one call: what the bound of one draw loses, and to what."""
    effort = bench.effort
    kinds = ((data.chain(1.0), 1), (data.two_pairs(1.0), 2))
    joints = [joint for joint, _ in kinds]
    bench.truth(joints, (ONE,))
    for method in (ELBO, LEARNED):
        bench.learn(method, joints, effort.seeds, (ONE, FOUR))
    for method, (joint, choices) in product((NARROW, CHEAP), kinds):
        bench.learn(replace(method, k=choices), [joint], effort.seeds, (ONE,))
    for (joint, choices), beta in product(kinds, (NARROW.beta, CHEAP.beta)):
        for k in dict.fromkeys((choices, ELBO.k)):
            one = limit(joint.length // choices, k // choices, beta, effort.limit_steps)
            bench.results.limits[joint.name, k, beta] = one if choices == 1 else one.twice()


def toy2d(bench: Bench) -> None:
    """Points of the plane, a token a coordinate."""
    effort, points = bench.effort, bench.results.points
    joints = [data.checkerboard(effort.levels), data.swiss_roll(effort.levels)]
    bench.truth(joints, (ONE, TWO))
    for joint in joints:
        rng = np.random.default_rng(bench.seed)
        points[joint.name, TRUTH, 0] = joint.sample(effort.points, rng)
    for method in (replace(MDM, steps=3), replace(VMD, steps=3)):
        learned = bench.learn(method, joints, 1, (ONE, TWO, GIBBS))
        for (joint, seed, model), plan in product(learned, (ONE, TWO)):
            generator = Generator().manual_seed(seed)
            ended = sampling.last_call(Trained(model), plan, effort.points, generator)
            points[joint.name, method.name, plan.nfe] = sampling.draw(ended, generator).numpy()


KNOWN = {study.__name__: study for study in (two, four, blocks, draws, toy2d)}
"""The studies by name."""
