"""Exception classes by their printed names; nothing is imported to find one."""

from __future__ import annotations

import sys
from typing import Any

USUAL_ENDINGS = ("Error", "Exception", "Warning", "Interrupt", "Exit", "Group", "Timeout", "Failure", "Traceback")
GROUPS = {"ExceptionGroup": "Exception", "BaseExceptionGroup": "BaseException"}


def builtin_exception(name: str) -> type[BaseException] | None:
    return exception_class("builtins", name)


def exception_class(module: str, qualname: str) -> type[BaseException] | None:
    """Return the exception class of that name in a module that is imported already."""
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None


def split_name(name: str) -> tuple[str, str]:
    """Return the module and the qualified name of a class that is printed under that name.

    A module that is not imported is taken to end before the first part that starts with a capital letter.
    """
    parts = name.split(".")
    if len(parts) == 1:
        return ("builtins" if builtin_exception(name) or name in GROUPS else "__main__"), name
    if parts[0] == "__main__":
        qualname = ".".join(parts[1:])
        return "__main__", qualname if exception_class("__main__", qualname) else name
    ends = [end for end in range(len(parts) - 1, 0, -1) if ".".join(parts[:end]) in sys.modules]
    end = ends[0] if ends else next((at for at, part in enumerate(parts) if part[0].isupper()), len(parts) - 1)
    if "<locals>" in parts:
        end = min(end, parts.index("<locals>") - 1)
    return ".".join(parts[:end]) or "__main__", ".".join(parts[end:])


def is_known_or_likely(name: str) -> bool:
    """Tell whether a name is an exception's of Python, or reads like one."""
    last = name.rpartition(".")[2]
    return last.endswith(USUAL_ENDINGS) or builtin_exception(last) is not None
