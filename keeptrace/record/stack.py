"""Records the stack: exceptions with their chain, tracebacks, frames, code objects, globals and source."""

from __future__ import annotations

import builtins
import itertools
import linecache
import marshal
import os
import sys
import types
from _frozen_importlib_external import MAGIC_NUMBER  # importlib.util, which is heavy, has it from here

from keeptrace import schema
from keeptrace.record import classes, cutting, endless, raw, suggestions
from keeptrace.record.foreign import attempt
from keeptrace.record.kept import Kept
from keeptrace.record.raw import STRINGS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.recorder import Recorder

Position = tuple[int, "int | None", "int | None", "int | None"]

OPTIMIZED = 1
NOWHERE: Position = (1, None, None, None)
UNKNOWN = (None, None, None, None)
LOCALS_REFERENCES = 3  # the frame's, ours and getrefcount's: nobody else holds its dict
NOTES_DEPTH = 9  # whatever is printed with the exception
RUNNERS = frozenset(["keeptrace.tools.running"])
"""Modules and packages that run what crashed: a stack begins with what they call."""

MOST_FRAMES = 100_000  # of one stack, whatever the limit: they nest while they are restored
ALIKE = 64  # frames of a recursion whose variables are recorded together
LEFT_OUT = frozenset(["__builtins__", "__cached__", "__loader__", "__spec__"])
ABOUT_MODULE = frozenset(["__doc__", "__file__", "__name__", "__package__"])

FIELDS: dict[type, tuple[str, ...]] = {
    SyntaxError: (
        "msg", "filename", "lineno", "offset", "text", "print_file_and_line", "end_lineno", "end_offset",
    ),
    OSError: ("errno", "strerror", "filename", "filename2"),
    ImportError: ("msg", "name", "path", "name_from"),
    StopIteration: ("value",),
    SystemExit: ("code",),
    AttributeError: ("name", "obj"),
    NameError: ("name",),
    UnicodeEncodeError: ("encoding", "object", "start", "end", "reason"),
    UnicodeDecodeError: ("encoding", "object", "start", "end", "reason"),
    UnicodeTranslateError: ("object", "start", "end", "reason"),
}  # fmt: skip
FIELD_GETTERS = {
    id(cls): [(name, raw.class_dict(cls)[name].__get__) for name in names if name in raw.class_dict(cls)]
    for cls, names in FIELDS.items()
}


def record_waiting(recorder: Recorder) -> None:
    """Record the exceptions that wait, with all they are chained to, and then the variables of the frames found."""
    while recorder.exceptions:
        index, exc, depth = recorder.exceptions.popleft()
        recorder.records[index] = exception_record(recorder, exc, depth)
        recorder.done([index])
    frames, recorder.frames = recorder.frames, []
    if recorder.settings.depth != 0:
        for _, group in itertools.groupby(frames, lambda waiting: (id(waiting[0].f_code), waiting[2])):
            alike = list(group)
            for first in range(0, len(alike), ALIKE):
                some = alike[first : first + ALIKE]
                _, error = attempt(fill_variables, recorder, some)
                if error is not None:
                    for _, variables, _ in some:
                        note_failure(recorder, variables, "variables", error)
        for found, variables, depth in frames:
            if id(found.f_globals) in recorder.unfilled:
                _, error = attempt(fill_globals, recorder, found.f_globals, depth)
                note_failure(recorder, variables, "globals", error)


def note_failure(recorder: Recorder, names: dict[Any, Any], what: str, error: BaseException | None) -> None:
    """Say among a frame's variables or an exception's attributes what of it could not be recorded, and why."""
    if error is not None:
        text = f"{what}: not recorded, {raw.class_name(type(error))}: {error}"
        names[f"({what})"] = recorder.add(("marker", text))


# ---------------------------------------------------------------------------------------------------------------------
# Exceptions
# ---------------------------------------------------------------------------------------------------------------------


def exception(recorder: Recorder, exc: BaseException, depth: int) -> Reference:
    """Return the reference of an exception, which then waits to be recorded."""
    reference = recorder.known(exc)
    if reference is None:
        reference = recorder.reserve(exc)
        recorder.exceptions.append((reference[0], exc, depth))
    return reference


def exception_record(recorder: Recorder, exc: BaseException, depth: int) -> Record:
    """Return the record of an exception; depth is how far its arguments and attributes are opened."""
    facts: dict[str, Any] = {}
    failed: dict[Any, Any] = {}
    for what, part in PARTS.items():
        found, error = attempt(part, recorder, exc, depth)
        if found:
            facts.update(found)
        elif error is not None:
            note_failure(recorder, failed, what, error)
    if "args" not in facts:
        facts["args"] = recorder.add(("plain", ()))
    chain = _BASE["__traceback__"].__get__(exc)
    if chain is not None:
        facts["traceback"] = traceback(recorder, chain, depth)
    if failed:
        facts["state"] = {**facts.get("state", {}), **failed}
    cls, _ = attempt(classes.opened, recorder, type(exc), depth)
    return "exception", cls or recorder.add(("global", "builtins", "Exception", ())), facts


def arguments(recorder: Recorder, exc: BaseException, depth: int) -> dict[str, Any]:
    """Record an exception's arguments, which are there at every depth."""
    args = _BASE["args"].__get__(exc)
    reference = recorder.add(("tuple", tuple(recorder.values(args, depth))))
    recorder.done(reference)
    return {"args": reference}


def links(recorder: Recorder, exc: BaseException, depth: int) -> dict[str, Any]:
    """Return what an exception is chained to."""
    facts = {"suppress": _BASE["__suppress_context__"].__get__(exc)}
    for name, get in (("cause", "__cause__"), ("context", "__context__")):
        linked = _BASE[get].__get__(exc)
        if linked is not None:
            facts[name] = exception(recorder, linked, depth)
    return facts


def group(recorder: Recorder, exc: BaseException, depth: int) -> dict[str, Any]:
    """Return the message and the members of an exception group."""
    if _GROUP is None or not issubclass(type(exc), _GROUP):
        return {}
    message = recorder.redaction.value(str.__str__(raw.class_dict(_GROUP)["message"].__get__(exc)))
    return {"message": message, "members": [exception(recorder, member, depth) for member in _members(exc)]}


def attributes(recorder: Recorder, exc: BaseException, depth: int) -> dict[str, Any]:
    """Return the attributes an exception has by itself, its notes among them."""
    content = list(dict.items(raw.exception_dict(exc)))
    if not content:
        return {}
    found = by_plain_name(content)
    printed = {name: notes(recorder, found.pop(name)) for name in ("__notes__",) if name in found}
    state = {**recorder.variables(found, depth), **printed}
    return {"state": state} if state else {}


_BASE = raw.class_dict(BaseException)
LINKS = ("__traceback__", "__cause__", "__context__", "__suppress_context__")
_GROUP: Any = getattr(builtins, "BaseExceptionGroup", None)


def _members(exc: Any) -> tuple[BaseException, ...]:
    members: tuple[BaseException, ...] = raw.class_dict(_GROUP)["exceptions"].__get__(exc)
    return members


def notes(recorder: Recorder, value: Any) -> Any:
    """Record notes, which are there at every depth since they are printed."""
    copied = value[:] if type(value) in (list, tuple) else None
    if copied is not None and raw.are_atoms(copied):
        return recorder.add(("plain", recorder.redaction.items(copied)))
    return recorder.value(value, NOTES_DEPTH)


def fields(recorder: Recorder, exc: BaseException, depth: int) -> dict[str, Any]:
    """Return the extra fields of a builtin exception."""
    found = {}
    values = {**dict(field_values(exc)), **printed_values(recorder, exc)}
    for name, value in values.items():
        if issubclass(type(value), type):  # of which printing suggests attributes
            found[name] = classes.opened(recorder, value, depth)
        elif value is not None:
            found[name] = recorder.value(value, depth)
    is_whole = not issubclass(type(exc), UnicodeError) or {"object", "reason"} <= set(found)
    facts: dict[str, Any] = {"fields": found} if found and is_whole else {}
    near = suggestions.near(values.get("obj"), values.get("name"))
    return {**facts, "near": near} if near else facts


def field_values(exc: BaseException) -> list[tuple[str, Any]]:
    return [
        (name, attempt(get, exc)[0])
        for base in raw.class_mro(type(exc))
        if id(base) in FIELD_GETTERS
        for name, get in FIELD_GETTERS[id(base)]
    ]


def printed_values(recorder: Recorder, exc: BaseException) -> dict[str, Any]:
    """Return the fields of a SyntaxError that its class has replaced, as printing reads them."""
    if not issubclass(type(exc), SyntaxError):
        return {}
    fields = raw.class_dict(SyntaxError)
    replaced = [name for name in FIELDS[SyntaxError] if raw.lookup(type(exc), name) is not fields.get(name)]
    values = [recorder.foreign.call(getattr, exc, name)[0] for name in replaced]
    return {name: value if raw.is_atom(value) else None for name, value in zip(replaced, values, strict=True)}


def text(recorder: Recorder, exc: BaseException, depth: int) -> dict[str, Any]:
    """Return str() of an exception, as printing it gives; the application's own code runs under the time limit."""
    is_builtin = type(raw.lookup(type(exc), "__str__")) is types.WrapperDescriptorType
    values = [*_BASE["args"].__get__(exc), *(value for _, value in field_values(exc))]
    is_ours = is_builtin and attempt(raw.are_atoms, values)[0]
    if not is_ours and is_builtin and attempt(endless.is_endless, values, recorder.shown)[0]:
        error: BaseException | None = RecursionError()
    else:
        shown, error = attempt(str, exc) if is_ours else foreign_text(recorder, exc)
    if error is None:
        return {"text": shown if is_argument(recorder, shown) else redacted(recorder, str.__str__(shown))}
    name = raw.class_name(type(exc))
    return {"text": "<exception str() failed>" if sys.version_info >= (3, 11) else f"<unprintable {name} object>"}


def is_argument(recorder: Recorder, shown: Any) -> bool:
    """Tell whether a text is the only argument, just recorded as it is: no secret was found in it, and it fits."""
    record = recorder.records[-1]
    return type(shown) is str and record and record[0] == "tuple" and len(record[1]) == 1 and record[1][0] is shown


def foreign_text(recorder: Recorder, exc: BaseException) -> tuple[Any, BaseException | None]:
    """Call an exception's own str(), which may raise it again: what it is linked to is put back."""
    held = [(_BASE[name], _BASE[name].__get__(exc)) for name in LINKS]
    outcome = recorder.foreign.call(str, exc)
    for descriptor, value in held:
        if descriptor.__get__(exc) is not value:
            descriptor.__set__(exc, value)
    return outcome


def redacted(recorder: Recorder, text: str) -> str:
    """Return the text of an exception as it is to be shown; near the end of this thread's stack, found in another."""
    shown, error = attempt(cutting.shown, recorder, text)
    if isinstance(error, RecursionError):
        shown, error = recorder.foreign.call(cutting.shown, recorder, text)
    if error is not None:
        raise error
    found: str = shown
    return found


PARTS: dict[str, Callable[[Recorder, BaseException, int], dict[str, Any]]] = {
    "args": arguments,
    "text": text,
    "links": links,
    "group": group,
    "fields": fields,
    "attributes": attributes,
}
"""What an exception's record says beside its traceback: without that there is no crash."""


# ---------------------------------------------------------------------------------------------------------------------
# Tracebacks and frames
# ---------------------------------------------------------------------------------------------------------------------


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
    contents = [attempt(variables_of, found) for found, _, _ in alike]
    names = [tuple(content) if error is None else None for content, error in contents]
    if None not in names and len(set(names)) == 1:
        rows, _ = attempt(together, recorder, names[0], [content for content, _ in contents], alike[0][2])
        if rows is not None:
            for (_, variables, _), row in zip(alike, rows, strict=True):
                variables.update(row)
            return
    for (_, variables, depth), (content, unread) in zip(alike, contents, strict=True):
        values, error = attempt(recorder.variables, content, depth) if unread is None else (None, unread)
        variables.update(values or {})
        note_failure(recorder, variables, "variables", error)


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


def by_plain_name(content: list[tuple[Any, Any]]) -> dict[Any, Any]:
    """Return what a namespace holds by its names as they go into the table."""
    names = [name for name, _ in content]
    if raw.kinds_of(names) <= STRINGS and all(map(str.isidentifier, names)):
        return dict(content)
    return {plain_name(name): value for name, value in content}


def plain_name(name: Any) -> Any:
    """Return the key of a namespace, where anything can stand, as it goes into the table."""
    if type(name) is str:
        return name if name.isidentifier() else compilable(name)
    return name if raw.is_atom(name) else raw.name_text(name)


def compilable(name: str) -> str:
    """Return a name that code may have, but no source: without what cannot be encoded."""
    return name.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")


def traceback_position(tb: types.TracebackType) -> Position:
    """Return where a traceback points, as printing it reads it."""
    positions = known(tb.tb_frame.f_code).position(tb.tb_lasti)
    return positions if positions[0] else (tb.tb_lineno or tb.tb_frame.f_code.co_firstlineno, *positions[1:])


def frame_position(facts: Code, found: types.FrameType) -> Position:
    """Return where a frame stands."""
    positions = facts.position(found.f_lasti)
    line = found.f_lineno or found.f_code.co_firstlineno
    return positions if line == positions[0] else (line, None, None, None)


def position_at(code: types.CodeType, offset: int) -> tuple[int | None, int | None, int | None, int | None]:
    if sys.version_info >= (3, 11) and offset >= 0:
        positions = itertools.islice(code.co_positions(), offset // 2, None)
        line, end_line, column, end_column = next(positions, (None, None, None, None))
        if is_range(line, end_line, column, end_column):
            return line, end_line, column, end_column
        return line, None, None, None
    return UNKNOWN


def is_range(line: int | None, end_line: int | None, column: int | None, end_column: int | None) -> bool:
    """Tell whether a position ends, and after it begins: what makes code objects by other ways writes any numbers."""
    if line is None or end_line is None or column is None or end_column is None:
        return False
    return (line, column) <= (end_line, end_column) and min(column, end_column) >= 0


# ---------------------------------------------------------------------------------------------------------------------
# Code, globals, source
# ---------------------------------------------------------------------------------------------------------------------


class Code:
    """What never changes of a code object, kept from one recording to the next.

    names: of all variables, parameters first.
    record: in the table.
    is_relative: whether the name of its file is no path that says by itself where the file is.
    frozen: the lines that the loader of a module frozen into Python gave, once it was asked.
    """

    __slots__ = ("frozen", "is_function", "is_relative", "names", "of", "positions", "record")

    def __init__(self, found: types.CodeType) -> None:
        self.of = CODES.reference(found)
        self.is_function = bool(found.co_flags & OPTIMIZED)
        self.positions: dict[int, Any] = {}
        self.frozen: list[str] | None = None
        self.record = code_record(found)
        self.names = self.record[NAMES]
        self.is_relative = not os.path.isabs(self.record[FILE])

    def position(self, offset: int) -> Any:
        """Return the position of an instruction (Python 3.11 and later; earlier ones know lines only)."""
        found = self.positions.get(offset)
        if found is None:
            found = self.positions[offset] = attempt(position_at, self.of(), offset)[0] or UNKNOWN
        return found


CODES: Kept[int, Code] = Kept(10_000)
"""What is known of the code objects of earlier recordings, by their id."""


def known(found: types.CodeType) -> Code:
    """Return what is known of a code object."""
    facts = CODES.get(id(found))
    if facts is None or facts.of() is not found:
        facts = CODES.keep(id(found), Code(found))
    return facts


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
            dumped, _ = attempt(marshal.dumps, found)
            record = (*record[:-1], None if dumped is None else (MAGIC_NUMBER, dumped))
        recorder.records[reference[0]] = record
        if recorder.settings.include_source and (filename not in recorder.sources or filename.startswith("<")):
            attempt(keep_source, recorder, found, filename, namespace)
    return reference


FILE, NAMES = schema.place("code", "filename"), schema.place("code", "names")
"""Where a code object's record has its file, and the names of its variables."""


def code_record(found: types.CodeType) -> Record:
    """Return the record of a code object without its instructions."""
    name, qualname = str.__str__(found.co_name), str.__str__(getattr(found, "co_qualname", found.co_name))
    return (
        "code",
        name,
        qualname,
        str.__str__(found.co_filename),
        found.co_firstlineno,
        counts(found),
        variable_names(found),
        None,
    )


def counts(found: types.CodeType) -> tuple[int, int, int, int]:
    """Return the numbers of a code object's positional-only, positional and keyword-only parameters, and its flags."""
    return found.co_posonlyargcount, found.co_argcount, found.co_kwonlyargcount, found.co_flags


def signature(found: types.CodeType) -> tuple[Any, ...]:
    """Return a function's name, file, first line, counts and parameters."""
    filename, numbers = str.__str__(found.co_filename), counts(found)
    _, positional, keyword_only, flags = numbers
    total = positional + keyword_only + bool(flags & 4) + bool(flags & 8)
    return str.__str__(found.co_name), filename, found.co_firstlineno, numbers, found.co_varnames[:total]


def variable_names(found: types.CodeType) -> tuple[str, ...]:
    """Return the names of all variables, parameters first."""
    names = found.co_varnames + found.co_cellvars + found.co_freevars
    return tuple(dict.fromkeys(map(plain_name, names)))


def is_file(filename: str) -> bool:
    """Tell whether a name is that of a file here, or of one in an archive: no "<string>", no Cython source."""
    while filename and not os.path.isfile(filename):
        filename = os.path.dirname(filename) if filename != os.path.dirname(filename) else ""
    return bool(filename)


def keep_source(recorder: Recorder, found: types.CodeType, filename: str, namespace: dict[str, Any] | None) -> None:
    """Keep the text of a code object's file as linecache has it at this moment.

    Several texts may go by one name, such as "<string>": then none of them is kept, since the wrong one misleads.
    """
    sources, limit = recorder.sources, recorder.settings.limits.source
    lines = source_lines(recorder, found, namespace)
    if len(lines) > limit:
        lines = []
    text = joined(str.__str__(found.co_filename), lines)
    if len(lines) > text.count("\n") + 1:  # as splitlines() gives them
        text = "\n".join(lines)
        recorder.bare[filename] = None
    if filename.startswith("<") and len(text) <= limit:
        shown = recorder.shown_sources
        if text not in shown:
            shown[text] = recorder.redaction.source(text)
        text = shown[text]
    if filename in sources:
        text = text if text == sources[filename] else ""
    elif recorder.source_size + len(text) > limit:
        text = ""
    recorder.source_size += len(text) - len(sources.get(filename, ""))
    sources[filename] = text


JOINED: dict[str, tuple[list[str], str]] = {}
"""The texts of files in earlier recordings, with the lines that they are made of, as linecache has these."""

MOST_JOINED = 2**23
"""Characters of such texts that are kept."""


def joined(filename: str, lines: list[str]) -> str:
    """Return the text of lines; the one that an earlier recording has made of them where linecache keeps them."""
    held = JOINED.get(filename)
    if held is not None and held[0] is lines:
        return held[1]
    text = "".join(lines)
    cached = linecache.cache.get(filename, ())
    if len(cached) == 4 and cached[2] is lines and len(text) <= MOST_JOINED:
        if sum(len(each) for _, each in list(JOINED.values())) + len(text) > MOST_JOINED:
            JOINED.clear()
        JOINED[filename] = lines, text
    return text


def source_lines(recorder: Recorder, found: types.CodeType, namespace: dict[str, Any] | None) -> list[str]:
    """Return the lines of a code object's file; where there is none, its module's loader is asked, in limited time."""
    is_lazy = len(linecache.cache.get(found.co_filename, ())) == 1  # what gives the text has not been asked yet
    lines: list[str] = (recorder.foreign.call if is_lazy else attempt)(file_lines, found)[0] or []
    if not lines and type(namespace) is dict and "__loader__" in namespace:
        facts = known(found)
        if facts.frozen is not None:
            return facts.frozen
        asked, _ = recorder.foreign.call(loader_lines, found.co_filename, namespace)
        lines = asked or []
        if asked is not None and str.startswith(found.co_filename, "<frozen "):
            facts.frozen = lines
    return lines


def file_lines(found: types.CodeType) -> list[str]:
    linecache.checkcache(found.co_filename)
    from_code = getattr(linecache, "_getlines_from_code", None)  # 3.13: the REPL's and -c's text, by code object
    lines: list[str] = from_code(found) if from_code else []
    return lines or linecache.getlines(found.co_filename)


def loader_lines(filename: str, namespace: dict[str, Any]) -> list[str]:
    lines = [str.__str__(line) for line in linecache.getlines(filename, namespace)]
    if filename.startswith("<frozen "):  # 3.14 finds it, and would print it in tracebacks from now on
        linecache.cache.pop(filename, None)
    return lines


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
