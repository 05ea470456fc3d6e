"""pdb's `source` and `whatis` for the classes of a crash: there is no module that inspect could look into."""

from __future__ import annotations

import ast
import functools
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


def defined(tree: ast.AST, qualname: str) -> ast.ClassDef | None:
    """Return where a class is defined; the last definition counts."""
    within = [tree]
    for name in qualname.split("."):
        if name != "<locals>":
            within = [each for part in within for each in definitions(part) if each.name == name]
    return next((each for each in reversed(within) if isinstance(each, ast.ClassDef)), None)


def definitions(part: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the classes and functions in a part of the source, but none that is in another of them."""
    waiting = list(ast.iter_child_nodes(part))[::-1]
    while waiting:
        each = waiting.pop()
        if isinstance(each, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield each
        else:
            waiting.extend(list(ast.iter_child_nodes(each))[::-1])
