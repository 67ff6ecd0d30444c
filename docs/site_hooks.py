"""What the site does otherwise than a code forge: a link that leaves docs/ becomes the name of the file it leads to."""

import posixpath
import re
from typing import Any

LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, page: Any, **_: object) -> str:
    """Return the text of a page for the site: it holds docs/ alone, so a file beside that is named, not linked."""
    folder = posixpath.dirname(page.file.src_uri)

    def told(link: re.Match[str]) -> str:
        words, target = link.groups()
        led = posixpath.normpath(posixpath.join("docs", folder, target))
        if led.startswith("docs/"):
            return link.group()
        return words if led in words else f"{words} (`{led}`)"

    return LINK.sub(told, markdown)
