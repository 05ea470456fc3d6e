"""`keeptrace debug`: a debugger where the program crashed. Restored tracebacks are real, so that any will do."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from keeptrace.reducers import links
from keeptrace.tools import debuggers, inputs
from keeptrace.tools.errors import ToolError
from keeptrace.tools.terminal import warn
from keeptrace.tools.view import Crash, entries_of, last_lines

if TYPE_CHECKING:
    import argparse
    import types

TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"


def command(options: argparse.Namespace) -> None:
    debugger = debugger_of(options)
    given = inputs.chosen(options)
    if options.trust:
        warn(f"opening what {given.name!r} holds: this runs code from it (--trust)")
    found = place(Crash.of(given.load(trust=options.trust), given.name), options)
    if given.path is None and not found.commands:
        read_from_terminal()
    if found.exception is not None:
        print(last_lines(found.exception), flush=True)
    debugger(found)


def debugger_of(options: argparse.Namespace) -> debuggers.Opener:
    """Return the debugger that is wanted; pdb, and a line that says why, where it cannot be had."""
    name = options.debugger or debuggers.default()
    try:
        return debuggers.named(name)
    except ToolError as error:
        raise ToolError(f"cannot open the debugger {name!r}: {error}") from error
    except Exception as error:  # noqa: BLE001 (one that fails to import fails as it likes: pdbpp with an AttributeError)
        cause = (
            f"{error}; {debuggers.remedy(name)}"
            if isinstance(error, ModuleNotFoundError)
            else f"{type(error).__name__}: {error}"
        )
        warn(f"cannot open the debugger {name!r}: {cause}. pdb opens instead")
        return debuggers.named("pdb")


def place(crash: Crash, options: argparse.Namespace) -> debuggers.Place:
    """Return what is to be opened, and where in it."""
    exception, traceback = chosen(crash, options)
    found = debuggers.Place(exception, traceback, options.thread or "", None, tuple(options.commands or ()))
    return found._replace(frame=frame_index(options.frame, len(entries_of(traceback))))


def frame_index(number: int | None, count: int) -> int | None:
    """Return the index of a frame that is counted from 1, or from -1 at the innermost."""
    if number is None:
        return None
    if not 1 <= abs(number) <= count:
        raise ToolError(f"cannot find the frame {number}; there are {count}, from 1, the outermost, or from -1 back")
    return number - 1 if number > 0 else count + number


def chosen(crash: Crash, options: argparse.Namespace) -> tuple[BaseException | None, types.TracebackType]:
    """Return the exception and the traceback that are to be debugged: by default what the program died of."""
    if options.thread is not None:
        if options.thread not in crash.stacks:
            raise ToolError(f"cannot find the thread {options.thread!r}; there are: {listed(crash.stacks)}")
        return None, crash.stacks[options.thread]
    if options.exception is not None:
        found = crash.links()
        if not 1 <= options.exception <= len(found):
            raise ToolError(f"cannot find the exception {options.exception}; there are {len(found)}, from 1 on")
        candidates = [found[options.exception - 1].exception]
    else:
        candidates = [*crash.exceptions[:1], *(link.exception for link in reversed(crash.links()))]
    for exception in candidates:
        traceback = links(exception)[0]
        if traceback is not None:
            return exception, traceback
    if options.exception is None and crash.stacks:
        return None, next(iter(crash.stacks.values()))
    raise ToolError("cannot debug an exception that has no traceback; `keeptrace show` prints all of it")


def listed(names: Any) -> str:
    return ", ".join(map(repr, names)) or "none; dump with threads=True"


def read_from_terminal() -> None:
    """Let the debugger read commands from the terminal: standard input was the dump."""
    try:
        descriptor = os.open(TERMINAL, os.O_RDWR)
    except OSError as error:
        raise ToolError("cannot debug what came by standard input: there is no terminal to read commands from; save \
it in a file, and name that") from error  # fmt: skip
    os.dup2(descriptor, 0)
    os.close(descriptor)
    sys.stdin = open(0, encoding=sys.stdin.encoding, closefd=False)  # noqa: SIM115 (it is standard input from here on)
