"""Records Python's own containers: as they are where they hold atoms, packed where that is smaller."""

from __future__ import annotations

import itertools

from keeptrace.record import cutting, packing, raw
from keeptrace.record.raw import ATOMS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record.raw import Record
    from keeptrace.record.recorder import Recorder


def plain(recorder: Recorder, kind: str, items: list[Any] | tuple[Any, ...]) -> Record | None:
    """Return the record of a list or tuple of ours that comes back as it is, None of any other.

    kind: which form it is where its items are packed.
    """
    form = cutting.plain_form(recorder, packing.Values(items))
    if form is None or form is items:
        return None if form is None else ("plain", items)
    return "packed", ("tuples", [["plain"], (kind, [len(items)], form)])


def plain_dict(recorder: Recorder, held: dict[Any, Any]) -> Record | None:
    """Return the record of a dict of ours that comes back as it is, None of any other."""
    values = packing.Values(list(held.values()))
    if not ATOMS.issuperset(values.kinds):
        return None
    keys = packing.Values(list(held))
    form = cutting.plain_form(recorder, keys)
    content = None if form is None else cutting.plain_form(recorder, values)
    if content is None or recorder.redaction.secret_names(keys.values, keys.kinds):
        return None
    if form is keys.values and content is values.values:
        return "plain", held
    return "packed", ("tuples", [["plain"], ("items", [len(held)], form, content)])


def list_kind(recorder: Recorder, obj: list[Any], depth: int) -> Record:
    if cutting.may_fit(recorder, obj):
        obj = obj.copy()  # what is looked at is what is kept: other threads may change the list
        record = plain(recorder, "lists", obj)
        if record is not None:
            return record
    return container(recorder, list, "list", obj, cutting.leading(recorder, obj), depth)


def tuple_kind(recorder: Recorder, obj: tuple[Any, ...], depth: int) -> Record:
    return plain(recorder, "rows", obj) or container(
        recorder, tuple, "tuple", obj, cutting.leading(recorder, obj), depth
    )


def set_kind(recorder: Recorder, obj: set[Any], depth: int) -> Record:
    return container(recorder, set, "set", obj, cutting.leading(recorder, obj), depth)


def frozenset_kind(recorder: Recorder, obj: frozenset[Any], depth: int) -> Record:
    return container(recorder, frozenset, "frozenset", obj, cutting.leading(recorder, obj), depth)


def container(recorder: Recorder, base: type, kind: str, obj: Any, items: list[Any], depth: int) -> Record:
    """Return the record of a container of which these items fit."""
    if len(items) < len(obj):
        return recorder.cut_record(base, recorder.values(items, depth), len(obj), "items")
    values = recorder.packed_values(packing.Values(base(items) if base is tuple else items), depth)
    if type(values) is not list:
        return "packed", ("tuples", [[kind], ("lists", [len(items)], values)])
    return kind, tuple(values) if base is tuple else values


def dict_kind(recorder: Recorder, obj: dict[Any, Any], depth: int) -> Record:
    if cutting.may_fit(recorder, obj) and raw.are_atoms(obj):  # whose keys a copy may compare
        record = plain_dict(recorder, obj.copy())  # see list_kind
        if record is not None:
            return record
    keys = cutting.leading(recorder, obj)
    items = list(itertools.islice(obj.items(), len(keys)))
    entries = recorder.mapping(items[: len(cutting.leading(recorder, [value for _, value in items]))], depth)
    if len(entries) < len(obj):
        return recorder.cut_record(dict, entries, len(obj), "items")
    return "dict", entries
