"""Records functions: each by itself, or those of a class together, from columns that are made once."""

from __future__ import annotations

import itertools
import operator
import sys
import types

from keeptrace import schema
from keeptrace.record import packing, raw
from keeptrace.record.cache import Cache
from keeptrace.record.code import signature
from keeptrace.record.shapes import SHORTEST

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.recorder import Recorder
    from keeptrace.record.redactor import Redactor

MEMORY = 200
"""Bytes of memory that Python keeps with a function whose attributes and annotations were read."""

GLOBALS = schema.place("function", "globals")
"""Where a function's record has the reference of its globals."""

FUNCTIONS = frozenset([types.FunctionType])
CONSTANTS = frozenset([type(None), bool])
"""Types of defaults in which there is nothing to look for."""

HEAD = ("__code__", "__doc__", "__name__", "__qualname__", "__module__")
head_of = operator.attrgetter(*HEAD)
parts_of = operator.attrgetter(*HEAD, "__defaults__", "__kwdefaults__")
attributes_of = operator.attrgetter("__dict__")


class Methods:
    """Functions of a class that refer to nothing else: their records as columns, the same in every recording.

    of: names of all that the class's mock has; names: of these functions.
    parts: of the functions, by which it is told that they have not changed.
    """

    __slots__ = ("cls", "columns", "names", "of", "parts", "redactor")

    def __init__(self, recorder: Recorder, cls: type, names: tuple[str, ...]) -> None:
        self.cls, space = METHODS.reference(cls), raw.class_dict(cls)
        by_id = {id(space.get(name)): name for name in reversed(names) if type(space.get(name)) is types.FunctionType}
        found = [(name, space[name]) for name in reversed(by_id.values())]
        namespace = found[0][1].__globals__ if found else None
        made = [(name, obj, function(recorder, obj, 0)) for name, obj in found if obj.__globals__ is namespace]
        kept = [(obj, record) for name, obj, record in made if record[:2] == ("function", name) and is_plain(record)]
        self.of, self.names = names, tuple(record[1] for _, record in kept)
        self.parts = tuple(itertools.chain.from_iterable(parts_of(obj) for obj, _ in kept))
        self.columns: list[Any] = packing.packed([record for _, record in kept])[1] if kept else []
        self.redactor = recorder.settings.redactor

    def unchanged(self, space: Any, redactor: Redactor | None) -> list[Any] | None:
        """Return the functions if they are what they were: a function's parts may be replaced."""
        found = list(map(space.get, self.names))
        if self.redactor is not redactor or not raw.kinds_of(found) <= FUNCTIONS:
            return None
        parts = itertools.chain.from_iterable(map(parts_of, found))
        is_same = all(map(operator.is_, parts, self.parts)) and not any(map(attributes_of, found))
        return found if is_same else None


class Head:
    """What a function's record says of the function itself, and by what it is told that this is so still.

    facts: name, qualified name, module, signature, documentation and annotations.
    parts: of the function, by which it is told that they have not changed.
    """

    __slots__ = ("facts", "in_standard_module", "of", "parts")

    def __init__(self, obj: types.FunctionType) -> None:
        self.of, self.parts = HEADS.reference(obj), head_of(obj)
        found, doc, name, qualname, module = self.parts
        is_own = not raw.is_library(found.co_filename)
        self.in_standard_module = raw.is_standard(module)
        self.facts = (
            str.__str__(name),
            str.__str__(qualname),
            module if type(module) is str else None,
            signature(found),
            doc if is_own and type(doc) is str else None,
            annotation_texts(obj) if is_own else {},
        )


HEADS: Cache[int, Head] = Cache(2_000)
"""What functions in earlier recordings were, by their id: each takes 700 bytes."""

METHODS: Cache[int, Methods] = Cache(20_000)
"""The functions of the classes of earlier recordings, by the id of the class."""


def of_class(recorder: Recorder, cls: type, names: tuple[str, ...]) -> tuple[str, ...]:
    """Record the functions of a class that refer to nothing else, as its attributes; return their names.

    names: of what its mock has, the same tuple as long as the class has not changed.
    """
    if not recorder.own_functions or recorder.over is not None:
        return ()
    space, redactor = raw.class_dict(cls), recorder.settings.redactor
    methods = METHODS.get(id(cls))
    found = None if methods is None or methods.of is not names else methods.unchanged(space, redactor)
    if methods is None or found is None:
        methods = METHODS.store(id(cls), Methods(recorder, cls, names))
        found = methods.unchanged(space, redactor) or []
    count, indexes = len(found), recorder.indexes
    fits = len(recorder.records) + count <= recorder.settings.limits.objects
    if not found or not fits or not indexes.keys().isdisjoint(map(id, found)):
        return ()
    columns = methods.columns.copy()
    columns[GLOBALS] = ("same", count, recorded_globals(recorder, found[0]))
    recorder.budget.bytes -= recorder.budget.RECORD * count
    recorder.budget.memory -= MEMORY * count
    recorder.add_methods(indexes[id(cls)], found, ("tuples", columns))
    return methods.names


def is_plain(record: Record) -> bool:
    """Tell whether a function's defaults are plain data in which no secret can be, and it has no attributes."""
    defaults, keywords, state = record[-3:]
    values = [*defaults, *(keywords.values() if type(keywords) is dict else [keywords])]
    return not state and raw.are_atoms(values) and all(len(value) < SHORTEST for value in filter(raw.is_text, values))


def function(recorder: Recorder, obj: types.FunctionType, depth: int) -> Record:
    """Return the record of a function: name, signature, documentation, file and line."""
    known = head(obj)
    name, qualname, module, signature, doc, annotations = known.facts
    if known.in_standard_module and raw.is_found(obj, module, qualname):
        return "global", module, qualname
    defaults, keywords, attributes = obj.__defaults__, obj.__kwdefaults__, obj.__dict__
    return (
        "function",
        name,
        qualname,
        module,
        signature,
        recorded_globals(recorder, obj),
        doc,
        annotations,
        () if defaults is None else default_values(recorder, obj.__code__, defaults),
        {} if keywords is None else keyword_defaults(recorder, keywords),
        recorder.mapping(dict.items(attributes), depth) if dict.__len__(attributes) else {},
    )


def head(obj: types.FunctionType) -> Head:
    """Return what is known of a function, looked at anew where a part of it has been replaced."""
    known = HEADS.get(id(obj))
    if known is None or known.of() is not obj or not all(map(operator.is_, known.parts, head_of(obj))):
        known = HEADS.store(id(obj), Head(obj))
    return known


def default_values(recorder: Recorder, code: types.CodeType, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the values of the defaults of a function's last positional parameters."""
    if type(given) is tuple and raw.kinds_of(given) <= CONSTANTS:
        return given
    defaults = list(tuple.__iter__(given))
    names = code.co_varnames[: code.co_argcount]
    return tuple(recorder.values(recorder.redaction.named_values(names[len(names) - len(defaults) :], defaults), 0))


def keyword_defaults(recorder: Recorder, given: dict[str, Any]) -> dict[Any, Any] | list[tuple[Any, Any]]:
    """Return the values of the defaults of a function's keyword-only parameters, by name."""
    items = list(dict.items(given))
    is_constant = all(type(name) is str and (value is None or type(value) is bool) for name, value in items)
    return dict(items) if is_constant else recorder.mapping(items, 0)


def recorded_globals(recorder: Recorder, obj: types.FunctionType) -> Reference | None:
    """Return the reference of a function's globals where they are recorded as such."""
    index = recorder.indexes.get(id(obj.__globals__))
    record = None if index is None else recorder.records[index]
    return (index,) if index is not None and record and record[0] == "globals" else None


def annotation_texts(obj: types.FunctionType) -> dict[str, str]:
    """Return the annotations that are text or classes, as text (3.14 would have to run code to know them)."""
    if sys.version_info >= (3, 14):
        return {}
    texts = {}
    for name, annotation in list(dict.items(obj.__annotations__)):
        if type(name) is str and type(annotation) is str:
            texts[name] = annotation
        elif type(name) is str and (annotation is None or type(annotation) is type):
            texts[name] = "None" if annotation is None else raw.class_name(annotation)
    return texts
