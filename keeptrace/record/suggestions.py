"""Finds the names that Python may suggest of an object when it prints that the object lacks one."""

from __future__ import annotations

import collections
import types

from keeptrace.record import raw

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

MOST_NAMES = 750  # of an object that has more, Python suggests none


def near(obj: Any, missing: Any) -> tuple[str, ...]:
    """Return the names an object has that are near the one that it lacks; none of its own code runs.

    Values are not asked for: a stand-in has no other use for a name than that it is suggested.
    """
    if type(missing) is not str or raw.is_atom(obj):
        return ()
    names = names_of(obj)
    if len(names) > MOST_NAMES:
        return ()
    return tuple([name for name in names if not name.startswith("__") and are_near(name, missing)])


def names_of(obj: Any) -> dict[str, None]:
    """Return the names that dir() finds, where a class has no dir() of its own."""
    if issubclass(type(obj), types.ModuleType):
        spaces = [raw.module_dict(obj)]
    elif issubclass(type(obj), type):
        spaces = list(map(raw.class_dict, raw.class_mro(obj)))
    else:
        get_dict = raw.dict_getter(type(obj))
        own: Any = get_dict(obj) if get_dict is not None else None
        spaces = list(map(raw.class_dict, raw.class_mro(type(obj))))
        spaces += [dict.copy(own)] if issubclass(type(own), dict) else []
    return {name: None for space in spaces for name in list(space) if type(name) is str}


def are_near(name: str, missing: str) -> bool:
    """Tell whether at most a third of both names' characters is not in the other: Python asks for a sixth."""
    ours, theirs = (collections.Counter(each.lower()) for each in (name, missing))
    return max((ours - theirs).total(), (theirs - ours).total()) <= (len(name) + len(missing) + 3) // 3
