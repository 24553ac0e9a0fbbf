"""The questions of the report, a module each, in the order they are answered."""

from vmd_training.evaluation.bench import Section
from vmd_training.evaluation.sections import (
    budget,
    dependency,
    families,
    guided,
    kl,
    latents,
    loops,
    plain,
    rates,
    remask,
    z,
)

SECTIONS: dict[str, Section] = {
    module.SECTION.name: module.SECTION
    for module in (
        rates,
        latents,
        z,
        dependency,
        kl,
        families,
        loops,
        remask,
        budget,
        guided,
        plain,
    )
}

__all__ = ["SECTIONS"]
