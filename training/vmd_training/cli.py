"""`vmd-train`: learn, evaluate, export, and promote what is better than what ships."""

from __future__ import annotations

from functools import partial
from pkgutil import resolve_name

import click

from vmd_solver import __version__
from vmd_solver.console import launch

COMMANDS = {
    name: f"vmd_training.commands.{name}:command"
    for name in ("data", "eval", "grids", "push", "slice", "synthetic", "text")
} | {
    "eval-text": "vmd_training.commands.eval:text",
    "export": "vmd_training.commands.grids:export_again",
    "sudoku": "vmd_training.commands.grids:sudoku",
}


class Commands(click.Group):
    """Imports each command when it is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        """By name."""
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        return resolve_name(COMMANDS[name]) if name in COMMANDS else None


@click.group(
    "vmd-train",
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
)
@click.version_option(__version__, prog_name="vmd-train")
def command() -> None:
    """Train variational masked diffusion on constraint puzzles."""


main = partial(launch, command, "")
"""The installed script."""

if __name__ == "__main__":
    main()
