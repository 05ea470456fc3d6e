"""Pickle a crash with stock pickle, replay it anywhere."""

from __future__ import annotations

from keeptrace.mocks import is_mock
from keeptrace.reducers import init, uninit

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record import Limits, Redactor, register

__all__ = ["Limits", "Redactor", "init", "is_mock", "register", "uninit"]
__version__ = "2.0.0"


def __getattr__(name: str) -> Any:
    if name in ("Limits", "Redactor", "register"):
        from keeptrace import record  # heavy: import keeptrace happens at every start-up

        return getattr(record, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
