"""`keeptrace info`: what the header of a dump says; of a pickle without one, what opening it tells."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from keeptrace.files.fingerprint import fingerprint, frames
from keeptrace.reducers import links
from keeptrace.tools import inputs, terminal
from keeptrace.tools.view import Crash, Detail, Link, raised
from keeptrace.vetting.text import clean_name

if TYPE_CHECKING:
    import argparse

    from keeptrace.files.header import Header
    from keeptrace.tools.inputs import Input
    from keeptrace.tools.view import View

NO_HEADER = "a pickle without header, as stock pickle writes it with keeptrace.init()"


def command(options: argparse.Namespace) -> None:
    given = inputs.chosen(options)
    header = given.header()
    found = described(given, trust=options.trust) if header is None else header_facts(header)
    found = {"file": clean_name(given.name), **found, "file_bytes": len(given.data)}
    if options.json:
        print(json.dumps(found, indent=2))
        return
    width = max(map(len, found))
    shown = [(name, terminal.printed(value)) for name, value in found.items() if value not in ("", ())]
    terminal.print_lines(([("quiet", f"{name:<{width}}  "), ("", text)] for name, text in shown), options)


def header_facts(header: Header) -> dict[str, Any]:
    return {"kind": "dump", **vars(header)}


def described(given: Input, *, trust: bool) -> dict[str, Any]:
    """Return the facts about a pickle that has no header."""
    return {"kind": NO_HEADER, **about(Crash.of(given.load(trust=trust), given.name))}


def about(crash: Crash) -> dict[str, Any]:
    """Return what a crash itself tells of what a header would say."""
    if not crash.exceptions:
        first = next(iter(crash.stacks.values()))
        return {"fingerprint": fingerprint(first), "frames": sum(1 for _ in frames(first))}
    exception = crash.exceptions[0]
    found = raised(Link(exception), 1, Detail(frames=1, locals=False))
    return {
        "exception": found.type,
        "message": message(found.type, found.text),
        "fingerprint": fingerprint(exception),
        "frames": sum(1 for _ in frames(links(exception)[0])),
    }


def message(name: str, text: str) -> str:
    """Return an exception's message from the last lines of its traceback."""
    return text.removeprefix(name).removeprefix(": ")


def summary(view: View) -> list[tuple[str, str]]:
    """Return the few facts that are shown above a crash."""
    header = view.header
    found = {"dump": view.name}
    if header is not None:
        found["program"] = shlex.join(header.argv) or header.program
        thread = f"thread {header.thread}" if header.thread not in ("", "MainThread") else ""
        found["on"] = ", ".join(filter(None, [header.host, f"pid {header.pid}", thread, header.platform]))
        found["with"] = f"Python {header.python}" if header.python else ""
        found["at"] = header.time.replace("T", " ").replace("Z", " UTC")
        found["about"] = terminal.printed(header.context)
        found["note"] = terminal.printed(header.note)
    return [(name, text) for name, text in found.items() if text]
