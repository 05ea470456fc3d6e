"""The arguments that a table may give to the constructors of standard values: of their types, and bounded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from keeptrace.vetting.standard import imported

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_TEXT = 4096  # characters of a number or path
LARGEST_NUMBER = 2**14  # bits
PATTERNS = 10_000  # characters of all regular expressions together; compiling them takes up to a second for 1,000
KEY = re.compile(r"[A-Za-z0-9_+\-]{1,99}(?:/[A-Za-z0-9_+\-]{1,99}){0,3}")


def is_allowed(module: str, name: str, arguments: tuple[Any, ...], records: Any, spent: list[int]) -> bool:
    """Tell whether a value may be constructed.

    arguments: atoms and references, as they stand in the record.
    spent: how many characters of regular expressions were compiled so far; it is updated.
    """
    if imported(module) is None:
        return False
    if (module, name) == ("re", "compile"):
        return pattern_fits(arguments, spent)
    check = CHECKS.get((module, name)) or CHECKS.get((module, ""))
    return check is not None and check(arguments, records)


def pattern_fits(arguments: tuple[Any, ...], spent: list[int]) -> bool:
    if len(arguments) != 2 or type(arguments[0]) not in (str, bytes) or type(arguments[1]) is not int:
        return False
    pattern, flags = arguments
    is_costly = flags & re.IGNORECASE or (b"(?" if type(pattern) is bytes else "(?") in pattern
    spent[0] += len(pattern) * (10 if is_costly else 1)
    return spent[0] <= PATTERNS and not flags & ~int(
        re.ASCII | re.IGNORECASE | re.LOCALE | re.MULTILINE | re.DOTALL | re.UNICODE | re.VERBOSE
    )


def short_text(arguments: tuple[Any, ...], records: Any) -> bool:
    return len(arguments) == 1 and type(arguments[0]) is str and len(arguments[0]) <= LONGEST_TEXT


def small_numbers(arguments: tuple[Any, ...], records: Any) -> bool:
    """Tell whether arguments are numbers, or None, or other values of this kind (a timezone's timedelta)."""
    return len(arguments) <= 9 and all(is_small(argument, records) for argument in arguments)


def is_small(argument: Any, records: Any) -> bool:
    if type(argument) is tuple:
        record = records[argument[0]]
        return bool(record.kind == "value" and record.module in ("datetime", "zoneinfo"))
    if type(argument) is int:
        return argument.bit_length() <= LARGEST_NUMBER
    return argument is None or (type(argument) is str and len(argument) <= 999)


def whole_numbers(arguments: tuple[Any, ...], records: Any) -> bool:
    return small_numbers(arguments, records) and all(type(argument) is int for argument in arguments)


def atoms(arguments: tuple[Any, ...], records: Any) -> bool:
    return len(arguments) == 3 and all(type(argument) is not tuple for argument in arguments)


def bytes_only(arguments: tuple[Any, ...], records: Any) -> bool:
    return len(arguments) == 1 and type(arguments[0]) is bytes


def typed_list(arguments: tuple[Any, ...], records: Any) -> bool:
    """Tell whether arguments are a type code and a list of plain numbers."""
    if len(arguments) != 2 or type(arguments[0]) is not str or type(arguments[1]) is not tuple:
        return False
    record = records[arguments[1][0]]
    return record.kind == "plain" and type(record.container) is list


def one_mapping(arguments: tuple[Any, ...], records: Any) -> bool:
    if len(arguments) != 1 or type(arguments[0]) is not tuple:
        return False
    record = records[arguments[0][0]]
    is_plain = record.kind == "plain" and type(record.container) is dict
    return is_plain or record.kind in ("dict", "globals", "object")


def time_zone(arguments: tuple[Any, ...], records: Any) -> bool:
    """Tell whether a time zone is in the system's own files: else the tzdata package would be imported."""
    import os  # only who restores such a value needs these
    import zoneinfo

    if len(arguments) != 1 or type(arguments[0]) is not str or not KEY.fullmatch(arguments[0]):
        return False
    return any(os.path.isfile(os.path.join(folder, arguments[0])) for folder in zoneinfo.TZPATH)


CHECKS: dict[tuple[str, str], Callable[[tuple[Any, ...], Any], bool]] = {
    ("array", "array"): typed_list,
    ("builtins", "bytearray"): bytes_only,
    ("builtins", "range"): whole_numbers,
    ("builtins", "slice"): atoms,
    ("datetime", ""): small_numbers,
    ("decimal", "Decimal"): short_text,
    ("fractions", "Fraction"): whole_numbers,
    ("ipaddress", ""): short_text,
    ("pathlib", ""): short_text,
    ("types", "MappingProxyType"): one_mapping,
    ("uuid", "UUID"): short_text,
    ("zoneinfo", "ZoneInfo"): time_zone,
}
