"""The full grid: one rich crash, recorded by each Python from 3.10 and loaded by each Python from 3.8.

    python tests/grid.py

Prints a table, each failure, the versions that were missing, and a closing line with the counts; ends with 1 where a
pair failed. Interpreters are found as interpreters.py says: KEEPTRACE_PYTHONS adds some.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import interpreters

TESTS = pathlib.Path(__file__).resolve().parent
AT_ONCE = 2
LINES_SHOWN = 30

# What went wrong in a pair, "" where nothing did, by the versions that recorded and loaded.
Results = dict[tuple[str, str], str]


def main() -> int:
    print("\n".join(interpreters.report()))
    with tempfile.TemporaryDirectory() as folder:
        results = run_grid(pathlib.Path(folder))
    print_results(results)
    failed = sum(map(bool, results.values()))
    print(f"grid: {len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


def run_grid(folder: pathlib.Path) -> Results:
    """Record with each interpreter that can, then check every dump with every interpreter."""
    recorders = [version for version in interpreters.RECORDING if version in interpreters.found()]
    pairs = [(recorder, loader) for recorder in recorders for loader in interpreters.found()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        recorded = dict(zip(recorders, pool.map(lambda version: record(version, folder), recorders), strict=True))
        checked = pool.map(lambda pair: recorded[pair[0]] or check(pair[0], pair[1], folder), pairs)
        return dict(zip(pairs, checked, strict=True))


def record(version: str, folder: pathlib.Path) -> str:
    """Record the crash with copies of its programs that are gone before anything is loaded; return what went wrong."""
    with tempfile.TemporaryDirectory() as application:
        shutil.copy(TESTS / "samples" / "grid_crash.py", application)
        python = [interpreters.found()[version]]
        return attempt(python, "record", version, folder, application, **interpreters.keeptrace_importable())


def check(recorder: str, loader: str, folder: pathlib.Path) -> str:
    """Check one interpreter's dump with another, which sees nothing that is installed; return what differed."""
    with tempfile.TemporaryDirectory() as empty:
        return attempt([interpreters.found()[loader], "-I", "-S"], "check", recorder, folder, empty)


def attempt(python: list[str], role: str, recorder: str, folder: pathlib.Path, place: str, **env: str) -> str:
    """Run one role of grid_facts.py, as a copy in some place, on one interpreter's dump; return how it failed."""
    program = shutil.copy(TESTS / "grid_facts.py", place)
    files = [str(folder / f"crash-{recorder}.{kind}") for kind in ("pkl", "json")]
    cwd = interpreters.CHECKOUT if role == "record" else place
    try:
        interpreters.run([*python, "-W", "error", program, role, *files], cwd=cwd, **env)
    except (AssertionError, subprocess.TimeoutExpired) as failure:
        return str(failure)
    return ""


def print_results(results: Results) -> None:
    loaders = list(interpreters.found())
    print("\nrecorded by \\ loaded by", *(f"{version:>6}" for version in loaders))
    for recorder in dict.fromkeys(recorder for recorder, _ in results):
        marks = ("FAILED" if results[recorder, loader] else "ok" for loader in loaders)
        print(f"{recorder:>23}", *(f"{mark:>6}" for mark in marks))
    for failure, pairs in by_failure(results).items():
        lines = failure.splitlines()
        print("\nFAILED:", *pairs, sep="\n  ")
        print(*lines[:LINES_SHOWN], sep="\n")
        print(f"... and {len(lines) - LINES_SHOWN} lines more" if len(lines) > LINES_SHOWN else "")
    for version in interpreters.missing():
        print(f"NOT TESTED: no CPython {version} was found")


def by_failure(results: Results) -> dict[str, list[str]]:
    """Return the pairs that failed, by what went wrong, without the first line, which is each pair's own command."""
    pairs: dict[str, list[str]] = {}
    for (recorder, loader), failure in results.items():
        if failure:
            command, _, output = failure.partition("\n")
            pairs.setdefault(output or command, []).append(f"recorded by {recorder}, loaded by {loader}")
    return pairs


if __name__ == "__main__":
    sys.exit(main())
