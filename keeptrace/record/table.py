"""The table while it is being made: its records, which object has which place, and what is packed already."""

from __future__ import annotations

import itertools
import operator
from collections import Counter

from keeptrace.record import packing
from keeptrace.record.foreign import caught

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from keeptrace.record.raw import Record, Reference

PACKED = ()
"""What is in the table at the place of a record that is packed."""

ALIKE = 1000
"""Records that are packed where more of them are alike: fewer are pickled as quickly as they are packed."""

KIND = operator.itemgetter(0)
"""What a record is of."""

COMPACT = 4096
"""Records after which those that are alike are packed."""


class Table:
    """The records made so far."""

    def __init__(self) -> None:
        self.records: list[Any] = []
        self.indexes: dict[int, int] = {}
        self.kept: list[Any] = []
        self.packed: list[tuple[Any, ...]] = []
        self.complete: list[int] = []

    def add(self, record: Record) -> Reference:
        """Append a record that no object stands for."""
        self.records.append(record)
        return (len(self.records) - 1,)

    def reserve(self, obj: object) -> Reference:
        """Give an object its place in the table; what it is follows. The object is kept alive meanwhile."""
        index = self.indexes[id(obj)] = len(self.records)
        self.records.append(None)
        self.kept.append(obj)
        return (index,)

    def reserve_all(self, objects: list[Any], record: Any = None) -> range:
        """Give several objects, none of which has one, places that follow one another, as reserve() does for one.

        record: what stands at each of these places.
        """
        places = range(len(self.records), len(self.records) + len(objects))
        self.records.extend(itertools.repeat(record, len(objects)))
        self.indexes.update(zip(map(id, objects), places, strict=True))
        self.kept += objects
        return places

    def add_methods(self, index: int, functions: list[Any], form: Any) -> None:
        """Give functions that have no place yet places that follow one another, as attributes of a class.

        index: the place of the class. form: of the functions' records.
        """
        places = self.reserve_all(functions, PACKED)
        self.packed.append((places.start, form, index))

    def found(self, obj: object) -> Reference | None:
        """Return the reference of an object that has one."""
        index = self.indexes.get(id(obj))
        return None if index is None else (index,)

    def done(self, places: Iterable[int]) -> None:
        """Note records as complete: from time to time those that are alike are packed."""
        self.complete += places
        if len(self.complete) >= COMPACT:
            self.pack()

    def pack(self) -> None:
        """Pack the records made since the last time that are alike, but the first, which is what was pickled."""
        made = filter(None, map(self.records.__getitem__, self.complete))
        for kind, count in Counter(map(KIND, made)).items():
            if count > ALIKE and kind in packing.PACKED:
                self.pack_alike([place for place in self.complete if place > 0 and self.records[place][:1] == (kind,)])
        self.complete.clear()

    def pack_alike(self, places: list[int]) -> None:
        """Pack records of one kind, those of objects class by class."""
        alike: dict[Any, list[int]] = {}
        for place in places:
            record = self.records[place]
            alike.setdefault(record[1] if record[0] == "object" else None, []).append(place)
        for same in alike.values():
            if len(same) > ALIKE:
                form, _ = caught(packing.packed, [self.records[place] for place in same])
                if form is not None:
                    self.add_packed(same, form)

    def add_packed(self, places: list[int], form: Any) -> None:
        """Keep a form of records, whose places in the table stay empty."""
        first, after = places[0], places[-1] + 1
        if after - first == len(places):  # they follow one another
            self.packed.append((first, form))
            self.records[first:after] = [PACKED] * len(places)
        else:
            self.packed.append((places, form))
            for place in places:
                self.records[place] = PACKED
