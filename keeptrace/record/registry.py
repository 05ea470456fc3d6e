"""How each type is recorded: one table, open to users, from the exact type to its bases.

A kind is a function `(recorder, obj, depth) -> record`; depth is how many levels below the object are to be opened
(0: representations only; below 0: no limit). What is not in the table is an instance (classes.py).
"""

from __future__ import annotations
import __future__

import _io
import _thread
import array
import re
import types
import weakref
from collections import OrderedDict

from keeptrace.record import (
    classes,
    containers,
    exceptions,
    frames,
    functions,
    libraries,
    named,
    probing,
    raw,
    shown,
    standard,
)

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


def record_object(recorder: Recorder, index: int, obj: Any, depth: int) -> Record:
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
    value = standard.standard_kind(cls, module) if raw.is_standard(module) else None
    if value is not None:
        return value, not raw.is_one_of(cls, classes.REAL_BASES)
    if classes.is_enum(cls):
        return named.enum_member, True
    return libraries.kind_of(cls, module) or shown.instance, False


def on_stack(cls: type) -> Callable[[Recorder, Any, int], Any] | None:
    """Return what records a type of which the stack is made, at once and at any depth; None for any other type."""
    return exceptions.exception if issubclass(cls, BaseException) else ON_STACK.get(id(cls))


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


def by_id(kinds: dict[type, Any]) -> dict[int, Any]:
    return {id(cls): kind for cls, kind in kinds.items()}


BY_TYPE: dict[int, Kind] = by_id(
    {
        list: containers.list_kind,
        tuple: containers.tuple_kind,
        dict: containers.dict_kind,
        set: containers.set_kind,
        frozenset: containers.frozenset_kind,
        bytearray: standard.byte_array,
        array.array: standard.number_array,
        types.FunctionType: functions.function,
        types.BuiltinFunctionType: named.builtin_function,
        types.MethodType: named.method,
        __future__._Feature: named.feature,
        property: named.descriptor,
        staticmethod: named.descriptor,
        classmethod: named.descriptor,
        types.GeneratorType: named.generator,
        types.CoroutineType: named.generator,
        types.AsyncGeneratorType: named.generator,
        type(...): named.singleton,
        type(NotImplemented): named.singleton,
        _thread.LockType: named.text_only,
        _thread.RLock: named.text_only,
        memoryview: named.text_only,
        types.ClassMethodDescriptorType: named.text_only,
        types.GetSetDescriptorType: named.text_only,
        types.MemberDescriptorType: named.text_only,
        types.MethodDescriptorType: named.text_only,
        types.MethodWrapperType: named.text_only,
        types.WrapperDescriptorType: named.text_only,
        types.GenericAlias: named.alias,
        types.UnionType: named.alias,
        re.Match: named.match,
        weakref.ref: named.weak_reference,
        type({}.keys()): named.view,
        type({}.values()): named.view,
        type({}.items()): named.view,
        type(OrderedDict().keys()): named.view,
        type(OrderedDict().values()): named.view,
        type(OrderedDict().items()): named.view,
        types.SimpleNamespace: named.namespace,
    }
)
BY_BASE: dict[int, Kind] = by_id({type: named.class_kind, types.ModuleType: named.module})
ON_STACK: dict[int, Callable[[Recorder, Any, int], Any]] = by_id(
    {
        types.CodeType: lambda recorder, obj, depth: frames.code(recorder, obj, None),
        types.FrameType: frames.frame,
        types.TracebackType: frames.traceback,
    }
)
LEAVES: frozenset[Any] = frozenset(
    [
        *BY_BASE.values(), functions.function, named.builtin_function, named.descriptor, named.feature, named.singleton,
        named.text_only, standard.byte_array, standard.number_array,
    ]
)  # fmt: skip
"""The kinds that are recorded in full at the depth limit too: they name something rather than hold it."""
