"""The questions of the report, in the order they are answered."""

from vmd_training.evaluation.bench import Section
from vmd_training.evaluation.sections import (
    dependency,
    families,
    kl,
    latents,
    loops,
    rates,
    settings,
)

SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        rates.SECTION,
        latents.SECTION,
        settings.Z,
        dependency.SECTION,
        kl.SECTION,
        families.SECTION,
        loops.SECTION,
        settings.REMASK,
        settings.BUDGET,
        settings.GUIDED,
        settings.CALLS_ALONE,
    )
}

__all__ = ["SECTIONS"]
