"""Reads objects with the C methods of their builtin bases only, so that none of their own code runs."""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Reference = tuple[int]
Record = tuple[Any, ...]

ATOMS = frozenset([type(None), bool, int, float, complex, str, bytes])

_TYPE: Any = type.__dict__
class_dict = _TYPE["__dict__"].__get__
class_mro = _TYPE["__mro__"].__get__
class_bases = _TYPE["__bases__"].__get__
class_name = _TYPE["__name__"].__get__
class_qualname = _TYPE["__qualname__"].__get__
exception_dict = BaseException.__dict__["__dict__"].__get__
module_dict: Any = vars(types.ModuleType)["__dict__"].__get__

STANDARD_MODULES = sys.stdlib_module_names - {"antigravity", "idlelib", "test", "this", "turtledemo"}


def class_module(cls: type) -> str:
    """Return the name of a class's module, "<unknown>" where it is none, as tracebacks print it."""
    namespace = class_dict(cls)
    module = namespace["__module__"] if "__module__" in namespace else _TYPE["__module__"].__get__(cls)
    return module if type(module) is str else "<unknown>"


def lookup(cls: type, name: str) -> Any:
    """Return what a class or its bases hold under a name, as it is stored; None where nothing is."""
    for base in class_mro(cls):
        namespace = class_dict(base)
        if name in namespace:
            return namespace[name]
    return None


def owner(cls: type, name: str) -> type:
    """Return the class in the MRO that defines a name."""
    found: type = next((base for base in class_mro(cls) if name in class_dict(base)), object)
    return found


def dict_getter(cls: type) -> Any:
    """Return the descriptor that reads an instance's __dict__, or None."""
    for base in class_mro(cls):
        descriptor = class_dict(base).get("__dict__")
        if isinstance(descriptor, (types.GetSetDescriptorType, types.MemberDescriptorType)) and base is not type:
            return descriptor.__get__
    return None


def slot_getters(cls: type) -> dict[str, Any]:
    """Return the descriptors that read the slots (and C members) of an instance, by attribute name."""
    return {
        name: member.__get__
        for base in reversed(class_mro(cls))
        for name, member in class_dict(base).items()
        if type(member) is types.MemberDescriptorType and name not in ("__dict__", "__weakref__")
    }


def measured(obj: Any) -> str:
    """Return what an object is, and how large where it is a builtin container or text, without asking it."""
    cls = type(obj)
    for base in mro_matches(cls, SIZED):
        return f"{class_qualname(cls)} of {base.__len__(obj):,}"
    return str(class_qualname(cls))


SIZED = frozenset([bytearray, bytes, dict, frozenset, list, set, str, tuple])


def is_standard(module: object) -> bool:
    """Tell whether a module name is the standard library's."""
    return type(module) is str and module.partition(".")[0] in STANDARD_MODULES


def is_importable(obj: object, module: object, qualname: str) -> bool:
    """Tell whether an object is what the standard library holds under its name, without importing anything."""
    if not is_standard(module):
        return False
    found: Any = sys.modules.get(module)  # type: ignore[call-overload]
    for part in qualname.split("."):
        if isinstance(found, types.ModuleType):
            found = module_dict(found).get(part)
        elif isinstance(found, type):
            found = class_dict(found).get(part)
        else:
            return False
    return found is obj


def mro_matches(cls: type, candidates: Any) -> Iterator[Any]:
    """Yield the classes of the MRO that are among the candidates, most specific first."""
    return (base for base in class_mro(cls) if base in candidates)
