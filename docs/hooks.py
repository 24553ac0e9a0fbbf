"""What mkdocs is told beside mkdocs.yml: files and options of the checkout on the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

import click
import griffe
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from vmd_solver.scripts import COMMANDS

ROOT = Path(__file__).resolve().parent.parent
SHOWN = {
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "LICENSE": "LICENSE.md",
    "training/lineage/lineage.png": "pictures/lineage.png",
}
"""Files outside docs/ that the site shows, and their names there."""

DEMONSTRATED = (ROOT / "docs" / "demo" / "vendor").is_dir()
"""Whether `make demo` has built what the demonstration needs; else it is no part of the site."""


def on_config(config: MkDocsConfig) -> None:
    """Leave out of the navigation what there is not."""
    if config.nav and not DEMONSTRATED:
        config.nav = [entry for entry in config.nav if "demo/index.html" not in entry.values()]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files from outside docs/."""
    if not DEMONSTRATED:
        for file in [one for one in files if one.src_uri.startswith("demo/")]:
            files.remove(file)
    for path, name in SHOWN.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: Any) -> str:
    """Pages written for a code host, as the site needs them.

    Links out of docs/ lead to where the site shows the file, and are plain text where it does not;
    what a link calls by the name of a file is called as a page; fences have the name of their
    language alone; commands and their options are listed.
    """
    name = page.file.src_uri
    if name in SHOWN.values():
        markdown = markdown.replace("](docs/", "](")
    if name == "LICENSE.md":
        markdown = f"# Licence\n\n{markdown}"
    if name == "COMMANDS.md":
        markdown = re.sub(r"^## (.+)\n[^#]*", listed, markdown, flags=re.MULTILINE)

    def shown(link: re.Match[str]) -> str:
        text, path = link.groups()
        return f"{text}({SHOWN[path]})" if path in SHOWN else text.strip("![]")

    markdown = re.sub(r"(!?\[[^]]*\])\(\.\./([^)#]+)\)", shown, markdown)
    markdown = re.sub(
        r"\[(?:docs/)?([A-Z]+)\.md\]", lambda link: f"[{link[1].capitalize()}]", markdown
    )
    return re.sub(r"^(```\w+) \w+$", r"\1", markdown, flags=re.MULTILINE)


def listed(section: re.Match[str]) -> str:
    """A section of COMMANDS.md with the options of its command at its end."""
    command = import_module(COMMANDS[section[1]]).command
    return section[0] + "\n".join(reference(command, section[1])) + "\n"


def on_page_content(html: str, page: Page, **_: Any) -> str:
    """A name in code is not broken at its hyphens; the notebook links to pages, not to files."""
    html = re.sub(r"<code>(?=[^<\s]{1,30}</code>)", '<code class="name">', html)
    notebook = page.file.src_uri.endswith(".ipynb")
    return re.sub(r'href="([A-Z]+)\.md', r'href="\1.html', html) if notebook else html


class Doctests(griffe.Extension):
    """Examples in docstrings are code, which Markdown would take for quotations."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring:
            example = re.compile(r"^>>> .*?(?=\n\n|\Z)", re.MULTILINE | re.DOTALL)
            obj.docstring.value = example.sub(r"```pycon\n\g<0>\n```", obj.docstring.value)


def plain(text: str) -> str:
    """Text of a command, in which no sign is one of Markdown; names of options as code."""
    text = re.sub(r"([\\`*_|\[\]])", r"\\\1", escape(text, quote=False))
    return re.sub(r"(?<![\w-])(--?[a-z][\w-]*)", r"`\1`", text)


def reference(command: click.Command, name: str) -> Iterator[str]:
    """What `--help` shows of a command and of those below it, as lines of Markdown."""
    context = click.Context(command, info_name=name, **command.context_settings)
    yield f"\n```text\n{' '.join((name, *command.collect_usage_pieces(context)))}\n```\n"
    yield plain(cleandoc(command.help or ""))
    options = (one for one in command.get_params(context) if isinstance(one, click.Option))
    yield "\n| option | meaning |\n|---|---|"
    for option, meaning in filter(None, (one.get_help_record(context) for one in options)):
        code = escape(option).replace("|", "&#124;<wbr>")  # choices, which may be broken there
        yield f"| <code>{code}</code> | {plain(meaning)} |"
    yield f"\n{command.epilog or ''}\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield f"\n### {name} {below}\n"
            yield from reference(command.get_command(context, below), f"{name} {below}")
