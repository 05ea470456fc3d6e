"""Where dumps go when nothing is said: where hook() says, else the environment, else the current folder."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

DIRECTORY = "KEEPTRACE_DIR"
hooked: Any = None  # hook()'s folder: a path, or a keeptrace.Folder


def usual_directory() -> str:
    """Return where the environment says, else the current folder."""
    return os.path.abspath(os.environ.get(DIRECTORY) or os.curdir)


def directory() -> str:
    """Return the folder that is meant where none is named."""
    return usual_directory() if hooked is None else os.fspath(getattr(hooked, "path", hooked))
