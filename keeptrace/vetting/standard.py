"""What a table may name of the standard library, and what stands for the rest.

Nothing is imported but the modules whose values the restorer constructs, and these from the standard library's own
folder only. What is callable and does something comes back as a thing that is named the same and does nothing.
"""

from __future__ import annotations

import builtins
import collections
import enum
import importlib.util
import os
import re
import sys
import types
from typing import Any

from keeptrace.restore import CONSTRUCTORS, NEVER_IMPORTED
from keeptrace.vetting.named import RECORDS
from keeptrace.vetting.text import clean_name

REAL_CLASSES = frozenset(
    [
        *(cls for cls in vars(builtins).values() if type(cls) is type and cls.__module__ == "builtins"),
        collections.Counter, collections.OrderedDict, collections.defaultdict, collections.deque,
        types.BuiltinFunctionType, types.CodeType, types.FrameType, types.FunctionType, types.MappingProxyType,
        types.MethodType, types.ModuleType, types.SimpleNamespace, types.TracebackType, type(None), type(...),
        type(NotImplemented),
    ]
)  # fmt: skip
"""Classes that come back as themselves beside exceptions and those of CONSTRUCTORS: calling one does no harm."""

MODULE_TYPES = frozenset([types.ModuleType, type(builtins)])
"""Of modules whose names are looked up: builtins has a type of its own where Nuitka compiled the program."""

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")


def is_standard(module: str) -> bool:
    """Tell whether a name is that of a module of the standard library whose import has no effect."""
    parts = module.split(".")
    is_plain = all(part == "__future__" or not part.startswith("__") for part in parts)
    refused = NEVER_IMPORTED.union(REFUSED)
    return (
        NAME.fullmatch(module) is not None and is_plain and refused.isdisjoint(parts) and parts[0] in STANDARD_MODULES
    )


STANDARD_MODULES = sys.stdlib_module_names
REFUSED = frozenset(
    [
        "curses", "distutils", "ensurepip", "lib2to3", "pip", "pydoc_data", "readline", "rlcompleter", "site", "tests",
        "tkinter", "turtle", "venv",
    ]
)  # fmt: skip


def imported(module: str) -> types.ModuleType | None:
    """Return a module of the standard library if it is there; only those of CONSTRUCTORS are imported for it."""
    if not is_standard(module):
        return None
    if module not in sys.modules and module in CONSTRUCTORS and comes_from_the_library(module):
        __import__(module)
    found = sys.modules.get(module)
    return found if type(found) in MODULE_TYPES and comes_from_the_library(module) else None


def comes_from_the_library(module: str) -> bool:
    """Tell whether a module's file is the standard library's own, not one of that name in the current folder."""
    found = sys.modules.get(module)
    if found is None:
        spec = importlib.util.find_spec(module) if "." not in module else None
        origin = spec.origin if spec is not None else ""
    else:
        origin = vars(found).get("__file__") or "built-in"
    if origin in ("built-in", "frozen"):
        return True
    if type(origin) is not str or not origin:
        return False
    if getattr(sys, "frozen", False) or not hasattr(os, "__file__"):  # all that a frozen program can import is its own
        return True
    both = os.__file__, enum.__file__  # since 3.11 os is not in the zip where the rest may be
    folders = [*map(os.path.dirname, both), os.path.join(sys.base_prefix, "DLLs")]
    is_inside = any(origin.startswith(folder + os.sep) for folder in folders)
    return is_inside and "site-packages" not in origin and "dist-packages" not in origin


def lookup(module: str, qualname: str) -> Any:
    """Return what the standard library has under a name, None where it is not there; nothing of it runs."""
    found: Any = imported(module)
    if found is None:
        return None
    for part in qualname.split("."):
        if isinstance(found, enum.EnumMeta) and part in found._member_map_:
            found = found._member_map_[part]
        elif isinstance(found, type):
            found = type.__dict__["__dict__"].__get__(found).get(part)
            found = found.__func__ if type(found) in (staticmethod, classmethod) else found
        elif isinstance(found, types.ModuleType):
            found = vars(found).get(part)
        else:
            return None
    return found


def is_real(found: Any) -> bool:
    """Tell whether something of the standard library comes back as itself."""
    if found is ... or found is NotImplemented:
        return True
    if isinstance(found, type):
        return is_real_class(found)
    return isinstance(type(found), enum.EnumMeta) and comes_from_the_library(type(found).__module__)


def is_real_class(cls: type) -> bool:
    if issubclass(cls, BaseException):
        shows_arguments = isinstance(cls.__repr__, types.WrapperDescriptorType)
        return shows_arguments and all(base is object or issubclass(base, BaseException) for base in cls.__mro__)
    named = CONSTRUCTORS.get(cls.__module__.removeprefix("_"), [])
    return cls in REAL_CLASSES or cls.__name__ in named


def stand_in(module: str, qualname: str, bases: Any) -> Any:
    """Return the record of what stands for something of the standard library, or is said to be of it."""
    found = lookup(module, qualname)
    name, qualname, module = (clean_name(part) for part in (qualname.rpartition(".")[2], qualname, module))
    if is_real(found):
        return RECORDS["element"]("element", found)
    if isinstance(found, types.FunctionType):
        return inert_function(found, name, qualname, module)
    if found is None or isinstance(found, type):
        return "class", name, qualname, module, bases, {}, {"exception": True} if bases else {}
    kind = type(found).__name__
    text = f"<built-in function {name}>" if isinstance(found, types.BuiltinFunctionType) else f"<{module}.{qualname}>"
    return "shown", kind, kind, "builtins", text


def inert_function(found: types.FunctionType, name: str, qualname: str, module: str) -> tuple[Any, ...]:
    """Return the record of a function that has the signature of a real one, and refuses to be called."""
    code = found.__code__
    counts = (code.co_posonlyargcount, code.co_argcount, code.co_kwonlyargcount, code.co_flags)
    total = counts[1] + counts[2] + bool(counts[3] & 4) + bool(counts[3] & 8)
    facts = (code.co_name, code.co_filename, code.co_firstlineno, counts, code.co_varnames[:total])
    return "function", name, qualname, module, facts, None, found.__doc__, {}, (), {}, {}
