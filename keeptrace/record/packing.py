"""Packs values that are alike: what all have in common once, the rest in few large lists and texts (see restore.py).

A pickle of few large values takes less time, memory and bytes than one of many small ones.
"""

from __future__ import annotations

import itertools
import operator

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

PACKED = frozenset(
    [
        "dict", "exception", "frozenset", "function", "list", "marker", "method", "object", "plain", "set", "shown",
        "tuple", "value",
    ]
)  # fmt: skip
"""The kinds of records that nothing changes later."""


def joined(texts: Sequence[str]) -> Any:
    """Return texts as one, joined by null characters; as a list where they hold one, or repeat, those that do once."""
    few = texts[:: max(len(texts) // FEW, 1)]
    if len(set(few)) > len(few) // 2:
        text = "\0".join(texts)
        return text if text.count("\0") == len(texts) - 1 else list(texts)
    met: dict[str, str] = {}
    return [met.setdefault(text, text) for text in texts]


def packed_texts(values: list[Any]) -> Any:
    """Return the form of atoms: packed if all of them are text."""
    return joined(values) if set(map(type, values)) == {str} else values


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
    return ("same", len(values), first) if is_same(values) else values


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
            return packed_places(values, places)
    return "tuples", [packed(list(column)) for column in zip(*values, strict=True)]


def packed_places(values: list[tuple[int]], places: list[int]) -> Any:
    first, last = places[0], places[-1]
    if places.count(first) == len(places):
        return "same", len(places), values[0]
    return ("references", first, last + 1) if places == list(range(first, last + 1)) else values


def packed_dicts(values: list[dict[Any, Any]]) -> Any:
    names = tuple(values[0])
    if not names and not any(values):
        return "items", [0] * len(values), [], []
    if all(map(names.__eq__, map(tuple, values))) and set(map(type, names)) == {str}:
        return "dicts", names, [packed(list(column)) for column in zip(*map(dict.values, values), strict=True)]
    items = list(itertools.chain.from_iterable(map(dict.values, values)))
    return "items", list(map(len, values)), packed_items(values), packed(items)
