"""Records tracebacks, frames, code objects and the modules that they ran in."""

from __future__ import annotations

import marshal
import os
import sys
from _frozen_importlib_external import MAGIC_NUMBER  # importlib.util, which is heavy, has it from here

from keeptrace.record import raw
from keeptrace.record.code import FILE, OPTIMIZED, by_plain_name, known
from keeptrace.record.foreign import caught
from keeptrace.record.settings import RUNNERS
from keeptrace.record.source import keep_source

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import types
    from collections.abc import Iterator
    from typing import Any

    from keeptrace.record.code import Code, Position
    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.recorder import Recorder

NOWHERE: Position = (1, None, None, None)
LOCALS_REFERENCES = 3  # the frame's, ours and getrefcount's: nobody else holds its dict
MOST_FRAMES = 100_000  # of one stack, whatever the limit: they nest while they are restored
ALIKE = 64  # frames of a recursion whose variables are recorded together
LEFT_OUT = frozenset(["__builtins__", "__cached__", "__loader__", "__spec__"])
ABOUT_MODULE = frozenset(["__doc__", "__file__", "__name__", "__package__"])


def traceback(recorder: Recorder, first: types.TracebackType, depth: int) -> Reference:
    """Record a chain of tracebacks and return the reference of its first; the innermost frame comes first."""
    chain: list[types.TracebackType] = []
    inner: Reference | None = None
    tb: types.TracebackType | None = first
    while tb is not None:
        inner = recorder.known(tb)
        if inner is not None:
            break
        chain.append(tb)
        tb = tb.tb_next
    kept = int(min(len(chain), most_frames(recorder)))
    innermost_first = chain[: -kept - 1 : -1]
    for tb, place in zip(innermost_first, recorder.reserve_all(innermost_first), strict=True):
        found = recorder.found(tb.tb_frame) or frame(recorder, tb.tb_frame, depth)
        recorder.records[place] = ("traceback", found, inner, traceback_position(tb))
        inner = (place,)
    if kept < len(chain):
        left_out = frames_left_out(recorder, len(chain) - kept)
        recorder.records[recorder.reserve(first)[0]] = ("traceback", left_out, inner, NOWHERE)
    return (recorder.indexes[id(first)],)


def frame(recorder: Recorder, innermost: types.FrameType, depth: int) -> Reference:
    """Record a frame and all outside it; their variables follow when the whole stack is known."""
    chain: list[types.FrameType] = []
    found: types.FrameType | None = innermost
    indexes, limit, outside = recorder.indexes, most_frames(recorder), recorder.settings.outside
    while found is not None and id(found) not in indexes and len(chain) < limit:
        chain.append(found)
        found = outer_frame(found, outside)
    places = recorder.reserve_all(chain)
    beyond = None
    if found is not None:
        beyond = recorder.found(found) or frames_left_out(recorder, sum(1 for _ in outward(found, outside)))
    backs = [*((place,) for place in places[1:]), beyond]
    for place, found, back in zip(places, chain, backs, strict=True):
        recorder.records[place] = frame_record(recorder, found, back, depth)
    return (indexes[id(innermost)],)


def frame_record(recorder: Recorder, found: types.FrameType, back: Reference | None, depth: int) -> Record:
    """Return the record of a frame."""
    own_code, namespace = found.f_code, found.f_globals
    key = id(own_code), id(namespace)
    shared = recorder.codes.get(key)
    if shared is None:
        shared = code(recorder, own_code, namespace), module_globals(recorder, namespace), known(own_code)
        recorder.codes[key] = shared
    reference, about, facts = shared
    variables: dict[str, Any] = {}
    recorder.frames.append((found, variables, depth))
    local = variables if facts.is_function else local_variables(recorder, found, variables)
    return "frame", reference, about, back, frame_position(facts, found), local


def outward(found: types.FrameType | None, outside: frozenset[str] = RUNNERS) -> Iterator[types.FrameType]:
    """Yield a frame and those outside it."""
    while found is not None:
        yield found
        found = outer_frame(found, outside)


def outer_frame(found: types.FrameType, outside: frozenset[str]) -> types.FrameType | None:
    """Return the frame outside one; None where that is a runner's: see RUNNERS."""
    outer = found.f_back
    return None if outer is None or is_of(outer, outside) else outer


def is_of(found: types.FrameType, modules: frozenset[str]) -> bool:
    """Tell whether a frame's code is in one of these modules or packages."""
    name = dict.get(found.f_globals, "__name__")
    return type(name) is str and (name in modules or name.partition(".")[0] in modules)


def most_frames(recorder: Recorder) -> float:
    return min(recorder.settings.limits.frames, MOST_FRAMES)


def frames_left_out(recorder: Recorder, count: int) -> Reference:
    """Return the reference of a frame that stands for those over the limit, outside the ones recorded."""
    name = f"({count:,} frames left out: over the limit of {most_frames(recorder):,} frames)"
    namespace = recorder.add(("globals", {"__name__": "keeptrace"}))
    found = recorder.add(("code", name, name, "<keeptrace>", 1, (0, 0, 0, OPTIMIZED), (), None))
    return recorder.add(("frame", found, namespace, None, NOWHERE, {}))


def traceback_position(tb: types.TracebackType) -> Position:
    """Return where a traceback points, as printing it reads it."""
    positions = known(tb.tb_frame.f_code).position(tb.tb_lasti)
    return positions if positions[0] else (tb.tb_lineno or tb.tb_frame.f_code.co_firstlineno, *positions[1:])


def frame_position(facts: Code, found: types.FrameType) -> Position:
    """Return where a frame stands."""
    positions = facts.position(found.f_lasti)
    line = found.f_lineno or found.f_code.co_firstlineno
    return positions if line == positions[0] else (line, None, None, None)


# ---------------------------------------------------------------------------------------------------------------------
# Variables
# ---------------------------------------------------------------------------------------------------------------------


def local_variables(recorder: Recorder, found: types.FrameType, variables: dict[str, Any]) -> Any:
    """Return what stands for the variables of a frame that is no function's: whose dict they are."""
    local: Any = found.f_locals
    if local is found.f_globals:
        return None
    reference = recorder.found(local) or recorder.reserve(local)
    recorder.records[reference[0]] = ("dict", variables)
    return reference


def fill_variables(recorder: Recorder, alike: list[tuple[types.FrameType, dict[Any, Any], int]]) -> None:
    """Record the variables of frames of one code object: a recursion's together, where all frames have the same."""
    if len(alike) == 1:
        found, variables, depth = alike[0]
        variables.update(recorder.variables(variables_of(found), depth))
        return
    contents = [caught(variables_of, found) for found, _, _ in alike]
    names = [tuple(content) if error is None else None for content, error in contents]
    if None not in names and len(set(names)) == 1:
        rows, _ = caught(together, recorder, names[0], [content for content, _ in contents], alike[0][2])
        if rows is not None:
            for (_, variables, _), row in zip(alike, rows, strict=True):
                variables.update(row)
            return
    for (_, variables, depth), (content, unread) in zip(alike, contents, strict=True):
        values, error = caught(recorder.variables, content, depth) if unread is None else (None, unread)
        variables.update(values or {})
        recorder.note_failure(variables, "variables", error)


def together(
    recorder: Recorder, names: tuple[Any, ...], contents: list[dict[Any, Any]], depth: int
) -> list[dict[Any, Any]]:
    """Return the variables of several frames, recorded name by name."""
    rules = recorder.redaction.secret_names(names)
    recorder.open_runs.clear()
    columns = []
    for index, column in enumerate(zip(*map(dict.values, contents), strict=True)):
        rule = rules.get(index)
        shown = column if rule is None else [recorder.redaction.hidden(rule, value) for value in column]
        columns.append(recorder.values(list(shown), depth))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)] or [{} for _ in contents]


def variables_of(found: types.FrameType) -> dict[Any, Any]:
    """Return a frame's variables by name; a module's frame has none but its globals."""
    local: Any = found.f_locals
    if local is found.f_globals:
        return {}
    in_function = found.f_code.co_flags & OPTIMIZED
    content = by_plain_name(namespace_content(local, in_function))
    if in_function and sys.version_info < (3, 13) and sys.getrefcount(local) <= LOCALS_REFERENCES:
        forget(found, local)
    return content


def forget(found: types.FrameType, local: dict[str, Any]) -> None:
    """Empty the dict that a function's frame made for f_locals, and keeps: it would keep every value alive.

    It stays as it is where a tracer runs, which writes it back into the variables.
    """
    if found.f_trace is None and sys.gettrace() is None and sys.getprofile() is None:
        for name in known(found.f_code).names:
            local.pop(name, None)


def namespace_content(local: Any, in_function: int) -> list[tuple[Any, Any]]:
    """Return what a namespace holds; a mapping that is no dict is read where it keeps its data, or shown as a whole."""
    if issubclass(type(local), dict):
        return list(dict.items(local))
    if in_function:  # a view of the frame, since 3.13
        return list(local.items())
    get_dict = raw.dict_getter(type(local))
    held: Any = None if get_dict is None else get_dict(local)
    data: Any = dict.get(held, "data") if issubclass(type(held), dict) else None
    return list(dict.items(data)) if issubclass(type(data), dict) else [("(namespace)", local)]


# ---------------------------------------------------------------------------------------------------------------------
# Code, globals
# ---------------------------------------------------------------------------------------------------------------------


def code(
    recorder: Recorder, found: types.CodeType, namespace: dict[str, Any] | None, marshaled: bool = False
) -> Reference:
    """Record a code object, and the text of its file."""
    reference = recorder.found(found)
    if reference is None:
        reference = recorder.reserve(found)
        facts = known(found)
        record, filename = facts.record, facts.record[FILE]
        if facts.is_relative and filename not in recorder.paths and is_file(filename):
            recorder.paths[filename] = os.path.abspath(filename)
        if marshaled:
            dumped, _ = caught(marshal.dumps, found)
            record = (*record[:-1], None if dumped is None else (MAGIC_NUMBER, dumped))
        recorder.records[reference[0]] = record
        if recorder.settings.include_source and (filename not in recorder.sources or raw.is_typed(filename)):
            caught(keep_source, recorder, found, filename, namespace)
    return reference


def is_file(filename: str) -> bool:
    """Tell whether a name is that of a file here, or of one in an archive: no "<string>", no Cython source."""
    while filename and not os.path.isfile(filename):
        filename = os.path.dirname(filename) if filename != os.path.dirname(filename) else ""
    return bool(filename)


def module_globals(recorder: Recorder, namespace: dict[str, Any]) -> Reference:
    """Record a module's globals: what is known of the module; its other names follow (fill_globals)."""
    reference = recorder.found(namespace) or recorder.reserve(namespace)
    record = recorder.records[reference[0]]
    if not record or record[0] != "globals":
        held = {name: dict.get(namespace, name, ...) for name in ABOUT_MODULE}
        about = {name: value for name, value in held.items() if id(type(value)) in raw.ATOM_IDS}
        recorder.records[reference[0]] = ("globals", about)
        recorder.unfilled.add(id(namespace))
    return reference


def fill_globals(recorder: Recorder, namespace: dict[str, Any], depth: int) -> None:
    """Record a module's global variables, once: data as variables are, what it defines and imports by name."""
    recorder.unfilled.discard(id(namespace))
    names = recorder.records[recorder.indexes[id(namespace)]][1]
    found = by_plain_name(list(dict.items(namespace)))
    new = {name: value for name, value in found.items() if name not in LEFT_OUT and name not in names}
    values = {**names, **recorder.variables(new, depth)}
    names.clear()
    names.update((name, values[name]) for name in found if name in values)  # in the module's own order
