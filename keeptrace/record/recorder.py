"""The recorder: turns a crash into a table, breadth first from the frame that crashed.

It holds what one recording shares beside the table (table.py), what waits above all. How each type is recorded is in
the registry (registry.py); this module knows no type.
"""

from __future__ import annotations

import gc
import itertools
import sys
import types
from collections import deque, namedtuple

from keeptrace.record import columns, cutting, functions, packing, raw, redaction, registry, stack
from keeptrace.record.foreign import Foreign, attempt
from keeptrace.record.limits import ITEM, Budget, Frozen, Limits
from keeptrace.record.packing import STRINGS
from keeptrace.record.raw import ATOM_IDS, ATOMS, TEXTS
from keeptrace.record.table import Table

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.redaction import Redactor


SHOWING = frozenset(["object", "shown", "value"])
"""Kinds of records that show an object as a text, or hold its text."""

CONTAINER_IDS = frozenset(map(id, [dict, frozenset, list, set, tuple]))
FEW = 256
"""Names of one object that are remembered together."""

MARKERS = 1000
"""Different markers of what was left out; after these, one for all."""

PLACE_MEMORY, RECORD_MEMORY, STACK_MEMORY = 130, 130, 520
"""Bytes that recording keeps, beside what the pickle has, of an object: its place, what is recorded of it alone, and of
an exception or frame."""

AT_ONCE = 1024
"""Objects of a run that are recorded between two looks at the limits."""


class Settings(Frozen):
    """What init() was asked for."""

    pickler: Any
    depth: int
    include_source: bool
    reprs: bool
    limits: Limits
    redactor: Redactor | None

    def __init__(
        self,
        pickler: Any = None,
        depth: int = 3,
        include_source: bool = True,
        reprs: bool = False,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
    ) -> None:
        self.__dict__.update(pickler=pickler, depth=depth, include_source=include_source, reprs=reprs)
        self.__dict__.update(limits=limits or Limits(), redactor=redactor)


Recorded = namedtuple("Recorded", ["table", "indexes", "kept", "opened_classes"])  # noqa: PYI024 (typing is heavy)
"""A table; the place in it of each recorded object by its id; what keeps these objects alive; opened classes' ids."""


class Run:
    """Objects of one class that wait to be recorded together, and their places in the table."""

    __slots__ = ("cls", "depth", "objects", "places", "probing")

    def __init__(self, cls: type, depth: int, probing: bool) -> None:
        self.cls, self.depth, self.probing = cls, depth, probing
        self.objects: list[Any] = []
        self.places: list[int] = []


def record(root: Any, settings: Settings, element: Callable[[Any], Any] | None) -> Recorded:
    """Record an exception, traceback, frame or code object, and everything that belongs to its crash.

    element: returns what stands for an object that is recorded elsewhere already, None for any other; None where
        nothing is.

    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        raw.look_at_metaclasses()
        recorder = Recorder(settings, element)
        recorder.start(root)
        recorder.run()
    finally:
        if collecting:
            gc.enable()
    return Recorded(recorder.table(), recorder.indexes, recorder.kept, recorder.opened_classes)


class Recorder(Table):
    """One recording of one crash: the table it makes, and what waits to be recorded."""

    def __init__(self, settings: Settings, element: Callable[[Any], Any] | None) -> None:
        super().__init__()
        self.settings = settings
        self.element = element
        self.foreign = Foreign(settings.limits.seconds)
        self.budget = Budget(settings.limits)
        self.redaction = redaction.of(settings.redactor)
        self.over: str | None = None
        self.markers: dict[str, Reference] = {}
        self.clean_names: dict[tuple[str, ...], bool] = {}
        self.cut_types: dict[type, Reference] = {}
        self.blobs: dict[int, bytes] = {}
        self.sources: dict[str, str] = {}
        self.source_size = 0
        self.paths: dict[str, str] = {}
        self.codes: dict[tuple[int, int], Any] = {}  # by the ids of code and globals: what frames of these share
        self.kinds: dict[int, Any] = {}  # by the id of a type, as what follows: a metaclass may have a hash of its own
        self.classes: dict[int, Any] = {}
        self.shapes: dict[int, Any] = {}
        self.exceptions: deque[tuple[Any, ...]] = deque()
        self.frames: list[tuple[Any, ...]] = []
        self.unfilled: set[int] = set()
        self.opened_classes: set[int] = set()
        self.alone = (
            settings.pickler is None
            and element is None
            and registry.known_kind(self, types.FunctionType)[0] is functions.function
        )
        self.probing = True
        self.waiting: deque[Run] = deque()
        self.open_runs: dict[int, Run] = {}
        self.class_attributes: list[tuple[dict[str, Any], dict[str, Any], int]] = []

    def start(self, root: Any) -> None:
        """Take the object that is pickled as the first to be recorded."""
        depth = self.settings.depth
        depth = depth - 1 if depth > 0 else depth
        if type(root) is types.CodeType:
            stack.code(self, root, None, marshaled=True)
        else:
            registry.on_stack(type(root))(self, root, depth)  # type: ignore[misc]

    def table(self) -> dict[str, Any]:
        """Return everything recorded, as plain data."""
        table: dict[str, Any] = {
            "format": 1,
            "python": tuple(sys.version_info[:3]),
            "sources": self.sources,
            "records": self.records,
        }
        self.pack()
        if self.packed:
            table["packed"] = self.packed
        if self.blobs:
            table["blobs"] = self.blobs
        return table

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
            return cutting.text(self, obj)
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
            on_stack = registry.on_stack(cls)
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
            if cutting.has_long_text(self, raw.texts_of(found, kinds)):
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
        if kinds == STRINGS and not cutting.has_long_text(self, objects):
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
        self.indexes.update(zip(map(id, objects), places, strict=True))
        if len(self.indexes) < before + len(objects):  # one of them is there twice
            for obj in objects:
                self.indexes.pop(id(obj), None)
            return None
        self.budget.memory -= PLACE_MEMORY * len(objects)
        self.records.extend(itertools.repeat(None, len(objects)))
        run.objects.extend(objects)
        run.places.extend(places)
        return places

    def mapping(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[Any, Any] | list[tuple[Any, Any]]:
        """Return a dict's items: a dict where all its keys are atoms, else a list of pairs (no key is hashed here)."""
        pairs = list(items)
        return self.entries([key for key, _ in pairs], [value for _, value in pairs], depth)

    def entries(self, keys: Any, found: list[Any], depth: int) -> dict[Any, Any] | list[tuple[Any, Any]]:
        """Return a dict's keys and values, as mapping() does."""
        kinds = raw.kinds_of(keys)
        values = self.values(self.redaction.named_values(keys, found, kinds), depth)
        if kinds <= STRINGS and self.are_clean_names(keys):
            return dict(zip(keys, values, strict=True))
        keys = self.redaction.items(keys, kinds, distinct=True)
        if ATOMS.issuperset(kinds) and not cutting.has_long_text(self, raw.texts_of(keys, kinds)):
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
            clean = not cutting.has_long_text(self, keys) and self.redaction.items(keys, STRINGS) is keys
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

    def run(self) -> None:
        """Record everything that waits: the stack first, then variables, then what they refer to, then classes."""
        while self.exceptions or self.frames or self.waiting or self.class_attributes:
            self.probing = True
            stack.record_waiting(self)
            while self.waiting and not self.exceptions and not self.frames:
                run = self.waiting.popleft()
                _, error = attempt(self.record_run, run)
                if error is not None:
                    failed = failure(run.cls, error)
                    for place in run.places:
                        self.records[place] = failed if self.records[place] is None else self.records[place]
            if not self.exceptions and not self.frames:
                self.fill_classes()

    def fill_classes(self) -> None:
        """Record what classes hold: last, so that what a variable holds too is opened as far as that says.

        Where there is a limit of depth, objects are representations, and containers have these.
        """
        self.open_runs.clear()
        waiting, self.class_attributes = self.class_attributes, []
        for attributes, held, depth in waiting:
            containers = {name: value for name, value in held.items() if id(type(value)) in CONTAINER_IDS}
            others = {name: value for name, value in held.items() if name not in containers}
            for some, inner in ((others, min(depth, 0)), (containers, min(depth, 1))):
                values, error = attempt(self.named_values, some, inner)
                attributes.update(values or {})
                stack.note_failure(self, attributes, "attributes", error)

    def record_run(self, run: Run) -> None:
        """Record objects of one class: together where they can be columns, else one after the other."""
        if len(run.objects) < packing.SOME:
            self.record_each(run, run.places, run.objects)
            self.kept += run.objects
            return
        for first in range(0, len(run.objects), AT_ONCE):
            self.open_runs.clear()
            self.probing = run.probing
            places, objects = run.places[first : first + AT_ONCE], run.objects[first : first + AT_ONCE]
            if not attempt(columns.record, self, places, objects, run.depth)[0]:
                self.record_each(run, places, objects)
        self.kept.append(run.objects)

    def record_each(self, run: Run, places: list[int], objects: list[Any]) -> None:
        for index, obj in zip(places, objects, strict=True):
            if self.records[index] is None:  # the stack may have needed it meanwhile
                self.open_runs.clear()
                self.probing = run.probing
                self.record_one(index, obj, run.depth)
        self.done(places)

    def record_one(self, index: int, obj: Any, depth: int) -> None:
        """Record an object by itself; a failure becomes a marker that says which."""
        self.budget.memory -= RECORD_MEMORY
        stopped = self.budget.over()
        if stopped is not None:
            self.over = stopped
            self.records[index] = self.records[self.left_out(obj)[0]]
            return
        record, error = attempt(registry.record, self, index, obj, depth)
        if error is not None:
            self.records[index] = failure(type(obj), error)
        elif record[0] == "packed":
            self.add_packed([index], record[1])
        else:
            self.records[index] = self.redacted(record) if record[0] in SHOWING else record

    def redacted(self, record: Record) -> Record:
        """Return a record with the secrets hidden in what it shows, or holds as a text itself."""
        if record[0] != "object":
            return (*record[:4], self.redaction.text(record[4]))
        if not TEXTS.isdisjoint((type(record[2]), type(record[4]))):
            kind, cls, *texts = record
            return kind, cls, *map(self.redaction.value, texts)
        return record


def failure(cls: type, error: BaseException) -> Record:
    """Return the marker of an object whose recording failed."""
    return "marker", f"{raw.class_name(cls)}: not recorded, {raw.class_name(type(error))}: {error}"
