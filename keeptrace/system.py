"""The modules os and time as they were when this was first imported, for what writes dumps.

A test that fails is dumped while what it has put in the place of os.open, say, of the whole file system or of the
clock, is in force: that is not asked, and does not find calls of ours among its own.
"""

from __future__ import annotations

import os as current_os
import time as current_time
import types

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import os as os  # noqa: PLC0414 (who imports it from here has its types)
    import time as time  # noqa: PLC0414
    from typing import Any
else:

    def kept(module: types.ModuleType, **more: types.ModuleType) -> types.ModuleType:
        """Return a copy of a module, by a name for which nobody looks; what its functions call is the copy's, too."""
        copy = types.ModuleType(f"{__name__}.{module.__name__}")
        found = {**vars(module), **more, "__name__": copy.__name__}
        copy.__dict__.update({name: rebound(value, copy.__dict__) for name, value in found.items()})
        return copy

    def rebound(value: Any, namespace: dict[str, Any]) -> Any:
        """Return a function of Python with other globals, anything else as it is."""
        if type(value) is not types.FunctionType:
            return value
        function = types.FunctionType(value.__code__, namespace, value.__name__, value.__defaults__, value.__closure__)
        function.__kwdefaults__ = value.__kwdefaults__
        return function

    os = kept(current_os)
    os.path = kept(current_os.path, os=os)
    time = kept(current_time)


def make_folders(path: str) -> None:
    """Make a folder that only the user can look into, and those above it, where they are missing."""
    missing = []
    while path and not os.path.lexists(path):
        missing.append(path)
        above = os.path.dirname(path)
        path = above if above != path else ""
    for each in reversed(missing):
        try:
            os.mkdir(each, 0o700)
        except FileExistsError:  # somebody else made it, or it is a file, which what follows says
            if not os.path.isdir(each):
                raise
