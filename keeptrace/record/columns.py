"""Records objects of one class together: their names once, and the values of each attribute as one list, a column.

What is looked at in a column (its types, its size, its secrets) is looked at by C code for all objects at once. Only
dicts, and instances that keep all they have in one or in slots, are recorded so, where all of them have the same names.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from keeptrace.record import classes, raw, registry, shown

if TYPE_CHECKING:
    from keeptrace.record.recorder import Recorder

SOME = 4
"""Objects below which columns save nothing."""

ROW = ()
"""What is in the table at the place of an object that is in columns."""

DICTS, NAMES = frozenset([dict]), frozenset([str])


def record(recorder: Recorder, start: int, objects: list[Any], depth: int) -> bool:
    """Record objects of one class whose places begin at start; return False, with nothing done, where it cannot be."""
    if len(objects) < SOME or any(recorder.records[start : start + len(objects)]):
        return False
    cls = type(objects[0])
    form = form_of(recorder, cls)
    found = None if form is None else rows(form, objects)
    if form is None or found is None or not recorder.are_clean_names(found[0]) or not has_room(recorder, *found):
        return False
    names, columns = found
    for index, rule in recorder.redaction.secret_names(names).items():
        columns[index] = [recorder.redaction.hidden(rule, value) for value in columns[index]]
    below = depth - 1 if depth > 0 else depth
    reference = None if cls is dict else classes.opened(recorder, cls, below)
    shows = list(map(id, objects)) if form.style == "address" else None
    if depth == 0:
        shows = shows or recorder.redaction.items(shown.row_texts(cls, names, columns))
        names, columns = (), []
    values = [recorder.values(column, below) for column in columns]
    recorder.records[start : start + len(objects)] = [ROW] * len(objects)
    recorder.columns.append((start, reference, names, values, shows))
    return True


def form_of(recorder: Recorder, cls: type) -> classes.Shape | None:
    """Return the shape of a class whose instances can be rows, else None."""
    if cls is dict:
        return DICT
    form = classes.shape(recorder, cls)
    is_asked = recorder.settings.pickler is not None or (recorder.settings.reprs and form.own_repr)
    kind, _ = registry.known_kind(recorder, cls)
    return form if kind is shown.instance and form.content is None and not is_asked else None


def rows(form: classes.Shape, objects: list[Any]) -> tuple[tuple[str, ...], list[Any]] | None:
    """Return the names of all objects and the values of each, or None where they do not all have the same names."""
    try:
        names, columns = tuple(form.slots), [list(map(get, objects)) for get in form.slots.values()]
        if form.get_dict is not None:
            dicts = list(map(form.get_dict, objects))
            own = own_names(dicts)
            names, columns = names + own, [*columns, *map(list, zip(*map(dict.values, dicts), strict=True))]
    except (AttributeError, RuntimeError, ValueError):  # an empty slot; another thread changed a dict
        return None
    is_whole = len(set(names)) == len(columns) == len(names) > 0 and all(len(c) == len(objects) for c in columns)
    return (names, columns) if is_whole else None


def own_names(dicts: list[Any]) -> tuple[str, ...]:
    """Return the names that all dicts have, in one order; none where they differ, or are no plain text."""
    if raw.kinds_of(dicts) != DICTS or not raw.kinds_of(list(itertools.chain.from_iterable(dicts))) <= NAMES:
        return ()
    names: tuple[str, ...] = tuple(dicts[0])
    return names if all(map(names.__eq__, map(tuple, dicts))) else ()


def has_room(recorder: Recorder, names: tuple[str, ...], columns: list[Any]) -> bool:
    """Tell whether all of it fits, without a text to be cut: else objects are recorded one after the other."""
    budget, limits = recorder.budget, recorder.settings.limits
    cells = len(columns) * len(columns[0])
    if budget.over() is not None or len(recorder.records) + cells > limits.objects:
        return False
    size = sum(budget.size(column, raw.kinds_of(column)) for column in columns)
    return size + budget.RECORD * cells <= budget.share()


def the_dict(obj: dict[str, Any]) -> dict[str, Any]:
    return obj


DICT = classes.Shape(dict, the_dict, {}, "content", own_repr=False)
