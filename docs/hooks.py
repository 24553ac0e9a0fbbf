"""What mkdocs is told beside mkdocs.yml: files at the top of the checkout are part of the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
SHOWN = {
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "LICENSE": "LICENSE.md",
    "training/lineage/lineage.png": "pictures/lineage.png",
}
"""Files outside docs/ that the site shows, and their names there."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files from outside docs/."""
    for path, name in SHOWN.items():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Pages written for a code host, as the site needs them.

    Links out of docs/ lead to where the site shows the file, and are plain text where it does not;
    fences have the name of their language alone.
    """
    if page.file.src_uri in SHOWN.values():
        markdown = markdown.replace("](docs/", "](")
    if page.file.src_uri == "LICENSE.md":
        markdown = f"# Licence\n\n{markdown}"

    def shown(link: re.Match[str]) -> str:
        text, path = link.groups()
        return f"{text}({SHOWN[path]})" if path in SHOWN else text.strip("![]")

    markdown = re.sub(r"(!?\[[^]]*\])\(\.\./([^)#]+)\)", shown, markdown)
    return re.sub(r"^(```\w+) \w+$", r"\1", markdown, flags=re.MULTILINE)
