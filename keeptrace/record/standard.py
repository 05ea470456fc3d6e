"""Records values of the standard library that their constructors can make again."""

from __future__ import annotations

import gc

from keeptrace.record import classes, raw

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import array
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Recorder

    Kind = Callable[[Recorder, Any, int], Record]

TIME = ("hour", "minute", "second", "microsecond")
ADDRESSES = ("IPv4Address", "IPv4Interface", "IPv4Network", "IPv6Address", "IPv6Interface", "IPv6Network")
PATHS = ("PosixPath", "PurePosixPath", "PureWindowsPath", "WindowsPath")


def text(obj: Any) -> tuple[str]:
    return (str(obj),)


def read(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function that reads these attributes."""
    return lambda obj: tuple(getattr(obj, name) for name in names)


ARGUMENTS: dict[tuple[str, str], Callable[[Any], tuple[Any, ...]]] = {
    ("builtins", "range"): read("start", "stop", "step"),
    ("builtins", "slice"): read("start", "stop", "step"),
    ("datetime", "date"): read("year", "month", "day"),
    ("datetime", "datetime"): read("year", "month", "day", *TIME, "tzinfo"),
    ("datetime", "time"): read(*TIME, "tzinfo"),
    ("datetime", "timedelta"): read("days", "seconds", "microseconds"),
    ("datetime", "timezone"): lambda obj: obj.__getinitargs__(),
    ("decimal", "Decimal"): text,
    ("fractions", "Fraction"): read("numerator", "denominator"),
    ("re", "Pattern"): read("pattern", "flags"),
    ("types", "MappingProxyType"): lambda obj: tuple(gc.get_referents(obj)),
    ("uuid", "UUID"): text,
    ("zoneinfo", "ZoneInfo"): read("key"),
    **{("ipaddress", name): text for name in ADDRESSES},
    **{("pathlib", name): lambda obj: text(type(obj)(obj)) for name in PATHS},  # a path keeps its text: a copy does
}
"""What the constructor of each standard value is to be given: read by code of the standard library alone."""

STANDARD_CONTAINERS: dict[tuple[str, str], tuple[str, ...]] = {
    ("collections", "Counter"): (),
    ("collections", "OrderedDict"): (),
    ("collections", "defaultdict"): ("default_factory",),
    ("collections", "deque"): ("maxlen",),
}
"""The standard containers that come back as themselves, and what they have beside their content."""


def value_kind(module: str, name: str) -> Kind:
    """Return the kind of a value that its constructor makes again."""
    arguments = ARGUMENTS[module, name]
    constructor = "compile" if name == "Pattern" else name

    def kind(recorder: Recorder, obj: Any, depth: int) -> Record:
        values = tuple(recorder.values(arguments(obj), depth))
        is_plain = raw.are_atoms(values)
        shows = f"{module}.{name}({', '.join(map(repr, values))})" if is_plain else f"<{module}.{name}>"
        return "value", module, constructor, values, shows

    return kind


def byte_array(recorder: Recorder, obj: bytearray, depth: int) -> Record:
    limit = recorder.settings.limits.text
    if len(obj) > limit:
        return recorder.cut_record(bytearray, bytes(obj[: int(limit)]), len(obj), "bytes")
    return "value", "builtins", "bytearray", tuple(recorder.values([bytes(obj)], depth)), "<bytearray>"


def number_array(recorder: Recorder, obj: array.array[Any], depth: int) -> Record:
    room = recorder.budget.room()
    if room is not None and len(obj) > room:
        return recorder.cut_record(list, obj[:room].tolist(), len(obj), f"items of an array {obj.typecode!r}")
    return "value", "array", "array", tuple(recorder.values([obj.typecode, obj.tolist()], depth)), "<array>"


def container_kind(names: tuple[str, ...]) -> Kind:
    """Return the kind of a standard container that comes back as itself."""

    def kind(recorder: Recorder, obj: Any, depth: int) -> Record:
        state = recorder.mapping([(name, getattr(obj, name)) for name in names], depth)
        content = classes.content_of(recorder, classes.shape(recorder, type(obj)).content, obj, depth)
        return "object", classes.named(recorder, type(obj)), content, state, None

    return kind


def standard_kind(cls: type, module: str) -> Kind | None:
    """Return the kind of a standard library's type whose values come back as themselves, else None."""
    name, module = raw.class_name(cls), module.partition(".")[0]
    if name == "mappingproxy":
        module, name = "types", "MappingProxyType"
    if not raw.is_found(cls, module, name):
        return None
    if (module, name) in STANDARD_CONTAINERS:
        return container_kind(STANDARD_CONTAINERS[module, name])
    return value_kind(module, name) if (module, name) in ARGUMENTS else None
