"""Pickle a crash with stock pickle, replay it anywhere.

(PYTEST_DONT_REWRITE: pytest, which finds a plugin here, would warn where keeptrace is imported before it starts.)
"""

from __future__ import annotations

from keeptrace.mocks import is_mock
from keeptrace.reducers import init, uninit
from keeptrace.version import __version__ as __version__

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


def __getattr__(name: str) -> Any:
    """Import what is asked for: import keeptrace happens at every start-up, a dump where something crashed.

    By statements, not by name: so what freezes programs finds these modules.
    """
    if name in ("dump", "dumps"):
        from keeptrace.files import dumping

        return getattr(dumping, name)
    if name in ("DumpError", "UnsafeDumpError"):
        from keeptrace.files import errors

        return getattr(errors, name)
    if name == "Folder":
        from keeptrace.files import folder

        return folder.Folder
    if name in ("Header", "peek"):
        from keeptrace.files import header

        return getattr(header, name)
    if name == "load":
        from keeptrace.files import reading

        return reading.load
    if name in ("capture", "hook", "unhook"):
        from keeptrace import hooks

        return getattr(hooks, name)
    if name in ("Limits", "Redactor", "register"):
        from keeptrace import record

        return getattr(record, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """List what is imported when it is asked for, too: for TAB, and for dir()."""
    return sorted({*globals(), *__all__})
