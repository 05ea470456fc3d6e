"""`keeptrace debug`: a debugger where the program crashed. Restored tracebacks are real, so that any will do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from keeptrace.reducers import links, members
from keeptrace.tools import debuggers, inputs
from keeptrace.tools.errors import ToolError
from keeptrace.tools.place import Place
from keeptrace.tools.terminal import warn
from keeptrace.tools.view import Crash, entries_of, last_lines

if TYPE_CHECKING:
    import argparse
    import types
    from collections.abc import Iterator

    from keeptrace.files.header import Header

AN_HOUR = 3600
TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"


def command(options: argparse.Namespace) -> None:
    name = wanted(options)
    name, debugger = found_debugger(name, has_user=options.wait and not debuggers.is_attached())
    given = inputs.chosen(options)
    if options.trust:
        warn(f"opening what {given.name!r} holds: this runs code from it (--trust)")
    header = given.header()
    found = place(Crash.of(given.load(trust=options.trust), given.name, header), header, options)
    debuggers.check(name, found)
    if given.path is None and not found.commands and debuggers.kind(name) not in debuggers.LISTENING:
        read_from_terminal()
    if found.exception is not None and found.background is None:
        print(last_lines(found.exception), flush=True)
    if options.wait:
        debugger(found)
    else:
        open_in_background(name, given, options)


def wanted(options: argparse.Namespace) -> str:
    """Return the name of the debugger that is wanted, with its port where one is given."""
    name: str = options.debugger or debuggers.default()
    if options.port is not None and (":" in name or name not in debuggers.LISTENING):
        raise ToolError(f"cannot use --port with {name}; {', '.join(debuggers.LISTENING)} take it")
    if not options.wait and debuggers.kind(name) != "vscode":
        raise ToolError(f"cannot use --no-wait with {name}; vscode takes it")
    if not options.wait and options.file == inputs.STDIN:
        raise ToolError("cannot use --no-wait with standard input; save the dump in a file, and name that")
    return name if options.port is None else f"{name}:{options.port}"


def found_debugger(name: str, *, has_user: bool) -> tuple[str, debuggers.Opener]:
    """Return a debugger's name and the debugger; pdb, after a line that says why, where it cannot be had by a user."""
    try:
        return name, debuggers.named(name)
    except ToolError as error:
        raise ToolError(f"cannot open the debugger {name!r}: {error}") from error
    except Exception as error:  # one that fails to import fails as it likes: pdbpp with an AttributeError
        cause = str(error) if isinstance(error, ImportError) else f"{type(error).__name__}: {error}"
        hint = f"; {debuggers.remedy(name)}" if isinstance(error, ImportError) else ""
        text = f"cannot open the debugger {name!r}: {cause}{hint}"
        if not has_user:
            raise ToolError(text) from error
        warn(f"{text}. pdb opens instead")
        return "pdb", debuggers.named("pdb")


def open_in_background(name: str, given: inputs.Input, options: argparse.Namespace) -> None:
    """Let a process that goes on when this one ends wait for an editor; print where it listens."""
    arguments = [str(given.path), "--debugger", name, "--background", str(AN_HOUR)]
    arguments += ["--trust"] if options.trust else []
    arguments += ["--exception", str(options.exception)] if options.exception is not None else []
    arguments += ["--thread", options.thread] if options.thread is not None else []
    process = subprocess.Popen(  # noqa: S603 (our own)
        [sys.executable, "-m", "keeptrace", "debug", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.startswith("{"):  # the configuration, which is printed last
            return
    sys.stderr.write(process.stderr.read())
    sys.exit(process.wait())


def place(crash: Crash, header: Header | None, options: argparse.Namespace) -> Place:
    """Return what is to be opened, and where in it."""
    exception, traceback = chosen(crash, options)
    is_all = options.thread is None and options.exception is None
    return Place(
        exception,
        traceback,
        name=options.thread or (header.thread if header else ""),
        frame=frame_index(options.frame, len(entries_of(traceback))),
        commands=tuple(options.commands or ()),
        more=tuple(each for each in with_members(crash) if is_all and each is not exception),
        stacks={name: stack for name, stack in crash.stacks.items() if stack is not traceback},
        background=options.background,
    )


def with_members(crash: Crash) -> Iterator[BaseException]:
    """Yield the crashes that were dumped, and below each the members of its group, those that have a traceback."""
    waiting, seen = crash.exceptions[::-1], set()
    while waiting:
        exception = waiting.pop()
        if id(exception) not in seen:
            seen.add(id(exception))
            waiting.extend(reversed(members(exception)))
            if links(exception)[0] is not None:
                yield exception


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
