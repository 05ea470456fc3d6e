"""The facts of code objects, and the names of variables: what never changes is kept from one recording to the next."""

from __future__ import annotations

import itertools
import os
import sys

from keeptrace import schema
from keeptrace.record import raw
from keeptrace.record.cache import Cache
from keeptrace.record.foreign import caught
from keeptrace.record.raw import STRINGS

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import types
    from typing import Any

    from keeptrace.record.raw import Record

Position = tuple[int, "int | None", "int | None", "int | None"]
OPTIMIZED = 1
UNKNOWN = (None, None, None, None)


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
            found = self.positions[offset] = caught(position_at, self.of(), offset)[0] or UNKNOWN
        return found


CODES: Cache[int, Code] = Cache(10_000)
"""What is known of the code objects of earlier recordings, by their id."""


def known(found: types.CodeType) -> Code:
    """Return what is known of a code object."""
    facts = CODES.get(id(found))
    if facts is None or facts.of() is not found:
        facts = CODES.store(id(found), Code(found))
    return facts


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
# Names as they go into the table
# ---------------------------------------------------------------------------------------------------------------------


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
