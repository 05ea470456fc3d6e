"""Records exceptions with all that they are chained to."""

from __future__ import annotations

import builtins
import sys
import types

from keeptrace.record import classes, cutting, endless, frames, raw, suggestions
from keeptrace.record.code import by_plain_name
from keeptrace.record.foreign import caught

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record.raw import Record, Reference
    from keeptrace.record.recorder import Recorder

NOTES_DEPTH = 9  # whatever is printed with the exception
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
        found, error = caught(part, recorder, exc, depth)
        if found:
            facts.update(found)
        elif error is not None:
            recorder.note_failure(failed, what, error)
    if "args" not in facts:
        facts["args"] = recorder.add(("plain", ()))
    chain = _BASE["__traceback__"].__get__(exc)
    if chain is not None:
        facts["traceback"] = frames.traceback(recorder, chain, depth)
    if failed:
        facts["state"] = {**facts.get("state", {}), **failed}
    cls, _ = caught(classes.opened, recorder, type(exc), depth)
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
        (name, caught(get, exc)[0])
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
    is_ours = is_builtin and caught(raw.are_atoms, values)[0]
    if not is_ours and is_builtin and caught(endless.is_endless, values, recorder.shown)[0]:
        error: BaseException | None = RecursionError()
    else:
        shown, error = caught(str, exc) if is_ours else foreign_text(recorder, exc)
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
    shown, error = caught(cutting.shown, recorder, text)
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
