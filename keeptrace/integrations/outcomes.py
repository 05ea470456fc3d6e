"""What the front doors of test runners have in common: what their dumps leave out, and how a run tells of its dumps."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from keeptrace.files.folder import Folder

OUTSIDE = frozenset(["asyncio.events", "unittest.async_case", "unittest.case", "unittest.loader", "unittest.suite"])
"""Modules that run tests, whoever runs these: a stack begins with what they call."""

EACH = 1_000  # dumps of one bug, which may fail many tests


class Outcomes:
    """What became of the failures of one run: how each dump is opened, or why there is none, and whose it is."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {}  # of tests, by what is said

    def tell(self, name: str, path: str | None, line: str) -> None:
        """Take a failure in.

        path: of its dump.
        line: what is said where there is none; nothing is where that is empty.
        """
        said = command_for(path) if path else line
        if said and name not in self.names.setdefault(said, []):
            self.names[said].append(name)

    def lines(self) -> list[str]:
        """Return two lines for each dump: those of fixtures that several tests share are named once."""
        found = []
        for said, names in self.names.items():
            more = f", and {len(names) - 1} more" if len(names) > 1 else ""
            found += [f"{names[0]}{more}", f"    {said}"]
        return found


def folder_of_tests(path: str) -> Folder:
    """Return a folder that keeps a dump of each failing test, of many at once with the same bug, too."""
    from keeptrace.files.folder import Folder  # heavy, and needed in processes that run tests

    return Folder(path, each=EACH, per_minute=float("inf"))


def command_for(path: str) -> str:
    """Return what opens a dump, as it can be copied; the path from here, where that is in this folder."""
    import shlex  # heavy, and needed where something fails

    near = os.path.relpath(path) if path.startswith(os.path.join(os.getcwd(), "")) else path
    return f"keeptrace debug {shlex.quote(near)}"
