"""The recorder: turns a crash into a table, breadth first from the frame that crashed.

It holds what one recording shares, beside the table (table.py) and what waits (waiting.py), and says what comes when.
How each type is recorded is in the registry (registry.py); this module knows no type.
"""

from __future__ import annotations

import sys
import types
from collections import deque, namedtuple

from keeptrace.light import Frozen, uncollected
from keeptrace.record import columns, functions, packing, raw, registry, stack
from keeptrace.record.foreign import Foreign, attempt
from keeptrace.record.limits import Limits
from keeptrace.record.raw import TEXTS
from keeptrace.record.waiting import Waiting

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.redactor import Redactor
    from keeptrace.record.waiting import Run


SHOWING = frozenset(["object", "shown", "value"])
"""Kinds of records that show an object as a text, or hold its text."""

RECORD_MEMORY = 130
"""Bytes that recording keeps, beside what the pickle has, of an object that is recorded by itself."""

AT_ONCE = 1024
"""Objects of a run that are recorded between two looks at the limits."""


class Settings(Frozen):
    """What init() was asked for.

    outside: see stack.RUNNERS.
    """

    pickler: Any
    depth: int
    include_source: bool
    reprs: bool
    limits: Limits
    redactor: Redactor | None
    outside: frozenset[str]

    def __init__(
        self,
        pickler: Any = None,
        depth: int = 3,
        include_source: bool = True,
        reprs: bool = False,
        limits: Limits | None = None,
        redactor: Redactor | None = None,
        outside: frozenset[str] = stack.RUNNERS,
    ) -> None:
        self.__dict__.update(pickler=pickler, depth=depth, include_source=include_source, reprs=reprs)
        self.__dict__.update(limits=limits or Limits(), redactor=redactor, outside=outside)


Recorded = namedtuple("Recorded", ["table", "indexes", "kept", "opened_classes"])  # noqa: PYI024 (typing is heavy)
"""A table; the place in it of each recorded object by its id; what keeps these objects alive; opened classes' ids."""


def record(root: Any, settings: Settings, element: Callable[[Any], Any] | None) -> Recorded:
    """Record an exception, traceback, frame or code object, and everything that belongs to its crash.

    element: returns what stands for an object that is recorded elsewhere already, None for any other; None where
        nothing is.

    """
    return uncollected(recorded, root, settings, element)


def recorded(root: Any, settings: Settings, element: Callable[[Any], Any] | None) -> Recorded:
    raw.look_at_metaclasses()
    recorder = Recorder(settings, element)
    recorder.start(root)
    recorder.run()
    return Recorded(recorder.table(), recorder.indexes, recorder.kept, recorder.opened_classes)


class Recorder(Waiting):
    """One recording of one crash."""

    def __init__(self, settings: Settings, element: Callable[[Any], Any] | None) -> None:
        super().__init__(settings, element)
        self.foreign = Foreign(settings.limits.seconds)
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
        self.exceptions: deque[tuple[Any, ...]] = deque()
        self.frames: list[tuple[Any, ...]] = []
        self.shown: dict[int, int] = {}  # by the ids of objects: see endless.py
        self.unfilled: set[int] = set()
        self.opened_classes: set[int] = set()
        kind, _ = registry.known_kind(self, types.FunctionType)
        self.own_functions = kind is functions.function and settings.pickler is None and element is None
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
        if self.paths:
            table["paths"] = self.paths
        if self.bare:
            table["bare"] = list(self.bare)
        self.pack()
        if self.packed:
            table["packed"] = self.packed
        if self.blobs:
            table["blobs"] = self.blobs
        return table

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
            containers = {name: value for name, value in held.items() if id(type(value)) in registry.CONTAINER_IDS}
            others = {name: value for name, value in held.items() if name not in containers}
            for some, inner in ((others, min(depth, 0)), (containers, min(depth, 1))):
                values, error = attempt(self.named_values, some, inner) if some else ({}, None)
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
