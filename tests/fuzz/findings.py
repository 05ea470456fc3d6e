"""What both fuzzers share: a finding is kept once, with its traceback, and the run goes on.

libFuzzer ends at its first finding; here an exception, or an input that takes too long, is written to the folder of
KEEPTRACE_FINDINGS (by default `findings` in the current folder), one file of input and one of text for each place in
the code. What ends the process all the same (a crash of the interpreter, a hang of more than libFuzzer's -timeout,
memory) libFuzzer writes itself, to the current folder.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import pathlib
import sys
import time
import traceback
from typing import TYPE_CHECKING

import atheris

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = pathlib.Path(os.environ.get("KEEPTRACE_FINDINGS", "findings")).resolve()
SECONDS = 5.0  # of processor time that one input may take, instrumented
REPORTED_EVERY = 60.0  # seconds


class TooSlow(Exception):
    """An input that took longer than SECONDS."""


class Findings:
    """Counts the inputs, and keeps the first input of each kind of failure."""

    def __init__(self, target: Callable[[bytes], object]) -> None:
        self.target = target
        self.inputs = self.useful = 0
        self.slowest = 0.0
        self.seen: set[str] = set()
        self.started = self.reported = time.monotonic()
        atexit.register(self.report)

    def __call__(self, data: bytes) -> None:
        started = time.process_time()  # a busy machine makes an input no slower
        try:
            self.useful += bool(self.target(data))
        except Exception as error:
            self.keep(data, error)
        taken = time.process_time() - started
        if taken > SECONDS:
            self.keep(data, TooSlow(f"{taken:.1f} s"))
        self.inputs += 1
        self.slowest = max(self.slowest, taken)
        if time.monotonic() - self.reported > REPORTED_EVERY:
            self.report()

    def keep(self, data: bytes, error: Exception) -> None:
        places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        kind = f"{type(error).__name__} {places[-1:]} {places[1:2]}"
        if kind in self.seen:
            return
        self.seen.add(kind)
        FOLDER.mkdir(parents=True, exist_ok=True)
        path = FOLDER / hashlib.sha256(kind.encode()).hexdigest()[:12]
        path.with_suffix(".input").write_bytes(data)
        text = "".join(traceback.format_exception(error))
        path.with_suffix(".txt").write_text(text, encoding="utf-8", errors="backslashreplace")
        print(f"FINDING {path.name} {kind}: {ascii(str(error))[:300]}", file=sys.stderr, flush=True)

    def report(self) -> None:
        self.reported = time.monotonic()
        print(
            f"TRIED {self.inputs} inputs ({self.useful} accepted) in {self.reported - self.started:.0f} s, "
            f"slowest {self.slowest:.2f} s, {len(self.seen)} kinds of findings",
            file=sys.stderr,
            flush=True,
        )


def run(target: Callable[[bytes], object]) -> None:
    """Fuzz a target: with the files named on the command line once, else for ever (see libFuzzer's options)."""
    atheris.Setup(sys.argv, Findings(target))
    atheris.Fuzz()
