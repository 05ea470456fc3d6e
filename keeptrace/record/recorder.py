"""The recorder: turns a crash into a table, breadth first from the frame that crashed.

It holds what one recording shares: the records made so far, which object has which, and what waits. How each type is
recorded is in the registry (registry.py); this module knows no type.
"""

from __future__ import annotations

import gc
import sys
import types
from collections import deque
from typing import TYPE_CHECKING, Any, NamedTuple

from keeptrace.record import cutting, raw, registry, stack
from keeptrace.record.foreign import Foreign, attempt
from keeptrace.record.limits import ITEM, TEXTS, Budget, Limits
from keeptrace.record.raw import ATOMS, Record, Reference
from keeptrace.record.redaction import Redactor, Unredacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


STRINGS = frozenset([str])
FEW = 32
"""Names of one object that are remembered together."""

MARKERS = 1000
"""Different markers of what was left out; after these, one for all."""


class Settings(NamedTuple):
    """What init() was asked for."""

    pickler: Any = None
    depth: int = 3
    include_source: bool = True
    reprs: bool = False
    limits: Limits = Limits()
    redactor: Redactor | None = None


def record(
    root: Any, settings: Settings, element: Callable[[Any], Any]
) -> tuple[dict[str, Any], dict[int, Reference], list[Any]]:
    """Record an exception, traceback, frame or code object, and everything that belongs to its crash.

    element: returns what stands for an object that is recorded elsewhere already, None for any other.

    Returns the table, the reference of each recorded object by its id, and the objects themselves.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        recorder = Recorder(settings, element)
        recorder.start(root)
        recorder.run()
    finally:
        if collecting:
            gc.enable()
    return recorder.table(), recorder.references, recorder.kept


class Recorder:
    """One recording of one crash."""

    def __init__(self, settings: Settings, element: Callable[[Any], Any]) -> None:
        self.settings = settings
        self.element = element
        self.foreign = Foreign(settings.limits.seconds)
        self.budget = Budget(settings.limits)
        self.redaction = settings.redactor.begin() if settings.redactor else Unredacted()
        self.over: str | None = None
        self.markers: dict[str, Reference] = {}
        self.clean_names: dict[tuple[str, ...], bool] = {}
        self.cut_types: dict[type, Reference] = {}
        self.records: list[Any] = []
        self.references: dict[int, Reference] = {}
        self.kept: list[Any] = []
        self.blobs: dict[int, bytes] = {}
        self.sources: dict[str, str] = {}
        self.source_size = 0
        self.paths: dict[str, str] = {}
        self.kinds: dict[type, Any] = {}
        self.shapes: dict[type, Any] = {}
        self.exceptions: deque[tuple[Any, ...]] = deque()
        self.frames: list[tuple[Any, ...]] = []
        self.unfilled: set[int] = set()
        self.opened_classes: set[int] = set()
        self.probing = True
        self.waiting: deque[tuple[int, Any, int, bool]] = deque()

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
        if self.blobs:
            table["blobs"] = self.blobs
        return table

    def add(self, record: Record) -> Reference:
        """Append a record that no object stands for."""
        self.records.append(record)
        return (len(self.records) - 1,)

    def reserve(self, obj: object) -> Reference:
        """Give an object its place in the table; what it is follows. The object is kept alive meanwhile."""
        reference = self.references[id(obj)] = (len(self.records),)
        self.records.append(None)
        self.kept.append(obj)
        return reference

    def known(self, obj: object) -> Reference | None:
        """Return the reference of an object that has one, here or in an earlier snapshot of the same pickling."""
        reference = self.references.get(id(obj))
        if reference is None:
            element = self.element(obj)
            if element is not None:
                reference = self.reserve(obj)
                self.records[reference[0]] = ("element", element)
        return reference

    def value(self, obj: Any, depth: int) -> Any:
        """Return an atom itself, or the reference of any other object, which then waits to be recorded.

        depth: how many levels of it are to be opened; 0 means a representation only, below 0 no limit.
        """
        if type(obj) in ATOMS:
            if type(obj) not in TEXTS:
                return obj
            self.budget.bytes -= self.budget.text_size(obj)
            return cutting.text(self, obj)
        reference = self.references.get(id(obj)) or self.known(obj)
        if reference is None:
            on_stack = registry.on_stack(type(obj))
            if on_stack is not None:
                return on_stack(self, obj, depth - 1 if depth > 0 else depth)
            if self.over is not None:
                return self.left_out(obj)
            reference = self.reserve(obj)
            self.waiting.append((reference[0], obj, depth, self.probing))
        return reference

    def left_out(self, obj: Any) -> Reference:
        """Return the marker of an object that does not fit: what it is, how large, and which limit stopped it."""
        text = f"{raw.measured(obj)}: {self.over}"
        if text not in self.markers:
            if len(self.markers) >= MARKERS:
                text = f"an object: {self.over}"
            self.markers[text] = self.add(("marker", text))
        return self.markers[text]

    def values(self, objects: Iterable[Any], depth: int) -> list[Any]:
        """Return the values of several objects."""
        value = self.value
        found: Any = objects if isinstance(objects, tuple) else list(objects)
        if cutting.has_long_text(self, found):
            return [value(obj, depth) for obj in found]
        found = self.redaction.items(found)
        self.budget.bytes -= self.budget.size(found)
        return [obj if type(obj) in ATOMS else value(obj, depth) for obj in found]

    def mapping(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[Any, Any] | list[tuple[Any, Any]]:
        """Return a dict's items: a dict where all its keys are atoms, else a list of pairs (no key is hashed here)."""
        pairs = list(items)
        keys: Any = [key for key, _ in pairs]
        values = self.values(self.redaction.named_values(keys, [value for _, value in pairs]), depth)
        if self.are_clean_names(keys):
            return dict(zip(keys, values, strict=True))
        keys = self.redaction.items(keys, distinct=True)
        if ATOMS.issuperset(map(type, keys)) and not cutting.has_long_text(self, keys):
            self.budget.bytes -= self.budget.size(keys)
            return dict(zip(keys, values, strict=True))
        return list(zip(self.values(keys, depth), values, strict=True))

    def are_clean_names(self, keys: list[Any]) -> bool:
        """Tell whether keys are names seen before that hold no secret: the attributes of one class, say.

        The pickler writes such a name once, and refers to it from then on.
        """
        if len(keys) > FEW or not STRINGS.issuperset(map(type, keys)):
            return False
        names = tuple(keys)
        clean = self.clean_names.get(names)
        if clean is None:
            clean = not cutting.has_long_text(self, keys) and self.redaction.items(keys) is keys
            self.clean_names[names] = clean
            self.budget.bytes -= self.budget.size(keys)
        self.budget.bytes -= ITEM * len(keys)
        return clean

    def variables(self, items: dict[str, Any], depth: int) -> dict[str, Any]:
        """Return variables or attributes by name, with what the names say is secret hidden."""
        values = self.values(self.redaction.named_values(list(items), list(items.values())), depth)
        return dict(zip(items, values, strict=True))

    def run(self) -> None:
        """Record everything that waits: the stack first, then variables, then what they refer to."""
        while self.exceptions or self.frames or self.waiting:
            self.probing = True
            stack.record_waiting(self)
            while self.waiting and not self.exceptions and not self.frames:
                index, obj, depth, self.probing = self.waiting.popleft()
                if self.records[index] is not None:  # the stack needed it meanwhile
                    continue
                stopped = self.budget.over()
                if stopped is not None:
                    self.over = stopped
                    self.records[index] = self.records[self.left_out(obj)[0]]
                else:
                    self.records[index] = self.record(index, obj, depth)
                if self.over is None and len(self.records) >= self.settings.limits.objects:
                    self.over = f"over the limit of {self.settings.limits.objects:,} objects"

    def record(self, index: int, obj: Any, depth: int) -> Record:
        """Return the record of one object; a failure becomes a marker that says which."""
        outcome = attempt(registry.record, self, index, obj, depth)
        if outcome.error is None:
            return self.redacted(outcome.value)
        return ("marker", f"{type(obj).__name__}: not recorded, {type(outcome.error).__name__}: {outcome.error}")

    def redacted(self, record: Record) -> Record:
        """Return a record with the secrets hidden in what it shows, or holds as a text itself."""
        if record[0] in ("shown", "value"):
            return (*record[:4], self.redaction.text(record[4]))
        if record[0] == "object" and not TEXTS.isdisjoint(map(type, record)):
            kind, cls, *texts = record
            return kind, cls, *map(self.redaction.value, texts)
        return record
