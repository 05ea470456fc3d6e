"""Pickle a crash with stock pickle, replay it anywhere."""

from __future__ import annotations

from keeptrace.mocks import is_mock
from keeptrace.reducers import init, uninit

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.files import DumpError, Folder, Header, UnsafeDumpError, dump, dumps, load, peek
    from keeptrace.hooks import capture, hook, unhook
    from keeptrace.record import Limits, Redactor, register

__all__ = [
    "DumpError", "Folder", "Header", "Limits", "Redactor", "UnsafeDumpError", "capture", "dump", "dumps", "hook",
    "init", "is_mock", "load", "peek", "register", "unhook", "uninit",
]  # fmt: skip
__version__ = "2.0.0"


def __getattr__(name: str) -> Any:
    room: Any  # heavy, each of them: import keeptrace happens at every start-up
    if name in ("capture", "hook", "unhook"):
        from keeptrace import hooks as room
    elif name in ("Limits", "Redactor", "register"):
        from keeptrace import record as room
    elif name in __all__:
        from keeptrace import files as room
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(room, name)
