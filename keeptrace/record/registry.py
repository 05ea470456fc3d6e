"""How each type is recorded: one table, open to users, from the exact type to its bases.

A kind is a function `(recorder, obj, depth) -> record`; depth is how many levels below the object are to be opened
(0: representations only; below 0: no limit). What is not in the table is an instance (classes.py).
"""

from __future__ import annotations
import __future__

import _io
import _thread
import array
import gc
import itertools
import re
import sys
import types
import weakref
from collections import OrderedDict

from keeptrace.record import classes, cutting, functions, libraries, packing, probing, raw, shown, stack
from keeptrace.record.raw import ATOMS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Recorder

    Kind = Callable[[Recorder, Any, int], Record]

CONTAINERS = (list, tuple, dict, set, frozenset)
"""What is rebuilt as itself anyway: a blob would lose the identity of what it holds."""

CONTAINER_IDS = frozenset(map(id, CONTAINERS))

REGISTERED: dict[int, tuple[type, Callable[[Any], Any]]] = {}
"""By the id of the type, as the tables below: a metaclass may have a hash of its own."""


def register(cls: type, function: Callable[[Any], Any] | None) -> None:
    """Say how instances of a type (and of its subclasses, unless these are registered too) are recorded.

    function: called with the instance while it is recorded, under the time limit of Limits.seconds; it returns a dict
        of attributes that the mock shall have, or a str that shall be its representation. None takes it back.

    Raises TypeError for anything else than a class and a callable.
    """
    if not isinstance(cls, type):
        raise TypeError(f"cannot register {cls!r}: a class is expected")
    if function is not None and not callable(function):
        raise TypeError(f"cannot register {function!r} for {cls.__name__}: a callable is expected, or None")
    if function is None:
        REGISTERED.pop(id(cls), None)
    else:
        REGISTERED[id(cls)] = (cls, function)


def record(recorder: Recorder, index: int, obj: Any, depth: int) -> Record:
    """Return the record of an object, and store its blob where a pickler takes it."""
    cls = type(obj)
    kind, is_leaf = recorder.kinds.get(id(cls)) or known_kind(recorder, cls)
    if recorder.probing and recorder.settings.pickler is not None and is_probed(cls):
        recorder.probing = not probing.store_blob(recorder, index, obj)
    if depth == 0 and not is_leaf:
        return shown.representation(recorder, obj)
    made: Record = kind(recorder, obj, depth - 1 if depth > 0 else depth)
    return made


def known_kind(recorder: Recorder, cls: type) -> tuple[Kind, bool]:
    """Return how a type is recorded, and whether it is a leaf (by id: a metaclass may have a hash of its own)."""
    known: tuple[Kind, bool] | None = recorder.kinds.get(id(cls))
    if known is None:
        known = recorder.kinds[id(cls)] = kind_of(cls)
    return known


def is_probed(cls: type) -> bool:
    """Tell whether a pickler may have a value: not classes and modules, nor files, which dill would open again."""
    return id(cls) not in CONTAINER_IDS and not issubclass(cls, (type, types.ModuleType, _io._IOBase))


def kind_of(cls: type) -> tuple[Kind, bool]:
    """Return how a type is recorded, and whether it is a leaf, by the most specific of what is registered and known."""
    for base in raw.class_mro(cls):
        if id(base) in REGISTERED:
            return registered_kind(REGISTERED[id(base)][1]), False
        kind = (BY_TYPE.get(id(cls)) if base is cls else None) or BY_BASE.get(id(base))
        if kind is not None:
            return kind, kind in LEAVES
    module = raw.class_module(cls)
    standard = standard_kind(cls, module) if raw.is_standard(module) else None
    if standard is not None:
        return standard, not raw.is_one_of(cls, classes.REAL_BASES)
    if classes.is_enum(cls):
        return enum_member, True
    return libraries.kind_of(cls, module) or shown.instance, False


def on_stack(cls: type) -> Callable[[Recorder, Any, int], Any] | None:
    """Return what records a type of which the stack is made, at once and at any depth; None for any other type."""
    return stack.exception if issubclass(cls, BaseException) else ON_STACK.get(id(cls))


def registered_kind(function: Callable[[Any], Any]) -> Kind:
    def kind(recorder: Recorder, obj: Any, depth: int) -> Record:
        cls = type(obj)
        value, error = recorder.foreign.call(function, obj)
        if error is not None:
            return "marker", f"{cls.__name__}: its registered function failed, {type(error).__name__}: {error}"
        if type(value) not in (str, dict):
            return "marker", f"{cls.__name__}: its registered function returned {type(value).__name__}, not dict or str"
        state, text = (value, None) if type(value) is dict else ({}, value)
        return "object", classes.opened(recorder, cls, depth), None, recorder.mapping(state.items(), depth), text

    return kind


# ---------------------------------------------------------------------------------------------------------------------
# Builtin containers
# ---------------------------------------------------------------------------------------------------------------------


def plain(recorder: Recorder, kind: str, items: list[Any] | tuple[Any, ...]) -> Record | None:
    """Return the record of a list or tuple of ours that comes back as it is, None of any other.

    kind: which form it is where its items are packed.
    """
    form = cutting.plain_form(recorder, packing.Values(items))
    if form is None or form is items:
        return None if form is None else ("plain", items)
    return "packed", ("tuples", [["plain"], (kind, [len(items)], form)])


def plain_dict(recorder: Recorder, held: dict[Any, Any]) -> Record | None:
    """Return the record of a dict of ours that comes back as it is, None of any other."""
    values = packing.Values(list(held.values()))
    if not ATOMS.issuperset(values.kinds):
        return None
    keys = packing.Values(list(held))
    form = cutting.plain_form(recorder, keys)
    content = None if form is None else cutting.plain_form(recorder, values)
    if content is None or recorder.redaction.secret_names(keys.values, keys.kinds):
        return None
    if form is keys.values and content is values.values:
        return "plain", held
    return "packed", ("tuples", [["plain"], ("items", [len(held)], form, content)])


def list_kind(recorder: Recorder, obj: list[Any], depth: int) -> Record:
    if cutting.may_fit(recorder, obj):
        obj = obj.copy()  # what is looked at is what is kept: other threads may change the list
        record = plain(recorder, "lists", obj)
        if record is not None:
            return record
    return kept(recorder, list, "list", obj, cutting.leading(recorder, obj), depth)


def tuple_kind(recorder: Recorder, obj: tuple[Any, ...], depth: int) -> Record:
    return plain(recorder, "rows", obj) or kept(recorder, tuple, "tuple", obj, cutting.leading(recorder, obj), depth)


def set_kind(recorder: Recorder, obj: set[Any], depth: int) -> Record:
    return kept(recorder, set, "set", obj, cutting.leading(recorder, obj), depth)


def frozenset_kind(recorder: Recorder, obj: frozenset[Any], depth: int) -> Record:
    return kept(recorder, frozenset, "frozenset", obj, cutting.leading(recorder, obj), depth)


def kept(recorder: Recorder, base: type, kind: str, obj: Any, items: list[Any], depth: int) -> Record:
    """Return the record of a container of which these items fit."""
    if len(items) < len(obj):
        return cutting.record(recorder, base, recorder.values(items, depth), len(obj), "items")
    values = recorder.packed_values(packing.Values(base(items) if base is tuple else items), depth)
    if type(values) is not list:
        return "packed", ("tuples", [[kind], ("lists", [len(items)], values)])
    return kind, tuple(values) if base is tuple else values


def dict_kind(recorder: Recorder, obj: dict[Any, Any], depth: int) -> Record:
    if cutting.may_fit(recorder, obj) and raw.are_atoms(obj):  # whose keys a copy may compare
        record = plain_dict(recorder, obj.copy())  # see list_kind
        if record is not None:
            return record
    keys = cutting.leading(recorder, obj)
    items = list(itertools.islice(obj.items(), len(keys)))
    entries = recorder.mapping(items[: len(cutting.leading(recorder, [value for _, value in items]))], depth)
    if len(entries) < len(obj):
        return cutting.record(recorder, dict, entries, len(obj), "items")
    return "dict", entries


# ---------------------------------------------------------------------------------------------------------------------
# What the standard library can make again
# ---------------------------------------------------------------------------------------------------------------------

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
        return cutting.record(recorder, bytearray, bytes(obj[: int(limit)]), len(obj), "bytes")
    return "value", "builtins", "bytearray", tuple(recorder.values([bytes(obj)], depth)), "<bytearray>"


def number_array(recorder: Recorder, obj: array.array[Any], depth: int) -> Record:
    room = recorder.budget.room()
    if room is not None and len(obj) > room:
        return cutting.record(recorder, list, obj[:room].tolist(), len(obj), f"items of an array {obj.typecode!r}")
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


# ---------------------------------------------------------------------------------------------------------------------
# Functions, classes, modules, and what else has a name
# ---------------------------------------------------------------------------------------------------------------------


def class_kind(recorder: Recorder, obj: type, depth: int) -> Record:
    return classes.named_record(recorder, obj)


def builtin_function(recorder: Recorder, obj: Any, depth: int) -> Record:
    owner = obj.__self__
    is_module = issubclass(type(owner), types.ModuleType)
    if is_module and raw.is_importable(obj, obj.__module__, obj.__name__):
        return "global", obj.__module__, obj.__name__
    of = "" if owner is None or is_module else f" of {raw.class_name(type(owner))} object"
    return shown.as_text(type(obj), f"<built-in {'method' if of else 'function'} {obj.__name__}{of}>")


def method(recorder: Recorder, obj: types.MethodType, depth: int) -> Record:
    if type(obj.__func__) is not types.FunctionType:
        return shown.as_text(type(obj), f"<bound method of {raw.class_name(type(obj.__self__))} object>")
    return "method", recorder.value(obj.__func__, depth), recorder.value(obj.__self__, depth)


def descriptor(recorder: Recorder, obj: Any, depth: int) -> Record:
    wrapped = obj.fget if type(obj) is property else obj.__func__
    return "descriptor", type(obj).__name__, recorder.value(wrapped, depth)


def module(recorder: Recorder, obj: types.ModuleType, depth: int) -> Record:
    """Return the record of a module: the standard library's by name, another by its globals or by what it is."""
    namespace = raw.module_dict(obj)
    name = namespace.get("__name__")
    if type(name) is not str:
        return shown.as_text(type(obj), "<module '?'>")
    if raw.is_standard(name) and sys.modules.get(name) is obj:
        return "module", name, None
    known = recorder.found(namespace)
    if known is not None and recorder.records[known[0]] and recorder.records[known[0]][0] == "globals":
        return "module", name, known
    about = {key: dict.get(namespace, key, ...) for key in stack.ABOUT_MODULE}
    return "module", name, {key: value for key, value in about.items() if raw.is_atom(value)}


def singleton(recorder: Recorder, obj: Any, depth: int) -> Record:
    return "global", "builtins", repr(obj)


def feature(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of what `from __future__ import` leaves in most modules."""
    names = [name for name in __future__.all_feature_names if getattr(__future__, name) is obj]
    return ("global", "__future__", names[0]) if names else classes.instance(recorder, obj, depth)


def enum_member(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of an enum's member: the standard library's own by name, else a mock."""
    cls = type(obj)
    module, qualname = raw.class_module(cls), raw.class_qualname(cls)
    name, value = (object.__getattribute__(obj, attribute) for attribute in ("_name_", "_value_"))
    is_standard = raw.is_importable(cls, module, qualname)
    if is_standard and type(name) is str and name in cls.__members__:
        return "global", module, f"{qualname}.{name}"
    kind, reference, content, state, _ = classes.instance(recorder, obj, depth)
    state.update(name=name, value=recorder.value(value, depth))
    is_shown = is_standard or (type(name) is not str and shows_itself(cls, value))
    return kind, reference, content, state, repr(obj) if is_shown else None


def shows_itself(cls: type, value: Any) -> bool:
    """Tell whether the standard library alone makes the representation of an enum's member with this value."""
    own = [raw.lookup(cls, name) for name in ("__getattribute__", "_value_repr_")]
    is_plain = raw.is_atom(value) and all(type(each) in (types.WrapperDescriptorType, type(None)) for each in own)
    return is_plain and raw.class_module(type(cls)) == raw.class_module(raw.owner(cls, "__repr__")) == "enum"


def generator(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of a generator, coroutine or async generator: its frame is a real one."""
    prefix = {"generator": "gi", "coroutine": "cr", "async_generator": "ag"}[type(obj).__name__]
    names = [name for name in dir(type(obj)) if name.startswith(prefix) and not name.endswith("_code")]
    state = recorder.mapping([(name, getattr(obj, name)) for name in names], depth)
    text = f"<{type(obj).__name__} object {obj.__qualname__} at 0x{id(obj):x}>"
    return "object", classes.opened(recorder, type(obj), depth), None, state, text


def text_only(recorder: Recorder, obj: Any, depth: int) -> Record:
    return shown.as_text(type(obj), repr(obj))


def match(recorder: Recorder, obj: re.Match[Any], depth: int) -> Record:
    return classes.instance(recorder, obj, depth, repr(obj) if raw.is_atom(obj.string) else None)


def alias(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of list[int] and its kind: their representation, where it names plain classes only."""
    named = [getattr(obj, "__origin__", None), *obj.__args__]
    text = repr(obj) if all(type(part) in (type, type(None)) for part in named) else None
    return classes.instance(recorder, obj, depth, text)


def weak_reference(recorder: Recorder, obj: weakref.ref[Any], depth: int) -> Record:
    referent = obj()
    to = "dead" if referent is None else f"to '{raw.class_name(type(referent))}' at 0x{id(referent):x}"
    return shown.as_text(type(obj), f"<weakref at 0x{id(obj):x}; {to}>")


def view(recorder: Recorder, obj: Any, depth: int) -> Record:
    (mapping,) = gc.get_referents(obj)
    return "view", type(obj).__name__.partition("_")[2], recorder.value(mapping, depth)


def namespace(recorder: Recorder, obj: types.SimpleNamespace, depth: int) -> Record:
    return "object", classes.named(recorder, type(obj)), None, recorder.mapping(obj.__dict__.items(), depth), None


def by_id(kinds: dict[type, Any]) -> dict[int, Any]:
    return {id(cls): kind for cls, kind in kinds.items()}


BY_TYPE: dict[int, Kind] = by_id(
    {
        list: list_kind,
        tuple: tuple_kind,
        dict: dict_kind,
        set: set_kind,
        frozenset: frozenset_kind,
        bytearray: byte_array,
        array.array: number_array,
        types.FunctionType: functions.function,
        types.BuiltinFunctionType: builtin_function,
        types.MethodType: method,
        __future__._Feature: feature,
        property: descriptor,
        staticmethod: descriptor,
        classmethod: descriptor,
        types.GeneratorType: generator,
        types.CoroutineType: generator,
        types.AsyncGeneratorType: generator,
        type(...): singleton,
        type(NotImplemented): singleton,
        _thread.LockType: text_only,
        _thread.RLock: text_only,
        memoryview: text_only,
        types.ClassMethodDescriptorType: text_only,
        types.GetSetDescriptorType: text_only,
        types.MemberDescriptorType: text_only,
        types.MethodDescriptorType: text_only,
        types.MethodWrapperType: text_only,
        types.WrapperDescriptorType: text_only,
        types.GenericAlias: alias,
        types.UnionType: alias,
        re.Match: match,
        weakref.ref: weak_reference,
        type({}.keys()): view,
        type({}.values()): view,
        type({}.items()): view,
        type(OrderedDict().keys()): view,
        type(OrderedDict().values()): view,
        type(OrderedDict().items()): view,
        types.SimpleNamespace: namespace,
    }
)
BY_BASE: dict[int, Kind] = by_id({type: class_kind, types.ModuleType: module})
ON_STACK: dict[int, Callable[[Recorder, Any, int], Any]] = by_id(
    {
        types.CodeType: lambda recorder, obj, depth: stack.code(recorder, obj, None),
        types.FrameType: stack.frame,
        types.TracebackType: stack.traceback,
    }
)
LEAVES: frozenset[Any] = frozenset(
    [*BY_BASE.values(), functions.function, builtin_function, byte_array, descriptor, feature, number_array,
     singleton, text_only]
)  # fmt: skip
"""The kinds that are recorded in full at the depth limit too: they name something rather than hold it."""
