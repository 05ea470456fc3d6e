"""pdb's `source` and `whatis` for the classes of a crash: there is no module that inspect could look into."""

from __future__ import annotations

import functools
import inspect
import linecache
import re
import types
from typing import TYPE_CHECKING, Any

from keeptrace.restore import MockType, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


DOTTED = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


def teach(debugger: Any) -> None:
    """Let a debugger derived from pdb.Pdb know the mocks of classes."""
    for name, command in (("do_whatis", whatis), ("do_source", source)):
        usual = getattr(debugger, name)
        taught = functools.partial(of_class, debugger, command, usual)
        setattr(debugger, name, functools.update_wrapper(taught, usual))  # its docstring is its help


def of_class(debugger: Any, command: Callable[[Any, MockType], bool], usual: Any, argument: str) -> Any:
    """Run a command where its argument names the mock of a class of which something is known, else the usual one."""
    is_name = DOTTED.fullmatch(argument.strip()) is not None
    found, value = attempt(named, debugger, argument.strip()) if is_name else (False, None)
    is_done = found and isinstance(value, MockType) and command(debugger, value)
    return None if is_done else usual(argument)


def named(debugger: Any, dotted: str) -> Any:
    """Return what a name means in the frame that a debugger shows."""
    first, *attributes = dotted.split(".")
    namespace = {**debugger.curframe.f_globals, **locals_of(debugger)}
    return functools.reduce(getattr, attributes, namespace[first])


def locals_of(debugger: Any) -> Any:
    """Return the variables as a debugger has them: before Python 3.13 reading f_locals undoes what was assigned."""
    return vars(debugger).get("curframe_locals") or debugger.curframe.f_locals


def whatis(debugger: Any, cls: MockType) -> bool:
    debugger.message(f"Class {cls.__module__}.{cls.__qualname__}")
    return True


def source(debugger: Any, cls: MockType) -> bool:
    for filename in files_of(debugger.stack, cls):
        lines = linecache.getlines(filename)
        first = defined(lines, cls.__qualname__)
        found, block = attempt(inspect.getblock, lines[first or 0 :])
        if first is not None and found:
            debugger._print_lines(block, first + 1)
            return True
    return False


def files_of(stack: Any, cls: MockType) -> Iterator[str]:
    """Yield the names of files that may define a class: of its methods, and of frames of its module."""
    for value in vars(cls).values():
        function = getattr(value, "fget", getattr(value, "__func__", value))
        if isinstance(function, types.FunctionType):
            yield function.__code__.co_filename
    for frame, _ in stack:
        if frame.f_globals.get("__name__") == cls.__module__:
            yield frame.f_code.co_filename


DEFINITION = re.compile(r"([ \t]*)(?:class|(?:async[ \t]+)?def)[ \t]+(\w+)")
DECORATOR = re.compile(r"[ \t]*@")


def defined(lines: list[str], qualname: str) -> int | None:
    """Return the index of the line with which a class begins, its decorators included; the last definition counts.

    By lines and how far they are indented: to parse what a stranger's dump says can end Python 3.10.
    """
    wanted = [name for name in qualname.split(".") if name != "<locals>"]
    around: list[tuple[int, str]] = []
    found = None
    for index, line in enumerate(lines):
        match = DEFINITION.match(line)
        if match is not None:
            depth = len(match[1].expandtabs())
            while around and around[-1][0] >= depth:
                around.pop()
            around.append((depth, match[2]))
            if len(around) == len(wanted) and [name for _, name in around] == wanted:
                found = index
    while found and DECORATOR.match(lines[found - 1]):
        found -= 1
    return found
