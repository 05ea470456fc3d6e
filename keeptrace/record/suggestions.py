"""Finds the names that Python may suggest of an object when it prints that the object lacks one."""

from __future__ import annotations

import collections
import types

from keeptrace.record import raw

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections import Counter
    from typing import Any

MOST_NAMES = 750  # of an object that has more, Python suggests none (traceback.py: _MAX_CANDIDATE_ITEMS)
LONGEST = 40  # characters of a name that it looks at (_MAX_STRING_SIZE)


def near(obj: Any, missing: Any) -> tuple[str, ...]:
    """Return the names an object has that are near the one that it lacks; none of its own code runs.

    Special names, which Python itself looks up, are not among them: a stand-in must not have them.
    """
    if type(missing) is not str or len(missing) > LONGEST or raw.is_atom(obj):
        return ()
    wanted = collections.Counter(missing.lower())
    return tuple([name for name in names_of(obj) if not name.startswith("__") and is_near(name, len(missing), wanted)])


def names_of(obj: Any) -> dict[str, None]:
    """Return the names that dir() finds where a class has no dir() of its own; none where there are too many."""
    found: dict[str, None] = {}
    for space in namespaces_of(obj):
        keys: Any = dict.keys if issubclass(type(space), dict) else iter
        found.update((name, None) for name in raw.elements(keys, space, MOST_NAMES + 1) if type(name) is str)
        if len(found) > MOST_NAMES:
            return {}
    return found


def namespaces_of(obj: Any) -> list[Any]:
    """Return the namespace of a module that has no dir() of its own; or those of an instance, its class and bases."""
    if issubclass(type(obj), types.ModuleType):
        namespace = raw.module_dict(obj)
        return [] if "__dir__" in namespace else [namespace]
    if issubclass(type(obj), type):
        return list(map(raw.class_dict, raw.class_mro(obj)))
    get_dict = raw.dict_getter(type(obj))
    own = get_dict(obj) if get_dict is not None else None
    return [*([own] if issubclass(type(own), dict) else []), *map(raw.class_dict, raw.class_mro(type(obj)))]


def is_near(name: str, length: int, wanted: Counter[str]) -> bool:
    """Tell whether Python may find a name near one of this length and these letters, in lower case.

    It counts 2 for each letter that is changed, added or left out, less where only the case differs, and allows a third
    of the letters of both. A letter that only one of the two has is changed, added or left out.
    """
    if len(name) > LONGEST:
        return False
    letters = collections.Counter(name.lower())
    changed = max((letters - wanted).total(), (wanted - letters).total())
    return 2 * changed <= (len(name) + length + 3) // 3
