"""One process of a run: writes or loads one crash with one tool, again and again, and says what that cost.

`python child.py TASK` with a task as JSON; the result is written as JSON to the file that the task names. What exceeds
the time limit is killed by SIGALRM, which no tool can catch by mistake.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import json
import os
import pathlib
import resource
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from benchmarks.crashes import Crash
    from benchmarks.holding import Frame
    from benchmarks.tools import Tool

MEMORY = 12 * 2**30
MOST_SAMPLES = 50
ERROR = 100  # characters of what an error says


def main() -> None:
    # Behind site-packages: keepTrace 1.2.0 lies there, and a module of that name in the checkout.
    sys.path[:1] = []
    sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
    from benchmarks.crashes import Crash
    from benchmarks.tools import TOOLS

    task = json.loads(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    crash = Crash(**task["crash"])
    action = {"write": write, "load": load, "look": look}[task["action"]]
    try:
        result = action(TOOLS[task["tool"]](crash), crash, task)
    except Exception as error:  # noqa: BLE001 -- how a tool fails is a part of the result
        result = {"error": f"{type(error).__name__}: {error}".partition("\n")[0][:ERROR]}
    pathlib.Path(task["result"]).write_text(json.dumps(result), encoding="utf-8")
    os._exit(0)  # tearing down millions of objects is nobody's time to wait for


def write(tool: Tool, crash: Crash, task: dict[str, Any]) -> dict[str, Any]:
    folder = pathlib.Path(task["folder"])
    exceptions = crash.exceptions(folder)
    tool.prepare(exceptions)
    paths = [str(folder / f"dump{number}") for number in range(len(exceptions))]

    def once() -> None:
        for exc, path in zip(exceptions, paths, strict=True):
            tool.write(exc, path)

    def clear() -> None:
        for path in paths:
            pathlib.Path(path).unlink(missing_ok=True)

    result = {**memory_growth(once, clear, task), **samples(once, clear, task)}
    return {**result, "bytes": sum(os.path.getsize(path) for path in paths)}


def load(tool: Tool, crash: Crash, task: dict[str, Any]) -> dict[str, Any]:
    paths = [str(pathlib.Path(task["folder"]) / f"dump{number}") for number in range(crash.count)]
    sys.setrecursionlimit(max(sys.getrecursionlimit(), crash.size + 100))
    crash.configure(pathlib.Path(task["folder"]))
    tool.prepare([])

    def once() -> None:
        for path in paths:
            tool.load(path)

    def nothing() -> None:
        pass

    result = {"first": timed(once, task)["cpu"], **samples(once, nothing, task)}
    loaded = (tool.frames(tool.load(path)) for path in paths if task["count"])
    return {**result, "holding": holdings(loaded, tool)}


def look(tool: Tool, crash: Crash, task: dict[str, Any]) -> dict[str, Any]:
    """Count what there is in the living crash, whatever its depth: the most that a tool can hold."""
    from benchmarks.tools import exception_frames

    exceptions = crash.exceptions(pathlib.Path(task["folder"]))
    return {"holding": holdings(map(exception_frames, exceptions), tool)}


def holdings(dumps: Iterable[list[Frame]], tool: Tool) -> dict[str, int]:
    """Return what several dumps hold together."""
    from benchmarks.holding import Holding, held

    total = dict.fromkeys((field.name for field in dataclasses.fields(Holding)), 0)
    for frames in dumps:
        for name, number in dataclasses.asdict(held(frames, tool.markers, tool.parts)).items():
            total[name] += number
    return total


def timed(function: Callable[[], None], task: dict[str, Any]) -> dict[str, float]:
    """Return the seconds a call took: of the processor, in all threads together, and of the wall clock."""
    gc.collect()
    signal.alarm(task["limit"])
    wall, cpu = time.perf_counter(), time.process_time()
    function()
    spent = {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}
    signal.alarm(0)
    return spent


def samples(once: Callable[[], None], clear: Callable[[], None], task: dict[str, Any]) -> dict[str, Any]:
    """Repeat a warm call for as long as the task allows, at least once."""
    found: list[dict[str, float]] = []
    until = time.perf_counter() + task["seconds"]
    while not found or (time.perf_counter() < until and len(found) < MOST_SAMPLES):
        clear()
        found.append(timed(once, task))
    return {name: [sample[name] for sample in found] for name in ("cpu", "wall")}


def memory_growth(once: Callable[[], None], clear: Callable[[], None], task: dict[str, Any]) -> dict[str, Any]:
    """Return by how many bytes the first call raises the process's peak of memory."""
    clear()
    gc.collect()
    forget_peak()
    before = peak()
    first = timed(once, task)["cpu"]
    return {"first": first, "memory": peak() - before}


def forget_peak() -> None:
    """Let Linux start its peak anew: what building the crash took is not what recording it takes."""
    with contextlib.suppress(OSError):
        pathlib.Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak() -> int:
    """Return the most memory this process had, in bytes."""
    try:
        status = pathlib.Path("/proc/self/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main()
