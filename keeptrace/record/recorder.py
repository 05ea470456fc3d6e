"""The recorder: what stands in a record for an object, and how an object that is met for the first time comes to wait.

It holds all that one recording shares, and knows no type; how each is recorded is in the registry (registry.py), and
what is recorded when in the loop (loop.py).
"""

from __future__ import annotations

import itertools
from collections import deque

from keeptrace.record import packing, raw, redaction
from keeptrace.record.foreign import Foreign
from keeptrace.record.limits import ITEM, Budget
from keeptrace.record.raw import ATOM_IDS, ATOMS, STRINGS, TEXTS
from keeptrace.record.table import Table

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.settings import Settings

FEW = 256
"""Names of one object that are remembered together."""

MARKERS = 1000
"""Different markers of what was left out; after these, one for all."""

PLACE_MEMORY, STACK_MEMORY = 130, 520
"""Bytes that recording keeps, beside what the pickle has, of an object's place, and of an exception or frame."""

LONGEST_SECRET = 4096
"""Characters beyond a cut that are looked at, so that no part of a secret stays."""


class Run:
    """Objects of one class that wait to be recorded together, and their places in the table."""

    __slots__ = ("cls", "depth", "objects", "places", "probing")

    def __init__(self, cls: type, depth: int, probing: bool) -> None:
        self.cls, self.depth, self.probing = cls, depth, probing
        self.objects: list[Any] = []
        self.places: list[int] = []


class Recorder(Table):
    """One recording of one crash: the table, what waits, and what the kinds of values share.

    on_stack: returns what records a type of which the stack is made, at once and at any depth; None for other types.
    own_functions: whether functions are recorded in our own way.
    """

    def __init__(
        self,
        settings: Settings,
        element: Callable[[Any], Any] | None,
        on_stack: Callable[[type], Any],
    ) -> None:
        super().__init__()
        self.settings = settings
        self.element = element
        self.on_stack = on_stack
        self.own_functions = False
        self.budget = Budget(settings.limits)
        self.redaction = redaction.of(settings.redactor)
        self.foreign = Foreign(settings.limits.seconds)
        self.over: str | None = None
        self.markers: dict[str, Reference] = {}
        self.clean_names: dict[tuple[str, ...], bool] = {}
        self.cut_types: dict[type, Reference] = {}
        self.probing = True
        self.waiting: deque[Run] = deque()
        self.open_runs: dict[int, Run] = {}
        self.exceptions: deque[tuple[Any, ...]] = deque()
        self.frames: list[tuple[Any, ...]] = []
        self.class_attributes: list[tuple[dict[str, Any], dict[str, Any], int]] = []
        self.blobs: dict[int, bytes] = {}
        self.sources: dict[str, str] = {}
        self.source_size = 0
        self.shown_sources: dict[str, str] = {}
        self.paths: dict[str, str] = {}
        self.bare: dict[str, None] = {}
        self.codes: dict[tuple[int, int], Any] = {}  # by the ids of code and globals: what frames of these share
        self.kinds: dict[int, Any] = {}  # by the id of a type, as what follows: a metaclass may have a hash of its own
        self.classes: dict[int, Any] = {}
        self.shapes: dict[int, Any] = {}
        self.standard: dict[int, bool] = {}
        self.shown: dict[int, int] = {}  # by the ids of objects: see endless.py
        self.unfilled: set[int] = set()
        self.opened_classes: set[int] = set()

    def known(self, obj: object) -> Reference | None:
        """Return the reference of an object that has one, here or in an earlier snapshot of the same pickling."""
        reference = self.found(obj)
        if reference is None and self.element is not None:
            element = self.element(obj)
            if element is not None:
                reference = self.reserve(obj)
                self.records[reference[0]] = ("element", element)
        return reference

    def value(self, obj: Any, depth: int) -> Any:
        """Return an atom itself, or the reference of any other object, which then waits to be recorded.

        depth: how many levels of it are to be opened; 0 means a representation only, below 0 no limit.
        """
        if raw.is_atom(obj):
            if type(obj) is not str and type(obj) is not bytes:
                return obj
            self.budget.bytes -= self.budget.text_size(obj)
            return self.text(obj)
        return self.found(obj) or self.reference(obj, depth)

    def reference(self, obj: Any, depth: int) -> Reference:
        """Return the reference of an object met for the first time, which then waits among others of its class."""
        if self.element is not None:
            known = self.known(obj)
            if known is not None:
                return known
        run = self.run_for(obj, depth)
        if not isinstance(run, Run):
            return run
        index = self.indexes[id(obj)] = len(self.records)
        self.budget.memory -= PLACE_MEMORY
        self.records.append(None)
        run.objects.append(obj)
        run.places.append(index)
        return (index,)

    def run_for(self, obj: Any, depth: int) -> Run | Reference:
        """Return the run that an object joins; the reference of what is recorded at once, or does not fit."""
        cls = type(obj)
        run = self.open_runs.get(id(cls))
        if self.over is None and len(self.records) >= self.settings.limits.objects:
            self.over = f"over the limit of {self.settings.limits.objects:,} objects"
        if run is None or run.depth != depth or run.probing is not self.probing or self.over is not None:
            on_stack = self.on_stack(cls)
            if on_stack is not None and self.over is None:
                self.over = self.budget.over()
            if self.over is not None:
                return self.left_out(obj)
            if on_stack is not None:
                self.budget.memory -= STACK_MEMORY
                found: Reference = on_stack(self, obj, depth - 1 if depth > 0 else depth)
                return found
            run = self.open_runs[id(cls)] = Run(cls, depth, self.probing)
            self.waiting.append(run)
        return run

    def left_out(self, obj: Any) -> Reference:
        """Return the marker of an object that does not fit: what it is, how large, and which limit stopped it."""
        text = f"{raw.measured(obj)}: {self.over}"
        if text not in self.markers:
            if len(self.markers) >= MARKERS:
                text = f"an object: {self.over}"
            self.markers[text] = self.add(("marker", text))
        return self.markers[text]

    def values(self, objects: Iterable[Any], depth: int, kinds: AbstractSet[type] | None = None) -> list[Any]:
        """Return the values of several objects; kinds: their types, where these are known."""
        found: Any = objects if type(objects) in (list, tuple) else list(objects)
        kinds = raw.kinds_of(found) if kinds is None else kinds
        if not TEXTS.isdisjoint(kinds):
            if self.has_long_text(raw.texts_of(found, kinds)):
                return [self.value(obj, depth) for obj in found]
            found = self.redaction.items(found, kinds)
        self.budget.bytes -= self.budget.size(found, kinds)
        if ATOMS.issuperset(kinds):
            return list(found)
        if len(found) > packing.MANY and ATOMS.isdisjoint(kinds):
            places = self.places(found, kinds, depth)
            if places is not None:
                return list(zip(places, strict=True))
        known, new, atoms = self.indexes.get, self.reference, ATOM_IDS
        return [
            obj if id(type(obj)) in atoms else new(obj, depth) if (index := known(id(obj))) is None else (index,)
            for obj in found
        ]

    def packed_values(self, held: packing.Values, depth: int) -> Any:
        """Return the values of several objects, many of them packed where that is possible (see restore.py)."""
        objects, kinds = held.values, held.kinds
        if len(objects) <= packing.MANY:
            return self.values(objects, depth, kinds)
        if held.integers is not None:
            self.budget.bytes -= self.budget.size_of(held)
            return held.integers
        if kinds == STRINGS and not self.has_long_text(objects):
            self.budget.bytes -= self.budget.size_of(held)
            return packing.joined(self.redaction.items(objects, kinds))
        places = self.places(objects, kinds, depth) if ATOMS.isdisjoint(kinds) else None
        if places is None:
            return self.values(objects, depth, kinds)
        self.budget.bytes -= ITEM * (1 if type(places) is range else len(places))
        return packing.references(places)

    def places(self, objects: Sequence[Any], kinds: AbstractSet[type], depth: int) -> Sequence[int] | None:
        """Return the places of objects that are all of one class and new, or all met before; None for any others.

        kinds: the types of the objects, no atoms; `object` stands for several.
        """
        new = self.new_places(objects, kinds, depth)
        if new is not None:
            return new
        known: list[Any] = list(map(self.indexes.get, map(id, objects)))
        return None if None in known else known

    def new_places(self, objects: Sequence[Any], kinds: AbstractSet[type], depth: int) -> range | None:
        """Return the places of objects of one class met for the first time, None for any others."""
        is_one_class = len(kinds) == 1 and object not in kinds
        fits = len(self.records) + len(objects) <= self.settings.limits.objects and self.element is None
        if not fits or not is_one_class or not self.indexes.keys().isdisjoint(map(id, objects)):
            return None
        run = self.run_for(objects[0], depth)
        if not isinstance(run, Run):
            return None
        before = len(self.indexes)
        places = range(len(self.records), len(self.records) + len(objects))
        numbers = list(places)  # once: each of them is an object, of which the index and the run keep the same
        self.indexes.update(zip(map(id, objects), numbers, strict=True))
        if len(self.indexes) < before + len(objects):  # one of them is there twice
            for obj in objects:
                self.indexes.pop(id(obj), None)
            return None
        self.budget.memory -= PLACE_MEMORY * len(objects)
        self.records.extend(itertools.repeat(None, len(objects)))
        run.objects.extend(objects)
        run.places.extend(numbers)
        return places

    def mapping(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[Any, Any] | list[tuple[Any, Any]]:
        """Return a dict's items: a dict where all its keys are atoms, else a list of pairs (no key is hashed here)."""
        pairs = list(items)
        if not pairs:
            return {}
        return self.entries([key for key, _ in pairs], [value for _, value in pairs], depth)

    def entries(self, keys: Any, found: list[Any], depth: int) -> dict[Any, Any] | list[tuple[Any, Any]]:
        """Return a dict's keys and values, as mapping() does."""
        kinds = raw.kinds_of(keys)
        values = self.values(self.redaction.named_values(keys, found, kinds), depth)
        if kinds <= STRINGS and self.are_clean_names(keys):
            return dict(zip(keys, values, strict=True))
        keys = self.redaction.items(keys, kinds, distinct=True)
        if ATOMS.issuperset(kinds) and not self.has_long_text(raw.texts_of(keys, kinds)):
            self.budget.bytes -= self.budget.size(keys, kinds)
            return dict(zip(keys, values, strict=True))
        return list(zip(self.values(keys, depth), values, strict=True))

    def are_clean_names(self, keys: Sequence[str]) -> bool:
        """Tell whether keys are few, and names that hold no secret: the attributes of one class, say.

        The pickler writes such a name once, and refers to it from then on.
        """
        if len(keys) > FEW:
            return False
        names = tuple(keys)
        clean = self.clean_names.get(names)
        if clean is None:
            clean = not self.has_long_text(keys) and self.redaction.are_clean(names)
            self.clean_names[names] = clean
            self.budget.bytes -= self.budget.size(keys, STRINGS)
        self.budget.bytes -= ITEM * len(keys)
        return clean

    def variables(self, items: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return variables or attributes by name, with what the names say is secret hidden."""
        self.open_runs.clear()  # nothing of other variables is recorded before what is near these
        return self.named_values(items, depth)

    def named_values(self, items: dict[str, Any], depth: int) -> dict[str, Any]:
        values = self.values(self.redaction.named_values(list(items), list(items.values())), depth)
        return dict(zip(items, values, strict=True))

    def note_failure(self, names: dict[Any, Any], what: str, error: BaseException | None) -> None:
        """Say among a frame's variables or an exception's attributes what of it could not be recorded, and why."""
        if error is not None:
            text = f"{what}: not recorded, {raw.class_name(type(error))}: {error}"
            names[f"({what})"] = self.add(("marker", text))

    def has_long_text(self, texts: Collection[Any]) -> bool:
        """Tell whether any of the texts is over the limit."""
        return max(map(len, texts), default=0) > self.settings.limits.text

    def text(self, value: str | bytes) -> Any:
        """Return a str or bytes itself, or where it is too long the reference of its first part."""
        limit = self.settings.limits.text
        if len(value) <= limit:
            return self.redaction.value(value)
        unit = "characters" if type(value) is str else "bytes"
        shown = self.redaction.value(value[: int(limit) + LONGEST_SECRET])[: int(limit)]
        return self.add(self.cut_record(type(value), shown, len(value), unit))

    def cut_record(self, base: type, content: Any, total: int, unit: str) -> Record:
        """Return the record of a container or text of which only the first part is kept."""
        cls = self.cut_types.get(base)
        if cls is None:
            name = base.__name__
            real = self.add(("global", "builtins", name, ()))
            facts = {"content": name, "repr": "cut"}
            cls = self.cut_types[base] = self.add(("class", name, name, "builtins", (real,), {}, facts))
        return "object", cls, content, {"cut": f"the first {len(content):,} of {total:,} {unit}"}, None
