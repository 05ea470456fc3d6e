"""Checks the columns of a table, before they become the records they stand for: these are checked as any other."""

from __future__ import annotations

from typing import Any


def checked(table: dict[str, Any], most: int) -> list[Any]:
    """Return the columns of a table; raise ValueError where they cannot be rows of it.

    most: how many values all columns may have together, a list that stands in several counted each time.
    """
    columns, places = table.get("columns", []), len(table["records"])
    if type(columns) is not list:
        raise ValueError(f"cannot restore a table whose columns are a {type(columns).__name__}, not a list")
    for number, entry in enumerate(columns):
        if not is_entry(entry):
            raise ValueError(f"cannot restore columns {number} of the table: start, class, names, lists are expected")
        start, _, names, values, shows = entry
        rows = {len(column) for column in (values if shows is None else [*values, shows])}
        most -= (len(names) + 1) * max(rows, default=0)
        if len(rows) != 1 or len(names) != len(values) or not 0 <= start <= places - max(rows) or most < 0:
            raise ValueError(f"cannot restore columns {number} of the table: they do not fit into {places} records")
    return columns


def is_entry(entry: Any) -> bool:
    """Tell whether an entry is (start, class or None, names, lists of values, texts and addresses or None)."""
    if type(entry) is not tuple or len(entry) != 5:
        return False
    start, cls, names, values, shows = entry
    are_names = type(names) is tuple and all(type(name) is str for name in names)
    are_lists = type(values) is list and all(type(column) is list for column in values)
    is_class = cls is None or (type(cls) is tuple and len(cls) == 1)
    return type(start) is int and are_names and are_lists and is_class and (shows is None or type(shows) is list)
