"""Writes docs/share/: the man pages and shell completion of every command, which a wheel installs.

`make share` runs it after a change of an option or of the version; a test compares what it writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from vmd_solver import __version__, scripts

FOLDER = Path(__file__).resolve().parent / "share"

COMMANDS: dict[str, click.Command] = {
    name: import_module(module).command for name, module in scripts.COMMANDS.items()
}

COMPLETIONS = {
    "bash": "bash-completion/completions/{}",
    "fish": "fish/vendor_completions.d/{}.fish",
    "zsh": "zsh/site-functions/_{}",
}
"""Where each shell looks for the file of a command."""


def files() -> dict[str, str]:
    """The text of each file, by its path in docs/share/."""
    found = {}
    for name, command in COMMANDS.items():
        for shell, place in COMPLETIONS.items():
            found[place.format(name)] = completion(name, command, shell)
        for context in contexts(name, command):
            page = context.command_path.replace(" ", "-")
            found[f"man/man1/{page}.1"] = man_page(context)
    return found


def completion(name: str, command: click.Command, shell: str) -> str:
    """The script by which a shell asks the command what to complete: click's own."""
    variable = f"_{name.replace('-', '_').upper()}_COMPLETE"
    kind = get_completion_class(shell)
    assert kind is not None
    # Not the method of the class for bash, which looks for a bash on this machine.
    return ShellComplete.source(kind(command, {}, name, variable))


def contexts(
    name: str, command: click.Command, parent: click.Context | None = None
) -> Iterator[click.Context]:
    """The context of a command, and of those in it."""
    context = command.context_class(command, parent, name, **command.context_settings)
    yield context
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            one = command.get_command(context, inner)
            assert one is not None
            yield from contexts(inner, one, context)


def man_page(context: click.Context) -> str:
    """The page of a command, in roff."""
    command, path = context.command, context.command_path
    name = path.replace(" ", "-")
    first, _, _ = (body := cleandoc(command.help or "")).partition("\n\n")
    usage = " ".join(command.collect_usage_pieces(context))
    lines = [
        f'.TH {roff(name.upper())} 1 "" "{roff(f"vmd-solver {__version__}")}"',
        ".SH NAME", rf"{roff(name)} \- {roff(' '.join(first.split()).rstrip('.'))}",
        ".SH SYNOPSIS", f".B {roff(path)}", roff(usage),
        ".SH DESCRIPTION", paragraphs(body),
        ".SH OPTIONS",
    ]  # fmt: skip
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context)):
            lines += [".TP", rf"\fB{roff(record[0])}\fR", roff(record[1])]
    if isinstance(command, click.Group):
        lines.append(".SH COMMANDS")
        for inner in command.list_commands(context):
            one = command.get_command(context, inner)
            assert one is not None
            lines += [".TP", rf"\fB{roff(f'{name}-{inner}')}\fR(1)"]
            lines.append(roff(one.get_short_help_str(200)))
    if command.epilog:
        lines += [".SH EXIT STATUS", paragraphs(command.epilog.removeprefix("Exit codes: "))]
    others = ",\n".join(rf"\fB{roff(other)}\fR(1)" for other in COMMANDS if other != name)
    return "\n".join([*lines, ".SH SEE ALSO", others, ""])


def paragraphs(text: str) -> str:
    """A text of several paragraphs, with a blank line between two."""
    return "\n.PP\n".join(map(roff, text.split("\n\n")))


def roff(text: str) -> str:
    """Text that means nothing to roff; a hyphen is one that can be copied.

    >>> print(roff("--all\\n.5 is a number"))
    \\-\\-all
    \\&.5 is a number
    """
    plain = text.replace("\\", r"\e").replace("-", r"\-")
    return "\n".join(
        rf"\&{line}" if line.startswith((".", "'")) else line
        for line in map(str.strip, plain.splitlines())
    )


def main() -> None:
    """Write every file, and remove what is no longer one."""
    texts = files()
    for path in FOLDER.rglob("*"):
        if path.is_file() and path.relative_to(FOLDER).as_posix() not in texts:
            path.unlink()
    for name, text in texts.items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
