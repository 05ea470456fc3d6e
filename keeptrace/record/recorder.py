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
from keeptrace.record.limits import TEXTS, Budget, Limits
from keeptrace.record.raw import ATOMS, Record, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


MARKERS = 1000
"""Different markers of what was left out; after these, one for all."""


class Settings(NamedTuple):
    """What init() was asked for."""

    pickler: Any = None
    depth: int = 3
    include_source: bool = True
    reprs: bool = False
    limits: Limits = Limits()


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
        self.over: str | None = None
        self.markers: dict[str, Reference] = {}
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
        if isinstance(root, types.CodeType):
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
        value, objects = self.value, list(objects)
        self.budget.bytes -= self.budget.size(objects)
        if cutting.has_long_text(self, objects):
            return [value(obj, depth) for obj in objects]
        return [obj if type(obj) in ATOMS else value(obj, depth) for obj in objects]

    def mapping(self, items: Iterable[tuple[Any, Any]], depth: int) -> dict[Any, Any] | list[tuple[Any, Any]]:
        """Return a dict's items: a dict where all its keys are atoms, else a list of pairs (no key is hashed here)."""
        pairs = list(items)
        keys = [key for key, _ in pairs]
        self.budget.bytes -= self.budget.size(keys)
        values = self.values([value for _, value in pairs], depth)
        if ATOMS.issuperset(map(type, keys)) and not cutting.has_long_text(self, keys):
            return dict(zip(keys, values, strict=True))
        return list(zip(self.values(keys, depth), values, strict=True))

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
            record: Record = outcome.value
            return record
        return ("marker", f"{type(obj).__name__}: not recorded, {type(outcome.error).__name__}: {outcome.error}")
