"""The README as an index of packages shows it: without what only a checkout has.

Pictures and links to files of the checkout would lead nowhere there.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_RELATIVE = r"\((?!https?:|#)[^)]*\)"
_END = "The pages named above are in the folder `docs` of the source distribution.\n"


def described(readme: str) -> str:
    """The text without relative pictures, and with the words alone of relative links.

    >>> print(described("Read [this](docs/A.md), or [that](https://b).\\n\\n![c](d.svg)\\n\\nE"))
    Read this, or [that](https://b).
    <BLANKLINE>
    E
    <BLANKLINE>
    The pages named above are in the folder `docs` of the source distribution.
    """
    readme = re.sub(rf"^!\[[^]]*\]{_RELATIVE}\n+", "", readme, flags=re.MULTILINE)
    return re.sub(rf"\[([^]]*)\]{_RELATIVE}", r"\1", readme).rstrip() + f"\n\n{_END}"


class CustomMetadataHook(MetadataHookInterface):
    """Sets `readme`, which pyproject.toml leaves open."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the text to the metadata."""
        readme = Path(self.root, "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": described(readme)}
