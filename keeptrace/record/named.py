"""Records what is known by a name: classes, builtin functions, methods, modules, members of enums and the like."""

from __future__ import annotations
import __future__

import gc
import sys
import types

from keeptrace.record import classes, frames, raw, shown

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import re
    import weakref
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Recorder


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
    about = {key: dict.get(namespace, key, ...) for key in frames.ABOUT_MODULE}
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
