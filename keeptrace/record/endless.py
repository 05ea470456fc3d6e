"""Finds values that Python would show for ever, in C code that nothing ends.

A representation shows each way through containers that hold each other: where each level holds the next one twice,
these double with each level. Up to Python 3.12 the recursion limit soon ends what is nested deep; then C's stack does.
"""

from __future__ import annotations

import collections
import gc
import itertools
import types

from keeptrace.record import raw

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import Any

MOST_SHOWN = 2_000_000
PLAIN = 16  # values of plain data that count as one object
READERS: tuple[tuple[Callable[[Any], Any], tuple[type, ...]], ...] = (
    (dict.values, (dict, collections.Counter, collections.OrderedDict, collections.defaultdict)),
    *((cls.__iter__, (cls,)) for cls in (list, tuple, set, frozenset, collections.deque)),
    (gc.get_referents, (slice, types.MappingProxyType, types.SimpleNamespace)),
    (gc.get_referents, tuple(map(type, ({}.keys(), {}.values(), {}.items())))),
)
OF_TYPES = {cls: read for read, classes in READERS for cls in classes}
OF_REPRS = {id(vars(cls)["__repr__"]): read for cls, read in OF_TYPES.items()}
"""What reads the objects that a representation of Python's own shows: by type, and by the identity of a `__repr__`."""


def is_endless(values: Collection[Any], counts: dict[int, int]) -> bool:
    """Tell whether values show too many objects, each as often as it is shown.

    counts: how many each container shows that shows more than one, by its id, as far as this recording knows; what is
        found is added.
    """
    levels = levels_of(values, counts)
    if levels is None:
        count_in_depth(values, counts)
    else:
        for holding, insides in reversed(levels):
            for value, inner in zip(holding, insides, strict=True):
                if len(inner) >= PLAIN or not raw.ATOMS.issuperset(map(type, inner)):
                    counts[id(value)] = count_of(inner, counts)
    return count_of(values, counts) >= MOST_SHOWN


def levels_of(values: Collection[Any], counts: dict[int, int]) -> list[tuple[list[Any], list[Any]]] | None:
    """Return the containers in values that are not known yet, and what each shows, level by level.

    None where one is shown twice, which is rare: the last level may then be above the first. What is too large, and so
    endless, is not followed to its end.
    """
    level, levels, met = values, [], set[int]()
    while level and len(met) < MOST_SHOWN:
        holding = [each for each in level if type(each) not in raw.ATOMS and id(each) not in counts]
        insides = list(map(shown_inside, holding))
        shown = [id(each) for each, inner in zip(holding, insides, strict=True) if inner]
        known = len(met) + len(shown)
        met.update(shown)
        if len(met) < known:
            return None
        levels.append((holding, insides))
        level = list(itertools.chain.from_iterable(insides))
    return levels


def count_in_depth(values: Collection[Any], counts: dict[int, int]) -> None:
    """Count what containers show that may hold each other in any way; one that is in itself shows nothing there."""
    waiting: list[tuple[Any, Any]] = [(value, None) for value in values]
    while waiting:
        value, inner = waiting.pop()
        if inner is not None:
            counts[id(value)] = count_of(inner, counts)
        elif id(value) not in counts:
            counts[id(value)], inner = 1, shown_inside(value)
            waiting.append((value, inner))
            waiting += [(each, None) for each in inner if type(each) not in raw.ATOMS]


def count_of(inner: Collection[Any], counts: dict[int, int]) -> int:
    """Return how many objects something shows that shows these; plain data, which is quick, counts less."""
    holding = [each for each in inner if type(each) not in raw.ATOMS]
    return min(1 + len(inner) // PLAIN + sum(counts.get(id(each), 1) for each in holding), MOST_SHOWN)


def shown_inside(value: Any) -> Any:
    """Return what Python's own representation of a value shows; nothing where code that is not C makes it."""
    if type(value) is list or type(value) is tuple:
        return value
    if issubclass(type(value), BaseException):
        return vars(BaseException)["args"].__get__(value)
    read = OF_TYPES.get(type(value)) or OF_REPRS.get(id(raw.lookup(type(value), "__repr__")))
    return () if read is None else raw.elements(read, value)
