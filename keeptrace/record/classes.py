"""Records classes and the instances of application classes."""

from __future__ import annotations

import collections
import sys
import types
from _collections_abc import MappingView

from keeptrace import schema
from keeptrace.record import functions, raw
from keeptrace.record.cache import Cache
from keeptrace.record.foreign import caught
from keeptrace.record.raw import STRINGS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.recorder import Recorder

CONTENT: tuple[type, ...] = (
    dict, list, set, frozenset, tuple, str, int, float, complex, bytes, bytearray, collections.deque,
)  # fmt: skip
UNHASHABLE = (dict, list, set, bytearray, collections.deque)
REAL_BASES: frozenset[type] = frozenset(
    [*CONTENT, collections.Counter, collections.OrderedDict, collections.defaultdict, types.SimpleNamespace]
)
KEPT_SPECIAL = frozenset(["__call__", "__init__"])


class Shape:
    """What all instances of a class have in common: how to read one, and how its mock shows itself."""

    __slots__ = ("content", "get_dict", "own_repr", "slots", "style")

    def __init__(
        self,
        content: type | None,
        get_dict: Callable[[Any], Any] | None,
        slots: dict[str, Any],
        style: str,
        own_repr: bool,
    ) -> None:
        self.content, self.get_dict, self.slots = content, get_dict, slots
        self.style, self.own_repr = style, own_repr

    def without_own(self, cls: type) -> tuple[Shape, frozenset[str]]:
        """Return the same without the descriptors that a class itself defines, and their names."""
        getters: dict[str, Any] = {**self.slots, "__dict__": self.get_dict}
        own = {name for name, get in getters.items() if get is not None and get.__self__.__objclass__ is cls}
        inherited = {name: None if name in own else get for name, get in getters.items()}
        return Shape(self.content, inherited.pop("__dict__"), inherited, self.style, self.own_repr), frozenset(own)

    def with_own(self, space: Any, own: frozenset[str]) -> Shape:
        """Return the same with the descriptors of these names from a class's namespace."""
        slots = {name: space[name].__get__ if name in own else get for name, get in self.slots.items()}
        get_dict = space["__dict__"].__get__ if "__dict__" in own else self.get_dict
        return Shape(self.content, get_dict, slots, self.style, self.own_repr)


NEWER = frozenset(
    [
        "BaseExceptionGroup", "EncodingWarning", "ExceptionGroup", "ImportCycleError", "PythonFinalizationError",
        "_IncompleteInputError",
    ]
)  # fmt: skip
"""The builtin exceptions that Python 3.8, the oldest that opens a dump, does not have."""

WITHOUT_VALUE: frozenset[type] = frozenset(
    [
        types.ClassMethodDescriptorType,
        types.GetSetDescriptorType,
        types.MemberDescriptorType,
        types.MethodDescriptorType,
        types.WrapperDescriptorType,
        collections._tuplegetter,  # type: ignore[attr-defined]  # a namedtuple's field
    ]
)


class Known:
    """What is known of a class, and by what it is told that nothing of it has changed.

    title: name, qualified name and module; names: of what its mock has.
    shape: without the descriptors that are the class's own, whose names are `own`: these would keep it alive.
    """

    __slots__ = ("cls", "facts", "held", "in_standard_module", "is_enum", "names", "own", "shape", "title")

    def __init__(self, cls: type, held: tuple[Any, ...]) -> None:
        self.cls, self.held = KNOWN.reference(cls), held
        form = shape_of(cls)
        self.shape, self.own = form.without_own(cls)
        self.title = raw.class_name(cls), raw.class_qualname(cls), raw.class_module(cls)
        self.facts, self.names = class_facts(cls, form), kept_names(cls)
        self.in_standard_module, self.is_enum = raw.is_standard(self.title[2]), is_enum(cls)


KNOWN: Cache[int, Known] = Cache(20_000)
"""What is known of the classes of earlier recordings, by their id."""


def known(recorder: Recorder, cls: type) -> Known:
    """Return what is known of a class: looked at once in a recording, made anew where the class has changed."""
    about: Known | None = recorder.classes.get(id(cls))
    if about is None:
        for each in (*reversed(raw.class_mro(cls)), cls):  # its bases first
            if id(each) not in recorder.classes:
                about = recorder.classes[id(each)] = up_to_date(recorder, each)
    assert about is not None
    return about


def up_to_date(recorder: Recorder, cls: type) -> Known:
    """Return what is known of a class, made anew where it holds something else, or has another name, than before."""
    held: tuple[Any, ...] = ()
    if raw.is_changeable(cls):
        bases = map(id, map(recorder.classes.get, map(id, raw.class_bases(cls))))
        held = (raw.class_name(cls), raw.class_qualname(cls), *map(id, list(raw.class_dict(cls).values())), *bases)
    found = KNOWN.get(id(cls))
    if found is None or found.cls() is not cls or found.held != held:
        found = KNOWN.store(id(cls), Known(cls, held))
    return found


def is_global(recorder: Recorder, cls: type) -> bool:
    """Tell whether a class is what the standard library holds under its name; looked at once in a recording."""
    found: bool | None = recorder.standard.get(id(cls))
    if found is None:
        about = known(recorder, cls)
        found = about.in_standard_module and raw.is_found(cls, about.title[2], about.title[1])
        recorder.standard[id(cls)] = found
    return found


def shape(recorder: Recorder, cls: type) -> Shape:
    """Return how instances of a class are read."""
    about = known(recorder, cls)
    if not about.own:
        return about.shape
    form: Shape | None = recorder.shapes.get(id(cls))
    if form is None:
        form = recorder.shapes[id(cls)] = about.shape.with_own(raw.class_dict(cls), about.own)
    return form


def shape_of(cls: type) -> Shape:
    content = next(raw.mro_matches(cls, CONTENT), None)
    get_dict, slots = raw.dict_getter(cls), raw.slot_getters(cls)
    own_repr = type(raw.lookup(cls, "__repr__")) is types.FunctionType
    has_fields = own_repr or content is not None or get_dict is not None or bool(slots)
    return Shape(content, get_dict, slots, style_of(cls, has_fields), own_repr)


def kept_names(cls: type) -> tuple[str, ...]:
    """Return the names of what a class's mock has: no special methods but some, nothing that only instances give."""
    items = [(name, value) for name, value in raw.class_items(cls) if name in KEPT_SPECIAL or not is_special(name)]
    return tuple(name for name, value in items if not raw.is_one_of(type(value), WITHOUT_VALUE))


def style_of(cls: type, has_fields: bool) -> str:
    """Return how a mock of the class shows itself: as object does, as its content does, or made from its fields."""
    if is_enum(cls):
        return "member"
    definer = raw.owner(cls, "__repr__")
    if raw.is_one_of(definer, REAL_BASES):
        return "content"
    if id(definer) in STYLES:
        return STYLES[id(definer)]
    return "address" if definer is object or not has_fields else "fields"


STYLES = {
    id(collections.ChainMap): "maps",
    id(collections.UserDict): "data",
    id(collections.UserList): "data",
    id(collections.UserString): "data",
    id(MappingView): "maps",
}
"""How mocks show themselves whose classes, by id, have the representation of one of the standard library's own."""


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
    attributes = instance_state(form, obj)
    if form.content is collections.deque:
        attributes["maxlen"] = collections.deque.maxlen.__get__(obj)
    state = recorder.entries(list(attributes), list(attributes.values()), depth) if attributes else {}
    if shown is None and form.style == "address":
        shown = id(obj)
    return "object", opened(recorder, cls, depth), content_of(recorder, form.content, obj, depth), state, shown


def instance_state(form: Shape, obj: Any) -> dict[str, Any]:
    """Return the attributes an instance has by itself, slots included."""
    own: Any = None if form.get_dict is None else form.get_dict(obj)
    if type(own) is dict and not form.slots and raw.kinds_of(own) <= STRINGS:  # other keys a copy might compare
        return own.copy()
    state = {}
    for name, get in form.slots.items():
        try:
            state[name] = get(obj)
        except AttributeError:  # an empty slot
            continue
    if issubclass(type(own), dict):
        for name, value in list(dict.items(own)):
            state[name if type(name) is str else raw.name_text(name)] = value
    return state


def content_of(recorder: Recorder, base: type | None, obj: Any, depth: int) -> Any:
    """Return what an instance of a builtin type's subclass holds as such."""
    if base is None:
        return None
    if base is dict:
        return recorder.mapping(dict_items(obj), depth)
    if base in (list, tuple, set, frozenset, collections.deque):
        return recorder.values(raw.elements(base.__iter__, obj), depth)
    return PLAIN[base](obj)


def dict_items(obj: Any) -> list[tuple[Any, Any]]:
    """Return a dict's items; an OrderedDict's in the order it has been given where none of its keys runs any code."""
    ordered = issubclass(type(obj), collections.OrderedDict)
    if ordered and all(raw.are_atoms(key if type(key) is tuple else (key,)) for key in list(dict.keys(obj))):
        return raw.elements(collections.OrderedDict.items, obj)
    return list(dict.items(obj))


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
    if is_named(recorder, cls):
        return (recorder.indexes[id(cls)],)
    reference = recorder.known(cls)
    for each in unnamed_line(recorder, cls):
        reference = recorder.known(each) or recorder.reserve(each)
        record, _ = caught(named_record, recorder, each)
        recorder.records[reference[0]] = record or UNNAMED
    assert reference is not None
    return reference


def is_named(recorder: Recorder, cls: type) -> bool:
    """Tell whether a class has a record that says which it is: it does not wait, nor has it failed."""
    index = recorder.indexes.get(id(cls))
    record = None if index is None else recorder.records[index]
    return record is not None and record[0] in ("class", "element", "global")


def unnamed_line(recorder: Recorder, cls: type) -> list[type]:
    """Return a class and the bases that it is to name, these first: a line of classes may be longer than the stack."""
    found: dict[int, type] = {}
    waiting = [cls]
    while waiting:
        each = waiting.pop()
        if id(each) not in found and not is_named(recorder, each):
            found[id(each)] = each
            waiting.extend(named_bases(recorder, each))
    if len(found) == 1:
        return [cls]
    order = {id(base): number for number, base in enumerate(raw.class_mro(cls))}
    return sorted(found.values(), key=lambda each: -order.get(id(each), len(order)))


def named_bases(recorder: Recorder, cls: type) -> list[type]:
    """Return the bases that a class's record names: a class of the standard library is found there by itself."""
    if is_global(recorder, cls) and (not issubclass(cls, BaseException) or is_in_every_python(recorder, cls)):
        return []
    return [base for base in raw.class_bases(cls) if base is not object]


def is_in_every_python(recorder: Recorder, cls: type) -> bool:
    name, _, module = known(recorder, cls).title
    return module == "builtins" and name not in NEWER


def named_record(recorder: Recorder, cls: type) -> Record:
    """Return the record of a class that is only named."""
    if is_global(recorder, cls):
        _, qualname, module = known(recorder, cls).title
        return "global", module, qualname, tuple(named(recorder, base) for base in named_bases(recorder, cls))
    return class_record(recorder, cls)


def opened(recorder: Recorder, cls: type, depth: int) -> Reference:
    """Return the reference of a class that has a recorded instance: it is a mock with methods and attributes."""
    if id(cls) in recorder.opened_classes:
        return (recorder.indexes[id(cls)],)
    reference = named(recorder, cls)
    waiting = [cls]
    while waiting:
        each = waiting.pop()
        if each is object or id(each) in recorder.opened_classes:
            continue
        (place,) = named(recorder, each)
        record = recorder.records[place]
        if not serves(record, each):
            is_real = record[0] == "global" and issubclass(each, BaseException)
            if not is_real and not raw.is_one_of(each, REAL_BASES):
                open_class(recorder, each, place, depth)
                waiting.extend(raw.class_bases(each))
    return reference


def serves(record: Record, cls: type) -> bool:
    """Tell whether what an earlier table of the pickle has of a class will do for its instances here.

    Where that table only names it, the standard library's real classes are its bases: these need more than a mock has.
    """
    if record[0] != "element":
        return False
    mro = () if issubclass(cls, BaseException) else raw.class_mro(cls)
    bases = [base for base in mro if base is not object and not raw.is_one_of(base, REAL_BASES)]
    is_mock = not any(raw.is_importable(base, raw.class_module(base), raw.class_qualname(base)) for base in bases)
    return is_mock or record[1].is_opened(cls)


def open_class(recorder: Recorder, cls: type, place: int, depth: int) -> None:
    """Record a class that has this place as a mock with what it holds, which follows (Recorder.fill_classes)."""
    record = recorder.records[place]
    if record[0] != "class" or record is UNNAMED:  # else it has its record, but for what it holds
        record = recorder.records[place] = class_record(recorder, cls)
    attributes = record[ATTRIBUTES]
    recorder.opened_classes.add(id(cls))
    space, names = raw.class_dict(cls), known(recorder, cls).names
    methods = functions.of_class(recorder, cls, names)
    others = [name for name in names if name not in methods] if methods else names
    held = {name: value for name in others if (value := space.get(name, raw)) is not raw}
    if held:
        recorder.class_attributes.append((attributes, held, depth))


def is_special(name: str) -> bool:
    return (name.startswith("__") and name.endswith("__")) or name.startswith("_abc_")


UNNAMED: Record = ("class", "?", "?", "?", (), {}, {})
"""The record of a class that could not be recorded; it is tried once more when the class is opened."""

ATTRIBUTES = schema.place("class", "attributes")
"""Where a class's record has what the class holds: nothing until it is opened."""


def class_record(recorder: Recorder, cls: type) -> Record:
    about = known(recorder, cls)
    facts = about.facts
    if about.is_enum:
        members = raw.lookup(cls, "_member_map_")
        facts = {**facts, "members": recorder.mapping(dict.items(members) if type(members) is dict else (), 1)}
    return "class", *about.title, base_references(recorder, cls), {}, facts


def base_references(recorder: Recorder, cls: type) -> tuple[Reference, ...]:
    return tuple([named(recorder, base) for base in raw.class_bases(cls) if base is not object])


def class_facts(cls: type, form: Shape) -> dict[str, Any]:
    """Return what decides how a class's mock behaves."""
    doc = raw.class_dict(cls).get("__doc__")
    facts: dict[str, Any] = {"doc": doc} if type(doc) is str and not is_in_library(cls) else {}
    if issubclass(cls, BaseException):
        return {**facts, "exception": True}
    facts["repr"] = form.style
    if form.content is not None:
        facts["content"] = form.content.__name__
        if form.content in UNHASHABLE and raw.lookup(cls, "__hash__") is not None:
            facts["hash"] = True
    facts.update(field_facts(cls, form))
    return facts


def is_in_library(cls: type) -> bool:
    """Tell whether the module of a class is the standard library's or an installed one."""
    module = sys.modules.get(raw.class_module(cls))
    filename = raw.module_dict(module).get("__file__") if issubclass(type(module), types.ModuleType) else None
    return raw.is_standard(raw.class_module(cls)) or (type(filename) is str and raw.is_library(filename))


def field_facts(cls: type, form: Shape) -> dict[str, Any]:
    """Return the fields that namedtuples, dataclasses, attrs and pydantic classes show and compare by.

    A class that only looks like one of them has none.
    """
    if form.content is tuple:
        names = [names for names in (raw.lookup(cls, "_fields"), raw.lookup(cls, "__match_args__")) if is_names(names)]
        return {"fields": names[0]} if names else {}
    dataclass = raw.lookup(cls, "__dataclass_fields__")
    if type(dataclass) is dict:
        return dataclass_facts(cls, dataclass)
    attributes = raw.lookup(cls, "__attrs_attrs__")
    if issubclass(type(attributes), tuple):
        return attrs_facts(cls, raw.elements(tuple.__iter__, attributes))
    model = raw.lookup(cls, "__pydantic_fields__")
    return {"compare": tuple(model)} if type(model) is dict and is_names(tuple(model)) else {}


def is_names(names: Any) -> bool:
    """Tell whether something is the names of fields: a tuple of plain text that has any."""
    return type(names) is tuple and len(names) > 0 and all(type(name) is str for name in names)


def are_fields(fields: Iterable[Any], module: str, name: str) -> bool:
    """Tell whether all fields are what a library itself describes fields with."""
    return all(raw.class_name(type(each)) == name and raw.is_found(type(each), module, name) for each in fields)


def attrs_facts(cls: type, attributes: list[Any]) -> dict[str, Any]:
    if not are_fields(attributes, "attr", "Attribute"):
        return {}
    facts: dict[str, Any] = {"fields": tuple(attribute.name for attribute in attributes if attribute.repr)}
    if raw.owner(cls, "__eq__") is not object:
        facts["compare"] = tuple(attribute.name for attribute in attributes if attribute.eq)
        facts["frozen"] = raw.lookup(cls, "__hash__") is not None
    return facts


def dataclass_facts(cls: type, fields: dict[str, Any]) -> dict[str, Any]:
    if fields and not (is_names(tuple(fields)) and are_fields(fields.values(), "dataclasses", "Field")):
        return {}
    facts: dict[str, Any] = {"fields": tuple(name for name, field in fields.items() if field.repr)}
    parameters = raw.lookup(cls, "__dataclass_params__")
    if are_fields([parameters], "dataclasses", "_DataclassParams") and parameters.eq:
        facts["compare"] = tuple(name for name, field in fields.items() if field.compare)
        facts["frozen"] = bool(parameters.frozen or parameters.unsafe_hash)
    return facts
