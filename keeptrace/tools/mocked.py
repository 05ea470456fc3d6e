"""pdb's `source` and `whatis` for the classes of a crash: there is no module that inspect could look into."""

from __future__ import annotations

import ast
import functools
import linecache
import types
from typing import TYPE_CHECKING, Any

from keeptrace.restore import MockType, attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def teach(debugger: Any) -> None:
    """Let a debugger derived from pdb.Pdb know the mocks of classes."""
    for name, command in (("do_whatis", whatis), ("do_source", source)):
        setattr(debugger, name, functools.partial(of_class, debugger, command, getattr(debugger, name)))


def of_class(debugger: Any, command: Callable[[Any, MockType], bool], usual: Any, argument: str) -> Any:
    """Run a command where its argument is the mock of a class and something is known of that, else the usual one."""
    frame = debugger.curframe
    found, value = attempt(eval, argument, frame.f_globals, dict(frame.f_locals))
    is_done = found and isinstance(value, MockType) and command(debugger, value)
    return None if is_done else usual(argument)


def whatis(debugger: Any, cls: MockType) -> bool:
    debugger.message(f"Class {cls.__module__}.{cls.__qualname__}")
    return True


def source(debugger: Any, cls: MockType) -> bool:
    for filename in files_of(debugger.stack, cls):
        lines = linecache.getlines(filename)
        parsed, tree = attempt(ast.parse, "".join(lines))
        definition = defined(tree, cls.__qualname__) if parsed else None
        if definition is not None:
            first = min([definition.lineno, *(each.lineno for each in definition.decorator_list)])
            debugger._print_lines(lines[first - 1 : definition.end_lineno], first)
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


def defined(tree: Any, qualname: str) -> ast.ClassDef | None:
    """Return where a class is defined, in other classes or in functions; the last definition counts."""
    within: list[Any] = [tree]
    for name in qualname.split("."):
        if name != "<locals>":
            inner = [each for part in within for each in ast.walk(part) if each is not part]
            within = [each for each in inner if getattr(each, "name", None) == name]
    return next((each for each in reversed(within) if isinstance(each, ast.ClassDef)), None)
