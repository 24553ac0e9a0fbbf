"""`vmd-train`: learn, evaluate, export, and promote what is better than what ships."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules
from typing import Never

import click

from vmd_solver import __version__
from vmd_solver.console import ExitCode
from vmd_solver.errors import ModelError, VmdError
from vmd_training import commands


class Commands(click.Group):
    """Each module in `vmd_training.commands` is a command, imported when it is used."""

    def list_commands(self, context: click.Context) -> list[str]:
        """By name."""
        found = (module.name.replace("_", "-") for module in iter_modules(commands.__path__))
        return sorted(found)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of that name."""
        if name not in self.list_commands(context):
            return None
        module = import_module(f"{commands.__name__}.{name.replace('-', '_')}")
        found: click.Command = module.command
        return found


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
