"""What is typed at a prompt, and what a prompt has shown."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import types


def is_prompt(frame: types.FrameType) -> bool:
    """Tell whether a frame is of what was typed at a prompt, not of a function or of a script that is run there."""
    from keeptrace.record.raw import is_typed  # heavy, and wanted where something is dumped

    is_interactive = hasattr(sys, "ps1") or bool(sys.flags.interactive)
    main = getattr(sys.modules.get("__main__"), "__dict__", None)
    is_main = frame.f_globals is main and frame.f_locals is main
    return is_interactive and is_main and is_typed(frame.f_code.co_filename)


def latest_shown() -> BaseException | None:
    """Return the exception that a prompt has shown last: sys.last_exc, before Python 3.12 sys.last_value."""
    for name in ("last_exc", "last_value"):
        found = getattr(sys, name, None)
        if issubclass(type(found), BaseException):
            return found
    return None
