"""Checks what a table holds packed before it is unpacked: the records that come of it are checked as any others."""

from __future__ import annotations

import collections
from typing import Any, NoReturn

from keeptrace import schema
from keeptrace.restore import add_methods, parts, unpacked, with_packed
from keeptrace.vetting.named import RECORDS
from keeptrace.vetting.sizes import MOST_OF_ONE_HASH

ATOMS = frozenset([type(None), bool, int, float, complex, str, bytes])
DEEPEST = 12  # forms in each other
SIZES = {"B": 1, "H": 2, "i": 4, "q": 8}  # of integers by their code


class Unfit(Exception):
    """A form that stands for nothing."""


def records(table: dict[str, Any], most: int) -> list[Any]:
    """Return the records of a table, the packed ones among them.

    most: how many values may be unpacked in all, one that stands in several places counted each time.

    Raises ValueError where they cannot be unpacked; the message says which.
    """
    entries, places = table.get("packed", []), len(table["records"])
    if type(entries) is not list:
        raise ValueError(f"cannot restore a table whose packed records are a {type(entries).__name__}, not a list")
    budget, counts = Sizes(places, most), []
    for number, entry in enumerate(entries):
        try:
            counts.append(check_entry(entry, budget))
        except Unfit as error:
            refuse(number, error)
    found = with_packed({"records": table["records"], "packed": [entry[:2] for entry in entries]})
    for number, ((first, _, *owner), count) in enumerate(zip(entries, counts, strict=True)):
        for index in owner:
            methods = range(first, first + count)
            if not is_class(found[index]) or not all(is_function(found[place]) for place in methods):
                refuse(number, "functions of a class are expected")
            add_methods(found, index, methods)
    return found


def refuse(number: int, reason: object) -> NoReturn:
    raise ValueError(f"cannot restore packed records {number} of the table: {reason}") from None


def is_class(record: Any) -> bool:
    fits = type(record) is tuple and record[:1] == ("class",) and len(record) == len(RECORDS["class"]._fields)
    return fits and type(record[schema.place("class", "attributes")]) is dict


def is_function(record: Any) -> bool:
    name = schema.place("function", "name")
    fits = type(record) is tuple and record[:1] == ("function",) and len(record) > name
    return fits and type(record[name]) is str


def check_entry(entry: Any, sizes: Sizes) -> int:
    """Return how many records an entry holds; raise Unfit where it holds none."""
    if type(entry) is not tuple or len(entry) not in (2, 3):
        raise Unfit("their places and a form are expected")
    places, form, *owner = entry
    count = sizes.of(form, 0)
    if type(places) is list:
        fit = len(places) == count and all(type(place) is int and 0 <= place < sizes.places for place in places)
    else:
        fit = type(places) is int and 0 <= places <= sizes.places - count
    if not fit:
        raise Unfit(f"{count} places are expected")
    if owner and (type(places) is list or type(owner[0]) is not int or not 0 <= owner[0] < sizes.places):
        raise Unfit("the first place of functions and the place of their class are expected")
    return count


class Sizes:
    """Tells how many values forms stand for, and keeps all of them to a limit."""

    def __init__(self, places: int, most: int) -> None:
        self.places, self.left = places, most

    def of(self, form: Any, depth: int) -> int:
        """Return how many values a form stands for; raise Unfit where it is none."""
        if depth > DEEPEST:
            raise Unfit("forms are nested too deep")
        if type(form) is list:
            return self.spent(len(form))
        if type(form) is str:
            return self.spent(form.count("\0") + 1)
        if type(form) is bytes and len(form) % 8 == 0:
            return self.spent(len(form) // 8)
        if type(form) is not tuple or not form or type(form[0]) is not str or form[0] not in FORMS:
            raise Unfit("a form is expected")
        types, size = FORMS[form[0]]
        if len(form) - 1 != len(types) or not all(map(isinstance, form[1:], types)):
            raise Unfit(f"{form[0]!r} has other facts")
        return self.spent(size(self, depth + 1, *form[1:]))

    def spent(self, count: int) -> int:
        if count < 0:
            raise Unfit("no number of values is expected to be negative")
        self.left -= count
        if self.left < 0:
            raise Unfit("too much is packed in them")
        return count

    def same(self, depth: int, count: int, value: Any) -> int:
        return count

    def integers(self, depth: int, code: str, data: bytes) -> int:
        size = SIZES.get(code, 0)
        if size == 0 or len(data) % size != 0:
            raise Unfit("the bytes of whole integers are expected")
        return len(data) // size

    def at(self, depth: int, places: Any) -> int:
        return self.of(places, depth)

    def references(self, depth: int, first: int, after: int) -> int:
        if not 0 <= first <= after <= self.places:
            raise Unfit(f"references to {self.places} records are expected")
        return after - first

    def tuples(self, depth: int, columns: list[Any]) -> int:
        counts = {self.of(column, depth) for column in columns}
        if len(counts) != 1:
            raise Unfit("columns of one length are expected")
        return counts.pop()

    def dicts(self, depth: int, names: tuple[Any, ...], columns: list[Any]) -> int:
        if len(names) != len(columns) or not all(type(name) is str for name in names):
            raise Unfit("a name for each column is expected")
        return self.tuples(depth, columns)

    def lists(self, depth: int, lengths: list[Any], items: Any) -> int:
        if not all(type(length) is int and length >= 0 for length in lengths) or sum(lengths) != self.of(items, depth):
            raise Unfit("as many items as all lengths together are expected")
        return len(lengths)

    def items(self, depth: int, lengths: list[Any], keys: Any, values: Any) -> int:
        count = self.lists(depth, lengths, keys)
        self.lists(depth, lengths, values)
        found = list(unpacked(keys))
        if not ATOMS.issuperset(map(type, found)):
            raise Unfit("keys are expected to be plain values")
        for held in parts(lengths, found):
            if len(held) > MOST_OF_ONE_HASH and max(collections.Counter(map(hash, held)).values()) > MOST_OF_ONE_HASH:
                raise Unfit("keys of different hashes are expected")
        return count


FORMS: dict[str, tuple[tuple[type, ...], Any]] = {
    "same": ((int, object), Sizes.same),
    "integers": ((str, bytes), Sizes.integers),
    "at": ((object,), Sizes.at),
    "references": ((int, int), Sizes.references),
    "tuples": ((list,), Sizes.tuples),
    "dicts": ((tuple, list), Sizes.dicts),
    "lists": ((list, object), Sizes.lists),
    "rows": ((list, object), Sizes.lists),
    "items": ((list, object, object), Sizes.items),
}
