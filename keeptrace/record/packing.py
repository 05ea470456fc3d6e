"""Packs values that are alike: what all have in common once, the rest in few large lists and texts (see restore.py).

A pickle of few large values takes less time, memory and bytes than one of many small ones.
"""

from __future__ import annotations

import itertools
import operator
import struct

from keeptrace.record import raw
from keeptrace.record.raw import STRINGS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

SOME = 4
"""Objects that are recorded together from here on."""

MANY = 32
"""Values and records that are packed where there are more."""

FEW = 100
"""Texts that are looked at to tell whether many are the same."""

AT_ONCE = 16_384
"""Integers that are packed together: what they need meanwhile stays in the processor's cache."""

SIZES = {"B": 1, "H": 2, "i": 4, "q": 8}
"""Bytes of an integer by its code (see the module struct), the fewest first."""

INTEGERS = frozenset([int])

PACKED = frozenset(
    [
        "dict", "exception", "frozenset", "function", "list", "marker", "method", "object", "plain", "set", "shown",
        "tuple", "value",
    ]
)  # fmt: skip
"""The kinds of records that nothing changes later."""


class Values:
    """Several values, and what is found out about them: once, since there may be a million."""

    __slots__ = ("integers", "kinds", "texts", "values")

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = values
        self.kinds = raw.kinds_of(values)
        self.texts = () if self.kinds.isdisjoint(raw.TEXTS) else raw.texts_of(values, self.kinds)
        self.integers = integers(values) if len(values) > MANY and self.kinds == INTEGERS else None

    def form(self) -> Any:
        """Return the form of atoms, the values themselves where nothing can be packed."""
        if len(self.values) > MANY and self.kinds == STRINGS:
            return joined(self.values)
        return self.values if self.integers is None else self.integers


def integers(values: Sequence[int]) -> Any:
    """Return the form of integers, each in as many bytes as the largest takes, but a list where that is more.

    None where one has more than 64 bits.
    """
    for code, size in SIZES.items():
        try:
            data = packed_integers(code, values)
        except struct.error:
            continue
        few = values[:: max(len(values) // FEW, 1)]
        pays = sum(map(written, few)) >= size * len(few)
        return ("integers", code, data) if pays else list(values)
    return None


def written(number: int) -> int:
    """Return how many bytes an integer of 64 bits at most takes in a pickle."""
    if 0 <= number < 2**16:
        return 2 if number < 2**8 else 3
    return 5 if -(2**31) <= number < 2**31 else 2 + (number.bit_length() + 8) // 8


def references(places: Sequence[int]) -> Any:
    """Return the form of references to places in the table."""
    first, last = places[0], places[-1]
    if last - first == len(places) - 1 and all(map(operator.eq, places, range(first, last + 1))):
        return "references", first, last + 1
    form = integers(places)
    return "at", places if form is None else form


def packed_integers(code: str, values: Sequence[int]) -> bytes:
    chunks = (values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE))
    return b"".join([struct.pack(f"<{len(chunk)}{code}", *chunk) for chunk in chunks])


def joined(texts: Sequence[str]) -> Any:
    """Return texts as one, joined by null characters; as a list where they hold one, or repeat, those that do once."""
    few = texts[:: max(len(texts) // FEW, 1)]
    if len(set(few)) > len(few) // 2:
        text = "\0".join(texts)
        return text if text.count("\0") == len(texts) - 1 else list(texts)
    met: dict[str, str] = {}
    return list(map(met.setdefault, texts, texts))


def packed(values: list[Any]) -> Any:
    """Return the form of values out of a table: atoms, and tuples, lists and dicts of such."""
    kinds, first = set(map(type, values)), values[0]
    if kinds == {str} and not is_same(values):
        return joined(values)
    if kinds == {tuple}:
        return packed_tuples(values)
    if kinds == {dict}:
        return packed_dicts(values)
    if kinds == {list}:
        return "lists", list(map(len, values)), packed_items(values)
    if is_same(values):
        return "same", len(values), first
    form = integers(values) if kinds == INTEGERS else None
    return values if form is None else form


def is_same(values: list[Any]) -> bool:
    return all(map(operator.is_, values, itertools.repeat(values[0])))


def packed_items(values: list[Any]) -> Any:
    items = list(itertools.chain.from_iterable(values))
    return packed(items) if items else items


def packed_tuples(values: list[tuple[Any, ...]]) -> Any:
    lengths = list(map(len, values))
    if lengths.count(lengths[0]) < len(lengths):
        return "rows", lengths, packed_items(values)
    if lengths[0] == 0:
        return "same", len(values), ()
    if lengths[0] == 1 and type(values[0][0]) is int:
        places = [value[0] for value in values]
        if set(map(type, places)) == {int}:
            return ("same", len(places), values[0]) if places.count(places[0]) == len(places) else references(places)
    return "tuples", [packed(list(column)) for column in zip(*values, strict=True)]


def packed_dicts(values: list[dict[Any, Any]]) -> Any:
    names = tuple(values[0])
    if not names and not any(values):
        return "items", [0] * len(values), [], []
    if all(map(names.__eq__, map(tuple, values))) and set(map(type, names)) == {str}:
        return "dicts", names, [packed(list(column)) for column in zip(*map(dict.values, values), strict=True)]
    items = list(itertools.chain.from_iterable(map(dict.values, values)))
    return "items", list(map(len, values)), packed_items(values), packed(items)
