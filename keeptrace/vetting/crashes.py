"""Checks the crash as a whole: frames, tracebacks and groups make no rings, and are not endless to run or to print."""

from __future__ import annotations

from typing import Any

MOST_FRAMES = 20_000  # one inside the other
MOST_POSITIONS = 500  # of the frames and tracebacks of one code object
MOST_MEMBERS = 10_000  # of a group and of the groups in it
DEEPEST_GROUP = 100
MOST_PRINTED = 500_000  # frames that printing every exception's traceback shows


def check(records: list[Any]) -> None:
    chain_lengths(records, "frame", 3, MOST_FRAMES)
    lengths = chain_lengths(records, "traceback", 2, MOST_PRINTED)
    positions: dict[int, set[Any]] = {}
    printed = 0
    sizes: dict[int, int] = {}
    for index, record in enumerate(records):
        if record[0] in ("frame", "traceback"):
            code = record[1][0] if record[0] == "frame" else records[record[1][0]][1][0]
            places = positions.setdefault(code, set())
            places.add(record[4] if record[0] == "frame" else record[3])
            if len(places) > MOST_POSITIONS:
                refuse(index, records, f"at most {MOST_POSITIONS} positions in one code object are expected")
        elif record[0] == "exception":
            chain = record[2].get("traceback")
            printed += lengths.get(chain[0], 0) if chain else 0
            if printed > MOST_PRINTED:
                refuse(index, records, f"at most {MOST_PRINTED:,} frames are expected in all exceptions together")
            group_size(records, index, sizes, 0)


def refuse(index: int, records: list[Any], message: str) -> None:
    raise ValueError(f"cannot restore record {index} of the table, {records[index][0]!r}: {message}")


def chain_lengths(records: list[Any], kind: str, field: int, most: int) -> dict[int, int]:
    """Return the length of each chain of records that refer to the next in one field."""
    lengths: dict[int, int] = {}
    for start, record in enumerate(records):
        chain: list[int] = []
        index = start if record[0] == kind else None
        seen: set[int] = set()
        while index is not None and index not in lengths:
            if index in seen:
                refuse(index, records, "a chain that ends is expected")
            seen.add(index)
            chain.append(index)
            link = records[index][field]
            index = link[0] if link is not None and records[link[0]][0] == kind else None
        length = 0 if index is None else lengths[index]
        for index in reversed(chain):
            length += 1
            lengths[index] = length
        if length > most:
            refuse(start, records, f"at most {most:,} in one chain are expected")
    return lengths


def group_size(records: list[Any], index: int, sizes: dict[int, int], depth: int) -> int:
    """Return how many exceptions printing a group prints."""
    if index not in sizes:
        if depth > DEEPEST_GROUP:
            refuse(index, records, f"at most {DEEPEST_GROUP} groups are expected in each other")
        record = records[index]
        members = record[2].get("members", ()) if record[0] == "exception" else ()
        sizes[index] = size = 1 + sum(group_size(records, member[0], sizes, depth + 1) for member in members)
        if size > MOST_MEMBERS:
            refuse(index, records, f"at most {MOST_MEMBERS:,} members of groups are expected")
    return sizes[index]
