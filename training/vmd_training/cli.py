"""`vmd-train`: learn, evaluate, export, and promote what is better than what ships."""

from __future__ import annotations

import sys
from pkgutil import resolve_name
from typing import Never

import click

from vmd_solver import __version__
from vmd_solver.console import ExitCode
from vmd_solver.errors import ModelError, VmdError

COMMANDS = {
    name: f"vmd_training.commands.{name}:command"
    for name in ("data", "eval", "grids", "slice", "synthetic", "text")
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
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "show_default": True}
)
@click.version_option(__version__, prog_name="vmd-train")
def cli() -> None:
    """Train variational masked diffusion on constraint puzzles."""


def main() -> Never:
    """The script's entry: errors become one line and an exit code, as those of vmd-solve."""
    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(ExitCode.USAGE)
    except (VmdError, OSError) as error:
        click.echo(f"vmd-train: {error}", err=True)
        sys.exit(ExitCode.MODEL if isinstance(error, ModelError) else ExitCode.USAGE)
    sys.exit(ExitCode.SOLVED)


if __name__ == "__main__":
    main()
