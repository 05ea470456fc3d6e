"""Runs the processes of a benchmark, in rounds, and gathers what they measured.

Every figure is taken in a process of its own. Rounds go through all crashes and tools in turn, so that a machine's
noise falls on all of them; a figure is the median of all rounds. A tool that failed once is not asked again.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from benchmarks.crashes import CRASHES, GROWTH, SIZES
from benchmarks.holding import Holding

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.crashes import Crash

HERE = pathlib.Path(__file__).resolve().parent
SETTING_UP = 180  # seconds a process may take beside the call that is timed
GROWING = ("keeptrace, no gzip", "C pickler", "coredumpy", "pydumpling", "yasdu", "tibidi")
DEPTHS = ("keeptrace, depth 6", "keeptrace, depth 20")  # nothing new where a crash is recorded to any depth
STARTS = 15


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much a run measures.

    rounds: how often everything is measured.
    seconds: for how long a call is repeated in one process.
    limit: seconds that one call may take.
    growth_limit: the same for the plots of growth.
    largest: where the plots end.
    loop: how many crashes the loop has.
    """

    rounds: int = 3
    seconds: float = 1.0
    limit: int = 60
    growth_limit: int = 10
    largest: int = 10**7
    loop: int = 1000


QUICK = Effort(rounds=1, seconds=0.3, limit=20, growth_limit=3, largest=10**6, loop=100)


@dataclasses.dataclass
class Measurement:
    """What one tool did with one crash: seconds of processor time for write and load, wall seconds beside them."""

    write: float | None = None
    write_wall: float | None = None
    first_write: float | None = None
    load: float | None = None
    load_wall: float | None = None
    first_load: float | None = None
    bytes: int | None = None
    memory: int | None = None
    holding: Holding | None = None
    error: str | None = None


@dataclasses.dataclass
class Results:
    """Everything that one run measured.

    crashes: by crash and tool.
    living: what there is to hold, by crash.
    growth: seconds to write, by what grows, tool and size.
    startup: seconds, by what is started.
    """

    machine: dict[str, Any]
    crashes: dict[str, dict[str, Measurement]] = dataclasses.field(default_factory=dict)
    living: dict[str, Holding] = dataclasses.field(default_factory=dict)
    growth: dict[str, dict[str, dict[int, float]]] = dataclasses.field(default_factory=dict)
    startup: dict[str, float] = dataclasses.field(default_factory=dict)


class Bench:
    """One run: the processes it starts, in a folder for their dumps."""

    def __init__(self, folder: pathlib.Path, effort: Effort, say: Callable[[str], None]) -> None:
        self.folder = folder
        self.effort = effort
        self.say = say

    def process(self, action: str, tool: str, crash: Crash, limit: int, *, count: bool = False) -> dict[str, Any]:
        """Run one task in a process of its own, and return its result, or {"error": why there is none}."""
        result = self.folder / "result"
        result.unlink(missing_ok=True)
        task = {
            "action": action,
            "tool": tool,
            "crash": dataclasses.asdict(crash),
            "folder": str(self.folder),
            "result": str(result),
            "limit": limit,
            "seconds": self.effort.seconds,
            "count": count,
        }
        command = [sys.executable, str(HERE / "child.py"), json.dumps(task)]
        most = SETTING_UP + 3 * limit
        try:
            ended = subprocess.run(command, env=clean(), capture_output=True, timeout=most, check=False)
        except subprocess.TimeoutExpired:
            return {"error": f"not done after {most} s in all"}
        if result.exists():
            found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
            return found
        return {"error": f"past {limit} s" if ended.returncode == -14 else f"its process ended with {ended.returncode}"}

    def crashes(self, names: list[str], tools: list[str], results: Results) -> None:
        """Measure every crash with every tool."""
        runs: dict[tuple[str, str], list[dict[str, Any]]] = collections.defaultdict(list)
        crashes = {name: self.sized(CRASHES[name]) for name in names}
        asked = [(name, tool) for name in names for tool in tools if crashes[name].depth >= 0 or tool not in DEPTHS]
        for round_number in range(self.effort.rounds):
            for name, tool in asked:
                if not any("error" in run for run in runs[name, tool]):
                    self.say(f"round {round_number + 1}: {name}, {tool}")
                    runs[name, tool].append(self.write_and_load(tool, crashes[name], count=round_number == 0))
        for name in names:
            results.crashes[name] = {tool: summary(runs[name, tool]) for tool in tools if runs[name, tool]}
            results.living[name] = self.living(crashes[name])

    def sized(self, crash: Crash) -> Crash:
        """Return a crash as often as it is to happen."""
        return dataclasses.replace(crash, count=min(crash.count, self.effort.loop))

    def living(self, crash: Crash) -> Holding:
        looked = self.process("look", "text", crash, self.effort.limit)
        if "error" in looked:
            raise RuntimeError(f"cannot count what crash {crash.module!r} holds: {looked['error']}")
        return Holding(**looked["holding"])

    def write_and_load(self, tool: str, crash: Crash, *, count: bool) -> dict[str, Any]:
        written = self.process("write", tool, crash, self.effort.limit)
        if "error" in written:
            return written
        loaded = self.process("load", tool, crash, self.effort.limit, count=count)
        if "error" in loaded:
            return {"write": written, "error": f"cannot load: {loaded['error']}"}
        return {"write": written, "load": loaded}

    def growth(self, tools: list[str], results: Results) -> None:
        """Measure how the cost of writing grows; a tool is left where it takes too long."""
        for what, crash in GROWTH.items():
            curves = results.growth.setdefault(what, {})
            stopped: set[str] = set()
            for size in (size for size in SIZES[what] if size <= self.effort.largest):
                for tool in (tool for tool in tools if tool in GROWING and tool not in stopped):
                    self.say(f"growth: {size} {crash.what}, {tool}")
                    grown = dataclasses.replace(crash, size=size)
                    found = self.process("write", tool, grown, self.effort.growth_limit)
                    if "error" in found:
                        stopped.add(tool)
                    else:
                        curves.setdefault(tool, {})[size] = statistics.median(found["cpu"])

    def startup(self, results: Results) -> None:
        """Measure what keeptrace costs a program that does not crash, and the first load of a small crash."""
        self.say("start-up")
        self.process("write", "keeptrace", CRASHES["script"], self.effort.limit)
        fresh = [sys.executable, str(HERE / "fresh.py")]
        times = collections.defaultdict(list)
        for _ in range(STARTS):
            bare = processor_time([sys.executable, "-c", "pass"])
            times["import keeptrace"].append(processor_time([sys.executable, "-c", "import keeptrace"]) - bare)
            first, again = printed([*fresh, "init"])
            times["init(), 500 exception classes"].append(first)
            times["init() again"].append(again)
            first, again = printed([*fresh, "dump", str(self.folder)])
            times["first dump of script, fresh interpreter"].append(first)
            times["second dump"].append(again)
            times["load of script, fresh interpreter"] += printed([*fresh, "load", str(self.folder / "dump0")])
            for name, seconds in zip(SMALL, printed([*fresh, "small"]), strict=True):
                times[name].append(seconds)
        results.startup.update((name, statistics.median(found)) for name, found in times.items())


SMALL = ("pickle.dumps(5), 1,000 times", "pickle.dumps(5) after init(), 1,000 times")


def measure(
    names: list[str], tools: list[str], effort: Effort, *, only_crashes: bool, say: Callable[[str], None]
) -> Results:
    """Run the benchmark: crashes and tools by name, then growth and start-up, unless only crashes are asked for."""
    results = Results({"python": sys.version, "platform": sys.platform, "processors": os.cpu_count()})
    with tempfile.TemporaryDirectory(prefix="keeptrace-benchmark-") as folder:
        bench = Bench(pathlib.Path(folder), effort, say)
        bench.crashes(names, tools, results)
        if not only_crashes:
            bench.growth(tools, results)
            bench.startup(results)
    return results


def summary(runs: list[dict[str, Any]]) -> Measurement:
    """Join the rounds of one tool and crash into the medians of its figures."""
    found = Measurement(error=next((run["error"] for run in runs if "error" in run), None))
    writes = [run["write"] for run in runs if "write" in run]
    loads = [run["load"] for run in runs if "load" in run]
    if writes:
        found.write, found.write_wall, found.first_write = (middle(writes, name) for name in ("cpu", "wall", "first"))
        found.bytes, found.memory = writes[0]["bytes"], max(run["memory"] for run in writes)
    if loads:
        found.load, found.load_wall, found.first_load = (middle(loads, name) for name in ("cpu", "wall", "first"))
        found.holding = Holding(**loads[0]["holding"])
    return found


def middle(runs: list[dict[str, Any]], name: str) -> float:
    """Return the median of a figure: of each round's median, where a round has several values."""
    values = [run[name] for run in runs]
    return float(statistics.median(statistics.median(value) if isinstance(value, list) else value for value in values))


def clean() -> dict[str, str]:
    """Return the environment of the processes: the checkout is no path of theirs but where they put it themselves.

    Modules are compiled once and kept, as they are for users.
    """
    without = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")
    return {**{name: value for name, value in os.environ.items() if name not in without}, "PYTHONHASHSEED": "0"}


def processor_time(command: list[str]) -> float:
    """Return the processor time of a whole process, started in the checkout."""
    with subprocess.Popen(command, cwd=HERE.parent, env=clean()) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return float(usage.ru_utime + usage.ru_stime)


def printed(command: list[str]) -> list[float]:
    ended = subprocess.run(command, env=clean(), capture_output=True, check=True, text=True)
    return [float(word) for word in ended.stdout.split()]
