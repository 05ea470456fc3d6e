"""Checks the crash as a whole: frames, tracebacks and groups make no rings, and are not endless to run or to print.

What a crash holds may be of any size; the limits are on what sharing multiplies, and on what nests while it is made.
"""

from __future__ import annotations

from typing import Any

from keeptrace.restore import OPTIMIZED

MOST_FRAMES = 300_000  # one inside the other; recording keeps to 100,000 of one stack, which may stand in another
MOST_STEPS = 10**7  # comparisons of where frames of one code object stand with where all of them do
MOST_MEMBERS = 10_000  # of a group and of the groups in it; or four times the exceptions there are
MOST_PRINTED = 500_000  # frames that printing every exception's traceback shows; or four times the tracebacks there are
FLAGS = 3  # of a code object's counts
LINES, COLUMNS = 100, 1_000  # of a position that are printed as quickly as a frame


def check(records: list[Any]) -> None:
    chain_lengths(records, "frame", "back", MOST_FRAMES)
    tracebacks, exceptions = (sum(record.kind == kind for record in records) for kind in ("traceback", "exception"))
    most = max(MOST_PRINTED, 4 * tracebacks)
    lengths = chain_lengths(records, "traceback", "next", most)
    check_positions(records)
    printed = 0
    for index, record in enumerate(records):
        if record.kind == "exception":
            chain = record.facts.get("traceback")
            printed += lengths.get(chain[0], 0) if chain else 0
            if printed > most:
                refuse(index, records, f"at most {most:,} frames are expected in all exceptions together")
    check_groups(records, max(MOST_MEMBERS, 4 * exceptions))


def refuse(index: int, records: list[Any], message: str) -> None:
    raise ValueError(f"cannot restore record {index} of the table, {records[index].kind!r}: {message}")


def check_positions(records: list[Any]) -> None:
    """Check that few frames ask, each after the other, at which of many positions they stand."""
    stops: dict[int, set[Any]] = {}
    frames: dict[int, int] = {}
    for index, record in enumerate(records):
        code = record.code[0] if record.kind == "frame" else None
        if code is not None and records[code].counts[FLAGS] & OPTIMIZED:
            stops.setdefault(code, set()).add(record.position)
            frames[code] = frames.get(code, 0) + 1
            if frames[code] * len(stops[code]) > MOST_STEPS:
                refuse(index, records, "too many frames of one code object stand at too many positions")


def chain_lengths(records: list[Any], kind: str, field: str, most: int) -> dict[int, int]:
    """Return the length of each chain of records that refer to the next in one field.

    A record that points at many lines or columns counts for several.
    """
    lengths: dict[int, int] = {}
    for start, record in enumerate(records):
        chain: list[int] = []
        index = start if record.kind == kind else None
        seen: set[int] = set()
        while index is not None and index not in lengths:
            if index in seen:
                refuse(index, records, "a chain that ends is expected")
            seen.add(index)
            chain.append(index)
            link = getattr(records[index], field)
            index = link[0] if link is not None and records[link[0]].kind == kind else None
        length = 0 if index is None else lengths[index]
        for index in reversed(chain):
            length += 1 if kind == "frame" else printing(*records[index].position)
            lengths[index] = length
        if length > most:
            refuse(start, records, f"at most {most:,} in one chain are expected")
    return lengths


def printing(first: int, last: int | None, start: int | None, end: int | None) -> int:
    """Return how many frames of one line are printed as quickly as one at this position."""
    return 1 + ((last or first) - first) // LINES + max(start or 0, end or 0) // COLUMNS


def check_groups(records: list[Any], most: int) -> None:
    """Check that no group holds itself, and how many exceptions printing it prints."""
    sizes: dict[int, int] = {}
    for start, record in enumerate(records):
        waiting = [start] if record.kind == "exception" else []
        open_groups: set[int] = set()
        while waiting:
            index = waiting[-1]
            links = records[index].facts.get("members", ()) if index not in sizes else ()
            members = [link[0] for link in links if records[link[0]].kind == "exception"]
            missing = {member for member in members if member not in sizes}
            if not missing:
                open_groups.discard(waiting.pop())
                sizes.setdefault(index, 1 + sum(sizes[member] for member in members))
                if sizes[index] > most:
                    refuse(index, records, f"at most {most:,} members of groups are expected")
            elif index in open_groups:
                refuse(index, records, "a group that does not hold itself is expected")
            else:
                open_groups.add(index)
                waiting += missing
