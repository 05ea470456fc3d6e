"""Cuts what is larger than its limit: its first part is kept, in a mock that says how much there was."""

from __future__ import annotations

import itertools

from keeptrace.record import packing, raw
from keeptrace.record.raw import ATOMS
from keeptrace.record.recorder import LONGEST_SECRET

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import Any

    from keeptrace.record.recorder import Recorder


def shown(recorder: Recorder, text: str) -> str:
    """Return a text that is to be shown, without secrets, and cut where it is too long."""
    limit = int(min(recorder.settings.limits.text, len(text)))
    redacted = recorder.redaction.text(text[: limit + LONGEST_SECRET])
    if limit == len(text):
        return redacted
    return f"{redacted[:limit]}... (the first {limit:,} of {len(text):,} characters)"


def may_fit(recorder: Recorder, items: Collection[Any]) -> bool:
    """Tell whether there is room for a container's items if none of them is large."""
    room = recorder.budget.room()
    return room is None or len(items) <= room


def plain_form(recorder: Recorder, held: packing.Values) -> Any:
    """Return the form of values that can be stored as they are, themselves where nothing is packed; None for others.

    They are then taken from the budget.
    """
    if not ATOMS.issuperset(held.kinds):
        return None
    if held.texts and (recorder.has_long_text(held.texts) or hides_some(recorder, held)):
        return None
    return held.form() if recorder.budget.spend(recorder.budget.size_of(held)) else None


def hides_some(recorder: Recorder, held: packing.Values) -> bool:
    """Tell whether the text of any of the values shows a secret."""
    return recorder.redaction.items(held.values, held.kinds) is not held.values


def leading(recorder: Recorder, items: Iterable[Any]) -> list[Any]:
    """Return the leading items of a container for which there is room."""
    room, objects = recorder.budget.room(), recorder.settings.limits.objects
    fit = list(items if room is None else itertools.islice(items, room))
    kinds = raw.kinds_of(fit)
    if len(fit) > objects and not ATOMS.issuperset(kinds):
        del fit[int(objects) :]
        kinds = raw.kinds_of(fit)
    del fit[recorder.budget.leading(fit, kinds) :]
    return fit
