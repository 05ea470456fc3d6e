"""`keeptrace debug`: a debugger where the program crashed. Restored tracebacks are real, so that any will do."""

from __future__ import annotations

import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from keeptrace.reducers import links
from keeptrace.tools import inputs
from keeptrace.tools.errors import ToolError
from keeptrace.tools.terminal import warn
from keeptrace.tools.view import Crash, last_lines

if TYPE_CHECKING:
    import argparse
    import types

TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"
PACKAGES = {"ipdb": "ipdb", "pdbpp": "pdbpp", "pudb": "pudb"}


def command(options: argparse.Namespace) -> None:
    debugger = debugger_named(options.debugger)
    given = inputs.chosen(options)
    if options.trust:
        warn(f"opening what {given.name!r} holds: this runs code from it (--trust)")
    exception, traceback = place(Crash.of(given.load(trust=options.trust), given.name), options)
    if given.path is None:
        read_from_terminal()
    if exception is not None:
        print(last_lines(exception), flush=True)
    open_debugger(options.debugger, debugger, exception, traceback)


def debugger_named(name: str) -> Any:
    """Return what opens a debugger on a traceback: NAME's post_mortem, or the CALLABLE of MODULE:CALLABLE."""
    module, _, attribute = name.partition(":")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        remedy = f"pip install {PACKAGES[module]}" if module in PACKAGES else "install it, or see PYTHONPATH"
        raise ToolError(f"cannot open the debugger {name!r}: {error}; {remedy}") from error
    opener = getattr(found, attribute or "post_mortem", None)
    if not callable(opener):
        raise ToolError(
            f"cannot open the debugger {name!r}: module {module!r} has no function {attribute or 'post_mortem'!r}; "
            "name one as MODULE:CALLABLE"
        )
    return opener


def place(crash: Crash, options: argparse.Namespace) -> tuple[BaseException | None, types.TracebackType]:
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


def open_debugger(name: str, debugger: Any, exception: BaseException | None, traceback: types.TracebackType) -> None:
    if name == "pudb":
        debugger(traceback, None if exception is None else type(exception), exception)
    elif name == "pdb" and exception is not None and sys.version_info >= (3, 13):
        debugger(exception)  # its `exceptions` command goes through the chain
    else:
        debugger(traceback)
