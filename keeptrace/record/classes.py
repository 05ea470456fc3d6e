"""Records classes, functions and the instances of application classes."""

from __future__ import annotations

import collections
import sys
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.record import raw, stack
from keeptrace.record.raw import ATOMS, Record, Reference

if TYPE_CHECKING:
    from collections.abc import Callable

    from keeptrace.record.recorder import Recorder

CONTENT: tuple[type, ...] = (
    dict, list, set, frozenset, tuple, str, int, float, complex, bytes, bytearray, collections.deque,
)  # fmt: skip
UNHASHABLE = (dict, list, set, bytearray, collections.deque)
REAL_BASES = frozenset([*CONTENT, collections.Counter, collections.OrderedDict, collections.defaultdict])
KEPT_SPECIAL = frozenset(["__call__", "__init__"])


class Shape(NamedTuple):
    """What all instances of a class have in common: how to read one, and how its mock shows itself."""

    content: type | None
    get_dict: Callable[[Any], Any] | None
    slots: dict[str, Callable[[Any], Any]]
    style: str
    own_repr: bool


WITHOUT_VALUE = frozenset(
    [
        types.ClassMethodDescriptorType,
        types.GetSetDescriptorType,
        types.MemberDescriptorType,
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        type(vars(Shape)["content"]),  # a namedtuple's field
    ]
)


def shape(recorder: Recorder, cls: type) -> Shape:
    found: Shape | None = recorder.shapes.get(cls)
    if found is None:
        mro = raw.class_mro(cls)
        content = next((base for base in mro if base in CONTENT), None)
        get_dict, slots = raw.dict_getter(cls), raw.slot_getters(cls)
        own_repr = isinstance(raw.lookup(cls, "__repr__"), types.FunctionType)
        has_fields = own_repr or content is not None or get_dict is not None or bool(slots)
        style = style_of(cls, has_fields)
        found = recorder.shapes[cls] = Shape(content, get_dict, slots, style, own_repr)
    return found


def style_of(cls: type, has_fields: bool) -> str:
    """Return how a mock of the class shows itself: as object does, as its content does, or made from its fields."""
    if is_enum(cls):
        return "member"
    definer = raw.owner(cls, "__repr__")
    if definer in REAL_BASES:
        return "content"
    return "address" if definer is object or not has_fields else "fields"


def is_enum(cls: type) -> bool:
    enum = sys.modules.get("enum")
    return enum is not None and issubclass(type(cls), enum.EnumMeta)


# ---------------------------------------------------------------------------------------------------------------------
# Instances
# ---------------------------------------------------------------------------------------------------------------------


def instance(recorder: Recorder, obj: Any, depth: int, shown: str | int | None = None) -> Record:
    """Return the record of an instance: its class, its content, its attributes, and how it showed itself."""
    cls = type(obj)
    form = shape(recorder, cls)
    state = recorder.mapping(instance_state(form, obj).items(), depth)
    if shown is None and form.style == "address":
        shown = id(obj)
    return "object", opened(recorder, cls, depth), content_of(recorder, form.content, obj, depth), state, shown


def instance_state(form: Shape, obj: Any) -> dict[str, Any]:
    """Return the attributes an instance has by itself, slots included."""
    state = {}
    for name, get in form.slots.items():
        try:
            state[name] = get(obj)
        except AttributeError:  # an empty slot
            continue
    if form.get_dict is not None:
        own = form.get_dict(obj)
        if isinstance(own, dict):
            state.update(dict.items(own))
    return {name: value for name, value in state.items() if type(name) is str}


def content_of(recorder: Recorder, base: type | None, obj: Any, depth: int) -> Any:
    """Return what an instance of a builtin type's subclass holds as such."""
    if base is None:
        return None
    if base is dict:
        return recorder.mapping(next(raw.mro_matches(type(obj), REAL_BASES)).items(obj), depth)
    if base in (list, tuple, set, frozenset, collections.deque):
        return recorder.values(list(base.__iter__(obj)), depth)
    return PLAIN[base](obj)


PLAIN: dict[type, Callable[[Any], Any]] = {
    str: str.__str__,
    int: int.__int__,
    float: float.__float__,
    complex: lambda value: complex(complex.real.__get__(value), complex.imag.__get__(value)),
    bytes: lambda value: bytes.__getitem__(value, slice(None))[:],
    bytearray: lambda value: bytes(bytearray.__getitem__(value, slice(None))),
}


# ---------------------------------------------------------------------------------------------------------------------
# Classes
# ---------------------------------------------------------------------------------------------------------------------


def named(recorder: Recorder, cls: type) -> Reference:
    """Return the reference of a class that is only named: its bases, but nothing that it holds."""
    reference = recorder.known(cls)
    if reference is None:
        reference = recorder.reserve(cls)
    if recorder.records[reference[0]] is None:
        recorder.records[reference[0]] = named_record(recorder, cls)
    return reference


def named_record(recorder: Recorder, cls: type) -> Record:
    """Return the record of a class that is only named."""
    module, qualname = raw.class_module(cls), raw.class_qualname(cls)
    if raw.is_importable(cls, module, qualname):
        bases = base_references(recorder, cls) if issubclass(cls, BaseException) else ()
        return "global", module, qualname, bases
    return class_record(recorder, cls, {})


def opened(recorder: Recorder, cls: type, depth: int) -> Reference:
    """Return the reference of a class that has a recorded instance: it is a mock with methods and attributes."""
    reference = named(recorder, cls)
    if id(cls) in recorder.opened_classes or recorder.records[reference[0]][0] == "element":
        return reference
    recorder.opened_classes.add(id(cls))
    if cls in REAL_BASES or cls is object:
        return reference
    if recorder.records[reference[0]][0] == "global" and issubclass(cls, BaseException):
        return reference
    attributes: dict[str, Any] = {}
    recorder.records[reference[0]] = class_record(recorder, cls, attributes)
    for base in raw.class_bases(cls):
        opened(recorder, base, depth)
    for name, value in dict(raw.class_dict(cls)).items():
        if type(value) not in WITHOUT_VALUE and (name in KEPT_SPECIAL or not is_special(name)):
            attributes[name] = recorder.value(value, depth)
    return reference


def is_special(name: str) -> bool:
    return (name.startswith("__") and name.endswith("__")) or name.startswith("_abc_")


def class_record(recorder: Recorder, cls: type, attributes: dict[str, Any]) -> Record:
    name, qualname, module = raw.class_name(cls), raw.class_qualname(cls), raw.class_module(cls)
    return "class", name, qualname, module, base_references(recorder, cls), attributes, class_facts(recorder, cls)


def base_references(recorder: Recorder, cls: type) -> tuple[Reference, ...]:
    return tuple(named(recorder, base) for base in raw.class_bases(cls) if base is not object)


def class_facts(recorder: Recorder, cls: type) -> dict[str, Any]:
    """Return what decides how a class's mock behaves."""
    namespace = raw.class_dict(cls)
    facts: dict[str, Any] = {}
    if type(namespace.get("__doc__")) is str:
        facts["doc"] = namespace["__doc__"]
    if issubclass(cls, BaseException):
        return {**facts, "exception": True}
    form = shape(recorder, cls)
    facts["repr"] = form.style
    if form.content is not None:
        facts["content"] = form.content.__name__
        if form.content in UNHASHABLE and raw.lookup(cls, "__hash__") is not None:
            facts["hash"] = True
    if is_enum(cls):
        members = raw.lookup(cls, "_member_map_") or {}
        facts["members"] = recorder.mapping(dict.items(members), 1)
    facts.update(field_facts(cls, form))
    return facts


def field_facts(cls: type, form: Shape) -> dict[str, Any]:
    """Return the fields that namedtuples, dataclasses, attrs and pydantic classes show and compare by."""
    if form.content is tuple:
        names = raw.lookup(cls, "_fields") or raw.lookup(cls, "__match_args__")
        return {"fields": names} if type(names) is tuple and ATOMS.issuperset(map(type, names)) else {}
    dataclass = raw.lookup(cls, "__dataclass_fields__")
    if type(dataclass) is dict:
        return dataclass_facts(cls, dataclass)
    attributes = raw.lookup(cls, "__attrs_attrs__")
    if isinstance(attributes, tuple):
        return attrs_facts(cls, attributes)
    model = raw.lookup(cls, "__pydantic_fields__")
    return {} if model is None else {"compare": tuple(model)}


def attrs_facts(cls: type, attributes: tuple[Any, ...]) -> dict[str, Any]:
    facts: dict[str, Any] = {"fields": tuple(attribute.name for attribute in attributes if attribute.repr)}
    if raw.owner(cls, "__eq__") is not object:
        facts["compare"] = tuple(attribute.name for attribute in attributes if attribute.eq)
        facts["frozen"] = raw.lookup(cls, "__hash__") is not None
    return facts


def dataclass_facts(cls: type, fields: dict[str, Any]) -> dict[str, Any]:
    parameters = raw.lookup(cls, "__dataclass_params__")
    facts: dict[str, Any] = {"fields": tuple(name for name, field in fields.items() if field.repr)}
    if parameters is not None and parameters.eq:
        facts["compare"] = tuple(name for name, field in fields.items() if field.compare)
        facts["frozen"] = bool(parameters.frozen or parameters.unsafe_hash)
    return facts


# ---------------------------------------------------------------------------------------------------------------------
# Functions
# ---------------------------------------------------------------------------------------------------------------------


def function(recorder: Recorder, obj: types.FunctionType, depth: int) -> Record:
    """Return the record of a function: name, signature, documentation, file and line."""
    module, qualname = obj.__module__, obj.__qualname__
    if raw.is_importable(obj, module, qualname):
        return "global", module, qualname
    code = obj.__code__
    counts = stack.signature_facts(recorder, code)
    total = counts[2][1] + counts[2][2] + bool(counts[2][3] & 4) + bool(counts[2][3] & 8)
    return (
        "function",
        obj.__name__,
        qualname,
        module if type(module) is str else None,
        (code.co_name, *counts, code.co_varnames[:total]),
        recorder.references.get(id(obj.__globals__)),
        obj.__doc__ if type(obj.__doc__) is str else None,
        annotation_texts(obj),
        tuple(recorder.values(obj.__defaults__ or (), 0)),
        recorder.mapping((obj.__kwdefaults__ or {}).items(), 0),
        recorder.mapping(obj.__dict__.items(), depth),
    )


def annotation_texts(obj: types.FunctionType) -> dict[str, str]:
    """Return the annotations that are text or classes, as text (3.14 would have to run code to know them)."""
    if sys.version_info >= (3, 14):
        return {}
    texts = {}
    for name, annotation in obj.__annotations__.items():
        if type(annotation) is str:
            texts[name] = annotation
        elif annotation is None or type(annotation) is type:
            texts[name] = "None" if annotation is None else raw.class_name(annotation)
    return texts
