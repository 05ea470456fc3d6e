"""Pickle a crash with stock pickle, replay it anywhere."""

from __future__ import annotations

from keeptrace.mocks import is_mock
from keeptrace.reducers import init, uninit

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.files.dumping import dump, dumps
    from keeptrace.files.errors import DumpError, UnsafeDumpError
    from keeptrace.files.folder import Folder
    from keeptrace.files.header import Header, peek
    from keeptrace.files.reading import load
    from keeptrace.hooks import capture, hook, unhook
    from keeptrace.record import Limits, Redactor, register

__all__ = [
    "DumpError", "Folder", "Header", "Limits", "Redactor", "UnsafeDumpError", "capture", "dump", "dumps", "hook",
    "init", "is_mock", "load", "peek", "register", "unhook", "uninit",
]  # fmt: skip
__version__ = "2.0.0"

ROOMS = {
    "files.dumping": ("dump", "dumps"),
    "files.errors": ("DumpError", "UnsafeDumpError"),
    "files.folder": ("Folder",),
    "files.header": ("Header", "peek"),
    "files.reading": ("load",),
    "hooks": ("capture", "hook", "unhook"),
    "record": ("Limits", "Redactor", "register"),
}
"""What is loaded when it is asked for: import keeptrace happens at every start-up, a dump where something crashed."""


def __getattr__(name: str) -> Any:
    for room, names in ROOMS.items():
        if name in names:
            return getattr(__import__(f"{__name__}.{room}", fromlist=[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
