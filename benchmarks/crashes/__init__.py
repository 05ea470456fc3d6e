"""The crashes that every tool records: one module each, whose run(size) raises.

A module may have configure(folder), without which its application cannot be imported, and prepare(folder), which is
called before it runs.
"""

from __future__ import annotations

import _thread
import dataclasses
import importlib
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.crashes.catching import catch

if TYPE_CHECKING:
    import pathlib
    import types


@dataclasses.dataclass(frozen=True)
class Crash:
    """One crash, or a loop of them.

    module: the module of this package that raises it.
    what: the crash in a few words.
    size: given to run(): how much of it there is, where that can be chosen.
    count: how many crashes there are; each is recorded in a file of its own, and run() is given its number.
    depth: how far keeptrace is to record.
    whole: nothing of it may be cut: keeptrace records it without limits.
    configured: its module has configure().
    """

    module: str
    what: str
    size: int = 0
    count: int = 1
    depth: int = 3
    whole: bool = False
    configured: bool = False

    def exceptions(self, folder: pathlib.Path) -> list[BaseException]:
        """Crash, and return what was raised."""
        self.configure(folder)
        module = self.imported()
        if hasattr(module, "prepare"):
            module.prepare(folder)
        numbers = range(self.count) if self.count > 1 else [self.size]
        sys.setrecursionlimit(max(sys.getrecursionlimit(), self.size + 100))
        return [caught(module, number) for number in numbers]

    def configure(self, folder: pathlib.Path) -> None:
        """Make the application importable, for tools that load it with their dumps."""
        if self.configured:
            self.imported().configure(folder)

    def imported(self) -> types.ModuleType:
        return importlib.import_module(f"{__name__}.{self.module}")


def caught(module: types.ModuleType, number: int) -> BaseException:
    """Run in a thread that C code starts and ends, so that no frame of the benchmark stands above catch()'s."""
    found: list[BaseException] = []
    _thread.start_new_thread(found.extend, (map(catch, [module.run], [number]),))
    while not found:
        time.sleep(0.001)
    return found[0]


CRASHES = {
    "script": Crash("script", "3 frames"),
    "flask": Crash("flask_view", "a Flask view"),
    "django": Crash("django_view", "a Django view with ORM objects", configured=True),
    "fastapi": Crash("fastapi_view", "a FastAPI endpoint with pydantic models"),
    "pandas": Crash("pandas_rows", "bulk, and a DataFrame of 100,000 rows", whole=True),
    "bulk": Crash("bulk", "a list of 1,000,000, a dict of 200,000, 20,000 rows", whole=True),
    "linked": Crash("linked", "20,000 linked objects", size=20_000, depth=-1, whole=True),
    "recursion": Crash("recursion", "a RecursionError of 1,000 frames"),
    "group": Crash("group", "an exception group of 50 tasks", size=50),
    "locals": Crash("wide", "300 local variables"),
    "loop": Crash("loop", "different crashes, one after the other: 1,000, or 100 in a quick run", count=1000),
}

GROWTH = {
    "frames": Crash("deep", "frames", whole=True),
    "list": Crash("numbers", "elements of a list", whole=True),
    "objects": Crash("linked", "linked objects", depth=-1, whole=True),
}
SIZES = {
    "frames": [10, 30, 100, 300, 1000, 3000, 10_000],
    "list": [10**3, 10**4, 10**5, 10**6, 10**7],
    "objects": [100, 300, 1000, 3000, 10_000, 30_000, 100_000],
}
