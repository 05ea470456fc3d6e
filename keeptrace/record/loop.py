"""The loop: turns a crash into a table, breadth first from the frame that crashed, and says what comes when."""

from __future__ import annotations

import itertools
import sys
import types
from collections import namedtuple

from keeptrace.light import uncollected
from keeptrace.record import columns, exceptions, frames, functions, packing, raw, registry
from keeptrace.record.foreign import caught
from keeptrace.record.raw import TEXTS
from keeptrace.record.recorder import Recorder

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Run
    from keeptrace.record.settings import Settings

SHOWING = frozenset(["object", "shown", "value"])
"""Kinds of records that show an object as a text, or hold its text."""

RECORD_MEMORY = 130
"""Bytes that recording keeps, beside what the pickle has, of an object that is recorded by itself."""

AT_ONCE = 1024
"""Objects of a run that are recorded between two looks at the limits."""


Recorded = namedtuple("Recorded", ["table", "indexes", "kept", "opened_classes"])  # noqa: PYI024 (typing is heavy)
"""A table; the place in it of each recorded object by its id; what keeps these objects alive; opened classes' ids."""


def record_table(root: Any, settings: Settings, element: Callable[[Any], Any] | None) -> Recorded:
    """Record an exception, traceback, frame or code object, and everything that belongs to its crash.

    element: returns what stands for an object that is recorded elsewhere already, None for any other; None where
        nothing is.

    """
    return uncollected(recorded, root, settings, element)


def recorded(root: Any, settings: Settings, element: Callable[[Any], Any] | None) -> Recorded:
    raw.look_at_metaclasses()
    recorder = Recorder(settings, element, registry.on_stack)
    kind, _ = registry.known_kind(recorder, types.FunctionType)
    recorder.own_functions = kind is functions.function and settings.pickler is None and element is None
    start(recorder, root)
    run(recorder)
    return Recorded(table(recorder), recorder.indexes, recorder.kept, recorder.opened_classes)


def start(recorder: Recorder, root: Any) -> None:
    """Take the object that is pickled as the first to be recorded."""
    depth = recorder.settings.depth
    depth = depth - 1 if depth > 0 else depth
    if type(root) is types.CodeType:
        frames.code(recorder, root, None, marshaled=True)
    else:
        registry.on_stack(type(root))(recorder, root, depth)  # type: ignore[misc]


def table(recorder: Recorder) -> dict[str, Any]:
    """Return everything recorded, as plain data."""
    table: dict[str, Any] = {
        "format": 1,
        "python": tuple(sys.version_info[:3]),
        "sources": recorder.sources,
        "records": recorder.records,
    }
    if recorder.paths:
        table["paths"] = recorder.paths
    if recorder.bare:
        table["bare"] = list(recorder.bare)
    recorder.pack()
    if recorder.packed:
        table["packed"] = recorder.packed
    if recorder.blobs:
        table["blobs"] = recorder.blobs
    return table


def run(recorder: Recorder) -> None:
    """Record everything that waits: the stack first, then variables, then what they refer to, then classes."""
    while recorder.exceptions or recorder.frames or recorder.waiting or recorder.class_attributes:
        recorder.probing = True
        record_stack(recorder)
        while recorder.waiting and not recorder.exceptions and not recorder.frames:
            first = recorder.waiting.popleft()
            _, error = caught(record_run, recorder, first)
            if error is not None:
                failed = failure(first.cls, error)
                for place in first.places:
                    recorder.records[place] = failed if recorder.records[place] is None else recorder.records[place]
        if not recorder.exceptions and not recorder.frames:
            fill_classes(recorder)


def record_stack(recorder: Recorder) -> None:
    """Record the exceptions that wait, with all they are chained to, and then the variables of the frames found."""
    while recorder.exceptions:
        index, exc, depth = recorder.exceptions.popleft()
        recorder.records[index] = exceptions.exception_record(recorder, exc, depth)
        recorder.done([index])
    met, recorder.frames = recorder.frames, []
    if recorder.settings.depth != 0:
        for _, group in itertools.groupby(met, lambda waiting: (id(waiting[0].f_code), waiting[2])):
            alike = list(group)
            for first in range(0, len(alike), frames.ALIKE):
                some = alike[first : first + frames.ALIKE]
                _, error = caught(frames.fill_variables, recorder, some)
                if error is not None:
                    for _, variables, _ in some:
                        recorder.note_failure(variables, "variables", error)
        for found, variables, depth in met:
            if id(found.f_globals) in recorder.unfilled:
                _, error = caught(frames.fill_globals, recorder, found.f_globals, depth)
                recorder.note_failure(variables, "globals", error)


def fill_classes(recorder: Recorder) -> None:
    """Record what classes hold: last, so that what a variable holds too is opened as far as that says.

    Where there is a limit of depth, objects are representations, and containers have these.
    """
    recorder.open_runs.clear()
    waiting, recorder.class_attributes = recorder.class_attributes, []
    for attributes, held, depth in waiting:
        containers = {name: value for name, value in held.items() if id(type(value)) in registry.CONTAINER_IDS}
        others = {name: value for name, value in held.items() if name not in containers}
        for some, inner in ((others, min(depth, 0)), (containers, min(depth, 1))):
            values, error = caught(recorder.named_values, some, inner) if some else ({}, None)
            attributes.update(values or {})
            recorder.note_failure(attributes, "attributes", error)


def record_run(recorder: Recorder, run: Run) -> None:
    """Record objects of one class: together where they can be columns, else one after the other."""
    if len(run.objects) < packing.SOME:
        record_each(recorder, run, run.places, run.objects)
        recorder.kept += run.objects
        return
    for first in range(0, len(run.objects), AT_ONCE):
        recorder.open_runs.clear()
        recorder.probing = run.probing
        places, objects = run.places[first : first + AT_ONCE], run.objects[first : first + AT_ONCE]
        if not caught(columns.record_columns, recorder, places, objects, run.depth)[0]:
            record_each(recorder, run, places, objects)
    recorder.kept.append(run.objects)


def record_each(recorder: Recorder, run: Run, places: list[int], objects: list[Any]) -> None:
    for index, obj in zip(places, objects, strict=True):
        if recorder.records[index] is None:  # the stack may have needed it meanwhile
            recorder.open_runs.clear()
            recorder.probing = run.probing
            record_one(recorder, index, obj, run.depth)
    recorder.done(places)


def record_one(recorder: Recorder, index: int, obj: Any, depth: int) -> None:
    """Record an object by itself; a failure becomes a marker that says which."""
    recorder.budget.memory -= RECORD_MEMORY
    stopped = recorder.budget.over()
    if stopped is not None:
        recorder.over = stopped
        recorder.records[index] = recorder.records[recorder.left_out(obj)[0]]
        return
    record, error = caught(registry.record_object, recorder, index, obj, depth)
    if error is not None:
        recorder.records[index] = failure(type(obj), error)
    elif record[0] == "packed":
        recorder.add_packed([index], record[1])
    else:
        recorder.records[index] = redacted(recorder, record) if record[0] in SHOWING else record


def redacted(recorder: Recorder, record: Record) -> Record:
    """Return a record with the secrets hidden in what it shows, or holds as a text itself."""
    if record[0] != "object":
        return (*record[:4], recorder.redaction.text(record[4]))
    if not TEXTS.isdisjoint((type(record[2]), type(record[4]))):
        kind, cls, *texts = record
        return kind, cls, *map(recorder.redaction.value, texts)
    return record


def failure(cls: type, error: BaseException) -> Record:
    """Return the marker of an object whose recording failed."""
    return "marker", f"{raw.class_name(cls)}: not recorded, {raw.class_name(type(error))}: {error}"
