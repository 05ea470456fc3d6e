"""Makes text from elsewhere harmless to print: control characters and terminal escapes are shown escaped."""

from __future__ import annotations

import re

LONGEST_NAME = 1_000  # characters

_CONTROL = "\0-\x1f\x7f-\x9f"
_INVISIBLE = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
"""What turns the direction of text around, breaks lines, or is not seen at all."""
_SURROGATES = "\ud800-\udfff"

UNSAFE_IN_NAMES = re.compile(f"[{_CONTROL}{_INVISIBLE}{_SURROGATES}]")
UNSAFE_IN_TEXT = re.compile(f"(?![\n\t])[{_CONTROL}{_INVISIBLE}{_SURROGATES}]")


def clean_name(text: str) -> str:
    """Return a name, of anything, that can be printed within a line."""
    text = UNSAFE_IN_NAMES.sub(escaped, text)
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 3]}..."


def clean_text(text: str) -> str:
    """Return text that can be printed; it keeps its lines and tabs."""
    return UNSAFE_IN_TEXT.sub(escaped, text)


def escaped(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode("ascii")
