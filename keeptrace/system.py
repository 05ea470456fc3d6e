"""The module os as it was when this was first imported, for what writes dumps.

A test that fails is dumped while what it has put in the place of os.open, say, or of the whole file system, is in
force: that is not asked, and does not find calls of ours among its own.
"""

from __future__ import annotations

import os as current

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import os as os  # noqa: PLC0414 (who imports it from here has its types)
    import types
else:

    def kept(module: types.ModuleType, **more: types.ModuleType) -> types.ModuleType:
        """Return a copy of a module, by a name for which nobody looks."""
        copy = type(module)(f"{__name__}.{module.__name__}")
        copy.__dict__.update({**vars(module), **more, "__name__": copy.__name__})
        return copy

    os = kept(current, path=kept(current.path))


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
