"""Records objects of one class together: what all have in common once, and their values in lists: columns.

What is looked at in a column (its types, its size, its secrets) is looked at by C code for all objects at once. So are
recorded: dicts, and instances that keep all they have in one or in slots; lists, tuples and sets; and, at the depth
limit, representations.
"""

from __future__ import annotations

import itertools
import operator
import struct
import types

from keeptrace.record import classes, functions, named, packing, raw, registry, shown
from keeptrace.record.limits import ITEM
from keeptrace.record.packing import Values
from keeptrace.record.raw import ATOMS, STRINGS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from typing import Any

    from keeptrace.record.recorder import Recorder

    Columns = list[Values]
    Names = tuple[str, ...] | list[int]  # of all objects; or how many each has

SEQUENCES = (list, tuple, set, frozenset)
DICTS = frozenset([dict])


def record_columns(recorder: Recorder, places: list[int], objects: list[Any], depth: int) -> bool:
    """Record objects of one class that have these places; return False, with nothing done, where it cannot be."""
    if len(objects) < packing.SOME or list(map(recorder.records.__getitem__, places)).count(None) < len(places):
        return False
    cls = type(objects[0])
    if cls is types.FunctionType:
        return one_by_one(recorder, places, objects, depth)
    if raw.is_one_of(cls, SEQUENCES):
        columns = sequences(recorder, cls, objects, depth)
    elif cls is dict:
        columns = dicts(recorder, objects, depth)
    else:
        columns = instances(recorder, cls, objects, depth)
    if columns is None:
        return False
    recorder.add_packed(places, ("tuples", columns))
    return True


def one_by_one(recorder: Recorder, places: list[int], objects: list[Any], depth: int) -> bool:
    """Record functions, each by itself, but without what may have to be done for other objects."""
    budget = recorder.budget
    if not recorder.own_functions or budget.over() is not None:
        return False
    depth = below(depth)
    for place, obj in zip(places, objects, strict=True):
        recorder.records[place] = functions.function(recorder, obj, depth)
        budget.bytes -= budget.RECORD
        budget.memory -= functions.MEMORY
    recorder.done(places)
    return True


def sequences(recorder: Recorder, cls: type, objects: list[Any], depth: int) -> list[Any] | None:
    """Return the columns of lists, tuples or sets: their lengths, and all their items."""
    if depth == 0:
        form = classes.shape(recorder, cls)
        return texts(recorder, cls, [shown.content_text(form, obj) for obj in objects])
    try:
        lengths, items = list(map(len, objects)), Values(list(itertools.chain.from_iterable(objects)))
    except RuntimeError:  # another thread changed a set
        return None
    is_whole = len(items.values) == sum(lengths) and not (cls is tuple and has_secret_pair(recorder, objects))
    if not is_whole or not has_room(recorder, len(objects), [items]):
        return None
    kind = "plain" if ATOMS.issuperset(items.kinds) and cls in (list, tuple) else cls.__name__
    return [
        ("same", len(objects), kind),
        ("rows" if cls is tuple else "lists", lengths, recorder.packed_values(items, below(depth))),
    ]


def has_secret_pair(recorder: Recorder, objects: list[Any]) -> bool:
    """Tell whether a tuple of two may be a name and a secret."""
    names = [obj[0] for obj in objects if len(obj) == 2]
    return bool(recorder.redaction.secret_names(names))


def dicts(recorder: Recorder, objects: list[Any], depth: int) -> list[Any] | None:
    """Return the columns of dicts: names and values, or keys and values."""
    found = named_columns(recorder, DICT, objects)
    if found is None:
        return None
    names, columns = found
    if depth != 0:
        kind = "plain" if all(ATOMS.issuperset(column.kinds) for column in columns) else "dict"
        return [("same", len(objects), kind), contents(recorder, names, columns, depth)]
    if isinstance(names, list):
        return texts(recorder, dict, [shown.content_text(DICT, obj) for obj in objects])
    return texts(recorder, dict, row_texts(dict, names, columns))


def instances(recorder: Recorder, cls: type, objects: list[Any], depth: int) -> list[Any] | None:
    """Return the columns of instances that have attributes, and nothing else."""
    form, kind = classes.shape(recorder, cls), registry.known_kind(recorder, cls)[0]
    is_asked = recorder.settings.pickler is not None or (recorder.settings.reprs and form.own_repr)
    if kind is named.enum_member and not is_asked:
        return members(recorder, cls, objects, depth)
    if kind is not shown.instance or form.content is not None or is_asked:
        return None
    found = named_columns(recorder, form, objects)
    if found is None:
        return None
    names, columns = found
    count = len(objects)
    shows: Any = addresses(objects) if form.style == "address" else None
    if depth == 0:
        if shows is None:
            if isinstance(names, list):
                return None
            shows = packing.joined(recorder.redaction.items(row_texts(cls, names, columns)))
        names, columns = [0] * count, [Values([]), Values([])]
    reference = classes.opened(recorder, cls, below(depth))
    state = contents(recorder, names, columns, depth)
    heads = [("same", count, value) for value in ("object", reference, None)]
    return [*heads, state, ("same", count, None) if shows is None else shows]


def members(recorder: Recorder, cls: type, objects: list[Any], depth: int) -> list[Any] | None:
    """Return the columns of members of an application's enum, which are numbers too if they are anything else."""
    form = classes.shape(recorder, cls)
    found = named_columns(recorder, form, objects)
    if found is None or not {"_name_", "_value_"} <= set(found[0]) or form.content not in (None, int, float):
        return None
    if classes.is_global(recorder, cls):
        return None
    names, columns = found
    held: dict[Any, Values] = dict(zip(names, columns, strict=True))
    if held["_name_"].kinds != STRINGS:  # a flag that has no name of its own, see named.enum_member
        return None
    held.update(name=held["_name_"], value=held["_value_"])
    reference = classes.opened(recorder, cls, below(depth))
    content: Any = ("same", len(objects), None)
    if form.content is not None:
        content = list(map(classes.PLAIN[form.content], objects))
    state = contents(recorder, tuple(held), list(held.values()), depth)
    kinds, references, texts = (("same", len(objects), value) for value in ("object", reference, None))
    return [kinds, references, content, state, texts]


def contents(recorder: Recorder, names: Names, columns: Columns, depth: int) -> Any:
    """Return the form of dicts, or of the attributes of instances."""
    forms = [recorder.packed_values(column, below(depth)) for column in columns]
    return ("items", names, *forms) if isinstance(names, list) else ("dicts", names, forms)


def row_texts(cls: type, names: tuple[str, ...], columns: Columns) -> list[str]:
    return shown.row_texts(cls, names, [list(column.values) for column in columns])


def addresses(objects: list[Any]) -> bytes:
    """Return the addresses that a default representation shows, eight bytes each, the lowest first."""
    return struct.pack(f"<{len(objects)}Q", *map(id, objects))


def texts(recorder: Recorder, cls: type, shows: list[str]) -> list[Any]:
    """Return what shows builtin containers at the depth limit."""
    recorder.budget.bytes -= sum(map(len, shows))
    heads = [("same", len(shows), text) for text in ("shown", cls.__name__, cls.__name__, "builtins")]
    return [*heads, packing.joined(recorder.redaction.items(shows))]


def below(depth: int) -> int:
    return depth - 1 if depth > 0 else depth


def named_columns(recorder: Recorder, form: classes.Shape, objects: list[Any]) -> tuple[Names, Columns] | None:
    """Return the names that all objects have and the values of each, secrets hidden; None where it cannot be.

    Where their names differ, how many each has; the columns are then all names and all values.
    """
    try:
        found = common(form, objects) or differing(form, objects)
    except (AttributeError, KeyError, RuntimeError):  # an empty slot; another thread changed a dict
        return None
    if found is None:
        return None
    names, columns = found[0], list(map(Values, found[1]))
    if not has_room(recorder, len(objects), columns):
        return None
    hidden = recorder.redaction.hidden
    if type(names) is tuple:
        for index, rule in recorder.redaction.secret_names(names).items():
            columns[index] = Values([hidden(rule, value) for value in columns[index].values])
        return (names, columns) if recorder.are_clean_names(names) else None
    keys, values = columns
    is_clean = keys.kinds <= (ATOMS if form is DICT else STRINGS)
    is_clean = is_clean and recorder.redaction.items(keys.values, keys.kinds) is keys.values
    rules = recorder.redaction.secret_names(keys.values, keys.kinds)
    if rules:
        columns[1] = Values(
            [hidden(rules[index], value) if index in rules else value for index, value in enumerate(values.values)]
        )
    return (names, columns) if is_clean else None


def common(form: classes.Shape, objects: list[Any]) -> tuple[Names, list[list[Any]]] | None:
    """Return the names and columns of objects that all have the same names, in one order."""
    names: tuple[str, ...] = ()
    columns: list[list[Any]] = []
    if form.get_dict is not None:
        dicts = list(map(form.get_dict, objects))
        if raw.kinds_of(dicts) != DICTS:
            return None
        own, keys = list(dicts[0]), list(itertools.chain.from_iterable(dicts))
        if not raw.kinds_of(keys) <= STRINGS or keys != own * len(dicts):
            return None
        names, columns = tuple(own), [list(map(operator.itemgetter(name), dicts)) for name in own]
    slots = {name: get for name, get in form.slots.items() if name not in names}
    names += tuple(slots)
    columns += [list(map(get, objects)) for get in slots.values()]
    is_whole = len(set(names)) == len(names) == len(columns) > 0 and all(len(each) == len(objects) for each in columns)
    return (names, columns) if is_whole else None


def differing(form: classes.Shape, objects: list[Any]) -> tuple[Names, list[list[Any]]] | None:
    """Return how many names each of several objects has, and the names and values of all in turn."""
    if form.get_dict is None or form.slots:
        return None
    dicts = list(map(form.get_dict, objects))
    if raw.kinds_of(dicts) != DICTS:
        return None
    lengths = list(map(len, dicts))
    keys = list(itertools.chain.from_iterable(dicts))
    values = list(itertools.chain.from_iterable(map(dict.values, dicts)))
    return (lengths, [keys, values]) if len(keys) == len(values) == sum(lengths) else None


def has_room(recorder: Recorder, count: int, columns: Columns) -> bool:
    """Tell whether all that objects hold fits, without a text to be cut: else they are recorded one by one."""
    budget = recorder.budget
    if budget.over() is not None:
        return False
    if any(recorder.has_long_text(column.texts) for column in columns):
        return False
    budget.bytes -= ITEM * count
    return sum(map(budget.size_of, columns)) <= budget.share()


def the_dict(obj: dict[str, Any]) -> dict[str, Any]:
    return obj


DICT = classes.Shape(dict, the_dict, {}, "content", own_repr=False)
