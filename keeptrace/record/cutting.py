"""Cuts what is larger than its limit: its first part is kept, in a mock that says how much there was."""

from __future__ import annotations

import itertools

from keeptrace.record import packing, raw
from keeptrace.record.raw import ATOMS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.waiting import Waiting


LONGEST_SECRET = 4096
"""Characters beyond a cut that are looked at, so that no part of a secret stays."""


def has_long_text(recorder: Waiting, texts: Collection[Any]) -> bool:
    """Tell whether any of the texts is over the limit."""
    return max(map(len, texts), default=0) > recorder.settings.limits.text


def text(recorder: Waiting, value: str | bytes) -> Any:
    """Return a str or bytes itself, or where it is too long the reference of its first part."""
    limit = recorder.settings.limits.text
    if len(value) <= limit:
        return recorder.redaction.value(value)
    unit = "characters" if type(value) is str else "bytes"
    shown = recorder.redaction.value(value[: int(limit) + LONGEST_SECRET])[: int(limit)]
    return recorder.add(record(recorder, type(value), shown, len(value), unit))


def shown(recorder: Waiting, text: str) -> str:
    """Return a text that is to be shown, without secrets, and cut where it is too long."""
    limit = int(min(recorder.settings.limits.text, len(text)))
    redacted = recorder.redaction.text(text[: limit + LONGEST_SECRET])
    if limit == len(text):
        return redacted
    return f"{redacted[:limit]}... (the first {limit:,} of {len(text):,} characters)"


def may_fit(recorder: Waiting, items: Collection[Any]) -> bool:
    """Tell whether there is room for a container's items if none of them is large."""
    room = recorder.budget.room()
    return room is None or len(items) <= room


def plain_form(recorder: Waiting, held: packing.Values) -> Any:
    """Return the form of values that can be stored as they are, themselves where nothing is packed; None for others.

    They are then taken from the budget.
    """
    if not ATOMS.issuperset(held.kinds):
        return None
    if held.texts and (has_long_text(recorder, held.texts) or hides_some(recorder, held)):
        return None
    return held.form() if recorder.budget.spend(recorder.budget.size_of(held)) else None


def hides_some(recorder: Waiting, held: packing.Values) -> bool:
    """Tell whether the text of any of the values shows a secret."""
    return recorder.redaction.items(held.values, held.kinds) is not held.values


def leading(recorder: Waiting, items: Iterable[Any]) -> list[Any]:
    """Return the leading items of a container for which there is room."""
    room, objects = recorder.budget.room(), recorder.settings.limits.objects
    fit = list(items if room is None else itertools.islice(items, room))
    kinds = raw.kinds_of(fit)
    if len(fit) > objects and not ATOMS.issuperset(kinds):
        del fit[int(objects) :]
        kinds = raw.kinds_of(fit)
    del fit[recorder.budget.leading(fit, kinds) :]
    return fit


def record(recorder: Waiting, base: type, content: Any, total: int, unit: str) -> Record:
    """Return the record of a container or text of which only the first part is kept."""
    cls = recorder.cut_types.get(base)
    if cls is None:
        name = base.__name__
        real = recorder.add(("global", "builtins", name, ()))
        facts = {"content": name, "repr": "cut"}
        cls = recorder.cut_types[base] = recorder.add(("class", name, name, "builtins", (real,), {}, facts))
    return "object", cls, content, {"cut": f"the first {len(content):,} of {total:,} {unit}"}, None
