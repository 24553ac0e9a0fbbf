"""The questions of the report, in the order they are answered."""

from vmd_training.evaluation.sections import dependency, families, kl, loops, solving

SECTIONS = {
    section.name: section
    for section in (
        solving.RATES,
        solving.LATENTS,
        solving.Z,
        dependency.SECTION,
        kl.SECTION,
        families.SECTION,
        loops.SECTION,
        solving.REMASK,
        solving.BUDGET,
        solving.GUIDED,
        solving.CALLS_ALONE,
    )
}
