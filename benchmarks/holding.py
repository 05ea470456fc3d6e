"""What a dump really holds, counted in what a tool loaded: frames, variables, and the values reached from these.

A value that can be shared (a container, an instance) counts once; a plain one (a number, a string, None) counts in
each place where it stands, since picklers share these at will. Names do not count, nor does a module's own `__name__`
and the like. Modules, classes and functions count as one, and so does what only a representation is left of. What
stands for something that was left out counts nothing.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ARGS: Any = vars(BaseException)["args"]
PLAIN = frozenset([type(None), bool, int, float, complex, str, bytes, bytearray])
SEQUENCES = (list, tuple, set, frozenset, collections.deque)
CLOSED = (
    type,
    types.ModuleType,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.CodeType,
    types.FrameType,
    types.TracebackType,
)
"""Types of what counts as one: what lies behind it belongs to the program or to the stack, not to a value."""


@dataclasses.dataclass
class Frame:
    """A frame as a tool loaded it."""

    file: str
    local: dict[str, Any]
    module: dict[str, Any]


@dataclasses.dataclass
class Holding:
    """How much a dump holds: values are those reached from the variables, themselves included."""

    frames: int = 0
    local_variables: int = 0
    local_values: int = 0
    global_variables: int = 0
    global_values: int = 0

    @property
    def variables(self) -> int:
        return self.local_variables + self.global_variables

    @property
    def values(self) -> int:
        return self.local_values + self.global_values

    def covers(self, other: Holding, share: float = 1.0) -> bool:
        """Tell whether there is as much of everything as in another dump, or the given share of it."""
        mine = (self.frames, self.variables, self.values)
        return all(ours >= share * theirs for ours, theirs in zip(mine, other.counted(), strict=True))

    def counted(self) -> tuple[int, int, int]:
        return self.frames, self.variables, self.values


def held(frames: list[Frame], markers: frozenset[str], parts: Callable[[Any], Iterable[Any] | None]) -> Holding:
    """Count what frames hold.

    markers: names of the classes whose instances say that something was left out.
    parts: what a tool's stand-in for an object holds; None for other objects.
    """
    counter = Counter(markers, parts)
    found = Holding(frames=len(frames))
    for frame in frames:
        found.local_variables += len(frame.local)
        found.local_values += counter.count(frame.local.values())
    modules: dict[str, dict[str, Any]] = {}
    for frame in frames:
        modules.setdefault(frame.file, {}).update(frame.module)
    for module in modules.values():
        variables = [value for name, value in module.items() if not (name.startswith("__") and name.endswith("__"))]
        found.global_variables += len(variables)
        found.global_values += counter.count(variables)
    return found


class Counter:
    """Counts values, the shared ones once in all its counts."""

    def __init__(self, markers: frozenset[str], parts: Callable[[Any], Iterable[Any] | None]) -> None:
        self.markers = markers
        self.parts = parts
        self.seen: dict[int, Any] = {}

    def count(self, values: Iterable[Any]) -> int:
        number, waiting = 0, [values]
        while waiting:
            for value in waiting.pop():
                if type(value) in PLAIN:
                    number += 1
                elif id(value) not in self.seen and type(value).__name__ not in self.markers:
                    self.seen[id(value)] = value
                    number += 1 + array_size(value)
                    waiting.extend(self.inside(value))
        return number

    def inside(self, value: Any) -> list[Iterable[Any]]:
        found = self.parts(value)
        if found is not None:
            return [list(found)]
        if issubclass(type(value), CLOSED) or array_size(value):
            return []
        return [*content(value), attributes(value)]


def array_size(value: Any) -> int:
    """Return the number of elements of a real array, table or column, whose elements are no objects of their own."""
    library = type(value).__module__.partition(".")[0]
    size = getattr(value, "size", 0) if library in ("numpy", "pandas") else 0
    return size if isinstance(size, int) else 0


def content(value: Any) -> list[Iterable[Any]]:
    """Return what a container holds, whatever its own class makes of iteration."""
    if isinstance(value, dict):
        return [list(dict.keys(value)), list(dict.values(value))]
    for base in SEQUENCES:
        if issubclass(type(value), base):
            return [list(base.__iter__(value))]
    return []


def attributes(value: Any) -> list[Any]:
    found: list[Any] = list(ARGS.__get__(value)) if issubclass(type(value), BaseException) else []
    with contextlib.suppress(AttributeError):
        found.extend(object.__getattribute__(value, "__dict__").values())
    for cls in type(value).__mro__:
        for member in vars(cls).values():
            if isinstance(member, types.MemberDescriptorType):
                found.extend(slot(member, value))
    return found


def slot(member: Any, value: Any) -> list[Any]:
    try:
        return [member.__get__(value)]
    except AttributeError:
        return []
