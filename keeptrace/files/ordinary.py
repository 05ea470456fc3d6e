"""Makes a table of what a pickle holds around those of crashes: plain containers, exceptions as Python pickles them.

So these are vetted and restored as what is in tables is: nothing that a pickle says reaches an object unchecked.
"""

from __future__ import annotations

import builtins
import pickle
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.files.errors import DumpError, UnsafeDumpError
from keeptrace.record import exceptions
from keeptrace.restore import attempt
from keeptrace.vetting import records, standard
from keeptrace.vetting.packed import ATOMS

if TYPE_CHECKING:
    from collections.abc import Callable

GROUPS = ("BaseExceptionGroup", "ExceptionGroup")
MOST_ATTRIBUTES = 2**22  # of all exceptions together: one dict may be the attributes of many


class Part(NamedTuple):
    """An object of a crash that is not restored yet. Nothing can be done with it."""

    snapshot: int
    place: int

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("a restored object is changed")

    def taken_from(self, restored: list[list[Any]]) -> Any:
        try:
            return restored[self.snapshot][self.place]
        except IndexError:
            raise DumpError(f"cannot load it: it is corrupt: there is no object {self.place:,} in the table") from None


class Class(NamedTuple):
    """What is named as an exception's class; builtin is that itself, or what is nearest to it, among Python's own."""

    module: str
    name: str
    builtin: str
    is_exception: bool = True

    def __call__(self, *arguments: Any) -> Ordinary:
        if not self.is_exception:
            raise UnsafeDumpError(f"cannot load it safely: it calls {self.module}.{self.name}, which no crash does")
        return Ordinary(self, arguments)


class Ordinary:
    """An exception as Python pickles it: its class, its arguments and its attributes. Nothing can be done with it."""

    __slots__ = ("arguments", "cls", "state")

    def __init__(self, cls: Class, arguments: tuple[Any, ...]) -> None:
        self.cls, self.arguments = cls, arguments
        self.state: dict[Any, Any] = {}

    def __setstate__(self, state: Any) -> None:
        if type(state) is not dict or self.state:
            raise pickle.UnpicklingError("an exception has other attributes than a dict's")
        self.state = state


def table_of(root: Any, restored: list[list[Any]]) -> dict[str, Any]:
    """Return a table whose first record is what a pickle holds.

    restored: the objects of each table in it.
    """
    table = Table(restored)
    table.reference(root)
    table.fill()
    return {"format": 1, "records": table.records}


class Table:
    """The records made so far, and the objects whose records are still to be made."""

    def __init__(self, restored: list[list[Any]]) -> None:
        self.restored = restored
        self.records: list[Any] = []
        self.indexes: dict[int, int] = {}
        self.objects: list[Any] = []
        self.attributes = 0

    def spend(self, count: int) -> None:
        self.attributes += count
        if self.attributes > MOST_ATTRIBUTES:
            raise UnsafeDumpError(f"cannot load it safely: its exceptions have over {MOST_ATTRIBUTES:,} attributes")

    def reference(self, obj: Any) -> tuple[int]:
        """Return the reference of an object; its record is made later."""
        index = self.indexes.get(id(obj))
        if index is None:
            index = self.indexes[id(obj)] = len(self.objects)
            self.objects.append(obj)
        return (index,)

    def value(self, obj: Any) -> Any:
        return obj if type(obj) in ATOMS else self.reference(obj)

    def fill(self) -> None:
        """Make the records of all objects, in their order; those that they hold come after them."""
        for obj in self.objects:  # which grows
            make = RECORDS.get(type(obj))
            if make is None:
                raise DumpError(f"cannot load it: it is corrupt: a {type(obj).__name__} stands where data is expected")
            self.records.append(make(self, obj))


def sequence(table: Table, obj: Any) -> Any:
    if ATOMS.issuperset(map(type, obj)):
        return "plain", obj
    return type(obj).__name__, type(obj)(map(table.value, obj))


def elements(table: Table, obj: Any) -> Any:
    return type(obj).__name__, list(map(table.value, obj))


def mapping(table: Table, obj: dict[Any, Any]) -> Any:
    if not ATOMS.issuperset(map(type, obj)):
        return "dict", [(table.value(key), table.value(value)) for key, value in obj.items()]
    if ATOMS.issuperset(map(type, obj.values())):
        return "plain", obj
    return "dict", {key: table.value(value) for key, value in obj.items()}


def part(table: Table, obj: Part) -> Any:
    return "element", obj.taken_from(table.restored)


def exception_class(table: Table, obj: Class) -> Any:
    """Return the record of a class: what is not Python's own has a stand-in, derived from what is."""
    if (obj.module, obj.name) == ("builtins", obj.builtin):
        return "global", obj.module, obj.name, ()
    bases = (table.reference(pythons_own(obj.builtin)),)
    if obj.module.partition(".")[0] in standard.STANDARD_MODULES:
        return "global", obj.module, obj.name, bases
    return "class", obj.name.rpartition(".")[2], obj.name, obj.module, bases, {}, {"exception": True}


def exception(table: Table, obj: Ordinary) -> Any:
    """Return the record of an exception, with the attributes that its class makes of its arguments."""
    cls, arguments = obj.cls, obj.arguments
    facts: dict[str, Any] = {"text": None}
    state: dict[Any, Any] = {}
    fields: dict[Any, Any] = {}
    is_made, made = attempt(real_class(cls), *arguments)
    if is_made:
        facts["text"] = records.text_of(made) if are_plain(arguments) else None
        arguments, fields = made.args, dict(exceptions.field_values(made))
        state.update(vars(made))
        if cls.name == cls.builtin:  # an OSError is the one of its number
            cls = pythons_own(type(made).__name__)
    state.update(obj.state)
    table.spend(len(state))
    fields.update((name, state.pop(name)) for name in fields if name in state)
    if cls.builtin in GROUPS or (cls.name in GROUPS and cls.module in ("builtins", "exceptiongroup")):
        facts.update(group(table, arguments))
    facts["args"] = table.reference(arguments)
    facts["state"] = {name: table.value(value) for name, value in state.items()}
    facts["fields"] = {name: table.value(value) for name, value in fields.items() if value is not None}
    return "exception", table.reference(cls), facts


def are_plain(values: Any) -> bool:
    """Tell whether values are atoms, or tuples of these: a SyntaxError's second argument is one."""
    return all(
        type(value) in ATOMS or (type(value) is tuple and ATOMS.issuperset(map(type, value))) for value in values
    )


def group(table: Table, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """Return the message and the members of a group."""
    message, members = arguments if len(arguments) == 2 else (None, ())
    if (
        type(message) is not str
        or type(members) not in (list, tuple)
        or not {Ordinary, Part}.issuperset(map(type, members))
    ):
        raise DumpError("cannot load it: it is corrupt: an exception group has no members")
    return {"message": message, "members": list(map(table.reference, members))}


def pythons_own(name: str) -> Class:
    return Class("builtins", name, name)


def real_class(cls: Class) -> Any:
    """Return the class that an exception is made by: one of Python's own, or a harmless one of the standard library."""
    found = standard.lookup(cls.module, cls.name)
    is_real = isinstance(found, type) and issubclass(found, BaseException) and standard.is_real_class(found)
    return found if is_real else getattr(builtins, cls.builtin)


RECORDS: dict[type, Callable[[Table, Any], Any]] = {
    list: sequence,
    tuple: sequence,
    set: elements,
    frozenset: elements,
    dict: mapping,
    bytearray: lambda table, obj: ("value", "builtins", "bytearray", (bytes(obj),), "<bytearray>"),
    Part: part,
    Class: exception_class,
    Ordinary: exception,
}
