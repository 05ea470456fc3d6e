"""What the front doors of test runners have in common: what their dumps leave out, where these go, how a run tells."""

from __future__ import annotations

import os

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from keeptrace.files.folder import Folder

    Outcome = tuple[str, str]  # the path of a dump; or "", and why there is none

OUTSIDE = frozenset(["asyncio.events", "unittest.async_case", "unittest.case", "unittest.loader", "unittest.suite"])
"""Modules that run tests, whoever runs these: a stack begins with what they call."""

DUMPS, BYTES = 1_000, 2**29
"""What a run finds in a folder at most; it may add as much."""


class Outcomes:
    """What became of the failures of one run: how each dump is opened, or why there is none, and whose it is.

    folder: where the run was started, and its user is.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.names: dict[Outcome, list[str]] = {}  # of tests

    def tell(self, name: str, outcome: Outcome) -> None:
        """Take a failure in."""
        path, line = outcome
        names = self.names.setdefault((path, line), [])
        if name not in names:
            names.append(name)

    def lines(self) -> list[str]:
        """Return two lines for each dump: those of fixtures that several tests share are named once."""
        found = []
        for (path, line), names in self.names.items():
            more = f", and {len(names) - 1} more" if len(names) > 1 else ""
            found += [f"{names[0]}{more}", f"    {command_for(path, self.folder) if path else line}"]
        return found


def folder_of_tests(path: str) -> Folder:
    """Return a folder that keeps a dump of each failing test, of many at once with the same bug, too."""
    from keeptrace.files.folder import Folder  # heavy, and needed in processes that run tests

    return Folder(path, each=2 * DUMPS, dumps=2 * DUMPS, bytes=2 * BYTES, per_minute=float("inf"))


def make_room(path: str) -> None:
    """Delete the oldest dumps, so that a run can add some: a folder keeps the first of each bug otherwise."""
    from keeptrace.hooks.reporting import guarded  # heavy: see above

    if os.path.isdir(path):
        guarded("clean the folder", folder_of_tests(path).__replace__(dumps=DUMPS, bytes=BYTES).clean)


def command_for(path: str, folder: str) -> str:
    """Return what opens a dump, as it can be copied; the path from a folder, where it is in that."""
    import shlex  # heavy, and needed where something fails

    return f"keeptrace debug {shlex.quote(near(path, folder))}"


def near(path: str, folder: str) -> str:
    """Return a path from a folder where it is in that, else the whole path."""
    return path.removeprefix(os.path.join(folder, ""))
