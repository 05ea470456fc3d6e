"""Checks what a table holds packed, before it is unpacked into records: these are checked as any others."""

from __future__ import annotations

from typing import Any

from keeptrace.restore import is_packed, with_rows

PACKED = ("dict", "frozenset", "list", "set", "tuple")
COLUMNS = (*PACKED, "object", "shown")


def unpacked(table: dict[str, Any], most: int) -> list[Any]:
    """Return the records of a table, those that it holds packed or as columns among them.

    most: how many values may be unpacked in all, one that stands in several places counted each time.

    Raises ValueError where they cannot be unpacked; the message says which.
    """
    columns, records = table.get("columns", []), table["records"]
    if type(columns) is not list:
        raise ValueError(f"cannot restore a table whose columns are a {type(columns).__name__}, not a list")
    for index, record in enumerate(records):
        if is_packed(record):
            most -= check(f"record {index}", packed_size(record, len(records)), most)
    for number, entry in enumerate(columns):
        most -= check(f"columns {number}", entry_size(entry, len(records)), most)
    return with_rows({"records": records, "columns": columns})


def check(what: str, size: int | None, most: int) -> int:
    if size is None:
        raise ValueError(f"cannot restore {what} of the table: what is packed in it does not fit together")
    if size > most:
        raise ValueError(f"cannot restore {what} of the table: too much is packed in it")
    return size


def length(values: Any, places: int) -> int | None:
    """Return how many values packed ones are, None where they are none."""
    if type(values) is list:
        return len(values)
    if type(values) is str:
        return values.count("\0") + 1
    if type(values) is tuple and len(values) == 2 and all(type(place) is int for place in values):
        first, after = values
        return after - first if 0 <= first <= after <= places else None
    return None


def packed_size(record: Any, places: int) -> int | None:
    """Return how many values a packed record has, None where it is none."""
    if len(record) < 3 or record[1] not in PACKED or len(record) != (4 if record[1] == "dict" else 3):
        return None
    if record[1] == "dict" and type(record[3]) is tuple:  # its values are plain
        return None
    if type(record[2]) is not str and (record[1] == "dict" or type(record[2]) is not tuple):
        return None
    sizes = {length(values, places) for values in record[2:]}
    return sizes.pop() if len(sizes) == 1 else None


def entry_size(entry: Any, places: int) -> int | None:
    """Return how many values, names and texts the rows of an entry have together, None where they do not fit."""
    if type(entry) is not tuple or len(entry) != 6:
        return None
    where, kind, cls, names, columns, shows = entry
    is_class = type(cls) is tuple and len(cls) == 1
    if kind not in COLUMNS or type(columns) is not list or (not is_class if kind == "object" else cls is not None):
        return None
    sizes = [length(column, places) for column in columns]
    rows = row_count(kind, names, sizes, shows)
    if rows is None or not are_places(where, rows, places):
        return None
    return sum(size or 0 for size in sizes) + (len(columns) + 2) * rows


def row_count(kind: str, names: Any, sizes: list[int | None], shows: Any) -> int | None:
    """Return how many rows columns of these sizes are, None where they do not fit the kind, the names and the texts."""
    if kind == "shown":
        is_builtin = type(names) is tuple and len(names) == 1 and names[0] in PACKED
        return show_count(shows) if is_builtin and not sizes and type(shows) is not bytes else None
    if type(names) is list:
        are_counts = all(type(count) is int and count >= 0 for count in names)
        expected = 2 if kind in ("dict", "object") else 1
        rows = len(names) if are_counts and len(sizes) == expected and set(sizes) == {sum(names)} else None
    else:
        are_names = type(names) is tuple and all(type(name) is str for name in names) and kind in ("dict", "object")
        counts = set(sizes) if sizes or kind != "object" else {show_count(shows)}
        rows = counts.pop() if are_names and len(names) == len(sizes) and len(counts) == 1 else None
    return rows if shows is None or (kind == "object" and show_count(shows) == rows) else None


def show_count(shows: Any) -> int | None:
    if type(shows) is bytes:
        return len(shows) // 8 if len(shows) % 8 == 0 else None
    return length(shows, 0) if type(shows) in (list, str) else None


def are_places(where: Any, rows: int, places: int) -> bool:
    if type(where) is list:
        return len(where) == rows and all(type(place) is int and 0 <= place < places for place in where)
    return type(where) is int and 0 <= where <= places - rows
