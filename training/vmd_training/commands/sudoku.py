"""`vmd-train sudoku`: as `vmd-train grids`, on 9x9 Sudoku alone."""

from __future__ import annotations

from typing import Any

import click

from vmd_training.commands import grids


@click.command("sudoku")
@grids.options
def command(**options: Any) -> None:
    """Learn 9x9 Sudoku."""
    grids.run_command("sudoku", **options)
