"""What an object shows of itself: made from what was read, since its own __repr__ might be anyone's code."""

from __future__ import annotations

import collections
import itertools
import types

from keeptrace.record import classes, raw
from keeptrace.record.limits import are_small

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Recorder

ITEMS, WIDTH = 20, 100


def instance(recorder: Recorder, obj: Any, depth: int) -> Record:
    """Return the record of an instance; with its own representation where that was asked for."""
    return classes.instance(recorder, obj, depth, requested(recorder, obj))


def requested(recorder: Recorder, obj: Any) -> str | None:
    """Return the application's own representation if init(reprs=True) asked for it, and it could be had in time."""
    if not recorder.settings.reprs or not classes.shape(recorder, type(obj)).own_repr:
        return None
    text, error = recorder.foreign.call(repr, obj)
    if error is not None:
        return f"<{raw.class_qualname(type(obj))}: its __repr__ failed, {type(error).__name__}>"
    return cut(str.__str__(text), recorder.settings.limits.text)


def representation(recorder: Recorder, obj: Any) -> Record:
    """Return the record of an object at the depth limit: its type and a representation."""
    cls = type(obj)
    form = classes.shape(recorder, cls)
    text: str | int | None = requested(recorder, obj)
    if form.content is None and not issubclass(cls, BaseException):
        if text is None:
            text = id(obj) if form.style == "address" else fields_text(recorder, form, obj)
        return "object", classes.opened(recorder, cls, 0), None, {}, text
    return as_text(cls, text if isinstance(text, str) else content_text(form, obj))


def as_text(cls: type, text: str) -> Record:
    return "shown", raw.class_name(cls), raw.class_qualname(cls), raw.class_module(cls), text


def fields_text(recorder: Recorder, form: classes.Shape, obj: Any) -> str:
    """Return Class(attribute=value, ...), the values by their atoms or their types."""
    state = classes.instance_state(form, obj)
    names = [name for name in state if not classes.is_special(name)]
    values = recorder.redaction.named_values(names, [state[name] for name in names])
    named = [f"{name}={brief(value)}" for name, value in zip(names, values, strict=True)]
    return f"{raw.class_qualname(type(obj))}({listed(iter(named), len(named))})"


def row_texts(cls: type, names: tuple[str, ...], columns: list[list[Any]]) -> list[str]:
    """Return the texts of dicts, or of instances, that have the same names, as the functions here give them for one.

    columns: the values of each name.
    """
    kept = [index for index, name in enumerate(names) if cls is dict or not classes.is_special(name)]
    shown = [names[index].replace("%", "%%") for index in kept[:ITEMS]]
    listing = listed((f"{brief(name)}: %s" if cls is dict else f"{name}=%s" for name in shown), len(kept))
    template = f"{{{listing}}}" if cls is dict else f"{raw.class_qualname(cls).replace('%', '%%')}({listing})"
    texts = [briefs(columns[index]) for index in kept[:ITEMS]] or [[""] * len(columns[0])]
    template = template if kept else template.replace("()", "(%s)")
    return list(map(template.__mod__, zip(*texts, strict=True)))


def briefs(values: list[Any]) -> list[str]:
    """Return brief() of several values, at C speed where they are short."""
    kinds = raw.kinds_of(values)
    is_short = kinds == {str} and max(map(len, values)) <= WIDTH
    if is_short or kinds <= NUMBERS or (kinds <= {*NUMBERS, int} and are_small(values)):
        texts = list(map(repr, values))
        if max(map(len, texts)) <= WIDTH:
            return texts
    return list(map(brief, values))


NUMBERS = frozenset([bool, float, type(None)])


def content_text(form: classes.Shape, obj: Any) -> str:
    """Return what a container, a string, a number or an exception looks like from outside."""
    cls, base = type(obj), form.content
    if base is None:
        args = BaseException.__dict__["args"].__get__(obj)
        return f"{raw.class_qualname(cls)}({listed(map(brief, args), len(args))})"
    if base not in BRACKETS:
        text = brief(classes.PLAIN[base](obj))
    elif base is dict:
        items = raw.elements(dict.items, obj, ITEMS)
        text = "{" + listed((f"{brief(key)}: {brief(value)}" for key, value in items), dict.__len__(obj)) + "}"
    else:
        opening, closing = BRACKETS[base]
        items = raw.elements(base.__iter__, obj, ITEMS)  # type: ignore[attr-defined]
        text = opening + listed(map(brief, items), base.__len__(obj)) + closing  # type: ignore[attr-defined]
    return text if cls is base else f"{raw.class_qualname(cls)}({text})"


BRACKETS = {
    dict: ("{", "}"),
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
    collections.deque: ("deque([", "])"),
}


def listed(texts: Any, count: int) -> str:
    """Join the first texts; say how many there are in all where there are more."""
    joined = ", ".join(itertools.islice(texts, ITEMS))
    return joined if count <= ITEMS else f"{joined}, ... ({count:,} in all)"


def brief(value: Any) -> str:
    """Return a short text for a value inside another: an atom itself, anything else by its type."""
    cls = type(value)
    if id(cls) in raw.ATOM_IDS:
        part = value[:WIDTH] if cls is str or cls is bytes else value
        text = raw.atom_text(part) if cls is int else repr(part)
        return cut(text, WIDTH)
    if issubclass(cls, type):
        return f"<{raw.class_name(cls)} {raw.class_qualname(value)}>"
    if cls is types.FunctionType:
        return f"<function {str.__str__(value.__qualname__)}>"
    return f"<{raw.class_name(cls)}>"


def cut(text: str, width: float) -> str:
    return text if len(text) <= width else f"{text[: max(int(width) - 3, 0)]}..."
