"""`keeptrace parse`: the tracebacks in logs, those of one bug once. Logs are read line by line, of any length."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import sys
import traceback
from typing import IO, TYPE_CHECKING, Any

from keeptrace.files.fingerprint import fingerprint
from keeptrace.tools import inputs, terminal
from keeptrace.utils import parse_tracebacks
from keeptrace.vetting.text import clean_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

GZIP = b"\x1f\x8b"


@dataclasses.dataclass
class Bug:
    """What was found of one bug: how often, and the text of the latest traceback."""

    fingerprint: str
    exception: str
    count: int
    text: str


def command(options: argparse.Namespace) -> None:
    bugs: dict[str, Bug] = {}
    for path in options.logs:
        with opened(path) as log:
            for found in parse_tracebacks(log):
                add(bugs, found)
    ordered = sorted(bugs.values(), key=lambda bug: bug.count, reverse=True)
    if options.json:
        print(json.dumps([dataclasses.asdict(bug) for bug in ordered], indent=2))
    elif ordered:
        terminal.print_lines(lines(ordered), options)
    else:
        print("no tracebacks found")


def opened(path: str) -> contextlib.AbstractContextManager[IO[bytes]]:
    """Return a log's lines to be read; what is gzipped is read as what it was."""
    if path == inputs.STDIN:
        return contextlib.nullcontext(sys.stdin.buffer)
    with open(path, "rb") as file:
        is_zipped = file.read(2) == GZIP
    zipped: Any = gzip.open(path) if is_zipped else open(path, "rb")  # noqa: SIM115 (the caller closes it)
    return contextlib.closing(zipped)


def add(bugs: dict[str, Bug], found: Any) -> None:
    """Count a traceback."""
    text = clean_text("".join(traceback.format_exception(*found))).rstrip("\n")
    last = clean_text("".join(traceback.format_exception_only(*found[:2])))
    key = fingerprint(found)
    bug = bugs.setdefault(key, Bug(key, "", 0, ""))
    bug.count, bug.text = bug.count + 1, text
    bug.exception = next((line for line in last.splitlines() if line[:1] != " "), "")  # below a SyntaxError's place


def lines(bugs: list[Bug]) -> Iterator[terminal.Line]:
    total = sum(bug.count for bug in bugs)
    yield [("title", f"{total:,} tracebacks, {len(bugs):,} different")]
    for bug in bugs:
        yield []
        yield [("title", f"{bug.count:,} times"), ("quiet", f"  {bug.fingerprint}  "), ("error", bug.exception)]
        for line in bug.text.split("\n"):
            yield [("", f"    {line}")]
