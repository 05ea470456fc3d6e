"""Reads objects with the C methods of their builtin bases only, so that none of their own code runs."""

from __future__ import annotations

import itertools
import os
import sys
import tokenize  # since 3.13 linecache imports it when it first reads a file: then it may be too late
import types

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from typing import Any

    Reference = tuple[int]
    Record = tuple[Any, ...]

ATOMS = frozenset([type(None), bool, int, float, complex, str, bytes])
ATOM_IDS = frozenset(map(id, ATOMS))
TEXTS = frozenset([str, bytes])
STRINGS = frozenset([str])

MAX_BITS = 2000  # sys.set_int_max_str_digits() may forbid the digits of a longer integer
ATTEMPTS = 100  # at a container that other threads change

_TYPE: Any = type.__dict__
class_dict = _TYPE["__dict__"].__get__
class_bases = _TYPE["__bases__"].__get__
_flags, _mro, _module = (_TYPE[name].__get__ for name in ("__flags__", "__mro__", "__module__"))
_name, _qualname = (_TYPE[name].__get__ for name in ("__name__", "__qualname__"))
exception_dict = BaseException.__dict__["__dict__"].__get__
module_dict: Any = vars(types.ModuleType)["__dict__"].__get__

MADE_AT_RUN_TIME, UNCHANGEABLE, DERIVABLE = 1 << 9, 1 << 8, 1 << 10
"""Py_TPFLAGS_HEAPTYPE, Py_TPFLAGS_IMMUTABLETYPE and Py_TPFLAGS_BASETYPE."""

STANDARD_MODULES = sys.stdlib_module_names - {"antigravity", "idlelib", "test", "this", "turtledemo"}


def is_atom(obj: object) -> bool:
    """Tell whether an object is plain data (types are told apart by id: a metaclass may have a hash of its own)."""
    return id(type(obj)) in ATOM_IDS


METACLASSES: set[int] = set()
"""Metaclasses, by id, that have a hash of their own: what is found by its type would run it.

The standard library's are none of them, nor those of typing_extensions, which has them early: since 3.14 typing has
one, and types are asked for twice as fast without any.
"""


def look_at_metaclasses() -> None:
    """Bring METACLASSES up to date with the metaclasses that exist now."""
    found, waiting = set(), [type]
    while waiting:
        metaclass = waiting.pop()
        if lookup(metaclass, "__hash__") is not object.__hash__:
            module = class_module(metaclass)
            is_known = is_standard(module) or module == "typing_extensions"
            if not (is_known and is_found(metaclass, module, class_qualname(metaclass))):
                found.add(id(metaclass))
        waiting.extend(type.__subclasses__(metaclass))
    METACLASSES.difference_update(METACLASSES - found)
    METACLASSES.update(found)


def kinds_of(objects: Iterable[object]) -> set[type]:
    """Return the types of objects; `object` stands for those whose hash would be asked of a metaclass's own code."""
    if not METACLASSES:
        return set(map(type, objects))
    types = list(map(type, objects))
    distinct = dict(zip(map(id, types), types, strict=True)).values()
    return {object if id(type(cls)) in METACLASSES else cls for cls in distinct}


def is_text(obj: object) -> bool:
    """Tell whether an object is a str or bytes."""
    return type(obj) is str or type(obj) is bytes


def texts_of(items: Iterable[Any], kinds: AbstractSet[type]) -> Any:
    """Return the str and bytes among items, which have these types: the items themselves where they are all of it."""
    return items if TEXTS.issuperset(kinds) else [item for item in items if type(item) is str or type(item) is bytes]


def are_atoms(objects: Iterable[object]) -> bool:
    """Tell whether all objects are plain data."""
    return ATOMS.issuperset(kinds_of(objects))


def atom_text(value: Any) -> str:
    """Return the representation of plain data; of a huge integer, whose digits Python may refuse, its size."""
    if type(value) is int and value.bit_length() > MAX_BITS:
        return f"<int of {value.bit_length():,} bits>"
    return repr(value)


def name_text(name: Any) -> str:
    """Return a name as a plain str, whatever stands where a name should be."""
    if issubclass(type(name), str):
        return str.__str__(name)
    return atom_text(name) if is_atom(name) else f"<{class_name(type(name))}>"


def class_mro(cls: type) -> tuple[type, ...]:
    """Return a class's MRO; one that is just being made has none yet."""
    return _mro(cls) or (cls, object)


def is_changeable(cls: type) -> bool:
    """Tell whether anybody can change what a class holds: not those made in C, but for few."""
    return bool(_flags(cls) & (MADE_AT_RUN_TIME | UNCHANGEABLE) == MADE_AT_RUN_TIME)


def class_name(cls: type) -> str:
    return str.__str__(_name(cls))


def class_qualname(cls: type) -> str:
    return str.__str__(_qualname(cls))


def class_module(cls: type) -> str:
    """Return the name of a class's module, "<unknown>" where it is none, as tracebacks print it."""
    namespace = class_dict(cls)
    module = namespace["__module__"] if "__module__" in namespace else _module(cls)
    return str.__str__(module) if issubclass(type(module), str) else "<unknown>"


def class_items(cls: type) -> list[tuple[str, Any]]:
    """Return what a class itself holds, by name."""
    return [(name, value) for name, value in list(class_dict(cls).items()) if type(name) is str]


def lookup(cls: type, name: str) -> Any:
    """Return what a class or its bases hold under a name, as it is stored; None where nothing is."""
    for base in class_mro(cls):
        found = class_dict(base).get(name, lookup)
        if found is not lookup:
            return found
    return None


def owner(cls: type, name: str) -> type:
    """Return the class in the MRO that defines a name."""
    found: type = next((base for base in class_mro(cls) if name in class_dict(base)), object)
    return found


def dict_getter(cls: type) -> Any:
    """Return the descriptor that reads an instance's __dict__, or None."""
    for base in class_mro(cls):
        descriptor = class_dict(base).get("__dict__")
        if base is not type and is_own(base, descriptor, (types.GetSetDescriptorType, types.MemberDescriptorType)):
            return descriptor.__get__ if has_plain_dict(base) else None
    return None


def has_plain_dict(cls: type) -> bool:
    """Tell whether reading __dict__ runs no code: another library's proxy in C forwards it, as all other attributes."""
    forwards = type(class_dict(cls).get("__getattribute__")) is types.WrapperDescriptorType
    return not forwards or is_standard(class_module(cls))


def slot_getters(cls: type) -> dict[str, Any]:
    """Return the descriptors that read the slots (and C members) of an instance, by attribute name.

    None of a base that Python lets no class derive from: Nuitka's functions do derive from Python's, and are laid out
    otherwise in memory.
    """
    return {
        name: member.__get__
        for base in reversed(class_mro(cls))
        if base is cls or _flags(base) & DERIVABLE
        for name, member in list(class_dict(base).items())
        if type(member) is types.MemberDescriptorType and is_slot(base, name, member)
    }


def is_slot(cls: type, name: Any, member: Any) -> bool:
    is_own = is_one_of(member.__objclass__, (cls, object))
    return is_own and type(name) is str and name not in ("__dict__", "__weakref__")


def measured(obj: Any) -> str:
    """Return what an object is, and how large where it is a builtin container or text, without asking it."""
    cls = type(obj)
    for base in mro_matches(cls, SIZED):
        return f"{class_qualname(cls)} of {base.__len__(obj):,}"
    return class_qualname(cls)


SIZED = frozenset([bytearray, bytes, dict, frozenset, list, set, str, tuple])


def is_own(cls: type, descriptor: Any, kinds: tuple[type, ...]) -> bool:
    """Tell whether a descriptor is C code of one of these kinds and made for the class that holds it.

    Since 3.15 all classes share one descriptor of __dict__, which is object's.
    """
    return issubclass(type(descriptor), kinds) and is_one_of(descriptor.__objclass__, (cls, object))


def elements(iterate: Callable[[Any], Any], obj: Any, count: int | None = None) -> list[Any]:
    """Return what a builtin's own iteration gives, or the first of it; other threads may change the object meanwhile.

    iterate: list.__iter__ or the like.
    """
    for _ in range(ATTEMPTS):
        try:
            return list(itertools.islice(iterate(obj), count))
        except RuntimeError:  # it changed between two instructions
            continue
    raise RuntimeError("other threads changed it all the time")


LIBRARY = os.path.join(os.path.dirname(tokenize.detect_encoding.__code__.co_filename), "")
"""The beginning of the standard library's files as its code names them: in a frozen program it may have none.

Of a module that Python itself does not freeze, as it does linecache since 3.15.
"""


def is_library(filename: str) -> bool:
    """Tell whether a file is the standard library's or an installed one's: who reads the dump has its documentation."""
    return is_installed(filename) or is_standard_file(filename)


def is_installed(filename: str) -> bool:
    return "site-packages" in filename or "dist-packages" in filename


def is_typed(filename: str) -> bool:
    """Tell whether a code object's file is none: a text that was typed in, or made by a program."""
    return filename.startswith("<") or "/ipykernel_" in filename.replace("\\", "/")


def is_standard_file(filename: str) -> bool:
    """Tell whether a file is the standard library's, which may be beside others."""
    if filename.startswith("<frozen "):
        return True
    name = filename[len(LIBRARY) :].partition(os.sep)[0].partition(".")[0] if filename.startswith(LIBRARY) else ""
    return name in sys.stdlib_module_names


def is_standard(module: object) -> bool:
    """Tell whether a module name is the standard library's."""
    return type(module) is str and module.partition(".")[0] in STANDARD_MODULES


def is_importable(obj: object, module: object, qualname: str) -> bool:
    """Tell whether an object is what the standard library holds under its name, without importing anything."""
    return is_standard(module) and is_found(obj, module, qualname)


def is_found(obj: object, module: Any, qualname: str) -> bool:
    """Tell whether an object is what an imported module holds under a name."""
    found: Any = sys.modules.get(module)
    if "." not in qualname:
        return issubclass(type(found), types.ModuleType) and module_dict(found).get(qualname) is obj
    for part in qualname.split("."):
        if issubclass(type(found), types.ModuleType):
            found = module_dict(found).get(part)
        elif issubclass(type(found), type):
            found = class_dict(found).get(part)
        else:
            return False
    return found is obj


def mro_matches(cls: type, candidates: Any) -> Iterator[Any]:
    """Yield the classes of the MRO that are among the candidates, most specific first."""
    ids = set(map(id, candidates))
    return (base for base in class_mro(cls) if id(base) in ids)


def is_one_of(cls: type, candidates: Iterable[type]) -> bool:
    """Tell whether a class is one of these, without asking its metaclass."""
    return id(cls) in map(id, candidates)
